/** One fault for every lint rule eslint.config.js writes out, beside the way it should be written. */

const plant = (rule, [file, bad, good]) => ({ tool: 'eslint', rule, file: `${file}.ts`, bad, good });
const sql = "import type { Sql } from 'postgres';\n";
const drizzle =
  "import { pgTable, text } from 'drizzle-orm/pg-core';\nimport type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';\nconst people = pgTable('people', { name: text() });\n";
const lines = (count, line) => Array.from({ length: count }, (_, i) => line(i)).join('\n');
const functionOf = (count) =>
  `export function planted(): number[] {\n  const all: number[] = [];\n${lines(count, (i) => `  all.push(${i});`)}\n  return all;\n}\n`;
const manyLines = (count) => `${lines(count, (i) => `export const planted${i} = ${i};`)}\n`;
const promise = 'async function wait(): Promise<void> {\n  await Promise.resolve();\n}\n';
const inStorage = 'server/src/storage/planted-';
const inServices = 'server/src/services/planted-';
const inProtocol = 'server/src/protocol/planted-';

const promises = [
  plant('@typescript-eslint/no-floating-promises', [
    `${inStorage}thenable`,
    `${sql}export function planted(sql: Sql): void {\n  sql\`select 1\`;\n}\n`,
    `${sql}export async function planted(sql: Sql): Promise<void> {\n  await sql\`select 1\`;\n}\n`,
  ]),
  plant('@typescript-eslint/no-floating-promises', [
    `${inStorage}builder`,
    `${drizzle}export function planted(db: PostgresJsDatabase): void {\n  db.delete(people);\n}\n`,
    `${drizzle}export async function planted(db: PostgresJsDatabase): Promise<void> {\n  await db.delete(people);\n}\n`,
  ]),
  plant('@typescript-eslint/no-floating-promises', [
    `${inServices}promise`,
    `${promise}export function planted(): void {\n  wait();\n}\n`,
    `${promise}export async function planted(): Promise<void> {\n  await wait();\n}\n`,
  ]),
  plant('@typescript-eslint/no-floating-promises', [
    'server/test/planted-subtest.test',
    `import t from 'tap';\n${promise}t.test('a name', async (t) => {\n  wait();\n  t.pass();\n});\n`,
    `import t from 'tap';\n${promise}t.test('a name', async (t) => {\n  await wait();\n  t.pass();\n});\n`,
  ]),
  plant('@typescript-eslint/no-misused-promises', [
    `${inServices}misused`,
    `${promise}export function planted(): void {\n  [1].forEach(async () => {\n    await wait();\n  });\n}\n`,
    `${promise}export async function planted(): Promise<void> {\n  await Promise.all([1].map(async () => wait()));\n}\n`,
  ]),
  plant('@typescript-eslint/await-thenable', [
    `${inServices}await`,
    'export async function planted(): Promise<void> {\n  await 1;\n}\n',
    `${promise}export async function planted(): Promise<void> {\n  await wait();\n}\n`,
  ]),
];

const types = [
  plant('@typescript-eslint/no-explicit-any', [
    `${inServices}any`,
    'export type Planted = any;\n',
    'export type Planted = unknown;\n',
  ]),
  plant('@typescript-eslint/no-non-null-assertion', [
    `${inServices}non-null`,
    'export const planted = (all: number[]): number => all[0]!;\n',
    'export const planted = (all: number[]): number => all[0] ?? 0;\n',
  ]),
  plant('@typescript-eslint/only-throw-error', [
    `${inServices}throw`,
    "export function planted(): never {\n  throw 'no';\n}\n",
    "export function planted(): never {\n  throw new Error('no');\n}\n",
  ]),
  plant('@typescript-eslint/switch-exhaustiveness-check', [
    `${inServices}switch`,
    "export function planted(kind: 'a' | 'b'): number {\n  switch (kind) {\n    case 'a':\n      return 1;\n  }\n  return 0;\n}\n",
    "export function planted(kind: 'a' | 'b'): number {\n  switch (kind) {\n    case 'a':\n      return 1;\n    case 'b':\n      return 2;\n  }\n}\n",
  ]),
  plant('@typescript-eslint/no-unused-vars', [
    `${inServices}unused`,
    'export function planted(): number {\n  const idle = 1;\n  return 2;\n}\n',
    'export function planted(_idle: number): number {\n  return 2;\n}\n',
  ]),
  plant('@typescript-eslint/no-unnecessary-condition', [
    `${inServices}condition`,
    'export const planted = (at: number): number => at ?? 1;\n',
    'export const planted = (at: number | undefined): number => at ?? 1;\n',
  ]),
];

