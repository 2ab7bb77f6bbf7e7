const topLevel = /^(not )?ok \d+ - (.*?)(?: # (.*))?$/;
const skippedTest = /^ +ok \d+ - (.*) # (SKIP|TODO)\b ?(.*)$/i;
const subtest = '    # Subtest: ';

/**
 * Reads what tap prints. Shows one line per file, the failing parts of a file that failed, and the tests left out.
 *
 * @param print where lines go
 * @returns `line` takes tap's output line by line; `finish` takes tap's exit code and answers `{passed, failed, isGreen}`.
 *   Green means: tap says so, something passed, nothing failed, and no file was without tests.
 */
export function tapReport(print) {
  const seen = { block: [], isFailing: false, emptyFiles: 0, left: [], counts: undefined };
  return { line: (line) => readLine(seen, line, print), finish: (status) => finish(seen, status, print) };
}

function readLine(seen, line, print) {
  const top = topLevel.exec(line);
  if (top) return endFile(seen, top, print);
  if (seen.isFailing && (line === '' || line.startsWith('# '))) seen.isFailing = false;
  if (seen.isFailing) return print(line);
  const totals = /^# \{ (total: .*) \}$/.exec(line);
  if (totals) seen.counts = countsOf(totals[1]);
  const skipped = skippedTest.exec(line);
  if (skipped) seen.left.push(`${skipped[2].toLowerCase()}: ${skipped[1]}${skipped[3] && ` (${skipped[3]})`}`);
  if (line.startsWith('# Subtest: ')) seen.block = [];
  else seen.block.push(line);
}

function endFile(seen, [line, not, name, rest = ''], print) {
  const isEmpty = rest.startsWith('SKIP');
  if (isEmpty) seen.emptyFiles++;
  if (not || isEmpty) {
    for (const part of [...failingParts(seen.block), line]) print(part);
    seen.isFailing = true;
  } else print(`ok ${name} ${rest.replace('time=', '')}`);
  seen.block = [];
}

/** A file's TAP without its passing subtests. */
function failingParts(block) {
  const parts = [[]];
  for (const line of block) {
    if (line.startsWith(subtest)) parts.push([]);
    parts.at(-1).push(line);
  }
  const isPassing = (part) => part[0]?.startsWith(subtest) && part.some((line) => line.startsWith('    ok '));
  return parts.filter((part) => !isPassing(part)).flat();
}

/** `total: 3, pass: 2, fail: 1` → numbers by name */
function countsOf(text) {
  const pairs = text.split(', ').map((part) => part.split(': '));
  return Object.fromEntries(pairs.map(([name, count]) => [name, Number(count)]));
}

function finish(seen, status, print) {
  const { pass = 0, fail = 0 } = seen.counts ?? {};
  const isGreen = status === 0 && pass > 0 && fail === 0 && seen.emptyFiles === 0;
  for (const line of seen.left) print(line);
  if (!isGreen && fail === 0)
    print(
      `red without a failed test: tap ended with ${status}, ${pass} passed, ${seen.emptyFiles} files without tests`,
    );
  return { passed: pass, failed: isGreen ? 0 : Math.max(fail, 1), isGreen };
}
