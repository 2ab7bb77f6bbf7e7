export type PeerErrorCode =
  /** no connection, a broken one, or a certificate that does not hold */
  | 'peer-unreachable'
  | 'peer-timeout'
  /** our operator has blocked it: nothing was sent */
  | 'peer-blocked'
  /** too many requests of ours to this peer are under way */
  | 'peer-busy'
  | 'answer-too-large'
  | 'redirect-refused'
  /** the name leads to an address that is not public */
  | 'address-refused'
  /** an answer that is not strict JSON or not of the verb's shape */
  | 'bad-answer'
  /** its provider document does not hold */
  | 'document-refused'
  /** it answered with a problem; see `problem` */
  | 'peer-problem';

/** What a peer said was wrong; its words, cut to size. */
export interface PeerProblem {
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly part?: string;
}

interface PeerErrorOptions {
  readonly detail?: string;
  readonly problem?: PeerProblem;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** A request to a peer that failed as a whole. */
export class PeerError extends Error {
  readonly code: PeerErrorCode;
  readonly host: string;
  readonly detail: string | undefined;
  readonly problem: PeerProblem | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: PeerErrorCode, host: string, options: PeerErrorOptions = {}) {
    const { detail, problem, retryAfterMs, cause } = options;
    super([code, host, detail ?? problem?.code].filter((part) => part !== undefined).join(' '), { cause });
    this.name = 'PeerError';
    this.code = code;
    this.host = host;
    this.detail = detail;
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }
}
