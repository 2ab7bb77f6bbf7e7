import { Random } from '../chaos/random.js';
import { makeBundle } from '../bundles/bundle.js';
import type { Bundle, Claim } from '../bundles/bundle.js';
import type { Answer } from '../network/exchange.js';
import { Recorder } from '../network/recorder.js';
import { describe, isProblem, jsonOf } from '../run/expectations.js';
import { shapeFault } from '../formats/shapes.js';
import type { Run } from '../run/run.js';
import { sleep } from '../run/wait.js';
import { documentTrial } from './document-trial.js';
import { FuzzStage } from './fuzz-stage.js';
import { trialMakers } from './trials.js';
import type { Trial, TrialMaker } from './trials.js';

export interface FuzzOptions {
  readonly seed: number;
  /** when to stop: after so many trials, or at that time */
  readonly trials: number;
  readonly until: number;
  readonly onFinding: (bundle: Bundle) => Promise<void>;
  readonly progress: (text: string) => void;
}

export interface FuzzFound {
  readonly seed: number;
  readonly trials: number;
  /** how many trials had to be refused, by what was changed */
  readonly refused: number;
  readonly findings: readonly { readonly trial: number; readonly what: string; readonly claim: Claim }[];
}

const FENCE_EVERY = 20;
const FINDINGS_MAX = 50;
const NOT_READY_WAIT_S_MAX = 5;

/**
 * Sends things that are honest but for one place, signed anew, and looks that each is refused or taken as the rules say, that nothing
 * breaks, and that honest people are served in between.
 *
 * @throws NotRun · Unexpected · Deviates when there is nothing to begin with
 */
export async function runFuzz(run: Run, options: FuzzOptions): Promise<FuzzFound> {
  const { seed, trials, until, progress } = options;
  const random = new Random(seed);
  const stage = await FuzzStage.open(run);
  const findings: { trial: number; what: string; claim: Claim }[] = [];
  let refused = 0;
  let trial = 0;
  const report = async (
    what: string,
    claim: Claim,
    parts: Omit<Parameters<typeof bundleOf>[1], 'claim' | 'seed'>,
  ): Promise<void> => {
    findings.push({ trial, what, claim });
    progress(
      `trial ${trial}: ${what}: ${claim.kind}: expected ${claim.expected}; found ${claim.found.slice(0, 300)}\n`,
    );
    await options.onFinding(bundleOf(stage, { ...parts, claim, seed }));
  };
  while (trial < trials && Date.now() < until && findings.length < FINDINGS_MAX) {
    trial += 1;
    const made = await pickMaker(random)(stage, random);
    if (made.reason !== undefined) refused += 1;
    const recorder = new Recorder();
    const answer = await recorder.within(async () => await send(stage, made));
    const claim = claimOf(made, answer);
    const { exchanges } = recorder;
    const source = `fuzz-${seed}-${trial}`;
    if (claim !== undefined)
      await report(`${made.subject}: ${made.what}`, claim, { source, exchanges, requirements: made.requirements });
    if (trial % FENCE_EVERY !== 0) continue;
    const fenced = await fence(stage);
    if (fenced.claim === undefined) continue;
    await report('an honest message afterwards', fenced.claim, {
      source,
      exchanges: fenced.exchanges,
      requirements: [],
    });
    if (fenced.claim.kind === 'dead') break;
  }
  return { seed, trials: trial, refused, findings };
}

function pickMaker(random: Random): TrialMaker {
  const makers = [...trialMakers, [0.3, documentTrial] as const];
  const sum = makers.reduce((total, [weight]) => total + weight, 0);
  let at = random.next() * sum;
  for (const [weight, make] of makers) {
    at -= weight;
    if (at < 0) return make;
  }
  return documentTrial;
}

/** Sent again as long as the target has no time for it. */
async function send({ peer }: FuzzStage, { verb, body, sender = peer }: Trial): Promise<Answer> {
  for (let attempt = 0; ; attempt += 1) {
    const answer = await sender.send(verb, body);
    const { code } = jsonOf(answer);
    const isToWait = code === 'over-budget' || code === 'overloaded' || (code === 'unknown-peer' && sender !== peer);
    if (!isToWait || attempt >= 3) return answer;
    await sleep(Math.min(NOT_READY_WAIT_S_MAX, Number(answer.headers.get('retry-after') ?? 1)) * 1000);
  }
}

/** What is wrong with an answer, if anything is. */
export function claimOf(
  trial: Pick<Trial, 'verb' | 'body' | 'reason' | 'subject' | 'isTaken' | 'knowing' | 'text'>,
  answer: Answer,
): Claim | undefined {
  const { verb, body, reason, subject, knowing, text } = trial;
  const about = {
    verb,
    body,
    subject,
    found: describe(answer),
    ...(knowing && { knowing }),
    ...(text !== undefined && { text }),
  };
  const isOverloaded = answer.status === 503 && jsonOf(answer)['code'] === 'overloaded';
  if (answer.status === 0) return { ...about, kind: 'no-answer', expected: 'an answer' };
  if (answer.status >= 500 && !isOverloaded) return { ...about, kind: 'server-error', expected: 'a verdict' };
  if (answer.status >= 400 && !isProblem(answer))
    return { ...about, kind: 'no-problem', expected: 'a problem with a code of the registry' };
  const fault = answer.status === 200 ? shapeFault(`${verb}-answer`, jsonOf(answer)) : undefined;
  if (fault !== undefined) return { ...about, kind: 'wrong-shape', expected: `the shape ${verb}-answer: ${fault}` };
  if (trial.isTaken(answer) && reason !== undefined)
    return { ...about, kind: 'accepted', expected: `a refusal, since ${reason}` };
  return undefined;
}

async function fence(stage: FuzzStage): Promise<{ claim?: Claim; exchanges: Recorder['exchanges'] }> {
  const recorder = new Recorder();
  const { exchanges } = recorder;
  try {
    const difference = await recorder.within(async () => await stage.fence());
    if (difference === undefined) return { exchanges };
    return { claim: { kind: 'different-state', expected: 'heads that fit the log', found: difference }, exchanges };
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    return { claim: { kind: 'dead', expected: 'honest people to be served', found }, exchanges };
  }
}

interface BundleOf {
  readonly source: string;
  readonly seed: number;
  readonly claim: Claim;
  readonly requirements: readonly string[];
  readonly exchanges: Recorder['exchanges'];
}

function bundleOf({ run, peer }: FuzzStage, parts: BundleOf): Bundle {
  return makeBundle({
    ...parts,
    target: { domain: run.target.domain, document: run.target.document.jws.text },
    peers: [{ domain: peer.domain, document: peer.makeDocument() }],
  });
}
