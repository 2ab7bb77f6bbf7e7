import type { Socket } from 'node:net';

export interface SocketLimitsOptions {
  connectionsMax: number;
  /** when not empty, only these may connect, and each as often as it likes */
  proxyFrom: readonly string[];
}

const PER_ADDRESS_MIN = 64;

/** Lets no single address take all connections, and nobody past the proxy if there is one. */
export class SocketLimits {
  readonly #proxyFrom: ReadonlySet<string>;
  readonly #perAddressMax: number;
  readonly #open = new Map<string, number>();

  constructor({ connectionsMax, proxyFrom }: SocketLimitsOptions) {
    this.#proxyFrom = new Set(proxyFrom);
    this.#perAddressMax = Math.max(PER_ADDRESS_MIN, connectionsMax >> 3);
  }

  /** @returns false when the socket must go */
  admit(socket: Socket): boolean {
    const address = addressOf(socket);
    if (this.#proxyFrom.size > 0) return this.#proxyFrom.has(address);
    const open = (this.#open.get(address) ?? 0) + 1;
    if (open > this.#perAddressMax) return false;
    this.#open.set(address, open);
    socket.once('close', () => this.#release(address));
    return true;
  }

  /** Who is at the other end, or who the proxy says is: the last address it added. */
  clientAddress(socket: Socket, forwardedFor: string | string[] | undefined): string {
    const address = addressOf(socket);
    if (!this.#proxyFrom.has(address) || forwardedFor === undefined) return address;
    return String(forwardedFor).split(',').at(-1)?.trim() ?? address;
  }

  #release(address: string): void {
    const open = (this.#open.get(address) ?? 1) - 1;
    if (open > 0) this.#open.set(address, open);
    else this.#open.delete(address);
  }
}

function addressOf(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}
