import postgres from 'postgres';
import type { TestProvider } from './test-network.js';

export interface StoredRoom {
  readonly hub: string;
  readonly status: string;
  readonly code: string | null;
  readonly seq: number;
  readonly first: number;
  readonly hash: string;
  readonly state: string | null;
}

export interface StoredRecord {
  readonly seq: number;
  readonly id: string;
  readonly hash: string;
  readonly type: string;
  readonly void: string | null;
  readonly content: string | null;
}

/** What a provider's database holds, read past the provider. */
export class StoredRooms {
  readonly domain: string;
  readonly #sql: postgres.Sql<{ bigint: number }>;

  private constructor(domain: string, sql: postgres.Sql<{ bigint: number }>) {
    this.domain = domain;
    this.#sql = sql;
  }

  static async open(provider: TestProvider): Promise<StoredRooms> {
    return new StoredRooms(provider.domain, connectTo(await provider.databaseAddress()));
  }

  async close(): Promise<void> {
    await this.#sql.end({ timeout: 5 });
  }

  async rooms(): Promise<Map<string, StoredRoom>> {
    const rows = await this.#sql<(StoredRoom & { room: string })[]>`
      SELECT room_id AS room, hub, status, code, seq, first_seq AS first, encode(hash, 'hex') AS hash,
        encode(state_hash, 'hex') AS state FROM rooms`;
    return new Map(rows.map(({ room, ...rest }) => [room, rest]));
  }

  async log(room: string): Promise<StoredRecord[]> {
    return await this.#sql<StoredRecord[]>`
      SELECT seq, event_id AS id, encode(hash, 'hex') AS hash, type, void, content
      FROM log WHERE room_id = ${room} ORDER BY seq`;
  }

  /** The newest version of every entry. */
  async state(room: string): Promise<string[]> {
    const rows = await this.#sql<{ entry: string }[]>`
      SELECT DISTINCT ON (type, key) type || ' ' || key || ' ' || event_id AS entry
      FROM room_state WHERE room_id = ${room} ORDER BY type, key, seq DESC`;
    return rows.map(({ entry }) => entry);
  }

  /** How many submissions wait for a hub, and how many were refused. */
  async pending(): Promise<{ waiting: number; refused: number }> {
    const [row] = await this.#sql<{ waiting: number; refused: number }[]>`
      SELECT count(*) FILTER (WHERE state = 'pending') AS waiting, count(*) FILTER (WHERE state <> 'pending') AS refused
      FROM pending`;
    return row ?? { waiting: -1, refused: -1 };
  }

  async proofs(): Promise<number> {
    const [row] = await this.#sql<{ n: number }[]>`SELECT count(*) AS n FROM proofs`;
    return row?.n ?? -1;
  }
}

/** One connection of our own to a provider's database; counts come as numbers. */
export function connectTo(address: {
  host: string;
  port: number;
  database: string;
  user: string;
}): postgres.Sql<{ bigint: number }> {
  return postgres({
    ...{ ...address, max: 1, connect_timeout: 10, onnotice: () => undefined },
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
  });
}
