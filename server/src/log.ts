export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** a log that adds these fields to every line */
  child(fields: LogFields): Log;
}

export interface LogOptions {
  level: LogLevel | 'silent';
  /** takes one line with its line break */
  write: (line: string) => void;
  now: () => number;
}

const RANKS: Readonly<Record<LogLevel | 'silent', number>> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 };
const SECRET_NAME =
  /authori[sz]ation|cookie|passw|secret|token|seed|private|credential|signature|^(code|content|body)$/i;
const SECRET_TEXT = /\b(Bearer|Basic)\s+\S+|(postgres(?:ql)?:\/\/[^:@/\s]*):[^@\s]*@/gi;
const TEXT_LENGTH_MAX = 2000;
const ITEMS_MAX = 50;
const DEPTH_MAX = 4;

/**
 * Writes JSON lines. Members named like a secret or like somebody's words are replaced, long values cut.
 */
export function createLog(options: LogOptions, bound: LogFields = {}): Log {
  const least = RANKS[options.level];
  const at = (level: LogLevel) => (event: string, fields?: LogFields) => {
    if (RANKS[level] < least) return;
    const time = new Date(options.now()).toISOString();
    options.write(`${JSON.stringify({ time, level, event, ...clean({ ...bound, ...fields }) })}\n`);
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => createLog(options, { ...bound, ...fields }),
  };
}

function clean(fields: LogFields, depth = 0): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .slice(0, ITEMS_MAX)
      // A stable code is no secret; only a sign-up code would be, and that is never a fault code.
      .map(([name, value]) => [name, isSecret(name, value) ? '[redacted]' : cleanValue(value, depth + 1)]),
  );
}

function isSecret(name: string, value: unknown): boolean {
  if (name === 'code' && typeof value === 'string' && /^[a-z][a-z-]*$|^E[A-Z_]+$|^[A-Z]+_[A-Z_]+$/.test(value))
    return false;
  return SECRET_NAME.test(name);
}

function cleanValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Error) return describeError(value, depth);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEPTH_MAX) return '[deep]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((item) => cleanValue(item, depth + 1));
  return clean(value as LogFields, depth);
}

function cleanText(text: string): string {
  const short = text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}…` : text;
  return short.replace(SECRET_TEXT, (_, scheme: string | undefined, url: string | undefined) =>
    url === undefined ? `${scheme ?? ''} [redacted]` : `${url}:[redacted]@`,
  );
}

function describeError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? cleanValue(error.code, depth) : undefined;
  const deeper = depth < DEPTH_MAX && cause !== undefined ? cleanValue(cause, depth + 1) : undefined;
  return {
    name,
    message: cleanText(message),
    code,
    stack: stack === undefined ? undefined : cleanText(stack),
    cause: deeper,
  };
}
