import t from 'tap';
import { tapReport } from '../lib/tap-report.mjs';

function read(text, status = 0) {
  const printed = [];
  const report = tapReport((line) => printed.push(line));
  for (const line of text.split('\n')) report.line(line);
  return { ...report.finish(status), printed };
}

const good = `# Subtest: a.test.ts
    # Subtest: one
        ok 1 - should be equal
        1..1
    ok 1 - one # time=18.056ms
    ok 2 - two # SKIP no root
    1..2
ok 1 - a.test.ts # time=37.485ms
`;
const bad = `# Subtest: b.test.ts
    # Subtest: fine
        ok 1 - should be equal
        1..1
    ok 1 - fine # time=1ms
    # Subtest: broken
        not ok 1 - should be equal
          ---
          diff: 1 is not 2
          ...
        1..1
    not ok 2 - broken # time=1ms
      ---
      at: b.test.ts
      ...
    1..2
not ok 2 - b.test.ts # time=2ms
  ---
  exitCode: 1
  ...

`;

t.test('a passing file is one line, and what it left out is named', async (t) => {
  t.strictSame(read(`TAP version 14\n${good}# { total: 2, pass: 1, skip: 1 }`), {
    passed: 1,
    failed: 0,
    isGreen: true,
    printed: ['ok a.test.ts 37.485ms', 'skip: two (no root)'],
  });
});

t.test('of a failing file the failing parts are shown, once', async (t) => {
  const { printed, ...result } = read(`${bad}${good}# { total: 4, pass: 2, fail: 1, skip: 1 }`, 1);
  t.strictSame(result, { passed: 2, failed: 1, isGreen: false });
  t.equal(printed.filter((line) => line.includes('diff: 1 is not 2')).length, 1);
  t.equal(printed.filter((line) => line.includes('exitCode: 1')).length, 1);
  t.notMatch(printed.join('\n'), /Subtest: fine/);
});

t.test('a run is red when tap says so, when nothing ran, when it broke off, or when a file is empty', async (t) => {
  const red = { failed: 1, isGreen: false };
  t.match(read(`${good}# { total: 1, pass: 1 }`, 1), { passed: 1, ...red });
  t.match(read(`${good}# { total: 1, pass: 1 }`, null), red);
  t.match(read('TAP version 14\n1..0'), { passed: 0, ...red });
  t.match(read(good), { passed: 0, ...red });
  t.match(read(`${good}ok 2 - c.test.ts # SKIP no tests found\n# { total: 2, pass: 1, skip: 1 }`), {
    passed: 1,
    ...red,
  });
});
