import type { Random } from '../chaos/random.js';
import { isMembers } from '../formats/strict-json.js';

/** A value that differs from an honest one in one place. */
export interface Mutated {
  readonly value: unknown;
  /** where and how, for people */
  readonly what: string;
}

type Path = readonly (string | number)[];

const strange: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1, 1.5, 2 ** 31, 2 ** 53 - 1, 2 ** 53],
  ...[
    '',
    ' ',
    'x',
    '\u0000',
    '\ud800',
    '‮',
    'A'.repeat(43),
    '../..',
    '__proto__',
    'x'.repeat(5000),
    [],
    {},
    [[]],
    { x: {} },
  ],
];

/** Changes one place of a JSON value: takes it away, or makes it longer, shorter, another type, out of range. */
export function mutate(value: unknown, random: Random): Mutated {
  const path = random.pick(pathsOf(value));
  const place = `/${path.join('/')}`;
  const [what, change] = random.pick(changesOf(valueAt(value, path), random));
  if (what === 'removed') return { value: without(value, path), what: `${place} removed` };
  return { value: replaced(value, path, change), what: `${place} ${what}` };
}

/** Every place below the top, the deep ones as likely as the others. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  const below = childrenOf(value).flatMap(([name, child]) => pathsOf(child, [...path, name]));
  return path.length === 0 ? (below.length === 0 ? [[]] : below) : [path, ...below];
}

function childrenOf(value: unknown): [string | number, unknown][] {
  if (Array.isArray(value)) return value.map((child, place) => [place, child]);
  return isMembers(value) ? Object.entries(value) : [];
}

function changesOf(value: unknown, random: Random): [string, unknown][] {
  const changes: [string, unknown][] = [['removed', undefined]];
  const other = random.pick(strange);
  changes.push([`is ${JSON.stringify(other).slice(0, 40)}`, other]);
  if (typeof value === 'string') changes.push(...stringChanges(value, random));
  if (typeof value === 'number')
    changes.push(
      ['one more', value + 1],
      ['one less', value - 1],
      ['negative', -value - 1],
      ['thousandfold', value * 1000],
    );
  if (isList(value))
    changes.push(['empty', []], ['twice as long', [...value, ...value]], ['reversed', [...value].reverse()]);
  if (isMembers(value)) changes.push(['with one more', { ...value, ['x-extra']: other }], ['empty', {}]);
  return changes;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function stringChanges(value: string, random: Random): [string, unknown][] {
  const at = random.below(value.length + 1);
  const letter = random.pick(['A', 'z', '0', '_', '=', ' ', '\n', 'é', '.', '@', '-']);
  return [
    ['with a letter more', `${value.slice(0, at)}${letter}${value.slice(at)}`],
    ['with another letter', `${value.slice(0, at)}${letter}${value.slice(at + 1)}`],
    ['shorter', value.slice(0, at)],
    ['in capitals', value.toUpperCase()],
    ['twice', value + value],
  ];
}

function valueAt(value: unknown, path: Path): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  return valueAt((value as Readonly<Record<string | number, unknown>>)[name], rest);
}

function replaced(value: unknown, path: Path, change: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return change;
  const children = childrenOf(value).map(
    ([one, child]) => [one, one === name ? replaced(child, rest, change) : child] as const,
  );
  return Array.isArray(value) ? children.map(([, child]) => child) : Object.fromEntries(children);
}

function without(value: unknown, path: Path): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return undefined;
  const children = childrenOf(value).flatMap(([one, child]) => {
    if (one !== name) return [[one, child] as const];
    return rest.length === 0 ? [] : [[one, without(child, rest)] as const];
  });
  return Array.isArray(value) ? children.map(([, child]) => child) : Object.fromEntries(children);
}

/** The same JSON value in a text that strict JSON refuses or reads in the same way. */
export function rewrite(text: string, random: Random): Mutated {
  const first = text.indexOf('{') + 1;
  const member = /"[^"]+":(?:"[^"]*"|\d+)/.exec(text)?.[0] ?? '"x":1';
  return random.pick([
    { value: ` ${text}`, what: 'text with a space before it' },
    { value: `${text}\n`, what: 'text with a line end' },
    { value: `\ufeff${text}`, what: 'text with a byte order mark' },
    { value: `${text.slice(0, first)}${member},${text.slice(first)}`, what: 'text with a name twice' },
    { value: text.replace(/:(\d+)/, ':$1.0'), what: 'text with a fraction' },
    { value: text.replace(/:(\d+)/, ':$1e0'), what: 'text with an exponent' },
    { value: text.slice(0, -1), what: 'text cut' },
    { value: `${text}{}`, what: 'text with another value after it' },
  ]);
}
