/** The target did something else than the specification says. */
export class Deviates extends Error {
  readonly expected: string;
  readonly found: string;

  constructor(expected: string, found: string) {
    super(`expected ${expected}; found ${found}`);
    this.expected = expected;
    this.found = found;
  }
}

/** What has to work before a check means anything did not work. */
export class Blocked extends Error {}

/** Something the check needs is not there: another tier, another profile. */
export class NotRun extends Error {}

/** The target does not offer what the check is about, and need not. */
export class Unclaimed extends Error {}

/** @throws Deviates */
export function must(holds: boolean, expected: string, found: unknown = 'something else'): asserts holds {
  if (!holds) throw new Deviates(expected, typeof found === 'string' ? found : JSON.stringify(found).slice(0, 600));
}

/** The positive control: what honest peers ask is answered. @throws Blocked */
export async function control<Value>(what: string, ask: () => Promise<Value>): Promise<Value> {
  try {
    return await ask();
  } catch (cause) {
    throw new Blocked(`control: ${what}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}
