import { ProtocolError } from '../../protocol/protocol-error.js';
import { sha256 } from '../../protocol/hash.js';
import type { Random } from '../deps.js';
import type { AccountDeps, Authenticated } from './account-deps.js';

export interface SignUpCodeView {
  readonly code: string;
  readonly until: number;
}

const OWNER_PREFIX = 'owner-';
// Without i, l, o and u: codes are read aloud and typed.
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
const CODE_LETTERS = 16;
const INVITE_MS = 30 * 86_400_000;
const OWNER_MS = 7 * 86_400_000;

/**
 * Makes a code one person can sign up with, good for 30 days.
 *
 * @throws ProtocolError `owner-only` · `sign-up-closed` (codes are of no use here)
 * @see PV-ACC-004
 */
export async function createCode(
  { store, clock, random, signUpMode }: Pick<AccountDeps, 'store' | 'clock' | 'random' | 'signUpMode'>,
  { owner }: Pick<Authenticated, 'owner'>,
): Promise<SignUpCodeView> {
  if (!owner) throw new ProtocolError('owner-only');
  if (signUpMode === 'closed') throw new ProtocolError('sign-up-closed');
  const code = writeCode(random);
  const until = clock.now() + INVITE_MS;
  await store.createCode({ hash: hashCode(code), owner: false, until });
  return { code, until };
}

/**
 * Makes the code with which the owner of a fresh server signs up, whatever the sign-up mode; good for 7 days.
 *
 * @returns undefined when the server has accounts already
 * @see PV-ACC-005
 */
export async function createOwnerCode({
  store,
  clock,
  random,
}: Pick<AccountDeps, 'store' | 'clock' | 'random'>): Promise<SignUpCodeView | undefined> {
  if (await store.hasAccounts()) return undefined;
  const code = `${OWNER_PREFIX}${writeCode(random)}`;
  const until = clock.now() + OWNER_MS;
  await store.createCode({ hash: hashCode(code), owner: true, until });
  return { code, until };
}

/** The form a code is stored in; what people mistype (case, letters left out of the alphabet) is read as meant. */
export function hashCode(code: string): Buffer {
  const meant = code.trim().toLowerCase();
  const [prefix, letters] = isOwnerCode(meant) ? [OWNER_PREFIX, meant.slice(OWNER_PREFIX.length)] : ['', meant];
  return sha256(`${prefix}${letters.replace(/[\s-]/g, '').replace(/[il]/g, '1').replace(/o/g, '0')}`);
}

export function isOwnerCode(code: string): boolean {
  return code.trim().toLowerCase().startsWith(OWNER_PREFIX);
}

/** 80 bits in groups of four letters. */
function writeCode(random: Random): string {
  const letters = [...random.bytes(CODE_LETTERS)].map((byte) => LETTERS.charAt(byte % LETTERS.length)).join('');
  return letters.replace(/....(?=.)/g, '$&-');
}
