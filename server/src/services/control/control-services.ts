import type { ControlAnswer, ControlOperation, ControlRequest } from '@payvand/spec';
import { encodeBase64url } from '../../protocol/base64url.js';
import { parseAddress, parseDomain, parseRoomId } from '../../protocol/identifiers.js';
import type { Address, Domain, RoomId } from '../../protocol/identifiers.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { AccountDeps } from '../accounts/account-deps.js';
import { createUser } from '../accounts/operate-accounts.js';
import { listRequests } from '../accounts/requests.js';
import type { ServiceDeps } from '../deps.js';
import type { Actor, RoomServices } from '../room-services.js';
import { changeByControl } from './change-by-control.js';
import { drain } from './drain.js';
import type { DrainDeps } from './drain.js';

export interface ControlDeps extends DrainDeps {
  readonly accounts: AccountDeps;
  readonly rooms: RoomServices;
  /** fetches a provider's document and tells its version; undefined when there is none to be had */
  readonly discover: (domain: Domain) => Promise<number | undefined>;
  /** makes new keys and announces them; tells the version of the statement */
  readonly rotateKeys: () => Promise<number>;
  readonly versionOfServer: string;
}

/**
 * What this server offers of the test controls; the rest is answered with `unsupported`. A process cannot answer for its own
 * end and beginning, so `restart` is for whatever starts it.
 */
export type ControlServices = {
  readonly [Name in Exclude<ControlOperation, 'restart'>]: (
    request: ControlRequest<Name>,
  ) => Promise<ControlAnswer<Name>>;
};

const PAGE = 200;

/**
 * Acts for people as their own programs would, and looks at what the server holds. For servers in test mode.
 *
 * @see PV-CTL-004 to PV-CTL-013
 */
export function makeControlServices(control: ControlDeps): ControlServices {
  const { deps, accounts, rooms } = control;
  const actor = (as: string): Promise<Actor> => findActor(deps, as);
  const services: ControlServices = {
    describe: () =>
      Promise.resolve({
        ...{ name: 'payvand', version: control.versionOfServer, domain: deps.domain, versions: ['0.1'] },
        ...{ profiles: ['core', 'groups', 'client', 'control'], operations: Object.keys(services) },
      }),
    async 'make-account'({ localpart }) {
      const password = deps.random.bytes(16).toString('hex');
      return { address: (await createUser(accounts, { localpart, password })).address };
    },
    'view-account': async ({ as }) => await viewAccount(control, await actor(as)),
    'create-room': async ({ as, title }) =>
      await rooms.createGroup(await actor(as), { title, requestKey: deps.random.bytes(8).toString('hex') }),
    async invite({ as, address, room, text }) {
      const [who, to] = [await actor(as), addressOf(address)];
      if (room !== undefined) await rooms.inviteMember(who, { room: roomOf(room), address: to });
      if (room !== undefined) return { room };
      const contact = {
        to,
        requestKey: deps.random.bytes(8).toString('hex'),
        ...(text === undefined ? {} : { intro: text }),
      };
      return { room: (await rooms.requestContact(who, contact)).room };
    },
    answer: async ({ as, request, how }) => await rooms.answerRequest(await actor(as), request, how),
    send: async ({ as, room, key, ...event }) =>
      await rooms.sendEvent(await actor(as), { ...event, room: roomOf(room), requestKey: key }),
    async 'change-room'({ as, ...change }) {
      await changeByControl(rooms, await actor(as), change);
      return {};
    },
    'view-room': async ({ as, room }) => await viewRoom(control, await actor(as), roomOf(room)),
    async 'read-log'({ as, room, after, limit }) {
      const page = { limit, after };
      // What is shown of an event is what the shape says, written once for both APIs.
      const events = await rooms.readTimeline(await actor(as), roomOf(room), page);
      return { events: events as unknown as ControlAnswer<'read-log'>['events'] };
    },
    async discover({ domain }) {
      const name = parseDomain(domain);
      const version = name && (await control.discover(name));
      if (version === undefined) throw new ProtocolError('not-found');
      return { version };
    },
    'rotate-keys': async () => ({ version: await control.rotateKeys() }),
    drain: async ({ deadlineMs }) => await drain(control, deadlineMs),
  };
  return services;
}

/** @throws ProtocolError `not-found` */
async function findActor({ accountIdOf }: ServiceDeps, as: string): Promise<Actor> {
  const address = parseAddress(as);
  const accountId = address && (await accountIdOf(address));
  if (address === undefined || accountId === undefined) throw new ProtocolError('not-found', { part: '/as' });
  return { accountId, address };
}

async function viewAccount({ accounts, rooms }: ControlDeps, who: Actor): Promise<ControlAnswer<'view-account'>> {
  const { rooms: summaries } = await rooms.listRooms(who, { limit: PAGE });
  const { requests } = await listRequests(accounts, who, { limit: PAGE });
  return {
    rooms: summaries.map(({ room, status }) => ({ room, status })),
    requests: requests.map(({ id, kind, by: from, room, intro }) => ({
      ...{ id, kind, from, room },
      ...(intro === undefined ? {} : { text: intro }),
    })),
  };
}

async function viewRoom({ deps, rooms }: ControlDeps, who: Actor, room: RoomId): Promise<ControlAnswer<'view-room'>> {
  const { hub, status } = await rooms.roomSummary(who, room);
  const live = await deps.rooms.get(room);
  if (live === undefined) throw new ProtocolError('unknown-room');
  const members: { address: Address; role: string }[] = [];
  let after: Address | undefined;
  do {
    const page = await rooms.listMembers(who, room, { limit: PAGE, ...(after === undefined ? {} : { after }) });
    members.push(...page.members.map(({ address, role }) => ({ address, role })));
    after = page.next;
  } while (after !== undefined);
  const head: [number, number, string] = [live.epoch, live.seq, encodeBase64url(live.hash)];
  return { hub, status, head, state: encodeBase64url(live.state.hash()), members };
}

function roomOf(text: string): RoomId {
  const room = parseRoomId(text);
  if (room === undefined) throw new ProtocolError('unknown-room');
  return room;
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new ProtocolError('bad-request', { part: '/address' });
  return address;
}
