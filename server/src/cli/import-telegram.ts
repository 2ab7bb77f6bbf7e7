import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { importedEndText, importedHeaderText } from '../protocol/imported-lines.js';
import { ImportedChain, sealImported } from '../protocol/imported-seal.js';
import { signingKeyFromSeed } from '../protocol/key-thumbprint.js';
import type { SigningKey } from '../protocol/key-thumbprint.js';
import { readTelegramMessage } from '../protocol/telegram-message.js';
import { CommandError } from './command.js';
import type { Command, CommandContext } from './command.js';
import { usageError } from './parse-arguments.js';
import { readExport } from './read-export.js';
import type { ExportItem } from './read-export.js';

const BUFFERED_CHARACTERS_MAX = 262_144;
const SEED_TEXT = /^[A-Za-z0-9_-]{43}\n?$/;

export const importTelegram: Command = {
  usage: '<result.json>',
  words: [1, 1],
  settings: [],
  flags: {
    out: { value: 'folder', sentence: 'new folder for the archives, one of each chat' },
    key: { value: 'file', sentence: 'key to seal them with, made if there is none; without it, one that is forgotten' },
  },
  details: [
    'Reads what Telegram Desktop exports as JSON, one chat or everything, and writes an archive of each chat.',
    'Nobody who wrote in it has signed anything: the archives say so, and the key that seals them shows only that',
    'nothing was changed since the import. payvand verify checks them. Files that were sent are named, not taken in.',
  ].join('\n'),
  run: runImport,
};

/** An archive that is being written. */
interface OpenArchive {
  readonly name: string;
  readonly file: FileHandle;
  readonly chain: ImportedChain;
  readonly title: string | null;
  messages: number;
  services: number;
  skipped: number;
  waiting: string;
}

async function runImport(context: CommandContext): Promise<void> {
  const { args, flags, output, world } = context;
  const [source = ''] = args;
  const { out } = flags;
  if (out === undefined) throw usageError('import telegram', 'say where to with --out');
  const key = await readKey(flags['key']);
  await mkdir(out, { mode: 0o700 }).catch(explainFolder(out));
  const written: object[] = [];
  let archive: OpenArchive | undefined;
  const close = async (): Promise<void> => {
    if (archive === undefined) return;
    const { name, title, messages, services, skipped } = archive;
    await finish(archive, key);
    written.push({ file: name, title, messages, services, skipped });
    output.print(`${name}: ${messages} messages and ${services} notes of ${title ?? 'a chat without a name'}`);
    archive = undefined;
  };
  try {
    for await (const item of readExport(source)) {
      if (item.kind === 'message') await take(archive, item.message);
      else {
        await close();
        const at = world.now();
        archive = await begin(item, { name: join(out, `${written.length + 1}.payvand-imported`), key, at });
      }
    }
    await close();
  } finally {
    await archive?.file.close();
  }
  output.print(`Sealed with ${key.kid}; nothing in there is signed by those who wrote it. Check it: payvand verify`);
  output.result({ archives: written, key: key.kid });
}

async function begin(
  { chat }: Extract<ExportItem, { kind: 'chat' }>,
  { name, key, at }: { name: string; key: SigningKey; at: number },
): Promise<OpenArchive> {
  const file = await open(name, 'wx', 0o600);
  const { title } = chat;
  const counts = { messages: 0, services: 0, skipped: 0 };
  const archive = { name, file, chain: new ImportedChain(), title, ...counts, waiting: '' };
  await write(archive, importedHeaderText({ from: 'telegram-desktop', chat, at, key: key.x }));
  // An archive that is never finished says what it is all the same.
  await flush(archive);
  return archive;
}

async function take(archive: OpenArchive | undefined, item: Parameters<typeof readTelegramMessage>[0]): Promise<void> {
  const read = readTelegramMessage(item);
  if (archive === undefined) return;
  if (read === undefined) {
    archive.skipped += 1;
    return;
  }
  const { kind, ...line } = read;
  if (kind === 'message') archive.messages += 1;
  else archive.services += 1;
  await write(archive, JSON.stringify(line));
}

async function write(archive: OpenArchive, line: string): Promise<void> {
  archive.chain.add(line);
  archive.waiting += `${line}\n`;
  if (archive.waiting.length > BUFFERED_CHARACTERS_MAX) await flush(archive);
}

async function flush(archive: OpenArchive): Promise<void> {
  await archive.file.appendFile(archive.waiting);
  archive.waiting = '';
}

async function finish(archive: OpenArchive, key: SigningKey): Promise<void> {
  const { messages, services, chain, file } = archive;
  archive.waiting += `${importedEndText({ messages, services }, sealImported(chain, key))}\n`;
  await flush(archive);
  await file.sync();
  await file.close();
}

/** A key of the importer's own: never one of a provider, which would seem to vouch for what is in there. */
async function readKey(file: string | undefined): Promise<SigningKey> {
  const fresh = randomBytes(32);
  if (file === undefined) return signingKeyFromSeed(fresh);
  try {
    await writeFile(file, `${fresh.toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
    return signingKeyFromSeed(fresh);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  }
  const text = await readFile(file, 'utf8');
  if (!SEED_TEXT.test(text)) throw new CommandError('bad-key', `${file} is no key of payvand import`);
  return signingKeyFromSeed(Buffer.from(text.trim(), 'base64url'));
}

function explainFolder(out: string): (cause: unknown) => never {
  return (cause) => {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new CommandError('file-exists', `${out} is there already: name another folder`, { cause });
  };
}
