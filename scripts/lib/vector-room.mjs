// A room's state made the plain way, apart from the server's code, and one record about to be judged by it.
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

export const start = 1_790_000_000_000;
export const alice = 'alice@a.example';
export const bob = 'bob@b.example';
export const carol = 'carol@c.example';
export const dave = 'dave@b.example';
export const erin = 'erin@c.example';

export const domainOf = (sender) => sender.slice(sender.indexOf('@') + 1);
const hour = 3_600_000;

/** Entries are added without asking any rule: what a vector's state says is given. */
export class VectorRoom {
  entries = [];
  fills = [];
  id;

  constructor(create = {}, fields = {}) {
    const { text, jws, statement } = signCreate(create, fields);
    this.id = roomIdOf(jws);
    this.#keep({ type: 'room.create', key: '' }, { jws, content: text, statement });
  }

  get seq() {
    return this.entries.length;
  }

  get at() {
    return start + 1000 * this.seq;
  }

  /** An event as its sender would write it now; `changes` takes the place of members, undefined removes one. */
  write(sender, type, { key, content = {}, signer, ...changes } = {}) {
    const { text, named } = contentOf(content);
    const payload = {
      room: this.id,
      type,
      sender,
      ts: this.at,
      until: this.at + hour,
      nonce: nonceOf(`${sender} ${type} ${key} ${this.seq}`),
      seen: this.seenNow(),
      key,
      prior: key === undefined ? undefined : this.find(type, key)?.id,
      ...named,
      scheme: 'plain',
      ...changes,
    };
    const jws = compactJws('payvand-event', payload, signer ?? providerKeys(domainOf(sender)).event);
    return { jws, content: text };
  }

  /** Adds a state event; `statement` travels with it. */
  add(sender, type, { statement, ...changes }) {
    const { key } = changes;
    this.#keep({ type, key }, { ...this.write(sender, type, changes), ...(statement && { statement }) });
    return this;
  }

  provider(domain, statement = statementOf(domain), version = 1) {
    return this.add(domain, 'provider', {
      key: domain,
      content: { statement: hashText(statement), version },
      statement,
    });
  }

  /** A join as it stands in the state afterwards: nothing asks for its invite again. */
  join(person, content = {}) {
    return this.add(person, 'member', { key: person, content: { membership: 'joined', ...content } });
  }

  leave(person) {
    return this.add(person, 'member', { key: person, content: { membership: 'left' } });
  }

  access(person, content, sender = alice) {
    return this.add(sender, 'access', { key: person, content });
  }

  role(name, rank, rights) {
    return this.add(alice, 'role', { key: name, content: { rank, rights } });
  }

  /** Many entries that only have to be there. @see spec/prose/07-rooms-and-rules.md, "Vectors" */
  fill(fill) {
    this.fills.push({ sender: alice, content: {}, bytes: 500, ...fill });
    return this;
  }

  find(type, key) {
    return this.entries.findLast((entry) => entry.type === type && entry.key === key);
  }

  /** Id of the join that a removal has to name. */
  joinOf(person) {
    return this.find('member', person).id;
  }

  seenNow() {
    return [0, this.seq - 1, seenHashOf(this.seq - 1)];
  }

  /** The present entries, one for each type and key. */
  present() {
    return this.entries.filter((entry) => this.find(entry.type, entry.key) === entry);
  }

  #keep({ type, key }, { jws, content, statement }) {
    const { seq, at } = this;
    const texts = { jws, content, ...(statement && { statement }) };
    this.entries.push({ type, key, id: eventIdOf(jws), seq, at, ...texts });
  }
}

/** A group of alice (owner), bob, and where `people` says so others, with their providers. */
export function group(...people) {
  const room = new VectorRoom().join(alice);
  for (const person of people) {
    const domain = domainOf(person);
    if (domain !== 'a.example' && !room.find('provider', domain)) room.provider(domain);
    room.join(person);
  }
  return room;
}

export const dmCreate = { kind: 'dm', with: bob };

/** The dm of alice and bob. */
export const dm = () => new VectorRoom(dmCreate).join(alice).provider('b.example').join(bob);

