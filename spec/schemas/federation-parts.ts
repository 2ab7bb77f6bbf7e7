import { Type } from 'typebox';
import type { Static } from 'typebox';
import { Bytes32, Count, Domain, Epoch, EventId, RoomId } from './format-parts.js';

/** Parts that several federation bodies share. A string's inside is checked where it is read, so that one bad item harms only itself. */

export const ErrorName = Type.String({ pattern: '^[a-z][a-z0-9-]{0,63}$' });
/** A compact JWS; its form is checked where it is read. */
export const JwsText = Type.String({ minLength: 1, maxLength: 100_000 });
export const WaitS = Type.Integer({ minimum: 0, maximum: 86_400 });

export const WireHead = Type.Object({
  hub: Domain,
  room: RoomId,
  epoch: Epoch,
  seq: Count,
  at: Count,
  hash: Bytes32,
  state: Bytes32,
  committed: Count,
});

/** `seal` is an index into the `seals` of the enclosing message. */
export const WireSealedHead = Type.Object({
  head: WireHead,
  seal: Type.Integer({ minimum: 0, maximum: 255 }),
  index: Type.Integer({ minimum: 0, maximum: 65_535 }),
  path: Type.Array(Bytes32, { maxItems: 16 }),
});

export const Seals = Type.Array(JwsText, { maxItems: 256 });

export const WireRecord = Type.Object({
  epoch: Epoch,
  seq: Count,
  at: Count,
  jws: JwsText,
  content: Type.Union([Type.String(), Type.Null()]),
  statement: Type.Optional(JwsText),
});

export const WireHeader = Type.Object({ epoch: Epoch, seq: Count, at: Count, event: EventId, jwsHash: Bytes32 });

export const RoomPage = Type.Object({
  room: RoomId,
  /** hash of the record before the first; in answers to `log` */
  prev: Type.Optional(Bytes32),
  records: Type.Array(Type.Union([WireRecord, WireHeader]), { maxItems: 256 }),
  sealed: WireSealedHead,
});

export const SubmitItem = Type.Object({
  jws: Type.String(),
  content: Type.String(),
  statement: Type.Optional(Type.String()),
});

const Accepted = Type.Object({
  id: EventId,
  status: Type.Union([Type.Literal('accepted'), Type.Literal('duplicate')]),
  epoch: Epoch,
  seq: Count,
  at: Count,
  hash: Bytes32,
});
const Denied = Type.Object({
  id: Type.Union([EventId, Type.Null()]),
  status: Type.Literal('denied'),
  code: ErrorName,
  rule: Type.Optional(Type.Union([Type.String({ pattern: '^R[0-9]{1,2}$' }), Type.Null()])),
  denial: Type.Optional(JwsText),
});
const Retry = Type.Object({
  id: Type.Union([EventId, Type.Null()]),
  status: Type.Literal('retry'),
  after: WaitS,
  /** the room lets people speak only now and then */
  code: Type.Optional(Type.Literal('slow-mode')),
});
const NotHub = Type.Object({ id: EventId, status: Type.Literal('not-hub'), hub: Domain, epoch: Epoch });

export const SubmitResult = Type.Union([Accepted, Denied, Retry, NotHub]);

export const SnapshotEntry = Type.Object({
  seq: Count,
  at: Count,
  epoch: Epoch,
  jws: JwsText,
  content: Type.String(),
  statement: Type.Optional(JwsText),
});

export const Snapshot = Type.Object({
  room: RoomId,
  sealed: WireSealedHead,
  entries: Type.Array(SnapshotEntry, { maxItems: 20_000 }),
  covered: Type.Integer({ minimum: 0, maximum: 256 }),
  buckets: Type.Array(Bytes32, { minItems: 256, maxItems: 256 }),
});

export type WireHead = Static<typeof WireHead>;
export type WireSealedHead = Static<typeof WireSealedHead>;
export type WireRecord = Static<typeof WireRecord>;
export type WireHeader = Static<typeof WireHeader>;
export type RoomPage = Static<typeof RoomPage>;
export type SubmitItem = Static<typeof SubmitItem>;
export type SubmitResult = Static<typeof SubmitResult>;
export type SnapshotEntry = Static<typeof SnapshotEntry>;
export type Snapshot = Static<typeof Snapshot>;
