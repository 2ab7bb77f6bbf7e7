import {
  base64url,
  compactJws,
  jwsLength,
  aroundLimit,
  providerKeys,
  statementOf,
  statementPayload,
  withOtherSignature,
} from '../lib/signed-objects.mjs';
import { vectorKey } from '../lib/vector-keys.mjs';

const day = 86_400_000;
const issued = 1_790_000_000_000;
const keys = providerKeys('a.example');
const root3 = vectorKey('a.example root 3');
const roots = (...list) => list.map((key) => base64url(key.publicKey));

const document = {
  provider: 'a.example',
  version: 7,
  issued,
  expires: issued + 7 * day,
  endpoint: 'https://payvand.a.example',
  statement: statementOf('a.example'),
  versions: ['0.1'],
  profiles: ['core', 'groups'],
  limits: { batchItems: 256 },
  contacts: { admin: 'mailto:admin@a.example' },
  status: 'ok',
};
const sign = (payload, key = keys.root) => compactJws('payvand-provider', payload, key);
const of = (changes, key) => sign({ ...document, ...changes }, key);

export function providerDocumentVectors() {
  return [...members(), ...lists(), ...endpoints(), ...statements(), ...sizes(), ...times(), ...successions()];
}

function parsed(name, requirement, { jws, code, domain = 'a.example' }) {
  const expect = code === undefined ? { ok: true } : { ok: false, code };
  return { name, requirements: [requirement], input: { operation: 'parse', jws, domain }, expect };
}

const valid = (name, requirement, changes) => parsed(name, requirement, { jws: of(changes) });
const bad = (name, requirement, changes) => parsed(name, requirement, { jws: of(changes), code: 'bad-document' });

function members() {
  const names = ['version', 'issued', 'expires', 'statement', 'versions', 'profiles', 'limits', 'contacts', 'status'];
  return [
    valid('plain', 'PV-DOC-001', {}),
    valid('unknown-member', 'PV-DOC-001', { later: {} }),
    ...names.map((name) => bad(`without-${name}`, 'PV-DOC-001', { [name]: undefined })),
    parsed('other-typ', 'PV-DOC-001', {
      jws: compactJws('payvand-statement', document, keys.root),
      code: 'bad-document',
    }),
    parsed('another-provider', 'PV-DOC-003', { jws: of(), domain: 'b.example', code: 'wrong-provider' }),
    parsed('without-provider', 'PV-DOC-003', { jws: of({ provider: undefined }), code: 'wrong-provider' }),
    bad('version-0', 'PV-DOC-004', { version: 0 }),
    bad('expires-when-issued', 'PV-DOC-005', { expires: issued }),
    valid('life-of-7-days', 'PV-DOC-005', {}),
    parsed('life-over-7-days', 'PV-DOC-005', { jws: of({ expires: issued + 7 * day + 1 }), code: 'document-too-long' }),
  ];
}

function lists() {
  const words = (count) => Array.from({ length: count }, (_, n) => (n === 0 ? '0.1' : `0.1${n}`));
  const members = (count) => Object.fromEntries(words(count).map((word) => [word, 1]));
  return [
    valid('versions-16', 'PV-DOC-008', { versions: words(16) }),
    bad('versions-17', 'PV-DOC-008', { versions: words(17) }),
    parsed('versions-later-only', 'PV-DOC-008', { jws: of({ versions: ['9.0'] }), code: 'no-common-version' }),
    bad('versions-number', 'PV-DOC-008', { versions: [1] }),
    valid('profiles-none', 'PV-DOC-009', { profiles: [] }),
    valid('profile-of-64', 'PV-DOC-009', { profiles: ['p'.repeat(64)] }),
    bad('profile-of-65', 'PV-DOC-009', { profiles: ['p'.repeat(65)] }),
    bad('profiles-17', 'PV-DOC-009', { profiles: words(17) }),
    valid('limits-64', 'PV-DOC-010', { limits: members(64) }),
    bad('limits-65', 'PV-DOC-010', { limits: members(65) }),
    bad('limit-negative', 'PV-DOC-010', { limits: { batchItems: -1 } }),
    valid('contact-of-256', 'PV-DOC-010', { contacts: { admin: 'c'.repeat(256) } }),
    bad('contact-of-257', 'PV-DOC-010', { contacts: { admin: 'c'.repeat(257) } }),
    bad('contact-of-two-lines', 'PV-DOC-010', { contacts: { admin: 'a\nb' } }),
    valid('status-draining', 'PV-DOC-011', { status: 'draining' }),
    valid('status-unknown', 'PV-DOC-011', { status: 'read-only' }),
    bad('status-number', 'PV-DOC-011', { status: 1 }),
  ];
}

