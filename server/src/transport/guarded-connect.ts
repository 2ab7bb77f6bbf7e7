import { lookup as systemLookup } from 'node:dns';
import type { LookupAddress, LookupAllOptions } from 'node:dns';
import { connect } from 'node:net';
import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { PeerAddress } from '../config.js';
import { PeerError } from './peer-error.js';
import { isPublicAddress } from './public-address.js';

type Connector = buildConnector.connector;

const HTTPS_PORT = 443;

/** Resolves a name to all its addresses, as `dns.lookup` does. */
export type LookupAll = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface GuardOptions {
  /** where the name really is, when the configuration says so; exempt from the guard */
  mapped?: PeerAddress | undefined;
  lookup?: LookupAll | undefined;
  timeoutMs: number;
}

/**
 * Makes TLS connections that only ever end at public addresses, or at the one address configured for the name. A name
 * is looked up once, for the connection itself, so resolving differently the second time is no way round; what the
 * socket is really connected to is checked once more before anything is sent.
 *
 * @see PV-HTTP-004, PV-HTTP-005
 */
export function createGuardedConnect({ mapped, lookup = systemLookup, timeoutMs }: GuardOptions): Connector {
  const tls = { timeout: timeoutMs, minVersion: 'TLSv1.2' as const };
  if (mapped !== undefined)
    return connectMapped(mapped, buildConnector({ ...tls, ...(mapped.ca && { ca: mapped.ca }) }));
  const secure = buildConnector(tls);
  const guardedLookup = guardLookup(lookup);
  return (target, callback) => {
    const { hostname: host, port } = target;
    const socket = connect({ host, port: Number(port || HTTPS_PORT), lookup: guardedLookup, noDelay: true });
    const fail = (cause: Error): void => callback(cause, null);
    socket.once('error', fail).setTimeout(timeoutMs, () => socket.destroy(new PeerError('peer-timeout', host)));
    socket.once('connect', () => {
      socket.off('error', fail).setTimeout(0);
      if (isPublicAddress(socket.remoteAddress ?? '')) {
        secure({ ...target, httpSocket: socket }, callback);
        return;
      }
      socket.destroy();
      fail(new PeerError('address-refused', host));
    });
  };
}

/** SNI, Host and the certificate's name stay the peer's; only address and port differ. */
function connectMapped({ address, port }: PeerAddress, secure: Connector): Connector {
  return (target, callback) => {
    secure({ ...target, servername: target.hostname, hostname: address, port: String(port) }, callback);
  };
}

function guardLookup(lookup: LookupAll): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const addresses = found.filter(({ address }) => isPublicAddress(address));
      const [first] = addresses;
      if (first === undefined) callback(new PeerError('address-refused', hostname), []);
      // Node asks for all of them when it may try several; a single one otherwise.
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
