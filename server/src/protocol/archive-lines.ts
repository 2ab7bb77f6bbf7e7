import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import { parseSeal, sealedFromWire, sealedToWire } from './head.js';
import type { SealedHead } from './head.js';
import { parseDomain, parseRoomId } from './identifiers.js';
import type { Domain, KeyId, RoomId } from './identifiers.js';
import { bytes32, isCount, isJsonObject } from './json-shape.js';
import type { JsonObject } from './json-shape.js';
import { recordFromWire, ZERO_HASH } from './record.js';
import type { FullRecord, RecordHeader } from './record.js';
import { parseStrictJson } from './strict-json.js';

/** What the first line of an archive says. */
export interface ArchiveHeader {
  readonly room: RoomId;
  readonly hub: Domain;
  /** whose copy of the log it is */
  readonly by: Domain;
  /** ms */
  readonly at: number;
  /** seq of the first record in it */
  readonly first: number;
  /** hash of the record before the first */
  readonly prev: Buffer;
  /** for people: nothing is believed because of it */
  readonly providers: readonly { readonly provider: Domain; readonly root: KeyId }[];
}

/** One line of an archive, read; nothing in it is verified. */
export type ArchiveLine =
  | { readonly kind: 'header'; readonly header: ArchiveHeader }
  | { readonly kind: 'entry'; readonly record: FullRecord }
  | { readonly kind: 'snapshot'; readonly sealed: SealedHead }
  | { readonly kind: 'record'; readonly record: FullRecord | RecordHeader; readonly hash: Buffer }
  | { readonly kind: 'sealed'; readonly sealed: SealedHead }
  | { readonly kind: 'end'; readonly records: number; readonly sealed: SealedHead };

/** A line holds one record with its content, which JSON may write six times as long, and its key statement. */
export const ARCHIVE_LINE_BYTES_MAX = 524_288;

/**
 * Reads one line of an archive, without its line feed.
 *
 * @returns refused `bad-archive`
 * @see PV-ARC-001 to PV-ARC-008, PV-ARC-010
 */
export function parseArchiveLine(text: string | Uint8Array): Checked<ArchiveLine> {
  const json = parseStrictJson(text, { bytesMax: ARCHIVE_LINE_BYTES_MAX });
  if (!json.ok) return bad(json.code);
  const line = json.value;
  if (!isJsonObject(line)) return bad('not an object');
  if ('archive' in line) return readHeader(line);
  if ('entry' in line) return readEntry(line);
  if ('record' in line) return readRecordLine(line);
  if ('end' in line) return readEnd(line);
  if ('snapshot' in line) return readSealed(line, 'snapshot');
  return 'sealed' in line ? readSealed(line, 'sealed') : bad('no kind of line');
}

/** @see PV-ARC-003 */
export function archiveHeaderText({ room, hub, by, at, first, prev, providers }: ArchiveHeader): string {
  const before = first === 0 ? {} : { prev: prev.toString('base64url') };
  return JSON.stringify({ archive: 'payvand-room', version: 1, room, hub, by, at, first, ...before, providers });
}

/** @param record JSON text of a wire record or header @see PV-ARC-004 */
export function archiveRecordText(record: string, hash: Buffer): string {
  return `{"record":${record},"hash":"${hash.toString('base64url')}"}`;
}

/** @see PV-ARC-005, PV-ARC-006 */
export function archiveSealedText(kind: 'snapshot' | 'sealed', sealed: SealedHead): string {
  const seals: string[] = [];
  return JSON.stringify({ [kind]: sealedToWire(sealed, seals), seals });
}

/** @see PV-ARC-008 */
export function archiveEndText(records: number, sealed: SealedHead): string {
  const seals: string[] = [];
  return JSON.stringify({ end: { records }, sealed: sealedToWire(sealed, seals), seals });
}

function readHeader(line: JsonObject): Checked<ArchiveLine> {
  const { archive, version, at, first } = line;
  if (archive !== 'payvand-room' || version !== 1) return bad('another format or version');
  const room = parseRoomId(line['room']);
  const hub = parseDomain(line['hub']);
  const by = parseDomain(line['by']);
  if (room === undefined || hub === undefined || by === undefined) return bad('header names');
  if (!isCount(at) || !isCount(first)) return bad('header numbers');
  const prev = first === 0 ? ZERO_HASH : bytes32(line['prev']);
  if (prev === undefined) return bad('prev');
  return accept({ kind: 'header', header: { room, hub, by, at, first, prev, providers: [] } });
}

function readEntry(line: JsonObject): Checked<ArchiveLine> {
  const record = recordFromWire(line['entry']);
  return record !== undefined && 'jws' in record ? accept({ kind: 'entry', record }) : bad('entry');
}

function readRecordLine(line: JsonObject): Checked<ArchiveLine> {
  const record = recordFromWire(line['record']);
  const hash = bytes32(line['hash']);
  return record === undefined || hash === undefined ? bad('record') : accept({ kind: 'record', record, hash });
}

function readSealed(line: JsonObject, kind: 'snapshot' | 'sealed'): Checked<ArchiveLine> {
  const sealed = sealedOf(line[kind], line['seals']);
  return sealed === undefined ? bad('sealed head') : accept({ kind, sealed });
}

function readEnd(line: JsonObject): Checked<ArchiveLine> {
  const { end } = line;
  const sealed = sealedOf(line['sealed'], line['seals']);
  if (!isJsonObject(end) || !isCount(end['records']) || sealed === undefined) return bad('end');
  return accept({ kind: 'end', records: end['records'], sealed });
}

/** A line brings the one seal its head needs. */
function sealedOf(json: unknown, seals: unknown): SealedHead | undefined {
  const [jws, ...more] = Array.isArray(seals) ? (seals as unknown[]) : [];
  const seal = typeof jws === 'string' && more.length === 0 ? parseSeal(jws) : undefined;
  const sealed = seal?.ok === true ? sealedFromWire(json, [seal.value]) : undefined;
  return sealed?.ok === true ? sealed.value : undefined;
}

function bad(detail: string): Checked<never> {
  return refuse('bad-archive', detail);
}
