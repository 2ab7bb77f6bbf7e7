import { loadConfig } from '../config.js';
import { CommandError } from './command.js';
import type { Command, World } from './command.js';
import type { CommandEntry } from './commands.js';
import { describeFailure } from './describe-failure.js';
import { commandHelp, overview } from './help.js';
import { createOutput } from './output.js';
import type { Output } from './output.js';
import { parseArguments } from './parse-arguments.js';

/**
 * Runs the command a command line asks for.
 *
 * @param argv what follows the program's name
 * @returns the exit code: 0 done, 1 could not, 2 asked wrongly
 */
export async function runCommand(
  argv: readonly string[],
  entries: readonly CommandEntry[],
  world: World,
): Promise<number> {
  const words = argv.filter((word) => word !== '--json' && word !== '--help' && word !== '-h');
  const output = createOutput({ stdout: world.stdout, stderr: world.stderr, json: argv.includes('--json') });
  const wantsHelp = argv.includes('--help') || argv.includes('-h') || words[0] === 'help';
  try {
    const asked = words[0] === 'help' ? words.slice(1) : words;
    if (wantsHelp && asked.length === 0) return showHelp(output, overview(entries));
    const entry = findEntry(entries, asked);
    if (entry === undefined) throw unknownCommand(entries, asked);
    const command = await entry.load();
    if (wantsHelp) return showHelp(output, commandHelp(entry, command));
    await run(entry.name, command, { words, output, world });
    return 0;
  } catch (cause) {
    const failure = describeFailure(cause);
    output.fail(failure);
    return failure.exitCode;
  }
}

interface Run {
  readonly words: readonly string[];
  readonly output: Output;
  readonly world: World;
}

async function run(name: string, command: Command, { words, output, world }: Run): Promise<void> {
  const { args, flags, settings } = parseArguments(words.slice(name.split(' ').length), name, command);
  await command.run({ args, flags, config: loadConfig(world.env, settings), output, world });
}

function findEntry(entries: readonly CommandEntry[], words: readonly string[]): CommandEntry | undefined {
  return entries.find(({ name }) => name.split(' ').every((word, index) => words[index] === word));
}

function unknownCommand(entries: readonly CommandEntry[], words: readonly string[]): CommandError {
  const [first] = words;
  const group = entries.filter(({ name }) => name.startsWith(`${first ?? ''} `)).map(({ name }) => `payvand ${name}`);
  if (group.length > 0) return new CommandError('usage', `say which: ${group.join(', ')}`, { exitCode: 2 });
  const said = first === undefined ? 'no command given' : `there is no command ${first}`;
  return new CommandError('usage', `${said}; see payvand help`, { exitCode: 2 });
}

function showHelp(output: Output, help: string): number {
  output.print(help);
  output.result({ help });
  return 0;
}
