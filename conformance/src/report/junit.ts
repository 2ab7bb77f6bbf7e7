import type { ConformanceReport } from '@payvand/spec';

type Reported = ConformanceReport['checks'][number];

const failing = new Set(['fail', 'flaky', 'blocked', 'error']);
const skipped = new Set(['not-run', 'unclaimed', 'warn', 'info']);

/** The report as JUnit XML, one suite an area. */
export function toJunit({ target, checks }: ConformanceReport): string {
  const areas = [...new Set(checks.map(areaOf))];
  const suites = areas.map((area) =>
    suite(
      area,
      checks.filter((check) => areaOf(check) === area),
    ),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${escape(target.domain)}">\n${suites.join('')}</testsuites>\n`;
}

function areaOf({ id }: Reported): string {
  return id.slice(0, id.indexOf('/'));
}

function suite(area: string, checks: readonly Reported[]): string {
  const failures = checks.filter(({ verdict }) => failing.has(verdict)).length;
  const skips = checks.filter(({ verdict }) => skipped.has(verdict)).length;
  const head = `  <testsuite name="${escape(area)}" tests="${checks.length}" failures="${failures}" skipped="${skips}">\n`;
  return `${head}${checks.map(testCase).join('')}  </testsuite>\n`;
}

function testCase({ id, verdict, ms, expected, found }: Reported): string {
  const head = `    <testcase name="${escape(id)}" time="${(ms / 1000).toFixed(3)}"`;
  if (verdict === 'pass') return `${head}/>\n`;
  const text = escape(`${verdict}: expected ${expected ?? ''}; found ${found ?? ''}`);
  const inner = failing.has(verdict) ? `<failure message="${text}"/>` : `<skipped message="${text}"/>`;
  return `${head}>${inner}</testcase>\n`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, '?');
}
