import { commands } from './cli/commands.js';
import { runCommand } from './cli/run-command.js';
import { limitHeap } from './limit-heap.js';

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
    const endLoading = limitHeap();
    const { startServer } = await import('./start-server.js');
    endLoading();
    return await startServer(options);
  },
});
