import { Type } from 'typebox';
import type { ClientEndpoint } from './client-endpoint.js';
import { ofRoom, ofRoomAndAddress, ruleCodes } from './client-endpoint.js';
import * as order from './client-order-parts.js';
import * as parts from './client-parts.js';
import { roomSettings } from './event-formats.js';
import { Alias, lines } from './format-parts.js';

/** A change of room state: recorded, or on its way to the hub. */
const change = { answers: { 200: parts.Ordered, 202: parts.Pending }, codes: ['unknown-room', ...ruleCodes] } as const;
const ofRoomAndEvent = Type.Object({ room: parts.RoomId, event: parts.EventId });
const ofRoomAndDomain = Type.Object({ room: parts.RoomId, domain: parts.Domain });

/** How a room is set up, and who keeps order in it. */
export const moderationEndpoints = {
  setInfo: {
    method: 'PUT',
    path: '/rooms/{room}/info',
    summary: 'Says what a group is: title, description, alias.',
    params: ofRoom,
    body: Type.Object({
      title: parts.Title,
      about: Type.Optional(lines(1, 512)),
      alias: Type.Optional(Alias),
    }),
    ...change,
  },
  setSettings: {
    method: 'PUT',
    path: '/rooms/{room}/settings',
    summary: 'Sets timer, slow mode, edits, preview and joining; what is left out goes back to what it is by itself.',
    params: ofRoom,
    body: Type.Object(roomSettings),
    ...change,
  },
  pinEvent: {
    method: 'PUT',
    path: '/rooms/{room}/pins/{event}',
    summary: 'Pins an event.',
    params: ofRoomAndEvent,
    ...change,
    codes: ['not-found', 'list-full', ...change.codes],
  },
  unpinEvent: {
    method: 'DELETE',
    path: '/rooms/{room}/pins/{event}',
    summary: 'Takes a pin away.',
    params: ofRoomAndEvent,
    ...change,
    codes: ['not-found', ...change.codes],
  },
  denyProvider: {
    method: 'PUT',
    path: '/rooms/{room}/denied/{domain}',
    summary: 'Keeps all people of a provider out of a group.',
    params: ofRoomAndDomain,
    ...change,
  },
  liftDeny: {
    method: 'DELETE',
    path: '/rooms/{room}/denied/{domain}',
    summary: 'Lets people of a provider be invited again; removes those it had kept out, 100 a call.',
    params: ofRoomAndDomain,
    answers: { 200: Type.Object({ removed: Type.Integer({ minimum: 0, maximum: 100 }), more: Type.Boolean() }) },
    codes: ['unknown-room', 'not-found', ...ruleCodes],
  },
  listRoles: {
    method: 'GET',
    path: '/rooms/{room}/roles',
    summary: 'Lists the roles there are.',
    params: ofRoom,
    answers: { 200: order.RoleList },
    codes: ['unknown-room'],
  },
  setMemberTitle: {
    method: 'PUT',
    path: '/rooms/{room}/members/{address}/title',
    summary: 'Sets what a person is called in a group beside the name; without a title it goes.',
    params: ofRoomAndAddress,
    body: Type.Object({ title: Type.Optional(order.MemberTitle) }),
    ...change,
  },
  deleteEvents: {
    method: 'POST',
    path: '/rooms/{room}/deletions',
    summary: 'Deletes what one person wrote, or all from one seq to another, newest first, 256 a call.',
    params: ofRoom,
    body: Type.Object({
      sender: Type.Optional(parts.Address),
      from: Type.Optional(parts.Seq),
      to: Type.Optional(parts.Seq),
    }),
    answers: { 200: order.Deleted },
    codes: ['unknown-room', ...ruleCodes],
  },
  banAndDelete: {
    method: 'POST',
    path: '/rooms/{room}/bans/{address}/deletions',
    summary: 'Bans a person and deletes what they wrote, 256 a call.',
    params: ofRoomAndAddress,
    answers: { 200: order.Deleted },
    codes: ['unknown-room', ...ruleCodes],
  },
  readActs: {
    method: 'GET',
    path: '/rooms/{room}/acts',
    summary: 'Reads who changed what in a room and deleted what of others, newest first.',
    params: ofRoom,
    query: Type.Object({ before: Type.Optional(parts.Seq), limit: Type.Optional(parts.Limit) }),
    answers: { 200: order.ActList },
    codes: ['unknown-room', 'no-right'],
  },
} as const satisfies Record<string, ClientEndpoint>;
