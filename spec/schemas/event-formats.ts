import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import {
  Address,
  Alias,
  Bytes16,
  Bytes32,
  Bytes64,
  Count,
  Epoch,
  EventId,
  Jws,
  RoleName,
  RoomId,
  Sender,
  Version,
  line,
  lines,
  oneOf,
} from './format-parts.js';
import { editMembers, messageMembers, voteMembers } from './message-content.js';

/** `[epoch, seq, record hash]` of a record the sender's provider holds */
const Seen = Type.Tuple([Epoch, Count, Bytes32]);
const RelationKind = oneOf('reply', 'edit', 'delete', 'react', 'thread', 'forward', 'vote');
const Relation = Type.Tuple([RelationKind, EventId]);
const seconds = (maximum: number) => Type.Integer({ minimum: 1, maximum });

const EventPayload = Type.Object({
  room: Type.Optional(RoomId),
  type: Type.String({ maxLength: 64, pattern: '^[a-z][a-z0-9-]*(\\.[a-z0-9-]+)*$' }),
  sender: Sender,
  ts: Count,
  until: Count,
  nonce: Bytes16,
  seen: Type.Optional(Seen),
  rel: Type.Optional(Type.Array(Relation, { minItems: 1, maxItems: 16 })),
  key: Type.Optional(Type.String({ pattern: '^[\\u0020-\\u007e]{0,128}$' })),
  prior: Type.Optional(EventId),
  ttl: Type.Optional(seconds(31_536_000)),
  content: Bytes32,
  size: Type.Integer({ minimum: 0, maximum: 65_536 }),
  scheme: oneOf('plain', 'mls'),
  author: Type.Optional(Type.Never()),
});

const Right = oneOf(
  'send',
  'react',
  'invite',
  'remove',
  'ban',
  'restrict',
  'moderate',
  'info',
  'roles',
  'manage',
  'pin',
);
const Rights = Type.Array(Right, { uniqueItems: true, maxItems: 11 });

const content = <const Members extends Record<string, TSchema>>(members: Members) =>
  Type.Object({ salt: Bytes16, ...members });

const CreateContent = Type.Union([
  content({
    kind: Type.Literal('dm'),
    rules: Type.Literal(1),
    with: Address,
    statement: Bytes32,
    version: Version,
    prev: Type.Optional(RoomId),
  }),
  content({
    kind: Type.Literal('group'),
    rules: Type.Literal(1),
    with: Type.Optional(Type.Never()),
    statement: Bytes32,
    version: Version,
    prev: Type.Optional(RoomId),
  }),
]);

const MemberContent = Type.Union([
  content({
    membership: Type.Literal('joined'),
    invite: Type.Optional(Type.String()),
    proof: Type.Optional(Bytes64),
    role: Type.Optional(RoleName),
  }),
  content({
    membership: Type.Literal('left'),
    invite: Type.Optional(Type.Never()),
    proof: Type.Optional(Type.Never()),
    role: Type.Optional(Type.Never()),
  }),
]);

const AccessContent = content({
  role: Type.Optional(RoleName),
  ban: Type.Optional(Type.Literal(true)),
  remove: Type.Optional(EventId),
  restrict: Type.Optional(Type.Object({ rights: Rights, until: Type.Optional(Count) })),
  title: Type.Optional(line(1, 32)),
});

export const roomSettings = {
  timer: Type.Optional(seconds(31_536_000)),
  slow: Type.Optional(seconds(86_400)),
  edits: Type.Optional(oneOf('history', 'latest')),
  preview: Type.Optional(Type.Literal(true)),
  join: Type.Optional(Type.Literal('knock')),
};

/** Shapes of events and of the contents of registered types. */
export const eventFormats: Readonly<Record<string, TSchema>> = {
  'event-payload': EventPayload,
  'content-room-create': CreateContent,
  'content-member': MemberContent,
  'content-access': AccessContent,
  'content-provider': content({ statement: Bytes32, version: Version }),
  'content-role': content({ rank: Type.Integer({ minimum: 0, maximum: 99 }), rights: Rights }),
  'content-room-link': content({ by: Address, link: Bytes32 }),
  'content-room-owner': content({ owner: Address }),
  'content-room-info': content({
    title: line(1, 128),
    about: Type.Optional(lines(1, 512)),
    alias: Type.Optional(Alias),
  }),
  'content-room-settings': content(roomSettings),
  'content-room-pins': content({ pins: Type.Array(EventId, { uniqueItems: true, maxItems: 50 }) }),
  'content-room-deny': content({ denied: Type.Boolean() }),
  'content-room-history': content({ visible: oneOf('all', 'joined') }),
  'content-room-superseded': content({ by: RoomId }),
  'content-message': content(messageMembers),
  'content-message-edit': content(editMembers),
  'content-message-delete': content({}),
  'content-message-vote': content(voteMembers),
  'content-message-poll-close': content({}),
  'content-reaction': content({ emoji: line(1, 32) }),
  jws: Jws,
};
