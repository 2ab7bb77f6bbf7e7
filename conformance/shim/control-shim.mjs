#!/usr/bin/env node
// Serves the test controls (spec/prose/17-control.md) beside a server in whatever language: each operation becomes a command or
// an HTTP request of the operator's own. One file, nothing to install: node control-shim.mjs controls.json
import { spawn } from 'node:child_process';
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const BASE = '/control/v1/';
const BODY_BYTES_MAX = 131_072;
const ANSWER_BYTES_MAX = 8_388_608;
const AT_ONCE_MAX = 64;
const WAIT_MS = 90_000;
const NAME = /^[a-z][a-z-]{0,31}$/;

class Problem extends Error {
  constructor(status, code) {
    super(code);
    Object.assign(this, { status, code });
  }
}

const config = JSON.parse(await readFile(process.argv[2] ?? 'controls.json', 'utf8'));
const secret = process.env.PAYVAND_CONTROL_SECRET ?? config.secret ?? '';
if (secret.length < 16)
  throw new Error('the secret (PAYVAND_CONTROL_SECRET, or "secret") needs at least 16 characters');
const [, host, port] = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):(\d+)$/.exec(config.listen ?? '') ?? [];
if (port === undefined) throw new Error('"listen" has to be a loopback address and a port: 127.0.0.1:9444');

const given = new Map(Object.entries(config.operations ?? {}));
const own = new Map([['describe', async () => ({ ...config.describe, operations: [...offered()].sort() })]]);
if (config.server !== undefined) own.set('restart', restart);
const expected = digest(`Bearer ${secret}`);
let underWay = 0;
let child;

if (config.server !== undefined) await start();
const listener = createServer((request, response) => {
  answer(request)
    .catch((cause) => (cause instanceof Problem ? cause : new Problem(500, 'internal')))
    .then((answered) => {
      const isProblem = answered instanceof Problem;
      const { status, code } = isProblem ? answered : { status: 200 };
      const body = isProblem ? { type: `urn:payvand:error:${code}`, title: code, status, code } : answered;
      const type = isProblem ? 'application/problem+json' : 'application/json';
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(JSON.stringify(body));
    });
});
listener.listen(Number(port), host.replace(/[[\]]/g, ''), () =>
  process.stdout.write(`{"listening":"${config.listen}"}\n`),
);
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, async () => {
    listener.close();
    listener.closeAllConnections();
    await end('stop');
    process.exit(0);
  });

/** PV-CTL-003 to PV-CTL-005: the secret, then the name, then the body, then whatever the operator has for it. */
async function answer(request) {
  if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) throw new Problem(401, 'bad-token');
  const name = request.url.startsWith(BASE) ? request.url.slice(BASE.length) : '';
  if (request.method !== 'POST' || !NAME.test(name) || !offered().has(name)) throw new Problem(501, 'unsupported');
  if (underWay >= AT_ONCE_MAX) throw new Problem(503, 'overloaded');
  underWay += 1;
  try {
    const body = parse(await readBody(request), new Problem(400, 'bad-json'));
    return await (own.get(name)?.(body) ?? perform(given.get(name), name, body));
  } finally {
    underWay -= 1;
  }
}

function offered() {
  return new Set([...own.keys(), ...given.keys()]);
}

async function perform(how, name, body) {
  if (how.answer !== undefined) return how.answer;
  if (how.command !== undefined) return await runCommand(how.command, name, body);
  const answered = await fetch(how.http, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json', ...how.headers }, redirect: 'error' },
    ...{ body: JSON.stringify(body), signal: AbortSignal.timeout(WAIT_MS) },
  });
  const said = parse(await answered.text(), new Problem(500, 'internal'));
  if (answered.ok) return said;
  throw new Problem(answered.status, String(said.code ?? 'internal'));
}

/** The operation is its last argument, the body its input; JSON its output. A problem is `{status, code}` and an exit code. */
async function runCommand([program, ...args], name, body) {
  const run = spawn(program, [...args, name], { stdio: ['pipe', 'pipe', 'inherit'], timeout: WAIT_MS });
  run.stdin.on('error', () => undefined).end(JSON.stringify(body));
  const ended = new Promise((resolve, reject) => run.on('close', resolve).on('error', reject));
  let text = '';
  for await (const chunk of run.stdout.setEncoding('utf8')) {
    text += chunk;
    if (text.length > ANSWER_BYTES_MAX) run.kill('SIGKILL');
  }
  const code = await ended;
  const said = parse(text === '' ? '{}' : text, new Problem(500, 'internal'));
  if (code === 0) return said;
  throw new Problem(Number(said.status ?? 500), String(said.code ?? 'internal'));
}

async function restart({ how }) {
  if (how !== 'stop' && how !== 'kill') throw new Problem(400, 'bad-request');
  await end(how);
  await start();
  return {};
}

/** Starts the server and waits until somebody listens at every place of `ready`. */
async function start() {
  const [program, ...args] = config.server.command;
  const env = { ...process.env, ...config.server.env };
  child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'], cwd: config.server.folder });
  child.on('error', (cause) => process.stderr.write(`${cause.message}\n`));
  const until = Date.now() + WAIT_MS;
  for (const place of config.server.ready)
    while (!(await isListening(place))) {
      if (Date.now() > until || child.exitCode !== null) throw new Error(`nobody listens at ${place}`);
      await pause(50);
    }
}

async function end(how) {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(how === 'kill' ? 'SIGKILL' : (config.server.signal ?? 'SIGTERM'));
  await ended;
}

async function isListening(place) {
  const [, address, number] = /^(.+):(\d+)$/.exec(place) ?? [];
  return await new Promise((resolve) => {
    const socket = connect(Number(number), address);
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

async function readBody(request) {
  const parts = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) throw new Problem(413, 'too-large');
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function parse(text, problem) {
  try {
    const value = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // It is said below.
  }
  throw problem;
}

function digest(text) {
  return createHash('sha256').update(text).digest();
}
