/**
 * Writes docs/configuration.md from the table of settings of @payvand/server.
 * usage: node scripts/generate-configuration.mjs [--check]   (--check: only say that it differs, and be red)
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const home = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
const file = 'docs/configuration.md';
const { flagName, settings } = await import(pathToFileURL(join(home, 'server', 'dist', 'config.js')).href);

const rows = Object.entries(settings).map(([name, { env, type, unit, sentence, fallback }]) => [
  `\`${flagName(name)}\``,
  `\`${env}\``,
  unit ?? type,
  shown(fallback),
  sentence,
]);
const table = [['flag', 'variable', 'value', 'default', 'what it is'], ...rows];
const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
const [head, ...body] = table.map(line);
const text = `# Settings

Made by \`npm run fix\` from the table that the server itself reads (\`server/src/config.ts\`). A flag wins over a variable, a variable over the default; an
empty variable counts as absent. What is misspelt or makes no sense is told all at once, and the server does not start.

${[head, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body].join('\n')}
`;
const path = join(home, file);
const isStale = !existsSync(path) || readFileSync(path, 'utf8') !== text;
if (values.check && isStale) {
  console.log(`${file}  configuration-drift: run "npm run fix" and commit it`);
  process.exitCode = 1;
} else if (isStale) writeFileSync(path, text);
console.log(`${rows.length} settings, ${isStale ? (values.check ? 'differ' : 'written') : 'as documented'}`);

/** A default as somebody would type it. */
function shown(fallback) {
  if (fallback === undefined || fallback instanceof Map || (Array.isArray(fallback) && fallback.length === 0))
    return '';
  if (typeof fallback === 'object')
    return `\`${[fallback.host, fallback.port].filter((part) => part !== undefined).join(':')}\``;
  return `\`${fallback}\``;
}
