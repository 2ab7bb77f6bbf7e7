import {
  base64url,
  compactJws,
  hashText,
  jwsLength,
  listed,
  aroundLimit,
  providerKeys,
  statementPayload,
  withOtherSignature,
} from '../lib/signed-objects.mjs';
import { vectorKey } from '../lib/vector-keys.mjs';

const keys = providerKeys('a.example');
const root3 = vectorKey('a.example root 3');
const roots = (...list) => list.map((key) => base64url(key.publicKey));

const sign = (payload, key = keys.root) => compactJws('payvand-statement', payload, key);
const statement = (changes) => statementPayload('a.example', changes);

export function keyStatementVectors() {
  return [...members(), ...rootLists(), ...keyLists(), ...sizes(), ...first(), ...successors()];
}

function parsed(name, requirement, { jws, ok = false }) {
  const expect = ok ? { ok, hash: hashText(jws), ...readPayload(jws) } : { ok, code: 'bad-statement' };
  return { name, requirements: [requirement], input: { operation: 'parse', jws }, expect };
}

/** What a reader has to find: the key ids in the order of the list, with use and status. */
function readPayload(jws) {
  const { provider, version, keys: list } = JSON.parse(Buffer.from(jws.split('.')[1], 'base64url'));
  const idOf = (x) => hashText(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`);
  return { provider, version, keys: list.map(({ x, use, status }) => ({ kid: idOf(x), use, status })) };
}

const valid = (name, requirement, changes) => parsed(name, requirement, { jws: sign(statement(changes)), ok: true });
const invalid = (name, requirement, changes) => parsed(name, requirement, { jws: sign(statement(changes)) });

function members() {
  const names = ['provider', 'version', 'issued', 'roots', 'keys'];
  return [
    valid('plain', 'PV-KEY-001', {}),
    valid('unknown-member', 'PV-KEY-001', { later: 1 }),
    valid('version-largest', 'PV-KEY-003', { version: 2 ** 53 - 1 }),
    ...names.map((name) => invalid(`without-${name}`, 'PV-KEY-003', { [name]: undefined })),
    invalid('version-0', 'PV-KEY-003', { version: 0 }),
    invalid('version-text', 'PV-KEY-003', { version: '1' }),
    invalid('issued-negative', 'PV-KEY-003', { issued: -1 }),
    invalid('provider-address', 'PV-KEY-003', { provider: 'alice@a.example' }),
    parsed('other-typ', 'PV-KEY-001', { jws: compactJws('payvand-provider', statement(), keys.root) }),
  ];
}

function rootLists() {
  const smallOrder = base64url(Buffer.from(`01${'00'.repeat(31)}`, 'hex'));
  const offCurve = base64url(Buffer.from(`02${'00'.repeat(31)}`, 'hex'));
  return [
    valid('one-root', 'PV-KEY-004', { roots: roots(keys.root) }),
    invalid('no-root', 'PV-KEY-004', { roots: [] }),
    invalid('three-roots', 'PV-KEY-004', { roots: roots(keys.root, keys.root2, root3) }),
    invalid('same-root-twice', 'PV-KEY-006', { roots: roots(keys.root, keys.root) }),
    invalid('root-of-31-bytes', 'PV-KEY-007', { roots: [...roots(keys.root), 'A'.repeat(42)] }),
    invalid('root-of-small-order', 'PV-KEY-007', { roots: [...roots(keys.root), smallOrder] }),
    invalid('root-off-the-curve', 'PV-KEY-007', { roots: [...roots(keys.root), offCurve] }),
    parsed('kid-of-second-root', 'PV-KEY-008', { jws: sign(statement(), keys.root2) }),
    parsed('kid-of-foreign-key', 'PV-KEY-008', { jws: sign(statement(), root3) }),
  ];
}

function keyLists() {
  const key = (n) => vectorKey(`a.example key ${n}`);
  const list = (count) => Array.from({ length: count }, (_, n) => listed(key(n), 'event'));
  const one = listed(keys.event, 'event');
  const smallOrder = base64url(Buffer.alloc(32));
  return [
    valid('keys-12', 'PV-KEY-005', { keys: list(12) }),
    invalid('keys-13', 'PV-KEY-005', { keys: list(13) }),
    invalid('keys-none', 'PV-KEY-005', { keys: [] }),
    valid('key-with-unknown-member', 'PV-KEY-005', { keys: [{ ...one, later: 1 }] }),
    invalid('unknown-use', 'PV-KEY-005', { keys: [{ ...one, use: 'media' }] }),
    invalid('unknown-status', 'PV-KEY-005', { keys: [{ ...one, status: 'lost' }] }),
    invalid('without-status', 'PV-KEY-005', { keys: [{ ...one, status: undefined }] }),
    invalid('key-not-object', 'PV-KEY-005', { keys: [one.x] }),
    invalid('key-with-two-uses', 'PV-KEY-006', { keys: [one, { ...one, use: 'seal' }] }),
    invalid('key-listed-twice', 'PV-KEY-006', { keys: [one, one] }),
    invalid('key-is-root', 'PV-KEY-006', { keys: [listed(keys.root2, 'event')] }),
    invalid('key-of-small-order', 'PV-KEY-007', { keys: [one, { ...one, x: smallOrder }] }),
  ];
}

function sizes() {
  const { within, over } = aroundLimit(statement(), 2048, jwsLength('payvand-statement', keys.root));
  return [
    parsed('length-at-limit', 'PV-KEY-002', { jws: sign(within), ok: true }),
    parsed('length-over-limit', 'PV-KEY-002', { jws: sign(over) }),
  ];
}

function first() {
  const good = sign(statement());
  const vector = (name, jws, ok) => ({
    name: `first-${name}`,
    requirements: ['PV-KEY-010'],
    input: { operation: 'first', jws },
    expect: { ok },
  });
  return [vector('signed-by-its-root', good, true), vector('signature-changed', withOtherSignature(good), false)];
}

function successors() {
  const previous = sign(statement({ version: 5 }));
  const next = (changes, key) => sign(statement({ version: 6, ...changes }), key);
  const moved = roots(keys.root2, root3);
  const vector = (name, jws, ok) => ({
    name: `successor-${name}`,
    requirements: ['PV-KEY-011'],
    input: { operation: 'successor', jws, previous },
    expect: { ok },
  });
  return [
    vector('same-root', next(), true),
    vector('next-root', next({ roots: moved }, keys.root2), true),
    vector('several-versions-on', next({ version: 900 }), true),
    vector('same-version', next({ version: 5, issued: 1 }), false),
    vector('lower-version', next({ version: 4 }), false),
    vector('unlisted-root', next({ roots: roots(root3) }, root3), false),
    vector('unlisted-root-naming-a-listed-one', next({ roots: roots(root3, keys.root) }, root3), false),
    vector('another-provider', next({ provider: 'b.example' }), false),
    vector('signature-changed', withOtherSignature(next()), false),
  ];
}
