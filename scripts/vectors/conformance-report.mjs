import {
  base64url,
  compactJws,
  hashText,
  providerKeys,
  statementOf,
  statementUnderOtherName,
  withOtherSignature,
} from '../lib/signed-objects.mjs';

const own = providerKeys('a.example');
const witness = providerKeys('b.example');
const now = 1_790_000_600_000;
const statement = statementOf('a.example');

const check = (id, changes = {}) => ({
  ...{ id, title: id.replace('/', ': '), tier: 'T0', profile: 'core', level: 'MUST', requirements: ['PV-SIG-001'] },
  ...{ verdict: 'pass', ms: 12, transcript: hashText(id) },
  ...changes,
});
const checks = [
  check('signature/good', { tier: 'T1' }),
  check('signature/no-digest'),
  check('request/polite', { level: 'SHOULD', verdict: 'warn', expected: 'a header', found: 'none' }),
];

/** @returns a report about these checks in which everything fits */
function reportOf({ list = checks, run = {}, outcome = 'conformant', full = 'not-conformant', ...changes } = {}) {
  const stages = [{ name: 'requests', transcript: hashText('stage') }];
  const lines = [...stages.map(({ name, transcript }) => [name, transcript])]
    .concat(list.filter(({ transcript }) => transcript).map(({ id, transcript }) => [id, transcript]))
    .map((pair) => `${pair.join(' ')}\n`)
    .sort();
  return {
    format: 1,
    spec: { version: '0.1', digest: hashText('spec') },
    suite: { name: 'payvand-conformance', version: '0.1.0', digest: hashText('suite') },
    target: {
      ...{ domain: 'a.example', endpoint: 'payvand.a.example', root: own.root.kid, statement: hashText(statement) },
      ...{ documentVersion: 7, profiles: ['core', 'groups'] },
    },
    run: {
      ...{ tier: 'T1', seed: 'seven', began: 1_790_000_000_000, ended: 1_790_000_100_000, timeScale: 100 },
      ...{ partial: false, only: [], skip: [], requests: 40, bytes: 9000, ...run },
    },
    result: outcome,
    counts: countsOf(list),
    profiles: [
      {
        ...{ name: 'core', basic: outcome, full },
        must: countsOf(list.filter(({ level }) => level === 'MUST')),
        should: countsOf(list.filter(({ level }) => level === 'SHOULD')),
      },
    ],
    ...{ checks: list, stages, knownFailures: [], undeclared: [], transcript: hashText(lines.join('')) },
    ...changes,
  };
}

function countsOf(list) {
  const counts = {};
  for (const { verdict } of list) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}

const signed = (report, key = own.event) => compactJws('payvand-conformance', report, key);
const verified = (name, requirements, { jws, of = statement, code, result = 'conformant' }) => ({
  name,
  requirements,
  input: { operation: 'verify', jws, statement: of, now },
  expect: code === undefined ? { ok: true, result } : { ok: false, code },
});

export function conformanceReportVectors() {
  return [...forms(), ...signatures(), ...contradictions(), ...outcomes(), ...witnesses()];
}

function forms() {
  const bad = (name, changes, requirements = ['PV-CFR-001', 'PV-CFR-010']) =>
    verified(name, requirements, { jws: signed({ ...reportOf(), ...changes }), code: 'bad-report' });
  const required = Object.keys(reportOf());
  return [
    verified('plain', ['PV-CFR-001', 'PV-CFR-011'], { jws: signed(reportOf()) }),
    verified('unknown-member', ['PV-CFR-001'], { jws: signed({ ...reportOf(), later: 1 }) }),
    ...required.map((name) => bad(`without-${name}`, { [name]: undefined })),
    bad('format-2', { format: 2 }),
    bad('domain-in-upper-case', { target: { ...reportOf().target, domain: 'A.example' } }),
    bad('unknown-verdict', { checks: [check('a/b', { verdict: 'good' })] }),
    bad('requirement-without-number', { checks: [check('a/b', { requirements: ['PV-SIG'] })] }),
    bad('time-scale-with-a-fraction', { run: { ...reportOf().run, timeScale: 0.5 } }),
    bad('found-with-nul', { checks: [check('a/b', { found: '\0' })] }),
    bad('found-of-4097', { checks: [check('a/b', { found: 'x'.repeat(4097) })] }),
    verified('type-of-an-event', ['PV-CFR-009', 'PV-CFR-010'], {
      ...{ jws: compactJws('payvand-event', reportOf(), own.event), code: 'bad-report' },
    }),
  ];
}

