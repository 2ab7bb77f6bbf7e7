import { readFileSync } from 'node:fs';
import t from 'tap';
import {
  createIdOf,
  domainOf,
  eventIdFromHash,
  idHash,
  localpartOf,
  parseAddress,
  parseDomain,
  parseEventId,
  parseRoomId,
  parseSender,
  roomIdOf,
} from './identifiers.js';
import type { Address, Domain } from './identifiers.js';

interface Vector {
  name: string;
  input: { operation: 'domain' | 'address' | 'event-id' | 'room-id'; text: string };
  expect: { ok: boolean };
}

const file = new URL('../../../spec/vectors/identifiers.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] };
const parsers = { domain: parseDomain, address: parseAddress, 'event-id': parseEventId, 'room-id': parseRoomId };

void t.test('identifiers are read as the vectors say', (t) => {
  for (const { name, input, expect } of vectors) {
    t.equal(parsers[input.operation](input.text), expect.ok ? input.text : undefined, name);
  }
  t.end();
});

void t.test('what is not text is no identifier', (t) => {
  for (const parse of Object.values(parsers)) {
    for (const value of [undefined, null, 7, ['a.example'], {}]) t.equal(parse(value), undefined);
  }
  t.end();
});

void t.test('an address and a bare domain are senders of the same provider', (t) => {
  t.equal(domainOf(parseSender('alice@a.example') as Address), 'a.example');
  t.equal(domainOf(parseSender('a.example') as Domain), 'a.example');
  t.equal(localpartOf('alice@a.example' as Address), 'alice');
  t.equal(parseSender('alice@'), undefined);
  t.end();
});

void t.test('a room and its create event stand for the same hash', (t) => {
  const hash = Buffer.alloc(32, 0xa5);
  const create = eventIdFromHash(hash);
  const room = roomIdOf(create);
  t.equal(parseEventId(create), create);
  t.equal(parseRoomId(room), room);
  t.equal(createIdOf(room), create);
  t.same(idHash(room), hash);
  t.end();
});
