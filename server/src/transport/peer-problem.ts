import { parseStrictJson } from '../protocol/strict-json.js';
import type { HttpAnswer } from './http-client.js';
import type { PeerProblem } from './peer-error.js';

const PROBLEM_BYTES_MAX = 16_384;
const CODE = /^[a-z][a-z0-9-]{0,63}$/;
const WORDS_MAX = 300;
const RETRY_AFTER_MS_MAX = 86_400_000;
const RETRY_AFTER_MS_DEFAULT = 1_000;

/**
 * What a peer says went wrong; a peer that does not say gets a code made of its status.
 *
 * @see PV-ERR-001, RFC 9457
 */
export function readProblem({ status, body }: HttpAnswer): PeerProblem {
  const json = parseStrictJson(body, { bytesMax: PROBLEM_BYTES_MAX });
  const members = json.ok && typeof json.value === 'object' && json.value !== null ? json.value : {};
  const { code, detail, part } = members as Record<string, unknown>;
  return {
    status,
    code: typeof code === 'string' && CODE.test(code) ? code : `http-${status}`,
    ...(typeof detail === 'string' && { detail: detail.slice(0, WORDS_MAX) }),
    ...(typeof part === 'string' && { part: part.slice(0, WORDS_MAX) }),
  };
}

/**
 * How long the peer asks us to wait; only whole seconds are understood.
 *
 * @returns 1 s when it does not say, at most a day
 * @see PV-HTTP-013
 */
export function retryAfterMs({ headers }: HttpAnswer): number {
  const text = headers['retry-after'];
  if (text === undefined || !/^\d{1,9}$/.test(text)) return RETRY_AFTER_MS_DEFAULT;
  return Math.min(Number(text) * 1000, RETRY_AFTER_MS_MAX);
}
