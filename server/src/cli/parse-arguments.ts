import { parseArgs } from 'node:util';
import { flagName } from '../config.js';
import { CommandError } from './command.js';
import type { Command } from './command.js';

/** Words and flags of a command line, sorted out. */
export interface ParsedArguments {
  readonly args: readonly string[];
  readonly flags: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * Sorts out what follows a command's name.
 *
 * @throws CommandError `usage`: an unknown flag, a value missing or too much, too few or too many words
 */
export function parseArguments(argv: readonly string[], name: string, command: Command): ParsedArguments {
  const flags = command.flags ?? {};
  const known = new Map([
    ...command.settings.map(
      (setting) => [flagName(setting).slice(2), { name: setting, takesValue: true, repeats: false }] as const,
    ),
    ...Object.entries(flags).map(
      ([flag, { value, repeats = false }]) =>
        [flagName(flag).slice(2), { name: flag, takesValue: value !== undefined, repeats }] as const,
    ),
  ]);
  const options = Object.fromEntries(
    [...known].map(([flag, { takesValue }]) => [
      flag,
      { type: takesValue ? ('string' as const) : ('boolean' as const) },
    ]),
  );
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<string, string>();
  const args: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') args.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = known.get(token.name);
    if (flag === undefined) throw usageError(name, `there is no flag ${token.rawName}`);
    if (given.has(flag.name) && !flag.repeats) throw usageError(name, `${token.rawName} is given twice`);
    if (flag.takesValue && token.value === undefined) throw usageError(name, `${token.rawName} needs a value`);
    if (!flag.takesValue && token.value !== undefined) throw usageError(name, `${token.rawName} takes no value`);
    const before = given.get(flag.name);
    const value = token.value ?? '';
    given.set(flag.name, before === undefined ? value : `${before},${value}`);
  }
  checkWords(args, name, command);
  const isOwn = ([flag]: [string, string]): boolean => Object.hasOwn(flags, flag);
  return {
    args,
    flags: Object.fromEntries([...given].filter(isOwn)),
    settings: Object.fromEntries([...given].filter((pair) => !isOwn(pair))),
  };
}

/** Somebody asked wrongly: says what is wrong and where to read more. */
export function usageError(name: string, message: string): CommandError {
  return new CommandError('usage', `${message}; see payvand ${name} --help`, { exitCode: 2 });
}

function checkWords(args: readonly string[], name: string, { words = [0, 0], usage = '' }: Command): void {
  const [least, most] = words;
  if (args.length < least) throw usageError(name, `payvand ${name} needs ${usage}`);
  const extra = args[most];
  if (extra !== undefined) throw usageError(name, `"${extra}" is one word too many`);
}
