import type { Domain, KeyId } from '../protocol/identifiers.js';
import type { ArchiveFault, ArchiveReport } from '../protocol/verify-archive.js';

/** A root key that somebody vouches for; of one provider, or of whichever has it. */
export interface KnownRoot {
  readonly provider?: Domain;
  readonly root: KeyId;
}

interface Reported {
  readonly file: string;
  readonly report: ArchiveReport;
  readonly tookMs: number;
  readonly roots: readonly KnownRoot[];
}

const LISTED_MAX = 100;

/** What was found, for people. */
export function reportText({ file, report, tookMs, roots }: Reported): string[] {
  const { header, records, seq, sealedSeq, judgedFrom, holes, faults, unchecked } = report;
  const lines = [`archive  ${file}`];
  if (header !== undefined) {
    lines.push(`room     ${header.room}, hub ${header.hub}`);
    lines.push(`copy     of ${header.by}, made ${new Date(header.at).toISOString()}`);
    lines.push(
      `records  ${records}, from ${header.first} to ${seq}, sealed to ${sealedSeq}, ${speed(records, tookMs)}`,
    );
  }
  if (report.hash !== undefined) lines.push(`head     ${seq}:${report.hash.toString('base64url')}`);
  if (judgedFrom !== undefined && judgedFrom > (header?.first ?? 0))
    lines.push(`rules    from record ${judgedFrom} on; before it, chain and signatures only`);
  for (const root of report.roots) lines.push(`root     ${rootText(root, roots)}`);
  if (holes.length > 0) lines.push(`missing  contents that nothing in the log explains, of records ${listed(holes)}`);
  if (unchecked.length > 0) lines.push(`unknown  expected heads from before this archive begins: ${listed(unchecked)}`);
  for (const fault of faults.slice(0, LISTED_MAX)) lines.push(`fault    ${faultText(fault)}`);
  if (faults.length > LISTED_MAX) lines.push(`         and ${faults.length - LISTED_MAX} more`);
  lines.push(faults.length === 0 ? 'verified' : 'NOT verified');
  return lines;
}

/** What was found, for programs. */
export function reportObject({ file, report, tookMs, roots }: Reported): object {
  const { header, records, seq, hash, sealedSeq, judgedFrom, holes, faults, unchecked } = report;
  return {
    file,
    verdict: faults.length === 0 ? 'verified' : 'fault',
    ...(header && { room: header.room, hub: header.hub, by: header.by, first: header.first }),
    ...{ records, seq, sealedSeq, tookMs },
    ...(hash && { hash: hash.toString('base64url') }),
    ...(judgedFrom !== undefined && { judgedFrom }),
    roots: [...report.roots].map(([provider, root]) => ({
      provider,
      root,
      confirmed: isConfirmed([provider, root], roots),
    })),
    holes: holes.slice(0, LISTED_MAX),
    faults: faults.slice(0, LISTED_MAX),
    unchecked,
  };
}

function rootText([provider, root]: [Domain, KeyId], roots: readonly KnownRoot[]): string {
  const said = isConfirmed([provider, root], roots)
    ? 'confirmed by --root'
    : `NOT confirmed: ask ${provider} and repeat with --root`;
  return `${provider}  ${root}  ${said}`;
}

function isConfirmed([provider, root]: [Domain, KeyId], roots: readonly KnownRoot[]): boolean {
  return roots.some((known) => known.root === root && (known.provider ?? provider) === provider);
}

function faultText({ seq, from, code, rule, detail }: ArchiveFault): string {
  const where = from === undefined ? `record ${seq}` : `record ${from} to ${seq}`;
  return `${where}  ${code}  ${rule === undefined ? detail : `${rule}, without effect: ${detail}`}`;
}

function listed(numbers: readonly number[]): string {
  const shown = numbers.slice(0, LISTED_MAX).join(', ');
  return numbers.length > LISTED_MAX ? `${shown} and ${numbers.length - LISTED_MAX} more` : shown;
}

function speed(records: number, tookMs: number): string {
  return `${(tookMs / 1000).toFixed(1)} s, ${Math.round(records / Math.max(tookMs / 1000, 0.001))} a second`;
}
