import fc from 'fast-check';
import { signRequest } from '../../src/protocol/http-signature.js';
import { address, domain } from '../support/hostile-peer.js';
import { A, B, EVIL } from '../support/hostile-stage.js';
import type { HostileStage } from '../support/hostile-stage.js';
import { arbitraryOf } from './arbitrary-of-schema.js';
import { AnswerJudge } from './judge-answer.js';
import type { KnownValues } from './known-values.js';
import { NoAnswer } from './raw-call.js';
import type { RawCaller } from './raw-call.js';
import { readApi } from './read-api.js';
import type { Operation } from './read-api.js';
import type { Target } from './run-fuzz.js';
import { FOLLOWER } from './signed-bodies.js';
import type { SignedBodies } from './signed-bodies.js';
import { eventPlan, mailPlan, pagePlan, reportPlan } from './signed-plans.js';
import type { EventPlan, MailPlan, Names, PagePlan } from './signed-plans.js';
import { sometimesSpoiled } from './spoil.js';
import type { Tally } from './tally.js';

export interface FederationCallsDeps {
  readonly stage: HostileStage;
  readonly bodies: SignedBodies;
  readonly known: KnownValues;
  readonly tally: Tally;
  readonly caller: RawCaller;
}

type Plan =
  | { readonly kind: 'shape'; readonly body: unknown }
  | { readonly kind: 'submit'; readonly events: readonly EventPlan[] }
  | { readonly kind: 'join'; readonly person: number; readonly isFirst: boolean; readonly event: EventPlan | undefined }
  | { readonly kind: 'mailbox'; readonly mails: readonly MailPlan[] }
  | { readonly kind: 'push'; readonly page: PagePlan }
  | { readonly kind: 'report'; readonly payload: unknown; readonly evidence: unknown };

interface MadeCall {
  readonly plan: Plan;
  readonly to: typeof A | typeof B;
  readonly query: string;
  /** what the signature does not hold for, if anything */
  readonly lie: 'none' | 'digest' | 'path' | 'late' | 'to' | 'key';
}

const SECOND_MS = 1000;

/** The verbs between providers as targets, called by a provider that the servers know, with good signatures. */
export function federationTargets(deps: FederationCallsDeps): Target<MadeCall>[] {
  const judge = new AnswerJudge();
  return readApi('federation').map((operation) => ({
    name: operation.id,
    arbitrary: callOf(operation, deps),
    call: (made) => carryOut(deps, judge, { operation, made }),
    show: (made) => `${operation.path} ${JSON.stringify(made).slice(0, 4000)}`,
  }));
}

function callOf({ id, body }: Operation, deps: FederationCallsDeps): fc.Arbitrary<MadeCall> {
  return fc.record({
    plan:
      body === undefined
        ? fc.constant<Plan>({ kind: 'shape', body: undefined })
        : planOf(id, sometimesSpoiled(arbitraryOf(body, deps.known)), deps),
    to: fc.constantFrom<(typeof A | typeof B)[]>(A, A, B),
    query: fc.constantFrom('', '', '', '', '', '', '', '', '?x=1', '?%zz', '?'),
    lie: fc.constantFrom<MadeCall['lie'][]>(...Array<'none'>(40).fill('none'), 'digest', 'path', 'late', 'to', 'key'),
  });
}

function planOf(verb: string, shape: fc.Arbitrary<unknown>, { known, stage }: FederationCallsDeps): fc.Arbitrary<Plan> {
  const names: Names = {
    person: stage.mallory,
    own: [stage.mallory, `eve@${EVIL}`, EVIL],
    others: [stage.alice.address, stage.bob.address, `nobody@${A}`, A],
    rooms: () => [stage.room, stage.room, stage.room, ...known.of('text:room').map(String)],
  };
  const event = eventPlan(known, names);
  const body = shape.map((value): Plan => ({ kind: 'shape', body: value }));
  const signed: Record<string, fc.Arbitrary<Plan>> = {
    submit: fc.array(event, { minLength: 1, maxLength: 4 }).map((events) => ({ kind: 'submit', events })),
    join: fc
      .record({
        person: fc.noBias(fc.nat(5000)),
        isFirst: fc.noBias(fc.nat(9)),
        event: fc.option(event, { nil: undefined, freq: 2 }),
      })
      .map(({ person, isFirst, event: other }) => ({ kind: 'join', person, isFirst: isFirst === 0, event: other })),
    mailbox: fc
      .array(mailPlan(known, names), { minLength: 1, maxLength: 3 })
      .map((mails) => ({ kind: 'mailbox', mails })),
    push: pagePlan(known, names).map((page) => ({ kind: 'push', page })),
    report: fc
      .record({ payload: reportPlan(known), evidence: shape })
      .map(({ payload, evidence }) => ({ kind: 'report', payload, evidence })),
  };
  const better = signed[verb];
  return better === undefined ? body : fc.oneof({ weight: 1, arbitrary: body }, { weight: 3, arbitrary: better });
}

