import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';

/** One exchange between the suite and the target. */
export interface Turn {
  readonly sent: string;
  readonly got: string;
}

const QUOTED_MAX = 4096;
const current = new AsyncLocalStorage<Transcript>();

/** What was sent and got in one check, or while a stage was built: a hash of all of it, and the last of it. SPEC PV-CFR-007. */
export class Transcript {
  readonly #book: Transcripts;
  readonly #name: string;
  readonly #hash = createHash('sha256');
  last: Turn | undefined;

  constructor(book: Transcripts, name: string) {
    this.#book = book;
    this.#name = name;
  }

  note(turn: Turn): void {
    const line = `${JSON.stringify({ at: Date.now(), ...turn })}\n`;
    this.#hash.update(line);
    this.#book.write(this.#name, line);
    this.last = turn;
  }

  get digest(): string {
    return this.#hash.copy().digest('base64url');
  }

  /** Notes what happens in `work` here, or under another name in the same book. */
  within<Value>(work: () => Value, name = this.#name): Value {
    return current.run(this.#book.open(name), work);
  }
}

/** The transcripts of one run. */
export class Transcripts {
  readonly #byName = new Map<string, Transcript>();
  readonly #onLine: ((name: string, line: string) => void) | undefined;

  /** @param onLine gets every line as it is written, with the name of its check or stage */
  constructor(onLine?: (name: string, line: string) => void) {
    this.#onLine = onLine;
  }

  open(name: string): Transcript {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const made = new Transcript(this, name);
    this.#byName.set(name, made);
    return made;
  }

  get(name: string): Transcript | undefined {
    return this.#byName.get(name);
  }

  names(): string[] {
    return [...this.#byName.keys()];
  }

  write(name: string, line: string): void {
    this.#onLine?.(name, line);
  }
}

export function currentTranscript(): Transcript | undefined {
  return current.getStore();
}

/** What bytes look like in a transcript: their beginning without secrets, and a hash where there are more. SPEC PV-CFR-008. */
export function quote(bytes: Uint8Array): string {
  const text = hideSecrets(Buffer.from(bytes.subarray(0, QUOTED_MAX)).toString());
  if (bytes.length <= QUOTED_MAX) return text;
  const hash = createHash('sha256').update(bytes).digest('base64url');
  return `${text}… (${bytes.length} bytes, SHA-256 ${hash})`;
}

function hideSecrets(text: string): string {
  return text
    .replaceAll(/^(authorization: \w+ ).*$/gim, '$1(hidden)')
    .replaceAll(/("(?:password|token|secret|code)"\s*:\s*")[^"]*/g, '$1(hidden)');
}
