import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import { checkContent } from './content.js';
import { parseEvent, verifyEventSignature } from './event.js';
import type { ParsedEvent } from './event.js';
import { parseInvite } from './invite.js';
import type { PersonalInvite } from './invite.js';
import { isJsonObject, isLine } from './json-shape.js';
import { parseKeyStatement, verifyFirstStatement } from './key-statement.js';
import type { KeyStatement } from './key-statement.js';
import type { Mail } from './mail.js';
import type { CreateContent } from './state-content.js';

/** What a mailbox item of kind `invite` brings. */
export interface InviteBody {
  readonly create: ParsedEvent;
  readonly content: CreateContent;
  readonly contentText: string;
  readonly statement: KeyStatement;
  readonly invite: PersonalInvite;
  /** what the inviter says of themselves */
  readonly intro?: string;
}

const INTRO_LENGTH_MAX = 200;

/**
 * Reads the body of an invitation by mail and verifies the room's create event in it. The invitation's own
 * signature is left to whoever knows the statement of the inviter's provider. Costly: after the mail's signature.
 *
 * @returns refused `bad-mail`
 * @see PV-MAIL-006 to PV-MAIL-009
 */
export function parseInviteBody(mail: Mail): Checked<InviteBody> {
  const { create: created, invite: invitation, intro } = mail.body;
  if (intro !== undefined && !isLine(intro, INTRO_LENGTH_MAX)) return bad('intro');
  const create = readCreate(created);
  if (!create.ok) return create;
  const invite = typeof invitation === 'string' ? parseInvite(invitation) : bad('invite');
  if (!invite.ok) return bad(`invite: ${invite.detail}`);
  if (!('to' in invite.value)) return bad('invite: a link');
  if (!isForThisRoom(create.value, invite.value)) return bad('invite: room');
  if (invite.value.by !== mail.from || invite.value.to !== mail.to) return bad('invite: people');
  if (!isBetween(create.value, mail)) return bad('create: people');
  const body = { ...create.value, invite: invite.value };
  return accept(intro === undefined ? body : { ...body, intro });
}

type Created = Omit<InviteBody, 'invite' | 'intro'>;

function readCreate(value: unknown): Checked<Created> {
  if (!isJsonObject(value)) return bad('create');
  const { jws, content: contentText, statement: statementJws } = value;
  if (typeof jws !== 'string' || typeof contentText !== 'string' || typeof statementJws !== 'string') {
    return bad('create');
  }
  const create = parseEvent(jws);
  if (!create.ok || create.value.fields.type !== 'room.create') return bad('create: jws');
  const checked = checkContent(create.value, contentText);
  if (!checked.ok) return bad('create: content');
  const content = checked.value as unknown as CreateContent;
  const statement = parseKeyStatement(statementJws);
  if (!statement.ok || statement.value.hash !== content.statement || statement.value.version !== content.version) {
    return bad('create: statement');
  }
  if (!verifyFirstStatement(statement.value) || !verifyEventSignature(create.value, statement.value)) {
    return bad('create: signature');
  }
  return accept({ create: create.value, content, contentText, statement: statement.value });
}

function isForThisRoom({ create }: Created, invite: PersonalInvite): boolean {
  return invite.room === create.room;
}

/** A dm is between its creator and the person it names, so only the one can invite and only the other be invited. */
function isBetween({ create, content }: Created, mail: Mail): boolean {
  return content.kind !== 'dm' || (create.fields.sender === mail.from && content.with === mail.to);
}

function bad(detail: string): Checked<never> {
  return refuse('bad-mail', detail);
}
