import { Compile } from 'typebox/compile';
import type { TSchema } from 'typebox';
import type { Operation, Schema } from './read-api.js';

/** What came back, as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly mediaType: string | undefined;
  readonly retryAfter: string | undefined;
  readonly text: string;
  readonly tookMs: number;
}

/** Longer than any answer may take while the machine is busy; what waits on somebody else gives up at 10 s. */
const ANSWER_MS_MAX = 15_000;
/** Codes that say that somebody else is away: the one status from 500 up that is no fault of the server asked. */
const ELSEWHERE = 'hub-unreachable';
const WITH_WAIT = new Set([429, 503]);

interface Problem {
  readonly status?: unknown;
  readonly code?: unknown;
}

/** Compares answers with what the document says of them. */
export class AnswerJudge {
  readonly #checks = new Map<Schema, (value: unknown) => string | undefined>();

  /** @returns what is wrong, one sentence each; none when the answer is as documented */
  judge(operation: Operation, answer: RawAnswer): string[] {
    const { status, mediaType, text, tookMs } = answer;
    const wrong: string[] = [];
    if (tookMs > ANSWER_MS_MAX) wrong.push(`answered after ${tookMs} ms`);
    const documented = operation.answers.get(status);
    if (documented === undefined) return [...wrong, `status ${status} is not documented`];
    if (mediaType !== documented.mediaType)
      wrong.push(`status ${status} has the type ${String(mediaType)}, not ${String(documented.mediaType)}`);
    const body = documented.schema === undefined ? text : this.#read(documented.schema, answer, wrong);
    if (documented.schema === undefined && text !== '') wrong.push(`status ${status} has a body`);
    if (status >= 400) wrong.push(...judgeProblem(operation, answer, body as Problem));
    return wrong;
  }

  #read(schema: Schema, { status, mediaType, text }: RawAnswer, wrong: string[]): unknown {
    if (mediaType === 'application/jose') return text;
    const texts = mediaType === 'application/x-ndjson' ? text.split('\n').filter((line) => line !== '') : [text];
    let last: unknown;
    for (const one of texts) {
      last = parse(one);
      const fault = last === undefined ? 'is no JSON' : this.#checkOf(schema)(last);
      if (fault !== undefined) wrong.push(`the body of ${status} ${fault}: ${one.slice(0, 300)}`);
    }
    return last;
  }

  #checkOf(schema: Schema): (value: unknown) => string | undefined {
    const known = this.#checks.get(schema);
    if (known !== undefined) return known;
    const compiled = Compile(schema as TSchema);
    const check = (value: unknown): string | undefined => {
      if (compiled.Check(value)) return undefined;
      const [first] = compiled.Errors(value);
      return `breaks its schema at ${first?.instancePath ?? '?'} (${first?.message ?? '?'})`;
    };
    this.#checks.set(schema, check);
    return check;
  }
}

function judgeProblem(operation: Operation, { status, retryAfter }: RawAnswer, problem: Problem | undefined): string[] {
  const wrong: string[] = [];
  const code = String(problem?.code);
  if (!operation.codes.includes(code)) wrong.push(`the code ${code} is not documented`);
  if (problem?.status !== status) wrong.push(`a problem of ${String(problem?.status)} under status ${status}`);
  if (status >= 500 && code !== ELSEWHERE) wrong.push(`${status} ${code}`);
  if (WITH_WAIT.has(status) && !/^[1-9]\d*$/.test(retryAfter ?? '')) wrong.push(`${status} ${code} without a wait`);
  return wrong;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
