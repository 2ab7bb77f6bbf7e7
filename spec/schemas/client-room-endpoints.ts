import { Type } from 'typebox';
import { clientSendBytesMax, ofAddress, ofRoom, ofRoomAndAddress, pageAfter, ruleCodes } from './client-endpoint.js';
import type { ClientEndpoint } from './client-endpoint.js';
import * as messages from './client-message-parts.js';
import * as own from './client-own-parts.js';
import * as parts from './client-parts.js';

/** A change of room state: recorded, or on its way to the hub. */
const change = { answers: { 200: parts.Ordered, 202: parts.Pending }, codes: ['unknown-room', ...ruleCodes] } as const;

const ofRoomAndEvent = Type.Object({ room: parts.RoomId, event: parts.EventId });
/** Which part of a room's events a page is taken from. */
const bounds = {
  before: Type.Optional(parts.Seq),
  after: Type.Optional(parts.Seq),
  limit: Type.Optional(parts.Limit),
};

export const roomEndpoints = {
  listRooms: {
    method: 'GET',
    path: '/rooms',
    summary: 'Lists the rooms of the account.',
    query: pageAfter(parts.RoomId),
    answers: { 200: parts.RoomList },
  },
  createRoom: {
    method: 'POST',
    path: '/rooms',
    summary: 'Makes a group.',
    body: parts.CreateRoomRequest,
    answers: { 200: parts.RoomCreated },
    codes: ['key-reused'],
  },
  readRoom: {
    method: 'GET',
    path: '/rooms/{room}',
    summary: 'Reads the details of a room.',
    params: ofRoom,
    answers: { 200: parts.RoomSummary },
    codes: ['unknown-room'],
  },
  markRead: {
    method: 'PUT',
    path: '/rooms/{room}/read',
    summary: 'Says up to where the person has read; never moves back.',
    params: ofRoom,
    body: Type.Object({ seq: parts.Seq }),
    answers: { 204: null },
    codes: ['unknown-room'],
  },
  listReads: {
    method: 'GET',
    path: '/rooms/{room}/reads',
    summary: 'Lists how far people have read who let it be known, in rooms of up to 100.',
    params: ofRoom,
    answers: { 200: own.ReadList },
    codes: ['unknown-room'],
  },
  setTyping: {
    method: 'PUT',
    path: '/rooms/{room}/typing',
    summary: 'Says that the person is writing; others see it for six seconds.',
    params: ofRoom,
    body: Type.Object({ typing: Type.Literal(true) }),
    answers: { 204: null },
    codes: ['unknown-room'],
  },
  changePreferences: {
    method: 'PATCH',
    path: '/rooms/{room}/preferences',
    summary: 'Mutes or pins a room, or keeps a draft, for the person’s own devices; null takes away.',
    params: ofRoom,
    body: own.RoomPreferencesChange,
    bodyBytesMax: clientSendBytesMax,
    answers: { 204: null },
    codes: ['unknown-room'],
  },
  leaveRoom: {
    method: 'POST',
    path: '/rooms/{room}/leave',
    summary: 'Leaves a room.',
    params: ofRoom,
    ...change,
  },
  setTitle: {
    method: 'PUT',
    path: '/rooms/{room}/title',
    summary: 'Names a group.',
    params: ofRoom,
    body: Type.Object({ title: parts.Title }),
    ...change,
  },
  setHistory: {
    method: 'PUT',
    path: '/rooms/{room}/history',
    summary: 'Decides whether people who join see what was before.',
    params: ofRoom,
    body: Type.Object({ visible: parts.History }),
    ...change,
  },
  setOwner: {
    method: 'PUT',
    path: '/rooms/{room}/owner',
    summary: 'Hands a group over.',
    params: ofRoom,
    body: ofAddress,
    ...change,
  },
  setRole: {
    method: 'PUT',
    path: '/rooms/{room}/roles/{name}',
    summary: 'Makes or changes a role.',
    params: Type.Object({ room: parts.RoomId, name: parts.RoleName }),
    body: Type.Object({ rank: Type.Integer({ minimum: 0, maximum: 99 }), rights: parts.Rights }),
    ...change,
  },
} as const satisfies Record<string, ClientEndpoint>;

