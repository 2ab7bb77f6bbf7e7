import { encodeBase64url } from '../protocol/base64url.js';
import { sha256Base64url } from '../protocol/hash.js';
import { sealedToWire } from '../protocol/head.js';
import { domainOf } from '../protocol/identifiers.js';
import type { Address, Domain, EventId, RoomId } from '../protocol/identifiers.js';
import { isJsonObject } from '../protocol/json-shape.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { ZERO_HASH, headerToWire } from '../protocol/record.js';
import { buildReport } from '../protocol/report.js';
import type { ReportEvidence } from '../protocol/report-evidence.js';
import type { SentReport } from '../storage/report-rows.js';
import type { ServiceDeps } from './deps.js';
import type { LiveRoom } from './live-room.js';
import { readStretch } from './make-page.js';
import { visibleRange } from './read-rooms.js';
import type { Actor, ReportView, WantedReport } from './room-services.js';

type ReportDeps = Pick<ServiceDeps, 'domain' | 'store' | 'rooms' | 'clock' | 'random' | 'keys' | 'directory'> & {
  readonly ringReports: (peer: Domain) => void;
};

/** What is reported, with the proof that it was said, and whom it concerns. */
interface Reported {
  readonly item: string;
  readonly sender: Address;
  readonly room: RoomId | null;
  readonly evidence: ReportEvidence;
  readonly to: readonly Domain[];
}

const REPORTS_PER_DAY = 50;

/**
 * Reports an event or a request: kept here with its evidence, and sent to the hub, to the sender's provider and to our
 * own operator. Reporting the same again gives the first report.
 *
 * @throws ProtocolError `not-found` (nothing the person can see, or nothing that could be shown to others) · `unknown-room` ·
 * `list-full` (50 within a day)
 * @see PV-REP-001, PV-REP-009
 */
export async function makeReport(
  deps: ReportDeps,
  who: Actor,
  { about, reason, note }: WantedReport,
): Promise<ReportView> {
  const { item, sender, room, evidence, to } =
    'request' in about ? await findRequest(deps, who, about.request) : await findEvent(deps, who, about);
  const at = deps.clock.now();
  const copies = to.map((domain) => {
    const nonce = encodeBase64url(deps.random.bytes(16));
    const fields = {
      from: deps.domain,
      to: domain,
      sender,
      item,
      reason,
      at,
      nonce,
      ...(note !== undefined && { note }),
    };
    const { hash, jws } = buildReport(fields, deps.keys.current.event);
    return { domain, hash, jws };
  });
  const row = { accountId: who.accountId, at, item, sender, room, reason, evidence: JSON.stringify(evidence) };
  const added = await deps.store.addReport(row, { copies, perDay: REPORTS_PER_DAY });
  if (added === 'full') throw new ProtocolError('list-full');
  if (added === 'added') {
    const peer = domainOf(sender);
    if (peer !== deps.domain) await deps.store.countContacts(peer, 'reported');
    for (const domain of to) deps.ringReports(domain);
  }
  const kept = await deps.store.findReport(who.accountId, item);
  if (kept === undefined) throw new ProtocolError('not-found');
  return viewOfReport(kept);
}

/** What the account has reported, by id; `next` = `after` of the next page. */
export async function listReports(
  { store }: Pick<ReportDeps, 'store'>,
  who: Actor,
  page: { after?: string; limit: number },
): Promise<{ reports: readonly ReportView[]; next?: string }> {
  const rows = await store.listReports(who.accountId, page);
  const last = rows.length === page.limit ? rows.at(-1) : undefined;
  return { reports: rows.map(viewOfReport), ...(last && { next: last.item }) };
}

export function viewOfReport({ item: id, at, sender, room, reason, copies }: SentReport): ReportView {
  return { id, at, sender, reason, copies, ...(room !== null && { room }) };
}

async function findRequest(deps: ReportDeps, who: Actor, id: string): Promise<Reported> {
  const request = await deps.store.findRequest(who.accountId, id);
  const body: unknown = JSON.parse(request?.body ?? '{}');
  const mail = isJsonObject(body) ? body['mail'] : undefined;
  if (request === undefined || typeof mail !== 'string') throw new ProtocolError('not-found');
  const domain = domainOf(request.by);
  const statement =
    domain === deps.domain ? deps.keys.current.statement.parsed : await deps.directory.statementOf(domain);
  if (statement === undefined) throw new ProtocolError('hub-unreachable');
  const evidence = { mail, statement: statement.jws };
  return { item: sha256Base64url(mail), sender: request.by, room: null, evidence, to: unique(deps.domain, domain) };
}

async function findEvent(
  deps: ReportDeps,
  who: Actor,
  { room, event }: { room: RoomId; event: EventId },
): Promise<Reported> {
  const range = await visibleRange(deps, who, room);
  const live = await deps.rooms.get(room);
  if (range === undefined || live === undefined) throw new ProtocolError('unknown-room');
  const [row] = await deps.store.findEvents([[room, event]]);
  const isSeen = row !== undefined && row.seq >= range.from && row.seq <= (range.to ?? Infinity);
  if (!isSeen || row.jws === null || row.content === null || !row.sender.includes('@'))
    throw new ProtocolError('not-found');
  const sender = row.sender as Address;
  const { epoch, seq, at, jws, content } = row;
  const proof = await proofOf(deps, live, seq);
  const statement = statementOf(live, domainOf(sender));
  const hubStatement = statementOf(live, live.hub);
  const evidence = { record: { epoch, seq, at, jws, content }, statement, hubStatement, ...proof };
  return { item: event.slice(1), sender, room, evidence, to: unique(deps.domain, domainOf(sender), live.hub) };
}

/** The chain from a record to the next sealed head. */
async function proofOf({ store }: ReportDeps, live: LiveRoom, seq: number) {
  const stretch = await readStretch({ store }, live, seq - 1);
  const prev = seq === 0 ? ZERO_HASH : await store.recordHashAt(live.room, seq - 1);
  if (stretch === undefined || prev === undefined) throw new ProtocolError('not-found');
  const headers = stretch.records.slice(1).map(({ eventId: event, ...record }) => headerToWire({ ...record, event }));
  const seals: string[] = [];
  return { prev: encodeBase64url(prev), headers, sealed: sealedToWire(stretch.sealed, seals), seals };
}

function statementOf(live: LiveRoom, domain: Domain): string {
  const name = live.state.statementInForce(domain);
  const statement = name && live.statements.get(name.hash);
  if (statement === undefined) throw new ProtocolError('not-found');
  return statement.jws;
}

function unique(...domains: Domain[]): Domain[] {
  return [...new Set(domains)];
}
