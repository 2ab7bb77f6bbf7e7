import type { Domain } from '../protocol/identifiers.js';
import type { Database } from './database.js';
import type {
  CopyState,
  Decision,
  ReceivedReport,
  ReportCopy,
  ReportRow,
  SentReport,
  WaitingCopy,
} from './report-rows.js';
import { issue } from './sql-values.js';
import type { Page } from './store-types.js';

const add = `INSERT INTO reports (account_id, at, item, sender, room_id, reason, evidence)
  SELECT $1, $2, $3, $4, $5, $6, $7
  WHERE (SELECT count(*) FROM reports WHERE account_id = $1 AND at > $2::bigint - 86400000) < $8
  ON CONFLICT (account_id, item) DO NOTHING RETURNING item`;
const addCopy = `INSERT INTO report_copies (domain, at, account_id, hash, item, state, jws)
  VALUES ($1, $2, $3, $4, $5, 'waiting', $6)`;
const reportColumns = `r.account_id AS "accountId", r.at, r.item, r.sender, r.room_id AS room, r.reason,
  (SELECT coalesce(json_agg(json_build_object('provider', c.domain, 'state', c.state) ORDER BY c.domain), '[]')::text
   FROM report_copies c WHERE c.account_id = r.account_id AND c.item = r.item) AS copies`;
const selectPage = `SELECT ${reportColumns} FROM reports r WHERE r.account_id = $1 AND r.item > $2 ORDER BY r.item LIMIT $3`;
const selectOne = `SELECT ${reportColumns} FROM reports r WHERE r.account_id = $1 AND r.item = $2`;
const selectWaiting = `SELECT c.domain, c.hash, c.jws, r.evidence FROM report_copies c
  JOIN reports r ON r.account_id = c.account_id AND r.item = c.item
  WHERE c.domain = $1 AND c.state = 'waiting' AND r.evidence IS NOT NULL ORDER BY c.at LIMIT 1`;
const selectDomains = `SELECT domain FROM report_copies WHERE state = 'waiting'
  UNION SELECT domain FROM reports_received WHERE NOT told LIMIT $1`;
// What is decided stays decided, whatever comes late.
const setState = `UPDATE report_copies SET state = $3 WHERE domain = $1 AND hash = $2
  AND state <> $3 AND ($3 IN ('acted', 'declined') OR state = 'waiting')
  RETURNING account_id AS "accountId", item`;
const forgetEvidence = `UPDATE reports r SET evidence = NULL WHERE account_id = $1 AND item = $2 AND NOT EXISTS (
  SELECT FROM report_copies c WHERE c.account_id = r.account_id AND c.item = r.item AND c.state = 'waiting')`;
const receivedColumns = 'domain, at, hash, sender, room_id AS room, reason, note, state, jws, evidence';
const receive = `INSERT INTO reports_received (domain, at, hash, sender, room_id, reason, note, state, told, jws, evidence)
  SELECT $1, $2, $3, $4, $5, $6, $7, 'received', true, $8, $9
  WHERE (SELECT count(*) FROM (SELECT FROM reports_received WHERE domain = $1 LIMIT $10) kept) < $10
  ON CONFLICT (domain, hash) DO NOTHING`;
const selectReceived = `SELECT ${receivedColumns} FROM reports_received WHERE hash = $1`;
const selectReceivedPage = `SELECT ${receivedColumns} FROM reports_received WHERE hash > $1 ORDER BY hash LIMIT $2`;
const decide = `UPDATE reports_received SET state = $2, told = false WHERE hash = $1 RETURNING domain`;
const selectUntold = `SELECT hash AS report, state FROM reports_received WHERE domain = $1 AND NOT told LIMIT 64`;
const setToldText = 'UPDATE reports_received SET told = true WHERE domain = $1 AND hash = $2 AND state = $3';

