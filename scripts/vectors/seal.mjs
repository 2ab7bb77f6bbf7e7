import {
  base64url,
  compactJws,
  createdRoom,
  hashText,
  aroundLimit,
  providerKeys,
  sha256,
  withOtherSignature,
} from '../lib/signed-objects.mjs';

const keys = providerKeys('a.example');
const { room } = createdRoom();
const at = 1_790_000_200_000;

function u64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export function leafOf(head) {
  const epoch = Buffer.alloc(4);
  epoch.writeUInt32BE(head.epoch);
  return Buffer.concat([
    Buffer.from('payvand-head\0'),
    Buffer.from(head.room.slice(1), 'base64url'),
    epoch,
    u64(head.seq),
    u64(head.at),
    Buffer.from(head.hash, 'base64url'),
    Buffer.from(head.state, 'base64url'),
    u64(head.committed),
    Buffer.from(head.hub, 'ascii'),
  ]);
}

function headOf(n, changes = {}) {
  return {
    hub: 'a.example',
    room: n === 0 ? room : `r${hashText(`room ${n}`)}`,
    epoch: 0,
    seq: 10 + n,
    at: at - 5,
    hash: hashText(`record ${n}`),
    state: hashText(`state ${n}`),
    committed: 10 + n,
    ...changes,
  };
}

const leafHash = (head) => sha256(Buffer.concat([Buffer.of(0), leafOf(head)]));
const nodeHash = (left, right) => sha256(Buffer.concat([Buffer.of(1), left, right]));
const sealOf = (payload, key = keys.seal) => compactJws('payvand-seal', payload, key);

/** Three rooms in one flush: ((0 1) 2). */
function threeHeads() {
  const heads = [headOf(0), headOf(1), headOf(2)];
  const [a, b, c] = heads.map(leafHash);
  const pair = nodeHash(a, b);
  const seal = sealOf({ hub: 'a.example', at, root: base64url(nodeHash(pair, c)), size: 3 });
  const paths = [[b, c], [a, c], [pair]].map((path) => path.map(base64url));
  return { seal, sealed: heads.map((head, index) => ({ head, seal: 0, index, path: paths[index] })) };
}

export function headVectors() {
  const vector = (name, requirement, head) => ({
    name: `leaf-${name}`,
    requirements: [requirement],
    input: { operation: 'leaf', head },
    expect: { leafHex: leafOf(head).toString('hex'), leafHash: base64url(leafHash(head)) },
  });
  const largest = { epoch: 2 ** 32 - 1, seq: 2 ** 53 - 1, at: 2 ** 53 - 1, committed: 2 ** 53 - 1 };
  const parsed = (name, requirement, { changes, ok = false }) => ({
    name: `head-${name}`,
    requirements: [requirement],
    input: { operation: 'parse', head: headOf(0, changes) },
    expect: { ok },
  });
  const members = ['hub', 'room', 'epoch', 'seq', 'at', 'hash', 'state', 'committed'];
  return [
    vector('plain', 'PV-HEAD-003', headOf(0)),
    vector('largest-numbers', 'PV-HEAD-003', headOf(0, largest)),
    vector('longer-hub', 'PV-HEAD-003', headOf(0, { hub: 'a.longer.name.example' })),
    parsed('plain', 'PV-HEAD-001', { ok: true }),
    parsed('largest-numbers', 'PV-HEAD-001', { changes: largest, ok: true }),
    parsed('unknown-member', 'PV-HEAD-001', { changes: { later: 1 }, ok: true }),
    ...members.map((name) => parsed(`without-${name}`, 'PV-HEAD-001', { changes: { [name]: undefined } })),
    parsed('epoch-too-large', 'PV-HEAD-001', { changes: { epoch: 2 ** 32 } }),
    parsed('hash-of-31-bytes', 'PV-HEAD-001', { changes: { hash: 'A'.repeat(42) } }),
    parsed('committed-behind', 'PV-HEAD-002', { changes: { committed: 9 } }),
    parsed('committed-ahead', 'PV-HEAD-002', { changes: { committed: 11 } }),
  ];
}

export function sealVectors() {
  return [...payloads(), ...signatures(), ...inclusions()];
}

