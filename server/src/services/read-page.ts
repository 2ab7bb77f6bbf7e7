import { parseSeal, sealedFromWire, verifySeal, verifySealedHead } from '../protocol/head.js';
import type { Seal, SealedHead } from '../protocol/head.js';
import type { Domain } from '../protocol/identifiers.js';
import { parseRoomId } from '../protocol/identifiers.js';
import { verifySuccessor } from '../protocol/key-statement.js';
import type { KeyStatement } from '../protocol/key-statement.js';
import { recordFromWire } from '../protocol/record.js';
import type { RoomPage } from '../protocol/room-page.js';
import { internStatement } from './intern-statement.js';
import type { LiveRoom } from './live-room.js';

export const PAGE_RECORDS_MAX = 256;
export const PAGE_BYTES_MAX = 1024 * 1024;

/**
 * Reads the seals that the pages of a message refer to. A malformed one spoils only the pages that need it.
 *
 * @see PV-SEAL-007
 */
export function readSeals(jwsList: readonly string[]): Seal[] {
  return jwsList.map((jws) => {
    const seal = parseSeal(jws);
    return seal.ok ? seal.value : NO_SEAL;
  });
}

/**
 * Reads a page of a room's log: form, limits, and its sealed head's place under its seal. Signatures are not checked.
 *
 * @returns undefined when it is malformed
 * @see PV-PUSH-002, PV-PUSH-003
 */
export function readPage(json: unknown, seals: readonly Seal[]): RoomPage | undefined {
  const { room: roomText, records: list, sealed: sealedJson } = json as Record<string, unknown>;
  const room = parseRoomId(roomText);
  if (room === undefined || !Array.isArray(list) || list.length > PAGE_RECORDS_MAX) return undefined;
  const sealed = sealedFromWire(sealedJson, seals);
  if (!sealed.ok || sealed.value.head.room !== room) return undefined;
  const records = list.map(recordFromWire);
  if (!records.every((record) => record !== undefined)) return undefined;
  const seal = seals.find(({ jws }) => jws === sealed.value.seal);
  if (seal === undefined || !verifySealedHead(sealed.value, seal)) return undefined;
  return { room, records, sealed: sealed.value };
}

/**
 * Whether a sealed head is signed by its hub: with an active seal key of the statement in force in the room, or of its
 * successor that the page itself brings.
 *
 * @see PV-SEAL-005, PV-KEY-013
 */
export function isSealedByHub(page: RoomPage, live: LiveRoom): boolean {
  if (page.sealed.head.hub !== live.hub) return false;
  const statement = hubStatement(page, live);
  return statement !== undefined && isSealedUnder(page.sealed, statement, { retired: false });
}

/**
 * Whether a sealed head's seal is signed by a seal key of a statement.
 *
 * @param retired whether a retired key will do: for what was sealed in the past
 */
export function isSealedUnder(sealed: SealedHead, statement: KeyStatement, { retired }: { retired: boolean }): boolean {
  const seal = parseSeal(sealed.seal);
  if (!seal.ok || seal.value.hub !== sealed.head.hub) return false;
  const key = statement.keyById.get(seal.value.kid);
  if (key?.use !== 'seal' || (key.status === 'retired' && !retired)) return false;
  return verifySealOnce(seal.value, key.x);
}

function hubStatement(page: RoomPage, live: LiveRoom): KeyStatement | undefined {
  const name = live.state.statementInForce(live.hub);
  let statement = name && live.statements.get(name.hash);
  for (const record of page.records) {
    if (!('jws' in record) || record.statement === undefined || record.seq <= live.seq) continue;
    const next = internStatement(record.statement);
    if (statement !== undefined && next !== undefined && verifySuccessor(next, statement)) statement = next;
  }
  return statement;
}

/** Many rooms of a push share a seal: its signature is checked once. */
function verifySealOnce(seal: Seal, publicKey: Buffer): boolean {
  const name = `${publicKey.toString('base64')} ${seal.jws}`;
  if (goodSeals.has(name)) return true;
  if (!verifySeal(seal, publicKey)) return false;
  if (goodSeals.size >= GOOD_SEALS_MAX) goodSeals.clear();
  goodSeals.add(name);
  return true;
}

const GOOD_SEALS_MAX = 1024;
const goodSeals = new Set<string>();

const NO_SEAL: Seal = {
  hub: '' as Domain,
  at: 0,
  root: Buffer.alloc(32),
  size: 0,
  jws: '',
  kid: '' as Seal['kid'],
  parsed: { kid: '' as Seal['kid'], payload: Buffer.alloc(0), signingInput: '', signature: new Uint8Array(64) },
};
