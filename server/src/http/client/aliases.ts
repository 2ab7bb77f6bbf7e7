import type { RoomServices } from '../../services/room-services.js';
import { roomOf, sendAnswer, type ClientHandlers } from './client-call.js';

type AliasOperation = 'giveAlias' | 'listAliases' | 'removeAlias' | 'previewAlias';

/** Names of rooms. */
export function aliasEndpoints(rooms: RoomServices): Pick<ClientHandlers, AliasOperation> {
  return {
    giveAlias: async ({ session, params, body }) =>
      sendAnswer(await rooms.giveAlias(session.who, { room: roomOf(body.room), name: params.name })),
    listAliases: async ({ session }) => ({ status: 200, body: await rooms.listAliases(session.who) }),
    async removeAlias({ session, params }) {
      await rooms.removeAlias(session.who, params.name);
      return { status: 204 };
    },
    previewAlias: async ({ body }) => ({ status: 200, body: await rooms.previewAlias(body.alias) }),
  };
}
