import { decode64, encode64 } from './base64url.js';
import { isGoodSignature } from './ed25519.js';
import { checkContent, parseEvent } from './event.js';
import type { ParsedEvent } from './event.js';
import { Fault, need, renamed } from './fault.js';
import { sha256 } from './hash.js';
import { isDomain } from './identifiers.js';
import { parseJws } from './jws.js';
import type { JwsType, ParsedJws } from './jws.js';
import { isFirstStatement, isSignedUnder, parseStatement } from './key-statement.js';
import { hasShape } from './shapes.js';
import { parseMembers } from './strict-json.js';
import type { Members } from './strict-json.js';

export interface Letter {
  readonly jws: ParsedJws;
  readonly payload: Members;
}

interface LetterForm {
  readonly typ: JwsType;
  readonly bytesMax: number;
  readonly code: string;
  readonly shape: (payload: Members) => string;
}

/** SPEC PV-INV-001, PV-INV-002, PV-LNK-001. @throws Fault `bad-invite` */
export function parseInvite(text: unknown): Letter {
  const shape = (payload: Members): string => ('link' in payload ? 'link-payload' : 'invite-payload');
  const letter = readLetter(text, { typ: 'payvand-invite', bytesMax: 1024, code: 'bad-invite', shape });
  const { by, to, after, link } = letter.payload;
  need(by !== to && (link === undefined || (to === undefined && after === undefined)), 'bad-invite');
  return letter;
}

/** SPEC PV-MAIL-001 to PV-MAIL-004. @throws Fault `too-large` · `not-supported` · `bad-mail` */
export function parseMail(text: unknown): Letter {
  need(typeof text !== 'string' || text.length <= 8192, 'too-large');
  const form = { typ: 'payvand-mail', bytesMax: 8192, code: 'bad-mail', shape: () => 'mail-payload' } as const;
  const letter = readLetter(text, form);
  const { from, to, kind } = letter.payload;
  need(from !== to, 'bad-mail');
  need(kind === 'invite' || kind === 'knock' || kind === 'knock-answer', 'not-supported');
  return letter;
}

/** SPEC PV-DEN-001, PV-DEN-002. @throws Fault `bad-denial` */
export function parseDenial(text: unknown): Letter {
  return readLetter(text, {
    ...{ typ: 'payvand-denial', bytesMax: 1024, code: 'bad-denial', shape: () => 'denial-payload' },
  });
}

function readLetter(text: unknown, { typ, bytesMax, code, shape }: LetterForm): Letter {
  return renamed(code, () => {
    const jws = parseJws(text, typ, bytesMax);
    const payload = parseMembers(jws.payload, { bytesMax });
    need(hasShape(shape(payload), payload), code);
    return { jws, payload };
  });
}

export interface Invitation {
  readonly create: ParsedEvent;
  readonly content: Members;
  readonly invite: Letter;
  readonly statement: string;
}

/** SPEC PV-MAIL-006 to PV-MAIL-009, PV-KNK-002, PV-KNK-009, PV-KNK-014. @throws Fault `bad-mail` */
export function parseMailBody(mail: Letter): Invitation | undefined {
  return renamed('bad-mail', () => {
    const { kind, to } = mail.payload;
    if (kind === 'invite') return parseInvitation(mail);
    if (kind === 'knock-answer' || isDomain(to)) checkRoomKnock(mail);
    else checkKnock(mail);
    return undefined;
  });
}

function parseInvitation({ payload }: Letter): Invitation {
  const { body, from, to } = payload;
  need(hasShape('invite-mail-body', body), 'bad-mail');
  const parts = body as { create: { jws: string; content: string; statement: string }; invite: string };
  const create = parseEvent(parts.create.jws);
  const statement = parseStatement(parts.create.statement);
  const content = checkContent(create, parts.create.content) ?? {};
  need(create.type === 'room.create', 'bad-mail');
  need(content['statement'] === statement.hash && content['version'] === statement.version, 'bad-mail');
  need(statement.provider === create.domain && isFirstStatement(statement), 'bad-mail');
  need(isSignedUnder(statement, create.jws, { domain: create.domain, use: 'event' }), 'bad-mail');
  const invite = parseInvite(parts.invite);
  const of = invite.payload;
  need(of['room'] === create.room && of['by'] === from && of['to'] === to, 'bad-mail');
  need(content['kind'] === 'group' || (from === create.sender && to === content['with']), 'bad-mail');
  return { create, content, invite, statement: parts.create.statement };
}

/** What is meant for the hub of a room. */
function checkRoomKnock({ payload: { kind, from, to, body } }: Letter): void {
  const shape = kind === 'knock' ? 'room-knock-mail-body' : 'knock-answer-mail-body';
  need(isDomain(to) && hasShape(shape, body), 'bad-mail');
  const { link, person } = body;
  need(link === undefined && person !== from, 'bad-mail');
}

function checkKnock({ payload }: Letter): void {
  need(hasShape('knock-mail-body', payload['body']), 'bad-mail');
  const body = payload['body'] as { link: string; proof: string };
  const link = parseInvite(body.link).payload;
  need('link' in link && link['approve'] === true && link['by'] === payload['to'], 'bad-mail');
  const claim = { link: String(link['link']), room: String(link['room']), person: String(payload['from']) };
  need(isLinkProof(claim, body.proof), 'bad-mail');
}

export interface LinkClaim {
  readonly link: string;
  readonly room: string;
  readonly person: string;
}

/** SPEC PV-LNK-006. */
export function isLinkProof({ link, room, person }: LinkClaim, proof: string): boolean {
  try {
    return isGoodSignature(decode64(link, 32), linkMessage(room, person), decode64(proof, 64));
  } catch (cause) {
    if (cause instanceof Fault) return false;
    throw cause;
  }
}

function linkMessage(room: string, person: string): string {
  return `payvand-link\0${room}\0${person}`;
}

/** SPEC PV-LNK-003 to PV-LNK-005. @throws Fault `bad-link` */
export function parseLinkText(text: string): { provider: string; seed: Buffer; locator: string } {
  const [, provider, secret] = /^https:\/\/([^/]*)\/join#([^/]*)$/.exec(text) ?? [];
  return renamed('bad-link', () => {
    need(isDomain(provider), 'bad-link');
    decode64(secret, 16);
    const seed = sha256(`payvand-link-key\0${secret ?? ''}`);
    return { provider, seed, locator: encode64(sha256(`payvand-link-locator\0${secret ?? ''}`)) };
  });
}
