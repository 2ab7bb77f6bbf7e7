import type { Domain } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { parseReport } from '../protocol/report.js';
import type { WaitingCopy } from '../storage/report-rows.js';
import { keepReport, noteState } from './accept-report.js';
import type { ServiceDeps } from './deps.js';
import type { Turn } from './keyed-loop.js';

type ReportDeps = Pick<
  ServiceDeps,
  'domain' | 'store' | 'rooms' | 'clock' | 'keys' | 'directory' | 'bells' | 'peers' | 'log'
>;
type State = 'refused' | 'received' | 'acted' | 'declined';

/** A provider that is still learning who we are, or has no time now. */
const PASSING = new Set([401, 408, 429]);

/**
 * Sends what a provider has yet to be told: the oldest copy of a report that waits for it, and what was decided here about
 * its own reports. Our own copies take the same way, without the network.
 *
 * @see PV-REP-009, PV-REP-011
 */
export async function sendReports(deps: ReportDeps, peer: Domain): Promise<Turn> {
  const copy = await deps.store.nextReportCopy(peer);
  if (copy !== undefined) {
    const sent = peer === deps.domain ? await keepOwn(deps, copy) : await send(deps, peer, copy);
    if (typeof sent !== 'string') return sent;
    if (sent === 'refused') deps.log.warn('report-refused', { peer });
    await noteState(deps, { domain: peer, hash: copy.hash }, sent);
    return { kind: 'more' };
  }
  return await tellDecisions(deps, peer);
}

async function keepOwn(deps: ReportDeps, { jws, evidence }: WaitingCopy): Promise<State> {
  const report = parseReport(jws);
  if (!report.ok) return 'refused';
  try {
    const { state } = await keepReport(deps, report.value, JSON.parse(evidence) as never);
    return state;
  } catch (cause) {
    if (cause instanceof ProtocolError) return 'refused';
    throw cause;
  }
}

async function send(deps: ReportDeps, peer: Domain, { jws, evidence }: WaitingCopy): Promise<State | Turn> {
  const body = `{"report":${JSON.stringify(jws)},"evidence":${evidence}}`;
  const answer = await deps.peers.call(peer, 'report', body);
  if (answer.kind === 'unreachable') return { kind: 'retry' };
  if (answer.kind === 'ok') return 'state' in answer.body ? answer.body.state : 'refused';
  const isPassing = PASSING.has(answer.status) || answer.status >= 500;
  return isPassing ? { kind: 'retry', afterMs: answer.retryAfterMs } : 'refused';
}

async function tellDecisions(deps: ReportDeps, peer: Domain): Promise<Turn> {
  const decisions = await deps.store.listUntoldDecisions(peer);
  if (decisions.length === 0) return { kind: 'done' };
  if (peer === deps.domain) {
    for (const { report, state } of decisions) await noteState(deps, { domain: peer, hash: report }, state);
  } else {
    const answer = await deps.peers.call(peer, 'report', JSON.stringify({ decisions }));
    if (answer.kind === 'unreachable') return { kind: 'retry' };
    if (answer.kind === 'problem') return { kind: 'retry', afterMs: answer.retryAfterMs };
  }
  await deps.store.setDecisionsTold(peer, decisions);
  return { kind: 'more' };
}
