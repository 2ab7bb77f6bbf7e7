import type { Streams } from '../streams.js';

type Mode = (args: readonly string[], streams: Streams) => Promise<number>;

/** Commands other than a run of the checks; each is loaded only when it is asked for. */
export const modes: Readonly<Record<string, () => Promise<Mode>>> = {
  interop: async () => (await import('../interop/interop-command.js')).interopCommand,
  chaos: async () => (await import('../chaos/chaos-command.js')).chaosCommand,
  fuzz: async () => (await import('../fuzz/fuzz-command.js')).fuzzCommand,
  judge: async () => (await import('../bundles/judge-command.js')).judgeCommand,
};
