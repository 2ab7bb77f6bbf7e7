import { Type } from 'typebox';
import type { Static, TSchema } from 'typebox';
import {
  ErrorName,
  JwsText,
  RoomPage,
  Seals,
  Snapshot,
  SnapshotEntry,
  SubmitItem,
  SubmitResult,
  WaitS,
  WireHeader,
  WireSealedHead,
} from './federation-parts.js';
import { Address, Alias, Bytes32, Count, Domain, Epoch, RoomId } from './format-parts.js';

export const SubmitRequest = Type.Object({ items: Type.Array(SubmitItem, { minItems: 1, maxItems: 256 }) });
export const SubmitAnswer = Type.Object({
  results: Type.Array(SubmitResult, { maxItems: 256 }),
  rooms: Type.Array(
    Type.Object({
      room: RoomId,
      prev: Bytes32,
      headers: Type.Array(WireHeader, { maxItems: 4096 }),
      sealed: WireSealedHead,
    }),
    { maxItems: 256 },
  ),
  seals: Seals,
});

export const PushRequest = Type.Object({
  rooms: Type.Array(RoomPage, { minItems: 1, maxItems: 256 }),
  seals: Seals,
});
const PushResult = Type.Union([
  Type.Object({ room: RoomId, status: Type.Literal('acked'), seq: Count }),
  Type.Object({
    room: RoomId,
    status: Type.Literal('gap'),
    have: Type.Integer({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER }),
  }),
  Type.Object({ room: RoomId, status: Type.Literal('quarantined'), code: ErrorName, seq: Count }),
  Type.Object({ room: RoomId, status: Type.Literal('unknown-room') }),
  Type.Object({ room: RoomId, status: Type.Literal('retry'), after: WaitS }),
]);
export const PushAnswer = Type.Object({ rooms: Type.Array(PushResult, { maxItems: 256 }) });

export const LogRequest = Type.Object({
  room: RoomId,
  from: Count,
  max: Type.Integer({ minimum: 1, maximum: 256 }),
});
export const LogAnswer = Type.Object({ page: RoomPage, seals: Seals, newest: Count });

const Digest = Type.Object({
  asOf: Count,
  bucket: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
});
export const HeadsRequest = Type.Union([
  Type.Object({ rooms: Type.Array(RoomId, { minItems: 1, maxItems: 256 }) }),
  Type.Object({ digest: Digest }),
]);
export const HeadsAnswer = Type.Union([
  Type.Object({ rooms: Type.Array(WireSealedHead, { maxItems: 256 }), seals: Seals }),
  Type.Object({
    digest: Type.Object({ asOf: Count, buckets: Type.Array(Bytes32, { minItems: 256, maxItems: 256 }) }),
  }),
  Type.Object({ rooms: Type.Array(Type.Tuple([RoomId, Count])) }),
]);

export const JoinRequest = Type.Object({
  room: RoomId,
  items: Type.Array(SubmitItem, { minItems: 1, maxItems: 2 }),
});
export const JoinAnswer = Type.Object({
  results: Type.Array(SubmitResult, { maxItems: 2 }),
  snapshot: Type.Optional(Snapshot),
  seals: Seals,
});

export const SnapshotRequest = Type.Object({
  room: RoomId,
  seq: Count,
  from: Type.Integer({ minimum: 0, maximum: 255 }),
});
export const SnapshotAnswer = Type.Object({
  entries: Type.Array(SnapshotEntry, { maxItems: 20_000 }),
  covered: Type.Integer({ minimum: 1, maximum: 256 }),
});

export const MailboxRequest = Type.Object({ items: Type.Array(Type.String(), { minItems: 1, maxItems: 16 }) });
export const MailboxAnswer = Type.Object({
  results: Type.Array(
    Type.Union([
      Type.Object({ status: Type.Literal('ok') }),
      Type.Object({ status: Type.Literal('retry'), after: WaitS }),
      Type.Object({ status: Type.Literal('denied'), code: ErrorName }),
    ]),
    { maxItems: 16 },
  ),
});

/** Kind, room and address are checked where they are read: an unknown signal is dropped, not refused. */
export const Signal = Type.Object({
  kind: Type.String({ maxLength: 64 }),
  room: Type.String({ maxLength: 64 }),
  from: Type.String({ maxLength: 128 }),
  counter: Count,
  seq: Type.Optional(Count),
  state: Type.Optional(Type.String({ maxLength: 16 })),
});
export const SignalsRequest = Type.Object({ items: Type.Array(Signal, { minItems: 1, maxItems: 256 }) });
export const SignalsAnswer = Type.Object({});

