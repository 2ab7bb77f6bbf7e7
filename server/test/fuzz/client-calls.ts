import { sendContents } from '@payvand/spec';
import fc from 'fast-check';
import { arbitraryOf } from './arbitrary-of-schema.js';
import { AnswerJudge } from './judge-answer.js';
import { A, PEOPLE } from './client-ground.js';
import type { ClientGround } from './client-ground.js';
import type { KnownValues } from './known-values.js';
import { NoAnswer, RawCaller } from './raw-call.js';
import type { RawCall } from './raw-call.js';
import { readApi } from './read-api.js';
import type { Operation, Parameter, Schema } from './read-api.js';
import type { Target } from './run-fuzz.js';
import { sometimesSpoiled } from './spoil.js';
import type { Tally } from './tally.js';

interface MadeCall {
  /** whose session, and from which address */
  readonly who: number;
  readonly from: number;
  /** which of the rooms everybody is in; undefined: what the path says */
  readonly place: number | undefined;
  readonly token: 'own' | 'none' | 'wrong';
  readonly path: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [string, string])[];
  readonly body: Buffer | undefined;
  readonly contentType: string | undefined;
}

const BASE = '/client/v1';
/** Written into a path as they are. */
const ODD_PARTS = ['%zz', '%00', '%c0%af', '%ff', '%2e%2e%2f', '%F0%9F%98%80', 'a%20b', '+', ';x=1', '*', '%25', '-'];
const ODD_TYPES = [
  'text/plain',
  'application/json; charset=utf-8',
  'APPLICATION/JSON',
  'application/json;charset=x',
  '',
];
const NO_BODY = 204;
/** Operations after which somebody is no longer in a room. */
const SPOILING = new Set(['leaveRoom', 'removeMember', 'banMember', 'banAndDelete', 'denyProvider', 'setOwner']);

export interface ClientCallsDeps {
  readonly ground: ClientGround;
  readonly known: KnownValues;
  readonly tally: Tally;
  readonly caller: RawCaller;
}

/** The operations of the client API as targets; the stream is a WebSocket and has tests of its own. */
export function clientTargets(deps: ClientCallsDeps): Target<MadeCall>[] {
  const judge = new AnswerJudge();
  return readApi('client').map((operation) => ({
    name: operation.id,
    arbitrary: callOf(operation, deps.known),
    call: (made) => carryOut(deps, judge, { operation, made }),
    show: (made) => {
      const { method, path, body } = toRaw(deps.ground, operation, made);
      return `${method} ${path} ${body?.toString().slice(0, 2000) ?? ''} (${made.token}, ${made.contentType ?? 'no type'})`;
    },
  }));
}

function callOf({ id, path, parameters, body }: Operation, known: KnownValues): fc.Arbitrary<MadeCall> {
  const inPlace = (place: string): Parameter[] => parameters.filter((one) => one.in === place);
  return fc.record({
    who: fc.noBias(fc.nat(PEOPLE - 1)),
    from: fc.noBias(fc.nat(200)),
    place: fc.option(fc.noBias(fc.nat(1023)), { nil: undefined, freq: 6 }),
    token: fc.constantFrom<MadeCall['token'][]>(...Array<'own'>(30).fill('own'), 'none', 'wrong'),
    path: fc.record(Object.fromEntries(inPlace('path').map((one) => [one.name, pathPart(one, { path, known })]))),
    query: queryOf(inPlace('query'), known),
    body:
      body === undefined
        ? fc.constant(undefined)
        : bodyOf(sometimesSpoiled(id === 'sendEvent' ? sendOf(body, known) : arbitraryOf(body, known))),
    contentType: typeOf(body !== undefined),
  });
}

/** An event of one of the registered types, with content of its shape. */
function sendOf(body: Schema, known: KnownValues): fc.Arbitrary<unknown> {
  const typed = Object.entries(sendContents).map(([type, schema]) =>
    fc
      .tuple(arbitraryOf(body, known), arbitraryOf(schema as unknown as Schema, known))
      .map(([event, content]) => ({ ...(event as object), type, content })),
  );
  return fc.oneof(arbitraryOf(body, known), ...typed);
}

interface Around {
  /** of the operation */
  readonly path: string;
  readonly known: KnownValues;
}

function pathPart({ name, schema }: Parameter, { path, known }: Around): fc.Arbitrary<string> {
  const list = new RegExp(`(\\w+)/\\{${name}\\}`).exec(path)?.[1] ?? '';
  const place = { name, ...(name === 'id' ? { list } : {}) };
  const good = arbitraryOf(schema, known, place).map((value) => encodeURIComponent(toText(value)));
  const odd = fc.oneof(
    fc.constantFrom(...ODD_PARTS),
    fc.string({ unit: 'binary' }).map((text) => encodeURIComponent(text)),
  );
  // What is empty or dots alone would name another endpoint.
  const whole = (text: string): string => (/^(\.|%2e)*$/i.test(text) ? '-' : text);
  return fc.oneof({ weight: 25, arbitrary: good }, { weight: 1, arbitrary: odd }).map(whole);
}

