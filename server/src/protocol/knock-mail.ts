import { limits } from '@payvand/spec';
import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import { parseInvite } from './invite.js';
import type { LinkInvite } from './invite.js';
import { isLine } from './json-shape.js';
import { verifyLinkProof } from './link.js';
import type { Mail } from './mail.js';

/** What a mailbox item of kind `knock` brings. */
export interface KnockBody {
  readonly link: LinkInvite;
  /** what they say of themselves */
  readonly intro?: string;
}

/**
 * Reads the body of a knock: the link that says whom to ask, and the proof that its sender holds it. The link's own
 * signature is left to its issuer's provider. Costly: after the mail's signature.
 *
 * @returns refused `bad-mail`
 * @see PV-KNK-001, PV-KNK-002
 */
export function parseKnockBody({ from, to, body }: Mail): Checked<KnockBody> {
  const { link, proof, intro } = body;
  if (intro !== undefined && !isLine(intro, limits.introCharactersMax)) return refuse('bad-mail', 'intro');
  const invite = typeof link === 'string' ? parseInvite(link) : refuse('bad-mail', 'link');
  if (!invite.ok) return refuse('bad-mail', `link: ${invite.detail}`);
  const { value } = invite;
  if (!('link' in value) || value.approve !== true || value.by !== to) return refuse('bad-mail', 'link');
  const isHolder = typeof proof === 'string' && verifyLinkProof(value.link, { room: value.room, person: from, proof });
  if (!isHolder) return refuse('bad-mail', 'proof');
  return accept(intro === undefined ? { link: value } : { link: value, intro });
}
