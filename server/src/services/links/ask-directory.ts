import type { FederationAnswer, FederationRequest } from '@payvand/spec';
import type { Domain } from '../../protocol/identifiers.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { ServiceDeps } from '../deps.js';
import { readDirectory } from '../read-directory.js';

export type AskDeps = Pick<ServiceDeps, 'domain' | 'store' | 'rooms' | 'peers' | 'clock' | 'timers' | 'keys'>;

type Question = FederationRequest<'directory'>;
type Answer = FederationAnswer<'directory'>;

const ATTEMPTS_MAX = 5;
const WAIT_MS_MAX = 2000;

/**
 * Asks a provider's directory, which may be our own.
 *
 * @returns undefined where it knows nothing
 * @throws ProtocolError `hub-unreachable` (it does not answer)
 */
export async function askDirectory(deps: AskDeps, provider: Domain, body: Question): Promise<Answer | undefined> {
  return provider === deps.domain ? await askHere(deps, body) : await askThere(deps, provider, body);
}

async function askHere(deps: AskDeps, body: Question): Promise<Answer | undefined> {
  return await readDirectory(deps, deps.domain, body).catch((cause: unknown) => {
    if (cause instanceof ProtocolError && cause.code === 'not-found') return undefined;
    throw cause;
  });
}

/** A provider that does not know us yet looks us up first and says when to come back: that is worth waiting for. */
async function askThere({ peers, timers }: AskDeps, provider: Domain, body: Question): Promise<Answer | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await peers.call(provider, 'directory', JSON.stringify(body));
    if (answer.kind === 'ok') return answer.body;
    if (answer.kind === 'problem' && answer.status === 404) return undefined;
    const isNew = answer.kind === 'problem' && answer.code === 'unknown-peer';
    if (!isNew || attempt >= ATTEMPTS_MAX) throw new ProtocolError('hub-unreachable');
    const waitMs = Math.min(answer.retryAfterMs, WAIT_MS_MAX);
    await new Promise<void>((resolve) => void timers.after(waitMs, resolve));
  }
}
