import tseslint from 'typescript-eslint';
import { houseRules } from './scripts/lint/eslint-rules.mjs';

/** Why these rules: docs/adr/0001-tooling.md. */

const tests = ['**/*.test.ts', '**/*.test.mjs', 'server/test/**', 'conformance/test/**'];

const sizes = {
  'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
  'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
  'max-params': ['error', 3],
};

const everywhere = {
  eqeqeq: 'error',
  'prefer-const': 'error',
  'no-console': 'error',
  'no-restricted-exports': [
    'error',
    { restrictDefaultExports: { direct: true, named: true, defaultFrom: true, namedFrom: true, namespaceFrom: true } },
  ],
  'house/banned-names': 'error',
  'house/file-name': 'error',
  'house/reasoned-disable': 'error',
};

const syntax = [
  { selector: 'TSEnumDeclaration', message: 'No enums: a union of string literals.' },
  { selector: 'Decorator', message: 'No decorators.' },
];
const barrel = { selector: 'ExportAllDeclaration', message: "No barrels except a package's index.ts." };
const readsClock = {
  selector: "NewExpression[callee.name='Date'][arguments.length=0]",
  message: 'Time comes in as an argument.',
};

const typed = {
  '@typescript-eslint/no-floating-promises': [
    'error',
    {
      // An un-awaited drizzle or postgres.js query never runs, and both are thenables, not promises.
      checkThenables: true,
      allowForKnownSafeCalls: [{ from: 'package', package: '@tapjs/test', name: ['test'] }],
    },
  ],
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-non-null-assertion': 'error',
  '@typescript-eslint/only-throw-error': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
  '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
};

/** Where the preset only costs: numbers in messages, `return close()`, and async functions that satisfy an interface. */
const relaxed = {
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  '@typescript-eslint/no-confusing-void-expression': 'off',
  '@typescript-eslint/require-await': 'off',
  // Slow, and about enums and class instances in places where we have none.
  '@typescript-eslint/no-unsafe-enum-assignment': 'off',
  '@typescript-eslint/no-unsafe-enum-comparison': 'off',
  '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
};

const ambient = ['fetch', 'process', 'performance', 'setTimeout', 'setInterval'];
const given = (names) =>
  names.map((name) => ({ name, message: 'Comes in as an argument, so that tests can hold it still.' }));
const ambientProperties = [
  { object: 'Date', property: 'now', message: 'Time comes in as an argument.' },
  { object: 'Math', property: 'random', message: 'Randomness comes in as an argument.' },
];
const randomSources = [
  'randomBytes',
  'randomUUID',
  'randomFill',
  'randomFillSync',
  'randomInt',
  'generateKeyPair',
  'generateKeyPairSync',
];

const restricted = [
  'no-restricted-syntax',
  'no-restricted-globals',
  'no-restricted-properties',
  'no-restricted-imports',
];

/** The rules written out here, each of which scripts/planted-faults.mjs has to break. */
export const ownRules = [...Object.keys({ ...sizes, ...everywhere, ...typed }), ...restricted];

export default [
  { ignores: ['**/dist/**', '**/node_modules/**', '.tap/**', '.payvand/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{js,mjs,cjs,ts}'],
    plugins: { house: houseRules },
    rules: { ...sizes, ...everywhere, 'no-restricted-syntax': ['error', ...syntax, barrel] },
  },
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: {
      // One program of everything: with one for each workspace the server would be read and typed three times.
      parserOptions: { project: ['tsconfig.lint.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: { ...typed, ...relaxed },
  },
  { files: ['**/index.ts'], rules: { 'no-restricted-syntax': ['error', ...syntax] } },
  { files: ['server/src/**/*.ts'], rules: { 'no-restricted-globals': ['error', ...given(['fetch'])] } },
  {
    files: ['server/src/{protocol,services}/**/*.ts'],
    ignores: tests,
    rules: {
      'no-restricted-globals': ['error', ...given(ambient)],
      'no-restricted-properties': ['error', ...ambientProperties],
      'no-restricted-syntax': ['error', ...syntax, barrel, readsClock],
    },
  },
  {
    files: ['server/src/protocol/**/*.ts'],
    ignores: tests,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: ['node:crypto', 'crypto'].map((name) => ({
            name,
            importNames: randomSources,
            message: 'Randomness comes in as an argument.',
          })),
        },
      ],
    },
  },
  {
    files: tests,
    rules: {
      'max-lines': ['error', { max: 600, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': 'off',
    },
  },
  {
    // Answers are read as plain JSON here; their shape is what the assertions are about.
    files: ['**/*.test.ts', 'server/test/**/*.ts', 'bench/**/*.ts'],
    rules: Object.fromEntries(
      ['no-unsafe-assignment', 'no-unsafe-member-access', 'no-unsafe-argument', 'no-unsafe-call', 'no-unsafe-return']
        .concat('restrict-plus-operands', 'unbound-method')
        .map((rule) => [`@typescript-eslint/${rule}`, 'off']),
    ),
  },
  { files: ['scripts/**', 'bench/**', 'server/src/cli/output.ts', 'server/bin/**'], rules: { 'no-console': 'off' } },
  { files: ['*.config.js'], rules: { 'no-restricted-exports': 'off' } },
  {
    files: ['scripts/vectors/**', 'scripts/lib/*vectors.mjs'],
    rules: { 'max-lines': 'off', 'max-params': ['error', 6] },
  },
  // Nothing but columns, one table after the other.
  { files: ['server/src/storage/schema.ts'], rules: { 'max-lines': 'off' } },
  // Nothing but rows, one table after the other.
  { files: ['conformance/src/checks/*-deviations.ts'], rules: { 'max-lines': 'off' } },
  { files: ['**/*.generated.ts'], rules: { 'max-lines': 'off', 'max-lines-per-function': 'off' } },
];
