/** Faults for the rest of the gate: formatter, compiler, unused code, spec linter, generated files, tests. */

const plant = (tool, rule, [file, bad, good]) => ({ tool, rule, file, bad, good });
const core = '{level=MUST role=hub profile=core}';
const types = (rule, [file, bad, good]) => plant('tsc', rule, [file, bad, good]);

const compiler = [
  types('TS2322', [
    'server/src/services/planted-type.ts',
    "export const planted: number = 'a';\n",
    'export const planted = 1;\n',
  ]),
  types('TS2322', [
    'server/src/protocol/planted-type.test.ts',
    "export const planted: number = 'a';\n",
    'export const planted = 1;\n',
  ]),
  types('TS2322', [
    'server/test/planted-type.test.ts',
    "export const planted: number = 'a';\n",
    'export const planted = 1;\n',
  ]),
  types('TS2322', [
    'server/test/long/planted-type.test.ts',
    "export const planted: number = 'a';\n",
    'export const planted = 1;\n',
  ]),
  types('TS2322', ['bench/planted-type.ts', "export const planted: number = 'a';\n", 'export const planted = 1;\n']),
  types('TS2322', [
    'spec/schemas/planted-type.ts',
    "export const planted: number = 'a';\n",
    'export const planted = 1;\n',
  ]),
  types('TS2322', [
    'server/src/services/planted-index.ts',
    'export const planted = (all: number[]): void => {\n  const first: number = all[0];\n  void first;\n};\n',
    'export const planted = (all: number[]): number | undefined => all[0];\n',
  ]),
  types('TS2375', [
    'server/src/services/planted-exact.ts',
    'export const planted: { at?: number } = { at: undefined };\n',
    'export const planted: { at?: number } = {};\n',
  ]),
  types('TS1484', [
    'server/src/services/planted-verbatim.ts',
    "import { Planted } from './planted-target.js';\nexport type Same = Planted;\n",
    "import type { Planted } from './planted-target.js';\nexport type Same = Planted;\n",
  ]),
  types('TS1294', [
    'server/src/services/planted-erasable.ts',
    'export enum Planted {\n  A,\n}\n',
    "export type Planted = 'a';\n",
  ]),
];

const format = [
  plant('prettier', 'format', [
    'server/src/services/planted-format.ts',
    'export const planted = "a"\n',
    "export const planted = 'a';\n",
  ]),
  plant('prettier', 'format', [
    'scripts/planted-format.mjs',
    'export const planted = "a"\n',
    "export const planted = 'a';\n",
  ]),
];

const unused = [
  plant('knip', 'files', ['server/src/services/planted-idle.ts', 'export const planted = 1;\n', undefined]),
  plant('knip', 'exports', [
    'server/src/services/planted-half.ts',
    'export const planted = 1;\nexport const idle = 2;\n',
    'export const planted = 1;\n',
  ]),
  plant('knip', 'unlisted', [
    'server/test/planted-half.test.ts',
    "import 'no-such-package';\nimport { planted } from '../src/services/planted-half.js';\nvoid planted;\n",
    "import { planted } from '../src/services/planted-half.js';\nvoid planted;\n",
  ]),
];

const spec = [
  plant('spec', 'sentence-without-id', ['spec/prose/98-planted.md', 'The hub MUST answer.\n', 'The hub answers.\n']),
  plant('spec', 'unknown-id', [
    'server/src/services/planted-citation.ts',
    '// SPEC PV-NONE-999\nexport const planted = 1;\n',
    'export const planted = 1;\n',
  ]),
  plant('spec', 'unknown-schema', [
    'spec/prose/97-planted.md',
    '```json example=no-such-thing\n{}\n```\n',
    '```json\n{}\n```\n',
  ]),
  plant('spec', 'level-disagrees', [
    'spec/prose/96-planted.md',
    `**PV-NONE-998** ${core} The hub SHOULD answer.\n`,
    'The hub answers.\n',
  ]),
  plant('schemas', 'schemas-drift', ['spec/schemas/json/planted.json', '{}\n', undefined]),
];

const test = (body) => `import t from 'tap';\n${body}\n`;
const passing = test("t.test('a name', async (t) => t.equal(1, 1));");
const tests = [
  plant('tap', 'not ok', [
    'scripts/test/planted-fails.test.mjs',
    test("t.test('a name', async (t) => t.equal(1, 2));"),
    passing,
  ]),
  plant('tap', 'not ok', [
    'scripts/test/planted-throws.test.mjs',
    test("t.test('a name', async () => {\n  throw new Error('no');\n});"),
    passing,
  ]),
  plant('tap', 'empty', ['scripts/test/planted-empty.test.mjs', '\n', passing]),
];

export const otherPlants = [...compiler, ...format, ...unused, ...spec, ...tests];
