import { Type } from 'typebox';
import { Address, EventId, RequestKey, RoomId, Time, Ttl, count, object, oneOf } from './client-parts.js';

/** Shapes of the client API for polls and forwards. */

export const PollTally = object({
  /** votes for each option, in their order */
  counts: Type.Array(count(), { minItems: 2, maxItems: 12 }),
  voters: count(),
  closed: Type.Boolean(),
  /** what the account itself has chosen */
  mine: Type.Array(count(11), { maxItems: 12 }),
});
export const VoteList = object({
  votes: Type.Array(object({ address: Address, choices: Type.Array(count(11), { maxItems: 12 }) }), { maxItems: 200 }),
  next: Type.Optional(Address),
});
export const ForwardRequest = object({
  requestKey: RequestKey,
  from: RoomId,
  event: EventId,
  silent: Type.Optional(Type.Boolean()),
  ttl: Type.Optional(Ttl),
});
/** `none`: nobody is named */
export const ForwardSource = object({
  status: oneOf('verified', 'unverified', 'none'),
  id: Type.Optional(EventId),
  sender: Type.Optional(Address),
  ts: Type.Optional(Time),
});
