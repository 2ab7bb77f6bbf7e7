import type { AccountDeps } from '../../services/accounts/account-deps.js';
import { listRequests } from '../../services/accounts/requests.js';
import type { RoomServices } from '../../services/room-services.js';
import { LIMIT_DEFAULT, type ClientAnswer, type ClientCall, type ClientHandlers } from './client-call.js';

type RequestOperation = 'listRequests' | 'acceptRequest' | 'ignoreRequest' | 'blockRequest';

/** Answering those who asked. */
export function requestEndpoints(
  deps: Pick<AccountDeps, 'store'>,
  rooms: RoomServices,
): Pick<ClientHandlers, RequestOperation> {
  const answerWith =
    (answer: 'accept' | 'ignore' | 'block') =>
    async ({ session, params }: Pick<ClientCall<'acceptRequest'>, 'session' | 'params'>): Promise<ClientAnswer> => ({
      status: 200,
      body: await rooms.answerRequest(session.who, params.id, answer),
    });
  return {
    async listRequests({ session, query }) {
      const { after, limit = LIMIT_DEFAULT } = query;
      const page = { limit, ...(after !== undefined && { after }) };
      return { status: 200, body: await listRequests(deps, session.who, page) };
    },
    acceptRequest: answerWith('accept'),
    ignoreRequest: answerWith('ignore'),
    blockRequest: answerWith('block'),
  };
}
