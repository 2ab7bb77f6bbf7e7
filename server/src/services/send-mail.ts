import { encodeBase64url } from '../protocol/base64url.js';
import type { JsonObject } from '../protocol/json-shape.js';
import { buildMail } from '../protocol/mail.js';
import type { MailKind } from '../protocol/mail.js';
import { domainOf } from '../protocol/identifiers.js';
import type { Address, Domain } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { ServiceDeps } from './deps.js';
import { KeyedLoop } from './keyed-loop.js';
import type { Turn } from './keyed-loop.js';

type MailDeps = Pick<ServiceDeps, 'domain' | 'store' | 'peers' | 'clock' | 'random' | 'timers' | 'keys' | 'log'> & {
  /** puts an item into a mailbox of our own */
  readonly deliver: (jws: string) => Promise<unknown>;
};

export interface SendMail {
  /**
   * @throws ProtocolError `list-full` (too much waits for that provider)
   */
  send(mail: { from: Address; to: Address | Domain; kind: MailKind; body: JsonObject }): Promise<void>;
  /** Hands an item of somebody else's on as it is; where too much waits for the provider, it is lost. */
  pass(domain: Domain, mail: { jws: string; until: number }): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  hurry(peer: Domain): void;
}

const KEPT_MS = 14 * 24 * 3_600_000;
const ITEMS_MAX = 16;

/**
 * Sends mailbox items: kept on disk until the other provider has taken them or their time is over.
 *
 * @see PV-MBX-001, PV-MAIL-001
 */
export function createSendMail(deps: MailDeps): SendMail {
  const loop = new KeyedLoop<Domain>(deps, { name: 'mailbox', concurrency: 16, run: (peer) => sendNext(deps, peer) });
  return {
    async send({ from, to, kind, body }) {
      const until = deps.clock.now() + KEPT_MS;
      const nonce = encodeBase64url(deps.random.bytes(16));
      const { jws } = buildMail({ from, to, kind, nonce, until, body }, deps.keys.current.event);
      const domain = domainOf(to);
      if (domain === deps.domain) {
        await deps.deliver(jws);
        return;
      }
      if (!(await deps.store.addMail({ domain, jws, until }))) throw new ProtocolError('list-full');
      loop.ring(domain);
    },
    async pass(domain, { jws, until }) {
      if (await deps.store.addMail({ domain, jws, until })) loop.ring(domain);
    },
    async start() {
      for (const domain of await deps.store.mailDomains({ limit: 1000 })) loop.ring(domain);
    },
    stop: () => loop.stop(),
    hurry: (peer) => loop.hurry(peer),
  };
}

async function sendNext(deps: MailDeps, peer: Domain): Promise<Turn> {
  const rows = await deps.store.listMail(peer, { limit: ITEMS_MAX });
  if (rows.length === 0) return { kind: 'done' };
  const answer = await deps.peers.call(peer, 'mailbox', JSON.stringify({ items: rows.map(({ jws }) => jws) }));
  if (answer.kind === 'problem') return { kind: 'retry', afterMs: answer.retryAfterMs };
  if (answer.kind === 'unreachable') return { kind: 'retry' };
  let waitMs = 0;
  const gone: number[] = [];
  for (const [index, row] of rows.entries()) {
    const result = answer.body.results[index];
    if (result?.status === 'retry') waitMs = Math.max(waitMs, result.after * 1000, 1);
    else if (result !== undefined) gone.push(row.n);
    if (result?.status === 'denied') deps.log.warn('mail-denied', { peer, code: result.code });
  }
  await deps.store.removeMail(peer, gone);
  return waitMs > 0 ? { kind: 'retry', afterMs: waitMs } : { kind: 'more' };
}
