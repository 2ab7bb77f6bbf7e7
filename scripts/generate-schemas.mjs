/**
 * Writes spec/schemas/json/<name>.json from the compiled schemas of @payvand/spec.
 * usage: node scripts/generate-schemas.mjs [--check]   (--check: only say what differs, and be red)
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { modernSchema } from './lib/modern-schema.mjs';

const home = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { check: { type: 'boolean' }, root: { type: 'string', default: home } } });
const folder = join(values.root, 'spec', 'schemas', 'json');
const { schemas } = await import(pathToFileURL(join(values.root, 'spec', 'dist', 'schemas', 'index.js')).href);

const wanted = new Map(Object.entries(schemas).map(([name, schema]) => [`${name}.json`, published(name, schema)]));
const present = existsSync(folder) ? readdirSync(folder) : [];
const extra = present.filter((file) => !wanted.has(file));
const stale = [...wanted.keys()].filter(
  (file) => !present.includes(file) || readFileSync(join(folder, file), 'utf8') !== wanted.get(file),
);

if (values.check) {
  for (const file of [...extra, ...stale])
    console.log(`spec/schemas/json/${file}  schemas-drift: run "npm run fix" and commit it`);
  process.exitCode = extra.length + stale.length === 0 ? 0 : 1;
} else {
  mkdirSync(folder, { recursive: true });
  for (const file of extra) rmSync(join(folder, file));
  for (const file of stale) writeFileSync(join(folder, file), wanted.get(file));
}
console.log(`${wanted.size} schemas, ${extra.length + stale.length} ${values.check ? 'differ' : 'written'}`);

function published(name, schema) {
  const head = { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: `urn:payvand:schema:${name}` };
  return `${JSON.stringify({ ...head, ...modernSchema(schema) }, null, 2)}\n`;
}