export const DirectoryRequest = Type.Union([
  Type.Object({ statement: Bytes32 }),
  Type.Object({ profile: Address, for: Type.Optional(Address) }),
  Type.Object({ handle: Address }),
  Type.Object({ link: Bytes32 }),
  Type.Object({ alias: Alias }),
  Type.Object({ room: RoomId }),
]);
/** What a room shows of itself to people who are not in it. */
const face = {
  title: Type.Union([Type.String({ maxLength: 512 }), Type.Null()]),
  about: Type.Optional(Type.String({ maxLength: 2048 })),
  alias: Type.Optional(Alias),
  members: Count,
};
export const DirectoryAnswer = Type.Union([
  Type.Object({ statement: JwsText }),
  Type.Object({
    profile: Type.Object({
      address: Address,
      name: Type.String({ maxLength: 512 }),
      bio: Type.Optional(Type.String({ maxLength: 1024 })),
      status: Type.Optional(Type.String({ maxLength: 512 })),
      handle: Type.Optional(Address),
    }),
  }),
  Type.Object({ handle: Type.Object({ address: Address, names: Address }) }),
  Type.Object({
    link: Type.Object({ jws: JwsText, ...face }),
  }),
  Type.Object({ alias: Type.Object({ room: RoomId, hub: Domain }) }),
  Type.Object({ room: Type.Object(face) }),
]);

const ReportState = Type.Unsafe<'received' | 'acted' | 'declined'>({
  type: 'string',
  enum: ['received', 'acted', 'declined'],
});
const EventEvidence = Type.Object({
  record: Type.Object({
    epoch: Epoch,
    seq: Count,
    at: Count,
    jws: JwsText,
    content: Type.String({ maxLength: 65_536 }),
  }),
  statement: JwsText,
  prev: Bytes32,
  headers: Type.Array(WireHeader, { maxItems: 256 }),
  sealed: WireSealedHead,
  seals: Type.Array(JwsText, { minItems: 1, maxItems: 1 }),
  hubStatement: JwsText,
});
const MailEvidence = Type.Object({ mail: JwsText, statement: JwsText });
const ReportMade = Type.Object({ report: JwsText, evidence: Type.Union([EventEvidence, MailEvidence]) });
const Decisions = Type.Array(Type.Object({ report: Bytes32, state: ReportState }), { minItems: 1, maxItems: 64 });
export const ReportRequest = Type.Union([ReportMade, Type.Object({ decisions: Decisions })]);
export const ReportAnswer = Type.Union([Type.Object({ state: ReportState }), Type.Object({ taken: Count })]);

/** Which budget of a peer a verb is charged to. */
export type VerbClass = 'write' | 'read' | 'mailbox' | 'signals';

/** The verbs of version 0.1: budget class, body and answer of each. */
export const federationVerbs = {
  submit: { class: 'write', request: SubmitRequest, answer: SubmitAnswer },
  push: { class: 'write', request: PushRequest, answer: PushAnswer },
  log: { class: 'read', request: LogRequest, answer: LogAnswer },
  heads: { class: 'read', request: HeadsRequest, answer: HeadsAnswer },
  join: { class: 'write', request: JoinRequest, answer: JoinAnswer },
  snapshot: { class: 'read', request: SnapshotRequest, answer: SnapshotAnswer },
  mailbox: { class: 'mailbox', request: MailboxRequest, answer: MailboxAnswer },
  signals: { class: 'signals', request: SignalsRequest, answer: SignalsAnswer },
  report: { class: 'write', request: ReportRequest, answer: ReportAnswer },
  directory: { class: 'read', request: DirectoryRequest, answer: DirectoryAnswer },
} as const;

export type FederationVerb = keyof typeof federationVerbs;
export type FederationRequest<Verb extends FederationVerb> = Static<(typeof federationVerbs)[Verb]['request']>;
export type FederationAnswer<Verb extends FederationVerb> = Static<(typeof federationVerbs)[Verb]['answer']>;

/** Published as `<verb>-request.json` and `<verb>-answer.json`. */
export const federationSchemas: Readonly<Record<string, TSchema>> = Object.fromEntries(
  Object.entries(federationVerbs).flatMap(([verb, { request, answer }]): [string, TSchema][] => [
    [`${verb}-request`, request],
    [`${verb}-answer`, answer],
  ]),
);
