import { readFileSync } from 'node:fs';
import t from 'tap';
import { decodeBase64url } from './base64url.js';
import { signEd25519, verifyEd25519 } from './ed25519.js';
import { sha256Base64url } from './hash.js';
import { parseKeyId } from './identifiers.js';
import { parseJws, signJws, verifyJws } from './jws.js';
import type { JwsType } from './jws.js';
import { keyThumbprint, signingKeyFromSeed } from './key-thumbprint.js';

interface Vector {
  name: string;
  input: {
    operation: 'sign' | 'parse' | 'verify' | 'thumbprint';
    typ: JwsType;
    secretHex: string;
    payload: string;
    text: string;
    payloadBytesMax: number;
    publicKeyHex: string;
  };
  expect: {
    ok: boolean;
    kid: string;
    code: string;
    jws: string;
    payload: string;
    signingInput: string;
    signatureHex: string;
  };
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../spec/vectors/${file}`, import.meta.url), 'utf8'));
}

const bytes = (text: string): Buffer => Buffer.from(text, 'hex');
const { vectors } = read('jws.json') as { vectors: Vector[] };
const named = (operation: string): Vector[] => vectors.filter(({ input }) => input.operation === operation);

void t.test('signing gives the vectors, and the parts that parsing gives', (t) => {
  for (const { name, input, expect } of named('sign')) {
    const { jws, parsed } = signJws(input.typ, signingKeyFromSeed(bytes(input.secretHex)), input.payload);
    t.equal(jws, expect.jws, name);
    t.equal(parsed.signingInput, expect.signingInput, name);
    t.same(parseJws(jws, input.typ, 4096), { ok: true, jws: parsed }, name);
  }
  t.end();
});

void t.test('every form is taken apart or refused as the vectors say', (t) => {
  for (const { name, input, expect } of named('parse')) {
    const parsed = parseJws(input.text, input.typ, input.payloadBytesMax);
    if (!parsed.ok) {
      t.same(parsed, { ok: expect.ok, code: expect.code }, name);
      continue;
    }
    const { kid, payload, signingInput, signature } = parsed.jws;
    const got = {
      kid,
      payload: payload.toString(),
      signingInput,
      signatureHex: Buffer.from(signature).toString('hex'),
    };
    t.same({ ok: true, ...got }, expect, name);
  }
  t.end();
});

void t.test('signatures are good or not as the vectors say', (t) => {
  for (const { name, input, expect } of named('verify')) {
    const parsed = parseJws(input.text, input.typ, 4096);
    t.ok(parsed.ok, `${name} has the form of a JWS`);
    t.equal(parsed.ok && verifyJws(parsed.jws, bytes(input.publicKeyHex)), expect.ok, name);
  }
  t.end();
});

void t.test('every key id vector', (t) => {
  for (const { name, input, expect } of (read('key-id.json') as { vectors: Vector[] }).vectors) {
    if (input.operation === 'thumbprint') t.equal(keyThumbprint(bytes(input.publicKeyHex)), expect.kid, name);
    else t.equal(parseKeyId(input.text) !== undefined, expect.ok, name);
  }
  t.end();
});

void t.test(
  'RFC 7515: the examples are well-formed JWS of other kinds, so each is refused by its header or form',
  (t) => {
    const { compact } = read('third-party/rfc7515.json') as {
      compact: { name: string; header: string; payload: string; jws: string }[];
    };
    for (const { name, header, payload, jws } of compact) {
      const [first = '', second = ''] = jws.split('.');
      t.equal(decodeBase64url(first)?.toString(), header, `${name}, header`);
      t.equal(decodeBase64url(second)?.toString(), payload, `${name}, payload`);
      const expected = name.startsWith('A.3') ? 'jws-header' : 'jws-form';
      t.same(parseJws(jws, 'payvand-event', 4096), { ok: false, code: expected }, name);
    }
    t.end();
  },
);

void t.test('RFC 8037: thumbprint, signing and verification of the Ed25519 JWS', (t) => {
  const rfc = read('third-party/rfc8037.json') as {
    jwk: { d: string; x: string };
    thumbprint: string;
    payload: string;
    jws: string;
  };
  const [header = '', payload = '', signature = ''] = rfc.jws.split('.');
  const signingInput = Buffer.from(`${header}.${payload}`);
  const publicKey = Buffer.from(rfc.jwk.x, 'base64url');
  t.equal(keyThumbprint(publicKey), rfc.thumbprint);
  t.same(signingKeyFromSeed(Buffer.from(rfc.jwk.d, 'base64url')), {
    kid: rfc.thumbprint,
    seed: Buffer.from(rfc.jwk.d, 'base64url'),
    x: rfc.jwk.x,
  });
  t.equal(decodeBase64url(payload)?.toString(), rfc.payload);
  const signed = signEd25519(Buffer.from(rfc.jwk.d, 'base64url'), signingInput);
  t.equal(Buffer.from(signed).toString('base64url'), signature);
  t.ok(verifyEd25519(publicKey, signingInput, Buffer.from(signature, 'base64url')));
  t.end();
});

void t.test('RFC 7638: the thumbprint of the RSA example', (t) => {
  const rfc = read('third-party/rfc7638.json') as { hashInput: string; thumbprint: string };
  t.equal(sha256Base64url(rfc.hashInput), rfc.thumbprint);
  t.end();
});