async function bodyOf({ bodies }: FederationCallsDeps, plan: Plan): Promise<unknown> {
  switch (plan.kind) {
    case 'shape':
      return plan.body;
    case 'submit':
      return await bodies.submit(plan.events);
    case 'join':
      return await bodies.join(address(`person${plan.person}@${EVIL}`), plan);
    case 'mailbox':
      return bodies.mailbox(plan.mails);
    case 'push':
      return await bodies.push(plan.page);
    case 'report':
      return { ...(plan.evidence ?? {}), ...bodies.report(plan.payload) };
  }
}

interface Turn {
  readonly operation: Operation;
  readonly made: MadeCall;
}

async function carryOut(deps: FederationCallsDeps, judge: AnswerJudge, { operation, made }: Turn): Promise<string[]> {
  const { known, tally, caller, bodies } = deps;
  const to = made.plan.kind === 'push' ? FOLLOWER : made.to;
  try {
    const json = await bodyOf(deps, made.plan);
    const body = json === undefined ? undefined : Buffer.from(JSON.stringify(json));
    const path = operation.path + made.query;
    const signed = body === undefined ? {} : sign(deps, { to, path, body, lie: made.lie });
    const headers = { ...signed, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const answer = await caller.call({ to, method: operation.method, path, headers, body });
    if (answer === undefined) {
      tally.count(operation.id, 'closed', 0);
      return [];
    }
    for (const outcome of outcomesOf(answer.status, answer.text)) tally.count(operation.id, outcome, answer.tookMs);
    if (answer.status === 200 && body !== undefined) known.learn(JSON.parse(answer.text));
    noteHead(deps, answer.text);
    if (made.plan.kind === 'push') await bodies.requireLured();
    return judge.judge(operation, answer);
  } catch (cause) {
    if (!(cause instanceof NoAnswer)) throw cause;
    tally.count(operation.id, 'none', 0);
    return [cause.message];
  }
}

interface ToSign extends Pick<MadeCall, 'to' | 'lie'> {
  readonly path: string;
  readonly body: Buffer;
}

function sign({ stage }: FederationCallsDeps, { to, path, body, lie }: ToSign): Record<string, string> {
  const { peer } = stage;
  return signRequest({
    ...{ method: 'POST', authority: to, target: lie === 'path' ? '/payvand/v1/other' : path, from: peer.domain },
    body: lie === 'digest' ? Buffer.from('other') : body,
    to: domain(lie === 'to' ? EVIL : to),
    key: lie === 'key' ? peer.event : peer.request,
    nowSeconds: Math.floor(Date.now() / SECOND_MS) - (lie === 'late' ? 3600 : 0),
  });
}

/** The outcome of the request, or of each item of a batch. */
function outcomesOf(status: number, text: string): string[] {
  const code = /"code":"([a-z-]+)"/.exec(text)?.[1];
  if (status !== 200) return [`${status} ${String(code)}`];
  const { results } = text.startsWith('{')
    ? (JSON.parse(text) as { results?: { status: string; code?: string }[] })
    : {};
  if (results === undefined) return ['200'];
  return results.map((one) => `200 ${one.status}${one.code === undefined ? '' : ` ${one.code}`}`);
}

/** What the next event says it has seen. */
function noteHead({ stage }: FederationCallsDeps, text: string): void {
  for (const [, seq, hash] of text.matchAll(/"status":"accepted","epoch":0,"seq":(\d+),"at":\d+,"hash":"([\w-]{43})"/g))
    if (Number(seq) > stage.seen[1]) stage.seen = [0, Number(seq), String(hash)];
}