function endpoints() {
  const wrong = {
    'endpoint-http': 'http://a.example',
    'endpoint-port': 'https://a.example:443',
    'endpoint-path': 'https://a.example/payvand',
    'endpoint-slash': 'https://a.example/',
    'endpoint-query': 'https://a.example?a',
    'endpoint-user': 'https://user@a.example',
    'endpoint-upper-case': 'https://A.example',
    'endpoint-another-domain': 'https://b.example',
    'endpoint-that-only-ends-alike': 'https://evila.example',
    'endpoint-above': 'https://example',
    'endpoint-ip': 'https://127.0.0.1',
    'endpoint-missing': undefined,
  };
  return [
    valid('endpoint-at-domain', 'PV-DOC-006', { endpoint: 'https://a.example' }),
    valid('endpoint-two-below', 'PV-DOC-006', { endpoint: 'https://x.y.a.example' }),
    ...Object.entries(wrong).map(([name, endpoint]) =>
      parsed(name, 'PV-DOC-006', { jws: of({ endpoint }), code: 'wrong-endpoint' }),
    ),
  ];
}

function statements() {
  const foreign = compactJws('payvand-statement', statementPayload('b.example'), providerKeys('b.example').root);
  return [
    parsed('statement-of-another', 'PV-DOC-007', { jws: of({ statement: foreign }), code: 'wrong-statement' }),
    bad('statement-malformed', 'PV-DOC-007', { statement: 'a.b.c' }),
    bad('statement-signature-changed', 'PV-DOC-012', { statement: withOtherSignature(document.statement) }),
    ...['root2', 'event', 'seal'].map((name) =>
      parsed(`signed-by-${name}`, 'PV-DOC-012', { jws: of({}, keys[name]), code: 'bad-document' }),
    ),
    parsed('signature-changed', 'PV-DOC-012', { jws: withOtherSignature(of()), code: 'bad-document' }),
  ];
}

function sizes() {
  const { within, over } = aroundLimit(document, 65_536, jwsLength('payvand-provider', keys.root));
  return [
    parsed('length-at-limit', 'PV-DOC-002', { jws: sign(within) }),
    parsed('length-over-limit', 'PV-DOC-002', { jws: sign(over), code: 'bad-document' }),
  ];
}

/** `code` undefined: accepted. */
function judged(name, requirement, { candidate = of(), last, now = issued + 1, kind = 'refuse', code }) {
  return {
    name,
    requirements: [requirement],
    input: { operation: 'accept', domain: 'a.example', candidate, ...(last && { last }), now },
    expect: kind === 'refuse' ? { kind, code } : { kind },
  };
}

function times() {
  const { expires } = document;
  return [
    judged('first-document', 'PV-DOC-013', { kind: 'accept' }),
    judged('last-moment', 'PV-DOC-013', { now: expires - 1, kind: 'accept' }),
    judged('expired', 'PV-DOC-013', { now: expires, code: 'document-expired' }),
    judged('issued-60-s-ahead', 'PV-DOC-014', { now: issued - 60_000, kind: 'accept' }),
    judged('issued-over-60-s-ahead', 'PV-DOC-014', { now: issued - 60_001, code: 'document-not-yet-valid' }),
  ];
}

function successions() {
  const last = of();
  const signed = (changes, key) => compactJws('payvand-statement', statementPayload('a.example', changes), key);
  const moved = signed({ version: 2, roots: roots(keys.root2, root3) }, keys.root2);
  const taken = signed({ roots: roots(root3) }, root3);
  const stranger = (changes) => of({ version: 1, statement: taken, ...changes }, root3);
  const later = document.expires + 30 * day;
  const fresh = { issued: later - 1000, expires: later + day };
  const vector = (name, requirement, rest) => judged(name, requirement, { last, ...rest });
  return [
    vector('same-document', 'PV-DOC-016', { kind: 'accept' }),
    vector('higher-version', 'PV-DOC-016', { candidate: of({ version: 8 }), kind: 'accept' }),
    vector('lower-version', 'PV-DOC-016', { candidate: of({ version: 6 }), code: 'lower-version' }),
    vector('same-version-other-bytes', 'PV-DOC-017', { candidate: of({ status: 'draining' }), code: 'version-reused' }),
    vector('next-root', 'PV-DOC-015', { candidate: of({ version: 8, statement: moved }, keys.root2), kind: 'accept' }),
    vector('unlisted-root', 'PV-DOC-015', { candidate: stranger({ version: 8 }), code: 'unlisted-root' }),
    vector('same-statement-version-other-bytes', 'PV-DOC-018', {
      candidate: of({ version: 8, statement: statementOf('a.example', { issued: 5 }) }),
      code: 'version-reused',
    }),
    judged('lower-statement-version', 'PV-DOC-018', {
      last: of({ statement: statementOf('a.example', { version: 2 }) }),
      candidate: of({ version: 8 }),
      code: 'lower-version',
    }),
    vector('stranger-after-30-days', 'PV-DOC-019', { candidate: stranger(fresh), now: later, kind: 'new-provider' }),
    vector('stranger-before-30-days', 'PV-DOC-019', {
      candidate: stranger(fresh),
      now: later - 1,
      code: 'unlisted-root',
    }),
    vector('lower-version-after-30-days', 'PV-DOC-019', {
      candidate: of({ version: 1, ...fresh }),
      now: later,
      code: 'lower-version',
    }),
  ];
}
