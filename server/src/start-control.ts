import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { ListenAddress } from './config.js';
import { createControlApp } from './http/control/create-control-app.js';
import { HttpServer } from './http/http-server.js';
import type { Log } from './log.js';
import type { Services } from './make-services.js';
import type { OwnIdentity } from './own-identity.js';
import type { AccountDeps } from './services/accounts/account-deps.js';
import { makeControlServices } from './services/control/control-services.js';
import type { Discovery } from './transport/discovery.js';
import { PeerError } from './transport/peer-error.js';

/** What controls are made of. */
export interface ControlParts {
  readonly services: Services;
  readonly accounts: AccountDeps;
  readonly discovery: Discovery;
  readonly identity: OwnIdentity;
  readonly requestsUnderWay: () => number;
  readonly log: Log;
}

interface Control extends ControlParts {
  readonly listen: ListenAddress;
  readonly secret: string;
}

const CONNECTIONS_MAX = 100;
const VERSION = '0.1.0';

/** Opens the test controls. Loaded only where they were asked for. @throws Error of node:net */
export async function startControl({ listen, secret, log, services, discovery, identity, ...rest }: Control): Promise<{
  readonly address: AddressInfo;
  stop(): Promise<void>;
}> {
  const control = makeControlServices({
    ...{ ...rest, deps: services.deps, rooms: services.rooms, versionOfServer: VERSION },
    lag: () => services.measure().lag,
    isFetching: () => discovery.isBusy,
    rotateKeys: async () => await identity.rotate(),
    discover: async (domain) => {
      const found = await discovery.get(domain, 0).catch((cause: unknown) => {
        if (cause instanceof PeerError) return undefined;
        throw cause;
      });
      return found?.version;
    },
  });
  const server = new HttpServer({
    ...{ app: createControlApp({ services: control, secret, log }), listen, connectionsMax: CONNECTIONS_MAX, log },
    ...{
      metrics: { follow: ignore, connection: ignore },
      requestIdPrefix: `control-${randomBytes(2).toString('hex')}`,
    },
  });
  const address = await server.start();
  log.warn('controls-open', { port: address.port });
  return { address, stop: async () => await server.stop(1000) };
}

function ignore(): void {
  // Nobody counts what a suite asks.
}
