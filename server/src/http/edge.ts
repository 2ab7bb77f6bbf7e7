import type { IncomingMessage, ServerResponse } from 'node:http';

/** What every endpoint gets beside hono's request: the request as it came, and who sent it as far as sockets tell. */
export interface EdgeBindings {
  /** its `url` is the raw request target; hono's is normalised */
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly requestId: string;
  /** of the caller, not of the proxy in front */
  readonly clientAddress: string;
}

/** The environment of every hono app of this server. */
export interface EdgeEnv {
  Bindings: EdgeBindings;
}
