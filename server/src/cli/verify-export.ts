import { isJsonObject } from '../protocol/json-shape.js';
import { parseStrictJson } from '../protocol/strict-json.js';
import { ARCHIVE_LINE_BYTES_MAX } from '../protocol/archive-lines.js';
import { ArchiveVerifier } from '../protocol/verify-archive.js';
import type { ArchiveReport } from '../protocol/verify-archive.js';
import type { CommandContext } from './command.js';
import { readLines } from './read-lines.js';

/** An archive in an export, verified. */
export interface VerifiedPart {
  /** of the file, and of the room where that is known */
  readonly file: string;
  readonly report: ArchiveReport;
  readonly tookMs: number;
}

const OWN_LINES: ReadonlySet<string> = new Set([
  ...['export', 'me', 'session', 'block', 'request', 'report', 'ward', 'room', 'unsealed', 'exported'],
]);

/** Whether a file begins as what a person took along. */
export async function isExport(file: string): Promise<boolean> {
  for await (const { bytes } of readLines(file)) return kindOf(bytes) === 'export';
  return false;
}

/**
 * Verifies the archives in what a person took along, each by itself.
 *
 * @returns `isWhole`: the last line is there
 * @see PV-EXP-004
 */
export async function verifyExport(
  { world }: Pick<CommandContext, 'world'>,
  file: string,
): Promise<{ parts: readonly VerifiedPart[]; isWhole: boolean }> {
  const parts: VerifiedPart[] = [];
  let isWhole = false;
  let open: { verifier: ArchiveVerifier; begun: number; isGood: boolean } | undefined;
  const close = (): void => {
    if (open === undefined) return;
    const report = open.verifier.report();
    parts.push({ file: `${file} ${report.header?.room ?? ''}`.trimEnd(), report, tookMs: world.now() - open.begun });
    open = undefined;
  };
  for await (const { bytes } of readLines(file)) {
    const kind = kindOf(bytes);
    const isOwn = kind !== undefined && OWN_LINES.has(kind);
    if (isOwn || kind === 'archive') close();
    isWhole = kind === 'exported';
    if (isOwn) continue;
    open ??= { verifier: new ArchiveVerifier({ now: world.now() }), begun: world.now(), isGood: true };
    if (open.isGood) open.isGood = open.verifier.take(bytes);
  }
  close();
  return { parts, isWhole };
}

/** The first member of a line. */
function kindOf(bytes: Buffer): string | undefined {
  const json = parseStrictJson(bytes, { bytesMax: ARCHIVE_LINE_BYTES_MAX });
  return json.ok && isJsonObject(json.value) ? Object.keys(json.value)[0] : undefined;
}
