import type { FederationAnswer, FederationRequest, FederationVerb } from '@payvand/spec';
import type { Domain } from '../../protocol/identifiers.js';

/** A service behind a verb. It gives the answer, or its JSON text when that is written already. */
export type FederationService<Verb extends FederationVerb> = (
  peer: Domain,
  body: FederationRequest<Verb>,
) => Promise<FederationAnswer<Verb> | string>;

/** What the federation endpoints call, one function a verb; `peer` is who signed the request. */
export type FederationServices = { readonly [Verb in FederationVerb]: FederationService<Verb> };
