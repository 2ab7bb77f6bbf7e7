import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { arbitraryOf, anything } from './arbitrary-of-schema.js';
import type { KnownValues } from './known-values.js';
import type { Schema } from './read-api.js';
import { sometimesSpoiled } from './spoil.js';

/** An event to be made: what is left open here is filled in as an honest provider would. */
export interface EventPlan {
  readonly fields: Readonly<Record<string, unknown>>;
  /** members that are left out although an honest provider has them */
  readonly without: readonly string[];
  readonly content: unknown;
  readonly key: KeyChoice;
  /** `own`: the statement travels along */
  readonly statement: 'none' | 'own' | 'bad';
  readonly hasOtherContent: boolean;
}

/** Which of the hostile provider's keys signs. */
export type KeyChoice = 'event' | 'retired' | 'seal' | 'stray';

export interface MailPlan {
  readonly fields: Readonly<Record<string, unknown>>;
  /** in the place of the one its kind wants */
  readonly hasOtherBody: boolean;
  readonly other: unknown;
  readonly key: KeyChoice;
}

export interface PagePlan {
  readonly events: readonly EventPlan[];
  readonly from: number;
  /** changes of what the seal covers */
  readonly head: Readonly<Record<string, unknown>>;
  readonly key: 'seal' | 'event' | 'stray';
  /** another page in the place of the honest one */
  readonly spoil: unknown;
}

const registry = JSON.parse(
  readFileSync(new URL('../../../spec/registries/event-types.json', import.meta.url), 'utf8'),
) as { types: Record<string, { key: string | null; content: string | null }> };

