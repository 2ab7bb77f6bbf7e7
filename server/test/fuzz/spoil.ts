import fc from 'fast-check';
import { anything } from './arbitrary-of-schema.js';

/** One change somewhere in a JSON value. */
interface Change {
  /** which of its places, counted from the root and taken modulo their number */
  readonly at: number;
  readonly how: 'replace' | 'remove' | 'add' | 'wrap' | 'repeat' | 'lengthen';
  readonly value: unknown;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.noBias(fc.nat(1023)),
  how: fc.constantFrom<Change['how'][]>('replace', 'replace', 'remove', 'add', 'wrap', 'repeat', 'lengthen'),
  value: anything,
});

/** Most values as they are, some with one to three things wrong. */
export function sometimesSpoiled(good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const spoiled = fc.tuple(good, fc.array(change, { minLength: 1, maxLength: 3 })).map(([value, changes]) => {
    const holder = { root: structuredClone(value) };
    for (const one of changes) apply(holder, one);
    return holder.root;
  });
  return fc.oneof({ weight: 3, arbitrary: good }, { weight: 1, arbitrary: spoiled });
}

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

function apply(root: { root: unknown }, { at, how, value: given }: Change): void {
  // The same value may be put in at several places, and be changed at one of them.
  const value = structuredClone(given);
  const places: Place[] = [];
  collect({ holder: root, key: 'root' }, places);
  const place = places[at % places.length];
  if (place === undefined) return;
  const { holder, key } = place;
  const present = holder[key];
  if (how === 'replace') holder[key] = value;
  else if (how === 'remove' && Array.isArray(holder)) holder.splice(Number(key), 1);
  else if (how === 'remove') Reflect.deleteProperty(holder, key);
  else if (how === 'wrap') holder[key] = [present];
  else if (how === 'repeat') holder[key] = Array.from({ length: 300 }, () => present);
  else if (how === 'lengthen')
    holder[key] = typeof present === 'string' ? `${present}${present}x` : JSON.stringify(present ?? null);
  else if (typeof present === 'object' && present !== null) Object.assign(present, { 'x-more': value });
}

/** Every place where a value stands, in a fixed order; not too deep, because of what `repeat` makes. */
function collect(place: Place, places: Place[]): void {
  if (places.length > 2000) return;
  places.push(place);
  const value = place.holder[place.key];
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) collect({ holder: value as Record<string, unknown>, key }, places);
}
