import { DAY_MS, freshNonce, makeEvent } from '../formats/event.js';
import type { Item } from '../formats/event.js';
import { hashOf } from '../formats/hash.js';
import { signJws } from '../formats/jws.js';
import { anyOf, results } from '../run/expectations.js';
import type { Expectation } from '../run/expectations.js';
import type { Members } from '../formats/strict-json.js';
import type { GroupStage } from '../stage/group-stage.js';

/** Submitted items of which one thing is wrong. */
export interface ItemRow {
  readonly name: string;
  readonly covers: readonly string[];
  readonly items: (stage: GroupStage) => readonly Item[];
  readonly expect: Expectation;
}

const ABSENT = `r${'A'.repeat(43)}`;
const BAD = denied('bad-event', 'R1');
const badContent = anyOf(denied('bad-event', 'R1'), denied('bad-event', null));

function denied(code: string, rule: string | null = null, more: Members = {}): Expectation {
  return results({ status: 'denied', code, rule, ...more });
}

type Make = (stage: GroupStage) => Item;

// eslint-disable-next-line max-params -- a row of a table
function row(name: string, make: Make, expect: Expectation, ...covers: readonly string[]): ItemRow {
  return { name, covers, items: (stage) => [make(stage)], expect };
}

/** A payload with something else in its text, signed as it then is. */
function payload({ room, peer }: GroupStage, change: (text: string) => string): Item {
  const item = room.message();
  const text = Buffer.from(item.jws.split('.')[1] ?? '', 'base64url').toString();
  return { ...item, jws: signJws('payvand-event', change(text), peer.keys.event) };
}

const into =
  (members: string): Make =>
  (stage) =>
    payload(stage, (text) => text.replace('{', `{${members},`));
const without =
  (name: string): Make =>
  (stage) =>
    payload(stage, (text) => {
      const { [name]: _, ...rest } = JSON.parse(text) as Record<string, unknown>;
      return JSON.stringify(rest);
    });
const withMember =
  (name: string, value: unknown): Make =>
  (stage) =>
    payload(stage, (text) => JSON.stringify({ ...(JSON.parse(text) as object), [name]: value }));

function flipped({ room }: GroupStage): Item {
  const item = room.message();
  const [head = '', body = '', signature = ''] = item.jws.split('.');
  return { ...item, jws: `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}` };
}

/** A message whose payload is written in another way than anybody would write it again. */
export function spaced(stage: GroupStage): Item {
  return payload(stage, (text) =>
    JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).reverse()), null, 1),
  );
}

/** A message whose payload has so many bytes. */
export function sized(stage: GroupStage, bytes: number): Item {
  return payload(stage, (text) => {
    const pad = bytes - Buffer.byteLength(text) - ',"new":""'.length;
    return `${text.slice(0, -1)},"new":"${'x'.repeat(pad)}"}`;
  });
}

/** A content of so many bytes. */
export function longContent(bytes: number): string {
  const empty = JSON.stringify({ text: '', salt: freshNonce() });
  return empty.replace('""', `"${'x'.repeat(bytes - empty.length)}"`);
}

const salted = (rest: string): string => `{"salt":"${freshNonce()}",${rest}}`;
const state = (stage: GroupStage, [type, key]: readonly [string, string], content: object): Item =>
  stage.room.make({ type, key }, content);

const members = ['type', 'sender', 'ts', 'until', 'nonce', 'content', 'size', 'scheme'];
const wrongMembers: readonly (readonly [name: string, member: string, value: unknown])[] = [
  ['type-in-capitals', 'type', 'Message'],
  ['type-of-65', 'type', 'a'.repeat(65)],
  ['sender-of-no-form', 'sender', 'Mallory'],
  ['time-as-text', 'ts', '1790000000000'],
  ['time-below-zero', 'until', -1],
  ['nonce-of-15-bytes', 'nonce', 'AAAAAAAAAAAAAAAAAAAA'],
  ['nonce-with-loose-bits', 'nonce', 'AAAAAAAAAAAAAAAAAAAAAB'],
  ['seen-of-two', 'seen', [0, 1]],
  ['seen-null', 'seen', null],
  ['no-relations', 'rel', []],
  ['seventeen-relations', 'rel', Array.from({ length: 17 }, () => ['reply', `e${'A'.repeat(43)}`])],
  ['relation-of-no-kind', 'rel', [['likes', `e${'A'.repeat(43)}`]]],
  ['ttl-of-zero', 'ttl', 0],
  ['ttl-of-a-year-and-more', 'ttl', 31_536_001],
  ['content-of-no-hash', 'content', 'x'],
  ['size-beyond-the-limit', 'size', 65_537],
  ['scheme-unknown', 'scheme', 'rot13'],
  ['prior-without-key', 'prior', `e${'A'.repeat(43)}`],
  ['key-of-a-message', 'key', ''],
  ['room-of-no-form', 'room', 'room'],
];

