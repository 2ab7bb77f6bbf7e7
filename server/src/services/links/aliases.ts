import type { Alias, Domain, RoomId } from '../../protocol/identifiers.js';
import { domainOfAlias, parseAlias } from '../../protocol/identifiers.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { changeRoom } from '../change-room.js';
import type { ChangeDeps } from '../change-room.js';
import type { ServiceDeps } from '../deps.js';
import type { Actor, SendAnswer } from '../room-services.js';
import { joinedRoom } from '../send-event.js';
import { askDirectory } from './ask-directory.js';
import type { AskDeps } from './ask-directory.js';
import type { AliasView, RoomPreview } from './link-views.js';

type AliasDeps = ChangeDeps & Pick<ServiceDeps, 'domain' | 'store' | 'clock' | 'rooms'>;

/**
 * Gives a group a name in our directory, and has the group name it back.
 *
 * @throws ProtocolError `unknown-room` · `no-right` · `taken` · `list-full` (20 of the account) · the code of the rule that
 * refuses it
 * @see PV-ALS-004, PV-ALS-005
 */
export async function giveAlias(
  deps: AliasDeps,
  who: Actor,
  { room, name }: { room: RoomId; name: string },
): Promise<SendAnswer> {
  const alias = parseAlias(`#${name}@${deps.domain}`);
  if (alias === undefined) throw new ProtocolError('bad-request', { part: '/name' });
  const live = await joinedRoom(deps, who, room);
  const mayName = live.kind === 'group' && live.state.roleOf(who.address, deps.clock.now()).rights.has('info');
  if (!mayName) throw new ProtocolError('no-right');
  const { accountId } = who;
  if (!(await deps.store.addAlias({ accountId, name, room, at: deps.clock.now() }))) {
    const known = await deps.store.findAlias(name);
    if (known === undefined) throw new ProtocolError('list-full');
    if (known.accountId !== accountId || known.room !== room) throw new ProtocolError('taken');
  }
  return await changeRoom(deps, who, {
    room,
    change: ({ state }) => ({
      ...{ type: 'room.info', key: '' },
      content: { ...state.get('room.info', '')?.content, alias },
    }),
  });
}

/** The names a person gave, by name. */
export async function listAliases(
  { store, domain }: Pick<ServiceDeps, 'store' | 'domain'>,
  who: Actor,
): Promise<{ aliases: readonly AliasView[] }> {
  const rows = await store.listAliases(who.accountId);
  return { aliases: rows.map(({ name, room, at }) => ({ alias: `#${name}@${domain}`, room, at })) };
}

/** @throws ProtocolError `not-found` */
export async function removeAlias({ store }: Pick<ServiceDeps, 'store'>, who: Actor, name: string): Promise<void> {
  if (!(await store.removeAlias(who.accountId, name))) throw new ProtocolError('not-found');
}

/**
 * Shows the room behind a name: its provider says which room it stands for, and the room's hub that the room agrees.
 *
 * @throws ProtocolError `not-found` · `hub-unreachable`
 * @see PV-ALS-001, PV-ALS-006
 */
export async function previewAlias(deps: AskDeps, text: string): Promise<RoomPreview> {
  const alias: Alias | undefined = parseAlias(text);
  if (alias === undefined) throw new ProtocolError('not-found');
  const named = await askDirectory(deps, domainOfAlias(alias), { alias });
  if (named === undefined || !('alias' in named)) throw new ProtocolError('not-found');
  const { room, hub } = named.alias;
  const shown = await askDirectory(deps, hub as Domain, { room });
  if (shown === undefined || !('room' in shown) || shown.room.alias !== alias) throw new ProtocolError('not-found');
  return { ...shown.room, room: room as RoomId, hub: hub as Domain, alias };
}
