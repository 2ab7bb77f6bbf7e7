import type { AccountDeps } from '../../services/accounts/account-deps.js';
import { changePassword, logIn } from '../../services/accounts/log-in.js';
import { endSession, listSessions } from '../../services/accounts/sessions.js';
import type { ClientHandlers } from './client-call.js';

/** Log-in, log-out, and the password that guards them. */
export function sessionEndpoints(
  deps: AccountDeps,
): Pick<ClientHandlers, 'logIn' | 'listSessions' | 'endSession' | 'changePassword'> {
  return {
    logIn: async ({ body, source }) => ({ status: 201, body: await logIn(deps, body, source) }),
    listSessions: async ({ session }) => ({ status: 200, body: { sessions: await listSessions(deps, session) } }),
    async endSession({ session, params }) {
      await endSession(deps, session, params.id);
      return { status: 204 };
    },
    async changePassword({ session, body, source }) {
      await changePassword(deps, session, { ...body, source });
      return { status: 204 };
    },
  };
}
