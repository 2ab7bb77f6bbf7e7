import { watchFile, unwatchFile } from 'node:fs';
import type { Domain } from './protocol/identifiers.js';
import { buildProviderDocument } from './protocol/provider-document.js';
import type { SigningKey } from './protocol/key-thumbprint.js';
import type { Log } from './log.js';
import { activeKey, keyFilePath, openKeyFile, rootKey, rotateKeys, statementOf, writeKeyFile } from './own-keys.js';
import type { KeyFile, OwnKeys } from './own-keys.js';

export interface IdentityOptions {
  readonly dataDir: string;
  readonly domain: Domain;
  /** host name that answers for the provider */
  readonly endpoint: string;
  readonly clock: { now(): number };
  readonly log: Log;
}

const DOCUMENT_LIFE_MS = 7 * 86_400_000;
const SIGN_AGAIN_MS = 86_400_000;
const WATCH_MS = 1000;

/**
 * Who this provider is to others: its keys, and the document that says so. Signs the document anew every day, and takes up
 * keys that are rotated in the key file while the server runs.
 *
 * @see PV-DOC-001, PV-KEY-011
 */
export class OwnIdentity {
  readonly #options: IdentityOptions;
  #file: KeyFile | undefined;
  #keys: OwnKeys | undefined;
  #request: SigningKey | undefined;
  #document = '';
  #timer: NodeJS.Timeout | undefined;
  /** one change of the key file at a time */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: IdentityOptions) {
    this.#options = options;
  }

  /** @throws KeyFileError */
  async start(): Promise<void> {
    await this.#load();
    await this.#sign();
    const failed = (cause: unknown): void => this.#options.log.error('keys-not-reloaded', { cause });
    this.#timer = setInterval(() => void this.#inTurn(() => this.#signAgain()).catch(failed), SIGN_AGAIN_MS);
    this.#timer.unref();
    watchFile(keyFilePath(this.#options.dataDir), { interval: WATCH_MS, persistent: false }, () => {
      void this.#inTurn(() => this.#reload()).catch(failed);
    });
  }

  stop(): void {
    clearInterval(this.#timer);
    unwatchFile(keyFilePath(this.#options.dataDir));
  }

  get current(): OwnKeys {
    if (this.#keys === undefined) throw new Error('the keys are not loaded yet');
    return this.#keys;
  }

  get request(): SigningKey {
    if (this.#request === undefined) throw new Error('the keys are not loaded yet');
    return this.#request;
  }

  /** the provider document, a JWS */
  get document(): string {
    return this.#document;
  }

  /**
   * Makes new keys, as `payvand keys rotate` does, and announces them at once.
   *
   * @returns the version of the new key statement
   * @throws KeyFileError
   */
  async rotate(): Promise<number> {
    return await this.#inTurn(async () => {
      const { dataDir, domain, clock } = this.#options;
      const now = clock.now();
      const file = await openKeyFile(dataDir, { provider: domain, now });
      await writeKeyFile(dataDir, rotateKeys(file, { now, revoke: false }));
      await this.#reload();
      return this.current.statement.version;
    });
  }

  #inTurn<Done>(work: () => Promise<Done>): Promise<Done> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #load(): Promise<void> {
    const { dataDir, domain, clock } = this.#options;
    const file = await openKeyFile(dataDir, { provider: domain, now: clock.now() });
    const parsed = statementOf(file);
    const { hash, version, jws } = parsed;
    this.#keys = {
      event: activeKey(file, 'event'),
      seal: activeKey(file, 'seal'),
      statement: { hash, version, jws, parsed },
    };
    this.#request = activeKey(file, 'request');
    this.#file = file;
  }

  async #reload(): Promise<void> {
    const before = this.#keys?.statement.hash;
    await this.#load();
    if (this.#keys?.statement.hash === before) return;
    await this.#sign();
    this.#options.log.info('keys-rotated', { version: this.#keys?.statement.version });
  }

  /** What was rotated a moment ago must not be written over. */
  async #signAgain(): Promise<void> {
    await this.#load();
    await this.#sign();
  }

  /** A document is never signed twice under one version. */
  async #sign(): Promise<void> {
    const { dataDir, domain, endpoint, clock } = this.#options;
    if (this.#file === undefined) return;
    const version = this.#file.documentVersion + 1;
    this.#file = { ...this.#file, documentVersion: version };
    await writeKeyFile(dataDir, this.#file);
    const issued = clock.now();
    this.#document = buildProviderDocument(
      {
        ...{ provider: domain, version, issued, expires: issued + DOCUMENT_LIFE_MS, endpoint: `https://${endpoint}` },
        ...{ statement: this.#file.statement, versions: ['0.1'], profiles: ['core', 'groups'] },
        ...{ limits: {}, contacts: {}, status: 'ok' },
      },
      rootKey(this.#file),
    );
  }
}
