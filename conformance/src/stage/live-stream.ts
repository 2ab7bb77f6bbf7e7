import { isMembers } from '../formats/strict-json.js';
import type { Members } from '../formats/strict-json.js';
import { hasShape } from '../formats/shapes.js';
import type { Target } from '../network/target.js';
import { WebSocketLine } from '../network/web-socket.js';
import { must } from '../run/verdict.js';
import { until } from '../run/wait.js';
import type { ClientPerson } from './client-users.js';

const MESSAGE_BYTES_MAX = 1_048_576;

/** The live stream of a session, every frame of which is of the published shape. */
export class LiveStream {
  readonly line: WebSocketLine;

  private constructor(line: WebSocketLine) {
    this.line = line;
  }

  static async connect(target: Target, person: ClientPerson): Promise<LiveStream> {
    return new LiveStream(await WebSocketLine.open(target.place, '/client/v1/stream', person.source));
  }

  /** Connects, opens and waits until everything was sent. */
  static async open(target: Target, person: ClientPerson, cursor: Members | null = null): Promise<LiveStream> {
    const stream = await LiveStream.connect(target, person);
    stream.op({ op: 'open', token: person.token, cursor });
    await stream.find(({ t }) => t === 'synced', 'synced');
    return stream;
  }

  op(members: Members): void {
    this.line.send(JSON.stringify(members));
  }

  /** What has come so far. @throws Deviates when it has no shape, or a message is too long */
  get frames(): Members[] {
    return this.line.messages.flatMap((text) => {
      must(
        Buffer.byteLength(text) <= MESSAGE_BYTES_MAX,
        `a message of at most ${MESSAGE_BYTES_MAX} bytes`,
        text.length,
      );
      const value: unknown = JSON.parse(text);
      const frames = (Array.isArray(value) ? value : [value]).filter(isMembers);
      for (const frame of frames) must(hasShape('stream-frame', frame), 'a frame of the published shape', frame);
      return frames;
    });
  }

  async find(fits: (frame: Members) => boolean, what: string, since = 0): Promise<Members> {
    return await until(() => this.frames.slice(since).find(fits), what);
  }

  /** Everything before it has been sent. */
  async fence(): Promise<void> {
    const since = this.frames.length;
    this.op({ op: 'ping' });
    await this.find(({ t }) => t === 'pong', 'pong', since);
  }

  async ended(): Promise<number> {
    return await until(
      () => (this.line.closed === undefined ? undefined : this.line.closed + 1),
      'the end of the stream',
    ).then((code) => code - 1);
  }

  close(): void {
    this.line.close();
  }
}
