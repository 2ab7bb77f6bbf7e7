import { Type } from 'typebox';
import type { Static, TObject, TSchema } from 'typebox';
import { StreamFrame, StreamOp } from './client-frames.js';
import * as parts from './client-parts.js';
import type { ErrorCode } from './error-codes.js';

export * from './client-frames.js';
export { DisplayName, Localpart, Password, Problem } from './client-parts.js';

/** One endpoint of the client API. `{name}` in a path is a parameter; an answer of null has no body. */
export interface ClientEndpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly summary: string;
  /** no token needed */
  readonly open?: true;
  readonly params?: TObject;
  readonly query?: TObject;
  readonly body?: TSchema;
  readonly bodyBytesMax?: number;
  readonly answers: Readonly<Record<number, TSchema | null>>;
  /** beside the codes any endpoint may answer */
  readonly codes?: readonly ErrorCode[];
}

/** Under which every path of the client API lies. */
export const clientBase = '/client/v1';

const KiB = 1024;
/** Most bytes of a body whose endpoint names no other limit. */
export const clientBodyBytesMax = 16 * KiB;
/** Most bytes of a send, by POST or as an op of the stream. */
export const clientSendBytesMax = 128 * KiB;

/** Codes any endpoint may answer, with `bad-token` where a token is needed. */
export const clientCommonCodes = [
  'bad-json',
  'bad-request',
  'too-large',
  'over-budget',
  'internal',
  'overloaded',
] as const satisfies readonly ErrorCode[];

/** A rule of the room, or its hub, refused the event. */
const ruleCodes = [
  'bad-event',
  'until-passed',
  'seen-mismatch',
  'prior-mismatch',
  'not-member',
  'wrong-sender',
  'not-invited',
  'no-right',
  'rank',
  'state-full',
  'quarantined',
  'hub-unreachable',
] as const satisfies readonly ErrorCode[];

const room = Type.Object({ room: parts.RoomId });
const roomAndAddress = Type.Object({ room: parts.RoomId, address: parts.Address });
const addressOnly = Type.Object({ address: parts.Address });
const requestOnly = Type.Object({ id: parts.RequestId });
const pageAfter = <Key extends TSchema>(key: Key) =>
  Type.Object({ after: Type.Optional(key), limit: Type.Optional(parts.Limit) });

/** A change of room state: recorded, or on its way to the hub. */
const change = { answers: { 200: parts.Ordered, 202: parts.Pending }, codes: ['unknown-room', ...ruleCodes] } as const;

const accounts = {
  signUp: {
    method: 'POST',
    path: '/accounts',
    summary: 'Makes an account and its first session.',
    open: true,
    body: parts.SignUpRequest,
    answers: { 201: parts.LoggedIn },
    codes: ['sign-up-closed', 'bad-code', 'taken', 'too-many-attempts'],
  },
  logIn: {
    method: 'POST',
    path: '/sessions',
    summary: 'Starts a session.',
    open: true,
    body: parts.LogInRequest,
    answers: { 201: parts.LoggedIn },
    codes: ['wrong-credentials', 'too-many-attempts'],
  },
  listSessions: {
    method: 'GET',
    path: '/sessions',
    summary: 'Lists the sessions of the account.',
    answers: { 200: parts.SessionList },
  },
  endSession: {
    method: 'DELETE',
    path: '/sessions/{id}',
    summary: 'Ends a session of the account; `current` is the one that asks.',
    params: Type.Object({ id: parts.SessionId }),
    answers: { 204: null },
    codes: ['not-found'],
  },
  changePassword: {
    method: 'POST',
    path: '/password',
    summary: 'Changes the password and ends all other sessions.',
    body: parts.PasswordChange,
    answers: { 204: null },
    codes: ['wrong-credentials', 'too-many-attempts'],
  },
  readMe: { method: 'GET', path: '/me', summary: 'Tells who the session belongs to.', answers: { 200: parts.Me } },
  changeMe: {
    method: 'PATCH',
    path: '/me',
    summary: 'Changes the display name and whether others get read receipts.',
    body: parts.MeChange,
    answers: { 200: parts.Me },
  },
  createCode: {
    method: 'POST',
    path: '/codes',
    summary: 'Makes a code that one person can sign up with; for the owner of the server.',
    answers: { 201: parts.SignUpCode },
    codes: ['owner-only', 'sign-up-closed'],
  },
  readProfile: {
    method: 'GET',
    path: '/profiles/{address}',
    summary: 'Reads what a person is called.',
    params: addressOnly,
    answers: { 200: parts.Profile },
    codes: ['not-found'],
  },
} as const satisfies Record<string, ClientEndpoint>;

