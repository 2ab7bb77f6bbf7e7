/**
 * Proves that the gate can be red. Into a copy of the repository's settings and layout it plants one fault for every import rule, every lint rule
 * we wrote out, and every other tool, and expects each to be reported by name; then it mends them all and expects silence.
 * Two duds, a fault that is none and a mend that mends nothing, prove that this program can be red as well.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import cruiserConfig from '../dependency-cruiser.config.js';
import { ownRules } from '../eslint.config.js';
import { boundaryPlants, targets } from './faults/boundary-plants.mjs';
import { emptyCopy } from './faults/empty-copy.mjs';
import { lintPlants } from './faults/lint-plants.mjs';
import { otherPlants } from './faults/other-plants.mjs';
import { tools } from './faults/tools.mjs';
import { root } from './steps.mjs';

const clean = 'export const planted = 1;\n';
const faulty = 'export type Planted = any;\n';
const rule = '@typescript-eslint/no-explicit-any';
const duds = [
  { tool: 'eslint', rule, file: 'server/src/services/planted-dud-fault.ts', bad: clean, good: clean },
  { tool: 'eslint', rule, file: 'server/src/services/planted-dud-mend.ts', bad: faulty, good: faulty },
];
const plants = [...boundaryPlants, ...lintPlants, ...otherPlants];

const copy = emptyCopy(root);
for (const [file, text] of Object.entries(targets)) write(file, text);
for (const { also } of plants) if (also) write(also.file, also.text);

const red = await round('bad');
const green = await round('good');
const complaints = [...unplanted(), ...complaintsAbout(plants)];
const dudComplaints = complaintsAbout(duds);
if (dudComplaints.length !== duds.length)
  complaints.push(`the duds went unnoticed: ${dudComplaints.join('; ') || 'no complaint'}`);

for (const complaint of complaints) console.log(complaint);
console.log(`${plants.length} faults planted, ${complaints.length} complaints`);
process.exitCode = complaints.length === 0 ? 0 : 1;

/** Plants one version everywhere and runs every tool over it. */
async function round(version) {
  const all = [...plants, ...duds];
  for (const plant of all) write(plant.file, plant[version]);
  const reports = Object.entries(tools).map(async ([tool, report]) => {
    const own = all.filter((plant) => plant.tool === tool && plant[version] !== undefined);
    return [
      tool,
      await report(
        copy,
        own.map(({ file }) => file),
      ),
    ];
  });
  return Object.fromEntries(await Promise.all(reports));
}

function write(file, text) {
  const path = join(copy, file);
  if (text === undefined) return rmSync(path, { force: true });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function complaintsAbout(plants) {
  return plants.flatMap(({ tool, rule, file, bad }) => {
    const [faults, alarms] = [red, green].map((report) =>
      report[tool].found.filter((found) => found.file === file).map(({ rule }) => rule),
    );
    const isCaught = bad === undefined || (red[tool].status !== 0 && faults.includes(rule));
    return [
      ...(isCaught ? [] : [`not caught: ${tool} ${rule} in ${file} (reported: ${faults.join(', ') || 'nothing'})`]),
      ...(alarms.length === 0 ? [] : [`false alarm: ${tool} ${alarms.join(', ')} in ${file}`]),
    ];
  });
}

/** Rules nobody breaks here are rules nobody has seen working. */
function unplanted() {
  const rules = { depcruise: cruiserConfig.forbidden.map(({ name }) => name), eslint: ownRules };
  const isPlanted = (tool, rule) => plants.some((plant) => plant.tool === tool && plant.rule === rule && plant.bad);
  return Object.entries(rules).flatMap(([tool, names]) =>
    names.filter((name) => !isPlanted(tool, name)).map((name) => `no fault is planted for ${tool} ${name}`),
  );
}