function signatures() {
  const jws = signed(reportOf());
  const ids = ['PV-CFR-009', 'PV-CFR-010'];
  return [
    verified('signed-by-retired-key', ids, { jws: signed(reportOf(), own.old) }),
    verified('signed-by-seal-key', ids, { jws: signed(reportOf(), own.seal), code: 'unknown-key' }),
    verified('signed-by-root', ids, { jws: signed(reportOf(), own.root), code: 'unknown-key' }),
    verified('signed-by-another', ids, { jws: signed(reportOf(), witness.event), code: 'unknown-key' }),
    verified('signature-changed', ids, { jws: withOtherSignature(jws), code: 'bad-signature' }),
    verified('payload-changed', ids, {
      jws: grafted(jws, { ...reportOf(), undeclared: ['x'] }),
      code: 'bad-signature',
    }),
    verified('statement-of-another', ids, { jws, of: statementOf('b.example'), code: 'wrong-provider' }),
    verified('keys-under-another-name', ids, { jws, of: statementUnderOtherName(), code: 'wrong-provider' }),
    verified('about-another-root', ['PV-CFR-002', 'PV-CFR-010'], {
      jws: signed(reportOf({ target: { ...reportOf().target, root: witness.root.kid } })),
      code: 'wrong-root',
    }),
  ];
}

function grafted(jws, payload) {
  const [header, , signature] = jws.split('.');
  return [header, base64url(JSON.stringify(payload)), signature].join('.');
}

function contradictions() {
  const wrong = (name, code, report) =>
    verified(name, [...requirementsOf[code], 'PV-CFR-010'], { jws: signed(report), code });
  const [profile] = reportOf().profiles;
  const counts = (changes) => ({ profiles: [{ ...profile, ...changes }] });
  return [
    wrong('ended-before-it-began', 'wrong-times', reportOf({ run: { ended: 1_789_999_999_999 } })),
    verified('ended-60-s-ahead', ['PV-CFR-010'], { jws: signed(reportOf({ run: { ended: now + 60_000 } })) }),
    wrong('ended-more-than-60-s-ahead', 'wrong-times', reportOf({ run: { ended: now + 60_001 } })),
    wrong('check-twice', 'wrong-checks', reportOf({ list: [...checks, check('signature/no-digest')] })),
    wrong('counts-one-more', 'wrong-counts', reportOf({ counts: { pass: 3, warn: 1 } })),
    wrong('counts-one-word-more', 'wrong-counts', reportOf({ counts: { pass: 2, warn: 1, fail: 0 } })),
    wrong('must-counts', 'wrong-counts', reportOf(counts({ must: { pass: 1 } }))),
    wrong('should-counts', 'wrong-counts', reportOf(counts({ should: {} }))),
    wrong('profile-left-out', 'wrong-counts', reportOf({ profiles: [] })),
    wrong('profile-twice', 'wrong-counts', reportOf({ profiles: [profile, profile] })),
    wrong('result-of-a-failure', 'wrong-result', failed({ outcome: 'conformant' })),
    wrong('result-of-a-partial-run', 'wrong-result', reportOf({ run: { partial: true } })),
    wrong('result-of-T0', 'wrong-result', reportOf({ run: { tier: 'T0' } })),
    wrong('full-with-a-warning', 'wrong-result', reportOf({ full: 'conformant' })),
    wrong('result-alone', 'wrong-result', reportOf({ result: 'incomplete' })),
    wrong('transcript-of-another-run', 'wrong-transcript', reportOf({ transcript: hashText('other') })),
    wrong('stage-left-out', 'wrong-transcript', reportOf({ stages: [] })),
  ];
}

