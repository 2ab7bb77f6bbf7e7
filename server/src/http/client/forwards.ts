import type { RoomServices } from '../../services/room-services.js';
import { eventOf, requireContent, roomOf, sendAnswer, type ClientHandlers } from './client-call.js';

/** Saying again what was said elsewhere, and who said it first. */
export function forwardEndpoints(rooms: RoomServices): Pick<ClientHandlers, 'forwardEvent' | 'readSource'> {
  return {
    async forwardEvent({ session, params, body: { from, event, requestKey, silent, ttl } }) {
      const room = roomOf(params.room);
      const draft = await rooms.makeForward(session.who, { room: roomOf(from), event: eventOf(event) });
      requireContent('message', draft.content);
      const shortest = Math.min(ttl ?? Infinity, draft.ttl ?? Infinity);
      const send = {
        ...{
          room,
          requestKey,
          type: 'message',
          content: draft.content,
          basis: [room, from, event, silent ?? false, ttl ?? null],
        },
        ...(draft.rel && { rel: draft.rel }),
        ...(silent !== undefined && { silent }),
        ...(shortest < Infinity && { ttl: shortest }),
      };
      return sendAnswer(await rooms.sendEvent(session.who, send));
    },
    readSource: async ({ session, params }) => {
      const of = { room: roomOf(params.room), event: eventOf(params.event) };
      return { status: 200, body: await rooms.readSource(session.who, of) };
    },
  };
}
