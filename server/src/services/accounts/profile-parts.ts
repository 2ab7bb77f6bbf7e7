import { isJsonObject } from '../../protocol/json-shape.js';
import type { Address } from '../../protocol/identifiers.js';
import type { ProfileRow } from '../../storage/account-rows.js';

/** Who may see a part of a profile. */
export type Audience = 'everyone' | 'contacts' | 'nobody';
export const profileParts = ['name', 'bio', 'status', 'handle', 'presence'] as const;
export type ProfilePart = (typeof profileParts)[number];
export type Shown = Readonly<Record<ProfilePart, Audience>>;

export interface OwnProfile {
  readonly bio: string | null;
  readonly status: string | null;
  readonly handle: Address | null;
  readonly shown: Shown;
}

/** @see PV-PRF-004 */
const SHOWN_AT_FIRST: Shown = {
  name: 'everyone',
  bio: 'everyone',
  status: 'contacts',
  handle: 'everyone',
  presence: 'contacts',
};

/** What a person says of themselves, as it stands when they have said nothing yet. */
export function readProfileRow(row: ProfileRow | undefined): OwnProfile {
  if (row === undefined) return { bio: null, status: null, handle: null, shown: SHOWN_AT_FIRST };
  const { bio, status, handle } = row;
  const shown: unknown = JSON.parse(row.shown);
  return {
    bio,
    status,
    handle,
    shown: { ...SHOWN_AT_FIRST, ...(isJsonObject(shown) ? (shown as Partial<Shown>) : {}) },
  };
}
