import { calculateJwkThumbprint, compactVerify, CompactSign, importJWK } from 'jose';
import type { JWK } from 'jose';
import t from 'tap';
import { buildEvent, parseEvent } from '../src/protocol/event.js';
import { makeContent } from '../src/protocol/content.js';
import { parseAddress } from '../src/protocol/identifiers.js';
import type { RoomId } from '../src/protocol/identifiers.js';
import { buildKeyStatement, parseKeyStatement, verifyFirstStatement } from '../src/protocol/key-statement.js';
import { signingKeyFromSeed } from '../src/protocol/key-thumbprint.js';
import type { SigningKey } from '../src/protocol/key-thumbprint.js';

const key = signingKeyFromSeed(Buffer.alloc(32, 7));
const salt = Buffer.alloc(16, 1).toString('base64url');

t.test('any JOSE library can name a key and verify what we sign', async (t) => {
  const jwk = publicJwk(key);
  t.equal(await calculateJwkThumbprint(jwk), key.kid, 'a key id is the RFC 7638 thumbprint');

  const content = makeContent({ text: 'سلام' }, salt);
  const room = `r${Buffer.alloc(32, 2).toString('base64url')}` as RoomId;
  const sender = parseAddress('alice@a.example') ?? t.bailout('address');
  const times = { ts: 1, until: 2, nonce: salt };
  const fields = {
    room,
    type: 'message',
    sender,
    ...times,
    content: content.hash,
    size: content.size,
    scheme: 'plain',
  };
  const event = buildEvent(fields as Parameters<typeof buildEvent>[0], key);
  const verified = await compactVerify(event.jws, await importJWK(jwk, 'Ed25519'));
  t.same(verified.protectedHeader, { alg: 'Ed25519', kid: key.kid, typ: 'payvand-event' });
  t.equal(Buffer.from(verified.payload).toString(), event.parsed.payload.toString());

  const statement = buildKeyStatement(
    {
      ...{ provider: 'a.example' as Parameters<typeof buildKeyStatement>[0]['provider'], version: 1, issued: 1 },
      ...{ roots: [Buffer.from(key.x, 'base64url')], keys: [{ x: publicOf(8), use: 'event', status: 'active' }] },
    },
    key,
  );
  t.ok(await compactVerify(statement, await importJWK(jwk, 'Ed25519')));
});

t.test('what a JOSE library signs in the right form, we take', async (t) => {
  const payload = {
    ...{ provider: 'a.example', version: 1, issued: 1, roots: [key.x] },
    keys: [{ x: publicOf(8).toString('base64url'), use: 'event', status: 'active' }],
  };
  const secret = await importJWK({ ...publicJwk(key), d: Buffer.from(key.seed).toString('base64url') }, 'Ed25519');
  const sign = async (header: object): Promise<string> =>
    await new CompactSign(Buffer.from(JSON.stringify(payload)))
      .setProtectedHeader(header as { alg: string })
      .sign(secret);
  const good = parseKeyStatement(await sign({ alg: 'Ed25519', kid: key.kid, typ: 'payvand-statement' }));
  t.ok(good.ok && verifyFirstStatement(good.value));

  const reordered = parseKeyStatement(await sign({ kid: key.kid, alg: 'Ed25519', typ: 'payvand-statement' }));
  t.notOk(reordered.ok, 'the header has one byte form only');
  t.notOk(
    parseEvent(await sign({ alg: 'Ed25519', kid: key.kid, typ: 'payvand-statement' })).ok,
    'a type is for one use',
  );
});

function publicJwk({ x }: SigningKey): JWK {
  return { kty: 'OKP', crv: 'Ed25519', x };
}

function publicOf(seed: number): Buffer {
  return Buffer.from(signingKeyFromSeed(Buffer.alloc(32, seed)).x, 'base64url');
}
