/**
 * Runs tap and says what happened: one line per file, the whole TAP of a file that failed, the true counts last.
 * usage: node scripts/run-tests.mjs [file…]   (default: the files .taprc includes)
 *
 * Red too when nothing ran, when a file holds no test, or when tap's word and its counts disagree.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const tap = fileURLToPath(import.meta.resolve('tap')).replace(/dist\/.*$/, join('dist', 'esm', 'run.mjs'));
const topLevel = /^(not )?ok \d+ - (.*?)(?: # (.*))?$/;
const skippedTest = /^ +ok \d+ - (.*) # (SKIP|TODO)\b ?(.*)$/i;

const args = ['run', '--reporter=tap', ...process.argv.slice(2)];
const child = spawn(process.execPath, [tap, ...args], { stdio: ['inherit', 'pipe', 'inherit'] });
const exit = new Promise((resolve) => child.once('close', resolve));
const seen = { block: [], isFailing: false, isEmptyFile: false, left: [], counts: undefined };

for await (const line of createInterface({ input: child.stdout })) readLine(line);
const status = await exit;

for (const { name, word, why } of seen.left) console.log(`${word.toLowerCase()}: ${name}${why ? ` (${why})` : ''}`);
const { pass = 0, fail = 0 } = seen.counts ?? {};
const isGreen = status === 0 && seen.counts && pass > 0 && fail === 0 && !seen.isEmptyFile;
const failed = isGreen ? 0 : Math.max(fail, 1);
if (!isGreen && fail === 0) console.log(`tap ended with ${status}; a run without a counted failure is still red`);
console.log(`${pass} passed, ${failed} failed`);
process.exitCode = isGreen ? 0 : 1;

function readLine(line) {
  const top = topLevel.exec(line);
  if (top) return endFile(line, top);
  if (seen.isFailing && (line === '' || line.startsWith('# '))) seen.isFailing = false;
  if (seen.isFailing) {
    console.log(line);
    return;
  }
  const totals = /^# \{ (total: .*) \}$/.exec(line);
  if (totals)
    seen.counts = Object.fromEntries(
      totals[1]
        .split(', ')
        .map((part) => part.split(': '))
        .map(([k, v]) => [k, Number(v)]),
    );
  const skipped = skippedTest.exec(line);
  if (skipped) seen.left.push({ name: skipped[1], word: skipped[2], why: skipped[3] });
  if (line.startsWith('# Subtest: ')) seen.block = [];
  else seen.block.push(line);
}

function endFile(line, [, not, name, rest = '']) {
  const isEmpty = rest.startsWith('SKIP');
  if (isEmpty) seen.isEmptyFile = true;
  if (not || isEmpty) {
    console.log([...failingParts(seen.block), line].join('\n'));
    seen.isFailing = true;
  } else console.log(`ok ${name} ${rest.replace('time=', '')}`);
  seen.block = [];
}

/** A file's TAP without its passing subtests. */
function failingParts(block) {
  const parts = [[]];
  for (const line of block) {
    if (line.startsWith('    # Subtest: ')) parts.push([]);
    parts.at(-1).push(line);
  }
  const isPassing = (part) => part[0]?.startsWith('    # Subtest: ') && part.some((line) => line.startsWith('    ok '));
  return parts.filter((part) => !isPassing(part)).flat();
}
