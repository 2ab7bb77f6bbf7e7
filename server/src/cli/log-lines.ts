/**
 * Makes a JSON log line short for somebody who looks at it: time, level, event, and what belongs to it.
 *
 * @returns nothing for what PostgreSQL says in the course of its work
 */
export function shortenLogLine(line: string): string | undefined {
  const { time, level, event, ...fields } = JSON.parse(line) as Record<string, unknown>;
  if (event === 'database' && String(fields['line']).startsWith('LOG:')) return undefined;
  const rest = Object.entries(fields)
    .filter(([name]) => name !== 'domain')
    .map(([name, value]) => `${name}=${shorten(value)}`);
  return [String(time).slice(11, 19), String(level).padEnd(5), String(event), ...rest].join(' ');
}

function shorten(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const { message } = value as { message?: unknown };
  return typeof message === 'string' ? message : JSON.stringify(value);
}
