// A whole room's log with its seals, made the plain way, apart from the server's code.
import { recordHash, stateHash } from './log-hashes.mjs';
import { leafOf } from '../vectors/seal.mjs';
import {
  base64url,
  compactJws,
  contentOf,
  eventIdOf,
  hashText,
  nonceOf,
  providerKeys,
  roomIdOf,
  sha256,
  statementOf,
} from './signed-objects.mjs';
import { alice, domainOf, signCreate, start } from './vector-room.mjs';

const hub = 'a.example';
const hour = 3_600_000;
const zeros = base64url(Buffer.alloc(32));

/** Whatever is added is chained; only what is not marked `isVoid` is folded, so this hub is as honest as its caller. */
export class VectorLog {
  records = [];
  heads = [];
  entries = new Map();
  hashes = [];

  constructor(create = {}, fields = {}) {
    const { jws, text, statement } = signCreate(create, fields);
    this.room = roomIdOf(jws);
    this.append({ jws, content: text, statement }, { type: 'room.create', key: '' });
  }

  get at() {
    return start + 1000 * this.records.length;
  }

  get seq() {
    return this.records.length - 1;
  }

  add(sender, type, { key, content = {}, signer, statement, isVoid = false, ...changes } = {}) {
    const { text, named } = contentOf(content);
    const payload = {
      room: this.room,
      type,
      sender,
      ts: this.at,
      until: this.at + hour,
      nonce: nonceOf(`${sender} ${type} ${this.seq}`),
      seen: [0, this.seq, this.hashes.at(-1)],
      key,
      prior: key === undefined ? undefined : this.entries.get(`${type}\0${key}`)?.id,
      ...named,
      scheme: 'plain',
      ...changes,
    };
    const jws = compactJws('payvand-event', payload, signer ?? providerKeys(domainOf(sender)).event);
    const texts = { jws, content: text, ...(statement && { statement }) };
    return this.append(texts, key === undefined || isVoid ? undefined : { type, key });
  }

  append(texts, entry) {
    const { jws } = texts;
    const record = { epoch: 0, seq: this.records.length, at: this.at, ...texts };
    const { epoch, seq, at } = record;
    const header = { epoch, seq, at, event: eventIdOf(jws), jwsHash: hashText(jws) };
    this.hashes.push(recordHash(this.room, header, this.hashes.at(-1) ?? zeros));
    this.records.push(record);
    if (entry) this.entries.set(`${entry.type}\0${entry.key}`, { ...entry, id: header.event });
    return header.event;
  }

  seal({ by = hub, key = providerKeys(by).seal, ...changes } = {}) {
    const { seq, room } = this;
    const { at } = this.records[seq];
    const now = {
      hub: by,
      room,
      epoch: 0,
      seq,
      at,
      hash: this.hashes[seq],
      state: stateHash(this.entries.values()),
      committed: seq,
    };
    const head = { ...now, ...changes };
    const root = base64url(sha256(Buffer.concat([Buffer.of(0), leafOf(head)])));
    const seal = compactJws('payvand-seal', { hub: by, at, root, size: 1 }, key);
    this.heads.push({ sealed: { head, seal: 0, index: 0, path: [] }, seals: [seal] });
    return this;
  }
}

/** A group of alice and bob that has talked a little, sealed at seq 4 and at its end, seq 7. */
export function talk() {
  const log = new VectorLog();
  const invite = { room: log.room, hub, by: alice, to: 'bob@b.example', until: start + hour, nonce: nonceOf('invite') };
  log.add(alice, 'member', { key: alice, content: { membership: 'joined' } });
  const statement = statementOf('b.example');
  log.add('b.example', 'provider', {
    key: 'b.example',
    content: { statement: hashText(statement), version: 1 },
    statement,
  });
  log.add('bob@b.example', 'member', {
    key: 'bob@b.example',
    content: { membership: 'joined', invite: compactJws('payvand-invite', invite, providerKeys(hub).event) },
  });
  log.add(alice, 'message', { content: { text: 'سلام' } });
  log.seal();
  log.add('bob@b.example', 'message', { content: { text: 'hello' } });
  log.add(alice, 'message', { content: { text: 'how are you?' } });
  log.add('bob@b.example', 'message', { content: { text: 'well' } });
  return log.seal();
}
