import { readFileSync } from 'node:fs';
import t from 'tap';
import type { Domain } from './identifiers.js';
import {
  buildKeyStatement,
  isSignedUnder,
  parseKeyStatement,
  verifyFirstStatement,
  verifySuccessor,
} from './key-statement.js';
import type { KeyStatement } from './key-statement.js';
import { signingKeyFromSeed } from './key-thumbprint.js';
import { acceptDocument, buildProviderDocument, parseProviderDocument } from './provider-document.js';
import type { DocumentFields, ProviderDocument } from './provider-document.js';
import { parseSignedObject } from './signed-object.js';
import { signJws } from './jws.js';

interface Vector {
  name: string;
  input: {
    operation: string;
    jws: string;
    previous: string;
    domain: Domain;
    candidate: string;
    last?: string;
    now: number;
  };
  expect: { ok: boolean; code?: string; kind?: string };
}

function vectorsOf(format: string, operation: string): Vector[] {
  const file = new URL(`../../../spec/vectors/${format}.json`, import.meta.url);
  const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] };
  return vectors.filter(({ input }) => input.operation === operation);
}

function statementOf(jws: string): KeyStatement {
  const parsed = parseKeyStatement(jws);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}

function documentOf(jws: string, domain: Domain): ProviderDocument {
  const parsed = parseProviderDocument(jws, domain);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}

const provider = 'a.example' as Domain;
const [root, event, seal] = [1, 2, 3].map((n) => signingKeyFromSeed(Buffer.alloc(32, n)));
if (root === undefined || event === undefined || seal === undefined) throw new Error('no keys');
const publicKey = (key: { x: string }): Buffer => Buffer.from(key.x, 'base64url');
const ownStatement = buildKeyStatement(
  {
    provider,
    version: 1,
    issued: 5,
    roots: [publicKey(root)],
    keys: [
      { x: publicKey(event), use: 'event', status: 'retired' },
      { x: publicKey(seal), use: 'seal', status: 'active' },
    ],
  },
  root,
);

void t.test('key statements are read as the vectors say', (t) => {
  for (const { name, input, expect } of vectorsOf('key-statement', 'parse')) {
    const parsed = parseKeyStatement(input.jws);
    if (!parsed.ok) {
      t.same({ ok: false, code: parsed.code }, expect, name);
      continue;
    }
    const { hash, provider, version, keys } = parsed.value;
    const listed = keys.map(({ id, use, status }) => ({ kid: id, use, status }));
    t.same({ ok: true, hash, provider, version, keys: listed }, expect, name);
  }
  t.end();
});

void t.test('first statements and successors are judged as the vectors say', (t) => {
  for (const { name, input, expect } of vectorsOf('key-statement', 'first')) {
    t.equal(verifyFirstStatement(statementOf(input.jws)), expect.ok, name);
  }
  for (const { name, input, expect } of vectorsOf('key-statement', 'successor')) {
    t.equal(verifySuccessor(statementOf(input.jws), statementOf(input.previous)), expect.ok, name);
  }
  t.end();
});

void t.test('a key counts for its one use, active or retired', (t) => {
  const statement = statementOf(ownStatement);
  t.ok(verifyFirstStatement(statement));
  const { jws } = signJws('payvand-event', event, '{}');
  const signed = parseSignedObject(jws, { typ: 'payvand-event', payloadBytesMax: 9, code: 'bad-event' });
  if (!signed.ok) throw new Error(signed.detail);
  t.ok(isSignedUnder(signed.value, { statement, use: 'event' }));
  t.notOk(isSignedUnder(signed.value, { statement, use: 'seal' }));
  t.end();
});

void t.test('provider documents are read as the vectors say', (t) => {
  for (const { name, input, expect } of vectorsOf('provider-document', 'parse')) {
    const parsed = parseProviderDocument(input.jws, input.domain);
    t.same(parsed.ok ? { ok: true } : { ok: false, code: parsed.code }, expect, name);
  }
  t.end();
});

void t.test('provider documents take the place of others as the vectors say', (t) => {
  for (const { name, input, expect } of vectorsOf('provider-document', 'accept')) {
    const last = input.last === undefined ? undefined : documentOf(input.last, input.domain);
    t.same(acceptDocument(documentOf(input.candidate, input.domain), last, input.now), expect, name);
  }
  t.end();
});

void t.test('a document that is built is the document that is read', (t) => {
  const fields: DocumentFields = {
    provider,
    version: 1,
    issued: 5,
    expires: 6,
    endpoint: 'https://a.example',
    statement: ownStatement,
    versions: ['0.1'],
    profiles: ['core'],
    limits: { batchItems: 256 },
    contacts: { admin: 'mailto:admin@a.example' },
    status: 'draining',
  };
  const { statement, kid, ...rest } = documentOf(buildProviderDocument(fields, root), provider);
  t.match({ ...rest, statement: statement.jws }, fields);
  t.equal(kid, root.kid);
  t.end();
});
