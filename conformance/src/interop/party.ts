import { Control } from '../control/control.js';
import { Misuse } from '../misuse.js';
import { meetTarget } from '../modes/parse-options.js';
import type { NetworkFolder } from '../network/network-folder.js';
import type { Target } from '../network/target.js';
import { ControlUsers } from '../stage/control-users.js';

/** A provider that takes part: how to reach it, and how to act as its people. */
export interface Party {
  readonly domain: string;
  readonly target: Target;
  readonly control: Control;
  readonly users: ControlUsers;
}

interface PartyWords {
  readonly url: string;
  readonly at?: string;
  readonly control: string;
  readonly token: string;
}

/**
 * Meets a provider and its test controls.
 *
 * @param text such as https://a.test,at=127.0.0.1:8443,control=http://127.0.0.1:9001; `token=` names a variable
 * @throws Misuse · Unreachable
 */
export async function meetParty(text: string, network: NetworkFolder): Promise<Party> {
  const { url, at, control: place, token } = partyWords(text);
  const target = await meetTarget({ url, at }, network);
  const control = new Control(place, token);
  await control.meet(target.domain);
  return { domain: target.domain, target, control, users: new ControlUsers(control) };
}

function partyWords(text: string): PartyWords {
  const [url = '', ...rest] = text.split(',');
  const words = new Map(rest.map((part): [string, string] => [part.replace(/=.*/, ''), part.replace(/^[^=]*=?/, '')]));
  const unknown = [...words.keys()].find((name) => !['at', 'control', 'token'].includes(name));
  if (unknown !== undefined) throw new Misuse(`${text}: there is no ${unknown}=`);
  const control = words.get('control');
  if (control === undefined) throw new Misuse(`${text}: where are its test controls? (control=http://127.0.0.1:…)`);
  const variable = words.get('token') ?? 'PAYVAND_CONTROL_SECRET';
  const token = process.env[variable];
  if (token === undefined) throw new Misuse(`the secret of the controls of ${url} has to be in ${variable}`);
  const at = words.get('at');
  return { url, control, token, ...(at === undefined ? {} : { at }) };
}
