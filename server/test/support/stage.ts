import type { Test } from 'tap';
import { createTestNetwork } from './test-network.js';
import type { TestNetwork } from './test-network.js';
import { TestPerson } from './test-person.js';

export type Stage<Name extends string> = { readonly network: TestNetwork } & Readonly<Record<Name, TestPerson>>;

/**
 * Starts the providers of some people and gives each of them an account; everything ends with the test.
 *
 * @param homes the domain of each person's provider, by the name they sign up with
 * @param others domains that have a place in the network and no server of ours
 */
export async function makeStage<Name extends string>(
  t: Test,
  homes: Readonly<Record<Name, string>>,
  others: readonly string[] = [],
): Promise<Stage<Name>> {
  const places = Object.entries<string>(homes);
  const domains = [...new Set(places.map(([, domain]) => domain))];
  const network = await createTestNetwork({ domains: [...domains, ...others] });
  t.teardown(() => network.stop());
  await Promise.all(domains.map((domain) => network.provider(domain).start()));
  const people = await Promise.all(
    places.map(async ([name, domain]) => [name, await TestPerson.signUp(network, domain, name)] as const),
  );
  return { network, ...(Object.fromEntries(people) as Record<Name, TestPerson>) };
}
