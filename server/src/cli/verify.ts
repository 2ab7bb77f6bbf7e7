import { decodeBase64url } from '../protocol/base64url.js';
import { BranchReader, firstDifference } from '../protocol/equivocation.js';
import type { EquivocationProof } from '../protocol/equivocation.js';
import { parseDomain, parseKeyId } from '../protocol/identifiers.js';
import { ArchiveVerifier } from '../protocol/verify-archive.js';
import type { ArchiveFault, ExpectedHead } from '../protocol/verify-archive.js';
import { CommandError } from './command.js';
import type { Command, CommandContext } from './command.js';
import { usageError } from './parse-arguments.js';
import { readLines } from './read-lines.js';
import { isImported, verifyImport } from './verify-import.js';
import { isExport, verifyExport } from './verify-export.js';
import type { VerifiedPart } from './verify-export.js';
import { reportObject, reportText } from './verify-report.js';
import type { KnownRoot } from './verify-report.js';

const PROGRESS_MS = 2_000;

/** One archive, verified. */
interface VerifiedFile extends VerifiedPart {
  readonly verifier: ArchiveVerifier;
}

export const verify: Command = {
  usage: '<archive> [other archive]',
  words: [1, 2],
  settings: [],
  flags: {
    root: {
      value: '[provider=]fingerprint',
      repeats: true,
      sentence: 'root key you know from its operator; may be given again for others',
    },
    expectHead: {
      value: 'seq:hash',
      repeats: true,
      sentence: 'record that the log must hold, for instance from an acknowledgement; may be given again',
    },
  },
  details: [
    'Checks an archive made by payvand export-room, or by any other program, without a server, a network or trust in',
    'whoever made it: chain, seals, signatures, contents, rules, key statements and the state they lead to.',
    'So does it with every room in what a person took along by the client API (GET /me/export).',
    'Of an archive that payvand import made it says that nobody in it has signed anything, and whether it was changed.',
    'Two archives of one room are also compared: where they part, the proof that its hub told two stories is printed.',
    'Exit codes: 0 verified, 1 a fault was found (its record and code are printed), 2 asked wrongly, 3 unreadable.',
  ].join('\n'),
  run: runVerify,
};

async function runVerify(context: CommandContext): Promise<void> {
  const { args, flags, output } = context;
  const roots = readList(flags['root'], readRoot);
  const expected = readList(flags['expectHead'], readHead);
  const [first = ''] = args;
  if (await isImported(first)) {
    if (args.length > 1 || expected.length + roots.length > 0)
      throw usageError('verify', 'an imported archive is verified alone: no provider stands behind it');
    return verifyImport(context, first);
  }
  if (await isExport(first)) {
    if (args.length > 1 || expected.length > 0)
      throw usageError('verify', 'what a person took along is verified alone, without --expect-head');
    return runVerifyExport(context, first, roots);
  }
  const files: VerifiedFile[] = [];
  for (const file of args) files.push(await verifyFile(context, file, expected));
  for (const one of files) for (const line of reportText({ ...one, roots })) output.print(line);
  const proof = await compare(files);
  if (proof !== undefined) output.print(JSON.stringify(proof));
  output.result({
    archives: files.map((one) => reportObject({ ...one, roots })),
    ...(proof !== undefined && { equivocation: proof }),
  });
  const fault = firstFault(files, roots) ?? (proof && forkFault(proof));
  if (fault !== undefined) throw explain(fault);
}

async function runVerifyExport(context: CommandContext, file: string, roots: readonly KnownRoot[]): Promise<void> {
  const { output } = context;
  const { parts, isWhole } = await verifyExport(context, file);
  for (const one of parts) for (const line of reportText({ ...one, roots })) output.print(line);
  output.result({ archives: parts.map((one) => reportObject({ ...one, roots })), isWhole });
  const fault = firstFault(parts, roots);
  if (fault !== undefined) throw explain(fault);
  if (!isWhole) throw new CommandError('cut-tail', `${file} is cut: its last line is missing`, { exitCode: 1 });
}

