import { Type, type Static, type TProperties, type TSchema } from 'typebox';

/** Shapes of the client API: names, requests and answers. Unknown members are ignored in requests and answers alike. */

const hash = '[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]';
const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const domainPattern = `(${label}\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?`;
// Controls, line separators, and everything that turns the direction of the text around it.
const unfit = '\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069';
const unseen = '\\s\\u00ad\\u061c\\u200b-\\u200f\\u2060\\ufeff';

const text = (min: number, max: number) => Type.String({ minLength: min, maxLength: max });
const line = (min: number, max: number) => Type.String({ minLength: min, maxLength: max, pattern: `^[^${unfit}]*$` });
const count = (maximum = Number.MAX_SAFE_INTEGER) => Type.Integer({ minimum: 0, maximum });
const oneOf = <const Word extends string>(...words: Word[]) =>
  Type.Unsafe<Word>({ type: 'string', enum: words as string[] });
const nullable = <Of extends TSchema>(schema: Of) => Type.Union([schema, Type.Null()]);
const object = <Members extends TProperties>(members: Members) => Type.Object(members);

export const domain = Type.String({ maxLength: 253, pattern: `^${domainPattern}$` });
export const localpart = Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,63}$' });
export const address = Type.String({ maxLength: 128, pattern: `^[a-z0-9][a-z0-9._-]{0,63}@${domainPattern}$` });
export const roomId = Type.String({ pattern: `^r${hash}$` });
export const eventId = Type.String({ pattern: `^e${hash}$` });
export const time = count();
export const seq = count();
/** What people are called: any script, at least one visible character. */
export const displayName = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: `^[^${unfit}]*[^${unfit}${unseen}][^${unfit}]*$`,
});
export const password = text(8, 256);
export const device = line(0, 64);
export const requestKey = Type.String({ pattern: '^[!-~]{1,64}$' });
export const roleName = Type.String({ pattern: '^[a-z0-9-]{1,32}$' });
export const right = oneOf(
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
export const rights = Type.Array(right, { maxItems: 20, uniqueItems: true });
export const title = line(1, 128);
export const history = oneOf('all', 'joined');
/** `[kind, event id]` */
export const relation = Type.Unsafe<[string, string]>({
  type: 'array',
  prefixItems: [oneOf('reply', 'edit', 'delete', 'react', 'thread', 'forward', 'vote'), eventId],
  minItems: 2,
  maxItems: 2,
});
export const relations = Type.Array(relation, { minItems: 1, maxItems: 16 });
/** Types people send; state goes through the endpoints named for it. */
export const sendType = Type.String({
  maxLength: 64,
  pattern: '^(message|message\\.edit|message\\.delete|reaction|x(\\.[a-z0-9-]+)+)$',
});
export const content = Type.Record(Type.String(), Type.Unknown());
export const sessionId = Type.String({ pattern: '^[0-9a-z]{1,11}$' });
export const requestId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' });
export const limit = Type.Integer({ minimum: 1, maximum: 200 });
export const nothing = object({});

export const problem = object({
  type: Type.String({ pattern: '^urn:payvand:error:[a-z0-9-]+$' }),
  title: Type.String(),
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  code: Type.String({ pattern: '^[a-z0-9-]+$' }),
  detail: Type.Optional(Type.String()),
});

export const signUpRequest = object({
  localpart,
  password,
  name: Type.Optional(displayName),
  device: Type.Optional(device),
  code: Type.Optional(text(1, 64)),
});
export const logInRequest = object({ localpart, password: text(1, 256), device: Type.Optional(device) });
export const loggedIn = object({ address, token: Type.String(), session: sessionId });
export const session = object({ id: sessionId, device, createdAt: time, usedAt: time, current: Type.Boolean() });
export const sessionList = object({ sessions: Type.Array(session, { maxItems: 64 }) });
export const passwordChange = object({ old: text(1, 256), new: password });
export const me = object({
  address,
  name: displayName,
  receipts: Type.Boolean(),
  owner: Type.Boolean(),
  session: sessionId,
});
export const meChange = object({ name: Type.Optional(displayName), receipts: Type.Optional(Type.Boolean()) });
export const signUpCode = object({ code: Type.String(), until: time });
export const profile = object({ address, name: displayName });

export const roomSummary = object({
  room: roomId,
  kind: oneOf('dm', 'group'),
  title: nullable(title),
  with: Type.Optional(address),
  hub: domain,
  owner: nullable(address),
  status: oneOf('live', 'joining', 'partial', 'quarantined', 'left'),
  code: Type.Optional(Type.String()),
  membership: oneOf('joined', 'left'),
  history,
  head: object({ seq: Type.Integer({ minimum: -1 }), at: time }),
  role: Type.String(),
  rank: Type.Integer({ minimum: 0, maximum: 100 }),
  rights,
  members: count(),
  unread: count(),
  readSeq: Type.Integer({ minimum: -1 }),
  visibleFrom: seq,
  mutual: Type.Boolean(),
});
export const roomList = object({ rooms: Type.Array(roomSummary, { maxItems: 200 }), next: Type.Optional(roomId) });
export const createRoomRequest = object({ title, requestKey });
export const roomCreated = object({ room: roomId });
export const restriction = object({ rights, until: Type.Optional(time) });
export const member = object({
  address,
  role: Type.String(),
  rank: Type.Integer({ minimum: 0, maximum: 100 }),
  restrict: Type.Optional(restriction),
});
export const memberList = object({ members: Type.Array(member, { maxItems: 200 }), next: Type.Optional(address) });

export const effects = object({
  edited: Type.Optional(object({ id: eventId, seq, at: time, text: Type.String() })),
  deleted: Type.Optional(object({ id: eventId, seq, by: address })),
  reactions: Type.Optional(
    Type.Array(object({ emoji: Type.String(), count: count(), mine: Type.Optional(eventId) }), { maxItems: 256 }),
  ),
});
/** What an event frame and an event of a history page have alike. */
export const eventMembers = {
  seq,
  at: time,
  id: eventId,
  type: Type.String({ maxLength: 64 }),
  sender: Type.Union([address, domain]),
  ts: time,
  key: Type.Optional(Type.String({ maxLength: 128 })),
  rel: Type.Optional(relations),
  content: nullable(content),
  void: Type.Optional(Type.String()),
};
export const timelineEvent = object({ ...eventMembers, effects: Type.Optional(effects) });
export const eventList = object({ events: Type.Array(timelineEvent, { maxItems: 200 }) });
export const sendRequest = object({
  requestKey,
  type: sendType,
  content,
  rel: Type.Optional(relations),
  silent: Type.Optional(Type.Boolean()),
});
export const ordered = object({ status: oneOf('ordered'), id: eventId, seq, at: time });
export const pending = object({ status: oneOf('pending'), id: eventId });
export const sent = object({ status: oneOf('sent') });

export const contactRequest = object({ address, intro: Type.Optional(line(0, 200)), requestKey });
export const contactSent = object({ room: roomId, status: oneOf('sent') });
export const request = object({
  id: requestId,
  kind: oneOf('contact', 'invite'),
  room: roomId,
  by: address,
  intro: Type.Optional(Type.String()),
  at: time,
  until: time,
  state: oneOf('waiting', 'accepted', 'ignored'),
});
export const requestList = object({ requests: Type.Array(request, { maxItems: 200 }), next: Type.Optional(requestId) });
export const requestAnswer = object({ room: Type.Optional(roomId) });
export const block = object({ address, at: time });
export const blockList = object({ blocks: Type.Array(block, { maxItems: 200 }), next: Type.Optional(address) });

export type ContactRequestView = Static<typeof request>;
