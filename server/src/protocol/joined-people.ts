import { domainOf } from './identifiers.js';
import type { Address, Domain } from './identifiers.js';

const NOBODY: ReadonlySet<Address> = new Set();

/** Who is joined, by provider. People of denied providers are kept apart: they would be joined but for that. */
export class JoinedPeople {
  readonly #joined = new Map<Domain, Set<Address>>();
  /** a set for each denied provider */
  readonly #shutOut = new Map<Domain, Set<Address>>();
  #count = 0;

  /** People who count as joined. */
  get count(): number {
    return this.#count;
  }

  /** By provider; never an empty set. Reads through: do not keep it across changes. */
  get byDomain(): ReadonlyMap<Domain, ReadonlySet<Address>> {
    return this.#joined;
  }

  of(domain: Domain): ReadonlySet<Address> {
    return this.#joined.get(domain) ?? NOBODY;
  }

  shutOutOf(domain: Domain): ReadonlySet<Address> {
    return this.#shutOut.get(domain) ?? NOBODY;
  }

  get deniedDomains(): Domain[] {
    return [...this.#shutOut.keys()].sort();
  }

  isDenied(domain: Domain): boolean {
    return this.#shutOut.size > 0 && this.#shutOut.has(domain);
  }

  /** @param hasJoin whether a join of the person counts, unless their provider is denied */
  set(person: Address, hasJoin: boolean): void {
    const domain = domainOf(person);
    const shutOut = this.#shutOut.get(domain);
    const people = shutOut ?? this.#joined.get(domain) ?? new Set<Address>();
    const before = people.size;
    if (hasJoin) people.add(person);
    else people.delete(person);
    if (shutOut === undefined) this.#setJoined(domain, people, before);
  }

  deny(domain: Domain, isDenied: boolean): void {
    if (isDenied === this.isDenied(domain)) return;
    const people = (isDenied ? this.#joined : this.#shutOut).get(domain) ?? new Set<Address>();
    if (isDenied) this.#shutOut.set(domain, people);
    else this.#shutOut.delete(domain);
    if (isDenied) this.#setJoined(domain, new Set(), people.size);
    else this.#setJoined(domain, people, 0);
  }

  #setJoined(domain: Domain, people: Set<Address>, before: number): void {
    this.#count += people.size - before;
    if (people.size === 0) this.#joined.delete(domain);
    else this.#joined.set(domain, people);
  }
}
