import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Log } from '../log.js';

export interface CertificatePaths {
  readonly cert: string;
  readonly key: string;
}

/** PEM text of both. */
export interface CertificatePair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface CertificateFilesOptions {
  paths: CertificatePaths;
  log: Log;
  pollMs?: number | undefined;
}

const POLL_MS = 10_000;

/**
 * Reads a certificate from files and again whenever they change. Looks rather than listens: renewals replace files and
 * the links to them, which file events miss.
 */
export class CertificateFiles {
  readonly #options: CertificateFilesOptions;
  #version = '';
  #timer: NodeJS.Timeout | undefined;
  #look: Promise<void> = Promise.resolve();

  constructor(options: CertificateFilesOptions) {
    this.#options = options;
  }

  /**
   * Reads the pair and begins to look.
   *
   * @param onChange gets every later pair that fits together
   * @throws Error of node:fs or node:tls: the files cannot be read, or do not fit together
   */
  async start(onChange: (pair: CertificatePair) => void): Promise<CertificatePair> {
    const { paths, pollMs = POLL_MS } = this.#options;
    this.#version = await versionOf(paths);
    const pair = await readPair(paths);
    this.#timer = setInterval(() => {
      // One look at a time; half-written files give an error now and a new version at the next look.
      this.#look = this.#look.then(() => this.#readIfChanged(onChange));
    }, pollMs);
    this.#timer.unref();
    return pair;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#look;
  }

  async #readIfChanged(onChange: (pair: CertificatePair) => void): Promise<void> {
    const { paths, log } = this.#options;
    try {
      const version = await versionOf(paths);
      if (version === this.#version) return;
      onChange(await readPair(paths));
      this.#version = version;
      log.info('certificate-reloaded', { file: paths.cert });
    } catch (cause) {
      log.error('certificate-not-reloaded', { file: paths.cert, cause: String(cause) });
    }
  }
}

async function versionOf({ cert, key }: CertificatePaths): Promise<string> {
  const stats = await Promise.all([stat(cert, { bigint: true }), stat(key, { bigint: true })]);
  return stats.map(({ ino, size, mtimeNs }) => `${ino}/${size}/${mtimeNs}`).join(' ');
}

async function readPair(paths: CertificatePaths): Promise<CertificatePair> {
  const [cert, key] = await Promise.all([readFile(paths.cert), readFile(paths.key)]);
  createSecureContext({ cert, key });
  return { cert, key };
}
