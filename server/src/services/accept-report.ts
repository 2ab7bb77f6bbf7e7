import type { FederationAnswer, FederationRequest } from '@payvand/spec';
import { domainOf } from '../protocol/identifiers.js';
import type { Domain } from '../protocol/identifiers.js';
import type { KeyStatement } from '../protocol/key-statement.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { checkEvidence } from '../protocol/report-evidence.js';
import type { ReportEvidence, Shown } from '../protocol/report-evidence.js';
import { parseReport, verifyReport } from '../protocol/report.js';
import type { Report } from '../protocol/report.js';
import type { Decision } from '../storage/report-rows.js';
import { noteOf } from './account-news.js';
import type { ServiceDeps } from './deps.js';

type ReportDeps = Pick<ServiceDeps, 'domain' | 'store' | 'rooms' | 'clock' | 'keys' | 'directory' | 'bells'>;
type Body = FederationRequest<'report'>;

/** What is kept of one provider's reports; beyond that it has to wait. */
const REPORTS_MAX = 2000;
const FULL_WAIT_S = 3600;
/** A content of the longest kind, escaped, with 256 headers and what else there is. */
const EVIDENCE_LENGTH_MAX = 512 * 1024;

/**
 * Takes a report after checking its evidence, or what others decided about reports of our people. The same report again
 * is answered with what became of it.
 *
 * @throws ProtocolError `bad-report` · `wrong-origin` · `over-budget` (2,000 of that provider are kept)
 * @see PV-REP-001 to PV-REP-012
 */
export async function acceptReport(
  deps: ReportDeps & { readonly penalize: (peer: Domain) => void },
  peer: Domain,
  body: Body,
): Promise<FederationAnswer<'report'>> {
  if ('decisions' in body) return { taken: await noteDecisions(deps, peer, body.decisions) };
  const report = parseReport(body.report);
  if (!report.ok) throw new ProtocolError('bad-report', { detail: report.detail });
  if (report.value.from !== peer) throw new ProtocolError('wrong-origin');
  try {
    return await keepReport(deps, report.value, body.evidence);
  } catch (cause) {
    if (cause instanceof ProtocolError && cause.code === 'bad-report') deps.penalize(peer);
    throw cause;
  }
}

/** As `acceptReport`, for a report whose form is good. */
export async function keepReport(
  deps: ReportDeps,
  report: Report,
  evidence: ReportEvidence,
): Promise<{ state: 'received' | 'acted' | 'declined' }> {
  const { from, to, hash, jws, sender, reason, note } = report;
  if (to !== deps.domain) throw new ProtocolError('bad-report', { detail: 'to' });
  const statement = from === deps.domain ? deps.keys.current.statement.parsed : await deps.directory.statementOf(from);
  if (statement === undefined || !verifyReport(report, statement))
    throw new ProtocolError('bad-report', { detail: 'signature' });
  const text = JSON.stringify(evidence);
  if (text.length > EVIDENCE_LENGTH_MAX) throw new ProtocolError('bad-report', { detail: 'too long' });
  const shown = checkEvidence(report, evidence);
  if (!shown.ok) throw new ProtocolError('bad-report', { detail: shown.detail });
  await requireConcerned(deps, report, shown.value);
  const room = shown.value.room ?? null;
  const row = { domain: from, at: deps.clock.now(), hash, sender, room, reason, note: note ?? null, jws };
  const state = await deps.store.receiveReport({ ...row, evidence: text }, REPORTS_MAX);
  if (state === undefined) throw new ProtocolError('over-budget', { retryAfterS: FULL_WAIT_S });
  return { state };
}

/** That the statements are those of the providers they name, and that we are one of those it concerns. */
async function requireConcerned(deps: ReportDeps, { sender, from }: Report, shown: Shown): Promise<void> {
  for (const statement of shown.statements)
    if (!(await isKnown(deps, statement))) throw new ProtocolError('bad-report', { detail: 'statement' });
  const concerned = [domainOf(sender), from];
  if (shown.room !== undefined && shown.hub !== undefined) {
    const live = await deps.rooms.get(shown.room);
    if (live?.hub !== shown.hub.provider) throw new ProtocolError('bad-report', { detail: 'room' });
    concerned.push(live.hub);
  }
  if (!concerned.includes(deps.domain)) throw new ProtocolError('bad-report', { detail: 'to' });
}

async function isKnown({ store, keys, directory, domain }: ReportDeps, statement: KeyStatement): Promise<boolean> {
  if (statement.provider === domain && statement.hash === keys.current.statement.hash) return true;
  const stored = await store.findStatement(statement.hash);
  if (stored !== undefined) return stored.domain === statement.provider;
  if (statement.provider === domain) return false;
  return (await directory.statementOf(statement.provider))?.hash === statement.hash;
}

async function noteDecisions(
  deps: Pick<ReportDeps, 'store' | 'bells'>,
  peer: Domain,
  decisions: readonly { report: string; state: 'received' | Decision }[],
): Promise<number> {
  for (const { report, state } of decisions) await noteState(deps, { domain: peer, hash: report }, state);
  return decisions.length;
}

/** Keeps what a receiver says of a report and tells its author. @see PV-REP-010 */
export async function noteState(
  { store, bells }: Pick<ReportDeps, 'store' | 'bells'>,
  copy: { domain: Domain; hash: string },
  state: 'refused' | 'received' | Decision,
): Promise<void> {
  const changed = await store.setReportState(copy, state);
  if (changed === undefined) return;
  await store.addNotes([noteOf(changed.accountId, { kind: 'report', id: changed.item })]);
  bells.ringAccount(changed.accountId);
}
