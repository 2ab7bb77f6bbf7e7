import { PassThrough } from 'node:stream';
import { commands } from '../../src/cli/commands.js';
import { runCommand } from '../../src/cli/run-command.js';

/** Runs a command in this process, beside the servers of a test. @returns its exit code */
export async function runInProcess(args: readonly string[]): Promise<number> {
  return (await captureInProcess(args)).code;
}

/** The same, with what it prints. */
export async function captureInProcess(args: readonly string[]): Promise<{ code: number; stdout: string }> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough().resume()];
  const printed: Buffer[] = [];
  stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  stdin.end();
  const code = await runCommand(args, commands, {
    env: {},
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    now: () => Date.now(),
    startServer: () => Promise.reject(new Error('no server is wanted here')),
  });
  return { code, stdout: Buffer.concat(printed).toString() };
}
