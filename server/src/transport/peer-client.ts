import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Validator } from 'typebox/compile';
import { federationVerbs, limits } from '@payvand/spec';
import type { FederationAnswer, FederationVerb } from '@payvand/spec';
import { signRequest } from '../protocol/http-signature.js';
import type { Domain } from '../protocol/identifiers.js';
import type { SigningKey } from '../protocol/key-thumbprint.js';
import { parseStrictJson } from '../protocol/strict-json.js';
import type { Discovery } from './discovery.js';
import type { HttpAnswer, HttpClient } from './http-client.js';
import { PeerError } from './peer-error.js';
import type { PeerErrorCode, PeerProblem } from './peer-error.js';
import { readProblem, retryAfterMs } from './peer-problem.js';

/** What a peer answered, or why there is no answer. */
export type PeerAnswer<Verb extends FederationVerb> =
  | { readonly kind: 'ok'; readonly body: FederationAnswer<Verb> }
  | ({ readonly kind: 'problem'; /** what it asks us to wait */ readonly retryAfterMs: number } & PeerProblem)
  | { readonly kind: 'unreachable'; readonly code: PeerErrorCode; readonly detail?: string };

export interface PeerClient {
  /**
   * Asks one thing of a peer: signs, sends, checks the answer. Never throws but for a fault of this program.
   *
   * @param body JSON text
   * @returns `problem`: the peer said no, or not now · `unreachable`: no connection, no acceptable document of it, an
   *   answer that does not count, or it is blocked here
   */
  call<Verb extends FederationVerb>(peer: Domain, verb: Verb, body: string): Promise<PeerAnswer<Verb>>;
}

export interface PeerClientOptions {
  http: HttpClient;
  discovery: Pick<Discovery, 'get' | 'isBlocked'>;
  domain: Domain;
  /** read for every request: keys change while the server runs */
  requestKey: () => SigningKey;
  clock: { now(): number };
}

/**
 * Builds the client of the federation verbs.
 *
 * @see PV-HTTP-001 to PV-HTTP-014, PV-RSG-001, PV-BUD-010
 */
export function createPeerClient(options: PeerClientOptions): PeerClient {
  const shapes = new Map<string, Validator>(
    Object.entries(federationVerbs).map(([verb, { answer }]) => [verb, Compile<TSchema>(answer)]),
  );
  return {
    async call(peer, verb, body) {
      try {
        const answer = await send(options, { peer, verb, body });
        if (answer.status !== 200)
          return { kind: 'problem', ...readProblem(answer), retryAfterMs: retryAfterMs(answer) };
        const value = readAnswer(answer, peer);
        if (shapes.get(verb)?.Check(value) !== true)
          throw new PeerError('bad-answer', peer, { detail: `shape of ${verb}` });
        return { kind: 'ok', body: value as FederationAnswer<typeof verb> };
      } catch (cause) {
        if (!(cause instanceof PeerError)) throw cause;
        const { code, detail } = cause;
        return { kind: 'unreachable', code, ...(detail !== undefined && { detail }) };
      }
    },
  };
}

async function send(
  options: PeerClientOptions,
  { peer, verb, body }: { peer: Domain; verb: FederationVerb; body: string },
): Promise<HttpAnswer> {
  if (options.discovery.isBlocked(peer)) throw new PeerError('peer-blocked', peer);
  const { endpoint } = await options.discovery.get(peer);
  const host = endpoint.slice('https://'.length);
  const path = `/payvand/v1/${verb}`;
  const headers = signHeaders(options, { peer, host, path, body });
  const { answerBytesMax: bytesMax, answerMsMax: deadlineMs } = limits;
  return options.http.request({ host, method: 'POST', path, headers, body, bytesMax, deadlineMs });
}

function readAnswer({ body }: HttpAnswer, peer: Domain): unknown {
  const json = parseStrictJson(body, { bytesMax: limits.answerBytesMax, depthMax: limits.bodyDepthMax });
  if (!json.ok) throw new PeerError('bad-answer', peer, { detail: json.code });
  return json.value;
}

function signHeaders(
  { domain, requestKey, clock }: PeerClientOptions,
  { peer, host, path, body }: { peer: Domain; host: string; path: string; body: string },
): Record<string, string> {
  const fields = signRequest({
    method: 'POST',
    authority: host,
    target: path,
    body,
    from: domain,
    to: peer,
    nowSeconds: Math.floor(clock.now() / 1000),
    key: requestKey(),
  });
  return { 'content-type': 'application/json', ...fields };
}
