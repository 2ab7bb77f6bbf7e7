import type { RoomServices } from '../../services/room-services.js';
import { addressOf, roomOf, type ClientHandlers } from './client-call.js';

const RESULTS_DEFAULT = 20;

/** Looking messages up. */
export function searchEndpoints(rooms: RoomServices): Pick<ClientHandlers, 'searchMessages'> {
  return {
    async searchMessages({ session, query }) {
      const { text, room, sender, since, until, limit = RESULTS_DEFAULT } = query;
      const wanted = {
        ...{ text, limit },
        ...(room !== undefined && { room: roomOf(room) }),
        ...(sender !== undefined && { sender: addressOf(sender) }),
        ...(since !== undefined && { since }),
        ...(until !== undefined && { until }),
      };
      return { status: 200, body: await rooms.search(session.who, wanted) };
    },
  };
}