const formRows: readonly ItemRow[] = [
  row(
    'no-jws',
    (stage) => ({ ...stage.room.message(), jws: 'x.y.z' }),
    denied('bad-event', 'R1', { id: null }),
    'PV-SUB-003',
    'PV-JWS-003',
  ),
  row(
    'header-in-another-order',
    ({ room, peer }) => {
      const item = room.message();
      const header = `{"typ":"payvand-event","alg":"Ed25519","kid":"${peer.keys.event.kid}"}`;
      const input = `${Buffer.from(header).toString('base64url')}.${item.jws.split('.')[1] ?? ''}`;
      return { ...item, jws: `${input}.${peer.keys.event.sign(input).toString('base64url')}` };
    },
    BAD,
    'PV-JWS-004',
  ),
  row(
    'type-of-another-object',
    ({ room, peer }) => {
      const item = room.message();
      return {
        ...item,
        jws: signJws('payvand-mail', Buffer.from(item.jws.split('.')[1] ?? '', 'base64url'), peer.keys.event),
      };
    },
    BAD,
    'PV-JWS-004',
  ),
  row(
    'alg-none',
    ({ room }) => {
      const item = room.message();
      const header = Buffer.from('{"alg":"none"}').toString('base64url');
      return { ...item, jws: `${header}.${item.jws.split('.')[1] ?? ''}.` };
    },
    BAD,
    'PV-JWS-004',
  ),
  row(
    'padded-signature',
    ({ room }) => {
      const item = room.message();
      return { ...item, jws: `${item.jws}==` };
    },
    BAD,
    'PV-JWS-003',
    'PV-B64-002',
  ),
  row(
    'payload-of-4097',
    (stage) => sized(stage, 4097),
    denied('bad-event', 'R1', { id: null }),
    'PV-EVT-002',
    'PV-JWS-005',
  ),
  row(
    'payload-of-400000',
    (stage) => sized(stage, 400_000),
    denied('bad-event', 'R1', { id: null }),
    'PV-EVT-002',
    'PV-JWS-005',
  ),
  row('author', into('"author":"x"'), BAD, 'PV-EVT-006'),
  row('a-member-twice', into('"type":"message"'), BAD, 'PV-JSON-008', 'PV-EVT-001'),
  row('a-fraction', into('"new":0.5'), BAD, 'PV-JSON-005', 'PV-EVT-001'),
  row('nul', into('"new":"\\u0000"'), BAD, 'PV-JSON-007', 'PV-EVT-001'),
  row('nine-levels', into(`"new":${'['.repeat(8)}1${']'.repeat(8)}`), BAD, 'PV-JSON-004', 'PV-EVT-001'),
  ...members.map((name) => row(`without-${name}`, without(name), BAD, 'PV-EVT-007', 'PV-EVT-023')),
  ...wrongMembers.map(([name, member, value]) => row(name, withMember(member, value), BAD, 'PV-EVT-023')),
  row('edit-without-target', ({ room }) => room.make({ type: 'message.edit' }, { text: 'x' }), BAD, 'PV-EVT-018'),
  row('state-without-key', ({ room }) => room.make({ type: 'room.info' }, { title: 'x' }), BAD, 'PV-EVT-016'),
];

const contentRows: readonly ItemRow[] = [
  row(
    'content-of-another-event',
    ({ room }) => ({ ...room.message(), content: '{"text":"other"}' }),
    denied('content-mismatch'),
    'PV-CNT-005',
    'PV-SUB-004',
  ),
  row(
    'content-with-a-space-more',
    ({ room }) => {
      const item = room.message();
      return { ...item, content: `${item.content} ` };
    },
    denied('content-mismatch'),
    'PV-CNT-005',
  ),
  row('content-without-salt', ({ room }) => room.message({}, '{"text":"x"}'), badContent, 'PV-CNT-002', 'PV-CNT-007'),
  row(
    'content-with-nul',
    ({ room }) => room.message({}, salted('"text":"\\u0000"')),
    badContent,
    'PV-CNT-001',
    'PV-CNT-007',
  ),
  row(
    'content-with-a-name-twice',
    ({ room }) => room.message({}, salted('"text":"a","text":"b"')),
    badContent,
    'PV-CNT-001',
    'PV-CNT-007',
  ),
  row(
    'content-too-deep',
    ({ room }) => room.message({}, salted(`"a":${'['.repeat(8)}1${']'.repeat(8)}`)),
    badContent,
    'PV-CNT-001',
  ),
  row('content-no-object', ({ room }) => room.message({}, '["x"]'), badContent, 'PV-CNT-001'),
  row(
    'content-of-65537',
    ({ room }) => room.message({}, longContent(65_537)),
    denied('bad-event', 'R1', { id: null }),
    'PV-CNT-003',
  ),
  row('content-of-another-size', ({ room }) => room.message({ size: 7 }), badContent, 'PV-CNT-006'),
  row(
    'state-content-of-4097',
    (stage) => state(stage, ['room.info', ''], { title: 't', new: 'x'.repeat(4060) }),
    denied('bad-event', 'R1', { id: null }),
    'PV-CNT-004',
  ),
  row(
    'title-of-no-length',
    (stage) => state(stage, ['role', 'x'], { rank: 100, rights: [] }),
    BAD,
    'PV-CNT-010',
    'PV-RULE-004',
  ),
];

