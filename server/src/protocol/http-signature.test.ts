import { readFileSync } from 'node:fs';
import { httpbis } from 'http-message-signatures';
import t from 'tap';
import { signEd25519, verifyEd25519 } from './ed25519.js';
import { readSignatureFields, signatureBase, splitTarget } from './http-signature-fields.js';
import type { RequestHeaders } from './http-signature-fields.js';
import { signRequest, verifyContentDigest, verifyRequestHead, verifyRequestSignature } from './http-signature.js';
import type { SignatureReceiver, SignedRequest } from './http-signature.js';
import type { Domain } from './identifiers.js';
import { signingKeyFromSeed } from './key-thumbprint.js';

interface Input {
  operation: 'sign' | 'verify';
  method: string;
  authority: string;
  target: string;
  headers: Record<string, string>;
  body: string;
  from: Domain;
  to: Domain;
  nowSeconds: number;
  secretHex: string;
  receiver: { authority: string; provider: Domain; nowSeconds: number };
  keys: { provider: string; kid: string; publicKeyHex: string }[];
}
interface Vector {
  name: string;
  input: Input;
  expect: { ok: boolean; headers: Record<string, string>; signatureBase: string; [member: string]: unknown };
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../spec/vectors/${file}`, import.meta.url), 'utf8'));
}

const { vectors } = read('http-signature.json') as { vectors: Vector[] };
const named = (operation: string): Vector[] => vectors.filter(({ input }) => input.operation === operation);
const accepted = named('verify').filter(({ expect }) => expect.ok);

function receiverOf({ receiver, keys }: Input): SignatureReceiver {
  return {
    ...receiver,
    lookupKey: (from, kid) => {
      if (!keys.some(({ provider }) => provider === from)) return 'unknown-peer';
      const found = keys.find((key) => key.provider === from && key.kid === kid);
      return found === undefined ? 'unknown-key' : Buffer.from(found.publicKeyHex, 'hex');
    },
  };
}

function verdictOn(input: Input): SignedRequest {
  return verifyRequestSignature({ ...input, body: Buffer.from(input.body) }, receiverOf(input));
}

void t.test('signing gives the fields of the vectors', (t) => {
  for (const { name, input, expect } of named('sign')) {
    const { method, authority, target, body, from, to, nowSeconds, secretHex } = input;
    const key = signingKeyFromSeed(Buffer.from(secretHex, 'hex'));
    t.same(signRequest({ method, authority, target, body, from, to, nowSeconds, key }), expect.headers, name);
  }
  t.end();
});

void t.test('every request is accepted or refused, with part and reason, as the vectors say', (t) => {
  for (const { name, input, expect } of named('verify')) {
    const verdict = verdictOn(input);
    if (verdict.ok) {
      t.same({ ...verdict, signatureBase: expect.signatureBase }, expect, name);
    } else {
      const { evidence = {}, ...failure } = verdict;
      t.same({ ...failure, ...evidence }, expect, name);
    }
  }
  t.end();
});

void t.test('the signature base is that of the vectors', (t) => {
  for (const { name, input, expect } of accepted) {
    const fields = readSignatureFields(input.headers);
    const target = splitTarget(input.target);
    if (!fields.ok || target === undefined) throw new Error(`${name} is not well-formed`);
    const { method, receiver } = input;
    t.equal(signatureBase({ ...fields, ...target, method, authority: receiver.authority }), expect.signatureBase, name);
  }
  t.end();
});

void t.test('fields that node:http gives as a list are refused', (t) => {
  for (const field of ['signature-input', 'signature', 'content-digest', 'payvand-from', 'payvand-to']) {
    const [vector] = accepted;
    if (vector === undefined) throw new Error('no vector');
    const headers: RequestHeaders = { ...vector.input.headers, [field]: [vector.input.headers[field] ?? ''] };
    const verdict = verifyRequestHead({ ...vector.input, headers }, receiverOf(vector.input));
    t.match(verdict, { ok: false, code: 'bad-signature', reason: 'malformed' }, field);
  }
  t.end();
});

void t.test('the head is judged without the body, and the body by the signed digest', (t) => {
  const [vector] = accepted;
  if (vector === undefined) throw new Error('no vector');
  const { input } = vector;
  t.match(verifyRequestHead(input, receiverOf(input)), { ok: true, from: 'a.example' });
  t.same(verifyContentDigest(input.headers, Buffer.from(input.body)), { ok: true });
  t.match(verifyContentDigest(input.headers, Buffer.from('other')), { part: 'content-digest', reason: 'mismatch' });
  t.end();
});

void t.test('an unknown sender costs no signature check', (t) => {
  const [vector] = accepted;
  if (vector === undefined) throw new Error('no vector');
  const headers = { ...vector.input.headers, signature: `payvand=:${Buffer.alloc(64).toString('base64')}:` };
  const receiver = { ...receiverOf(vector.input), lookupKey: () => 'unknown-peer' as const };
  t.match(verifyRequestHead({ ...vector.input, headers }, receiver), { ok: false, code: 'unknown-peer', part: 'from' });
  t.end();
});

void t.test('a target nobody could receive is not signed', (t) => {
  const [vector] = named('sign');
  if (vector === undefined) throw new Error('no vector');
  const key = signingKeyFromSeed(Buffer.alloc(32, 1));
  for (const target of ['', 'payvand', '/a b', '/a#b', '/\n', 'https://b.example/']) {
    t.throws(() => signRequest({ ...vector.input, target, key }), RangeError, JSON.stringify(target));
  }
  t.end();
});

void t.test('an independent implementation of RFC 9421 accepts what we sign', async (t) => {
  const key = signingKeyFromSeed(Buffer.alloc(32, 9));
  const nowSeconds = Math.trunc(Date.now() / 1000);
  for (const target of ['/payvand/v1/submit', '/payvand/v1/log?from=1&to=%41', '/a?']) {
    const [from, to] = ['a.example', 'b.example'] as [Domain, Domain];
    const request = { method: 'POST', authority: 'chat.b.example', target, body: '{}', from, to, nowSeconds, key };
    const fields = signRequest(request);
    const message = { method: 'POST', url: `https://chat.b.example${target}`, headers: fields };
    const check = (changed: object): Promise<boolean | null> =>
      httpbis.verifyMessage(
        {
          requiredParams: ['created', 'expires', 'keyid', 'tag'],
          keyLookup: ({ keyid }) =>
            Promise.resolve({
              id: String(keyid),
              algs: ['ed25519'],
              verify: (base, signature) =>
                Promise.resolve(verifyEd25519(Buffer.from(key.x, 'base64url'), base, signature)),
            }),
        },
        { ...message, ...changed },
      );
    t.equal(await check({}), true, target);
    t.equal(await check({ method: 'GET' }), false, `${target}, another method`);
    t.equal(await check({ url: `https://b.example${target}` }), false, `${target}, another authority`);
  }
});

