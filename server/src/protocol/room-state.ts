import { domainOf } from './identifiers.js';
import type { Address, Domain, EventId, RoomId } from './identifiers.js';
import { JoinedPeople } from './joined-people.js';
import type { JsonObject } from './json-shape.js';
import { BUILT_IN_NAMES, builtInRole, DEFAULT_ROLE, NO_ROLE, OWNER_ROLE, role, withoutRights } from './rights.js';
import type { Role } from './rights.js';
import { StateBuckets } from './state-buckets.js';
import type { StateEntry } from './state-entry.js';
import type {
  AccessContent,
  CreateContent,
  HistoryContent,
  MemberContent,
  OwnerContent,
  ProviderContent,
  RoleContent,
  RoomKind,
  RoomSettings,
  Visibility,
} from './state-content.js';

export type { StateEntry } from './state-entry.js';

/** Which statement is in force. */
export interface StatementName {
  readonly hash: string;
  readonly version: number;
}

export interface RoomCreation extends CreateContent {
  readonly creator: Address;
}

/** What `access` makes of one person, worked out once and kept until an entry it depends on changes. */
interface Standing {
  readonly full: Role;
  readonly limited: Role;
  /** `limited` holds before this time */
  readonly limitedUntil: number;
}

/**
 * A room's state: the fold of its log up to one record. It judges nothing: what is applied has been allowed, so the
 * content of registered types has its shape.
 */
export class RoomState {
  readonly room: RoomId;
  readonly #entries = new Map<string, Map<string, StateEntry>>();
  readonly #buckets = new StateBuckets();
  readonly #people = new JoinedPeople();
  readonly #standings = new Map<Address, Standing>();
  readonly #roles = new Map<string, Role>();
  readonly #bytes = { shared: 0, role: 0 };
  #size = 0;
  #creation: RoomCreation | undefined;

  constructor(room: RoomId) {
    this.room = room;
  }

  get(type: string, key: string): StateEntry | undefined {
    return this.#entries.get(type)?.get(key);
  }

  /** All entries, by bucket. */
  entries(): Generator<StateEntry> {
    return this.#buckets.entries();
  }

  get size(): number {
    return this.#size;
  }

  countOf(type: string): number {
    return this.#entries.get(type)?.size ?? 0;
  }

  /** Entries that every join answer carries: all types but `member`, `access` and `room.link`. */
  get sharedCount(): number {
    return this.#size - this.countOf('member') - this.countOf('access') - this.countOf('room.link');
  }

  /** Bytes of the shared entries, roles included. */
  get sharedBytes(): number {
    return this.#bytes.shared;
  }

  get roleBytes(): number {
    return this.#bytes.role;
  }

  /** @returns 32 bytes; costs one bucket per changed entry @see PV-STH-004 */
  hash(): Buffer {
    return this.#buckets.hash();
  }

  /** The 256 bucket hashes in order. */
  bucketHashes(): readonly Buffer[] {
    return this.#buckets.hashes();
  }

  /** Puts an allowed state event in the place of the entry of its type and key. */
  apply(applied: StateEntry): void {
    const entry = { ...applied, content: keptContent(applied.type, applied.content) };
    const entries = this.#entries.get(entry.type) ?? new Map<string, StateEntry>();
    const replaced = entries.get(entry.key);
    this.#entries.set(entry.type, entries.set(entry.key, entry));
    this.#buckets.set(entry, replaced);
    const bytes = entry.bytes - (replaced?.bytes ?? 0);
    if (replaced === undefined) this.#size += 1;
    if (!isPagedType(entry.type)) this.#bytes.shared += bytes;
    if (entry.type === 'role') this.#bytes.role += bytes;
    this.#forget(entry);
  }

  /** What create says; undefined before it. */
  get creation(): RoomCreation | undefined {
    return this.#creation;
  }