export const eventEndpoints = {
  readEvents: {
    method: 'GET',
    path: '/rooms/{room}/events',
    summary: 'Reads a page of history, or of one thread: before a seq, after a seq, or the newest.',
    params: ofRoom,
    query: Type.Object({ ...bounds, thread: Type.Optional(parts.EventId) }),
    answers: { 200: parts.EventList },
    codes: ['unknown-room'],
  },
  listTopics: {
    method: 'GET',
    path: '/rooms/{room}/topics',
    summary: 'Reads a page of the messages that are topics: threads with a name.',
    params: ofRoom,
    query: Type.Object(bounds),
    answers: { 200: parts.EventList },
    codes: ['unknown-room'],
  },
  listEdits: {
    method: 'GET',
    path: '/rooms/{room}/events/{event}/edits',
    summary: 'Reads a page of what a message was changed to, oldest first, where the room shows it.',
    params: ofRoomAndEvent,
    query: Type.Object(bounds),
    answers: { 200: parts.EventList },
    codes: ['unknown-room', 'no-right'],
  },
  forwardEvent: {
    method: 'POST',
    path: '/rooms/{room}/forwards',
    summary: 'Says in a room what a message of the same or another room says, naming its source.',
    params: ofRoom,
    body: messages.ForwardRequest,
    answers: { 200: parts.Ordered, 202: parts.Pending },
    codes: ['unknown-room', 'not-found', 'key-reused', 'slow-mode', ...ruleCodes],
  },
  readSource: {
    method: 'GET',
    path: '/rooms/{room}/events/{event}/source',
    summary: 'Tells who said first what a forward says, and whether that is proven.',
    params: ofRoomAndEvent,
    answers: { 200: messages.ForwardSource },
    codes: ['unknown-room', 'not-found'],
  },
  readPoll: {
    method: 'GET',
    path: '/rooms/{room}/polls/{event}',
    summary: 'Reads how a poll stands.',
    params: ofRoomAndEvent,
    answers: { 200: messages.PollTally },
    codes: ['unknown-room', 'not-found'],
  },
  listVotes: {
    method: 'GET',
    path: '/rooms/{room}/polls/{event}/votes',
    summary: 'Lists who chose what in a poll that is not anonymous.',
    params: ofRoomAndEvent,
    query: pageAfter(parts.Address),
    answers: { 200: messages.VoteList },
    codes: ['unknown-room', 'not-found', 'no-right'],
  },
  searchMessages: {
    method: 'GET',
    path: '/search',
    summary: 'Looks messages up by their words, in all that the account may see.',
    query: Type.Object({
      text: Type.String({ minLength: 1, maxLength: 256 }),
      room: Type.Optional(parts.RoomId),
      sender: Type.Optional(parts.Address),
      since: Type.Optional(parts.Time),
      until: Type.Optional(parts.Time),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50 })),
    }),
    answers: { 200: own.SearchResults },
  },
  sendEvent: {
    method: 'POST',
    path: '/rooms/{room}/events',
    summary:
      'Sends a message, edit, delete, reaction, vote or private type; a repeat under the same key answers the same.',
    params: ofRoom,
    body: parts.SendRequest,
    bodyBytesMax: clientSendBytesMax,
    answers: { 200: parts.Ordered, 202: parts.Pending },
    codes: ['unknown-room', 'key-reused', 'slow-mode', ...ruleCodes],
  },
} as const satisfies Record<string, ClientEndpoint>;

export const memberEndpoints = {
  listMembers: {
    method: 'GET',
    path: '/rooms/{room}/members',
    summary: 'Lists who is in a room.',
    params: ofRoom,
    query: pageAfter(parts.Address),
    answers: { 200: parts.MemberList },
    codes: ['unknown-room'],
  },
  inviteMember: {
    method: 'POST',
    path: '/rooms/{room}/invites',
    summary: 'Invites a person to a group.',
    params: ofRoom,
    body: ofAddress,
    answers: { 200: parts.Sent },
    codes: ['unknown-room', ...ruleCodes],
  },
  removeMember: {
    method: 'DELETE',
    path: '/rooms/{room}/members/{address}',
    summary: 'Removes a person from a group.',
    params: ofRoomAndAddress,
    ...change,
    codes: [...change.codes, 'not-found'],
  },
  setMemberRole: {
    method: 'PUT',
    path: '/rooms/{room}/members/{address}/role',
    summary: 'Gives a person a role.',
    params: ofRoomAndAddress,
    body: Type.Object({ role: parts.RoleName }),
    ...change,
  },
  restrictMember: {
    method: 'PUT',
    path: '/rooms/{room}/members/{address}/restriction',
    summary: 'Takes rights from a person, for a time or until lifted.',
    params: ofRoomAndAddress,
    body: parts.Restriction,
    ...change,
  },
  unrestrictMember: {
    method: 'DELETE',
    path: '/rooms/{room}/members/{address}/restriction',
    summary: 'Lifts a restriction.',
    params: ofRoomAndAddress,
    ...change,
  },
  banMember: {
    method: 'PUT',
    path: '/rooms/{room}/bans/{address}',
    summary: 'Bans a person, in the group or not.',
    params: ofRoomAndAddress,
    ...change,
  },
  unbanMember: {
    method: 'DELETE',
    path: '/rooms/{room}/bans/{address}',
    summary: 'Lifts a ban.',
    params: ofRoomAndAddress,
    ...change,
  },
} as const satisfies Record<string, ClientEndpoint>;
