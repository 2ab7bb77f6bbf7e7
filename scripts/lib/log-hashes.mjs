// Hashes that chain a log and fold its state.
import { base64url, sha256 } from './signed-objects.mjs';

const bytes32 = (text) => Buffer.from(text.slice(-43), 'base64url');

export function recordHash(room, { epoch, seq, at, event, jwsHash }, prev) {
  const numbers = Buffer.alloc(20);
  numbers.writeUInt32BE(epoch);
  numbers.writeBigUInt64BE(BigInt(seq), 4);
  numbers.writeBigUInt64BE(BigInt(at), 12);
  const parts = [Buffer.from('payvand-record\0'), bytes32(room), numbers, ...[prev, event, jwsHash].map(bytes32)];
  return base64url(sha256(Buffer.concat(parts)));
}

/** @param entries `{type, key, id}` */
export function stateHash(entries) {
  const buckets = Array.from({ length: 256 }, () => []);
  for (const entry of entries) buckets[sha256(`${entry.type}\0${entry.key}`)[0]].push(entry);
  return base64url(sha256(Buffer.concat([Buffer.from('payvand-state\0'), ...buckets.map(bucketHash)])));
}

function bucketHash(entries) {
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const ordered = [...entries].sort((a, b) => compare(a.type, b.type) || compare(a.key, b.key));
  return sha256(Buffer.concat(ordered.flatMap(({ type, key, id }) => [prefixed(type), prefixed(key), bytes32(id)])));
}

function prefixed(text) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, Buffer.from(text, 'ascii')]);
}
