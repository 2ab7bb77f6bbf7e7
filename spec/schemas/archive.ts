import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import { SnapshotEntry, WireHeader, WireRecord, WireSealedHead } from './federation-parts.js';
import { Bytes32, Count, Domain, Jws, RoomId } from './format-parts.js';

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

/** Lines of an archive, by kind, and what two archives prove. */
export const archiveFormats: Readonly<Record<string, TSchema>> = {
  'archive-header': Header,
  'archive-entry': Type.Object({ entry: SnapshotEntry }),
  'archive-snapshot': Type.Object({ snapshot: WireSealedHead, seals: Seals }),
  'archive-record': Type.Object({ record: Type.Union([WireRecord, WireHeader]), hash: Bytes32 }),
  'archive-sealed': Type.Object({ sealed: WireSealedHead, seals: Seals }),
  'archive-end': Type.Object({ end: Type.Object({ records: Count }), sealed: WireSealedHead, seals: Seals }),
  'equivocation-proof': EquivocationProof,
};
