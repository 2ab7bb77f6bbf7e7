import type { Config, settings } from '../config.js';
import type { RunningServer, ServerOptions } from '../start-server.js';
import type { Output } from './output.js';

export type SettingName = keyof typeof settings;

/** A switch of one command; `value` names what follows it, without one it is on or off. */
export interface Flag {
  readonly value?: string;
  /** it may be given several times; the values come with a comma between */
  readonly repeats?: true;
  readonly sentence: string;
}

/** What a command gets to work with. */
export interface CommandContext {
  /** the words that are no flags, after the command's name */
  readonly args: readonly string[];
  /** the command's own flags that were given, by camel-case name; `''` for a switch */
  readonly flags: Readonly<Record<string, string>>;
  /** settings from flags, variables and defaults */
  readonly config: Config;
  readonly output: Output;
  readonly world: World;
}

/** What `main.ts` hands in. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly now: () => number;
  readonly startServer: (options: ServerOptions) => Promise<RunningServer>;
}

/** One command; its file is named after it. */
export interface Command {
  /** what follows the name: `<folder>`, `[name]`; nothing may follow when absent */
  readonly usage?: string;
  /** how many words may follow, least and most */
  readonly words?: readonly [least: number, most: number];
  /** more to say in its help */
  readonly details?: string;
  /** settings of `config.ts` it takes as flags */
  readonly settings: readonly SettingName[];
  readonly flags?: Readonly<Record<string, Flag>>;
  /** @throws CommandError and every other error that has a `code`: printed, exit 1 */
  readonly run: (context: CommandContext) => Promise<void>;
}

/** Why a command did not do what it was asked to: a stable code, and a sentence that says what to do. */
export class CommandError extends Error {
  readonly code: string;
  /** 1: could not; 2: was asked wrongly; 3: could not read what it was to judge */
  readonly exitCode: 1 | 2 | 3;

  constructor(code: string, message: string, { exitCode = 1, cause }: { exitCode?: 1 | 2 | 3; cause?: unknown } = {}) {
    super(message, { cause });
    this.name = 'CommandError';
    this.code = code;
    this.exitCode = exitCode;
  }
}
