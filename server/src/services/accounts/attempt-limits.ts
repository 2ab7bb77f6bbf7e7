import { BoundedMap } from '../../bounded-map.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { Clock } from '../deps.js';
import { makeBudget, type Budget } from './leaky-budget.js';

export interface Attempt {
  readonly localpart: string;
  /** address the request came from */
  readonly source: string;
}

export interface AttemptLimits {
  /**
   * Counts an attempt as failed before its outcome is known, so that a burst of parallel guesses counts in full.
   *
   * @throws ProtocolError `too-many-attempts` with the seconds to wait
   */
  begin(attempt: Attempt): void;
  /** The password was right: the attempt no longer counts, and the source is known to be this person's. */
  succeed(attempt: Attempt): void;
  /** A session of this person was used from there. */
  trust(attempt: Attempt): void;
}

const ACCOUNT = { burst: 10, refillMs: 5 * 60_000 };
const SOURCE = { burst: 100, refillMs: 10_000 };
const KEYS_MAX = 50_000;

/**
 * Slows the guessing of passwords, by name (existing or not) and by source. A source the person was seen at has an account
 * budget of its own: strangers who guess elsewhere cannot lock the person out there.
 */
export function makeAttemptLimits(clock: Clock): AttemptLimits {
  const accounts = makeBudget({ clock, ...ACCOUNT, keysMax: KEYS_MAX });
  const sources = makeBudget({ clock, ...SOURCE, keysMax: KEYS_MAX });
  const trusted = new BoundedMap<string, true>(KEYS_MAX);
  const keysOf = ({ localpart, source }: Attempt): { account: string; source: string; pair: string } => {
    const from = sourceKey(source);
    const pair = `${localpart} ${from}`;
    return { account: trusted.get(pair) ? pair : localpart, source: from, pair };
  };
  const trust = (attempt: Attempt): void => void trusted.set(keysOf(attempt).pair, true);
  return {
    begin(attempt) {
      const keys = keysOf(attempt);
      takeOrThrow(sources, keys.source);
      try {
        takeOrThrow(accounts, keys.account);
      } catch (error) {
        sources.giveBack(keys.source);
        throw error;
      }
    },
    succeed(attempt) {
      const keys = keysOf(attempt);
      sources.giveBack(keys.source);
      accounts.giveBack(keys.account);
      trust(attempt);
    },
    trust,
  };
}

/**
 * Takes one from a budget.
 *
 * @throws ProtocolError `too-many-attempts` with the seconds to wait
 */
export function takeOrThrow(budget: Budget, key: string): void {
  throwIfWaiting(budget.take(key));
}

/**
 * Checks that a budget has one left, for what is counted only when it fails.
 *
 * @throws ProtocolError `too-many-attempts` with the seconds to wait
 */
export function throwWhileEmpty(budget: Budget, key: string): void {
  throwIfWaiting(budget.wait(key));
}

function throwIfWaiting(waitMs: number): void {
  if (waitMs > 0) throw new ProtocolError('too-many-attempts', { retryAfterS: Math.ceil(waitMs / 1000) });
}

/** One subscriber usually has a whole IPv6 /64, so that it counts as one source. */
export function sourceKey(source: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(source);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!source.includes(':')) return source;
  const [head = '', tail] = source.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const filled = [...groups, ...Array<string>(Math.max(missing, 0)).fill('0'), ...(tail ?? '').split(':')];
  return `${filled
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
