/** Something that is not as the specification says: `code` is a word of the specification. */
export class Fault extends Error {
  readonly code: string;

  constructor(code: string, detail = code) {
    super(detail);
    this.name = 'Fault';
    this.code = code;
  }
}

/** @throws Fault */
export function need(holds: boolean, code: string, detail?: string): asserts holds {
  if (!holds) throw new Fault(code, detail);
}

/** What a reader returns, or the code of the fault it finds under another name. @throws Fault */
export function renamed<Value>(code: string, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof Fault) throw new Fault(code, cause.message);
    throw cause;
  }
}