const signatureRows: readonly ItemRow[] = [
  {
    name: 'signature-flipped',
    covers: ['PV-SUB-005', 'PV-RULE-005'],
    items: (stage) => [flipped(stage), stage.room.message()],
    expect: results({ status: 'denied', code: 'bad-event', rule: 'R1' }, { status: 'retry', id: null }),
  },
  {
    name: 'unannounced-key',
    covers: ['PV-HUB-008'],
    items: ({ room, peer }) => [room.message({}, undefined, peer.strayKey()), room.message()],
    expect: results({ status: 'retry' }, { status: 'retry' }),
  },
  row(
    'key-for-requests',
    ({ room, peer }) => room.message({}, undefined, peer.keys.request),
    denied('retired-key'),
    'PV-HUB-007',
    'PV-ROOM-024',
  ),
  row(
    'key-for-seals',
    ({ room, peer }) => room.message({}, undefined, peer.keys.seal),
    denied('retired-key'),
    'PV-HUB-007',
    'PV-ROOM-024',
  ),
  row(
    'retired-key',
    ({ room, peer }) => room.message({}, undefined, peer.keys.retired),
    denied('retired-key'),
    'PV-HUB-007',
    'PV-ROOM-024',
  ),
];

const orderRows: readonly ItemRow[] = [
  row(
    'until-passed',
    ({ room }) => room.message({ until: Date.now() - 1 }),
    denied('until-passed', 'R3'),
    'PV-RULE-008',
  ),
  row(
    'until-in-32-days',
    ({ room }) => room.message({ until: Date.now() + 32 * DAY_MS }),
    denied('until-too-far'),
    'PV-HUB-007',
  ),
  row(
    'seen-of-another-log',
    ({ room }) => room.message({ seen: [0, room.last.seq, 'A'.repeat(43)] }),
    denied('seen-mismatch', 'R4'),
    'PV-RULE-011',
  ),
  row(
    'seen-to-come',
    ({ room }) => room.message({ seen: [0, room.last.seq + 1000, room.last.hash] }),
    denied('seen-mismatch', 'R4'),
    'PV-RULE-010',
  ),
  row(
    'seen-of-a-later-epoch',
    ({ room }) => room.message({ seen: [1, room.last.seq, room.last.hash] }),
    denied('seen-mismatch', 'R4'),
    'PV-RULE-010',
  ),
  row('no-seen', (stage) => noSeen(stage), denied('seen-mismatch', 'R4'), 'PV-RULE-009'),
  row(
    'prior-of-nothing',
    ({ room }) => room.make({ type: 'x.test.note', key: 'a', prior: `e${'A'.repeat(43)}` }, {}),
    denied('prior-mismatch', 'R5'),
    'PV-RULE-012',
  ),
  row(
    'prior-left-out',
    ({ room }) => room.make({ type: 'member', key: room.person }, { membership: 'left' }),
    denied('prior-mismatch', 'R5'),
    'PV-RULE-012',
  ),
];

function noSeen({ room, peer }: GroupStage): Item {
  const { id: _, ...item } = makeEvent(
    { room: room.room, type: 'message', sender: room.person },
    { text: 'x' },
    peer.keys.event,
  );
  return item;
}

