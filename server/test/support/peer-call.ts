import { request } from 'undici';
import { activeKey, openKeyFile } from '../../src/own-keys.js';
import { signRequest } from '../../src/protocol/http-signature.js';
import { parseDomain } from '../../src/protocol/identifiers.js';
import type { TestNetwork } from './test-network.js';
import type { Json } from './test-person.js';

/** Asks one provider of the network for something in the name of another, with that one's own keys. */
export async function callAsPeer(
  network: TestNetwork,
  { from, to, verb, body }: { from: string; to: string; verb: string; body: Json },
): Promise<Json> {
  const [caller, called] = [parseDomain(from), parseDomain(to)];
  if (caller === undefined || called === undefined) throw new Error(`${from} or ${to} is no domain`);
  const keys = await openKeyFile(network.provider(from).dataDir, { provider: caller, now: Date.now() });
  const path = `/payvand/v1/${verb}`;
  const text = JSON.stringify(body);
  const fields = signRequest({
    ...{ method: 'POST', authority: to, target: path, body: text, from: caller, to: called },
    ...{ nowSeconds: Math.floor(Date.now() / 1000), key: activeKey(keys, 'request') },
  });
  const answer = await request(`${network.provider(to).url}${path}`, {
    ...{ method: 'POST', dispatcher: network.agent, body: text },
    headers: { ...fields, host: to, 'content-type': 'application/json' },
  });
  return { status: answer.statusCode, ...((await answer.body.json()) as Json) };
}
