import { errorCodes } from '@payvand/spec';
import type { ErrorCode } from '@payvand/spec';

/** What a problem may say beyond its code; everything here is shown to whoever asked. */
export interface ProblemMembers {
  /** words for whoever debugs the caller; repeats no input and no secret */
  readonly detail?: string;
  /** the part of the request at fault: a signed component, or the path of a member */
  readonly part?: string;
  /** whole seconds, also sent as `Retry-After` */
  readonly retryAfterS?: number;
  /** further members, by their wire name */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A request that fails with a code of the registry. Status and retryability are looked up there. */
export class ProtocolError extends Error {
  readonly code: ErrorCode;
  readonly members: ProblemMembers;

  constructor(code: ErrorCode, members: ProblemMembers = {}, options?: ErrorOptions) {
    super(members.detail === undefined ? code : `${code}: ${members.detail}`, options);
    this.name = 'ProtocolError';
    this.code = code;
    this.members = members;
  }
}

/** Whether text is a code of the registry: verdicts and peers give codes as plain text. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
