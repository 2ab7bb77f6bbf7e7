import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import { WireHead, WireHeader, WireRecord, WireSealedHead } from './federation-parts.js';
import {
  Address,
  Bytes16,
  Bytes32,
  Bytes64,
  Count,
  Domain,
  EventId,
  Jws,
  RoleName,
  RoomId,
  Version,
  line,
  oneOf,
} from './format-parts.js';

const SealPayload = Type.Object({
  hub: Domain,
  at: Count,
  root: Bytes32,
  size: Type.Integer({ minimum: 1, maximum: 65_536 }),
});

const StatementKey = Type.Object({
  x: Bytes32,
  use: oneOf('event', 'seal', 'request'),
  status: oneOf('active', 'retired'),
});
const StatementPayload = Type.Object({
  provider: Domain,
  version: Version,
  issued: Count,
  roots: Type.Array(Bytes32, { minItems: 1, maxItems: 2 }),
  keys: Type.Array(StatementKey, { minItems: 1, maxItems: 12 }),
});

const Names = Type.Array(line(1, 64), { maxItems: 16 });
const ProviderPayload = Type.Object({
  provider: Domain,
  version: Version,
  issued: Count,
  expires: Count,
  endpoint: Type.String({ pattern: '^https://[a-z0-9.-]+$' }),
  statement: Jws,
  versions: Names,
  profiles: Names,
  limits: Type.Record(Type.String(), Count, { maxProperties: 64 }),
  contacts: Type.Record(Type.String(), line(1, 256), { maxProperties: 64 }),
  status: line(1, 64),
});

const InvitePayload = Type.Object({
  room: RoomId,
  hub: Domain,
  by: Address,
  to: Address,
  until: Count,
  nonce: Bytes16,
  after: Type.Optional(EventId),
});

const LinkPayload = Type.Object({
  room: RoomId,
  hub: Domain,
  by: Address,
  link: Bytes32,
  until: Count,
  nonce: Bytes16,
  role: Type.Optional(RoleName),
  approve: Type.Optional(Type.Literal(true)),
  uses: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
});

const MailPayload = Type.Object({
  from: Address,
  to: Type.Union([Address, Domain]),
  kind: Type.String(),
  nonce: Bytes16,
  until: Count,
  body: Type.Object({}),
});
const InviteMailBody = Type.Object({
  create: Type.Object({ jws: Jws, content: Type.String(), statement: Jws }),
  invite: Jws,
  intro: Type.Optional(line(1, 200)),
});

const KnockMailBody = Type.Object({ link: Jws, proof: Bytes64, intro: Type.Optional(line(1, 200)) });

const RoomKnockMailBody = Type.Object({ room: RoomId, intro: Type.Optional(line(1, 200)) });
const KnockAnswerMailBody = Type.Object({ room: RoomId, person: Address, answer: oneOf('accepted', 'ignored') });

const ReportPayload = Type.Object({
  from: Domain,
  to: Domain,
  sender: Address,
  item: Bytes32,
  reason: oneOf('spam', 'abuse', 'violence', 'child', 'illegal', 'other'),
  note: Type.Optional(line(1, 500)),
  at: Count,
  nonce: Bytes16,
});

const DenialPayload = Type.Object({
  hub: Domain,
  room: RoomId,
  event: EventId,
  code: Type.String({ pattern: '^[a-z][a-z0-9-]{0,63}$' }),
  rule: Type.Union([Type.String({ pattern: '^R[1-9][0-9]?$' }), Type.Null()]),
  at: Count,
});

/** Shapes of records, heads and every signed object that is not an event. */
export const signedFormats: Readonly<Record<string, TSchema>> = {
  record: WireRecord,
  'record-header': WireHeader,
  head: WireHead,
  'sealed-head': WireSealedHead,
  'seal-payload': SealPayload,
  'statement-payload': StatementPayload,
  'provider-payload': ProviderPayload,
  'invite-payload': InvitePayload,
  'link-payload': LinkPayload,
  'mail-payload': MailPayload,
  'invite-mail-body': InviteMailBody,
  'knock-mail-body': KnockMailBody,
  'room-knock-mail-body': RoomKnockMailBody,
  'knock-answer-mail-body': KnockAnswerMailBody,
  'denial-payload': DenialPayload,
  'report-payload': ReportPayload,
};