function schemaNamed(name: string): Schema {
  const file = new URL(`../../../spec/schemas/json/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Schema;
}

const keyChoice = fc.constantFrom<KeyChoice[]>(...Array<'event'>(14).fill('event'), 'retired', 'seal', 'stray');

/** What the sender of an event may be called: people of the hostile provider, itself, and others. */
export interface Names {
  /** who may do most in the room */
  readonly person: string;
  readonly own: readonly string[];
  readonly others: readonly string[];
  readonly rooms: () => readonly string[];
}

/** Events of every registered type and of others, mostly as their type wants them. */
export function eventPlan(known: KnownValues, names: Names): fc.Arbitrary<EventPlan> {
  const typed = Object.entries(registry.types).map(([type, { content, key }]) => ({
    weight: type === 'message' ? 6 : 1,
    arbitrary: fc.record({
      type: fc.constant(type),
      content: contentOf(type, content, known),
      sender: senderOf(type, names),
      key: key === null ? fc.constant(undefined) : keyOf(key, known, names),
      rel: fc.oneof(relationsOf(type, known), relationsOf(type, known), anyRelations(known)),
    }),
  }));
  const free = fc.record({
    type: fc.oneof(fc.constantFrom('x.org.example', 'x', 'message.', 'room.create', 'member'), fc.string()),
    content: anything,
    sender: senderOf('', names),
    key: fc.option(fc.string({ maxLength: 130 }), { nil: undefined }),
    rel: anyRelations(known),
  });
  const rest = fc.record({
    without: fc.constantFrom(...MEMBERS),
    isWithout: fc.noBias(fc.nat(15)),
    key: keyChoice,
    statement: fc.constantFrom<EventPlan['statement'][]>(...Array<'none'>(12).fill('none'), 'own', 'bad'),
    otherContent: fc.noBias(fc.nat(20)),
  });
  return fc
    .tuple(fc.oneof(...typed, { weight: 1, arbitrary: free }), sometimesSpoiled(memberPlan(known, names)), rest)
    .map(([{ type, content, sender, key, rel }, fields, { without, isWithout, otherContent, ...more }]) => ({
      fields: {
        type,
        sender,
        ...(key === undefined ? {} : { key }),
        ...(rel === undefined ? {} : { rel }),
        ...membersOf(fields),
      },
      ...{ content, ...more, hasOtherContent: otherContent === 0 },
      without: isWithout === 0 ? [without] : [],
    }));
}

const MEMBERS = ['seen', 'nonce', 'ts', 'until', 'size', 'prior', 'scheme', 'key', 'rel'] as const;
const RELATIONS: Readonly<Record<string, string>> = {
  'message.edit': 'edit',
  'message.delete': 'delete',
  'message.vote': 'vote',
  'message.poll-close': 'vote',
  reaction: 'react',
};

function contentOf(type: string, schema: string | null, known: KnownValues): fc.Arbitrary<unknown> {
  const shaped = schema === null ? anything : sometimesSpoiled(arbitraryOf(schemaNamed(schema), known));
  if (type !== 'message') return shaped;
  return fc.oneof(
    shaped,
    fc.string({ minLength: 1 }).map((text) => ({ text })),
  );
}

function senderOf(type: string, { person, own, others }: Names): fc.Arbitrary<string> {
  const good = type === 'provider' ? own.slice(-1) : [person];
  return fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.constantFrom(...own, ...others) },
  );
}

function keyOf(kind: string, known: KnownValues, { own, others }: Names): fc.Arbitrary<string> {
  const good: Record<string, fc.Arbitrary<string>> = {
    empty: fc.constant(''),
    address: fc.constantFrom(...own, ...others),
    domain: fc.constantFrom(...own, ...others),
    role: fc.constantFrom('admin', 'guest', 'member', 'new'),
    hash: knownText(known),
  };
  const any = fc.string({ maxLength: 130 });
  return fc.oneof({ weight: 12, arbitrary: good[kind] ?? any }, { weight: 1, arbitrary: any });
}

function relationsOf(type: string, known: KnownValues): fc.Arbitrary<unknown> {
  const kind = RELATIONS[type];
  return kind === undefined ? fc.constant(undefined) : knownText(known).map((id) => [[kind, id]]);
}

function anyRelations(known: KnownValues): fc.Arbitrary<unknown> {
  const kind = fc.constantFrom('reply', 'edit', 'delete', 'react', 'thread', 'forward', 'vote');
  return fc.array(fc.tuple(kind, knownText(known)), { minLength: 1, maxLength: 3 });
}

/** Ids of events that the servers have told. */
function knownText(known: KnownValues): fc.Arbitrary<string> {
  return fc.noBias(fc.nat(1023)).map((at) => {
    const values = [...known.of('text:id'), ...known.of('text:event')];
    return String(values[at % Math.max(1, values.length)] ?? '');
  });
}

/** Members that differ from call to call, one at most besides the room; absent ones are filled in. */
function memberPlan(known: KnownValues, { rooms }: Names): fc.Arbitrary<unknown> {
  const needed = fc.record({
    room: fc.noBias(fc.nat(1023)).map((at) => rooms()[at % rooms().length]),
  });
  const odd: readonly fc.Arbitrary<Record<string, unknown>>[] = [
    fc.record({ ttl: fc.constantFrom(0, 1, 60, 31_536_000, 31_536_001) }),
    fc.record({ until: fc.integer({ min: -100_000, max: 700_000_000 }).map((offset) => Date.now() + offset) }),
    fc.record({ ts: fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER) }),
    fc.record({ prior: knownText(known) }),
    fc.record({ seen: fc.tuple(fc.nat(2), fc.nat(300), knownText(known)) }),
    fc.record({ scheme: fc.constantFrom('plain', 'mls', 'x') }),
    fc.record({ author: fc.string() }),
  ];
  const some = fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fc.oneof(...odd) });
  return fc.tuple(needed, some).map(([one, other]) => ({ ...one, ...other }));
}

/** What is left of an object that something else may have taken the place of. */
function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

export function mailPlan(known: KnownValues, { own, others }: Names): fc.Arbitrary<MailPlan> {
  const fields = fc.record(
    {
      from: fc.constantFrom(...own, ...own, ...others),
      to: fc.constantFrom(...others, ...others, ...own),
      kind: fc.constantFrom('invite', 'invite', 'knock', 'x', ''),
      until: fc.integer({ min: -100_000, max: 700_000_000 }).map((offset) => Date.now() + offset),
      nonce: fc.constant('AAAAAAAAAAAAAAAAAAAAAA'),
    },
    { requiredKeys: ['from', 'to', 'kind'] },
  );
  return fc.record({
    fields: sometimesSpoiled(fields).map(membersOf),
    hasOtherBody: fc.noBias(fc.nat(4)).map((turn) => turn === 0),
    other: sometimesSpoiled(arbitraryOf(schemaNamed('invite-mail-body'), known)),
    key: keyChoice,
  });
}

export function pagePlan(known: KnownValues, names: Names): fc.Arbitrary<PagePlan> {
  const head = fc.record(
    {
      seq: fc.noBias(fc.nat(400)),
      epoch: fc.noBias(fc.nat(2)),
      at: fc.constantFrom(0, Date.now() + 3_600_000, Number.MAX_SAFE_INTEGER),
      committed: fc.noBias(fc.nat(400)),
    },
    { requiredKeys: [] },
  );
  return fc.record({
    events: fc.array(eventPlan(known, names), { maxLength: 3 }),
    from: fc.constantFrom(0, 1, 1, 1, 1, 2, 5),
    head: fc.oneof({ weight: 12, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: head }),
    key: fc.constantFrom<PagePlan['key'][]>(...Array<'seal'>(16).fill('seal'), 'event', 'stray'),
    spoil: fc.option(fc.noBias(fc.nat(1023)), { nil: undefined, freq: 2 }),
  });
}

/** A report about somebody's words. */
export function reportPlan(known: KnownValues): fc.Arbitrary<unknown> {
  return sometimesSpoiled(arbitraryOf(schemaNamed('report-payload'), known));
}