function queryOf(parameters: readonly Parameter[], known: KnownValues): fc.Arbitrary<[string, string][]> {
  if (parameters.length === 0) return fc.constantFrom<[string, string][]>([], [], [], [['x', '%zz']]);
  const pairs = parameters.map(({ name, schema, required }) =>
    fc
      .tuple(fc.noBias(fc.nat(39)), arbitraryOf(schema, known, { name }), fc.string({ unit: 'binary' }))
      .map(([turn, good, odd]): [string, string][] => {
        if (turn === 0) return [[name, encodeURIComponent(odd)]];
        if (turn === 1) return [[name, '%zz']];
        if (turn < 24 && !required) return [];
        return Array.from({ length: turn === 39 ? 2 : 1 }, () => [name, encodeURIComponent(toText(good))]);
      }),
  );
  return fc.tuple(...pairs).map((groups) => groups.flat());
}

/** Mostly JSON text; now and then cut, doubled, or not even UTF-8. */
function bodyOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<Buffer> {
  return fc.tuple(value, fc.noBias(fc.nat(200))).map(([json, how]) => {
    const text = JSON.stringify(json ?? null);
    if (how === 0) return Buffer.from(text.slice(0, text.length / 2));
    if (how === 1) return Buffer.from(`${text}${text}`);
    if (how === 2) return Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from([0xff, 0xfe]), Buffer.from('}')]);
    if (how === 3) return Buffer.alloc(0);
    if (how === 4) return Buffer.from(text.replace('{', '{"a":1,"a":2,'));
    if (how === 5) return Buffer.from(`\ufeff${text}`);
    return Buffer.from(text);
  });
}

function typeOf(hasBody: boolean): fc.Arbitrary<string | undefined> {
  if (!hasBody) return fc.constant(undefined);
  const odd = fc.option(fc.constantFrom(...ODD_TYPES), { nil: undefined });
  return fc.oneof({ weight: 30, arbitrary: fc.constant('application/json') }, { weight: 1, arbitrary: odd });
}

function toText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null);
  // Half a pair of surrogates has no bytes.
  return Buffer.from(text).toString();
}

function toRaw(ground: ClientGround, operation: Operation, made: MadeCall): RawCall {
  const { people } = ground;
  const told = made.place === undefined ? {} : ground.placeFor(made.place, SPOILING.has(operation.id));
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => told[name] ?? made.path[name] ?? '-');
  const query = made.query.map(([name, value]) => `${name}=${value}`).join('&');
  const token =
    made.token === 'own' ? people[whoOf(operation, made)]?.token : made.token === 'wrong' ? '1.1.AAAA' : undefined;
  return {
    ...{ to: A, method: operation.method, path: `${BASE}${path}${query === '' ? '' : `?${query}`}`, body: made.body },
    from: `127.0.1.${1 + made.from}`,
    headers: {
      ...(token === undefined || operation.isOpen ? {} : { authorization: `Bearer ${token}` }),
      ...(made.contentType === undefined ? {} : { 'content-type': made.contentType }),
    },
  };
}

/** One person alone bears what ends accounts and sessions, or nobody would be left to do anything else. */
function whoOf({ id }: Operation, { who }: MadeCall): number {
  return id === 'closeMe' || id === 'endSession' ? PEOPLE - 1 : who;
}

interface Turn {
  readonly operation: Operation;
  readonly made: MadeCall;
}

async function carryOut(deps: ClientCallsDeps, judge: AnswerJudge, { operation, made }: Turn): Promise<string[]> {
  const { ground, known, tally, caller } = deps;
  try {
    const answer = await caller.call(toRaw(ground, operation, made));
    if (answer === undefined) {
      tally.count(operation.id, 'closed', 0);
      return [];
    }
    const { status, text, tookMs } = answer;
    const json = status < NO_BODY && operation.id !== 'exportMe' ? (JSON.parse(text) as unknown) : undefined;
    const code = status < 400 ? '' : String(/"code":"([a-z-]+)"/.exec(text)?.[1]);
    tally.count(operation.id, `${status}${code === '' ? '' : ` ${code}`}`, tookMs);
    known.learn(json);
    if (status < 300) ground.learn(json);
    if (made.token === 'own' && code === 'bad-token') await ground.replace(whoOf(operation, made));
    return judge.judge(operation, answer);
  } catch (cause) {
    if (!(cause instanceof NoAnswer)) throw cause;
    tally.count(operation.id, 'none', 0);
    return [cause.message];
  }
}
