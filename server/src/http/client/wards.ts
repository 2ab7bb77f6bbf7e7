import type { AccountDeps } from '../../services/accounts/account-deps.js';
import { limitWard, listWards } from '../../services/accounts/wards.js';
import { LIMIT_DEFAULT, addressOf, type ClientHandlers } from './client-call.js';

/** What guardians may do. */
export function wardEndpoints(
  deps: Pick<AccountDeps, 'store' | 'domain'>,
): Pick<ClientHandlers, 'listWards' | 'limitWard'> {
  return {
    async listWards({ session, query }) {
      const { after, limit = LIMIT_DEFAULT } = query;
      const page = { limit, ...(after !== undefined && { after: addressOf(after) }) };
      return { status: 200, body: await listWards(deps, session.who, page) };
    },
    async limitWard({ session, params, body }) {
      const ward = { address: addressOf(params.address), limited: body.limited };
      return { status: 200, body: await limitWard(deps, session.who, ward) };
    },
  };
}
