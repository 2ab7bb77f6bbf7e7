import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import { checkContent } from './content.js';
import { parseEvent, verifyEventSignature } from './event.js';
import { parseSeal, sealedFromWire, verifySeal, verifySealedHead } from './head.js';
import type { WireSealedHead } from './head.js';
import { domainOf } from './identifiers.js';
import type { RoomId } from './identifiers.js';
import { bytes32 } from './json-shape.js';
import { parseKeyStatement } from './key-statement.js';
import type { KeyStatement } from './key-statement.js';
import { parseMail, verifyMail } from './mail.js';
import { headerFromWire, recordHash } from './record.js';
import type { WireHeader } from './record.js';
import type { Report } from './report.js';

/** An event as its sender's provider signed it, and the proof that the hub recorded it. */
export interface EventEvidence {
  readonly record: { epoch: number; seq: number; at: number; jws: string; content: string };
  /** of the sender's provider */
  readonly statement: string;
  /** hash of the record before */
  readonly prev: string;
  /** of the records after it, up to the sealed head */
  readonly headers: readonly WireHeader[];
  readonly sealed: WireSealedHead;
  readonly seals: readonly string[];
  readonly hubStatement: string;
}

/** A mailbox item as its sender's provider signed it. */
export interface MailEvidence {
  readonly mail: string;
  readonly statement: string;
}

export type ReportEvidence = EventEvidence | MailEvidence;

/** What good evidence shows, if the statements are those of the providers they name. */
export interface Shown {
  /** of an event */
  readonly room?: RoomId;
  readonly statements: readonly KeyStatement[];
  readonly hub?: KeyStatement;
}

/**
 * Checks the evidence of a report by itself: the signatures, the content and the chain to the hub's seal.
 *
 * @returns refused `bad-report`
 * @see PV-REP-005 to PV-REP-008
 */
export function checkEvidence(report: Report, evidence: ReportEvidence): Checked<Shown> {
  const statement = parseKeyStatement(evidence.statement);
  if (!statement.ok || statement.value.provider !== domainOf(report.sender)) return bad('statement');
  return 'mail' in evidence
    ? checkMail(report, evidence, statement.value)
    : checkEvent(report, evidence, statement.value);
}

function checkMail(report: Report, evidence: MailEvidence, statement: KeyStatement): Checked<Shown> {
  const mail = parseMail(evidence.mail);
  if (!mail.ok || mail.value.hash !== report.item || mail.value.from !== report.sender) return bad('mail');
  if (domainOf(mail.value.to) !== report.from) return bad('mail: to');
  return verifyMail(mail.value, statement) ? accept({ statements: [statement] }) : bad('mail: signature');
}

function checkEvent(report: Report, evidence: EventEvidence, statement: KeyStatement): Checked<Shown> {
  const { jws, content } = evidence.record;
  const event = parseEvent(jws);
  if (!event.ok || event.value.id.slice(1) !== report.item) return bad('event');
  if (event.value.fields.sender !== report.sender) return bad('event: sender');
  if (!checkContent(event.value, content).ok) return bad('content');
  if (!verifyEventSignature(event.value, statement)) return bad('event: signature');
  const hub = parseKeyStatement(evidence.hubStatement);
  if (!hub.ok) return bad('hub statement');
  const { room, id, jwsHash } = event.value;
  const { epoch, seq, at } = evidence.record;
  const first = { epoch, seq, at, event: id, jwsHash };
  if (!isChained(room, evidence, first, hub.value)) return bad('seal');
  return accept({ room, statements: [statement, hub.value], hub: hub.value });
}

type Header = NonNullable<ReturnType<typeof headerFromWire>>;

// eslint-disable-next-line max-params -- the four are one proof
function isChained(room: RoomId, evidence: EventEvidence, first: Header, hub: KeyStatement): boolean {
  let hash = bytes32(evidence.prev);
  let next = first.seq;
  if (hash === undefined) return false;
  for (const header of [first, ...evidence.headers.map(headerFromWire)]) {
    if (header?.seq !== next) return false;
    hash = recordHash(room, header, hash);
    next += 1;
  }
  const seals = evidence.seals.map(parseSeal);
  const [seal] = seals;
  if (seals.length !== 1 || seal?.ok !== true) return false;
  const sealed = sealedFromWire(evidence.sealed, [seal.value]);
  if (!sealed.ok || sealed.value.head.room !== room || !sealed.value.head.hash.equals(hash)) return false;
  const key = hub.keyById.get(seal.value.kid);
  if (sealed.value.head.hub !== hub.provider || key?.use !== 'seal') return false;
  return verifySeal(seal.value, key.x) && verifySealedHead(sealed.value, seal.value);
}

function bad(detail: string): Checked<never> {
  return refuse('bad-report', detail);
}
