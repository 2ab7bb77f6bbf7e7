import { ProtocolError } from '../../protocol/protocol-error.js';
import type { RoomServices } from '../../services/room-services.js';
import { LIMIT_DEFAULT, requireContent, roomOf, sendAnswer, type ClientHandlers } from './client-call.js';

/** What people write in a room, and what was written before. */
export function eventEndpoints(rooms: RoomServices): Pick<ClientHandlers, 'readEvents' | 'sendEvent'> {
  return {
    async readEvents({ session, params, query }) {
      const { before, after, limit = LIMIT_DEFAULT } = query;
      if (before !== undefined && after !== undefined)
        throw new ProtocolError('bad-request', { part: '/before', detail: 'before or after, not both' });
      const page = { limit, ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
      const events = await rooms.readTimeline(session.who, roomOf(params.room), page);
      return { status: 200, body: { events } };
    },
    async sendEvent({ session, params, body }) {
      requireContent(body.type, body.content);
      return sendAnswer(await rooms.sendEvent(session.who, { ...body, room: roomOf(params.room) }));
    },
  };
}
