import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import type { TestNetwork } from './test-network.js';

/** How many rows a provider's database holds of an event, and what content. */
export interface HeldContent {
  readonly provider: string;
  readonly content: string | null;
}

/** Asks a provider's own database, past its API. */
export async function askDatabase<Row extends object>(
  network: TestNetwork,
  domain: string,
  { text, values = [] }: { text: string; values?: readonly (string | number)[] },
): Promise<Row[]> {
  const host = await realpath(join(network.provider(domain).dataDir, 'database', 'socket'));
  const sql = postgres({ host, port: 5432, user: 'payvand', database: 'postgres', max: 1, onnotice: () => undefined });
  try {
    return await sql.unsafe<Row[]>(text, [...values]);
  } finally {
    await sql.end();
  }
}

/** The content of an event as each provider's log keeps it. */
export async function contentsOf(
  network: TestNetwork,
  id: string,
  domains: readonly string[],
): Promise<readonly HeldContent[]> {
  const held = await Promise.all(
    domains.map(async (domain) => {
      const query = { text: 'SELECT content FROM log WHERE event_id = $1', values: [id] };
      const rows = await askDatabase<{ content: string | null }>(network, domain, query);
      return rows.map(({ content }) => ({ provider: domain, content }));
    }),
  );
  return held.flat();
}

/** In how many rows of log and waiting submissions a text still stands. */
export async function countText(network: TestNetwork, domain: string, words: string): Promise<number> {
  const text = `SELECT (SELECT count(*) FROM log WHERE position($1 in content) > 0)
    + (SELECT count(*) FROM pending WHERE position($1 in content) > 0) AS n`;
  const [row] = await askDatabase<{ n: string }>(network, domain, { text, values: [words] });
  return Number(row?.n ?? 0);
}
