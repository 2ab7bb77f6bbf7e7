import { federationVerbs } from '@payvand/spec';
import type { FederationAnswer, FederationVerb, VerbClass } from '@payvand/spec';
import type { Domain } from '../../protocol/identifiers.js';
import { requireShape } from '../shape.js';
import type { FederationServices } from './federation-services.js';

/** A row of the endpoint table. */
export interface FederationEndpoint {
  readonly verb: FederationVerb;
  readonly path: string;
  readonly class: VerbClass;
  /** @param body strict JSON, shape not yet checked */
  run(services: FederationServices, peer: Domain, body: unknown): Promise<object | string>;
}

type Run<Verb extends FederationVerb> = (
  services: FederationServices,
  peer: Domain,
  body: ReturnType<ReturnType<typeof requireShape<(typeof federationVerbs)[Verb]['request']>>>,
) => Promise<FederationAnswer<Verb> | string>;

/** Makes the endpoint of a verb: checks the body's shape, calls one service. */
export function federationEndpoint<Verb extends FederationVerb>(verb: Verb, run: Run<Verb>): FederationEndpoint {
  const shaped = requireShape<(typeof federationVerbs)[Verb]['request']>(federationVerbs[verb].request);
  return {
    verb,
    path: `/payvand/v1/${verb}`,
    class: federationVerbs[verb].class,
    run: async (services, peer, body) => run(services, peer, shaped(body)),
  };
}
