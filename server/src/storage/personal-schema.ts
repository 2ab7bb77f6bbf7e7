import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { count, id, int8, numbers } from './column-types.js';

/** Tables of what people keep for themselves; a part of the schema. */

export const roomPreferences = pgTable(
  'room_preferences',
  { account_id: count(), muted_until: int8(), pinned: integer(), room_id: id(), draft: text() },
  (t) => [primaryKey({ columns: [t.account_id, t.room_id] })],
);

export const searchIndex = pgTable(
  'search_index',
  { seq: count(), at: count(), until: int8(), room_id: id(), words: numbers().notNull() },
  (t) => [primaryKey({ columns: [t.room_id, t.seq] })],
);

export const searchCursors = pgTable('search_cursors', {
  from_seq: count(),
  to_seq: count(),
  room_id: text().primaryKey(),
});

export const searchKey = pgTable('search_key', { value: text().primaryKey() });

export const closings = pgTable('closings', {
  account_id: int8().primaryKey(),
  at: count(),
  address: id(),
  content: text().notNull(),
});
