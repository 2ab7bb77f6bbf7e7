import { shapeFault } from '../formats/shapes.js';
import type { Members } from '../formats/strict-json.js';
import { describe, jsonOf } from '../run/expectations.js';
import { sleep } from '../run/wait.js';
import type { Answer } from './exchange.js';
import type { Deviation, Peer } from './peer.js';

const ATTEMPTS_MAX = 8;
const WAIT_S_MAX = 20;

/** An honest request was not answered as it has to be. */
export class Unexpected extends Error {
  readonly answer: Answer;

  constructor(answer: Answer, why: string) {
    super(`${why}: ${describe(answer)}`);
    this.answer = answer;
  }
}

/**
 * Asks as an honest peer does: waits where it is told to wait, and takes only an answer of the published shape.
 *
 * @throws Unexpected
 */
export async function ask(peer: Peer, verb: string, body: Members): Promise<Members> {
  const answer = await askPatiently(peer, verb, body);
  if (answer.status !== 200) throw new Unexpected(answer, `${verb} of an honest peer`);
  const members = jsonOf(answer);
  const fault = shapeFault(`${verb}-answer`, members);
  if (fault !== undefined) throw new Unexpected(answer, `the answer to ${verb} is not of its shape: ${fault}`);
  return members;
}

/** One request; sent again, signed anew, as long as the receiver asks for time. SPEC PV-DISC-014, PV-HTTP-013. */
// eslint-disable-next-line max-params -- who, what, with what, and how it differs
export async function askPatiently(
  peer: Peer,
  verb: string,
  body: Members | string | Buffer,
  how?: Deviation,
): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await peer.send(verb, body, how);
    const code = jsonOf(answer)['code'];
    const isToWait = code === 'over-budget' || code === 'overloaded' || (code === 'unknown-peer' && how === undefined);
    if (!isToWait || attempt >= ATTEMPTS_MAX) return answer;
    await sleep(Math.min(WAIT_S_MAX, Number(answer.headers.get('retry-after') ?? 1)) * 1000);
  }
}

/** The target comes to know a provider of the suite. @throws Unexpected */
export async function introduce(peer: Peer): Promise<void> {
  await ask(peer, 'heads', { rooms: [`r${'A'.repeat(43)}`] });
}
