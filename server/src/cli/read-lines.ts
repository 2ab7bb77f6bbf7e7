import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ARCHIVE_LINE_BYTES_MAX } from '../protocol/archive-lines.js';
import { CommandError } from './command.js';

/** A line of a file, and how much of the file is read with it. */
export interface FileLine {
  readonly bytes: Buffer;
  /** 0 to 1 */
  readonly share: number;
}

const CHUNK_BYTES = 256 * 1024;
const LINE_FEED = 10;

/**
 * Reads a file line by line, with little of it in memory. What follows the last line feed is no line.
 *
 * @throws CommandError `unreadable`
 */
export async function* readLines(file: string): AsyncGenerator<FileLine> {
  const unreadable = (cause: unknown): CommandError =>
    new CommandError('unreadable', `${file} cannot be read: ${(cause as Error).message}`, { exitCode: 3, cause });
  const { size } = await stat(file).catch((cause: unknown) => Promise.reject(unreadable(cause)));
  let rest: Buffer = Buffer.alloc(0);
  let read = 0;
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
      read += chunk.length;
      const share = Math.min(1, read / size);
      let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED)) {
        yield { bytes: bytes.subarray(0, end), share };
        bytes = bytes.subarray(end + 1);
      }
      rest = bytes;
      // Too long for any line: whoever takes it says so.
      if (rest.length > ARCHIVE_LINE_BYTES_MAX) yield { bytes: rest, share };
    }
  } catch (cause) {
    throw unreadable(cause);
  }
}
