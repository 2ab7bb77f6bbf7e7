import { bigint, customType, text } from 'drizzle-orm/pg-core';

/** A `bytea`. */
export const bytes = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
/** An array of integers. */
export const numbers = customType<{ data: number[] }>({ dataType: () => 'ARRAY' });
/** A `bigint` as a number. */
export const int8 = () => bigint({ mode: 'number' });
/** Text that is there. */
export const id = () => text().notNull();
/** A `bigint` that is there. */
export const count = () => int8().notNull();
