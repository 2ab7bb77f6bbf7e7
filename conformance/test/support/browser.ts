import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { findProgram } from './find-program.js';

type Members = Record<string, unknown>;

interface Message extends Members {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Members;
  readonly result?: Members;
}

/** A page that a real browser has loaded. */
export interface Loaded {
  /** the value of an expression in the page */
  evaluate(expression: string): Promise<unknown>;
  /** PNG of the page, so many pixels from its top */
  screenshot(height: number): Promise<Buffer>;
  /** what it asked the network for, but itself */
  readonly requests: readonly string[];
  /** errors and warnings on its console */
  readonly complaints: readonly string[];
}

export interface Browser {
  load(url: string, how?: { width?: number; scheme?: 'light' | 'dark' }): Promise<Loaded>;
  stop(): Promise<void>;
}

/** Chromium without a window, spoken to over a pipe; nothing where it is not installed. */
export async function startBrowser(): Promise<Browser | undefined> {
  const program = findProgram('chromium');
  if (program === undefined) return undefined;
  const home = await mkdtemp(join(tmpdir(), 'payvand-browser-'));
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
  const child = spawn(program, [...flags, '--remote-debugging-pipe', `--user-data-dir=${home}`], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const wire = speak(child.stdio[3] as Writable, child.stdio[4] as Readable);
  return {
    load: async (url, how) => await load(wire, url, how),
    async stop() {
      child.kill();
      await exited;
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface Wire {
  readonly ask: (method: string, params: Members, sessionId?: string) => Promise<Members>;
  readonly listeners: Set<(message: Message) => void>;
}

/** The DevTools protocol: JSON with a zero byte after each message. */
function speak(into: Writable, from: Readable): Wire {
  const waiting = new Map<number, (message: Message) => void>();
  const listeners = new Set<(message: Message) => void>();
  let last = 0;
  let rest = '';
  from.setEncoding('utf8');
  from.on('data', (text: string) => {
    const messages = (rest + text).split('\0');
    rest = messages.pop() ?? '';
    for (const message of messages.map((one) => JSON.parse(one) as Message))
      if (message.id === undefined) for (const listener of listeners) listener(message);
      else waiting.get(message.id)?.(message);
  });
  return {
    listeners,
    async ask(method, params, sessionId) {
      const id = (last += 1);
      const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
      into.write(`${JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) })}\0`);
      const { result, error } = await answer;
      waiting.delete(id);
      if (result === undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
      return result;
    },
  };
}

async function load(
  { ask, listeners }: Wire,
  url: string,
  { width = 1100, scheme = 'light' }: { width?: number; scheme?: string } = {},
): Promise<Loaded> {
  const { targetId } = await ask('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await ask('Target.attachToTarget', { targetId, flatten: true });
  const page = async (method: string, params: Members = {}): Promise<Members> =>
    await ask(method, params, String(sessionId));
  const requests: string[] = [];
  const complaints: string[] = [];
  const loaded = new Promise<void>((resolve) => {
    listeners.add(({ method, params, sessionId: of }) => {
      if (of !== sessionId) return;
      const { url: asked } = (params?.['request'] ?? {}) as Members;
      if (method === 'Network.requestWillBeSent' && asked !== url) requests.push(String(asked));
      if (method === 'Runtime.consoleAPICalled' || method === 'Runtime.exceptionThrown' || method === 'Log.entryAdded')
        complaints.push(JSON.stringify(params));
      if (method === 'Page.loadEventFired') resolve();
    });
  });
  for (const domain of ['Network', 'Runtime', 'Log', 'Page']) await page(`${domain}.enable`);
  await page('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: false });
  await page('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
  await page('Page.navigate', { url });
  await loaded;
  return {
    ...{ requests, complaints },
    async evaluate(expression) {
      const { result } = await page('Runtime.evaluate', { expression, returnByValue: true });
      return (result as Members)['value'];
    },
    async screenshot(height) {
      const clip = { x: 0, y: 0, width, height, scale: 1 };
      const { data } = await page('Page.captureScreenshot', { clip, captureBeyondViewport: true });
      return Buffer.from(String(data), 'base64');
    },
  };
}
