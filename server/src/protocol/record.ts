import { bytes32, isCount, isJsonObject } from './json-shape.js';
import type { EventId, RoomId } from './identifiers.js';
import { parseEventId } from './identifiers.js';
import { sha256 } from './hash.js';

/** A record without its event's signed form and content: enough to follow the chain. */
export interface RecordHeader {
  readonly epoch: number;
  readonly seq: number;
  readonly at: number;
  readonly event: EventId;
  readonly jwsHash: Buffer;
}

/** A record with its event, as it travels; the JWS and the statement are not parsed yet. */
export interface FullRecord {
  readonly epoch: number;
  readonly seq: number;
  readonly at: number;
  readonly jws: string;
  readonly content: string | null;
  readonly statement?: string;
}

export interface WireHeader {
  readonly epoch: number;
  readonly seq: number;
  readonly at: number;
  readonly event: string;
  readonly jwsHash: string;
}

/** What stands before the record at seq 0. */
export const ZERO_HASH = Buffer.alloc(32);

const EPOCH_MAX = 0xffff_ffff;
const TAG = 'payvand-record\0';
const ROOM_AT = TAG.length;
const EPOCH_AT = ROOM_AT + 32;
const SEQ_AT = EPOCH_AT + 4;
const TIME_AT = SEQ_AT + 8;
const PREV_AT = TIME_AT + 8;
const EVENT_AT = PREV_AT + 32;
const JWS_AT = EVENT_AT + 32;
const LENGTH = JWS_AT + 32;

// One buffer for all: hashing is synchronous and the bytes are gone into the hash before anyone else comes.
const scratch = Buffer.alloc(LENGTH);
scratch.write(TAG, 'latin1');

/**
 * Chains a record to the one before it.
 *
 * @param prev hash of the record before, `ZERO_HASH` at seq 0
 * @returns 32 bytes
 * @see PV-REC-003, PV-REC-004
 */
export function recordHash(room: RoomId, header: RecordHeader, prev: Buffer): Buffer {
  scratch.write(room.slice(1), ROOM_AT, 'base64url');
  scratch.writeUInt32BE(header.epoch, EPOCH_AT);
  writeUInt64(scratch, header.seq, SEQ_AT);
  writeUInt64(scratch, header.at, TIME_AT);
  scratch.set(prev, PREV_AT);
  scratch.write(header.event.slice(1), EVENT_AT, 'base64url');
  scratch.set(header.jwsHash, JWS_AT);
  return sha256(scratch);
}

/** Writes a safe integer as eight big-endian bytes, without the cost of a bigint. */
export function writeUInt64(into: Buffer, value: number, offset: number): void {
  const high = Math.floor(value / 2 ** 32);
  into.writeUInt32BE(high, offset);
  into.writeUInt32BE(value - high * 2 ** 32, offset + 4);
}

/** @see PV-REC-006 */
export function headerToWire(header: RecordHeader): WireHeader {
  const { epoch, seq, at, event, jwsHash } = header;
  return { epoch, seq, at, event, jwsHash: jwsHash.toString('base64url') };
}

/** @see PV-REC-006 */
export function headerFromWire(json: unknown): RecordHeader | undefined {
  if (!isJsonObject(json) || !isEpoch(json['epoch']) || !isCount(json['seq']) || !isCount(json['at'])) return undefined;
  const event = parseEventId(json['event']);
  const jwsHash = bytes32(json['jwsHash']);
  if (event === undefined || jwsHash === undefined) return undefined;
  return { epoch: json['epoch'], seq: json['seq'], at: json['at'], event, jwsHash };
}

/**
 * Reads an item of a record list: a full record (it has `jws`) or a header.
 *
 * @returns undefined when it is neither
 * @see PV-REC-005, PV-REC-006
 */
export function recordFromWire(json: unknown): FullRecord | RecordHeader | undefined {
  if (!isJsonObject(json) || json['jws'] === undefined) return headerFromWire(json);
  const { epoch, seq, at, jws, content, statement } = json;
  if (!isEpoch(epoch) || !isCount(seq) || !isCount(at) || typeof jws !== 'string') return undefined;
  if (content !== null && typeof content !== 'string') return undefined;
  if (statement === undefined) return { epoch, seq, at, jws, content };
  return typeof statement === 'string' ? { epoch, seq, at, jws, content, statement } : undefined;
}

/** Whether a value is an integer that fits the four bytes of an epoch. */
export function isEpoch(value: unknown): value is number {
  return isCount(value) && value <= EPOCH_MAX;
}
