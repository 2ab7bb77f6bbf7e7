import { limits } from '@payvand/spec';
import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import type { EventFields } from './event.js';
import { isRoleName } from './event-types.js';
import { isHashText, parseAddress, parseAlias, parseEventId, parseRoomId } from './identifiers.js';
import type { Address, EventId, RoomId } from './identifiers.js';
import { isCount, isJsonObject, isLine, isLines } from './json-shape.js';
import type { JsonObject } from './json-shape.js';
import { linkIdOf } from './link.js';
import { isRightList } from './rights.js';
import type { Right } from './rights.js';

export type RoomKind = 'dm' | 'group';
export type Visibility = 'all' | 'joined';

/** `room.create` */
export interface CreateContent {
  readonly kind: RoomKind;
  readonly rules: 1;
  /** the other person; in a dm only, and always there */
  readonly with?: Address;
  /** hash of the creator's provider's key statement */
  readonly statement: string;
  readonly version: number;
  readonly prev?: RoomId;
}

/** `member`, key = address */
export interface MemberContent {
  readonly membership: 'joined' | 'left';
  /** JWS of the invitation */
  readonly invite?: string;
  /** that the person holds the link which the invitation is: base64url of 64 bytes */
  readonly proof?: string;
  /** as the link says */
  readonly role?: string;
}

/** `access`, key = address */
export interface AccessContent {
  readonly role?: string;
  readonly ban?: true;
  /** the join that is undone */
  readonly remove?: EventId;
  readonly restrict?: Restriction;
  /** stands beside the name; decides nothing */
  readonly title?: string;
}

/** Rights a person is without, until a time by the records' clock or for ever. */
export interface Restriction {
  readonly rights: readonly Right[];
  readonly until?: number;
}

/** `room.link`, key = id of the link: it lets nobody in any more */
export interface LinkContent {
  readonly by: Address;
  /** base64url of the public key */
  readonly link: string;
}

/** `provider`, key = domain */
export interface ProviderContent {
  readonly statement: string;
  readonly version: number;
}

/** `role`, key = name */
export interface RoleContent {
  readonly rank: number;
  readonly rights: readonly Right[];
}

/** `room.owner` */
export interface OwnerContent {
  readonly owner: Address;
}

/** `room.settings`: all of a room's settings in one entry. */
export interface RoomSettings {
  /** s; nothing is said that stays longer */
  readonly timer?: number;
  /** s between two messages of one person */
  readonly slow?: number;
  /** whether earlier texts of edited messages are shown; `history` where it is not said */
  readonly edits?: 'history' | 'latest';
  readonly preview?: true;
  readonly join?: 'knock';
}

/** `room.history` */
export interface HistoryContent {
  readonly visible: Visibility;
}

const PROOF = /^[A-Za-z0-9_-]{85}[AQgw]$/;
const RANK_MAX = 99;
const SETTINGS: Readonly<Record<string, (value: unknown) => boolean>> = {
  timer: (value) => isSeconds(value, limits.timerSMax),
  slow: (value) => isSeconds(value, limits.slowSMax),
  edits: (value) => value === 'history' || value === 'latest',
  preview: (value) => value === true,
  join: (value) => value === 'knock',
};

type Shape = (content: JsonObject, fields: EventFields) => boolean;

const SHAPES: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ['room.create', isCreate],
  ['member', isMember],
  ['access', isAccess],
  ['provider', namesStatement],
  ['role', isRole],
  ['room.link', isLinkContent],
  ['room.owner', ({ owner }) => parseAddress(owner) !== undefined],
  ['room.info', isRoomDescription],
  ['room.settings', isSettings],
  ['room.pins', isPins],
  ['room.deny', ({ denied }) => typeof denied === 'boolean'],
  ['room.history', ({ visible }) => visible === 'all' || visible === 'joined'],
  ['room.superseded', ({ by }) => parseRoomId(by) !== undefined],
]);

/**
 * Checks that the content of a registered state type has that type's shape; other types pass.
 *
 * @returns refused `bad-event`
 * @see PV-CNT-010 to PV-CNT-019, PV-SET-001 to PV-SET-003
 */
export function checkStateContent(fields: EventFields, content: JsonObject): Checked<JsonObject> {
  const shape = SHAPES.get(fields.type);
  if (shape === undefined || shape(content, fields)) return accept(content);
  return refuse('bad-event', `content: not that of ${fields.type}`);
}

function isCreate(content: JsonObject, fields: EventFields): boolean {
  const { kind, rules, prev } = content;
  const other = parseAddress(content['with']);
  const hasPeople = kind === 'dm' ? other !== undefined && other !== fields.sender : content['with'] === undefined;
  return (
    (kind === 'dm' || kind === 'group') &&
    rules === 1 &&
    hasPeople &&
    namesStatement(content) &&
    (prev === undefined || parseRoomId(prev) !== undefined)
  );
}

function isMember({ membership, invite, proof, role }: JsonObject): boolean {
  if (membership === 'left') return [invite, proof, role].every((member) => member === undefined);
  const isProof = proof === undefined || (typeof proof === 'string' && PROOF.test(proof) && invite !== undefined);
  const isRole = role === undefined || (isRoleName(role) && proof !== undefined);
  return membership === 'joined' && (invite === undefined || typeof invite === 'string') && isProof && isRole;
}

/** The key is made of the issuer and the link, so an entry says no more and no less than its key. */
function isLinkContent({ by, link }: JsonObject, { key }: EventFields): boolean {
  const issuer = parseAddress(by);
  return issuer !== undefined && isHashText(link) && linkIdOf({ by: issuer, link }) === key;
}

function isAccess({ role, ban, remove, restrict, title }: JsonObject): boolean {
  return (
    (role === undefined || isRoleName(role)) &&
    (ban === undefined || ban === true) &&
    (remove === undefined || parseEventId(remove) !== undefined) &&
    (restrict === undefined || isRestriction(restrict)) &&
    (title === undefined || isLine(title, limits.memberTitleCharactersMax))
  );
}

function isRestriction(value: unknown): boolean {
  if (!isJsonObject(value) || !isRightList(value['rights'])) return false;
  return value['until'] === undefined || isCount(value['until']);
}

function isRole({ rank, rights }: JsonObject): boolean {
  return isCount(rank) && rank <= RANK_MAX && isRightList(rights);
}

function isRoomDescription({ title, about, alias }: JsonObject): boolean {
  return (
    isLine(title, limits.titleCharactersMax) &&
    (about === undefined || isLines(about, limits.aboutCharactersMax)) &&
    (alias === undefined || parseAlias(alias) !== undefined)
  );
}

function isSettings(content: JsonObject): boolean {
  return Object.entries(SETTINGS).every(([name, fits]) => content[name] === undefined || fits(content[name]));
}

function isSeconds(value: unknown, max: number): boolean {
  return isCount(value) && value >= 1 && value <= max;
}

function isPins({ pins }: JsonObject): boolean {
  if (!Array.isArray(pins) || pins.length > limits.pinsMax || new Set(pins).size !== pins.length) return false;
  return pins.every((id) => parseEventId(id) !== undefined);
}

function namesStatement({ statement, version }: JsonObject): boolean {
  return isHashText(statement) && isCount(version) && version >= 1;
}
