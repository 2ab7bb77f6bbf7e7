import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestNetwork } from './test-network.js';

const program = fileURLToPath(new URL('../../bin/payvand.js', import.meta.url));

/** Runs an operator's command beside a running provider of the network. @returns its standard output */
export async function runPayvand(network: TestNetwork, domain: string, args: readonly string[]): Promise<string> {
  // Without the hooks that a test runner puts into every node process.
  const { NODE_OPTIONS, ...env } = process.env;
  const place = ['--data-dir', network.provider(domain).dataDir];
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args, ...place], { env });
  return stdout;
}
