import { Type } from 'typebox';
import type { TObject, TSchema } from 'typebox';
import { Address, Limit, RoomId } from './client-parts.js';
import type { ErrorCode } from './error-codes.js';

/** One endpoint of the client API. `{name}` in a path is a parameter; an answer of null has no body. */
export interface ClientEndpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly summary: string;
  /** no token needed */
  readonly open?: true;
  readonly params?: TObject;
  readonly query?: TObject;
  readonly body?: TSchema;
  readonly bodyBytesMax?: number;
  readonly answers: Readonly<Record<number, TSchema | null>>;
  /** the answer is a stream of such objects, one a line */
  readonly lines?: true;
  /** beside the codes any endpoint may answer */
  readonly codes?: readonly ErrorCode[];
}

/** Under which every path of the client API lies. */
export const clientBase = '/client/v1';

const KiB = 1024;
/** Most bytes of a body whose endpoint names no other limit. */
export const clientBodyBytesMax = 16 * KiB;
/** Most bytes of a send, by POST or as an op of the stream. */
export const clientSendBytesMax = 128 * KiB;

/** Codes any endpoint may answer, with `bad-token` where a token is needed. */
export const clientCommonCodes = [
  'bad-json',
  'bad-request',
  'too-large',
  'over-budget',
  'internal',
  'overloaded',
  'unavailable',
] as const satisfies readonly ErrorCode[];

/** A rule of the room, or its hub, refused the event. */
export const ruleCodes = [
  'bad-event',
  'until-passed',
  'seen-mismatch',
  'prior-mismatch',
  'not-member',
  'wrong-sender',
  'not-invited',
  'no-right',
  'rank',
  'state-full',
  'poll-closed',
  'timer',
  'quarantined',
  'hub-unreachable',
] as const satisfies readonly ErrorCode[];

export const ofRoom = Type.Object({ room: RoomId });
export const ofRoomAndAddress = Type.Object({ room: RoomId, address: Address });
export const ofAddress = Type.Object({ address: Address });

/** The query of a list that is read in pages, by the key it is ordered by. */
export const pageAfter = <Key extends TSchema>(key: Key) =>
  Type.Object({ after: Type.Optional(key), limit: Type.Optional(Limit) });
