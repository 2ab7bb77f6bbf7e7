/**
 * Writes spec/openapi/<api>.json (OpenAPI 3.1) from the endpoint tables of @payvand/spec.
 * usage: node scripts/generate-openapi.mjs [--check]   (--check: only say what differs, and be red)
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { modernSchema } from './lib/modern-schema.mjs';
import { describeClientApi } from './openapi/client-api.mjs';
import { describeControlApi } from './openapi/control-api.mjs';
import { describeFederationApi } from './openapi/federation-api.mjs';

const home = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { check: { type: 'boolean' }, root: { type: 'string', default: home } } });
const folder = join(values.root, 'spec', 'openapi');
const spec = await import(pathToFileURL(join(values.root, 'spec', 'dist', 'schemas', 'index.js')).href);

const wanted = {
  'client.json': describeClientApi(spec),
  'federation.json': describeFederationApi(spec),
  'control.json': describeControlApi(spec),
};
const texts = Object.entries(wanted).map(([file, document]) => [
  join(folder, file),
  `${JSON.stringify(modernSchema(document), null, 2)}\n`,
]);
const stale = texts.filter(([file, text]) => !existsSync(file) || readFileSync(file, 'utf8') !== text);

if (values.check) {
  for (const [file] of stale) console.error(`${file}  openapi-drift: run "npm run fix" and commit it`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of stale) writeFileSync(file, text);
}
console.log(`${texts.length} API descriptions, ${stale.length} ${values.check ? 'differ' : 'written'}`);