const authorityRows: readonly ItemRow[] = [
  row(
    'person-of-the-hub',
    ({ room, owner }) => room.message({ sender: owner.address }),
    denied('wrong-origin'),
    'PV-SUB-004',
  ),
  row(
    'person-of-a-third',
    ({ room }) => room.message({ sender: 'bob@b.conformance.test' }),
    denied('wrong-origin'),
    'PV-SUB-004',
  ),
  row(
    'the-hub-itself',
    ({ room, run }) => room.message({ sender: run.target.domain }),
    denied('wrong-origin'),
    'PV-SUB-004',
  ),
  row(
    'somebody-not-in-the-room',
    ({ room, peer }) => room.message({ sender: `eve@${peer.domain}` }),
    denied('not-member', 'R6'),
    'PV-RULE-014',
  ),
  row(
    'domain-as-speaker',
    ({ room, peer }) => room.message({ sender: peer.domain }),
    denied('wrong-sender', 'R7'),
    'PV-RULE-015',
  ),
  row(
    'joining-of-somebody-else',
    (stage) => state(stage, ['member', `eve@${stage.peer.domain}`], { membership: 'joined' }),
    denied('wrong-sender', 'R7'),
    'PV-RULE-016',
  ),
  row(
    'owner-by-oneself',
    (stage) => state(stage, ['room.owner', ''], { owner: stage.room.person }),
    denied('wrong-sender', 'R7'),
    'PV-RULE-017',
  ),
  row(
    'history-without-right',
    (stage) => state(stage, ['room.history', ''], { visible: 'all' }),
    denied('no-right', 'R10'),
    'PV-RULE-027',
  ),
  row(
    'settings-without-right',
    (stage) => state(stage, ['room.settings', ''], { timer: 60 }),
    denied('no-right', 'R10'),
    'PV-RULE-027',
  ),
  row(
    'pins-without-right',
    (stage) => state(stage, ['room.pins', ''], { pins: [] }),
    denied('no-right', 'R10'),
    'PV-RULE-027',
  ),
  row(
    'role-without-right',
    (stage) => state(stage, ['role', 'king'], { rank: 1, rights: [] }),
    denied('no-right', 'R10'),
    'PV-RULE-027',
  ),
  row(
    'deny-without-right',
    (stage) => state(stage, ['room.deny', 'x.example'], { denied: true }),
    denied('no-right', 'R10'),
    'PV-RULE-027',
  ),
  row(
    'private-state-without-right',
    (stage) => state(stage, ['x.test.note', 'a'], {}),
    denied('no-right', 'R10'),
    'PV-RULE-027',
  ),
  row(
    'ban-of-the-owner',
    (stage) => state(stage, ['access', stage.owner.address], { ban: true }),
    denied('no-right', 'R10'),
    'PV-RULE-030',
  ),
  row(
    'own-role',
    (stage) => state(stage, ['access', stage.room.person], { role: 'admin' }),
    denied('no-right', 'R10'),
    'PV-RULE-030',
  ),
  row(
    'mention-of-all',
    ({ room }) => room.message({}, { text: '@all', entities: [{ type: 'mention', offset: 0, length: 4, all: true }] }),
    denied('no-right'),
    'PV-MSG-020',
  ),
  row(
    'edit-of-what-is-not-there',
    ({ room }) => room.make({ type: 'message.edit', rel: [['edit', `e${'A'.repeat(43)}`]] }, { text: 'x' }),
    denied('no-right'),
    'PV-EFF-007',
  ),
  row(
    'room-that-is-not-there',
    ({ room }) => room.message({ room: ABSENT }),
    denied('unknown-room'),
    'PV-SUB-004',
    'PV-SUB-016',
  ),
  row(
    'create-in-a-hub-of-others',
    ({ peer, room }) => created(peer, room.person),
    denied('unknown-room'),
    'PV-SUB-004',
  ),
  row('statement-of-no-form', (stage) => announced(stage, 'x'), denied('bad-statement', 'R8'), 'PV-RULE-019'),
  row(
    'statement-by-another-root',
    (stage) => announced(stage, stage.peer.makeStatement({ version: 9 }, stage.peer.strayKey())),
    denied('bad-statement', 'R8'),
    'PV-RULE-019',
    'PV-KEY-008',
  ),
  row(
    'statement-with-a-small-key',
    (stage) => announced(stage, smallKey(stage)),
    denied('bad-statement', 'R8'),
    'PV-KEY-007',
    'PV-SIG-008',
  ),
];

function created(peer: GroupStage['peer'], person: string): Item {
  const { hash, version, jws } = peer.statement;
  const content = { kind: 'group', rules: 1, statement: hash, version };
  const { id: _, ...item } = makeEvent({ type: 'room.create', sender: person, key: '' }, content, peer.keys.event);
  return { ...item, statement: jws.text };
}

function announced({ room, peer }: GroupStage, statement: string): Item {
  const hash = hashOf(statement);
  return {
    ...room.make({ type: 'provider', sender: peer.domain, key: peer.domain }, { statement: hash, version: 9 }),
    statement,
  };
}

function smallKey({ peer }: GroupStage): string {
  const x = Buffer.from(`01${'00'.repeat(31)}`, 'hex').toString('base64url');
  return peer.makeStatement({ version: 9, keys: [{ x, use: 'event', status: 'active' }] });
}

/** SPEC PV-SUB-003 to PV-SUB-005, and the rules. */
export const itemTables: Readonly<Record<string, readonly ItemRow[]>> = {
  event: formRows,
  content: contentRows,
  'event-signature': signatureRows,
  ordering: orderRows,
  authority: authorityRows,
};
