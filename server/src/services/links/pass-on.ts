import { limits } from '@payvand/spec';
import { BoundedMap } from '../../bounded-map.js';
import type { Domain } from '../../protocol/identifiers.js';
import type { Mail } from '../../protocol/mail.js';
import type { ServiceDeps } from '../deps.js';
import type { LiveRoom } from '../live-room.js';
import type { SendMail } from '../send-mail.js';
import { isKeeper } from './file-knock.js';

/** Passes an item that came for a room of ours on to the providers of those who look after it. */
export type PassOn = (live: LiveRoom, mail: Mail, about: string) => Promise<void>;

const REMEMBERED_MAX = 10_000;

/**
 * @returns a function that does nothing where an item of the same sender about the same was passed on less than an hour ago
 * @see PV-KNK-013
 */
export function createPassOn(
  { domain: own, clock }: Pick<ServiceDeps, 'domain' | 'clock'>,
  pass: SendMail['pass'],
): PassOn {
  const passed = new BoundedMap<string, number>(REMEMBERED_MAX);
  return async (live, mail, about) => {
    if (live.hub !== own) return;
    const now = clock.now();
    const name = `${live.room} ${mail.from} ${about}`;
    if ((passed.get(name) ?? -Infinity) > now - limits.knockPassedMsMin) return;
    passed.set(name, now);
    for (const peer of providersOf(live, now)) if (peer !== own) await pass(peer, mail);
  };
}

function providersOf({ state }: LiveRoom, now: number): Domain[] {
  const providers: Domain[] = [];
  for (const [domain, people] of state.joinedDomains()) {
    if (providers.length >= limits.knockProvidersMax) break;
    if ([...people].some((person) => isKeeper(state, person, now))) providers.push(domain);
  }
  return providers;
}
