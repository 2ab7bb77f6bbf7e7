import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../src/formats/hash.js';
import { Peer } from '../../src/network/peer.js';
import { Target } from '../../src/network/target.js';
import { json, problem, writeReply } from '../../src/network/reply.js';
import type { Reply } from '../../src/network/reply.js';

/** Servers that answer everything in one way, but their document: none of them may pass a check of anything else. */
export const archetypes: Readonly<Record<string, (verb: string) => Reply>> = {
  'dead-401': () => {
    const { status, headers, body } = problem(401, 'bad-signature');
    const members = { ...(JSON.parse(String(body)) as object), part: 'signature-input', reason: 'missing' };
    return { status, headers: headers ?? {}, body: JSON.stringify(members) };
  },
  'dead-401-unknown-peer': () => problem(401, 'unknown-peer', { 'retry-after': '0' }),
  'dead-404': () => problem(404, 'not-supported'),
  'dead-500': () => problem(500, 'internal'),
  'accept-all': (verb) =>
    json(
      verb === 'heads' || verb === 'push'
        ? { rooms: [], seals: [] }
        : { results: [{ status: 'ok' }, { status: 'accepted' }], rooms: [], seals: [], room: `r${'A'.repeat(43)}` },
    ),
  'silent-drop': () => ({ status: 0, cutAfter: 0 }),
  'empty-200': () => ({ status: 200 }),
};

export interface Archetype {
  readonly at: string;
  stop(): Promise<void>;
}

/** @param network folder made for the domain */
export async function startArchetype(
  name: string,
  { domain, network }: { domain: string; network: string },
): Promise<Archetype> {
  const [cert, key] = await Promise.all(['target', 'target-key'].map((file) => readFile(join(network, `${file}.pem`))));
  const url = `https://${domain}`;
  const secretOf = (purpose: string): Buffer => sha256(`archetype ${purpose}`);
  const provider = new Peer(domain, { target: new Target({ url }), issued: Date.now(), secretOf });
  const document = provider.makeDocument({ profiles: ['core', 'groups', 'client'] });
  const answer = archetypes[name];
  const reply = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { url: target = '', method } = incoming;
    const isDocument = method === 'GET' && target === '/.well-known/payvand';
    incoming.resume();
    const said = isDocument ? provider.documentReply(document) : answer?.(target.split('/').at(-1) ?? '');
    if (said === undefined) outgoing.destroy();
    else void writeReply(outgoing, said);
  };
  const server = createServer({ cert: cert ?? '', key: key ?? '' }, reply);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    at: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
