import type { RoomServices } from '../../services/room-services.js';
import { formatSessionId } from '../../services/accounts/session-token.js';
import { LIMIT_DEFAULT, addressOf, roomOf, sendAnswer, type ClientHandlers } from './client-call.js';

type RoomOperation =
  | 'listRooms'
  | 'createRoom'
  | 'readRoom'
  | 'markRead'
  | 'setTyping'
  | 'changePreferences'
  | 'listReads'
  | 'leaveRoom'
  | 'setTitle'
  | 'setHistory'
  | 'setOwner'
  | 'setRole';

/** Rooms as wholes: making, listing, leaving, naming, owning. */
export function roomEndpoints(rooms: RoomServices): Pick<ClientHandlers, RoomOperation> {
  return {
    async listRooms({ session, query }) {
      const { after, limit = LIMIT_DEFAULT } = query;
      const page = { limit, ...(after !== undefined && { after: roomOf(after) }) };
      return { status: 200, body: await rooms.listRooms(session.who, page) };
    },
    createRoom: async ({ session, body }) => ({ status: 200, body: await rooms.createGroup(session.who, body) }),
    readRoom: async ({ session, params }) => ({
      status: 200,
      body: await rooms.roomSummary(session.who, roomOf(params.room)),
    }),
    async markRead({ session, params, body }) {
      await rooms.markRead(session.who, roomOf(params.room), body.seq);
      return { status: 204 };
    },
    async setTyping({ session, params }) {
      await rooms.setTyping(session.who, roomOf(params.room));
      return { status: 204 };
    },
    async changePreferences({ session, params, body }) {
      const change = { ...body, session: formatSessionId(session.sessionId) };
      await rooms.changePreferences(session.who, roomOf(params.room), change);
      return { status: 204 };
    },
    listReads: async ({ session, params }) => ({
      status: 200,
      body: await rooms.listReads(session.who, roomOf(params.room)),
    }),
    leaveRoom: async ({ session, params }) => sendAnswer(await rooms.leaveRoom(session.who, roomOf(params.room))),
    setTitle: async ({ session, params, body }) =>
      sendAnswer(await rooms.setTitle(session.who, roomOf(params.room), body.title)),
    setHistory: async ({ session, params, body }) =>
      sendAnswer(await rooms.setHistory(session.who, roomOf(params.room), body.visible)),
    setOwner: async ({ session, params, body }) =>
      sendAnswer(await rooms.setOwner(session.who, roomOf(params.room), addressOf(body.address))),
    setRole: async ({ session, params, body }) =>
      sendAnswer(await rooms.setRole(session.who, roomOf(params.room), { name: params.name, ...body })),
  };
}
