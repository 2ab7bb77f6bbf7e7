import { setFlagsFromString } from 'node:v8';
import { commands } from './cli/commands.js';
import { runCommand } from './cli/run-command.js';

// Whoever listened may have gone (`payvand serve | head`): no reason for a server to end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

/** The composition root: what commands need from the outside is handed in here. The server is loaded when one starts. */
process.exitCode = await runCommand(process.argv.slice(2), commands, {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  now: () => Date.now(),
  startServer: async (options) => {
    // A third above what is in use, not a multiple of it: V8 would let a busy server grow to several times its needs.
    setFlagsFromString('--heap-growing-percent=30');
    return (await import('./start-server.js')).startServer(options);
  },
});
