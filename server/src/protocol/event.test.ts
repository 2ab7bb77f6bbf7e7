import { readFileSync } from 'node:fs';
import t from 'tap';
import { checkContent, isContentOf, makeContent } from './content.js';
import { buildEvent, parseEvent, verifyEventSignature } from './event.js';
import type { EventFields, ParsedEvent } from './event.js';
import type { Address, EventId, RoomId } from './identifiers.js';
import { parseKeyStatement } from './key-statement.js';
import { signingKeyFromSeed } from './key-thumbprint.js';
import { parseStrictJson } from './strict-json.js';

interface Vector {
  name: string;
  input: { operation: string; jws: string; statement: string; content: string };
  expect: { ok: boolean; code?: string; id?: string; room?: string; jwsHash?: string; kid?: string };
}

function vectorsOf(format: string, operation: string): Vector[] {
  const file = new URL(`../../../spec/vectors/${format}.json`, import.meta.url);
  const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] };
  return vectors.filter(({ input }) => input.operation === operation);
}

function parsed(jws: string): ParsedEvent {
  const event = parseEvent(jws);
  if (!event.ok) throw new Error(event.detail);
  return event.value;
}

const key = signingKeyFromSeed(Buffer.alloc(32, 1));
const hash = 'A'.repeat(43);
const prior = `e${hash}` as EventId;
const content = makeContent({ text: 'سلام' }, 'A'.repeat(22));
const message: EventFields = {
  room: `r${hash}` as RoomId,
  type: 'message',
  sender: 'alice@a.example' as Address,
  ts: 1_790_000_000_000,
  until: 1_790_000_001_000,
  nonce: 'A'.repeat(22),
  seen: [0, 7, hash],
  rel: [['reply', prior]],
  ttl: 60,
  content: content.hash,
  size: content.size,
  scheme: 'plain',
};

void t.test('events are read as the vectors say', (t) => {
  for (const { name, input, expect } of vectorsOf('event', 'parse')) {
    const event = parseEvent(input.jws);
    if (!event.ok) {
      t.same({ ok: false, code: event.code }, expect, name);
      continue;
    }
    const { id, room, jwsHash, kid } = event.value;
    t.same({ ok: true, id, room, jwsHash: jwsHash.toString('base64url'), kid }, expect, name);
  }
  t.end();
});

void t.test('event signatures are judged as the vectors say', (t) => {
  for (const { name, input, expect } of vectorsOf('event', 'verify')) {
    const event = parseEvent(input.jws);
    const statement = parseKeyStatement(input.statement);
    const isGood = event.ok && statement.ok && verifyEventSignature(event.value, statement.value);
    t.equal(isGood, expect.ok, name);
  }
  t.end();
});

void t.test('contents are checked as the vectors say', (t) => {
  for (const { name, input, expect } of vectorsOf('content', 'check')) {
    const event = parseEvent(input.jws);
    const checked = event.ok ? checkContent(event.value, input.content) : event;
    t.same(checked.ok ? { ok: true } : { ok: false, code: checked.code }, expect, name);
  }
  t.end();
});

void t.test('an event that is built is the event that is read', (t) => {
  const { sender, ts, until, nonce, size, scheme } = message;
  const create: EventFields = {
    type: 'room.create',
    sender,
    ts,
    until,
    nonce,
    key: '',
    content: message.content,
    size,
    scheme,
  };
  const state: EventFields = { ...create, room: `r${hash}` as RoomId, type: 'x.example.note', key: '"\\ ~', prior };
  for (const fields of [message, create, state]) {
    const built = buildEvent(fields, key);
    t.same(parsed(built.jws), built, fields.type);
    t.same(parseStrictJson(built.parsed.payload, { bytesMax: 4096 }), { ok: true, value: fields });
  }
  t.end();
});

void t.test('unknown members of a payload stay where they are and change nothing', (t) => {
  const [vector] = vectorsOf('event', 'parse').filter(({ name }) => name === 'unknown-member');
  t.ok(vector);
  const event = parsed(vector?.input.jws ?? '');
  t.match(event.parsed.payload.toString(), '"later"');
  t.equal(event.jws, vector?.input.jws);
  t.end();
});

void t.test('a refusal names the member at fault and repeats nothing of the event', (t) => {
  const built = buildEvent({ ...message, nonce: 'secret' }, key);
  t.same(parseEvent(built.jws), { ok: false, code: 'bad-event', detail: 'payload: nonce' });
  t.end();
});

void t.test('content that is made is the content of the event that names it, and of no other', (t) => {
  const event = buildEvent(message, key);
  t.ok(isContentOf(event, content.text));
  t.notOk(isContentOf(event, `${content.text} `));
  t.notOk(isContentOf(event, makeContent({ text: 'سلام' }, `${'A'.repeat(21)}Q`).text), 'another salt');
  t.equal(content.size, Buffer.byteLength(content.text));
  t.same(checkContent(event, content.text), { ok: true, value: { text: 'سلام', salt: 'A'.repeat(22) } });
  t.end();
});
