import t from 'tap';
import { faultsOf } from '../src/chaos/acknowledged.js';
import { Fates } from '../src/chaos/fates.js';
import { Random } from '../src/chaos/random.js';
import { mutate } from '../src/fuzz/mutate.js';
import { exitCodeOf } from '../src/run/exit-code.js';
import { withRounds } from '../src/run/rounds.js';
import type { Result, Verdict } from '../src/run/run-checks.js';

t.test('a log that lost, doubled or moved something is found out', async (t) => {
  const whole = { of: 'a', events: ['x', 'y', 'z'].map((id, seq) => ({ seq, id })) };
  t.same(faultsOf([whole, { ...whole, of: 'b' }], ['x', 'z']), []);
  const cut = { of: 'b', events: whole.events.slice(0, 2) };
  t.match(faultsOf([whole, cut], ['x', 'z']), [/lost: z .* b/]);
  const doubled = { of: 'b', events: [...whole.events, { seq: 3, id: 'y' }] };
  t.match(faultsOf([whole, doubled], []), [/duplicate: y is 2 times/]);
  const moved = { of: 'b', events: ['x', 'z', 'y'].map((id, seq) => ({ seq, id })) };
  t.match(faultsOf([whole, moved], []), [/order: 1 is y for a, z for b/, /order: 2/]);
  const mixed = { of: 'b', events: [...whole.events].reverse() };
  t.match(faultsOf([mixed], []), [/order: the log of b/]);
});

t.test('a seed gives the same storm, which ends', async (t) => {
  const storm = (seed: number): string[] => {
    const fates = new Fates(new Random(seed));
    fates.begin();
    return Array.from({ length: 200 }, (_, at) => fates.next('a > b', at * 10).name);
  };
  t.same(storm(3), storm(3));
  t.notSame(storm(3), storm(4));
  t.ok(new Set(storm(3)).size > 5);
  const fates = new Fates(new Random(3));
  t.equal(fates.next('a > b', 0).name, 'pass', 'calm before it');
  fates.begin();
  const names = Array.from({ length: 1000 }, (_, at) => fates.next('a > b', at * 2000).name);
  t.notMatch(names.map((name) => (name === 'pass' ? '.' : 'x')).join(''), 'xxxxx', 'who keeps trying gets through');
  fates.heal();
  t.same([...new Set(Array.from({ length: 100 }, () => fates.next('a > b', 0).name))], ['pass']);
});

t.test('a change is in one place, and the same for a seed', async (t) => {
  const honest = { a: { b: [1, 'c'] }, d: 'e', f: 7 };
  const changes = (seed: number): unknown[] => {
    const random = new Random(seed);
    return Array.from({ length: 100 }, () => mutate(honest, random));
  };
  t.same(changes(1), changes(1));
  const texts = new Set(changes(1).map((change) => JSON.stringify(change)));
  t.ok(texts.size > 40, `${texts.size} different ones`);
  t.same(honest, { a: { b: [1, 'c'] }, d: 'e', f: 7 }, 'what it was made from stays');
});

t.test('a check is flaky when its verdict differs from round to round', async (t) => {
  const result = (verdict: Verdict): Result => ({
    ...{ id: 'area/name', title: 'x', tier: 'T0', profile: 'core', level: 'MUST', covers: [], isHostile: false },
    ...{ verdict, ms: 1 },
  });
  const rounds = (...verdicts: Verdict[]) => new Map([['area/name', verdicts]]);
  t.equal(withRounds(result('pass'), rounds('pass', 'pass')).verdict, 'pass');
  t.equal(withRounds(result('fail'), rounds('fail')).verdict, 'fail');
  const flaky = withRounds(result('pass'), rounds('pass', 'fail'));
  t.match(flaky, { verdict: 'flaky', again: ['pass', 'fail', 'pass'] });
  t.equal(exitCodeOf([flaky], false), 3);
});
