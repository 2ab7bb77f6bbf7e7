import { lookup as systemLookup } from 'node:dns';
import type { LookupAddress, LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { PeerAddress } from '../config.js';
import { PeerError } from './peer-error.js';
import { isPublicAddress } from './public-address.js';

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
 * Makes TLS connections that only ever end at public addresses, or at the one address configured for the name. The
 * guard sees the very addresses that are connected to, so a name that resolves differently the second time is no way
 * round it; a literal address never reaches the look-up and is caught on the connected socket.
 *
 * @see PV-HTTP-004, PV-HTTP-005
 */
export function createGuardedConnect(options: GuardOptions): buildConnector.connector {
  const { mapped, lookup = systemLookup, timeoutMs } = options;
  const tls = { timeout: timeoutMs, minVersion: 'TLSv1.2' as const };
  if (mapped !== undefined)
    return connectMapped(mapped, buildConnector({ ...tls, ...(mapped.ca && { ca: mapped.ca }) }));
  const connect = buildConnector({ ...tls, lookup: guardLookup(lookup) });
  return (target, callback) => {
    connect(target, (...result) => {
      const socket = result[1];
      if (socket === null || isPublicAddress(socket.remoteAddress ?? '')) {
        callback(...result);
        return;
      }
      socket.destroy();
      callback(new PeerError('address-refused', target.hostname), null);
    });
  };
}

/** SNI, Host and the certificate's name stay the peer's; only address and port differ. */
function connectMapped({ address, port }: PeerAddress, connect: buildConnector.connector): buildConnector.connector {
  return (target, callback) => {
    connect({ ...target, servername: target.hostname, hostname: address, port: String(port) }, callback);
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
