import type { ParsedEvent } from '../event.js';
import type { RoomId } from '../identifiers.js';
import type { JsonObject } from '../json-shape.js';
import type { KeyStatement } from '../key-statement.js';

export type RuleId = `R${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13}`;

export interface Allow {
  readonly kind: 'allow';
}

export interface Deny {
  readonly kind: 'deny';
  readonly rule: RuleId;
  /** stable, of the error registry */
  readonly code: string;
  /** words for a log; never shown to decide anything */
  readonly detail: string;
}

export type Verdict = Allow | Deny;

/** Finds a key statement by the hash that names it; the ones in force must be there. */
export type StatementLookup = (hash: string) => KeyStatement | undefined;

/** One record about to be judged, with everything the rules may read beside the state. */
export interface RuleInput {
  readonly room: RoomId;
  readonly record: { readonly epoch: number; readonly seq: number; readonly at: number };
  readonly event: ParsedEvent;
  /** parsed content of a state event; undefined when its text is malformed. Of other events it is not read. */
  readonly content: JsonObject | undefined;
  readonly statements: StatementLookup;
  /** the statement that travels with a create or provider record; undefined when it is malformed */
  readonly attachedStatement?: KeyStatement | undefined;
  /** hash of the record at an earlier seq; undefined where it is not held: then it is not compared */
  readonly seenHash: (seq: number) => Buffer | undefined;
  /** the signature was found good under the event's `kid` before; the rules still ask whose key that is */
  readonly signatureTrusted?: boolean;
}

/** What is wrong, in words; undefined when the rule is kept. */
export type Fault = string | undefined;

/** Bytes an event counts for in the state: JWS, content and the statement that travels with it. @see PV-RULE-041 */
export function entryBytes({ event, attachedStatement }: RuleInput): number {
  return event.jws.length + event.fields.size + (attachedStatement?.jws.length ?? 0);
}
