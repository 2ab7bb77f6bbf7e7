import type { AccountDeps } from '../../services/accounts/account-deps.js';
import { blockAddress, listBlocks, unblockAddress } from '../../services/accounts/blocks.js';
import { LIMIT_DEFAULT, addressOf, type ClientHandlers } from './client-call.js';

/** Whom an account does not want to hear from. */
export function blockEndpoints(
  deps: Pick<AccountDeps, 'store' | 'clock'>,
): Pick<ClientHandlers, 'listBlocks' | 'blockAddress' | 'unblockAddress'> {
  return {
    async listBlocks({ session, query }) {
      const { after, limit = LIMIT_DEFAULT } = query;
      const page = { limit, ...(after !== undefined && { after: addressOf(after) }) };
      return { status: 200, body: await listBlocks(deps, session.who, page) };
    },
    async blockAddress({ session, params }) {
      await blockAddress(deps, session.who, addressOf(params.address));
      return { status: 204 };
    },
    async unblockAddress({ session, params }) {
      await unblockAddress(deps, session.who, addressOf(params.address));
      return { status: 204 };
    },
  };
}
