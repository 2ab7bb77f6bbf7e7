import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import { SnapshotEntry, WireHeader, WireRecord, WireSealedHead } from './federation-parts.js';
import { Bytes32, Count, Domain, Jws, line, RoomId } from './format-parts.js';
import { messageMembers } from './message-content.js';

/** A line brings the seal of its one head. */
const Seals = Type.Array(Jws, { minItems: 1, maxItems: 1 });

const Header = Type.Object({
  archive: Type.Literal('payvand-room'),
  version: Type.Literal(1),
  room: RoomId,
  hub: Domain,
  by: Domain,
  at: Count,
  first: Count,
  /** hash of the record before the first; absent when that is seq 0 */
  prev: Type.Optional(Bytes32),
  providers: Type.Array(Type.Object({ provider: Domain, root: Bytes32 }), { maxItems: 512 }),
});

const EquivocationProof = Type.Object({
  room: RoomId,
  hub: Domain,
  prev: Bytes32,
  branches: Type.Array(Type.Object({ headers: Type.Array(WireHeader, { minItems: 1 }), sealed: WireSealedHead }), {
    minItems: 2,
    maxItems: 2,
  }),
  seals: Type.Array(Jws, { minItems: 1, maxItems: 2 }),
});

const PersonOfSource = Type.Object({ id: Type.Optional(line(1, 64)), name: Type.Optional(line(1, 128)) });
const ImportedHeader = Type.Object({
  imported: Type.Literal('payvand-imported'),
  version: Type.Literal(1),
  from: Type.Literal('telegram-desktop'),
  chat: Type.Object({ id: Type.String(), kind: Type.String(), title: Type.Union([Type.String(), Type.Null()]) }),
  at: Count,
  key: Bytes32,
});
const ImportedMedia = Type.Object({
  kind: Type.String(),
  name: Type.Optional(line(1, 128)),
  mime: Type.Optional(line(1, 64)),
  bytes: Type.Optional(Count),
  seconds: Type.Optional(Count),
  width: Type.Optional(Count),
  height: Type.Optional(Count),
  emoji: Type.Optional(line(1, 16)),
  missing: Type.Optional(Type.Literal(true)),
});
const place = {
  id: Count,
  at: Count,
  local: Type.Optional(Type.Literal(true)),
  by: Type.Optional(PersonOfSource),
};
const ImportedMessage = Type.Object({
  ...place,
  content: Type.Optional(Type.Object(messageMembers)),
  edited: Type.Optional(Count),
  reply: Type.Optional(Count),
  forwarded: Type.Optional(PersonOfSource),
  via: Type.Optional(line(1, 128)),
  media: Type.Optional(ImportedMedia),
  tally: Type.Optional(Type.Array(Count, { maxItems: 64 })),
  reactions: Type.Optional(Type.Array(Type.Object({ emoji: line(1, 32), count: Count }), { maxItems: 64 })),
});
const ImportedService = Type.Object({
  ...place,
  action: Type.String(),
  people: Type.Optional(Type.Array(line(1, 128), { maxItems: 200 })),
  title: Type.Optional(line(1, 128)),
  about: Type.Optional(Count),
});

/** Lines of an archive, by kind, and what two archives prove. */
export const archiveFormats: Readonly<Record<string, TSchema>> = {
  'archive-header': Header,
  'archive-entry': Type.Object({ entry: SnapshotEntry }),
  'archive-snapshot': Type.Object({ snapshot: WireSealedHead, seals: Seals }),
  'archive-record': Type.Object({ record: Type.Union([WireRecord, WireHeader]), hash: Bytes32 }),
  'archive-sealed': Type.Object({ sealed: WireSealedHead, seals: Seals }),
  'archive-end': Type.Object({ end: Type.Object({ records: Count }), sealed: WireSealedHead, seals: Seals }),
  'equivocation-proof': EquivocationProof,
  'imported-header': ImportedHeader,
  'imported-message': Type.Object({ message: ImportedMessage }),
  'imported-service': Type.Object({ service: ImportedService }),
  'imported-end': Type.Object({ end: Type.Object({ messages: Count, services: Count }), seal: Jws }),
};
