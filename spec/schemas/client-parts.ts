import { Type } from 'typebox';
import type { TProperties, TSchema } from 'typebox';
import { editMembers, messageMembers, voteMembers } from './message-content.js';
import { roomSettings } from './event-formats.js';

/** Shapes of the client API: names, requests and answers. Unknown members are ignored in requests and answers alike. */

const hash = '[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]';
const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const domainPattern = `(${label}\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?`;
// Controls, line separators, and everything that turns the direction of the text around it.
const unfit = '\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069';
const unseen = '\\s\\u00ad\\u061c\\u200b-\\u200f\\u2060\\ufeff';

export const text = (min: number, max: number) => Type.String({ minLength: min, maxLength: max });
export const line = (min: number, max: number) =>
  Type.String({ minLength: min, maxLength: max, pattern: `^[^${unfit}]*$` });
export const count = (maximum = Number.MAX_SAFE_INTEGER) => Type.Integer({ minimum: 0, maximum });
export const oneOf = <const Word extends string>(...words: Word[]) =>
  Type.Unsafe<Word>({ type: 'string', enum: words as string[] });
export const nullable = <Of extends TSchema>(schema: Of) => Type.Union([schema, Type.Null()]);
export const object = <Members extends TProperties>(members: Members) => Type.Object(members);

