import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { parseRoomId } from '../protocol/identifiers.js';
import type { RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { exportRoom as archiveLines } from '../services/export-room.js';
import { CommandError } from './command.js';
import type { Command, CommandContext } from './command.js';
import { asOperator } from './open-operator.js';
import type { Operator } from './open-operator.js';
import { usageError } from './parse-arguments.js';

const PROGRESS_MS = 2_000;

export const exportRoom: Command = {
  usage: '<room>',
  words: [1, 1],
  settings: ['dataDir', 'databaseUrl'],
  flags: { out: { value: 'file', sentence: 'where the archive goes; a new file, standard output by default' } },
  details: [
    'Writes what this provider holds of a room as an archive that anyone can check with payvand verify, without',
    'a server and for ever. It holds what people said, so keep it as private as the room.',
    'Works while the server runs.',
  ].join('\n'),
  run: runExport,
};

async function runExport(context: CommandContext): Promise<void> {
  const { args, flags, output } = context;
  const room = parseRoomId(args[0]);
  if (room === undefined) throw usageError('export-room', `${args[0] ?? ''} is no room id`);
  const { out } = flags;
  const records = await asOperator(context, (operator) =>
    write(context, countLines(context, archiveLines(operator, room), operator), out),
  ).catch(explain(room));
  if (out === undefined) return;
  output.print(`${out} holds ${records} records of ${room}. Check it with: payvand verify ${out}`);
  output.result({ room, file: out, records });
}

interface Counted {
  readonly text: AsyncGenerator<string>;
  records: number;
}

/** Puts the line feeds between, and says how far it is. */
function countLines({ output }: CommandContext, lines: AsyncIterable<string>, { clock }: Operator): Counted {
  const counted: Counted = { text: feed(), records: 0 };
  let shown = clock.now();

  async function* feed(): AsyncGenerator<string> {
    for await (const line of lines) {
      if (line.startsWith('{"record"')) counted.records += 1;
      if (clock.now() - shown > PROGRESS_MS) {
        shown = clock.now();
        output.progress(`payvand: ${counted.records} records written`);
      }
      yield `${line}\n`;
    }
  }

  return counted;
}

async function write({ world }: CommandContext, counted: Counted, out: string | undefined): Promise<number> {
  if (out === undefined) {
    await pipeline(counted.text, world.stdout, { end: false });
    return counted.records;
  }
  const file = createWriteStream(out, { flags: 'wx', mode: 0o600 });
  try {
    await pipeline(counted.text, file);
    return counted.records;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST')
      throw new CommandError('file-exists', `${out} is there already: name another file`, { cause });
    await rm(out, { force: true });
    throw cause;
  }
}

function explain(room: RoomId): (cause: unknown) => never {
  return (cause) => {
    if (!(cause instanceof ProtocolError)) throw cause;
    const sentence =
      cause.code === 'unknown-room'
        ? `there is no room ${room} here`
        : `${room} is not whole here yet: try again when it has been joined and its state has come`;
    throw new CommandError(cause.code, sentence, { cause });
  };
}
