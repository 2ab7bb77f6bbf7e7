import {
  RequestKey,
  StreamRead,
  StreamSend,
  StreamTyping,
  clientSendBytesMax,
  errorCodes,
  type ErrorCode,
} from '@payvand/spec';
import { Compile } from 'typebox/compile';
import type { Log } from '../../log.js';
import { isJsonObject, type JsonObject } from '../../protocol/json-shape.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { asProtocolError } from '../../services/as-protocol-error.js';
import { parseStrictJson } from '../../protocol/strict-json.js';
import type { Actor, RoomServices } from '../../services/room-services.js';
import { requireOwnContent, roomOf } from './client-call.js';

/** An op holds content, which may be eight levels deep itself. */
export const OP_DEPTH_MAX = 9;
/** Ops of one stream under way at once; beyond that nothing more is read from it. */
const UNDER_WAY_MAX = 64;

const shapes = {
  send: Compile(StreamSend),
  read: Compile(StreamRead),
  typing: Compile(StreamTyping),
  key: Compile(RequestKey),
};

export interface StreamOpsOptions {
  readonly rooms: RoomServices;
  readonly who: Actor;
  readonly log: Log;
  readonly send: (frame: object) => void;
  /** an op has ended, so there may be room for more */
  readonly done: () => void;
}

/** Carries out what a client asks for on its stream, through the services the endpoints use. */
export class StreamOps {
  readonly #options: StreamOpsOptions;
  #underWay = 0;

  constructor(options: StreamOpsOptions) {
    this.#options = options;
  }

  isBusy(): boolean {
    return this.#underWay >= UNDER_WAY_MAX;
  }

  /**
   * Takes one message.
   *
   * @throws ProtocolError `bad-json` · `bad-request` (no op at all): the stream cannot go on
   * @see PV-STR-013 to PV-STR-016
   */
  take(bytes: Buffer): void {
    const op = parseOp(bytes);
    if (op['op'] === 'send') this.#send(op);
    else if (op['op'] === 'ping') this.#options.send({ t: 'pong' });
    else if (shapes.read.Check(op)) this.#read(op);
    else if (shapes.typing.Check(op)) this.#typing(op);
    else this.#refuse(op['op'] === 'read' || op['op'] === 'typing' ? 'bad-request' : 'not-supported');
  }

  #send(op: JsonObject): void {
    const { rooms, who, send } = this.#options;
    if (shapes.send.Check(op)) {
      const { key, room, type, content, rel, silent, ttl } = op;
      const event = {
        type,
        content,
        ...(rel && { rel }),
        ...(silent !== undefined && { silent }),
        ...(ttl && { ttl }),
      };
      this.#run(
        async () => {
          requireOwnContent(type, content);
          const answer = await rooms.sendEvent(who, { ...event, room: roomOf(room), requestKey: key });
          send({ t: 'sent', key, ...answer });
        },
        (code, retryAfterS) => send({ t: 'sent', key, ...failure(code, retryAfterS) }),
      );
    } else if (shapes.key.Check(op['key'])) {
      send({ t: 'sent', key: op['key'], status: 'refused', code: 'bad-request' });
    } else this.#refuse('bad-request');
  }

  #read({ room, seq }: StreamRead): void {
    const { rooms, who } = this.#options;
    this.#run(
      async () => rooms.markRead(who, roomOf(room), seq),
      (code) => this.#refuse(code),
    );
  }

  #typing({ room }: StreamTyping): void {
    const { rooms, who } = this.#options;
    this.#run(
      async () => rooms.setTyping(who, roomOf(room)),
      (code) => this.#refuse(code),
    );
  }

  #refuse(code: ErrorCode): void {
    this.#options.send({ t: 'error', code });
  }

  #run(work: () => Promise<void>, fail: (code: ErrorCode, retryAfterS?: number) => void): void {
    this.#underWay += 1;
    work()
      .catch((error: unknown) => {
        const known = asProtocolError(error);
        if (known === undefined) this.#options.log.error('stream-op-failed', { error });
        fail(known?.code ?? 'internal', known?.members.retryAfterS);
      })
      .finally(() => {
        this.#underWay -= 1;
        this.#options.done();
      });
  }
}

/** @throws ProtocolError `bad-json` · `bad-request` (no op) */
export function parseOp(bytes: Buffer): JsonObject {
  const parsed = parseStrictJson(bytes, { bytesMax: clientSendBytesMax, depthMax: OP_DEPTH_MAX });
  if (!parsed.ok) throw new ProtocolError('bad-json', { detail: parsed.code });
  if (!isJsonObject(parsed.value) || typeof parsed.value['op'] !== 'string') throw new ProtocolError('bad-request');
  return parsed.value;
}

function failure(code: ErrorCode, retryAfterS?: number): object {
  if (errorCodes[code].retryable) return { status: 'retry', code, after: retryAfterS ?? 1 };
  return { status: 'refused', code, ...(retryAfterS !== undefined && { after: retryAfterS }) };
}