  /** Who orders the room's events: with epoch 0 the creator's provider. @see PV-ROOM-006 */
  get hub(): Domain | undefined {
    return this.#creation && domainOf(this.#creation.creator);
  }

  get kind(): RoomKind | undefined {
    return this.#creation?.kind;
  }

  /** The owner of a group; a dm has none. @see PV-ROOM-009 */
  get owner(): Address | undefined {
    if (this.#creation?.kind !== 'group') return undefined;
    const entry = this.get('room.owner', '');
    return entry === undefined ? this.#creation.creator : (entry.content as unknown as OwnerContent).owner;
  }

  /** Who sees earlier records when joining now. @see PV-ROOM-011 */
  get history(): Visibility {
    if (this.#creation?.kind === 'dm') return 'all';
    const entry = this.get('room.history', '');
    return entry === undefined ? 'joined' : (entry.content as unknown as HistoryContent).visible;
  }

  /** @see PV-SET-001 */
  get settings(): RoomSettings {
    return this.get('room.settings', '')?.content ?? {};
  }

  /** @see PV-SET-002 */
  get pins(): readonly EventId[] {
    return (this.get('room.pins', '')?.content['pins'] ?? []) as EventId[];
  }

  /** Providers that are denied. */
  get deniedDomains(): Domain[] {
    return this.#people.deniedDomains;
  }

  /** @see PV-SET-003 */
  isDenied(domain: Domain): boolean {
    return this.#people.isDenied(domain);
  }

  /** People of a denied domain whose joins only that keeps from counting. @see PV-RULE-054 */
  peopleShutOut(domain: Domain): ReadonlySet<Address> {
    return this.#people.shutOutOf(domain);
  }

  /** @see PV-ROOM-005 */
  statementInForce(domain: Domain): StatementName | undefined {
    const entry = this.get('provider', domain);
    if (entry !== undefined) {
      const { statement, version } = entry.content as unknown as ProviderContent;
      return { hash: statement, version };
    }
    if (this.#creation === undefined || domainOf(this.#creation.creator) !== domain) return undefined;
    return { hash: this.#creation.statement, version: this.#creation.version };
  }

  access(address: Address): AccessContent | undefined {
    return this.get('access', address)?.content;
  }

  /** The present `member` entry when it says joined, even if that join was ended by others. */
  joinEntry(address: Address): StateEntry | undefined {
    const entry = this.get('member', address);
    return entry && (entry.content as unknown as MemberContent).membership === 'joined' ? entry : undefined;
  }

  /** @see PV-ROOM-007 */
  isJoined(address: Address): boolean {
    return this.#hasJoin(address) && !this.isDenied(domainOf(address));
  }

  hasJoined(domain: Domain): boolean {
    return this.#people.of(domain).size > 0;
  }

  /** Joined members by provider; never an empty set. Reads through: do not keep it across changes. */
  joinedDomains(): ReadonlyMap<Domain, ReadonlySet<Address>> {
    return this.#people.byDomain;
  }

  joinedMembersOf(domain: Domain): ReadonlySet<Address> {
    return this.#people.of(domain);
  }

  get joinedCount(): number {
    return this.#people.count;
  }

  /** What a person may do at a hub time, joined or not. @see PV-RIGHT-004 to PV-RIGHT-006 */
  roleOf(address: Address, at: number): Role {
    if (address === this.owner) return OWNER_ROLE;
    const access = this.access(address);
    if (access === undefined) return this.role(this.roleByLink(address) ?? DEFAULT_ROLE) ?? NO_ROLE;
    const standing = this.#standings.get(address) ?? this.#standingOf(address, access);
    return at < standing.limitedUntil ? standing.limited : standing.full;
  }

  /** The role that a person joined with; it holds while `access` names none. @see PV-RIGHT-004 */
  roleByLink(address: Address): string | undefined {
    return (this.joinEntry(address)?.content as MemberContent | undefined)?.role;
  }

  /** The role of a name; undefined when the room has none. @see PV-RIGHT-003 */
  role(name: string): Role | undefined {
    const known = this.#roles.get(name);
    if (known !== undefined) return known;
    const entry = this.get('role', name);
    const found = entry === undefined ? builtInRole(name) : roleFrom(entry);
    if (found !== undefined) this.#roles.set(name, found);
    return found;
  }

  /** All roles there are. */
  roles(): Role[] {
    const names = new Set([...BUILT_IN_NAMES, ...(this.#entries.get('role')?.keys() ?? [])]);
    return [...names].flatMap((name) => this.role(name) ?? []);
  }

  #standingOf(address: Address, access: AccessContent): Standing {
    const full = this.role(access.role ?? this.roleByLink(address) ?? DEFAULT_ROLE) ?? NO_ROLE;
    const { restrict } = access;
    const limited = restrict === undefined ? full : withoutRights(full, restrict.rights);
    const limitedUntil = restrict === undefined ? 0 : (restrict.until ?? Infinity);
    const standing = { full, limited, limitedUntil };
    this.#standings.set(address, standing);
    return standing;
  }

  /** Brings what was worked out from entries up to date with a changed one. */
  #forget(entry: StateEntry): void {
    if (entry.type === 'member' || entry.type === 'access') {
      this.#standings.delete(entry.key as Address);
      this.#people.set(entry.key as Address, this.#hasJoin(entry.key as Address));
    } else if (entry.type === 'role') {
      this.#roles.delete(entry.key);
      this.#standings.clear();
    } else if (entry.type === 'room.create') {
      this.#creation = { ...(entry.content as unknown as CreateContent), creator: entry.sender as Address };
    } else if (entry.type === 'room.deny') {
      this.#people.deny(entry.key as Domain, entry.content['denied'] === true);
    }
  }

  /** The person's join counts, unless the domain is denied. */
  #hasJoin(address: Address): boolean {
    const join = this.joinEntry(address);
    if (join === undefined) return false;
    const access = this.access(address);
    return access === undefined || (access.ban === undefined && access.remove !== join.id);
  }
}

/** Rebuilds a state from its entries in any order. */
export function loadRoomState(entries: Iterable<StateEntry>, room: RoomId): RoomState {
  const state = new RoomState(room);
  for (const entry of entries) state.apply(entry);
  return state;
}

/** Whether entries of a type can be many, so that snapshots have them in parts; all others are few. @see PV-ROOM-014 */
export function isPagedType(type: string): boolean {
  return type === 'member' || type === 'access' || type === 'room.link';
}

const JOINED: JsonObject = { membership: 'joined' };
const LEFT: JsonObject = { membership: 'left' };

/** What an entry keeps of its content: neither salts nor invites, which are most of a large room's bytes. */
const KEPT: ReadonlyMap<string, readonly string[]> = new Map([
  ['member', ['membership', 'role']],
  ['room.create', ['kind', 'rules', 'with', 'statement', 'version', 'prev']],
  ['access', ['role', 'ban', 'remove', 'restrict', 'title']],
  ['provider', ['statement', 'version']],
  ['role', ['rank', 'rights']],
  ['room.owner', ['owner']],
  ['room.info', ['title', 'about', 'alias']],
  ['room.settings', ['timer', 'slow', 'edits', 'preview', 'join']],
  ['room.pins', ['pins']],
  ['room.deny', ['denied']],
  ['room.history', ['visible']],
  ['room.superseded', ['by']],
]);

function keptContent(type: string, content: JsonObject): JsonObject {
  if (type === 'member' && content['role'] === undefined) return content['membership'] === 'joined' ? JOINED : LEFT;
  const names = KEPT.get(type) ?? [];
  return Object.fromEntries(names.filter((name) => name in content).map((name) => [name, content[name]]));
}

function roleFrom(entry: StateEntry): Role {
  const { rank, rights } = entry.content as unknown as RoleContent;
  return role(entry.key, rank, rights);
}
