import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import { sha256Base64url } from './hash.js';
import { domainOf, parseAddress, parseDomain } from './identifiers.js';
import type { Address, Domain, KeyId } from './identifiers.js';
import { isBytes16, isCount, isJsonObject } from './json-shape.js';
import type { JsonObject } from './json-shape.js';
import { signJws } from './jws.js';
import type { Jws } from './jws.js';
import { isSignedUnder } from './key-statement.js';
import type { KeyStatement } from './key-statement.js';
import type { SigningKey } from './key-thumbprint.js';
import { parseSignedObject } from './signed-object.js';

const KINDS = ['invite', 'knock', 'knock-answer'] as const;
export type MailKind = (typeof KINDS)[number];

export interface MailFields {
  readonly from: Address;
  /** a domain: what is meant for the hub of a room */
  readonly to: Address | Domain;
  readonly kind: MailKind;
  readonly nonce: string;
  readonly until: number;
  readonly body: JsonObject;
}

/** A mailbox item. Its outer form is good; the body is not read yet and nothing is said about the signature. */
export interface Mail extends MailFields {
  /** base64url SHA-256 of the JWS: what makes two items the same */
  readonly hash: string;
  readonly jws: string;
  readonly kid: KeyId;
  readonly parsed: Jws;
}

const MAIL_BYTES_MAX = 8192;

/**
 * Reads a mailbox item, all but its body.
 *
 * @returns refused `too-large` · `not-supported` (another kind) · `bad-mail`
 * @see PV-MAIL-001 to PV-MAIL-004
 */
export function parseMail(jws: string): Checked<Mail> {
  if (jws.length > MAIL_BYTES_MAX) return refuse('too-large', 'longer than 8192 bytes');
  const signed = parseSignedObject(jws, { typ: 'payvand-mail', payloadBytesMax: MAIL_BYTES_MAX, code: 'bad-mail' });
  if (!signed.ok) return signed;
  const { payload, kid, parsed } = signed.value;
  const { kind, nonce, until, body } = payload;
  const from = parseAddress(payload['from']);
  const to = parseAddress(payload['to']) ?? parseDomain(payload['to']);
  if (from === undefined) return refuse('bad-mail', 'from');
  if (to === undefined || to === from) return refuse('bad-mail', 'to');
  if (!isBytes16(nonce)) return refuse('bad-mail', 'nonce');
  if (!isCount(until)) return refuse('bad-mail', 'until');
  if (!isJsonObject(body)) return refuse('bad-mail', 'body');
  const known = KINDS.find((one) => one === kind);
  if (known === undefined) return refuse(typeof kind === 'string' ? 'not-supported' : 'bad-mail', 'kind');
  return accept({ from, to, kind: known, nonce, until, body, hash: sha256Base64url(jws), jws, kid, parsed });
}

/**
 * Writes and signs a mailbox item. `key` is an event key of the sender's provider.
 *
 * @see PV-MAIL-001
 */
export function buildMail({ from, to, kind, nonce, until, body }: MailFields, key: SigningKey): Mail {
  const payload = JSON.stringify({ from, to, kind, nonce, until, body });
  const signed = signJws('payvand-mail', key, payload);
  return { from, to, kind, nonce, until, body, hash: sha256Base64url(signed.jws), kid: key.kid, ...signed };
}

/**
 * Whether a mailbox item is signed by a key that the sender's provider's statement lists for events, active or
 * retired.
 *
 * @see PV-MAIL-005
 */
export function verifyMail(mail: Mail, statement: KeyStatement): boolean {
  return statement.provider === domainOf(mail.from) && isSignedUnder(mail, { statement, use: 'event' });
}
