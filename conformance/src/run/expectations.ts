import { errorCodes } from '@payvand/spec';
import { isMembers } from '../formats/strict-json.js';
import type { Members } from '../formats/strict-json.js';
import type { Answer } from '../network/exchange.js';
import { must } from './verdict.js';

/** What an answer has to be, in words and as a test of it. */
export interface Expectation {
  readonly text: string;
  readonly fits: (answer: Answer) => boolean;
}

const statuses = new Map(Object.entries(errorCodes).map(([code, { status }]): [string, number] => [code, status]));

/** A problem of the registry, with these members. SPEC PV-ERR-001, PV-ERR-002. */
export function problem(code: string, members: Members = {}): Expectation {
  const status = statuses.get(code) ?? 0;
  return {
    text: `${status} ${code} ${Object.keys(members).length === 0 ? '' : JSON.stringify(members)}`.trim(),
    fits: (answer) => {
      const body = jsonOf(answer);
      return (
        answer.status === status &&
        isProblem(answer) &&
        body['code'] === code &&
        Object.entries(members).every(([name, value]) =>
          typeof value === 'function' ? typeof body[name] === 'number' : body[name] === value,
        )
      );
    },
  };
}

/** Stands for any number in the members of a problem. */
export function anyNumber(): void {
  return undefined;
}

/** No answer at all: an end of the connection. */
export const hungUp: Expectation = {
  text: 'an end of the connection',
  fits: ({ status, end }) => status === 0 && (end === 'closed' || end === 'reset'),
};

/** Refused where the HTTP library decides how: 4xx or an end of the connection. */
export const refusedByTransport: Expectation = {
  text: '4xx or an end of the connection',
  fits: (answer) => hungUp.fits(answer) || (answer.status >= 400 && answer.status < 500),
};

export function anyOf(...choices: readonly Expectation[]): Expectation {
  return {
    text: choices.map(({ text }) => text).join(', or '),
    fits: (answer) => choices.some(({ fits }) => fits(answer)),
  };
}

/** 200 with a result like this for each item. */
export function results(...wanted: readonly Members[]): Expectation {
  return {
    text: `200 with results ${JSON.stringify(wanted)}`,
    fits: (answer) => {
      const found = resultsOf(answer);
      return (
        answer.status === 200 && found.length === wanted.length && wanted.every((one, at) => isLike(found[at], one))
      );
    },
  };
}

/** @throws Deviates */
export function mustBe(answer: Answer, { text, fits }: Expectation): void {
  must(fits(answer), text, describe(answer));
}

export function describe({ status, text, end, ms }: Answer): string {
  return status === 0 ? `no answer: ${end} after ${ms} ms` : `${status} ${text.slice(0, 500)}`;
}

export function isProblem(answer: Answer): boolean {
  const body = jsonOf(answer);
  const { code, status, type, title } = body;
  return (
    (answer.headers.get('content-type') ?? '').startsWith('application/problem+json') &&
    typeof title === 'string' &&
    typeof code === 'string' &&
    status === answer.status &&
    statuses.get(code) === status &&
    type === `urn:payvand:error:${code}`
  );
}

export function jsonOf({ text }: Pick<Answer, 'text'>): Members {
  try {
    const value: unknown = JSON.parse(text);
    return isMembers(value) ? value : {};
  } catch {
    return {};
  }
}

export function resultsOf(answer: Pick<Answer, 'text'>): Members[] {
  const body = jsonOf(answer);
  return listOf(body['results'] ?? body['rooms']);
}

export function listOf(value: unknown): Members[] {
  return Array.isArray(value) ? value.filter(isMembers) : [];
}

function isLike(found: Members | undefined, wanted: Members): boolean {
  return (
    found !== undefined &&
    Object.entries(wanted).every(([name, value]) =>
      Array.isArray(value) ? value.includes(found[name]) : found[name] === value,
    )
  );
}
