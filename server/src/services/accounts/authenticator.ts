import { timingSafeEqual } from 'node:crypto';
import { BoundedMap } from '../../bounded-map.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { parseAddress } from '../../protocol/identifiers.js';
import type { FoundSession } from '../../storage/account-rows.js';
import type { AccountDeps, Authenticated } from './account-deps.js';
import { sourceKey, throwWhileEmpty } from './attempt-limits.js';
import { makeBudget } from './leaky-budget.js';
import { parseSessionToken } from './session-token.js';

export interface Authenticator {
  /**
   * Finds out whose token it is.
   *
   * @throws ProtocolError `bad-token` · `too-many-attempts` (this source showed many bad tokens)
   */
  authenticate(token: string, source: string): Promise<Authenticated>;
  /** Whether a session found before has not ended since; asks the database, because a bell may have rung just now. */
  isOpen(session: Authenticated): Promise<boolean>;
}

interface Remembered {
  readonly session: Promise<FoundSession | undefined>;
  readonly until: number;
  readonly forget: () => void;
}

const REMEMBERED_MAX = 10_000;
const REMEMBERED_MS = 60_000;
const TOUCH_MS = 3_600_000;
const BAD_TOKENS = { burst: 100, refillMs: 1_000, keysMax: 50_000 };

type Deps = Pick<AccountDeps, 'domain' | 'store' | 'clock' | 'bells' | 'attempts'>;

/** Remembers open sessions until the account's bell rings, so that a request costs no query. */
export function makeAuthenticator(deps: Deps): Authenticator {
  const recent = makeRecentSessions(deps);
  const badTokens = makeBudget({ clock: deps.clock, ...BAD_TOKENS });
  return {
    async authenticate(text, source) {
      const token = parseSessionToken(text);
      const from = sourceKey(source);
      throwWhileEmpty(badTokens, from);
      const session = token && (await recent.find(token.accountId, token.sessionId));
      if (!session || !timingSafeEqual(session.tokenHash, token.secretHash)) {
        badTokens.take(from);
        throw new ProtocolError('bad-token');
      }
      deps.attempts.trust({ localpart: session.localpart, source });
      return authenticated(deps, session);
    },
    async isOpen({ who, sessionId }) {
      return (await deps.store.findSession(who.accountId, sessionId)) !== undefined;
    },
  };
}

function makeRecentSessions({ store, clock, bells }: Deps): {
  find(accountId: number, sessionId: number): Promise<FoundSession | undefined>;
} {
  const remembered = new BoundedMap<string, Remembered>(REMEMBERED_MAX);
  const remember = (accountId: number, sessionId: number): Remembered => {
    const key = `${accountId} ${sessionId}`;
    // The bell is listened to before the row is read: an end that happens meanwhile is not overheard.
    const off = bells.onAccount(accountId, () => forget());
    const forget = (): void => {
      off();
      if (remembered.get(key) === entry) remembered.delete(key);
    };
    const session = readSession({ store, clock }, accountId, sessionId);
    const entry = { session, until: clock.now() + REMEMBERED_MS, forget };
    remembered.set(key, entry)?.forget();
    session.then((found) => found ?? forget(), forget);
    return entry;
  };
  return {
    find(accountId, sessionId) {
      const entry = remembered.get(`${accountId} ${sessionId}`);
      if (entry && entry.until > clock.now()) return entry.session;
      entry?.forget();
      return remember(accountId, sessionId).session;
    },
  };
}

/** When a session was last used is written once an hour. */
async function readSession(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  accountId: number,
  sessionId: number,
): Promise<FoundSession | undefined> {
  const session = await store.findSession(accountId, sessionId);
  const now = clock.now();
  if (session && now - session.usedAt > TOUCH_MS) await store.touchSessions([{ accountId, sessionId, at: now }]);
  return session;
}

function authenticated({ domain }: Pick<Deps, 'domain'>, session: FoundSession): Authenticated {
  const { accountId, sessionId, localpart, owner } = session;
  const address = parseAddress(`${localpart}@${domain}`);
  if (!address) throw new ProtocolError('bad-token');
  return { who: { accountId, address }, localpart, sessionId, owner };
}
