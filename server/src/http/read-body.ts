import type { IncomingMessage } from 'node:http';
import { ProtocolError } from '../protocol/protocol-error.js';

/**
 * Reads a request's body, never more than allowed: what is too large is refused by its declared length, or at the
 * chunk that goes over. The time it may take is the listener's business.
 *
 * @throws ProtocolError `too-large` · `bad-http` (the sender went away)
 * @see PV-HTTP-007
 */
export function readBody(incoming: IncomingMessage, bytesMax: number): Promise<Buffer> {
  if (Number(incoming.headers['content-length'] ?? 0) > bytesMax) return Promise.reject(tooLarge(bytesMax));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (end: () => void): void => {
      incoming.off('data', onChunk).off('end', onEnd).off('close', onGone).off('error', onGone);
      end();
    };
    const onChunk = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes <= bytesMax) {
        chunks.push(chunk);
        return;
      }
      incoming.pause();
      settle(() => reject(tooLarge(bytesMax)));
    };
    const onEnd = (): void => {
      const [only] = chunks;
      settle(() => resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, bytes)));
    };
    const onGone = (): void => settle(() => reject(new ProtocolError('bad-http', { detail: 'the body ended early' })));
    incoming.on('data', onChunk).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}

/**
 * Requires a JSON body in no encoding but its own.
 *
 * @throws ProtocolError `unsupported-media-type`
 * @see PV-HTTP-011
 */
export function requireJson({ headers }: IncomingMessage): void {
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (type !== 'application/json' || encoding !== 'identity') throw new ProtocolError('unsupported-media-type');
}

function tooLarge(bytesMax: number): ProtocolError {
  return new ProtocolError('too-large', { detail: `at most ${bytesMax} bytes` });
}
