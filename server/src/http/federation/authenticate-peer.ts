import type { IncomingMessage } from 'node:http';
import { verifyRequestHead } from '../../protocol/http-signature.js';
import type { SignatureFailure } from '../../protocol/http-signature-fields.js';
import { parseDomain } from '../../protocol/identifiers.js';
import type { Domain, KeyId } from '../../protocol/identifiers.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { EdgeBindings } from '../edge.js';

/** A provider that calls, as far as it is known here. */
export interface KnownCaller {
  readonly blocked: boolean;
  /** multiplies its budgets */
  readonly limitFactor: number;
  /** multiplies its mailbox budget beside */
  readonly contactFactor: number;
  /** its active key of use `request`; `unknown-peer` when its document is worth fetching first */
  requestKey(kid: KeyId): Uint8Array | 'unknown-peer' | 'unknown-key';
}

/** Where callers are looked up. */
export interface CallerDirectory {
  /** as it is known; never asks the network */
  caller(domain: Domain): Promise<KnownCaller>;
  /** Begins to find out who a provider is. @returns seconds after which it should call again */
  learn(domain: Domain): number;
  /** Waits a moment for that. @returns whether more is known now */
  hasLearned(domain: Domain): Promise<boolean>;
}

export interface AuthenticateDeps {
  readonly callers: CallerDirectory;
  /** this provider */
  readonly domain: Domain;
  /** host name of its endpoint, as configured */
  readonly authority: string;
  readonly clock: { now(): number };
}

export interface Peer {
  readonly domain: Domain;
  readonly limitFactor: number;
  readonly contactFactor: number;
}

/** It takes a newer document to tell. */
interface Unknown {
  readonly stranger: Domain;
  readonly isBlocked: boolean;
  readonly failure: SignatureFailure;
}

const STRANGER: KnownCaller = { blocked: false, limitFactor: 1, contactFactor: 1, requestKey: () => 'unknown-peer' };
/** A blocked stranger is told to wait and not looked up. */
const BLOCKED_WAIT_S = 300;

/**
 * Tells from the head of a request which provider sent it.
 *
 * @throws ProtocolError `bad-signature` (`part` says where) · `unknown-peer` · `blocked`
 * @see PV-RSG-009 to PV-RSG-020, PV-DISC-010, PV-BUD-009
 */
export async function authenticatePeer(deps: AuthenticateDeps, { incoming }: EdgeBindings): Promise<Peer> {
  const claimed = parseDomain(incoming.headers['payvand-from']);
  let verdict = await judge(deps, incoming, claimed);
  if ('domain' in verdict) return verdict;
  const { stranger, isBlocked } = verdict;
  const retryAfterS = isBlocked ? BLOCKED_WAIT_S : deps.callers.learn(stranger);
  if (!isBlocked && (await deps.callers.hasLearned(stranger))) verdict = await judge(deps, incoming, claimed);
  if ('domain' in verdict) return verdict;
  const { part, reason } = verdict.failure;
  throw new ProtocolError('unknown-peer', { part, more: { reason }, retryAfterS });
}

async function judge(
  deps: AuthenticateDeps,
  { method = '', url: target = '', headers }: IncomingMessage,
  claimed: Domain | undefined,
): Promise<Peer | Unknown> {
  const caller = claimed === undefined ? STRANGER : await deps.callers.caller(claimed);
  const { blocked, limitFactor, contactFactor } = caller;
  const verified = verifyRequestHead(
    { method, target, headers },
    {
      authority: deps.authority,
      provider: deps.domain,
      nowSeconds: Math.floor(deps.clock.now() / 1000),
      lookupKey: (_, kid) => caller.requestKey(kid),
    },
  );
  if (!verified.ok) {
    if (verified.code !== 'unknown-peer' || claimed === undefined) throw signatureError(verified);
    return { stranger: claimed, isBlocked: blocked, failure: verified };
  }
  if (blocked) throw new ProtocolError('blocked');
  return { domain: verified.from, limitFactor, contactFactor };
}

/** The problem of a signature that does not hold; a clock fault carries both clocks. */
export function signatureError({ part, reason, evidence }: SignatureFailure): ProtocolError {
  return new ProtocolError('bad-signature', { part, more: { reason, ...evidence } });
}
