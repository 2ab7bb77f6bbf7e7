import { encodeBase64url } from '../protocol/base64url.js';
import { makeContent } from '../protocol/content.js';
import { buildEvent } from '../protocol/event.js';
import { buildInvite } from '../protocol/invite.js';
import { createIdOf } from '../protocol/identifiers.js';
import type { Address, RoomId } from '../protocol/identifiers.js';
import type { JsonObject } from '../protocol/json-shape.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { RoomState } from '../protocol/room-state.js';
import { ZERO_HASH } from '../protocol/record.js';
import type { ServiceDeps } from './deps.js';
import { LiveRoom } from './live-room.js';
import type { SendMail } from './send-mail.js';
import { requestHash } from './request-hash.js';
import type { KeyedRequest } from './request-hash.js';
import { isRejected } from './send-event.js';
import { answerOf, orderOwn, submitEvent } from './submit-event.js';
import type { Draft, Signed } from './submit-event.js';
import type { Actor } from './room-services.js';

export type CreateDeps = Parameters<typeof submitEvent>[0] & Pick<ServiceDeps, 'rooms'> & { readonly mail: SendMail };

const CREATE_UNTIL_MS = 3_600_000;
const INVITE_UNTIL_MS = 14 * 24 * 3_600_000;

interface NewRoom {
  readonly kind: 'dm' | 'group';
  readonly with?: Address;
  readonly request: KeyedRequest;
}

/**
 * Creates a group whose hub is this provider, with its creator as owner and first member.
 *
 * @throws ProtocolError `bad-event` (title) · `unavailable`
 * @see PV-ROOM-001 to PV-ROOM-004
 */
export async function createGroup(
  deps: CreateDeps,
  who: Actor,
  { title, requestKey }: { title: string; requestKey: string },
): Promise<{ room: RoomId }> {
  const request = { accountId: who.accountId, requestKey, requestHash: requestHash(['group', title]) };
  const room = await createRoom(deps, who, { kind: 'group', request });
  const live = await deps.rooms.get(room);
  if (live === undefined) throw new ProtocolError('internal');
  if (live.state.get('room.info', '') === undefined) {
    await submitEvent(deps, live, { sender: who.address, type: 'room.info', key: '', content: { title } });
  }
  return { room };
}

/** The dm between one of our people and somebody, if there is one that counts. */
export async function findDm(
  { store, rooms }: Pick<ServiceDeps, 'store' | 'rooms'>,
  who: Actor,
  other: Address,
): Promise<LiveRoom | undefined> {
  for (const room of await store.listDms(who.accountId, other)) {
    const live = await rooms.get(room);
    if (live !== undefined && live.state.get('room.superseded', '') === undefined) return live;
  }
  return undefined;
}

/** Whether two people have accepted each other: a dm in which both are joined. @see PV-PRF-001 */
export async function isContact(
  deps: Pick<ServiceDeps, 'store' | 'rooms'>,
  who: Actor,
  other: Address,
): Promise<boolean> {
  return (await findDm(deps, who, other))?.state.isJoined(other) === true;
}

/** Invites somebody by mail: the room's create event, and the signed right to join. */
export async function sendInvite(
  deps: CreateDeps,
  who: Actor,
  { room, to, intro }: { room: RoomId; to: Address; intro?: string },
): Promise<void> {
  const [create] = await deps.store.entriesOf([room], 'room.create', '');
  const live = await deps.rooms.get(room);
  if (create === undefined || live === undefined || create.statement === undefined)
    throw new ProtocolError('unknown-room');
  const after = live.state.get('access', to)?.id;
  const invite = buildInvite(
    {
      ...{ room, hub: live.hub, by: who.address, to, until: deps.clock.now() + INVITE_UNTIL_MS },
      ...{ nonce: encodeBase64url(deps.random.bytes(16)), ...(after === undefined ? {} : { after }) },
    },
    deps.keys.current.event,
  );
  const { jws, content, statement } = create;
  const body: JsonObject = {
    create: { jws, content, statement },
    invite: invite.jws,
    ...(intro === undefined ? {} : { intro }),
  };
  await deps.mail.send({ from: who.address, to, kind: 'invite', body });
}

/** Create and the creator's join; both or, after a crash in between, the rest when asked again. */
export async function createRoom(
  deps: CreateDeps,
  who: Actor,
  { kind, with: other, request }: NewRoom,
): Promise<RoomId> {
  const signed = signCreate(deps, who, { kind, ...(other === undefined ? {} : { with: other }) });
  const room = await orderCreate(deps, signed, request);
  const live = await deps.rooms.get(room);
  if (live === undefined) throw new ProtocolError('internal');
  if (!live.state.isJoined(who.address)) {
    const join: Draft = { sender: who.address, type: 'member', key: who.address, content: { membership: 'joined' } };
    await submitEvent(deps, live, join);
  }
  return room;
}

async function orderCreate(deps: CreateDeps, signed: Signed, request: KeyedRequest): Promise<RoomId> {
  try {
    const fresh = (): LiveRoom => freshRoom(deps, signed);
    answerOf(await orderOwn(deps, signed, { draft: { request }, fresh }));
    return signed.event.room;
  } catch (cause) {
    const sent = isRejected(cause) ? await deps.store.findSent(request.accountId, request.requestKey) : undefined;
    if (sent === undefined) throw cause;
    const isAnother = sent.requestHash?.equals(request.requestHash) === false;
    if (isAnother || sent.eventId !== createIdOf(sent.room)) throw new ProtocolError('key-reused');
    return sent.room;
  }
}

function signCreate(deps: CreateDeps, who: Actor, about: { kind: 'dm' | 'group'; with?: Address }): Signed {
  const { event: key, statement } = deps.keys.current;
  const value = { ...about, rules: 1, statement: statement.hash, version: statement.version };
  const bytes = deps.random.bytes(32);
  const content = makeContent(value, encodeBase64url(bytes.subarray(0, 16)));
  const now = deps.clock.now();
  const event = buildEvent(
    {
      ...{ type: 'room.create', sender: who.address, ts: now, until: now + CREATE_UNTIL_MS, key: '' },
      ...{ nonce: encodeBase64url(bytes.subarray(16)), content: content.hash, size: content.size, scheme: 'plain' },
    },
    key,
  );
  return { event, content: content.text, value, statement: statement.parsed };
}

function freshRoom({ domain }: CreateDeps, { event, value }: Signed): LiveRoom {
  const kind = value['kind'] === 'dm' ? 'dm' : 'group';
  return new LiveRoom({
    ...{ room: event.room, kind, hub: domain },
    ...{ state: new RoomState(event.room), statements: new Map(), status: 'live', code: null, ranges: [] },
    ...{ epoch: 0, seq: -1, at: 0, hash: ZERO_HASH, first: 0, sealed: undefined },
  });
}