/** @see ReportStore.addReport */
export function addReport(
  db: Database,
  report: ReportRow & { evidence: string },
  { copies, perDay }: { copies: readonly ReportCopy[]; perDay: number },
): Promise<'added' | 'known' | 'full'> {
  const { accountId, at, item, sender, room, reason, evidence } = report;
  return db.transaction(async (tx) => {
    const known = await issue(tx, 'SELECT FROM reports WHERE account_id = $1 AND item = $2', [accountId, item]);
    if (known.length > 0) return 'known';
    const added = await issue(tx, add, [accountId, at, item, sender, room, reason, evidence, perDay]);
    if (added.length === 0) return 'full';
    await Promise.all(
      copies.map(({ domain, hash, jws }) => issue(tx, addCopy, [domain, at, accountId, hash, item, jws])),
    );
    return 'added';
  });
}

type Selected = ReportRow & { readonly copies: string };

export async function findReport(db: Database, accountId: number, item: string): Promise<SentReport | undefined> {
  const [row] = await issue<Selected>(db.coldSql, selectOne, [accountId, item]);
  return row && sentReportFrom(row);
}

export async function listReports(db: Database, accountId: number, page: Page<string>): Promise<SentReport[]> {
  const rows = await issue<Selected>(db.coldSql, selectPage, [accountId, page.after ?? '', page.limit]);
  return rows.map(sentReportFrom);
}

function sentReportFrom(row: Selected): SentReport {
  return { ...row, copies: JSON.parse(row.copies) as SentReport['copies'] };
}

export async function nextReportCopy(db: Database, domain: Domain): Promise<WaitingCopy | undefined> {
  const [copy] = await issue<WaitingCopy>(db.coldSql, selectWaiting, [domain]);
  return copy;
}

export async function reportDomains(db: Database, limit: number): Promise<Domain[]> {
  const rows = await issue<{ domain: Domain }>(db.coldSql, selectDomains, [limit]);
  return rows.map(({ domain }) => domain);
}

/** @see ReportStore.setReportState */
export function setReportState(
  db: Database,
  { domain, hash }: { domain: Domain; hash: string },
  state: CopyState,
): Promise<{ accountId: number; item: string } | undefined> {
  return db.transaction(async (tx) => {
    const [changed] = await issue<{ accountId: number; item: string }>(tx, setState, [domain, hash, state]);
    if (changed !== undefined) await issue(tx, forgetEvidence, [changed.accountId, changed.item]);
    return changed;
  });
}

/** @see ReportStore.receiveReport */
export async function receiveReport(
  db: Database,
  report: Omit<ReceivedReport, 'state'>,
  max: number,
): Promise<ReceivedReport['state'] | undefined> {
  const { domain, at, hash, sender, room, reason, note, jws, evidence } = report;
  await issue(db.coldSql, receive, [domain, at, hash, sender, room, reason, note, jws, evidence, max]);
  const kept = await findReceived(db, hash);
  return kept?.domain === domain ? kept.state : undefined;
}

export async function findReceived(db: Database, hash: string): Promise<ReceivedReport | undefined> {
  const [report] = await issue<ReceivedReport>(db.coldSql, selectReceived, [hash]);
  return report;
}

export function listReceived(db: Database, { after = '', limit }: Page<string>): Promise<ReceivedReport[]> {
  return issue<ReceivedReport>(db.coldSql, selectReceivedPage, [after, limit]);
}

/** @see ReportStore.decideReport */
export async function decideReport(db: Database, hash: string, state: Decision): Promise<Domain | undefined> {
  const [decided] = await issue<{ domain: Domain }>(db.coldSql, decide, [hash, state]);
  return decided?.domain;
}

export function listUntold(db: Database, domain: Domain): Promise<{ report: string; state: Decision }[]> {
  return issue<{ report: string; state: Decision }>(db.coldSql, selectUntold, [domain]);
}

export async function setTold(
  db: Database,
  domain: Domain,
  decisions: readonly { report: string; state: Decision }[],
): Promise<void> {
  for (const { report, state } of decisions) await issue(db.coldSql, setToldText, [domain, report, state]);
}
