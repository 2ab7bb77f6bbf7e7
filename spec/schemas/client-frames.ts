import { Type } from 'typebox';
import type { Static, TProperties } from 'typebox';
import { PresenceState } from './client-own-parts.js';
import {
  Address,
  Request,
  EventId,
  Me,
  PlainContent,
  Relations,
  Report,
  RequestKey,
  RoomId,
  RoomSummary,
  SendType,
  Seq,
  SessionId,
  Time,
  Ttl,
  eventMembers,
} from './client-parts.js';

/** Shapes of the live stream: a client sends one op per message, the server one frame or a JSON array of frames. */

const op = <const Name extends string, Members extends TProperties>(name: Name, members: Members) =>
  Type.Object({ op: Type.Literal(name), ...members });
const frame = <const Name extends string, Members extends TProperties>(name: Name, members: Members) =>
  Type.Object({ t: Type.Literal(name), ...members });

const Code = Type.String({ pattern: '^[a-z0-9-]+$' });
/** Position in the account's log: a client keeps the highest it was given. */
const AccountPosition = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const RoomPosition = Type.Integer({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER });

export const StreamCursor = Type.Object({
  account: AccountPosition,
  rooms: Type.Record(Type.String(), RoomPosition),
});

export const StreamOpen = op('open', { token: Type.String(), cursor: Type.Union([StreamCursor, Type.Null()]) });
export const StreamSend = op('send', {
  key: RequestKey,
  room: RoomId,
  type: SendType,
  content: PlainContent,
  rel: Type.Optional(Relations),
  silent: Type.Optional(Type.Boolean()),
  ttl: Type.Optional(Ttl),
});
export const StreamRead = op('read', { room: RoomId, seq: Seq });
export const StreamTyping = op('typing', { room: RoomId });
export const StreamPing = op('ping', {});
export const StreamOp = Type.Union([StreamOpen, StreamSend, StreamRead, StreamTyping, StreamPing]);

const SentFrame = frame('sent', {
  key: RequestKey,
  status: Type.Unsafe<'ordered' | 'pending' | 'refused' | 'retry'>({
    type: 'string',
    enum: ['ordered', 'pending', 'refused', 'retry'],
  }),
  id: Type.Optional(EventId),
  seq: Type.Optional(Seq),
  at: Type.Optional(Time),
  code: Type.Optional(Code),
  /** seconds to wait before the same op is sent again */
  after: Type.Optional(Type.Integer({ minimum: 0 })),
  account: Type.Optional(AccountPosition),
});

export const StreamFrame = Type.Union([
  frame('opened', { session: SessionId }),
  frame('event', { room: RoomId, ...eventMembers }),
  Type.Object({
    t: Type.Literal('room'),
    ...RoomSummary.properties,
    /** events of the room with a higher seq will come on this stream */
    from: Type.Optional(RoomPosition),
    account: Type.Optional(AccountPosition),
  }),
  Type.Object({
    t: Type.Literal('request'),
    ...Request.properties,
    account: Type.Optional(AccountPosition),
  }),
  frame('report', { ...Report.properties, account: Type.Optional(AccountPosition) }),
  frame('me', { ...Me.properties, account: Type.Optional(AccountPosition) }),
  frame('typing', { room: RoomId, from: Address }),
  frame('read', { room: RoomId, from: Address, seq: Seq }),
  frame('presence', { room: RoomId, from: Address, state: PresenceState }),
  SentFrame,
  frame('synced', { account: AccountPosition }),
  frame('pong', {}),
  frame('error', { code: Code }),
]);

export type StreamCursor = Static<typeof StreamCursor>;
export type StreamOpen = Static<typeof StreamOpen>;
export type StreamSend = Static<typeof StreamSend>;
export type StreamRead = Static<typeof StreamRead>;
export type StreamTyping = Static<typeof StreamTyping>;
export type StreamOp = Static<typeof StreamOp>;
export type StreamFrame = Static<typeof StreamFrame>;
