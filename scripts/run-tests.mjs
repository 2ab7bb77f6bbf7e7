/**
 * Runs tap and ends with the true counts: `N passed, N failed`.
 * usage: node scripts/run-tests.mjs [file…]   (default: the files .taprc includes)
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { tapReport } from './lib/tap-report.mjs';

const tap = fileURLToPath(import.meta.resolve('tap')).replace(/dist\/.*$/, 'dist/esm/run.mjs');
const args = ['run', '--reporter=tap', ...process.argv.slice(2)];
const child = spawn(process.execPath, [tap, ...args], { stdio: ['inherit', 'pipe', 'inherit'] });
const exit = new Promise((resolve) => child.once('close', resolve));

const report = tapReport((line) => console.log(line));
for await (const line of createInterface({ input: child.stdout })) report.line(line);
const { passed, failed, isGreen } = report.finish(await exit);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = isGreen ? 0 : 1;
