import type { RoomId } from '../protocol/identifiers.js';
import { issueAccountNotes } from './account-notes.js';
import type { PreferenceChange } from './account-rows.js';
import type { Database } from './database.js';
import type { AccountNote } from './room-rows.js';
import { issue } from './sql-values.js';

const change = `INSERT INTO room_preferences (account_id, room_id, muted_until, pinned, draft) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (account_id, room_id) DO UPDATE SET
    muted_until = CASE WHEN $6 THEN excluded.muted_until ELSE room_preferences.muted_until END,
    pinned = CASE WHEN $7 THEN excluded.pinned ELSE room_preferences.pinned END,
    draft = CASE WHEN $8 THEN excluded.draft ELSE room_preferences.draft END`;

/** @see AccountRoomStore.changePreferences */
export async function changePreferences(
  db: Database,
  { accountId, room, note }: { accountId: number; room: RoomId; note: AccountNote },
  { mutedUntil, pinned, draft }: PreferenceChange,
): Promise<void> {
  const values = [accountId, room, mutedUntil ?? null, pinned ?? null, draft ?? null];
  const given = [mutedUntil !== undefined, pinned !== undefined, draft !== undefined];
  await db.transaction((tx) =>
    Promise.all([issue(tx, change, [...values, ...given]), ...issueAccountNotes(tx, [note])]),
  );
}