void t.test('we accept what an independent implementation of RFC 9421 signs with the same components', async (t) => {
  for (const { name, input } of accepted) {
    const key = signingKeyFromSeed(Buffer.alloc(32, 9));
    const { 'content-digest': digest = '', 'payvand-from': from = '', 'payvand-to': to = '' } = input.headers;
    const { authority, nowSeconds } = input.receiver;
    const message = {
      method: input.method,
      url: `https://${authority}${input.target}`,
      headers: { 'content-digest': digest, 'payvand-from': from, 'payvand-to': to },
    };
    if (new URL(message.url).pathname !== splitTarget(input.target)?.path) continue; // it signs only normalised paths
    const signed = await httpbis.signMessage(
      {
        key: { id: key.kid, alg: 'ed25519', sign: (base) => Promise.resolve(Buffer.from(signEd25519(key.seed, base))) },
        name: 'payvand',
        fields: ['@method', '@authority', '@path', '@query', 'content-digest', 'payvand-from', 'payvand-to'],
        params: ['created', 'expires', 'keyid', 'tag'],
        paramValues: {
          created: new Date(nowSeconds * 1000),
          expires: new Date((nowSeconds + 60) * 1000),
          tag: 'payvand',
        },
      },
      message,
    );
    const headers = Object.fromEntries(
      Object.entries(signed.headers).map(([field, value]) => [field.toLowerCase(), value]),
    );
    const receiver = { ...receiverOf(input), lookupKey: () => Buffer.from(key.x, 'base64url') };
    t.same(verifyRequestHead({ ...input, headers }, receiver), { ok: true, from: 'a.example', kid: key.kid }, name);
  }
});

void t.test('RFC 9421 appendix B.2.6', (t) => {
  const rfc = read('third-party/rfc9421.json') as {
    jwk: { d: string; x: string };
    signatureBase: string;
    signature: string;
  };
  const signed = signEd25519(Buffer.from(rfc.jwk.d, 'base64url'), Buffer.from(rfc.signatureBase));
  t.equal(Buffer.from(signed).toString('base64'), rfc.signature);
  const signature = Buffer.from(rfc.signature, 'base64');
  t.ok(verifyEd25519(Buffer.from(rfc.jwk.x, 'base64url'), Buffer.from(rfc.signatureBase), signature));
  t.end();
});
