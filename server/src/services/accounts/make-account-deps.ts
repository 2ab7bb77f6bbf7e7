import type { ServiceDeps } from '../deps.js';
import type { AccountDeps, SignUpMode } from './account-deps.js';
import { makeAttemptLimits } from './attempt-limits.js';
import { makeBudget } from './leaky-budget.js';
import { makePasswords } from './passwords.js';

export interface AccountOptions {
  readonly signUpMode: SignUpMode;
  /** accounts one source may make at once without a code; one more every ten minutes */
  readonly signUpBurst?: number;
  /** see `makePasswords` */
  readonly passwordCost?: number;
}

/** Builds what the account services share: password hashing and the limits on guessing and on new accounts. */
export function makeAccountDeps(
  deps: Pick<ServiceDeps, 'domain' | 'store' | 'clock' | 'random' | 'bells' | 'peers'>,
  { signUpMode, signUpBurst = 20, passwordCost }: AccountOptions,
): AccountDeps {
  const { domain, store, clock, random, bells, peers } = deps;
  return {
    ...{ domain, store, clock, random, bells, peers, signUpMode },
    passwords: makePasswords({ random, ...(passwordCost !== undefined && { cost: passwordCost }) }),
    attempts: makeAttemptLimits(clock),
    signUps: makeBudget({ clock, burst: signUpBurst, refillMs: 600_000, keysMax: 50_000 }),
  };
}
