import type { Result, Verdict } from '../run/run-checks.js';

interface Standing {
  readonly ok: boolean;
  readonly directive: string;
}

/** TODO is TAP 14's one word for a `not ok` that does not make the run red: a SHOULD that is not met, or a failure its operator has named. */
const excused = (why: string): Standing => ({ ok: false, directive: ` # TODO ${why}` });

const directives: Readonly<Record<Verdict, Standing>> = {
  pass: { ok: true, directive: '' },
  info: { ok: true, directive: '' },
  fail: { ok: false, directive: '' },
  error: { ok: false, directive: '' },
  flaky: { ok: false, directive: '' },
  blocked: { ok: false, directive: '' },
  warn: excused('only a SHOULD'),
  'not-run': { ok: true, directive: ' # SKIP not run' },
  unclaimed: { ok: true, directive: ' # SKIP unclaimed' },
};

export function tapHead(count: number): string {
  return `TAP version 14\n1..${count}\n`;
}

export function tapLine(result: Result, number: number): string {
  const { ok, directive } = directiveOf(result);
  const line = `${ok ? 'ok' : 'not ok'} ${number} - ${escape(result.id)}${directive}\n`;
  if (result.verdict === 'pass' && result.known === undefined) return line;
  const { verdict, level, covers, title, expected, found, ms, known } = result;
  const members = { verdict, level, requirements: covers, title, expected, found, ms, known };
  const yaml = Object.entries(members)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  ${name}: ${JSON.stringify(value)}\n`);
  return `${line}  ---\n${yaml.join('')}  ...\n`;
}

function directiveOf({ verdict, known }: Result): Standing {
  if (known?.state === 'fails') return excused(`known until ${known.until}`);
  return known?.state === 'passes' ? { ok: false, directive: '' } : directives[verdict];
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('#', '\\#');
}
