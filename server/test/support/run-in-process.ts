import { PassThrough } from 'node:stream';
import { commands } from '../../src/cli/commands.js';
import { runCommand } from '../../src/cli/run-command.js';

/** Runs a command in this process, beside the servers of a test. @returns its exit code */
export async function runInProcess(args: readonly string[]): Promise<number> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough().resume(), new PassThrough().resume()];
  stdin.end();
  return await runCommand(args, commands, {
    env: {},
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    now: () => Date.now(),
    startServer: () => Promise.reject(new Error('no server is wanted here')),
  });
}
