import { randomBytes } from 'node:crypto';
import { controlBase, controlOperations } from '@payvand/spec';
import type { ControlAnswer, ControlOperation, ControlRequest } from '@payvand/spec';
import { shapeFault } from '../formats/shapes.js';
import type { Members } from '../formats/strict-json.js';
import type { Answer } from '../network/exchange.js';
import { Unreachable } from '../network/target.js';
import { describe, jsonOf, problem } from '../run/expectations.js';
import { must, Unclaimed } from '../run/verdict.js';
import { Refused } from '../stage/users.js';

const LONGEST_MS = 120_000;

/** One request as a check wants it. */
export interface ControlAsk {
  readonly token?: string | null;
  /** in place of the JSON of the body */
  readonly text?: string;
}

/** The test controls of the target. SPEC PV-CTL-001 to PV-CTL-013. */
export class Control {
  readonly url: string;
  readonly #token: string;
  #described: ControlAnswer<'describe'> | undefined;

  constructor(url: string, token: string) {
    this.url = url.replace(/\/$/, '');
    this.#token = token;
  }

  /** What the target said of itself when it was met. */
  get described(): ControlAnswer<'describe'> {
    if (this.#described === undefined) throw new Error('the controls were not met');
    return this.#described;
  }

  /**
   * The canary: nothing is believed of controls that do what there is not, or what they are asked without their secret.
   *
   * @throws Unreachable
   */
  async meet(domain: string): Promise<void> {
    const strange = await this.ask(`op-${randomBytes(4).toString('hex')}`, {});
    const unguarded = await this.ask('describe', {}, { token: null });
    if (strange.status === 0) throw new Unreachable(`the controls at ${this.url} do not answer: ${strange.text}`);
    if (!problem('unsupported').fits(strange))
      throw new Unreachable(
        `the controls at ${this.url} answer an operation that does not exist with ${describe(strange)}, ` +
          'not with 501 unsupported: nothing they say is believed',
      );
    if (!problem('bad-token').fits(unguarded))
      throw new Unreachable(
        `the controls at ${this.url} answer without their secret: ${describe(unguarded)}: nothing they say is believed`,
      );
    const answer = await this.ask('describe', {});
    const fault = answer.status === 200 ? shapeFault('control-describe-answer', jsonOf(answer)) : describe(answer);
    if (fault !== undefined) throw new Unreachable(`the controls at ${this.url} do not describe the server: ${fault}`);
    this.#described = jsonOf(answer) as unknown as ControlAnswer<'describe'>;
    if (this.#described.domain !== domain)
      throw new Unreachable(`the controls at ${this.url} are those of ${this.#described.domain}, not of ${domain}`);
  }

  offers(operation: string): boolean {
    return this.described.operations.includes(operation);
  }

  /** @throws Unclaimed · Refused · Deviates when the answer has not its shape */
  async call<Name extends ControlOperation>(name: Name, body: ControlRequest<Name>): Promise<ControlAnswer<Name>> {
    if (!this.offers(name)) throw new Unclaimed(`the controls do not offer ${name}`);
    const answer = await this.ask(name, body);
    if (answer.status === 0) throw new Error(`${name}: ${describe(answer)}`);
    const members = jsonOf(answer);
    if (answer.status >= 400) throw new Refused(String(members['code']), name);
    const fault = answer.status === 200 ? shapeFault(`control-${name}-answer`, members) : `status ${answer.status}`;
    must(fault === undefined, `an answer of the shape control-${name}-answer`, `${fault}: ${describe(answer)}`);
    return members as ControlAnswer<Name>;
  }

  async ask(operation: string, body: object, { token = this.#token, text }: ControlAsk = {}): Promise<Answer> {
    const startedAt = Date.now();
    const headers = { 'content-type': 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }) };
    const common = { bytes: 0, headers: new Map<string, string>() };
    try {
      const answer = await fetch(`${this.url}${controlBase}/${operation}`, {
        ...{ method: 'POST', headers, body: text ?? JSON.stringify(body), redirect: 'error' },
        signal: AbortSignal.timeout(LONGEST_MS),
      });
      const said = { status: answer.status, headers: new Map(answer.headers), text: await answer.text() };
      return { ...common, ...said, end: 'answered', ms: Date.now() - startedAt };
    } catch (cause) {
      const why = cause instanceof Error ? (cause.cause ?? cause) : cause;
      return { ...common, status: 0, text: String(why), end: 'refused', ms: Date.now() - startedAt };
    }
  }
}

export const operationNames = Object.keys(controlOperations) as ControlOperation[];

/** What each operation that acts for somebody is asked with. */
export function bodyFor(as: string, room: string): Readonly<Partial<Record<ControlOperation, Members>>> {
  const ofRoom = { as, room };
  return {
    'view-account': { as },
    'create-room': { as, title: 'x' },
    invite: { ...ofRoom, address: as.replace('@', '-2@') },
    answer: { as, request: 'x', how: 'ignore' },
    send: { ...ofRoom, key: 'k', type: 'message', content: { text: 'x' } },
    'change-room': { ...ofRoom, change: 'leave' },
    'view-room': ofRoom,
    'read-log': { ...ofRoom, after: -1, limit: 1 },
  };
}
