import type { Address, Domain } from '../protocol/identifiers.js';
import type { SigningKey } from '../protocol/key-thumbprint.js';
import type { Store } from '../storage/store-types.js';
import type { Log } from '../log.js';
import type { createBells } from './bells.js';
import type { Discovery } from '../transport/discovery.js';
import type { PeerClient } from '../transport/peer-client.js';
import type { KeyStatement } from '../protocol/key-statement.js';
import type { RoomCache } from './room-cache.js';
import type { RoomWriter } from './write-rooms.js';

export interface Clock {
  /** milliseconds since 1970 */
  now(): number;
}

export interface Random {
  bytes(count: number): Buffer;
}

/** Calls a timer off; no effect once it has run. */
export type Cancel = () => void;

/** Time as an argument. No timer keeps the process alive. */
export interface Timers {
  after(ms: number, run: () => void): Cancel;
  every(ms: number, run: () => void): Cancel;
  /** once everything that has arrived by now has been seen */
  soon(run: () => void): void;
}

/** The provider's own online keys and the statement that lists them. */
export interface OwnKeys {
  readonly event: SigningKey;
  readonly seal: SigningKey;
  readonly statement: {
    readonly hash: string;
    readonly version: number;
    readonly jws: string;
    readonly parsed: KeyStatement;
  };
}

/** What services are made of; each takes the part it uses. Built once, in main.ts. */
export interface ServiceDeps {
  readonly domain: Domain;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: Timers;
  readonly log: Log;
  /** read on every use: keys change while the server runs */
  readonly keys: { readonly current: OwnKeys };
  readonly peers: PeerClient;
  readonly directory: Pick<Discovery, 'statementOf' | 'isActive'>;
  readonly bells: ReturnType<typeof createBells>;
  readonly rooms: RoomCache;
  readonly writer: RoomWriter;
  /** the account behind one of our own addresses; undefined when there is none or it is closed */
  readonly accountIdOf: (address: Address) => Promise<number | undefined>;
}