const rooms = {
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
    params: room,
    answers: { 200: parts.RoomSummary },
    codes: ['unknown-room'],
  },
  markRead: {
    method: 'PUT',
    path: '/rooms/{room}/read',
    summary: 'Says up to where the person has read; never moves back.',
    params: room,
    body: Type.Object({ seq: parts.Seq }),
    answers: { 204: null },
    codes: ['unknown-room'],
  },
  setTyping: {
    method: 'PUT',
    path: '/rooms/{room}/typing',
    summary: 'Says that the person is writing; others see it for six seconds.',
    params: room,
    body: Type.Object({ typing: Type.Literal(true) }),
    answers: { 204: null },
    codes: ['unknown-room'],
  },
  leaveRoom: {
    method: 'POST',
    path: '/rooms/{room}/leave',
    summary: 'Leaves a room.',
    params: room,
    ...change,
  },
  setTitle: {
    method: 'PUT',
    path: '/rooms/{room}/title',
    summary: 'Names a group.',
    params: room,
    body: Type.Object({ title: parts.Title }),
    ...change,
  },
  setHistory: {
    method: 'PUT',
    path: '/rooms/{room}/history',
    summary: 'Decides whether people who join see what was before.',
    params: room,
    body: Type.Object({ visible: parts.History }),
    ...change,
  },
  setOwner: {
    method: 'PUT',
    path: '/rooms/{room}/owner',
    summary: 'Hands a group over.',
    params: room,
    body: addressOnly,
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

const events = {
  readEvents: {
    method: 'GET',
    path: '/rooms/{room}/events',
    summary: 'Reads a page of history: before a seq, after a seq, or the newest.',
    params: room,
    query: Type.Object({
      before: Type.Optional(parts.Seq),
      after: Type.Optional(parts.Seq),
      limit: Type.Optional(parts.Limit),
    }),
    answers: { 200: parts.EventList },
    codes: ['unknown-room'],
  },
  sendEvent: {
    method: 'POST',
    path: '/rooms/{room}/events',
    summary: 'Sends a message, edit, delete, reaction or private type; a repeat under the same key answers the same.',
    params: room,
    body: parts.SendRequest,
    bodyBytesMax: clientSendBytesMax,
    answers: { 200: parts.Ordered, 202: parts.Pending },
    codes: ['unknown-room', 'key-reused', ...ruleCodes],
  },
} as const satisfies Record<string, ClientEndpoint>;

const members = {
  listMembers: {
    method: 'GET',
    path: '/rooms/{room}/members',
    summary: 'Lists who is in a room.',
    params: room,
    query: pageAfter(parts.Address),
    answers: { 200: parts.MemberList },
    codes: ['unknown-room'],
  },
  inviteMember: {
    method: 'POST',
    path: '/rooms/{room}/invites',
    summary: 'Invites a person to a group.',
    params: room,
    body: addressOnly,
    answers: { 200: parts.Sent },
    codes: ['unknown-room', ...ruleCodes],
  },
  removeMember: {
    method: 'DELETE',
    path: '/rooms/{room}/members/{address}',
    summary: 'Removes a person from a group.',
    params: roomAndAddress,
    ...change,
  },
  setMemberRole: {
    method: 'PUT',
    path: '/rooms/{room}/members/{address}/role',
    summary: 'Gives a person a role.',
    params: roomAndAddress,
    body: Type.Object({ role: parts.RoleName }),
    ...change,
  },
  restrictMember: {
    method: 'PUT',
    path: '/rooms/{room}/members/{address}/restriction',
    summary: 'Takes rights from a person, for a time or until lifted.',
    params: roomAndAddress,
    body: parts.Restriction,
    ...change,
  },
  unrestrictMember: {
    method: 'DELETE',
    path: '/rooms/{room}/members/{address}/restriction',
    summary: 'Lifts a restriction.',
    params: roomAndAddress,
    ...change,
  },
  banMember: {
    method: 'PUT',
    path: '/rooms/{room}/bans/{address}',
    summary: 'Bans a person, in the group or not.',
    params: roomAndAddress,
    ...change,
  },
  unbanMember: {
    method: 'DELETE',
    path: '/rooms/{room}/bans/{address}',
    summary: 'Lifts a ban.',
    params: roomAndAddress,
    ...change,
  },
} as const satisfies Record<string, ClientEndpoint>;

const people = {
  requestContact: {
    method: 'POST',
    path: '/contacts',
    summary: 'Asks a person for contact; the answer is the same whether or not the account exists.',
    body: parts.ContactRequest,
    answers: { 200: parts.ContactSent },
    codes: ['key-reused'],
  },
  listRequests: {
    method: 'GET',
    path: '/requests',
    summary: 'Lists contact requests and invitations that wait for an answer.',
    query: pageAfter(parts.RequestId),
    answers: { 200: parts.RequestList },
  },
  acceptRequest: {
    method: 'POST',
    path: '/requests/{id}/accept',
    summary: 'Accepts: joins the room.',
    params: requestOnly,
    answers: { 200: parts.RequestAnswer },
    codes: ['not-found', ...ruleCodes],
  },
  ignoreRequest: {
    method: 'POST',
    path: '/requests/{id}/ignore',
    summary: 'Puts a request away; its sender learns nothing.',
    params: requestOnly,
    answers: { 200: parts.RequestAnswer },
    codes: ['not-found'],
  },
  blockRequest: {
    method: 'POST',
    path: '/requests/{id}/block',
    summary: 'Puts a request away and blocks its sender.',
    params: requestOnly,
    answers: { 200: parts.RequestAnswer },
    codes: ['not-found'],
  },
  listBlocks: {
    method: 'GET',
    path: '/blocks',
    summary: 'Lists whom the account blocks.',
    query: pageAfter(parts.Address),
    answers: { 200: parts.BlockList },
  },
  blockAddress: {
    method: 'PUT',
    path: '/blocks/{address}',
    summary: 'Blocks a person.',
    params: addressOnly,
    answers: { 204: null },
    codes: ['list-full'],
  },
  unblockAddress: {
    method: 'DELETE',
    path: '/blocks/{address}',
    summary: 'Lifts a block.',
    params: addressOnly,
    answers: { 204: null },
  },
} as const satisfies Record<string, ClientEndpoint>;

/** Every endpoint of the client API but the live stream, by operation. */
export const clientEndpoints = { ...accounts, ...rooms, ...events, ...members, ...people };

export type ClientOperation = keyof typeof clientEndpoints;

type Part<Operation extends ClientOperation, Name extends string> =
  (typeof clientEndpoints)[Operation] extends Readonly<Record<Name, infer Schema extends TSchema>>
    ? Static<Schema>
    : undefined;

/** What the parts of a request hold once they were checked; undefined where the endpoint takes none. */
export interface ClientRequestOf<Operation extends ClientOperation> {
  readonly params: Part<Operation, 'params'>;
  readonly query: Part<Operation, 'query'>;
  readonly body: Part<Operation, 'body'>;
}

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Published as `client-<part>.json`; the OpenAPI text refers to them by these names. */
export const clientSchemas: Readonly<Record<string, TSchema>> = {
  ...Object.fromEntries(
    Object.entries<unknown>(parts).flatMap(([name, part]) =>
      /^[A-Z]/.test(name) ? [[`client${kebab(name)}`, part as TSchema]] : [],
    ),
  ),
  'stream-op': StreamOp,
  'stream-frame': StreamFrame,
};