export const Domain = Type.String({ maxLength: 253, pattern: `^${domainPattern}$` });
export const Localpart = Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,63}$' });
export const Address = Type.String({ maxLength: 128, pattern: `^[a-z0-9][a-z0-9._-]{0,63}@${domainPattern}$` });
export const RoomId = Type.String({ pattern: `^r${hash}$` });
export const EventId = Type.String({ pattern: `^e${hash}$` });
export const Time = count();
export const Seq = count();
/** seconds that content stays */
export const Ttl = Type.Integer({ minimum: 1, maximum: 31_536_000 });
/** What people are called: any script, at least one visible character. */
export const DisplayName = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: `^[^${unfit}]*[^${unfit}${unseen}][^${unfit}]*$`,
});
/** What people say of themselves, and who may see it. */
export const Bio = line(1, 256);
export const StatusLine = line(1, 64);
export const Audience = oneOf('everyone', 'contacts', 'nobody');
export const PresenceAudience = oneOf('contacts', 'nobody');
export const Password = text(8, 256);
export const Device = line(0, 64);
export const RequestKey = Type.String({ pattern: '^[!-~]{1,64}$' });
export const RoleName = Type.String({ pattern: '^[a-z0-9-]{1,32}$' });
export const Right = oneOf(
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
export const Rights = Type.Array(Right, { maxItems: 20, uniqueItems: true });
export const Title = line(1, 128);
export const History = oneOf('all', 'joined');
/** `[kind, event id]` */
export const Relation = Type.Unsafe<[string, string]>({
  type: 'array',
  prefixItems: [oneOf('reply', 'edit', 'delete', 'react', 'thread', 'forward', 'vote'), EventId],
  minItems: 2,
  maxItems: 2,
});
export const Relations = Type.Array(Relation, { minItems: 1, maxItems: 16 });
/** Types people send; state goes through the endpoints named for it. */
export const SendType = Type.String({
  maxLength: 64,
  pattern:
    '^(message|message\\.edit|message\\.delete|message\\.vote|message\\.poll-close|reaction|x(\\.[a-z][a-z0-9-]*){2,})$',
});
export const PlainContent = Type.Record(Type.String(), Type.Unknown());
/** A string where it is not readable here (`mls`, void records), null where it is not held. */
export const EventContent = Type.Union([PlainContent, Type.String(), Type.Null()]);
export const SessionId = Type.String({ pattern: '^[0-9a-z]{1,11}$' });
export const RequestId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' });
export const Limit = Type.Integer({ minimum: 1, maximum: 200 });
export const Nothing = object({});

export const Problem = object({
  type: Type.String({ pattern: '^urn:payvand:error:[a-z0-9-]+$' }),
  title: Type.String(),
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  code: Type.String({ pattern: '^[a-z0-9-]+$' }),
  detail: Type.Optional(Type.String()),
});

export const SignUpRequest = object({
  localpart: Localpart,
  password: Password,
  name: Type.Optional(DisplayName),
  device: Type.Optional(Device),
  code: Type.Optional(text(1, 64)),
});
export const LogInRequest = object({ localpart: Localpart, password: text(1, 256), device: Type.Optional(Device) });
export const LoggedIn = object({ address: Address, token: Type.String(), session: SessionId });
export const Session = object({
  id: SessionId,
  device: Device,
  createdAt: Time,
  usedAt: Time,
  current: Type.Boolean(),
});
export const SessionList = object({ sessions: Type.Array(Session, { maxItems: 64 }) });
export const PasswordChange = object({ old: text(1, 256), new: Password });
export const Me = object({
  address: Address,
  name: DisplayName,
  receipts: Type.Boolean(),
  owner: Type.Boolean(),
  /** strangers cannot reach the account */
  limited: Type.Boolean(),
  bio: nullable(Bio),
  status: nullable(StatusLine),
  handle: nullable(Address),
  shown: object({ name: Audience, bio: Audience, status: Audience, handle: Audience, presence: PresenceAudience }),
  session: SessionId,
});
export const MeChange = object({
  name: Type.Optional(DisplayName),
  receipts: Type.Optional(Type.Boolean()),
  /** null erases it */
  bio: Type.Optional(nullable(Bio)),
  status: Type.Optional(nullable(StatusLine)),
  handle: Type.Optional(nullable(Address)),
  shown: Type.Optional(
    object({
      name: Type.Optional(Audience),
      bio: Type.Optional(Audience),
      status: Type.Optional(Audience),
      handle: Type.Optional(Audience),
      presence: Type.Optional(PresenceAudience),
    }),
  ),
});
export const SignUpCode = object({ code: Type.String(), until: Time });
export const Profile = object({
  address: Address,
  name: text(1, 64),
  bio: Type.Optional(text(1, 256)),
  status: Type.Optional(text(1, 64)),
  /** verified: that address names this person back */
  handle: Type.Optional(object({ address: Address, verified: Type.Boolean() })),
});
export const Ward = object({ address: Address, limited: Type.Boolean() });
export const WardList = object({ wards: Type.Array(Ward, { maxItems: 200 }), next: Type.Optional(Address) });
export const WardChange = object({ limited: Type.Boolean() });

/** What is being written and was not sent: a text, and what it answers or edits. */
export const draftMembers = { text: text(1, 4096), rel: Type.Optional(Relations) };
export const pinned = count(2_147_483_647);
export const RoomPreferences = object({
  /** a time that has passed is no mute */
  muted: Type.Optional(Time),
  pinned: Type.Optional(pinned),
  draft: Type.Optional(object({ ...draftMembers, at: Time, session: SessionId })),
});
export const RoomSummary = object({
  room: RoomId,
  kind: oneOf('dm', 'group'),
  /** as the room has it, which may be another provider's idea of a good title */
  title: nullable(text(1, 128)),
  about: Type.Optional(text(1, 512)),
  alias: Type.Optional(text(1, 129)),
  settings: object(roomSettings),
  pins: Type.Array(EventId, { maxItems: 50 }),
  /** providers whose people are kept out */
  denied: Type.Array(Domain, { maxItems: 256 }),
  with: Type.Optional(Address),
  hub: Domain,
  owner: nullable(Address),
  status: oneOf('live', 'joining', 'partial', 'quarantined', 'left'),
  code: Type.Optional(Type.String()),
  membership: oneOf('joined', 'left'),
  history: History,
  head: object({ seq: Type.Integer({ minimum: -1 }), at: Time }),
  role: Type.String(),
  rank: Type.Integer({ minimum: 0, maximum: 100 }),
  rights: Rights,
  members: count(),
  unread: count(),
  /** unread messages that mention the account */
  mentions: count(),
  readSeq: Type.Integer({ minimum: -1 }),
  visibleFrom: Seq,
  mutual: Type.Boolean(),
  preferences: Type.Optional(RoomPreferences),
});
export const RoomList = object({ rooms: Type.Array(RoomSummary, { maxItems: 200 }), next: Type.Optional(RoomId) });
export const CreateRoomRequest = object({ title: Title, requestKey: RequestKey });
export const RoomCreated = object({ room: RoomId });
export const Restriction = object({ rights: Rights, until: Type.Optional(Time) });
export const Member = object({
  address: Address,
  role: Type.String(),
  rank: Type.Integer({ minimum: 0, maximum: 100 }),
  restrict: Type.Optional(Restriction),
  title: Type.Optional(text(1, 32)),
});
export const MemberList = object({ members: Type.Array(Member, { maxItems: 200 }), next: Type.Optional(Address) });

export const Effects = object({
  edited: Type.Optional(
    object({
      ...{ id: EventId, seq: Seq, at: Time, text: Type.String() },
      entities: Type.Optional(Type.Array(object({}), { maxItems: 100 })),
    }),
  ),
  deleted: Type.Optional(object({ id: EventId, seq: Seq, by: Address })),
  reactions: Type.Optional(
    Type.Array(object({ emoji: Type.String(), count: count(), mine: Type.Optional(EventId) }), { maxItems: 256 }),
  ),
  /** of a root: messages of its thread that are not deleted, and the seq of the last */
  thread: Type.Optional(object({ count: count(), last: Seq })),
});
/** What an event frame and an event of a history page have alike. */
export const eventMembers = {
  seq: Seq,
  at: Time,
  id: EventId,
  type: Type.String({ maxLength: 64 }),
  sender: Type.Union([Address, Domain]),
  ts: Time,
  key: Type.Optional(Type.String({ maxLength: 128 })),
  rel: Type.Optional(Relations),
  ttl: Type.Optional(Ttl),
  content: EventContent,
  void: Type.Optional(Type.String()),
  /** shown before it could be judged: the room is partial */
  unjudged: Type.Optional(Type.Literal(true)),
};
export const TimelineEvent = object({ ...eventMembers, effects: Type.Optional(Effects) });
export const EventList = object({ events: Type.Array(TimelineEvent, { maxItems: 200 }) });
/** What the content of the registered types must hold; other members are free. */
export const sendContents = {
  message: object(messageMembers),
  'message.edit': object(editMembers),
  'message.delete': Nothing,
  'message.vote': object(voteMembers),
  'message.poll-close': Nothing,
  reaction: object({ emoji: line(1, 32) }),
};
export const SendRequest = object({
  requestKey: RequestKey,
  type: SendType,
  content: PlainContent,
  rel: Type.Optional(Relations),
  silent: Type.Optional(Type.Boolean()),
  ttl: Type.Optional(Ttl),
});
export const Ordered = object({ status: oneOf('ordered'), id: EventId, seq: Seq, at: Time });
export const Pending = object({ status: oneOf('pending'), id: EventId });
export const Sent = object({ status: oneOf('sent') });

export const ContactRequest = object({ address: Address, intro: Type.Optional(text(0, 200)), requestKey: RequestKey });
export const ContactSent = object({ room: RoomId, status: oneOf('sent') });
export const Request = object({
  id: RequestId,
  kind: oneOf('contact', 'invite', 'knock'),
  room: RoomId,
  by: Address,
  intro: Type.Optional(Type.String()),
  at: Time,
  until: Time,
  state: oneOf('waiting', 'accepted', 'ignored'),
});
export const RequestList = object({
  requests: Type.Array(Request, { maxItems: 200 }),
  next: Type.Optional(RequestId),
});
export const RequestAnswer = object({ room: Type.Optional(RoomId) });
export const ReportRequest = object({
  /** an event of a room */
  room: Type.Optional(RoomId),
  event: Type.Optional(EventId),
  /** or a contact request, invitation or knock */
  request: Type.Optional(RequestId),
  reason: oneOf('spam', 'abuse', 'violence', 'child', 'illegal', 'other'),
  note: Type.Optional(line(1, 500)),
});
export const Report = object({
  id: Type.String({ pattern: `^${hash}$` }),
  at: Time,
  sender: Address,
  room: Type.Optional(RoomId),
  reason: oneOf('spam', 'abuse', 'violence', 'child', 'illegal', 'other'),
  copies: Type.Array(
    object({ provider: Domain, state: oneOf('waiting', 'refused', 'received', 'acted', 'declined') }),
    { maxItems: 3 },
  ),
});
export const ReportId = Type.String({ pattern: `^${hash}$` });
export const ReportList = object({ reports: Type.Array(Report, { maxItems: 200 }), next: Type.Optional(ReportId) });
export const Block = object({ address: Address, at: Time });
export const BlockList = object({ blocks: Type.Array(Block, { maxItems: 200 }), next: Type.Optional(Address) });
