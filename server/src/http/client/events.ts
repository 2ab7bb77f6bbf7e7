import { ProtocolError } from '../../protocol/protocol-error.js';
import type { RoomServices } from '../../services/room-services.js';
import { LIMIT_DEFAULT, eventOf, requireOwnContent, roomOf, sendAnswer, type ClientHandlers } from './client-call.js';

/** What people write in a room, and what was written before. */
export function eventEndpoints(
  rooms: RoomServices,
): Pick<ClientHandlers, 'readEvents' | 'listTopics' | 'listEdits' | 'sendEvent'> {
  return {
    async readEvents({ session, params, query }) {
      const thread = query.thread === undefined ? {} : { thread: eventOf(query.thread) };
      const events = await rooms.readTimeline(session.who, roomOf(params.room), { ...pageOf(query), ...thread });
      return { status: 200, body: { events } };
    },
    listTopics: async ({ session, params, query }) => ({
      status: 200,
      body: { events: await rooms.listTopics(session.who, roomOf(params.room), pageOf(query)) },
    }),
    async listEdits({ session, params, query }) {
      const page = { ...pageOf(query), event: eventOf(params.event) };
      return { status: 200, body: { events: await rooms.listEdits(session.who, roomOf(params.room), page) } };
    },
    async sendEvent({ session, params, body }) {
      requireOwnContent(body.type, body.content);
      return sendAnswer(await rooms.sendEvent(session.who, { ...body, room: roomOf(params.room) }));
    },
  };
}

type Bounds = { readonly before?: number; readonly after?: number };

/** @throws ProtocolError `bad-request` */
function pageOf({ before, after, limit = LIMIT_DEFAULT }: Bounds & { limit?: number }): Bounds & { limit: number } {
  if (before !== undefined && after !== undefined)
    throw new ProtocolError('bad-request', { part: '/before', detail: 'before or after, not both' });
  return { limit, ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
}
