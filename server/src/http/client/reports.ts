import { parseEventId } from '../../protocol/identifiers.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { RoomServices, WantedReport } from '../../services/room-services.js';
import { LIMIT_DEFAULT, roomOf, type ClientHandlers } from './client-call.js';

/** Reporting what should not be. */
export function reportEndpoints(rooms: RoomServices): Pick<ClientHandlers, 'report' | 'listReports'> {
  return {
    async report({ session, body }) {
      const { reason, note } = body;
      const wanted = { about: aboutOf(body), reason, ...(note !== undefined && { note }) };
      return { status: 200, body: await rooms.report(session.who, wanted) };
    },
    async listReports({ session, query }) {
      const { after, limit = LIMIT_DEFAULT } = query;
      const page = { limit, ...(after !== undefined && { after }) };
      return { status: 200, body: await rooms.listReports(session.who, page) };
    },
  };
}

/** @throws ProtocolError `bad-request` (neither an event nor a request, or both) */
function aboutOf({ room, event, request }: { room?: string; event?: string; request?: string }): WantedReport['about'] {
  const id = parseEventId(event);
  if (request !== undefined && room === undefined && event === undefined) return { request };
  if (request !== undefined || room === undefined || id === undefined)
    throw new ProtocolError('bad-request', { part: '/event', detail: 'room and event, or request' });
  return { room: roomOf(room), event: id };
}
