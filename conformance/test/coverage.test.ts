import { readFileSync } from 'node:fs';
import t from 'tap';
import { allLanes } from '../src/checks/all-lanes.js';
import { isBare, readRequirements, staleChecks } from '../src/report/coverage.js';
import type { Pins } from '../src/report/coverage.js';
import { readCoverage } from '../src/report/coverage-page.js';

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));
const checks = allLanes.flatMap((lane) => lane.checks);
const requirements = readRequirements();

t.test('every check has an id of its own and a requirement', async (t) => {
  const ids = checks.map(({ id }) => id);
  t.same(
    ids.filter((id, place) => ids.indexOf(id) !== place),
    [],
  );
  t.same(
    checks.filter(({ covers }) => covers.length === 0),
    [],
  );
});

t.test('no sentence has changed since its checks were written', async (t) => {
  const pins = read('pins.json') as Pins;
  t.same(staleChecks(checks, requirements, pins), [], 'read both, then: npm run pin -w conformance');
  t.same(
    Object.keys(pins).filter((id) => !checks.some((check) => check.id === id)),
    [],
    'pins of checks that are gone',
  );
});

t.test('a changed sentence makes its checks stale', async (t) => {
  const pins = read('pins.json') as Pins;
  const changed = requirements.map((one) => (one.id === 'PV-RSG-010' ? { ...one, sha256: '0'.repeat(64) } : one));
  t.not(staleChecks(checks, changed, pins).length, 0);
});

t.test('every MUST has a check or a vector, is exempt, or is known to have none yet', async (t) => {
  const bare = readCoverage(checks)
    .filter(isBare)
    .map(({ requirement }) => requirement.id);
  t.same(bare.sort(), read('untested.json'), 'this list only gets shorter');
});

t.test('what is exempt exists and is tested by nothing', async (t) => {
  const exempt = Object.keys(read('exemptions.json') as object);
  const tested = new Set(checks.flatMap(({ covers }) => covers));
  t.same(
    exempt.filter((id) => !requirements.some((one) => one.id === id)),
    [],
  );
  t.same(
    exempt.filter((id) => tested.has(id)),
    [],
  );
});
