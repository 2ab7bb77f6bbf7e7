import fc from 'fast-check';
import type { KnownValues } from './known-values.js';
import type { Schema } from './read-api.js';

/** Where a value is for: the name of the member or parameter, and of the list its thing stands in. */
export interface Place {
  readonly name: string;
  readonly list?: string;
}

/** A text this long is worth sending to see what happens at a limit. */
const EDGE_LENGTH_MAX = 70_000;
const SAFE_MAX = Number.MAX_SAFE_INTEGER;
const ITEMS_MAX = 4;

/**
 * What fits a schema: sometimes at the edge of it, and where the server has told fitting values, mostly one of them.
 */
export function arbitraryOf(schema: Schema, known: KnownValues, place: Place = { name: '' }): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  if (Array.isArray(schema['anyOf']))
    return fc.oneof(...(schema['anyOf'] as Schema[]).map((one) => arbitraryOf(one, known, place)));
  switch (schema['type']) {
    case 'string':
      return mostlyKnown(textOf(schema), known, kindsOf(schema, known, place));
    case 'integer':
    case 'number':
      return mostlyKnown(numberOf(schema), known, [`number:${place.name}`]);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return arrayOf(schema, known, place);
    case 'object':
      return objectOf(schema, known);
    default:
      return anything;
  }
}

/** JSON of any shape, and what JSON parsers stumble over. */
export const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.oneof(fc.integer(), fc.string({ unit: 'grapheme' }), fc.constant(null), fc.boolean()),
  fc.array(fc.oneof(fc.integer(), fc.string()), { maxLength: 4 }),
  fc.dictionary(fc.string(), fc.oneof(fc.integer(), fc.string()), { maxKeys: 4 }),
  fc.constantFrom<unknown>('', 0, -1, 2 ** 53 - 1, '__proto__', 'پیوند\u200c', '\u202e', "'; --", '../..', '%00', ' '),
  fc.constantFrom<unknown>({ constructor: { prototype: {} }, toString: 1, length: -1 }, [], {}, [[[[[]]]]]),
  fc.constantFrom<unknown>(-0, 1.5, 2 ** 53, 1e308, '\u0000', '\ud800', [[[[[[[[[[]]]]]]]]]]),
);

function kindsOf({ pattern }: Schema, known: KnownValues, { name, list }: Place): string[] {
  const byList = list === undefined ? [] : [`list:${list}`];
  if (typeof pattern !== 'string') return [...byList, `text:${name}`];
  known.watch(pattern);
  return [...byList, pattern];
}

/** Known values are looked up when one is wanted, not when the arbitrary is made. */
function mostlyKnown(
  fresh: fc.Arbitrary<unknown>,
  known: KnownValues,
  kinds: readonly string[],
): fc.Arbitrary<unknown> {
  const told = fc.tuple(fc.noBias(fc.nat(1023)), fresh).map(([at, other]) => {
    const values = known.of(...kinds);
    return values.length === 0 ? other : values[at % values.length];
  });
  return fc.oneof({ weight: 6, arbitrary: told }, { weight: 1, arbitrary: fresh });
}

function textOf({ pattern, minLength, maxLength }: Schema): fc.Arbitrary<string> {
  const least = typeof minLength === 'number' ? minLength : 0;
  const most = typeof maxLength === 'number' ? maxLength : 64;
  if (typeof pattern === 'string' && !pattern.includes('[^')) return matching(pattern, most);
  const points = { minLength: least, maxLength: Math.min(most, least + 40) };
  const plain = fc.string({ ...points, unit: 'grapheme' }).map((text) => Array.from(text).slice(0, most).join(''));
  const wild = fc.string({ ...points, unit: 'binary' });
  const edges = [least, most].filter((length) => length <= EDGE_LENGTH_MAX);
  const edge = fc
    .tuple(fc.constantFrom(...edges), fc.constantFrom('a', 'ی', '😀', ' '))
    .map(([length, letter]) => letter.repeat(length));
  return fc.oneof({ weight: 5, arbitrary: plain }, { weight: 1, arbitrary: wild }, { weight: 1, arbitrary: edge });
}

const matchers = new Map<string, fc.Arbitrary<string>>();

/** Patterns that only exclude letters are left to chance: to list all the others is slow. */
function matching(pattern: string, lengthMax: number): fc.Arbitrary<string> {
  const made = matchers.get(pattern) ?? fc.stringMatching(new RegExp(pattern, 'u'), { size: 'small' });
  matchers.set(pattern, made);
  return made.map((text) => (text.length <= lengthMax ? text : text.slice(0, lengthMax)));
}

function numberOf({ minimum, maximum }: Schema): fc.Arbitrary<number> {
  const min = typeof minimum === 'number' ? minimum : -SAFE_MAX;
  const max = typeof maximum === 'number' ? maximum : SAFE_MAX;
  return fc.oneof(
    fc.integer({ min, max: Math.min(max, Math.max(min, 0) + 100) }),
    fc.maxSafeInteger().map((any) => Math.min(max, Math.max(min, any))),
    fc.constantFrom(min, max),
  );
}

function arrayOf(schema: Schema, known: KnownValues, place: Place): fc.Arbitrary<unknown> {
  const { items, prefixItems, minItems, maxItems, uniqueItems } = schema;
  if (Array.isArray(prefixItems))
    return fc.tuple(...(prefixItems as Schema[]).map((one) => arbitraryOf(one, known, place)));
  const minLength = typeof minItems === 'number' ? minItems : 0;
  const maxLength = Math.min(typeof maxItems === 'number' ? maxItems : ITEMS_MAX, minLength + ITEMS_MAX);
  const item = arbitraryOf((items ?? {}) as Schema, known, place);
  if (uniqueItems === true) return fc.uniqueArray(item, { minLength: 0, maxLength, selector: JSON.stringify });
  return fc.array(item, { minLength, maxLength });
}

function objectOf({ properties, required, patternProperties }: Schema, known: KnownValues): fc.Arbitrary<unknown> {
  if (properties === undefined && patternProperties !== undefined)
    return fc.dictionary(fc.string({ maxLength: 8 }), anything, { maxKeys: 4 });
  // A member that fits nothing must not be there.
  const members = Object.entries((properties ?? {}) as Record<string, Schema>).filter(([, one]) => !('not' in one));
  const needed = new Set((required ?? []) as string[]);
  const model = Object.fromEntries(members.map(([name, member]) => [name, arbitraryOf(member, known, { name })]));
  return fc.record(model, { requiredKeys: members.map(([name]) => name).filter((name) => needed.has(name)) });
}
