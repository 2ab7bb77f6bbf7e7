/** The steps of the gate in the order in which they begin; each is one or more commands. */
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Environment in which the commands below are found, and report without colours. */
export const toolEnv = {
  ...process.env,
  PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
  NO_COLOR: '1',
};

const cruised = ['spec', 'server/src', 'server/test', 'server/bin', 'conformance', 'bench', 'scripts'];

/** @param tree the repository, or a copy of it */
export function stepsFor(tree) {
  const folders = cruised.filter((folder) => existsSync(join(tree, folder)));
  return {
    types: [['tsc', '-b', '--pretty', 'false']],
    lint: [['eslint', '--max-warnings', '0', '.']],
    format: [['prettier', '--check', '--log-level', 'warn', '.']],
    boundaries: [['depcruise', '--config', 'dependency-cruiser.config.js', ...folders]],
    unused: [['knip', '--no-progress', '--no-config-hints']],
    spec: [
      ['node', 'scripts/spec-lint.mjs'],
      ['node', 'scripts/generate-schemas.mjs', '--check'],
      ['node', 'scripts/generate-registries.mjs', '--check'],
      ['node', 'scripts/generate-openapi.mjs', '--check'],
      ['node', 'scripts/generate-configuration.mjs', '--check'],
    ],
    'planted-faults': [['node', 'scripts/planted-faults.mjs']],
    tests: [
      ['node', 'scripts/bundle.mjs'],
      ['node', 'scripts/run-tests.mjs'],
    ],
  };
}
