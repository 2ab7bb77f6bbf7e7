import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Domain } from '../protocol/identifiers.js';
import type { Database } from './database.js';
import type { MailRow } from './peer-rows.js';
import { perDatabase } from './per-database.js';
import { requireAtMost } from './require-at-most.js';
import { outboxMail } from './schema.js';
import { issue, numberArray } from './sql-values.js';
import type { Page } from './store-types.js';

const boxMax = 10_000;
const given = sql.placeholder;

const queriesOf = perDatabase(({ cold }) => ({
  list: cold
    .select({
      n: outboxMail.n,
      domain: sql<Domain>`${outboxMail.domain}`,
      jws: outboxMail.jws,
      until: outboxMail.until,
    })
    .from(outboxMail)
    .where(and(eq(outboxMail.domain, given('domain')), gt(outboxMail.n, given('after'))))
    .orderBy(asc(outboxMail.n))
    .limit(given('limit'))
    .prepare('list_mail'),
  domains: cold
    .selectDistinct({ domain: sql<Domain>`${outboxMail.domain}` })
    .from(outboxMail)
    .where(gt(outboxMail.domain, given('after')))
    .orderBy(asc(outboxMail.domain))
    .limit(given('limit'))
    .prepare('mail_domains'),
}));

const add = `INSERT INTO outbox_mail (domain, jws, until)
  SELECT $1, $2, $3 WHERE (SELECT count(*) FROM outbox_mail WHERE domain = $1) < $4 RETURNING n`;
const remove = 'DELETE FROM outbox_mail WHERE domain = $1 AND n = ANY ($2::bigint[])';

/** @see PeerStore.addMail */
export async function addMail(db: Database, mail: { domain: Domain; jws: string; until: number }): Promise<boolean> {
  const added = await issue(db.sql, add, [mail.domain, mail.jws, mail.until, boxMax]);
  return added.length > 0;
}

export function listMail(db: Database, domain: Domain, { after, limit }: Page<number>): Promise<MailRow[]> {
  return queriesOf(db).list.execute({ domain, after: after ?? 0, limit });
}

export async function mailDomains(db: Database, { after, limit }: Page<Domain>): Promise<Domain[]> {
  const rows = await queriesOf(db).domains.execute({ after: after ?? '', limit });
  return rows.map((row) => row.domain);
}

export async function removeMail(db: Database, domain: Domain, ns: readonly number[]): Promise<void> {
  requireAtMost(1024, ns);
  await issue(db.sql, remove, [domain, numberArray(ns)]);
}