const requirementsOf = {
  'wrong-times': [],
  'wrong-checks': [],
  'wrong-counts': ['PV-CFR-004'],
  'wrong-result': ['PV-CFR-005'],
  'wrong-transcript': ['PV-CFR-007'],
};

const withVerdict = (verdict) => [check('signature/good'), check('signature/no-digest', { verdict })];
const failed = (changes) => reportOf({ list: withVerdict('fail'), ...changes });

function outcomes() {
  const says = (name, result, { requirements = ['PV-CFR-005', 'PV-CFR-011'], ...how }) =>
    verified(name, requirements, { jws: signed(reportOf({ outcome: result, full: result, ...how })), result });
  const parts = ['PV-CFR-005', 'PV-CFR-006', 'PV-CFR-011'];
  return [
    says('conformant-in-full', 'conformant', { list: withVerdict('pass') }),
    says('info-does-no-harm', 'conformant', { list: withVerdict('info') }),
    says('one-unclaimed', 'conformant', { list: withVerdict('unclaimed') }),
    says('one-failure', 'not-conformant', { list: withVerdict('fail') }),
    ...['blocked', 'not-run', 'flaky', 'error'].map((verdict) =>
      says(`one-${verdict}`, 'incomplete', { list: withVerdict(verdict) }),
    ),
    says('partial', 'incomplete', {
      ...{ requirements: parts, list: withVerdict('pass'), run: { partial: true, only: ['signature/'] } },
    }),
    says('partial-with-a-failure', 'not-conformant', {
      ...{ requirements: parts, list: withVerdict('fail'), run: { partial: true, skip: ['slow/'] } },
    }),
    says('tier-T0', 'incomplete', { list: withVerdict('pass'), run: { tier: 'T0' } }),
    verified('warning-in-a-partial-run', ['PV-CFR-005'], {
      jws: signed(reportOf({ outcome: 'incomplete', full: 'not-conformant', run: { partial: true } })),
      result: 'incomplete',
    }),
    verified('nothing-but-unclaimed', ['PV-CFR-005'], {
      jws: signed(
        reportOf({
          ...{ list: [check('a/b', { verdict: 'unclaimed' })], outcome: 'unclaimed', full: 'unclaimed' },
          result: 'incomplete',
        }),
      ),
      result: 'incomplete',
    }),
  ];
}

function witnesses() {
  const report = signed(reportOf());
  const said = { witness: 'b.example', report: hashText(report), at: now };
  const seen = (
    name,
    { changes = {}, key = witness.event, of = statementOf('b.example'), typ = 'payvand-witness', code },
  ) => ({
    name,
    requirements: ['PV-CFR-013', 'PV-CFR-014'],
    input: { operation: 'witness', jws: compactJws(typ, { ...said, ...changes }, key), report, statement: of },
    expect: code === undefined ? { ok: true, witness: 'b.example' } : { ok: false, code },
  });
  return [
    seen('witness', {}),
    seen('witness-without-report', { changes: { report: undefined }, code: 'bad-witness' }),
    seen('witness-of-an-event', { typ: 'payvand-event', code: 'bad-witness' }),
    seen('witness-of-another-report', { changes: { report: hashText('other') }, code: 'other-report' }),
    seen('witness-is-the-provider', {
      ...{ changes: { witness: 'a.example' }, key: own.event, of: statement, code: 'own-witness' },
    }),
    seen('witness-under-another-statement', { of: statement, code: 'wrong-provider' }),
    seen('witness-by-seal-key', { key: witness.seal, code: 'unknown-key' }),
    seen('witness-by-the-provider', { key: own.event, code: 'unknown-key' }),
  ];
}
