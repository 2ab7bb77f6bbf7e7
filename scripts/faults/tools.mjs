/** Runs the gate's own commands over a copy of the repository and reads their reports as `{file, rule}`. */
import { spawn } from 'node:child_process';
import { stepsFor, toolEnv } from '../steps.mjs';

/** tool → (the copy, the planted files) → what it reported, and its exit code */
export const tools = {
  prettier: async (copy, files) => {
    const { status, stderr } = await run(copy, onFiles(stepsFor(copy).format[0], files));
    const found = [...stderr.matchAll(/^\[warn\] (\S+)$/gm)].map(([, file]) => ({ file, rule: 'format' }));
    return { status, found };
  },
  tsc: async (copy) => {
    const { status, stdout } = await run(copy, stepsFor(copy).types[0]);
    const found = [...stdout.matchAll(/^(\S+?)\(\d+,\d+\): error (TS\d+)/gm)].map(([, file, rule]) => ({ file, rule }));
    return { status, found };
  },
  eslint: async (copy, files) => {
    const { status, stdout } = await run(copy, [...onFiles(stepsFor(copy).lint[0], files), '--format', 'json']);
    const found = JSON.parse(stdout).flatMap(({ filePath, messages }) =>
      messages.map(({ ruleId, message }) => ({ file: filePath.slice(copy.length + 1), rule: ruleId ?? message })),
    );
    return { status, found };
  },
  depcruise: async (copy) => {
    const { status, stdout } = await run(copy, [...stepsFor(copy).boundaries[0], '--output-type', 'json']);
    const { violations } = JSON.parse(stdout).summary;
    return {
      status: violations.length || status,
      found: violations.map(({ from, rule }) => ({ file: from, rule: rule.name })),
    };
  },
  knip: async (copy) => {
    const { status, stdout } = await run(copy, [...stepsFor(copy).unused[0], '--reporter', 'json']);
    const kinds = ({ file, ...issues }) =>
      Object.keys(issues)
        .filter((kind) => Array.isArray(issues[kind]) && issues[kind].length > 0)
        .map((rule) => ({ file, rule }));
    return { status, found: JSON.parse(stdout).issues.flatMap(kinds) };
  },
  spec: async (copy) => readLines(await run(copy, [...stepsFor(copy).spec[0], '--root', copy])),
  schemas: async (copy) => readLines(await run(copy, [...stepsFor(copy).spec[1], '--root', copy])),
  tap: async (copy, files) => {
    const { status, stdout } = await run(copy, [...stepsFor(copy).tests.at(-1), ...files]);
    const lines = [...stdout.matchAll(/^(not ok|ok) \d+ - (\S+\.test\.mjs) # (SKIP)?/gm)];
    return { status, found: lines.map(([, word, file, skip]) => ({ file, rule: skip ? 'empty' : word })) };
  },
};

const running = new Set();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

const onFiles = (command, files) => [...command.filter((word) => word !== '.'), ...files];

function readLines({ status, stdout }) {
  const found = [...stdout.matchAll(/^(\S+?)(?::\d+)? {2}([\w-]+): /gm)].map(([, file, rule]) => ({ file, rule }));
  return { status, found };
}

function run(copy, [command, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: copy, env: toolEnv, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'])
      child[name].setEncoding('utf8').on('data', (text) => (output[name] += text));
    child.once('error', reject);
    child.once('close', (status) => {
      running.delete(child);
      resolve({ status, ...output });
    });
  });
}
