/**
 * Writes spec/registries/error-codes.json and limits.json from the tables of @payvand/spec.
 * usage: node scripts/generate-registries.mjs [--check]   (--check: only say what differs, and be red)
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const home = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { check: { type: 'boolean' }, root: { type: 'string', default: home } } });
const { errorCodes, limitEntries } = await import(
  pathToFileURL(join(values.root, 'spec', 'dist', 'schemas', 'index.js')).href
);

const named = (table, name) => Object.entries(table).map(([key, entry]) => ({ [name]: key, ...entry }));
const wanted = { 'error-codes': named(errorCodes, 'code'), limits: named(limitEntries, 'name') };
const texts = Object.entries(wanted).map(([name, rows]) => [
  `spec/registries/${name}.json`,
  `${JSON.stringify(rows, null, 2)}\n`,
]);
const stale = texts.filter(([file, text]) => {
  const path = join(values.root, file);
  return !existsSync(path) || readFileSync(path, 'utf8') !== text;
});

if (values.check) {
  for (const [file] of stale) console.log(`${file}  registries-drift: run "npm run fix" and commit it`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else for (const [file, text] of stale) writeFileSync(join(values.root, file), text);
console.log(`${texts.length} registries, ${stale.length} ${values.check ? 'differ' : 'written'}`);
