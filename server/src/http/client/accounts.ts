import type { AccountDeps } from '../../services/accounts/account-deps.js';
import { closeAccount } from '../../services/accounts/close-account.js';
import { changeMe, readMe } from '../../services/accounts/profiles.js';
import { createCode } from '../../services/accounts/sign-up-codes.js';
import { signUp } from '../../services/accounts/sign-up.js';
import type { ClientHandlers } from './client-call.js';

/** Sign-up, and what an account says of itself. */
export function accountEndpoints(
  deps: AccountDeps,
): Pick<ClientHandlers, 'signUp' | 'readMe' | 'changeMe' | 'closeMe' | 'createCode'> {
  return {
    signUp: async ({ body, source }) => ({ status: 201, body: await signUp(deps, body, source) }),
    readMe: async ({ session }) => ({ status: 200, body: await readMe(deps, session) }),
    changeMe: async ({ session, body }) => ({ status: 200, body: await changeMe(deps, session, body) }),
    async closeMe({ session, body, source }) {
      await closeAccount(deps, session, { ...body, source });
      return { status: 204 };
    },
    createCode: async ({ session }) => ({ status: 201, body: await createCode(deps, session) }),
  };
}
