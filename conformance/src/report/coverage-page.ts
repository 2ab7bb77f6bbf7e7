import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CheckTitle } from '../run/check.js';
import { coverageOf, isBare, readRequirements } from './coverage.js';
import type { Coverage } from './coverage.js';

/** Every requirement and what backs it, in Markdown; what nothing backs stands on top. */
export function coveragePage(checks: readonly CheckTitle[]): string {
  const rows = readCoverage(checks);
  const bare = rows.filter(isBare).length;
  const musts = rows.filter(({ requirement }) => requirement.level.startsWith('MUST')).length;
  const head = [
    '# Requirements and what tests them',
    '',
    `${rows.length} requirements, ${musts} of them MUST; ${bare} of these are tested by nothing yet.`,
    '',
    '| requirement | level | vectors | checks | exempt because |',
    '|---|---|---|---|---|',
  ];
  return `${[...head, ...rows.map(line)].join('\n')}\n`;
}

/** @returns rows of all requirements, bare ones first */
export function readCoverage(checks: readonly CheckTitle[]): Coverage[] {
  return coverageOf(readRequirements(), { checks, vectors: countVectors(), exemptions: readExemptions() });
}

function line(row: Coverage): string {
  const { requirement, checks, vectors, exemption = '' } = row;
  const shown =
    checks.length > 3 ? `${checks.slice(0, 3).join(', ')} and ${checks.length - 3} more` : checks.join(', ');
  const tested = isBare(row) ? '**none**' : shown;
  return `| ${requirement.id} | ${requirement.level} | ${vectors === 0 ? '' : vectors} | ${tested} | ${exemption} |`;
}

function readExemptions(): Readonly<Record<string, string>> {
  const file = fileURLToPath(new URL('../../exemptions.json', import.meta.url));
  return JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, string>>;
}

/** How many vectors name a requirement. */
function countVectors(): ReadonlyMap<string, number> {
  const folder = fileURLToPath(new URL('./vectors/', import.meta.resolve('@payvand/spec/requirements.json')));
  const counts = new Map<string, number>();
  if (!existsSync(folder)) return counts;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const { vectors } = JSON.parse(readFileSync(`${folder}${file}`, 'utf8')) as {
      vectors: { requirements: string[] }[];
    };
    for (const id of vectors.flatMap(({ requirements }) => requirements)) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}
