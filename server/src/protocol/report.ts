import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import { sha256Base64url } from './hash.js';
import { parseAddress, parseDomain } from './identifiers.js';
import type { Address, Domain, KeyId } from './identifiers.js';
import { bytes32, isBytes16, isCount, isLine } from './json-shape.js';
import { signJws } from './jws.js';
import type { Jws } from './jws.js';
import { isSignedUnder } from './key-statement.js';
import type { KeyStatement } from './key-statement.js';
import type { SigningKey } from './key-thumbprint.js';
import { parseSignedObject } from './signed-object.js';

export const reportReasons = ['spam', 'abuse', 'violence', 'child', 'illegal', 'other'] as const;
export type ReportReason = (typeof reportReasons)[number];

export interface ReportFields {
  /** the provider one of whose people reports; which of them it does not say */
  readonly from: Domain;
  readonly to: Domain;
  /** whose event or mailbox item it is */
  readonly sender: Address;
  /** what is reported: base64url SHA-256 of an event's payload, as in its id, or of a mailbox item's JWS */
  readonly item: string;
  readonly reason: ReportReason;
  readonly note?: string;
  readonly at: number;
  readonly nonce: string;
}

/** A provider's word that one of its people reports something. Nothing is said about its signature. */
export interface Report extends ReportFields {
  /** base64url SHA-256 of the JWS: what makes two reports the same */
  readonly hash: string;
  readonly jws: string;
  readonly kid: KeyId;
  readonly parsed: Jws;
}

const REPORT_PAYLOAD_BYTES_MAX = 4096;
const NOTE_LENGTH_MAX = 500;

/**
 * Reads a report: form and limits, everything but the signature and the evidence.
 *
 * @returns refused `bad-report`
 * @see PV-REP-002, PV-REP-003
 */
export function parseReport(jws: string): Checked<Report> {
  const form = { typ: 'payvand-report', payloadBytesMax: REPORT_PAYLOAD_BYTES_MAX, code: 'bad-report' } as const;
  const signed = parseSignedObject(jws, form);
  if (!signed.ok) return signed;
  const { payload, kid, parsed } = signed.value;
  const { item, reason, note, at, nonce } = payload;
  const from = parseDomain(payload['from']);
  const to = parseDomain(payload['to']);
  const sender = parseAddress(payload['sender']);
  if (from === undefined) return refuse('bad-report', 'from');
  if (to === undefined) return refuse('bad-report', 'to');
  if (sender === undefined) return refuse('bad-report', 'sender');
  if (typeof item !== 'string' || bytes32(item) === undefined) return refuse('bad-report', 'item');
  if (!isReason(reason)) return refuse('bad-report', 'reason');
  if (note !== undefined && !isLine(note, NOTE_LENGTH_MAX)) return refuse('bad-report', 'note');
  if (!isCount(at)) return refuse('bad-report', 'at');
  if (!isBytes16(nonce)) return refuse('bad-report', 'nonce');
  const fields = { from, to, sender, item, reason, at, nonce, ...(note !== undefined && { note }) };
  return accept({ ...fields, hash: sha256Base64url(jws), jws, kid, parsed });
}

/**
 * Writes and signs a report. `key` is an event key of the provider whose person reports.
 *
 * @see PV-REP-002
 */
export function buildReport(fields: ReportFields, key: SigningKey): Report {
  const { from, to, sender, item, reason, note, at, nonce } = fields;
  const payload = JSON.stringify({ from, to, sender, item, reason, note, at, nonce });
  const signed = signJws('payvand-report', key, payload);
  return { ...fields, hash: sha256Base64url(signed.jws), kid: key.kid, ...signed };
}

/**
 * Whether a report is signed by a key that the reporting provider's statement lists for events, active or retired.
 *
 * @see PV-REP-004
 */
export function verifyReport(report: Report, statement: KeyStatement): boolean {
  return statement.provider === report.from && isSignedUnder(report, { statement, use: 'event' });
}

function isReason(value: unknown): value is ReportReason {
  return reportReasons.includes(value as ReportReason);
}
