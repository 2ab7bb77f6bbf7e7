import type { Address, Domain, EventId } from './identifiers.js';
import type { JsonObject } from './json-shape.js';

/** The last event of one (type, key): what is left of it once it has been judged. */
export interface StateEntry {
  readonly type: string;
  readonly key: string;
  readonly id: EventId;
  readonly sender: Address | Domain;
  readonly seq: number;
  /** only the members that rules and services read */
  readonly content: JsonObject;
  /** bytes of JWS, content and statement together */
  readonly bytes: number;
}
