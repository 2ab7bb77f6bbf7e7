import { limits } from '@payvand/spec';
import { verifyContentDigest } from '../../protocol/http-signature.js';
import type { Domain } from '../../protocol/identifiers.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { parseStrictJson } from '../../protocol/strict-json.js';
import type { JsonValue } from '../../protocol/strict-json.js';
import type { PeerBudgets } from '../../services/peer-budgets.js';
import type { EdgeBindings } from '../edge.js';
import { readBody, requireJson } from '../read-body.js';
import { Admission } from './admission.js';
import { authenticatePeer, signatureError } from './authenticate-peer.js';
import type { AuthenticateDeps, Peer } from './authenticate-peer.js';
import { federationEndpoints } from './endpoints.js';
import type { FederationEndpoint } from './federation-endpoint.js';
import type { FederationServices } from './federation-services.js';

export interface FederationDeps extends AuthenticateDeps {
  readonly services: FederationServices;
  readonly budgets: PeerBudgets;
  /** requests of peers under way at once */
  readonly requestsMax: number;
  /** told of every request whose sender is certain */
  readonly heardFrom: (peer: Domain) => void;
}

/**
 * Takes one request of another provider from head to answer, cheapest check first: nothing of a stranger's body is
 * read.
 *
 * @returns a function that gives the answer's JSON text and throws ProtocolError
 * @see PV-HTTP-001 to PV-HTTP-012, PV-BUD-001 to PV-BUD-007
 */
export function createFederationEdge(deps: FederationDeps): (request: EdgeBindings) => Promise<string> {
  const admission = new Admission(deps.requestsMax, deps.clock);
  return async (request) => {
    const { incoming, outgoing, clientAddress } = request;
    const endpoint = findEndpoint(incoming.method, incoming.url);
    requireJson(incoming);
    admission.requirePatience(clientAddress);
    const peer = await identify(deps, request, admission);
    deps.heardFrom(peer.domain);
    // Nobody is left to answer, and the answer's close, at which its place is given back, is over.
    if (incoming.socket.destroyed) throw new ProtocolError('bad-http', { detail: 'the sender went away' });
    outgoing.once('close', admission.enter(peer.domain));
    chargeRequest(deps, endpoint, peer);
    const body = await readSignedJson(request);
    const answer = await endpoint.run(deps.services, peer.domain, body);
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
    if (endpoint.class === 'read') deps.budgets.charge(peer.domain, 'readBytes', Buffer.byteLength(text));
    return text;
  };
}

/** By the target as it came: a path in any other spelling is another path. */
function findEndpoint(method: string | undefined, target = ''): FederationEndpoint {
  const endpoint = federationEndpoints.get(target.split('?', 1)[0] ?? '');
  if (endpoint === undefined) throw new ProtocolError('not-supported');
  if (method !== 'POST') throw new ProtocolError('method-not-allowed', { more: { allow: 'POST' } });
  return endpoint;
}

async function identify(deps: FederationDeps, request: EdgeBindings, admission: Admission): Promise<Peer> {
  try {
    return await authenticatePeer(deps, request);
  } catch (cause) {
    if (cause instanceof ProtocolError) admission.countFailure(request.clientAddress);
    throw cause;
  }
}

function chargeRequest({ budgets }: FederationDeps, endpoint: FederationEndpoint, peer: Peer): void {
  // SPEC PV-LIM-010: how much mail is taken follows from how welcome it was.
  const factor = endpoint.class === 'mailbox' ? peer.limitFactor * peer.contactFactor : peer.limitFactor;
  const waitMs = budgets.take(peer.domain, endpoint.class, factor);
  if (waitMs > 0) throw new ProtocolError('over-budget', { retryAfterS: waitMs / 1000, part: endpoint.class });
}

async function readSignedJson({ incoming }: EdgeBindings): Promise<JsonValue> {
  const bytes = await readBody(incoming, limits.requestBytesMax);
  const digest = verifyContentDigest(incoming.headers, bytes);
  if (!digest.ok) throw signatureError(digest);
  const json = parseStrictJson(bytes, { bytesMax: limits.requestBytesMax, depthMax: limits.bodyDepthMax });
  if (!json.ok) throw new ProtocolError('bad-json', { detail: json.code });
  return json.value;
}
