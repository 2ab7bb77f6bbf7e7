import { decodeBase64url, encodeBase64url } from './base64url.js';
import { signEd25519, verifyEd25519 } from './ed25519.js';
import { sha256, sha256Base64url } from './hash.js';
import { parseDomain } from './identifiers.js';
import type { Address, Domain, RoomId } from './identifiers.js';
import { isBytes16 } from './json-shape.js';
import { signingKeyFromSeed } from './key-thumbprint.js';
import type { SigningKey } from './key-thumbprint.js';

/** What the text of a link says. */
export interface LinkText {
  /** the issuer's provider, which is asked what the link is for */
  readonly provider: Domain;
  /** 16 secret bytes in base64url */
  readonly secret: string;
}

const LINK = /^https:\/\/([^/]{1,253})\/join#(.{22})$/;

/**
 * Reads the text of a link as people pass it on.
 *
 * @see PV-LNK-003
 */
export function parseLinkText(text: string): LinkText | undefined {
  const [, domain, secret] = LINK.exec(text) ?? [];
  const provider = parseDomain(domain);
  return provider !== undefined && isBytes16(secret) ? { provider, secret } : undefined;
}

/** @see PV-LNK-003 */
export function formatLinkText({ provider, secret }: LinkText): string {
  return `https://${provider}/join#${secret}`;
}

/**
 * The key whose holder a link invites.
 *
 * @see PV-LNK-004
 */
export function linkKeyOf(secret: string): SigningKey {
  return signingKeyFromSeed(sha256(`payvand-link-key\0${secret}`));
}

/**
 * What the issuer's provider knows a link by. It stands in no log, so only holders can ask.
 *
 * @see PV-LNK-005
 */
export function linkLocatorOf(secret: string): string {
  return sha256Base64url(`payvand-link-locator\0${secret}`);
}

/**
 * The key of the `room.link` entry that revokes a link. It holds the issuer, so that nobody revokes another's link by
 * issuing one for the same key.
 *
 * @param link base64url of the link's public key
 * @see PV-LNK-007
 */
export function linkIdOf({ by, link }: { by: Address; link: string }): string {
  return sha256Base64url(`${by}\0${link}`);
}

/**
 * Shows that a person holds a link, without showing the secret.
 *
 * @returns base64url of 64 bytes
 * @see PV-LNK-006
 */
export function proveLink(key: SigningKey, { room, person }: { room: RoomId; person: Address }): string {
  return encodeBase64url(signEd25519(key.seed, provenBytes(room, person)));
}

/**
 * Whether a proof was made with a link's key, for this room and this person.
 *
 * @see PV-LNK-006
 */
export function verifyLinkProof(
  link: string,
  { room, person, proof }: { room: RoomId; person: Address; proof: string },
): boolean {
  const publicKey = decodeBase64url(link);
  const signature = decodeBase64url(proof);
  if (publicKey === undefined || signature === undefined) return false;
  return verifyEd25519(publicKey, provenBytes(room, person), signature);
}

function provenBytes(room: RoomId, person: Address): Buffer {
  return Buffer.from(`payvand-link\0${room}\0${person}`);
}
