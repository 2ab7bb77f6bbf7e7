import type { RoomServices } from '../../services/room-services.js';
import { addressOf, domainFrom, roomOf, sendAnswer, type ClientHandlers } from './client-call.js';

type LinkOperation = 'makeLink' | 'listLinks' | 'revokeLink' | 'previewLink' | 'joinByLink' | 'knockAtRoom';

/** Links: making, revoking and using them. */
export function linkEndpoints(rooms: RoomServices): Pick<ClientHandlers, LinkOperation> {
  return {
    async makeLink({ session, params, body }) {
      const { role, approve, uses, until } = body;
      const link = {
        ...(role !== undefined && { role }),
        ...(approve !== undefined && { approve }),
        ...(uses !== undefined && { uses }),
        ...(until !== undefined && { until }),
      };
      return { status: 200, body: await rooms.makeLink(session.who, roomOf(params.room), link) };
    },
    listLinks: async ({ session, params }) => ({
      status: 200,
      body: await rooms.listLinks(session.who, roomOf(params.room)),
    }),
    async revokeLink({ session, params }) {
      const link = { by: addressOf(params.by), link: params.key };
      return sendAnswer(await rooms.revokeLink(session.who, roomOf(params.room), link));
    },
    previewLink: async ({ body }) => ({ status: 200, body: await rooms.previewLink(body.link) }),
    async joinByLink({ session, body: { link: text, intro } }) {
      const link = { text, ...(intro !== undefined && { intro }) };
      return { status: 200, body: await rooms.joinByLink(session.who, link) };
    },
    async knockAtRoom({ session, body }) {
      const intro = body.intro !== undefined && { intro: body.intro };
      const where = 'alias' in body ? { alias: body.alias } : { room: roomOf(body.room), hub: domainFrom(body.hub) };
      return { status: 200, body: await rooms.knockAtRoom(session.who, { ...where, ...intro }) };
    },
  };
}
