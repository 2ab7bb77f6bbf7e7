import type { Command } from './command.js';

/** A row of the command table; the code of a command is loaded when it is asked for. */
export interface CommandEntry {
  /** one or two words */
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** Every command there is, in the order of the help. */
export const commands: readonly CommandEntry[] = [
  { name: 'serve', summary: 'run a provider', load: async () => (await import('./serve.js')).serve },
];
