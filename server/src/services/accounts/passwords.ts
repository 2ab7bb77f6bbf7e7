import { scrypt, timingSafeEqual } from 'node:crypto';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { Random } from '../deps.js';

export interface Passwords {
  /** @throws ProtocolError `overloaded` (too many are waiting) */
  hash(password: string): Promise<string>;
  /**
   * @param stored what `hash` gave; undefined costs the same time and never fits
   * @throws ProtocolError `overloaded` (too many are waiting)
   */
  verify(password: string, stored: string | undefined): Promise<boolean>;
}

export interface PasswordOptions {
  readonly random: Random;
  /** hashes computed at once: they share Node's few threads with the file system and name look-ups */
  readonly concurrency?: number;
  /** hashes that may wait for their turn */
  readonly waitingMax?: number;
  /** base-2 logarithm of scrypt's N */
  readonly cost?: number;
}

const SALT_BYTES = 16;
const HASH_BYTES = 32;
const BLOCK_SIZE = 8;

/** Hashes passwords with scrypt (32 MiB a hash at the usual cost), a few at a time. */
export function makePasswords({ random, concurrency = 1, waitingMax = 50, cost = 15 }: PasswordOptions): Passwords {
  const derive = makeTurns(concurrency, waitingMax);
  const decoy = { cost, salt: random.bytes(SALT_BYTES), hash: random.bytes(HASH_BYTES) };
  return {
    async hash(password) {
      const salt = random.bytes(SALT_BYTES);
      const hash = await derive(() => runScrypt(password, salt, cost));
      return ['scrypt', cost, salt.toString('base64url'), hash.toString('base64url')].join(':');
    },
    async verify(password, stored) {
      const known = stored === undefined ? undefined : parseStored(stored);
      const expected = known ?? decoy;
      const hash = await derive(() => runScrypt(password, expected.salt, expected.cost));
      return timingSafeEqual(hash, expected.hash) && known !== undefined;
    },
  };
}

function parseStored(stored: string): { cost: number; salt: Buffer; hash: Buffer } | undefined {
  const [scheme, cost = '', salt = '', text = ''] = stored.split(':');
  const hash = Buffer.from(text, 'base64url');
  if (scheme !== 'scrypt' || hash.length !== HASH_BYTES) return undefined;
  return { cost: Number(cost), salt: Buffer.from(salt, 'base64url'), hash };
}

/** Keyboards differ in how they compose letters, so that passwords are compared in one form (NFC). */
function runScrypt(password: string, salt: Buffer, cost: number): Promise<Buffer> {
  const options = { N: 2 ** cost, r: BLOCK_SIZE, p: 1, maxmem: 2 * 128 * 2 ** cost * BLOCK_SIZE };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, HASH_BYTES, options, (error, hash) => {
      if (error) reject(error);
      else resolve(hash);
    });
  });
}

function makeTurns(concurrency: number, waitingMax: number): <Result>(run: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (run) => {
    if (running >= concurrency) {
      if (waiting.length >= waitingMax) throw new ProtocolError('overloaded', { retryAfterS: 5 });
      // Whoever ends hands over its place, so that `running` stays as it is.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
