import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { seededRandom } from '../support/seeded-random.js';

/** One kind of call: how to make one up, and how to carry it out. */
export interface Target<Made> {
  readonly name: string;
  readonly arbitrary: fc.Arbitrary<Made>;
  /** @returns what is wrong with the answer, one sentence each */
  readonly call: (made: Made) => Promise<readonly string[]>;
  /** the call as somebody would repeat it by hand */
  readonly show: (made: Made) => string;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly seconds: number;
  /** calls a second, at most */
  readonly rate: number;
}

export interface Finding {
  readonly target: string;
  readonly wrong: readonly string[];
  /** the smallest call that shows it */
  readonly call: string;
}

const CALLS_A_TURN = 8;
/** Looking for the smallest call that shows a fault ends here, too. */
const TURN_MS_MAX = 20_000;
const FINDINGS_MAX = 40;

class Wrong extends Error {
  readonly wrong: readonly string[];

  constructor(wrong: readonly string[]) {
    super(wrong.join('; '));
    this.wrong = wrong;
  }
}

/** How long, how fast and with which seed: what the environment says, or a short run with a new seed. */
export function fuzzOptions(): FuzzOptions {
  const { FUZZ_SEED: seed, FUZZ_SECONDS: seconds, FUZZ_RATE: rate } = process.env;
  return {
    seed: seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(seed),
    seconds: Number(seconds ?? 30),
    rate: Number(rate ?? 100),
  };
}

/** Takes the targets in turn, in an order and with calls that the seed decides, until the time is up. */
export async function runFuzz<Made>(targets: readonly Target<Made>[], options: FuzzOptions): Promise<Finding[]> {
  const { seed, seconds, rate } = options;
  const random = seededRandom(seed);
  const findings = new Map<string, Finding>();
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline && findings.size < FINDINGS_MAX) {
    for (const target of random.shuffled(targets)) {
      if (Date.now() >= deadline) break;
      const finding = await takeTurn(target, { seed: random.between(0, 2 ** 31), pauseMs: 1000 / rate });
      // One of a kind is enough: what repeats itself differs in numbers only.
      if (finding !== undefined)
        findings.set(`${target.name} ${finding.wrong.join().slice(0, 80).replace(/\d+/g, '0')}`, finding);
    }
  }
  return [...findings.values()];
}

async function takeTurn<Made>(
  { name, arbitrary, call, show }: Target<Made>,
  { seed, pauseMs }: { seed: number; pauseMs: number },
): Promise<Finding | undefined> {
  const property = fc.asyncProperty(arbitrary, async (made) => {
    const [wrong] = await Promise.all([call(made), delay(pauseMs)]);
    if (wrong.length > 0) throw new Wrong(wrong);
  });
  const result = await fc.check(property, { seed, numRuns: CALLS_A_TURN, interruptAfterTimeLimit: TURN_MS_MAX });
  const [made] = result.counterexample ?? [];
  if (!result.failed || made === undefined) return undefined;
  const { errorInstance } = result;
  const wrong = errorInstance instanceof Wrong ? errorInstance.wrong : [String(errorInstance)];
  return { target: name, wrong, call: show(made) };
}