export function signCreate(create, { signer, statement = statementOf('a.example'), ...fields } = {}) {
  const named = { statement: hashText(statement), version: 1 };
  const content = contentOf({ kind: 'group', rules: 1, ...named, ...create });
  const payload = {
    type: 'room.create',
    sender: alice,
    ts: start,
    until: start + hour,
    nonce: nonceOf('create'),
    key: '',
    ...content.named,
    scheme: 'plain',
    ...fields,
  };
  const jws = compactJws('payvand-event', payload, signer ?? providerKeys('a.example').event);
  return { jws, text: content.text, statement };
}

export function inviteTo(room, to, { by = alice, signer, ...changes } = {}) {
  const payload = {
    room: room.id,
    hub: 'a.example',
    by,
    to,
    until: room.at + hour,
    nonce: nonceOf('invite'),
    ...changes,
  };
  return compactJws('payvand-invite', payload, signer ?? providerKeys(domainOf(by)).event);
}

export const seenHashOf = (seq) => hashText(`record ${seq}`);

/** Bytes of what an entry or record brings with it. */
export const bytesOfEntry = ({ jws, content, statement = '' }) =>
  jws.length + Buffer.byteLength(content) + statement.length;

/**
 * A vector: `given` is judged in the state of `room`.
 *
 * @param given `{jws, content, statement?}` of the record; `seq`, `at` and `seenHash` where they are not the next ones
 * @param expect 'allow', or the rule that is broken
 */
export function ruleVector(name, requirements, { room, given, expect }) {
  const { seq = room.seq, at = room.at, seenHash, ...texts } = given;
  const payload = readPayload(texts.jws);
  const seen = Array.isArray(payload?.seen) ? seenHashOf(payload.seen[1]) : undefined;
  const held = seenHash === undefined ? seen : seenHash;
  const state = [...room.present().map(stateItem), ...room.fills.map((fill) => ({ fill }))];
  const isAllowed = expect === 'allow';
  const verdict = isAllowed ? { verdict: 'allow' } : { verdict: 'deny', rule: expect, code: codes[expect] };
  return {
    name,
    requirements,
    input: {
      room: room.id,
      state,
      record: { epoch: 0, seq, at, ...texts },
      ...(held !== undefined && { seenHash: held }),
    },
    expect: { ...verdict, stateAfter: stateAfter(room, isAllowed ? texts.jws : undefined) },
  };
}

export const codes = {
  R1: 'bad-event',
  R2: 'wrong-room',
  R3: 'until-passed',
  R4: 'seen-mismatch',
  R5: 'prior-mismatch',
  R6: 'not-member',
  R7: 'wrong-sender',
  R8: 'bad-statement',
  R9: 'not-invited',
  R10: 'no-right',
  R11: 'rank',
  R12: 'state-full',
  R13: 'timer',
};

function stateItem({ seq, at, jws, content, statement }) {
  return { epoch: 0, seq, at, jws, content, ...(statement && { statement }) };
}

function readPayload(jws) {
  try {
    return JSON.parse(Buffer.from(jws.split('.')[1], 'base64url').toString());
  } catch {
    return undefined;
  }
}

function stateAfter(room, jws) {
  const ids = new Map(room.present().map(({ type, key, id }) => [`${type}\0${key}`, id]));
  for (const { type, key, count } of room.fills)
    for (let n = 0; n < count; n++) {
      const name = `${type}\0${key.replace('{n}', n)}`;
      ids.set(name, `e${hashText(name)}`);
    }
  const event = jws === undefined ? undefined : readPayload(jws);
  if (event?.key !== undefined) ids.set(`${event.type}\0${event.key}`, eventIdOf(jws));
  return stateHashOf(ids);
}

/** @param ids event id by `type 00 key` */
function stateHashOf(ids) {
  const buckets = Array.from({ length: 256 }, () => []);
  for (const [name, id] of ids) buckets[sha256(name)[0]].push([...name.split('\0'), id]);
  const hashes = buckets.map((entries) => sha256(Buffer.concat(entries.sort(byTypeAndKey).map(entryBytes))));
  return base64url(sha256(Buffer.concat([Buffer.from('payvand-state\0'), ...hashes])));
}

const byTypeAndKey = (a, b) =>
  Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])) || Buffer.compare(Buffer.from(a[1]), Buffer.from(b[1]));

function entryBytes([type, key, id]) {
  return Buffer.concat([prefixed(type), prefixed(key), Buffer.from(id.slice(1), 'base64url')]);
}

function prefixed(text) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, Buffer.from(text)]);
}
