import { pgTable, text } from 'drizzle-orm/pg-core';
import { count, id } from './column-types.js';

export const links = pgTable('links', {
  account_id: count(),
  at: count(),
  until: count(),
  locator: text().primaryKey(),
  room_id: id(),
  secret: id(),
  jws: id(),
});

export const aliases = pgTable('aliases', {
  account_id: count(),
  at: count(),
  name: text().primaryKey(),
  room_id: id(),
});
