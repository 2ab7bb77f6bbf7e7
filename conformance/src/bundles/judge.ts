import { checkRequest } from '../formats/request-signature.js';
import type { ReceivedFields } from '../formats/request-signature.js';
import { Fault } from '../formats/fault.js';
import { parseDocument } from '../formats/provider-document.js';
import { shapeFault } from '../formats/shapes.js';
import { isMembers } from '../formats/strict-json.js';
import type { Members } from '../formats/strict-json.js';
import { documentFault, eventFault, mailFault, pageFault } from '../fuzz/oracle.js';
import type { Knowing, KnownLog } from '../fuzz/oracle.js';
import { readAnswer } from '../network/exchange.js';
import type { Answer } from '../network/exchange.js';
import { readRequirements } from '../report/coverage.js';
import { isProblem, jsonOf, listOf, resultsOf } from '../run/expectations.js';
import type { Bundle, Claim } from './bundle.js';

export interface Judgement {
  /** `upheld`: the bundle shows what it claims; `undecided`: that takes a run against the provider */
  readonly verdict: 'upheld' | 'dismissed' | 'undecided';
  readonly reasons: readonly string[];
}

/**
 * Looks again at what a bundle claims, from its own bytes and with this suite's rules, without asking anybody. Answers are not
 * signed: that they came from the target is the word of whoever made the bundle.
 */
export function judgeBundle(bundle: Bundle): Judgement {
  const broken = [...documentFaults(bundle), ...sentenceFaults(bundle), ...requestFaults(bundle)];
  if (broken.length > 0) return { verdict: 'dismissed', reasons: broken };
  const last = bundle.exchanges.at(-1);
  const answer = last === undefined ? undefined : answerOf(last);
  if (answer === undefined) return { verdict: 'undecided', reasons: ['it holds no exchange with the target'] };
  return judgeClaim(bundle.claim, answer);
}

function judgeClaim(claim: Claim, answer: Answer): Judgement {
  const shown = (isShown: boolean, reason: string): Judgement => ({
    verdict: isShown ? 'upheld' : 'dismissed',
    reasons: [isShown ? reason : `not so: ${reason}`],
  });
  switch (claim.kind) {
    case 'server-error':
      return shown(answer.status >= 500, `the answer has status ${answer.status}`);
    case 'no-answer':
      return shown(answer.status === 0, `the connection ended without an answer: ${answer.end}`);
    case 'no-problem':
      return shown(
        answer.status >= 400 && !isProblem(answer),
        `the answer of status ${answer.status} is no problem of the registry`,
      );
    case 'wrong-shape': {
      const fault = shapeFault(`${claim.verb ?? ''}-answer`, jsonOf(answer));
      return shown(fault !== undefined, `the answer is not of the shape ${claim.verb}-answer: ${fault}`);
    }
    case 'accepted': {
      const reason = reasonOf(claim);
      if (reason === undefined)
        return { verdict: 'dismissed', reasons: ['by the rules of this suite it may be accepted'] };
      return shown(isTaken(answer), `it was accepted, and ${reason}`);
    }
    case 'check':
    case 'dead':
    case 'different-state':
      return {
        verdict: 'undecided',
        reasons: [`expected ${claim.expected}; found ${claim.found}`, 'run the check again to know'],
      };
  }
}

/** Why what was sent has to be refused. */
function reasonOf({ subject, body = {}, knowing, text, verb }: Claim): string | undefined {
  if (subject === 'request') return shapeFault(`${verb ?? ''}-request`, body);
  if (knowing === undefined) return undefined;
  if (subject === 'page') return pageFault(body, knowing as KnownLog);
  if (subject === 'document') return documentFault(text ?? '', knowing as Knowing);
  const [item] = Array.isArray(body['items']) ? (body['items'] as unknown[]) : [];
  if (subject === 'mail') return mailFault(item, knowing as Knowing);
  return isMembers(item) ? eventFault(item, knowing as Knowing) : undefined;
}

function isTaken(answer: Answer): boolean {
  if (answer.status !== 200) return false;
  const results = [...resultsOf(answer), ...listOf(jsonOf(answer)['rooms'])];
  return (
    results.length === 0 ||
    results.some(({ status }) => ['accepted', 'ok', 'acked'].includes(String(status))) ||
    !hasStatus(results)
  );
}

function hasStatus(results: readonly Members[]): boolean {
  return results.some(({ status }) => status !== undefined);
}

function documentFaults({ target, peers }: Bundle): string[] {
  return [target, ...peers].flatMap(({ domain, document }) => {
    try {
      parseDocument(document, domain);
      return [];
    } catch (cause) {
      if (cause instanceof Fault) return [`the provider document of ${domain} cannot be believed: ${cause.code}`];
      throw cause;
    }
  });
}

function sentenceFaults({ sentences }: Bundle): string[] {
  const known = new Map(readRequirements().map(({ id, sha256 }) => [id, sha256]));
  return sentences
    .filter(({ id, sha256 }) => known.get(id) !== sha256)
    .map(({ id }) => `${id} is another sentence in this version of the specification`);
}

/** Requests that say they are of one of its peers are signed by that peer. */
function requestFaults({ peers, target, exchanges }: Bundle): string[] {
  const keys = new Map(
    peers.map(({ domain, document }) => {
      const { statement } = parseDocument(document, domain);
      const own = statement.keys.filter(({ use }) => use === 'request');
      return [domain, new Map(own.map(({ kid, publicKey }) => [kid, publicKey]))] as const;
    }),
  );
  const { host } = parseDocument(target.document, target.domain);
  return exchanges.flatMap(({ sent }, place) => {
    const received = requestOf(Buffer.from(sent, 'base64'));
    const from = received?.fields['payvand-from'];
    const created = /;created=(\d+);/.exec(String(received?.fields['signature-input']))?.[1];
    if (received === undefined || typeof from !== 'string' || created === undefined || !keys.has(from)) return [];
    const verdict = checkRequest(received, {
      ...{
        provider: target.domain,
        authority: host,
        nowSeconds: Number(created),
        keysOf: (one: string) => keys.get(one),
      },
    });
    return verdict.ok ? [] : [`request ${place + 1} is not signed by ${from}: ${verdict.part} ${verdict.reason}`];
  });
}

function requestOf(
  bytes: Buffer,
): { method: string; target: string; fields: ReceivedFields; body: Buffer } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const [method = '', target = ''] = first.split(' ');
  const fields = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { method, target, fields, body: bytes.subarray(end + 4) };
}

function answerOf({ got, end }: Bundle['exchanges'][number]): Answer {
  return { ...readAnswer(Buffer.from(got, 'base64')), end: end as Answer['end'], ms: 0, bytes: 0 };
}
