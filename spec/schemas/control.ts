import { Type } from 'typebox';
import type { Static, TObject, TSchema } from 'typebox';
import {
  Address,
  Domain,
  EventId,
  Localpart,
  PlainContent,
  Relations,
  RequestId,
  RequestKey,
  RoomId,
  Seq,
  Time,
  TimelineEvent,
  Title,
  oneOf,
} from './client-parts.js';
import { Bytes32, Epoch, line } from './format-parts.js';

/** Shapes of the test controls: what a suite asks of a server in test mode, and what it is told. */

const word = line(1, 64);
const words = Type.Array(word, { maxItems: 64 });
const as = Address;
const status = oneOf('live', 'joining', 'partial', 'quarantined', 'left');
const Nothing = Type.Object({});
const ofRoom = { as, room: RoomId };

const Waiting = Type.Object({
  id: RequestId,
  kind: oneOf('contact', 'invite', 'knock'),
  from: Address,
  room: RoomId,
  text: Type.Optional(Type.String()),
});

/** Body and answer of each operation. */
export const controlOperations = {
  describe: {
    request: Nothing,
    answer: Type.Object({
      name: word,
      version: word,
      domain: Domain,
      versions: words,
      profiles: words,
      operations: words,
    }),
  },
  'make-account': { request: Type.Object({ localpart: Localpart }), answer: Type.Object({ address: Address }) },
  'view-account': {
    request: Type.Object({ as }),
    answer: Type.Object({
      rooms: Type.Array(Type.Object({ room: RoomId, status }), { maxItems: 200 }),
      requests: Type.Array(Waiting, { maxItems: 200 }),
    }),
  },
  'create-room': { request: Type.Object({ as, title: Title }), answer: Type.Object({ room: RoomId }) },
  invite: {
    request: Type.Object({ as, address: Address, room: Type.Optional(RoomId), text: Type.Optional(line(1, 200)) }),
    answer: Type.Object({ room: RoomId }),
  },
  answer: {
    request: Type.Object({ as, request: RequestId, how: oneOf('accept', 'ignore', 'block') }),
    answer: Type.Object({ room: Type.Optional(RoomId) }),
  },
  send: {
    request: Type.Object({
      ...{ ...ofRoom, key: RequestKey, type: Type.String({ maxLength: 64 }), content: PlainContent },
      rel: Type.Optional(Relations),
    }),
    answer: Type.Object({
      ...{ status: oneOf('ordered', 'pending'), id: EventId, seq: Type.Optional(Seq), at: Type.Optional(Time) },
    }),
  },
  'change-room': {
    request: Type.Object({
      ...{ ...ofRoom, change: oneOf('leave', 'remove', 'ban', 'unban', 'role', 'title', 'owner') },
      ...{ address: Type.Optional(Address), value: Type.Optional(Type.String({ maxLength: 128 })) },
    }),
    answer: Nothing,
  },
  'view-room': {
    request: Type.Object(ofRoom),
    answer: Type.Object({
      ...{ hub: Domain, status, head: Type.Unsafe<[number, number, string]>(headShape()), state: Bytes32 },
      members: Type.Array(Type.Object({ address: Address, role: word }), { maxItems: 5000 }),
    }),
  },
  'read-log': {
    request: Type.Object({
      ...ofRoom,
      after: Type.Integer({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER }),
      limit: Type.Integer({ minimum: 1, maximum: 200 }),
    }),
    answer: Type.Object({ events: Type.Array(TimelineEvent, { maxItems: 200 }) }),
  },
  discover: { request: Type.Object({ domain: Domain }), answer: Type.Object({ version: Seq }) },
  'rotate-keys': { request: Nothing, answer: Type.Object({ version: Seq }) },
  drain: {
    request: Type.Object({ deadlineMs: Type.Integer({ minimum: 0, maximum: 60_000 }) }),
    answer: Type.Object({ quiet: Type.Boolean(), waiting: Type.Array(Domain, { maxItems: 1000 }) }),
  },
  restart: { request: Type.Object({ how: oneOf('stop', 'kill') }), answer: Nothing },
} as const satisfies Record<string, { request: TObject; answer: TObject }>;

function headShape(): TSchema {
  return { type: 'array', prefixItems: [Epoch, Type.Integer({ minimum: -1 }), Bytes32], minItems: 3, maxItems: 3 };
}

export type ControlOperation = keyof typeof controlOperations;
export type ControlRequest<Name extends ControlOperation> = Static<(typeof controlOperations)[Name]['request']>;
export type ControlAnswer<Name extends ControlOperation> = Static<(typeof controlOperations)[Name]['answer']>;

/** Under which every operation lies. */
export const controlBase = '/control/v1';

/** Published as `control-<operation>-request.json` and `control-<operation>-answer.json`. */
export const controlSchemas: Readonly<Record<string, TSchema>> = Object.fromEntries(
  Object.entries(controlOperations).flatMap(([name, { request, answer }]): [string, TSchema][] => [
    [`control-${name}-request`, request],
    [`control-${name}-answer`, answer],
  ]),
);
