import { decode64, encode64 } from './base64url.js';
import { hashOf, sha256 } from './hash.js';
import { parseJws } from './jws.js';

export interface Place {
  readonly epoch: number;
  readonly seq: number;
  readonly at: number;
}

export interface Header extends Place {
  readonly event: string;
  readonly jwsHash: string;
}

/** A record as it travels. */
export interface FullRecord extends Place {
  readonly jws: string;
  readonly content: string | null;
  readonly statement?: string;
}

export const ZERO_HASH = 'A'.repeat(43);

/** SPEC PV-REC-003. */
export function recordBytes(room: string, header: Header, prev: string): Buffer {
  return Buffer.concat([
    Buffer.from('payvand-record\0'),
    rawOf(room),
    u32(header.epoch),
    u64(header.seq),
    u64(header.at),
    rawOf(prev),
    rawOf(header.event),
    rawOf(header.jwsHash),
  ]);
}

/** @returns base64url, as in sealed heads */
export function recordHash(room: string, header: Header, prev: string): string {
  return encode64(sha256(recordBytes(room, header, prev)));
}

/** SPEC PV-REC-006. @throws Fault */
export function headerOf(item: FullRecord | Header): Header {
  if (!('jws' in item)) return item;
  const { epoch, seq, at, jws } = item;
  return { epoch, seq, at, event: eventIdOf(jws), jwsHash: hashOf(jws) };
}

/** SPEC PV-ID-007. @throws Fault */
export function eventIdOf(jws: string): string {
  return `e${hashOf(parseJws(jws, 'payvand-event', 4096).payload)}`;
}

/** The 32 bytes of a hash or id. @throws Fault */
export function rawOf(text: string): Buffer {
  return decode64(text.slice(-43), 32);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
