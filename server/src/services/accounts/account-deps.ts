import type { ServiceDeps } from '../deps.js';
import type { Actor } from '../room-services.js';
import type { AttemptLimits } from './attempt-limits.js';
import type { Budget } from './leaky-budget.js';
import type { Passwords } from './passwords.js';

/** Who may make an account: nobody but the owner and the operator, whoever has a code, or everybody. */
export type SignUpMode = 'closed' | 'invite' | 'open';

export interface AccountDeps extends Pick<ServiceDeps, 'domain' | 'store' | 'clock' | 'random' | 'bells' | 'peers'> {
  readonly passwords: Passwords;
  readonly attempts: AttemptLimits;
  /** new accounts without a code, by source */
  readonly signUps: Budget;
  readonly signUpMode: SignUpMode;
}

/** Whose request it is, and by which session. */
export interface Authenticated {
  readonly who: Actor;
  readonly localpart: string;
  readonly sessionId: number;
  readonly owner: boolean;
}
