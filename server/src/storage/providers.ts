import { asc, eq, gt, sql } from 'drizzle-orm';
import type { Domain } from '../protocol/identifiers.js';
import type { Database } from './database.js';
import type { ContactOutcome, ProviderRow } from './peer-rows.js';
import { perDatabase } from './per-database.js';
import { providers } from './schema.js';
import { issue } from './sql-values.js';
import type { Page } from './store-types.js';

const given = sql.placeholder;
const row = {
  domain: sql<Domain>`${providers.domain}`,
  document: providers.document,
  firstSeen: providers.first_seen,
  fetchedAt: providers.fetched_at,
  blocked: providers.blocked,
  limitFactor: providers.limit_factor,
  contactsAsked: providers.contacts_asked,
  contactsGranted: providers.contacts_granted,
  contactsReported: providers.contacts_reported,
};
// Halved when there are many, so that what was long ago counts less and less.
const countContact = (outcome: ContactOutcome): string => {
  const names: readonly ContactOutcome[] = ['asked', 'granted', 'reported'];
  const sums = names.map(
    (name) =>
      `contacts_${name} = (p.contacts_${name} + excluded.contacts_${name}) / CASE WHEN p.contacts_asked >= 1000 THEN 2 ELSE 1 END`,
  );
  return `INSERT INTO providers AS p (domain, first_seen, fetched_at, contacts_${outcome})
    VALUES ($1, floor(extract(epoch FROM clock_timestamp()) * 1000), 0, 1)
    ON CONFLICT (domain) DO UPDATE SET ${sums.join(', ')}`;
};
const fresh = { domain: given('domain'), first_seen: given('at'), fetched_at: given('fetchedAt') };

const queriesOf = perDatabase(({ cold }) => ({
  find: cold
    .select(row)
    .from(providers)
    .where(eq(providers.domain, given('domain')))
    .prepare('find_provider'),
  list: cold
    .select(row)
    .from(providers)
    .where(gt(providers.domain, given('after')))
    .orderBy(asc(providers.domain))
    .limit(given('limit'))
    .prepare('list_providers'),
  saveDocument: cold
    .insert(providers)
    .values({ ...fresh, document: given('document') })
    .onConflictDoUpdate({
      target: providers.domain,
      set: { document: sql`excluded.document`, fetched_at: sql`excluded.fetched_at` },
    })
    .prepare('save_document'),
  setBlocked: cold
    .insert(providers)
    .values({ ...fresh, blocked: given('blocked') })
    .onConflictDoUpdate({ target: providers.domain, set: { blocked: sql`excluded.blocked` } })
    .prepare('set_blocked'),
  setLimitFactor: cold
    .insert(providers)
    .values({ ...fresh, limit_factor: given('factor') })
    .onConflictDoUpdate({ target: providers.domain, set: { limit_factor: sql`excluded.limit_factor` } })
    .prepare('set_limit_factor'),
}));

export async function findProvider(db: Database, domain: Domain): Promise<ProviderRow | undefined> {
  const [provider] = await queriesOf(db).find.execute({ domain });
  return provider;
}

export function listProviders(db: Database, { after, limit }: Page<Domain>): Promise<ProviderRow[]> {
  return queriesOf(db).list.execute({ after: after ?? '', limit });
}

export async function saveDocument(
  db: Database,
  domain: Domain,
  { document, at }: { document: string; at: number },
): Promise<void> {
  await queriesOf(db).saveDocument.execute({ domain, document, at, fetchedAt: at });
}

export async function setBlocked(
  db: Database,
  domain: Domain,
  { blocked, at }: { blocked: boolean; at: number },
): Promise<void> {
  await queriesOf(db).setBlocked.execute({ domain, blocked, at, fetchedAt: 0 });
}

export async function setLimitFactor(
  db: Database,
  domain: Domain,
  { factor, at }: { factor: number; at: number },
): Promise<void> {
  await queriesOf(db).setLimitFactor.execute({ domain, factor, at, fetchedAt: 0 });
}

/** @see PeerStore.countContacts */
export async function countContacts(db: Database, domain: Domain, outcome: ContactOutcome): Promise<void> {
  await issue(db.coldSql, countContact(outcome), [domain]);
}
