import type { RoomServices } from '../../services/room-services.js';
import { LIMIT_DEFAULT, addressOf, eventOf, roomOf, type ClientHandlers } from './client-call.js';

/** How polls stand, and who voted in those that are not anonymous. */
export function pollEndpoints(rooms: RoomServices): Pick<ClientHandlers, 'readPoll' | 'listVotes'> {
  return {
    readPoll: async ({ session, params }) => ({
      status: 200,
      body: await rooms.readPoll(session.who, roomOf(params.room), eventOf(params.event)),
    }),
    async listVotes({ session, params, query }) {
      const { after, limit = LIMIT_DEFAULT } = query;
      const page = { event: eventOf(params.event), limit, ...(after !== undefined && { after: addressOf(after) }) };
      return { status: 200, body: await rooms.listVotes(session.who, roomOf(params.room), page) };
    },
  };
}
