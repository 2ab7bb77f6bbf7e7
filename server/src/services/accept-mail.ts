import { domainOf, isAddressSender, parseRoomId } from '../protocol/identifiers.js';
import type { Address, Domain } from '../protocol/identifiers.js';
import type { KeyStatement } from '../protocol/key-statement.js';
import { parseKnockBody } from '../protocol/knock-mail.js';
import { parseInviteBody } from '../protocol/invite-mail.js';
import type { InviteBody } from '../protocol/invite-mail.js';
import { verifyInvite } from '../protocol/invite.js';
import { parseKnockAnswer, parseRoomKnock } from '../protocol/room-knock-mail.js';
import { parseMail, verifyMail } from '../protocol/mail.js';
import type { Mail } from '../protocol/mail.js';
import { noteOf } from './account-news.js';
import type { ServiceDeps } from './deps.js';
import type { Invitation } from './join-room.js';
import { fileKnock } from './links/file-knock.js';
import { fileKnockAnswer, fileRoomKnock } from './links/file-room-knock.js';
import type { PassOn } from './links/pass-on.js';
import { mayReach, REQUESTS_WAITING_MAX } from './may-reach.js';
import type { Actor } from './room-services.js';

type MailDeps = Pick<
  ServiceDeps,
  'domain' | 'store' | 'clock' | 'directory' | 'accountIdOf' | 'bells' | 'keys' | 'rooms'
> & {
  /** a dm that both people asked for at the same time becomes one */
  readonly mergeCrossed: (who: Actor, theirs: Invitation) => Promise<boolean>;
  readonly passOn: PassOn;
};

export type MailAnswer =
  | { readonly status: 'ok' }
  | { readonly status: 'retry'; readonly after: number }
  | { readonly status: 'denied'; readonly code: string };

/**
 * Takes mailbox items of another provider's people. What an answer says depends only on what the sender sent: whether the
 * account exists, is limited or has blocked the sender makes no difference to it.
 *
 * @see PV-MBX-001 to PV-MBX-006, PV-LIM-001, PV-LIM-012, PV-KNK-003, PV-KNK-010
 */
export async function acceptMail(
  deps: MailDeps,
  peer: Domain,
  items: readonly string[],
): Promise<{ results: MailAnswer[] }> {
  const results: MailAnswer[] = [];
  for (const jws of items) results.push(await acceptItem(deps, peer, jws));
  return { results };
}

async function acceptItem(deps: MailDeps, peer: Domain, jws: string): Promise<MailAnswer> {
  const mail = parseMail(jws);
  if (!mail.ok) return { status: 'denied', code: mail.code };
  const { from, to, until } = mail.value;
  const author = domainOf(from);
  // What is meant for a hub, the hub may pass on.
  const isPassedOn = to === peer && peer !== deps.domain;
  if (author !== peer && !isPassedOn) return { status: 'denied', code: 'wrong-origin' };
  if (domainOf(to) !== deps.domain && !isPassedOn) return { status: 'denied', code: 'bad-mail' };
  if (until < deps.clock.now()) return { status: 'denied', code: 'until-passed' };
  if (isPassedOn && !(await isOurConcern(deps, mail.value))) return { status: 'ok' };
  const isOwn = author === deps.domain;
  const statement = isOwn ? deps.keys.current.statement.parsed : await deps.directory.statementOf(author);
  if (statement === undefined) return { status: 'retry', after: 60 };
  if (!verifyMail(mail.value, statement)) return { status: 'denied', code: 'bad-mail' };
  const file = filingOf(deps, mail.value, statement);
  if (file === undefined) return { status: 'denied', code: 'bad-mail' };
  if (!isOwn && mail.value.kind !== 'knock-answer') await deps.store.countContacts(author, 'asked');
  await file();
  return { status: 'ok' };
}

/** Nobody's statement is looked up for the sake of a room that we do not follow. */
async function isOurConcern({ rooms }: MailDeps, { to, body }: Mail): Promise<boolean> {
  const room = parseRoomId(body['room']);
  return room !== undefined && (await rooms.get(room))?.hub === to;
}

/** What is to be done with an item whose body is good. */
function filingOf(deps: MailDeps, mail: Mail, statement: KeyStatement): (() => Promise<void>) | undefined {
  if (mail.kind === 'knock-answer') {
    const answer = parseKnockAnswer(mail);
    return answer.ok ? () => fileKnockAnswer(deps, mail, answer.value) : undefined;
  }
  if (mail.kind === 'knock' && !isAddressSender(mail.to)) {
    const knock = parseRoomKnock(mail);
    return knock.ok ? () => fileRoomKnock(deps, mail, knock.value) : undefined;
  }
  if (mail.kind === 'knock') {
    const knock = parseKnockBody(mail);
    return knock.ok ? () => fileKnock(deps, mail, knock.value) : undefined;
  }
  const body = parseInviteBody(mail);
  return body.ok && verifyInvite(body.value.invite, statement) ? () => fileInvite(deps, mail, body.value) : undefined;
}

/** Puts an item before its person, unless there is none, or that person wants nothing of the sender. */
async function fileInvite(deps: MailDeps, mail: Mail, body: InviteBody): Promise<void> {
  const { to } = body.invite;
  const accountId = await deps.accountIdOf(to);
  const who = accountId === undefined ? undefined : { accountId, address: to };
  if (accountId === undefined || who === undefined || !(await mayReach(deps, who, mail.from))) return;
  const { create, content, contentText, statement, invite, intro } = body;
  const creator = create.fields.sender as Address;
  const creation = { kind: content.kind, hub: invite.hub, creator, peer: content.with ?? null };
  const theirs = { room: invite.room, hub: invite.hub, creation };
  if (await deps.mergeCrossed(who, theirs)) {
    // An earlier copy of this item may wait, where what was to follow it was cut off.
    await deps.store.setRequestState(accountId, mail.hash, 'accepted');
    return;
  }
  const added = await deps.store.addRequest(
    {
      ...{ accountId, id: mail.hash, kind: content.kind === 'dm' ? 'contact' : 'invite', room: invite.room },
      ...{ hub: invite.hub, by: mail.from, at: deps.clock.now(), until: mail.until, state: 'waiting' },
      body: JSON.stringify({
        create: { jws: create.jws, content: contentText, statement: statement.jws },
        ...{
          mail: mail.jws,
          invite: invite.jws,
          creation: { kind: content.kind, creator, peer: content.with ?? null },
        },
        ...(intro === undefined ? {} : { intro }),
      }),
    },
    { max: REQUESTS_WAITING_MAX, mail: { hash: Buffer.from(mail.hash, 'base64url'), until: mail.until } },
  );
  if (added !== 'added') return;
  // Our person may have asked for the same contact meanwhile.
  if (await deps.mergeCrossed(who, theirs)) await deps.store.setRequestState(accountId, mail.hash, 'accepted');
  await deps.store.addNotes([noteOf(accountId, { kind: 'request', id: mail.hash })]);
  deps.bells.ringAccount(accountId);
}
