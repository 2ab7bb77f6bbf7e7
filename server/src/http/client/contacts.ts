import type { RoomServices } from '../../services/room-services.js';
import { addressOf, type ClientHandlers } from './client-call.js';

/** Asking somebody for contact. */
export function contactEndpoints(rooms: RoomServices): Pick<ClientHandlers, 'requestContact' | 'watchPresence'> {
  return {
    async watchPresence({ session, body }) {
      await rooms.watchPresence(session.who, body.addresses.map(addressOf));
      return { status: 204 };
    },
    async requestContact({ session, body }) {
      const { address, intro, requestKey } = body;
      const contact = { to: addressOf(address), requestKey, ...(intro !== undefined && { intro }) };
      return { status: 200, body: await rooms.requestContact(session.who, contact) };
    },
  };
}
