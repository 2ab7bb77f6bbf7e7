import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { openNetwork } from '../network/network-folder.js';
import type { NetworkFolder } from '../network/network-folder.js';
import { Target } from '../network/target.js';
import { Misuse } from '../misuse.js';

interface Spoken<Options extends NonNullable<ParseArgsConfig['options']>> {
  args: string[];
  options: Options;
  allowPositionals: true;
}

/** Reads the arguments of one command. @throws Misuse */
export function parseOptions<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
): ReturnType<typeof parseArgs<Spoken<Options>>> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (cause) {
    throw new Misuse(cause instanceof Error ? cause.message : String(cause));
  }
}

/** @param text such as 127.0.0.1:8443 @throws Misuse */
export function placeOf(text: string): { address: string; port: number } {
  const [, address, port] = /^(.+):(\d+)$/.exec(text) ?? [];
  if (address === undefined) throw new Misuse(`${text} is not host:port`);
  return { address, port: Number(port) };
}

/** A whole number of an option. @throws Misuse */
export function countOf(text: string, name: string, { least = 1, most = 1_000_000_000 } = {}): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < least || count > most)
    throw new Misuse(`${name} is a whole number from ${least} to ${most}, not ${text}`);
  return count;
}

/** The seed that was given, or another one every time. @throws Misuse */
export function seedOf(text: string | undefined): number {
  return text === undefined ? Date.now() % 1_000_000_000 : countOf(text, '--seed', { least: 0 });
}

/** By how much deadlines are stretched. @throws Misuse */
export function factorOf(text: string): number {
  const factor = Number(text);
  if (!(factor > 0 && factor <= 100)) throw new Misuse(`--time-scale is a number up to 100, not ${text}`);
  return factor;
}

/** The network that a mode cannot do without. @throws Misuse */
export async function networkOf(folder: string | undefined): Promise<NetworkFolder> {
  if (folder === undefined) throw new Misuse('it needs a network in which providers find the suite (--network)');
  return await openNetwork(folder);
}

export interface TargetWords {
  readonly url: string;
  readonly at?: string | undefined;
  readonly ca?: string | undefined;
}

/** A target that was met. @throws Misuse · Unreachable */
export async function meetTarget({ url, at, ca }: TargetWords, network?: NetworkFolder): Promise<Target> {
  const trusted = ca === undefined ? network?.authority.cert : await readFile(ca, 'utf8');
  const target = new Target({
    url,
    ...(at === undefined ? {} : { address: placeOf(at) }),
    ...(trusted === undefined ? {} : { ca: trusted }),
  });
  await target.meet();
  return target;
}