function payloads() {
  const { seal } = threeHeads();
  const payload = JSON.parse(Buffer.from(seal.split('.')[1], 'base64url'));
  const limit = aroundLimit(payload, 1024, (text) => Buffer.byteLength(text));
  const vector = (name, requirement, { changes, text, ok = false }) => ({
    name: `seal-${name}`,
    requirements: [requirement],
    input: { operation: 'parse', seal: sealOf(text ?? { ...payload, ...changes }) },
    expect: ok ? { ok } : { ok, code: 'bad-seal' },
  });
  return [
    vector('plain', 'PV-SEAL-001', { ok: true }),
    vector('unknown-member', 'PV-SEAL-001', { changes: { later: 1 }, ok: true }),
    vector('size-65536', 'PV-SEAL-002', { changes: { size: 65_536 }, ok: true }),
    vector('size-65537', 'PV-SEAL-002', { changes: { size: 65_537 } }),
    vector('size-0', 'PV-SEAL-002', { changes: { size: 0 } }),
    vector('payload-1024', 'PV-SEAL-002', { text: limit.within, ok: true }),
    vector('payload-1025', 'PV-SEAL-002', { text: limit.over }),
    vector('hub-address', 'PV-SEAL-001', { changes: { hub: 'alice@a.example' } }),
    vector('root-of-31-bytes', 'PV-SEAL-001', { changes: { root: 'A'.repeat(42) } }),
    vector('at-negative', 'PV-SEAL-001', { changes: { at: -1 } }),
    ...['hub', 'at', 'root', 'size'].map((name) =>
      vector(`without-${name}`, 'PV-SEAL-001', { changes: { [name]: undefined } }),
    ),
    {
      ...vector('other-typ', 'PV-SEAL-001', {}),
      input: { operation: 'parse', seal: compactJws('payvand-event', payload, keys.seal) },
    },
  ];
}

function signatures() {
  const { seal } = threeHeads();
  const vector = (name, { jws = seal, key = keys.seal, ok = false }) => ({
    name: `signature-${name}`,
    requirements: ['PV-SEAL-005'],
    input: { operation: 'verify', seal: jws, publicKey: base64url(key.publicKey) },
    expect: { ok },
  });
  return [
    vector('good', { ok: true }),
    vector('changed', { jws: withOtherSignature(seal) }),
    vector('of-another-key', { key: keys.event }),
  ];
}

function inclusions() {
  const { seal, sealed } = threeHeads();
  const [first, second, third] = sealed;
  const single = headOf(0);
  const own = sealOf({ hub: 'a.example', at, root: base64url(leafHash(single)), size: 1 });
  const foreign = sealOf({ ...JSON.parse(Buffer.from(seal.split('.')[1], 'base64url')), hub: 'b.example' });
  const vector = (name, { item, seals = [seal], ok = false, requirement = 'PV-SEAL-006' }) => ({
    name: `included-${name}`,
    requirements: [requirement],
    input: { operation: 'included', sealed: item, seals },
    expect: { ok },
  });
  const altered = (change) => ({ ...first, head: { ...first.head, ...change } });
  return [
    vector('single-room', { item: { head: single, seal: 0, index: 0, path: [] }, seals: [own], ok: true }),
    vector('first-of-three', { item: first, ok: true }),
    vector('second-of-three', { item: second, ok: true }),
    vector('third-of-three', { item: third, ok: true }),
    vector('under-second-seal', {
      item: { ...third, seal: 1 },
      seals: [own, seal],
      ok: true,
      requirement: 'PV-SEAL-007',
    }),
    vector('seal-not-there', { item: { ...first, seal: 1 }, requirement: 'PV-SEAL-007' }),
    vector('seal-negative', { item: { ...first, seal: -1 }, requirement: 'PV-SEAL-007' }),
    vector('other-seal', { item: first, seals: [own] }),
    vector('other-seq', { item: altered({ seq: 11, committed: 11 }) }),
    vector('other-state', { item: altered({ state: hashText('another state') }) }),
    vector('other-hash', { item: altered({ hash: hashText('another record') }) }),
    vector('other-room', { item: altered({ room: `r${hashText('another room')}` }) }),
    vector('other-index', { item: { ...first, index: 1 } }),
    vector('index-is-size', { item: { ...third, index: 3 } }),
    vector('path-too-short', { item: { ...first, path: first.path.slice(1) } }),
    vector('path-too-long', { item: { ...third, path: [...third.path, third.path[0]] } }),
    vector('seal-of-another-hub', { item: first, seals: [foreign] }),
  ];
}
