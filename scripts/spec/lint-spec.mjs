import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { checkExamples } from './examples.mjs';
import { parseBlocks } from './prose.mjs';
import { citationsIn, extractRequirements, unknownCitations } from './requirements.mjs';

const citing = ['server', 'conformance', 'bench', 'spec/schemas', 'spec/vectors', 'spec/registries', 'spec/openapi'];
const citingFile = /\.(ts|mts|js|mjs|json|ya?ml|py|sql)$/;
const generated = 'spec/requirements.json';

/**
 * Lints spec/prose, its examples and every citation of it, and compares spec/requirements.json with it.
 *
 * @param root the repository, or a tree of the same shape
 * @param isWriting write spec/requirements.json instead of finding fault with it
 * @returns `faults` as `{rule, at, message}`, and how many requirements, citations and examples there are
 */
export function lintSpec(root, isWriting) {
  const read = (file) => readFileSync(join(root, file), 'utf8');
  const files = (folder, pattern) => filesUnder(root, folder, pattern);
  const prose = files('spec/prose', /\.md$/).map((file) => ({ file, blocks: parseBlocks(read(file)) }));
  const terms = JSON.parse(read('spec/registries/requirement-terms.json'));
  const schemas = files('spec/schemas/json', /\.json$/).map((file) => [
    basename(file, '.json'),
    JSON.parse(read(file)),
  ]);

  const { requirements, mentions, faults } = extractRequirements(prose, terms);
  const citations = citing
    .flatMap((folder) => files(folder, citingFile))
    .flatMap((file) => citationsIn(file, read(file)));
  const examples = checkExamples(prose, Object.fromEntries(schemas));
  faults.push(...unknownCitations([...mentions, ...citations], requirements), ...examples.faults);
  if (faults.length === 0) faults.push(...keepGenerated(root, requirements, isWriting));
  return { faults, requirements: requirements.length, citations: citations.length, examples: examples.count };
}

function keepGenerated(root, requirements, isWriting) {
  const file = join(root, generated);
  const text = `${JSON.stringify(requirements, null, 2)}\n`;
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return [];
  if (!isWriting)
    return [
      { rule: 'requirements-drift', at: generated, message: 'differs from the prose; run "npm run fix" and commit it' },
    ];
  writeFileSync(file, text);
  return [];
}

function filesUnder(root, folder, pattern) {
  const start = join(root, folder);
  if (!existsSync(start)) return [];
  return readdirSync(start, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .filter((file) => !/(^|\/)(dist|node_modules)\//.test(file))
    .sort();
}
