import type { Bells, RoomServices } from './room-services.js';
import { createIdOf } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { Domain, RoomId } from '../protocol/identifiers.js';
import { answerRequest } from './answer-request.js';
import * as change from './change-room.js';
import { createGroup } from './create-room.js';
import type { CreateDeps } from './create-room.js';
import type { ServiceDeps } from './deps.js';
import type { ExchangeSignals } from './exchange-signals.js';
import type { FillHoles } from './fill-holes.js';
import { findVisible } from './find-visible.js';
import { makeForward, readSource } from './forward-event.js';
import { inviteMember } from './invite-member.js';
import type { JoinDeps } from './join-room.js';
import { makePersonalServices } from './make-personal-services.js';
import { deleteMany, banAndDelete } from './moderate-room.js';
import { liftDeny } from './deny-provider.js';
import { readActs } from './read-acts.js';
import { giveAlias, listAliases, previewAlias, removeAlias } from './links/aliases.js';
import { listLinks, makeLink, revokeLink } from './links/make-link.js';
import { createKnockAtRoom } from './links/knock-at-room.js';
import { joinByLink, previewLink } from './links/use-link.js';
import { listVotes, readPoll } from './read-poll.js';
import { listMembers, listRoles, listRooms, readRecords, roomSummary } from './read-rooms.js';
import { listEdits, readTimeline } from './read-timeline.js';
import type { Presence } from './presence.js';
import { listReports, makeReport } from './make-report.js';
import { requestContact } from './request-contact.js';
import { createOnce, createSendEvent, joinedRoom } from './send-event.js';

export type RoomServiceDeps = ServiceDeps &
  CreateDeps &
  JoinDeps & {
    readonly signals: ExchangeSignals;
    readonly bells: Bells;
    readonly holes: FillHoles;
    readonly presence: Presence;
    /** there is a report to send to a provider */
    readonly ringReports: (peer: Domain) => void;
  };

/** Binds what people can do in rooms to what it is done with. */
export function makeRoomServices(deps: RoomServiceDeps): RoomServices {
  const { changeRoom } = change;
  const onceContact = createOnce<{ room: RoomId; status: 'sent' }>(() => true);
  return {
    sendEvent: createSendEvent(deps),
    makeForward: (who, of) => makeForward(deps, who, of),
    readSource: (who, of) => readSource(deps, who, of),
    createGroup: (who, group) => createGroup(deps, who, group),
    requestContact: (who, contact) => {
      const { requestKey, ...what } = contact;
      const request = { name: `${who.accountId} ${requestKey}`, hash: JSON.stringify(what) };
      return onceContact(request, () => requestContact(deps, who, contact));
    },
    answerRequest: (who, id, answer) => answerRequest(deps, who, { id, answer }),
    inviteMember: (who, invite) => inviteMember(deps, who, invite),
    report: (who, wanted) => makeReport(deps, who, wanted),
    listReports: (who, page) => listReports(deps, who, page),
    ...bindLinks(deps),
    leaveRoom: (who, room) => changeRoom(deps, who, { room, change: change.leave(who) }),
    setTitle: (who, room, title) => changeRoom(deps, who, { room, change: change.title(title) }),
    ...makeModeration(deps),
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

type Moderation = Pick<
  RoomServices,
  | 'setInfo'
  | 'setSettings'
  | 'setPin'
  | 'denyProvider'
  | 'liftDeny'
  | 'setMemberTitle'
  | 'listRoles'
  | 'deleteMany'
  | 'banAndDelete'
  | 'readActs'
>;

/** How a room is set up, and who keeps order in it. */
function makeModeration(deps: RoomServiceDeps): Moderation {
  const { changeRoom } = change;
  return {
    setInfo: (who, room, info) => changeRoom(deps, who, { room, change: change.info(info) }),
    setSettings: (who, room, settings) => changeRoom(deps, who, { room, change: change.settings(settings) }),
    async setPin(who, room, { event, isPinned }) {
      await joinedRoom(deps, who, room);
      const { row } = isPinned ? await findVisible(deps, who, { room, event }) : { row: undefined };
      if (row?.content === null) throw new ProtocolError('not-found');
      return await changeRoom(deps, who, { room, change: change.pin(event, isPinned) });
    },
    denyProvider: (who, room, domain) => changeRoom(deps, who, { room, change: change.deny(domain) }),
    liftDeny: (who, room, domain) => liftDeny(deps, who, { room, domain }),
    setMemberTitle: (who, room, member) => changeRoom(deps, who, { room, change: change.memberTitle(member) }),
    listRoles: (who, room) => listRoles(deps, who, room),
    deleteMany: (who, deletion) => deleteMany(deps, who, deletion),
    banAndDelete: (who, ban) => banAndDelete(deps, who, ban),
    readActs: (who, page) => readActs(deps, who, page),
  };
}

type LinkService =
  | 'knockAtRoom'
  | 'makeLink'
  | 'listLinks'
  | 'revokeLink'
  | 'previewLink'
  | 'joinByLink'
  | 'giveAlias'
  | 'listAliases'
  | 'removeAlias'
  | 'previewAlias';

function bindLinks(deps: RoomServiceDeps): Pick<RoomServices, LinkService> {
  const knockAtRoom = createKnockAtRoom(deps);
  return {
    knockAtRoom: (who, wanted) => knockAtRoom(who, wanted),
    makeLink: (who, room, link) => makeLink(deps, who, { room, ...link }),
    listLinks: (who, room) => listLinks(deps, who, room),
    revokeLink: (who, room, link) => revokeLink(deps, who, { room, ...link }),
    previewLink: (text) => previewLink(deps, text),
    giveAlias: (who, alias) => giveAlias(deps, who, alias),
    listAliases: (who) => listAliases(deps, who),
    removeAlias: (who, name) => removeAlias(deps, who, name),
    previewAlias: (text) => previewAlias(deps, text),
    joinByLink: (who, link) => joinByLink(deps, who, link),
  };
}
