import { readFileSync } from 'node:fs';
import t from 'tap';
import { sha256 } from './hash.js';
import { eventIdFromHash, parseRoomId } from './identifiers.js';
import type { Address, RoomId } from './identifiers.js';
import type { JsonObject } from './json-shape.js';
import { parseKeyStatement } from './key-statement.js';
import type { KeyStatement } from './key-statement.js';
import { readRecord } from './read-record.js';
import type { RecordTexts } from './read-record.js';
import { RoomState } from './room-state.js';
import { denyUnreadable, entryOf, judge, RULES } from './rules.js';
import type { RuleInput, Verdict } from './rules.js';

interface Fill {
  type: string;
  key: string;
  sender: Address;
  content: JsonObject;
  bytes: number;
  count: number;
}

type StateItem = (RecordTexts & { epoch: number; seq: number; at: number }) | { fill: Fill };

interface RuleVector {
  name: string;
  input: {
    room: string;
    state: StateItem[];
    record: RecordTexts & { epoch: number; seq: number; at: number };
    seenHash?: string | null;
  };
  expect: { verdict: 'allow' | 'deny'; rule?: string; code?: string; stateAfter: string };
}

const file = new URL('../../../spec/vectors/rules.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: RuleVector[] };

t.test('every vector of the rules gets its verdict, and the state after it its hash', (t) => {
  for (const { name, input, expect } of vectors) {
    const { verdict, state } = judgeVector(input);
    const stateAfter = state.hash().toString('base64url');
    const { kind, rule, code, detail } = { rule: undefined, code: undefined, detail: '', ...verdict };
    t.match({ verdict: kind, rule, code, stateAfter }, expect, `${name} ${detail}`);
  }
  t.end();
});

t.test('the vectors break every rule', (t) => {
  const broken = new Set(vectors.map(({ expect }) => expect.rule));
  for (const { id } of RULES) t.ok(broken.has(id), id);
  t.end();
});

function judgeVector({ room: name, state: items, record, seenHash }: RuleVector['input']): {
  verdict: Verdict;
  state: RoomState;
} {
  const room = parseRoomId(name);
  if (room === undefined) throw new Error(`not a room: ${name}`);
  const statements = new Map<string, KeyStatement>();
  const state = stateOf(room, items, statements);
  const read = readRecord(record);
  if (read.kind === 'wrong') throw new Error(`${read.code}: ${read.detail}`);
  if (read.kind === 'unreadable') return { verdict: denyUnreadable(read.detail), state };
  const { event, content, attachedStatement } = read;
  const input: RuleInput = {
    room,
    record,
    event,
    content,
    attachedStatement,
    statements: (hash) => statements.get(hash),
    seenHash: () => (typeof seenHash === 'string' ? Buffer.from(seenHash, 'base64url') : undefined),
  };
  const verdict = judge(state, input);
  const entry = entryOf(input);
  if (verdict.kind === 'allow' && entry !== undefined) state.apply(entry);
  return { verdict, state };
}

function stateOf(room: RoomId, items: StateItem[], statements: Map<string, KeyStatement>): RoomState {
  const state = new RoomState(room);
  for (const item of items) {
    if ('fill' in item) {
      fill(state, item.fill);
      continue;
    }
    const read = readRecord(item);
    if (read.kind !== 'event') throw new Error('an entry that cannot be read');
    const statement = item.statement === undefined ? undefined : parseKeyStatement(item.statement);
    if (statement?.ok === true) statements.set(statement.value.hash, statement.value);
    const { event, content, attachedStatement } = read;
    const input = {
      room,
      record: item,
      event,
      content,
      attachedStatement,
      statements: () => undefined,
      seenHash: () => undefined,
    };
    const entry = entryOf(input);
    if (entry !== undefined) state.apply(entry);
  }
  return state;
}

function fill(state: RoomState, { type, key: template, sender, content, bytes, count }: Fill): void {
  for (let n = 0; n < count; n += 1) {
    const key = template.replace('{n}', String(n));
    state.apply({ type, key, id: eventIdFromHash(sha256(`${type}\0${key}`)), sender, seq: 0, content, bytes });
  }
}
