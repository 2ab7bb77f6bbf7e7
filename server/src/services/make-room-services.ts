import type { Bells, RoomServices } from './room-services.js';
import { createIdOf } from '../protocol/identifiers.js';
import type { Domain, RoomId } from '../protocol/identifiers.js';
import { answerRequest } from './answer-request.js';
import * as change from './change-room.js';
import { createGroup, sendInvite } from './create-room.js';
import type { CreateDeps } from './create-room.js';
import type { ServiceDeps } from './deps.js';
import type { ExchangeSignals } from './exchange-signals.js';
import type { FillHoles } from './fill-holes.js';
import type { JoinDeps } from './join-room.js';
import { makePersonalServices } from './make-personal-services.js';
import { listVotes, readPoll } from './read-poll.js';
import { listMembers, listRooms, readRecords, roomSummary } from './read-rooms.js';
import { listEdits, readTimeline } from './read-timeline.js';
import { listReports, makeReport } from './make-report.js';
import { requestContact } from './request-contact.js';
import { createOnce, createSendEvent, joinedRoom } from './send-event.js';
import { ProtocolError } from '../protocol/protocol-error.js';

export type RoomServiceDeps = ServiceDeps &
  CreateDeps &
  JoinDeps & {
    readonly signals: ExchangeSignals;
    readonly bells: Bells;
    readonly holes: FillHoles;
    /** there is a report to send to a provider */
    readonly ringReports: (peer: Domain) => void;
  };

/** Binds what people can do in rooms to what it is done with. */
export function makeRoomServices(deps: RoomServiceDeps): RoomServices {
  const { changeRoom } = change;
  const onceContact = createOnce<{ room: RoomId; status: 'sent' }>(() => true);
  return {
    sendEvent: createSendEvent(deps),
    createGroup: (who, group) => createGroup(deps, who, group),
    requestContact: (who, contact) => {
      const { requestKey, ...what } = contact;
      const request = { name: `${who.accountId} ${requestKey}`, hash: JSON.stringify(what) };
      return onceContact(request, () => requestContact(deps, who, contact));
    },
    answerRequest: (who, id, answer) => answerRequest(deps, who, { id, answer }),
    async inviteMember(who, { room, address }) {
      const live = await joinedRoom(deps, who, room);
      const mayInvite = live.kind === 'group' && live.state.roleOf(who.address, deps.clock.now()).rights.has('invite');
      if (!mayInvite) throw new ProtocolError('no-right');
      await sendInvite(deps, who, { room, to: address });
      return { status: 'sent' };
    },
    report: (who, wanted) => makeReport(deps, who, wanted),
    listReports: (who, page) => listReports(deps, who, page),
    leaveRoom: (who, room) => changeRoom(deps, who, { room, change: change.leave(who) }),
    setTitle: (who, room, title) => changeRoom(deps, who, { room, change: change.title(title) }),
    setHistory: (who, room, visible) => changeRoom(deps, who, { room, change: change.history(visible) }),
    setOwner: (who, room, owner) => changeRoom(deps, who, { room, change: change.owner(owner) }),
    setRole: (who, room, role) => changeRoom(deps, who, { room, change: change.role(role) }),
    setMemberRole: (who, room, member) => changeRoom(deps, who, { room, change: change.memberRole(member) }),
    setRestriction: (who, room, member) => changeRoom(deps, who, { room, change: change.restriction(member) }),
    removeMember: (who, room, address) => changeRoom(deps, who, { room, change: change.remove(address) }),
    ban: (who, room, address) => changeRoom(deps, who, { room, change: change.ban(address) }),
    unban: (who, room, address) => changeRoom(deps, who, { room, change: change.unban(address) }),
    ...makePersonalServices(deps),
    roomSummary: (who, room) => roomSummary(deps, who, room),
    listRooms: (who, page) => listRooms(deps, who, page),
    listMembers: (who, room, page) => listMembers(deps, who, { room, ...page }),
    readTimeline(who, room, { thread, ...page }) {
      const related = thread && { related: { kind: 'thread' as const, target: thread } };
      return readTimeline(deps, who, { room, ...page, ...related });
    },
    listEdits: (who, room, page) => listEdits(deps, who, { room, ...page }),
    readPoll: (who, room, event) => readPoll(deps, who, { room, event }),
    listVotes: (who, room, page) => listVotes(deps, who, { room, ...page }),
    listTopics: (who, room, page) =>
      readTimeline(deps, who, { room, ...page, related: { kind: 'topic', target: createIdOf(room) } }),
    readRecords: (room, after, max) => readRecords(deps, room, { after, max }),
    bells: deps.bells,
  };
}
