import type { Reader } from './database.js';

/** What a statement takes as a parameter. Bytes go as Buffer, lists as the text of `textArray` or `numberArray`. */
export type SqlValue = string | number | boolean | Buffer | null;

/** A statement over many rows, whose text depends on their number only. */
export interface ManyRows {
  /** Text up to and including `VALUES`. */
  readonly before: string;
  /** One per column: `''` where the target column decides, else `::type`, needed wherever the rows stand outside INSERT. */
  readonly casts: readonly string[];
  /** Text after the rows. */
  readonly after: string;
}

// Few sizes, so that each connection prepares few texts and keeps them.
const sizes = [64, 16, 4, 1];
const texts = new WeakMap<ManyRows, Map<number, string>>();

/** Issues a statement for all rows, in as few pieces as the fixed sizes allow, and does not wait. @returns what each piece answers */
export function issueRows<Row extends object>(
  sql: Reader,
  statement: ManyRows,
  rows: readonly (readonly SqlValue[])[],
): Promise<Row[]>[] {
  const issued: Promise<Row[]>[] = [];
  let start = 0;
  for (const size of sizes) {
    for (; rows.length - start >= size; start += size) {
      const values = rows.slice(start, start + size).flat();
      issued.push(sql.unsafe<Row[]>(textFor(statement, size), values, { prepare: true }).execute());
    }
  }
  return issued;
}

/** Issues one prepared statement and does not wait. */
export function issue<Row extends object>(sql: Reader, text: string, values: SqlValue[]): Promise<Row[]> {
  return sql.unsafe<Row[]>(text, values, { prepare: true }).execute();
}

/** An INSERT of whole rows. @param after for instance `ON CONFLICT DO NOTHING` */
export function insertInto(table: string, columns: readonly string[], after = ''): ManyRows {
  return { before: `INSERT INTO ${table} (${columns.join(', ')}) VALUES`, casts: columns.map(() => ''), after };
}

/** Splits rows into lists in which no key appears twice; within one statement PostgreSQL refuses that for upserts. */
export function inRounds<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Row[][] {
  const rounds: Map<string, Row>[] = [];
  for (const row of rows) {
    const key = keyOf(row);
    const free = rounds.find((round) => !round.has(key));
    if (free === undefined) rounds.push(new Map([[key, row]]));
    else free.set(key, row);
  }
  return rounds.map((round) => [...round.values()]);
}

/** A list as the text of an array parameter; the statement says `$n::text[]`. */
export function textArray(items: readonly string[]): string {
  return `{${items.map((item) => `"${item.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

/** As `textArray`, for `$n::bigint[]`. */
export function numberArray(items: readonly number[]): string {
  return `{${items.join(',')}}`;
}

function textFor(statement: ManyRows, size: number): string {
  let bySize = texts.get(statement);
  if (bySize === undefined) texts.set(statement, (bySize = new Map<number, string>()));
  let text = bySize.get(size);
  if (text === undefined) bySize.set(size, (text = makeText(statement, size)));
  return text;
}

function makeText({ before, casts, after }: ManyRows, size: number): string {
  const rows = Array.from({ length: size }, (_, row) => {
    // One typed row is enough: the others take its types.
    const cells = casts.map((cast, column) => `$${row * casts.length + column + 1}${row === 0 ? cast : ''}`);
    return `(${cells.join(', ')})`;
  });
  return `${before} ${rows.join(', ')} ${after}`;
}
