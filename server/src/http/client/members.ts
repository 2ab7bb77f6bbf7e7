import type { RoomServices } from '../../services/room-services.js';
import { LIMIT_DEFAULT, addressOf, roomOf, sendAnswer, type ClientHandlers } from './client-call.js';

type MemberOperation =
  | 'listMembers'
  | 'inviteMember'
  | 'removeMember'
  | 'setMemberRole'
  | 'restrictMember'
  | 'unrestrictMember'
  | 'banMember'
  | 'unbanMember';

/** Who is in a room, and what they may do there. */
export function memberEndpoints(rooms: RoomServices): Pick<ClientHandlers, MemberOperation> {
  return {
    async listMembers({ session, params, query }) {
      const { after, limit = LIMIT_DEFAULT } = query;
      const page = { limit, ...(after !== undefined && { after: addressOf(after) }) };
      return { status: 200, body: await rooms.listMembers(session.who, roomOf(params.room), page) };
    },
    async inviteMember({ session, params, body }) {
      const invite = { room: roomOf(params.room), address: addressOf(body.address) };
      return { status: 200, body: await rooms.inviteMember(session.who, invite) };
    },
    removeMember: async ({ session, params }) =>
      sendAnswer(await rooms.removeMember(session.who, roomOf(params.room), addressOf(params.address))),
    async setMemberRole({ session, params, body }) {
      const member = { address: addressOf(params.address), role: body.role };
      return sendAnswer(await rooms.setMemberRole(session.who, roomOf(params.room), member));
    },
    async restrictMember({ session, params, body }) {
      const { rights, until } = body;
      const restrict = { rights, ...(until !== undefined && { until }) };
      const member = { address: addressOf(params.address), restrict };
      return sendAnswer(await rooms.setRestriction(session.who, roomOf(params.room), member));
    },
    async unrestrictMember({ session, params }) {
      const member = { address: addressOf(params.address), restrict: null };
      return sendAnswer(await rooms.setRestriction(session.who, roomOf(params.room), member));
    },
    banMember: async ({ session, params }) =>
      sendAnswer(await rooms.ban(session.who, roomOf(params.room), addressOf(params.address))),
    unbanMember: async ({ session, params }) =>
      sendAnswer(await rooms.unban(session.who, roomOf(params.room), addressOf(params.address))),
  };
}