const shape = [
  plant('eqeqeq', [
    `${inServices}equal`,
    'export const planted = (at: number): boolean => at == 1;\n',
    'export const planted = (at: number): boolean => at === 1;\n',
  ]),
  plant('prefer-const', [
    `${inServices}const`,
    'let planted = 1;\nexport { planted };\n',
    'const planted = 1;\nexport { planted };\n',
  ]),
  plant('no-console', [
    `${inServices}console`,
    "export function planted(): void {\n  console.log('x');\n}\n",
    'export const planted = 1;\n',
  ]),
  plant('no-restricted-exports', [`${inServices}default`, 'export default 1;\n', 'export const planted = 1;\n']),
  plant('no-restricted-exports', [
    `${inServices}default-name`,
    'const planted = 1;\nexport { planted as default };\n',
    'export const planted = 1;\n',
  ]),
  plant('max-lines', [`${inServices}long`, manyLines(301), manyLines(300)]),
  plant('max-lines', ['server/test/planted-long.test', manyLines(601), manyLines(600)]),
  plant('max-lines-per-function', [`${inServices}long-function`, functionOf(58), functionOf(56)]),
  plant('max-params', [
    `${inServices}params`,
    'export const planted = (a: number, b: number, c: number, d: number): number => a + b + c + d;\n',
    'export const planted = (a: number, b: number, c: number): number => a + b + c;\n',
  ]),
  plant('no-restricted-syntax', [
    `${inServices}enum`,
    'export enum Planted {\n  A,\n}\n',
    "export type Planted = 'a';\n",
  ]),
  plant('no-restricted-syntax', [
    `${inServices}decorator`,
    'const mark = (_target: unknown, _context: ClassDecoratorContext): void => undefined;\n@mark\nexport class Planted {\n  at = 1;\n}\n',
    'export class Planted {\n  at = 1;\n}\n',
  ]),
  plant('no-restricted-syntax', [
    `${inServices}barrel`,
    "export * from './planted-target.js';\n",
    "export { planted } from './planted-target.js';\n",
  ]),
];

const purity = [
  plant('no-restricted-syntax', [
    `${inServices}date`,
    'export const planted = new Date();\n',
    'export const planted = new Date(0);\n',
  ]),
  plant('no-restricted-properties', [
    `${inServices}now`,
    'export const planted = Date.now();\n',
    'export const planted = Date.parse("2026-01-01");\n',
  ]),
  plant('no-restricted-properties', [
    `${inProtocol}random`,
    'export const planted = Math.random();\n',
    'export const planted = Math.floor(1);\n',
  ]),
  plant('no-restricted-globals', [
    `${inServices}timer`,
    'export const planted = setTimeout(() => undefined, 1);\n',
    'export const planted = 1;\n',
  ]),
  plant('no-restricted-globals', [
    'server/src/transport/planted-fetch',
    "export const planted = (): Promise<Response> => fetch('https://a.example');\n",
    'export const planted = 1;\n',
  ]),
  plant('no-restricted-imports', [
    `${inProtocol}key`,
    "import { randomBytes } from 'node:crypto';\nexport const planted = randomBytes(16);\n",
    "import { createHash } from 'node:crypto';\nexport const planted = createHash('sha256');\n",
  ]),
  plant('no-restricted-imports', [
    `${inProtocol}all`,
    "import * as crypto from 'node:crypto';\nexport const planted = crypto.randomBytes(16);\n",
    "import { createHash } from 'node:crypto';\nexport const planted = createHash('sha256');\n",
  ]),
];

const house = [
  ...['RoomManager', 'RoomHelper', 'roomUtils', 'roomData', 'handleEvent', 'processEvent'].map((name) =>
    plant('house/banned-names', [
      `${inServices}name-${name.toLowerCase()}`,
      `export const ${name} = 1;\n`,
      'export const roomEvent = 1;\n',
    ]),
  ),
  plant('house/banned-names', [
    `${inServices}name-type`,
    'export interface RoomInfo {\n  at: number;\n}\n',
    'export interface Room {\n  at: number;\n}\n',
  ]),
  plant('house/file-name', [`${inServices}camelCase`, 'export const planted = 1;\n', undefined]),
  plant('house/reasoned-disable', [
    `${inServices}disable`,
    '// eslint-disable-next-line max-params\nexport const planted = (a: number, b: number, c: number, d: number): number => a + b + c + d;\n',
    '// eslint-disable-next-line max-params -- the four of them are one point\nexport const planted = (a: number, b: number, c: number, d: number): number => a + b + c + d;\n',
  ]),
  plant('house/reasoned-disable', [
    `${inServices}blanket`,
    '/* eslint-disable */\nexport type Planted = any;\n',
    'export const planted = 1;\n',
  ]),
];

export const lintPlants = [...promises, ...types, ...shape, ...purity, ...house];
