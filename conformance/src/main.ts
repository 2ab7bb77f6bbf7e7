import { runCommand } from './command-line.js';

process.exitCode = await runCommand(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  progress: (text) => void process.stderr.write(text),
});
