import { Type } from 'typebox';
import {
  Address,
  Block,
  Domain,
  EventId,
  Me,
  PlainContent,
  Report,
  Request,
  RoomId,
  RoomSummary,
  Seq,
  Session,
  Time,
  Ward,
  count,
  draftMembers,
  nullable,
  object,
  oneOf,
  pinned,
  text,
} from './client-parts.js';

/** Shapes of what people do for themselves: whom they look out for, what they keep about rooms, what they look up. */

/** now; within three days; within a week; before */
export const PresenceState = oneOf('online', 'recently', 'week', 'long-ago');
export const PresenceWatch = object({ addresses: Type.Array(Address, { maxItems: 200, uniqueItems: true }) });
export const ReadList = object({ reads: Type.Array(object({ address: Address, seq: Seq }), { maxItems: 100 }) });

export const RoomPreferencesChange = object({
  muted: Type.Optional(nullable(Time)),
  pinned: Type.Optional(nullable(pinned)),
  draft: Type.Optional(nullable(object(draftMembers))),
});

export const SearchResult = object({
  room: RoomId,
  seq: Seq,
  at: Time,
  id: EventId,
  sender: Address,
  /** the beginning of what it says now */
  text: Type.String({ maxLength: 300 }),
});
export const SearchResults = object({
  results: Type.Array(SearchResult, { maxItems: 50 }),
  /** records that were not looked at yet */
  behind: count(),
  oldest: Type.Optional(Time),
});
export const CloseRequest = object({ password: text(1, 256), content: oneOf('keep', 'delete') });
export const ExportHeader = object({
  export: oneOf('payvand-account'),
  version: Type.Literal(1),
  address: Address,
  by: Domain,
  at: Time,
});
export const ExportEnd = object({ exported: object({ rooms: count() }) });
/** A line of an export. Between those of `room` and what comes after it stand the lines of an archive. */
export const ExportLine = Type.Union([
  ExportHeader,
  object({ me: Me }),
  object({ session: Session }),
  object({ block: Block }),
  object({ request: Request }),
  object({ report: Report }),
  object({ ward: Ward }),
  object({ room: RoomSummary }),
  object({ unsealed: PlainContent }),
  ExportEnd,
  PlainContent,
]);