async function verifyFile(
  { output, world }: CommandContext,
  file: string,
  expected: readonly ExpectedHead[],
): Promise<VerifiedFile> {
  const begun = world.now();
  const verifier = new ArchiveVerifier({ now: begun, expected });
  let shown = begun;
  for await (const { bytes, share } of readLines(file)) {
    if (!verifier.take(bytes)) break;
    if (world.now() - shown < PROGRESS_MS) continue;
    shown = world.now();
    output.progress(`payvand: ${file}: ${Math.floor(share * 100)} %, record ${verifier.seq}`);
  }
  return { file, report: verifier.report(), verifier, tookMs: world.now() - begun };
}

/** The proof that a hub let one room's log go on in two ways; undefined where the two agree as far as both go. */
async function compare([one, other]: readonly VerifiedFile[]): Promise<EquivocationProof | undefined> {
  const [header, second] = [one?.report.header, other?.report.header];
  if (one === undefined || other === undefined || header === undefined || second === undefined) return undefined;
  if (header.room !== second.room) throw new CommandError('usage', 'the archives are of two rooms', { exitCode: 2 });
  const from = firstDifference(one.verifier, other.verifier, Math.max(header.first, second.first));
  const prev = from === undefined ? undefined : one.verifier.hashAt(from - 1);
  // What no seal covers is nobody's word but that of whoever wrote the archive.
  if (from === undefined || prev === undefined || one.report.sealedSeq < from || other.report.sealedSeq < from)
    return undefined;
  const seals: string[] = [];
  const branches = [await readBranch(one.file, from, seals), await readBranch(other.file, from, seals)];
  const { room, hub } = header;
  return {
    room,
    hub,
    prev: prev.toString('base64url'),
    branches: branches.filter((branch) => branch !== undefined),
    seals,
  };
}

async function readBranch(file: string, from: number, seals: string[]): Promise<ReturnType<BranchReader['branch']>> {
  const reader = new BranchReader(from);
  for await (const { bytes } of readLines(file)) if (!reader.take(bytes)) break;
  return reader.branch(seals);
}

function forkFault({ branches }: EquivocationProof): ArchiveFault {
  const seq = branches[0]?.headers[0]?.seq ?? 0;
  return { code: 'fork', seq, detail: 'the hub sealed two logs that part here' };
}

function firstFault(files: readonly VerifiedPart[], roots: readonly KnownRoot[]): ArchiveFault | undefined {
  const [fault] = files.flatMap(({ report }) => report.faults);
  if (fault !== undefined) return fault;
  const held = files.flatMap(({ report }) => [...report.roots]);
  const wrong = roots.find(
    ({ provider, root }) => !held.some(([domain, own]) => own === root && (provider ?? domain) === domain),
  );
  if (wrong === undefined) return undefined;
  const whose = wrong.provider === undefined ? 'no provider stands' : `${wrong.provider} does not stand`;
  return { code: 'wrong-root', seq: 0, detail: `${whose} on the root ${wrong.root} in here` };
}

function explain({ code, seq, detail }: ArchiveFault): CommandError {
  const exitCode = code === 'bad-archive' ? 3 : 1;
  return new CommandError(code, `record ${seq}: ${detail}`, { exitCode });
}

function readList<Item>(text: string | undefined, read: (word: string) => Item): Item[] {
  return text === undefined ? [] : text.split(',').map(read);
}

function readRoot(word: string): KnownRoot {
  const [name, fingerprint] = word.includes('=') ? (word.split('=', 2) as [string, string]) : [undefined, word];
  const provider = name === undefined ? undefined : parseDomain(name);
  const root = parseKeyId(fingerprint);
  if (root === undefined || (name !== undefined && provider === undefined))
    throw usageError('verify', `--root ${word} is no fingerprint`);
  return provider === undefined ? { root } : { provider, root };
}

function readHead(word: string): ExpectedHead {
  const [seq = '', text = ''] = word.split(':', 2);
  const hash = decodeBase64url(text);
  if (!/^[0-9]{1,15}$/.test(seq) || hash?.length !== 32)
    throw usageError('verify', `--expect-head ${word} is no seq and hash`);
  return { seq: Number(seq), hash: Buffer.from(hash) };
}
