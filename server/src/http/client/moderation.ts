import type { RoomServices } from '../../services/room-services.js';
import {
  LIMIT_DEFAULT,
  addressOf,
  domainFrom,
  eventOf,
  roomOf,
  sendAnswer,
  type ClientHandlers,
} from './client-call.js';

type ModerationOperation =
  | 'setInfo'
  | 'setSettings'
  | 'pinEvent'
  | 'unpinEvent'
  | 'denyProvider'
  | 'liftDeny'
  | 'listRoles'
  | 'setMemberTitle'
  | 'deleteEvents'
  | 'banAndDelete'
  | 'readActs';

/** How a room is set up, and who keeps order in it. */
export function moderationEndpoints(rooms: RoomServices): Pick<ClientHandlers, ModerationOperation> {
  return {
    setInfo: async ({ session, params, body: { title, about, alias } }) => {
      const info = { title, ...(about !== undefined && { about }), ...(alias !== undefined && { alias }) };
      return sendAnswer(await rooms.setInfo(session.who, roomOf(params.room), info));
    },
    setSettings: async ({ session, params, body: { timer, slow, edits, preview, join } }) => {
      const wanted = { ...(timer && { timer }), ...(slow && { slow }), ...(edits && { edits }) };
      const settings = { ...wanted, ...(preview && { preview }), ...(join && { join }) };
      return sendAnswer(await rooms.setSettings(session.who, roomOf(params.room), settings));
    },
    pinEvent: async ({ session, params }) =>
      sendAnswer(
        await rooms.setPin(session.who, roomOf(params.room), { event: eventOf(params.event), isPinned: true }),
      ),
    unpinEvent: async ({ session, params }) =>
      sendAnswer(
        await rooms.setPin(session.who, roomOf(params.room), { event: eventOf(params.event), isPinned: false }),
      ),
    denyProvider: async ({ session, params }) =>
      sendAnswer(await rooms.denyProvider(session.who, roomOf(params.room), domainFrom(params.domain))),
    liftDeny: async ({ session, params }) => ({
      status: 200,
      body: await rooms.liftDeny(session.who, roomOf(params.room), domainFrom(params.domain)),
    }),
    listRoles: async ({ session, params }) => ({
      status: 200,
      body: await rooms.listRoles(session.who, roomOf(params.room)),
    }),
    setMemberTitle: async ({ session, params, body: { title } }) => {
      const member = { address: addressOf(params.address), ...(title !== undefined && { title }) };
      return sendAnswer(await rooms.setMemberTitle(session.who, roomOf(params.room), member));
    },
    deleteEvents: async ({ session, params, body: { sender, from, to } }) => {
      const part = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
      const deletion = {
        room: roomOf(params.room),
        ...(sender !== undefined && { sender: addressOf(sender) }),
        ...part,
      };
      return { status: 200, body: await rooms.deleteMany(session.who, deletion) };
    },
    banAndDelete: async ({ session, params }) => {
      const ban = { room: roomOf(params.room), address: addressOf(params.address) };
      return { status: 200, body: await rooms.banAndDelete(session.who, ban) };
    },
    async readActs({ session, params, query: { before, limit = LIMIT_DEFAULT } }) {
      const page = { room: roomOf(params.room), limit, ...(before !== undefined && { before }) };
      return { status: 200, body: await rooms.readActs(session.who, page) };
    },
  };
}
