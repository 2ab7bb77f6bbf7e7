import { open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** What a server has promised a client, as the client has written it down. */
export interface Acknowledgement {
  readonly client: string;
  readonly key: string;
  readonly room: string;
  readonly id: string;
  readonly status: 'ordered' | 'pending';
  /** of those that are ordered */
  readonly seq?: number;
}

interface Entry {
  readonly line: string;
  readonly written: () => void;
  readonly failed: (cause: unknown) => void;
}

/**
 * The file in which clients keep every acknowledgement. One counts only when it is on disk; those that come while the
 * disk is busy share the next write.
 */
export class Journal {
  readonly #file: FileHandle;
  readonly #path: string;
  #waiting: Entry[] = [];
  #writing: Promise<void> | undefined;

  private constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  static async open(path: string): Promise<Journal> {
    return new Journal(await open(path, 'a'), path);
  }

  /** Resolves when the acknowledgement is on disk. */
  async add(acknowledgement: Acknowledgement): Promise<void> {
    await new Promise<void>((written, failed) => {
      this.#waiting.push({ line: `${JSON.stringify(acknowledgement)}\n`, written, failed });
      this.#writing ??= this.#writeAll();
    });
  }

  /** Everything that is in the file. */
  async read(): Promise<Acknowledgement[]> {
    const lines = (await readFile(this.#path, 'utf8')).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Acknowledgement);
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const entries = this.#waiting;
      this.#waiting = [];
      try {
        await this.#file.appendFile(entries.map(({ line }) => line).join(''));
        await this.#file.datasync();
        for (const { written } of entries) written();
      } catch (cause) {
        for (const { failed } of entries) failed(cause);
      }
    }
    this.#writing = undefined;
  }
}
