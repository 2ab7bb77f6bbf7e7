import { readFileSync } from 'node:fs';
import { verify, createPublicKey } from 'node:crypto';
import t from 'tap';
import { ed25519Backends, isCofactorless } from './ed25519-backends.js';
import { isReducedScalar } from './ed25519-encoding.js';
import {
  ed25519BackendName,
  isAcceptablePublicKey,
  publicKeyOf,
  signEd25519,
  verifyEd25519,
  verifyWith,
} from './ed25519.js';

type Input = { secretHex: string; publicKeyHex: string; messageHex: string; signatureHex: string };
interface Vector {
  name: string;
  input: Input & { operation: 'sign' | 'verify' | 'accept-key' };
  expect: { ok: boolean; publicKeyHex: string; signatureHex: string };
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../spec/vectors/${file}`, import.meta.url), 'utf8'));
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Buffer => Buffer.from(text, 'hex');
const { vectors } = read('ed25519.json') as { vectors: Vector[] };
const named = (operation: string): Vector[] => vectors.filter(({ input }) => input.operation === operation);

void t.test('the optional dependency is there, so both backends are compared here', (t) => {
  t.same(
    ed25519Backends.map(({ name }) => name),
    ['sodium', 'node'],
  );
  t.equal(ed25519BackendName, 'sodium');
  t.end();
});

void t.test('every verdict, by every backend', (t) => {
  for (const { name, input, expect } of named('verify')) {
    const signed = {
      publicKey: bytes(input.publicKeyHex),
      message: bytes(input.messageHex),
      signature: bytes(input.signatureHex),
    };
    t.equal(verifyEd25519(signed.publicKey, signed.message, signed.signature), expect.ok, name);
    for (const backend of ed25519Backends) t.equal(verifyWith(backend, signed), expect.ok, `${name}, ${backend.name}`);
  }
  t.end();
});

void t.test('the vectors tell a library without the checks from the rule', (t) => {
  const accepted = named('verify').filter(({ input, expect }) => {
    if (expect.ok || input.publicKeyHex.length !== 64) return false;
    const x = bytes(input.publicKeyHex).toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return verify(null, bytes(input.messageHex), key, bytes(input.signatureHex));
  });
  t.ok(accepted.length >= 20, `plain node:crypto accepts ${accepted.length} that are refused`);
  t.end();
});

void t.test('every key is judged as the vectors say', (t) => {
  for (const { name, input, expect } of named('accept-key')) {
    t.equal(isAcceptablePublicKey(bytes(input.publicKeyHex)), expect.ok, name);
  }
  t.end();
});

void t.test('signing gives the vectors byte for byte, by every backend', (t) => {
  const rfc8032 = (read('third-party/rfc8032.json') as { vectors: (Input & { name: string })[] }).vectors;
  const own = named('sign').map(({ name, input, expect }) => ({ ...input, ...expect, name }));
  for (const { name, secretHex, messageHex, publicKeyHex, signatureHex } of [...rfc8032, ...own]) {
    t.equal(hex(publicKeyOf(bytes(secretHex))), publicKeyHex, `${name}, public key`);
    t.equal(hex(signEd25519(bytes(secretHex), bytes(messageHex))), signatureHex, name);
    t.ok(verifyEd25519(bytes(publicKeyHex), bytes(messageHex), bytes(signatureHex)), `${name}, verified`);
    for (const backend of ed25519Backends) {
      t.equal(hex(backend.sign(bytes(secretHex), bytes(messageHex))), signatureHex, `${name}, ${backend.name}`);
      t.equal(hex(backend.publicKeyOf(bytes(secretHex))), publicKeyHex, `${name}, public key, ${backend.name}`);
    }
  }
  t.end();
});

void t.test('a secret used twice gives the same answers as the first time', (t) => {
  const secret = Buffer.alloc(32, 7);
  for (const backend of ed25519Backends) {
    t.same(backend.sign(secret, Buffer.from('a')), backend.sign(secret, Buffer.from('a')));
    t.notSame(backend.sign(secret, Buffer.from('a')), backend.sign(Buffer.alloc(32, 8), Buffer.from('a')));
    t.same(backend.publicKeyOf(secret), backend.publicKeyOf(Buffer.alloc(32, 7)));
  }
  t.end();
});

void t.test('a secret of another length is refused', (t) => {
  t.throws(() => signEd25519(Buffer.alloc(31), Buffer.from('a')), RangeError);
  t.throws(() => signEd25519(Buffer.alloc(64), Buffer.from('a')), RangeError);
  t.throws(() => publicKeyOf(Buffer.alloc(33)), RangeError);
  t.end();
});

void t.test('a library with the cofactored equation is found out before it decides anything', (t) => {
  for (const backend of ed25519Backends) t.equal(isCofactorless(backend), true, backend.name);
  t.equal(isCofactorless({ holds: () => true }), false, 'accepts all, as the cofactored equation would here');
  t.equal(isCofactorless({ holds: () => false }), false, 'accepts nothing');
  t.end();
});

void t.test('S is compared with the group order to the last bit', (t) => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const scalar = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
  t.equal(isReducedScalar(scalar(0n)), true);
  t.equal(isReducedScalar(scalar(order - 1n)), true);
  t.equal(isReducedScalar(scalar(order)), false);
  t.equal(isReducedScalar(scalar(order + 1n)), false);
  t.equal(isReducedScalar(scalar(2n ** 252n - 1n)), true);
  t.equal(isReducedScalar(scalar(2n ** 255n)), false);
  t.end();
});

void t.test('more keys than the cache of the fallback holds', (t) => {
  const node = ed25519Backends.find(({ name }) => name === 'node');
  if (node === undefined) throw new Error('the fallback is always there');
  const message = Buffer.from('many');
  const secret = Buffer.alloc(32, 1);
  const signed = { publicKey: publicKeyOf(secret), message, signature: signEd25519(secret, message) };
  t.equal(verifyWith(node, signed), true);
  for (let i = 0; i < 1100; i++) {
    const other = Buffer.alloc(32);
    other.writeUInt32LE(i);
    t.equal(node.holds(publicKeyOf(other), message, signed.signature), false);
  }
  t.equal(verifyWith(node, signed), true, 'the first key again, after it was dropped');
  t.end();
});
