/** What a parser gives: the value, or a stable code with words for whoever sent it. */
export type Checked<T> = { readonly ok: true; readonly value: T } | Refused;

export interface Refused {
  readonly ok: false;
  readonly code: string;
  readonly detail: string;
}

/** Wraps a parsed value. */
export function accept<T>(value: T): Checked<T> {
  return { ok: true, value };
}

/** Refuses with a code of the error registry; `detail` names the member or limit at fault and repeats no input. */
export function refuse(code: string, detail: string): Refused {
  return { ok: false, code, detail };
}
