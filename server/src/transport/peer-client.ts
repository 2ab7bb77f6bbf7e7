import { Compile } from 'typebox/compile';
import { federationVerbs, limits } from '@payvand/spec';
import type {
  DirectoryAnswer,
  DirectoryRequest,
  FederationVerb,
  HeadsAnswer,
  HeadsRequest,
  JoinAnswer,
  JoinRequest,
  LogAnswer,
  LogRequest,
  MailboxAnswer,
  MailboxRequest,
  PushAnswer,
  PushRequest,
  SignalsAnswer,
  SignalsRequest,
  SnapshotAnswer,
  SnapshotRequest,
  SubmitAnswer,
  SubmitRequest,
} from '@payvand/spec';
import { signRequest } from '../protocol/http-signature.js';
import type { Domain } from '../protocol/identifiers.js';
import type { SigningKey } from '../protocol/key-thumbprint.js';
import { parseStrictJson } from '../protocol/strict-json.js';
import type { Discovery } from './discovery.js';
import type { HttpAnswer, HttpClient } from './http-client.js';
import { PeerError } from './peer-error.js';
import { readProblem, retryAfterMs } from './peer-problem.js';

/** `later`: the peer is over its limit, overloaded, or does not know us yet; not a fault of the request. */
export type PeerAnswer<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | { readonly kind: 'later'; readonly code: string; readonly afterMs: number };

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly deadlineMs?: number;
}

/**
 * Asks one thing of a peer.
 *
 * @param body the request, or its JSON text when it is written already
 * @throws PeerError as `Discovery.get` and `HttpClient.request`, `bad-answer`, or `peer-problem` with what the peer said
 */
export type Call<Request, Answer> = (
  peer: Domain,
  body: Request | string,
  options?: CallOptions,
) => Promise<PeerAnswer<Answer>>;

export interface PeerClient {
  submit: Call<SubmitRequest, SubmitAnswer>;
  push: Call<PushRequest, PushAnswer>;
  log: Call<LogRequest, LogAnswer>;
  heads: Call<HeadsRequest, HeadsAnswer>;
  join: Call<JoinRequest, JoinAnswer>;
  snapshot: Call<SnapshotRequest, SnapshotAnswer>;
  mailbox: Call<MailboxRequest, MailboxAnswer>;
  signals: Call<SignalsRequest, SignalsAnswer>;
  directory: Call<DirectoryRequest, DirectoryAnswer>;
}

export interface PeerClientOptions {
  http: HttpClient;
  discovery: Pick<Discovery, 'get'>;
  domain: Domain;
  /** read for every request: keys change while the server runs */
  requestKey: () => SigningKey;
  clock: { now(): number };
}

const LATER: ReadonlySet<number> = new Set([429, 503]);

/**
 * Builds the client of the federation verbs: signs, sends, checks the answer.
 *
 * @see PV-HTTP-001 to PV-HTTP-014, PV-RSG-001
 */
export function createPeerClient(options: PeerClientOptions): PeerClient {
  return {
    submit: callOf(options, 'submit'),
    push: callOf(options, 'push'),
    log: callOf(options, 'log'),
    heads: callOf(options, 'heads'),
    join: callOf(options, 'join'),
    snapshot: callOf(options, 'snapshot'),
    mailbox: callOf(options, 'mailbox'),
    signals: callOf(options, 'signals'),
    directory: callOf(options, 'directory'),
  };
}

function callOf<Request extends object, Answer>(
  options: PeerClientOptions,
  verb: FederationVerb,
): Call<Request, Answer> {
  const shape = Compile(federationVerbs[verb].answer);
  return async (peer, request, { signal, deadlineMs = limits.answerMsMax } = {}) => {
    const { endpoint } = await options.discovery.get(peer);
    const host = endpoint.slice('https://'.length);
    const path = `/payvand/v1/${verb}`;
    const body = typeof request === 'string' ? request : JSON.stringify(request);
    const headers = signHeaders(options, { peer, host, path, body });
    const bytesMax = limits.answerBytesMax;
    const answer = await options.http.request({
      host,
      method: 'POST',
      path,
      headers,
      body,
      bytesMax,
      deadlineMs,
      signal,
    });
    if (answer.status !== 200) return readRefusal(answer, peer);
    const value = parseStrictJson(answer.body, { bytesMax, depthMax: limits.bodyDepthMax });
    if (!value.ok) throw new PeerError('bad-answer', peer, { detail: value.code });
    if (!shape.Check(value.value)) throw new PeerError('bad-answer', peer, { detail: `shape of ${verb}` });
    return { kind: 'ok', value: value.value as Answer };
  };
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

function readRefusal(answer: HttpAnswer, peer: Domain): { kind: 'later'; code: string; afterMs: number } {
  const problem = readProblem(answer);
  const afterMs = retryAfterMs(answer);
  if (LATER.has(problem.status) || problem.code === 'unknown-peer')
    return { kind: 'later', code: problem.code, afterMs };
  throw new PeerError('peer-problem', peer, { problem, retryAfterMs: afterMs });
}
