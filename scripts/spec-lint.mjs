/**
 * Lints spec/prose and keeps spec/requirements.json in step with it. The rules: CONTRIBUTING.md, "Normative text".
 * usage: node scripts/spec-lint.mjs [--write] [--root folder]
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { lintSpec } from './spec/lint-spec.mjs';

const home = dirname(dirname(fileURLToPath(import.meta.url)));
const options = { write: { type: 'boolean', default: false }, root: { type: 'string', default: home } };
const { root, write } = parseArgs({ options }).values;

const { faults, requirements, citations, examples } = lintSpec(root, write);
for (const { rule, at, message } of faults) console.log(`${at}  ${rule}: ${message}`);
console.log(`${requirements} requirements, ${citations} citations, ${examples} examples, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
