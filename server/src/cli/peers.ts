import { randomBytes } from 'node:crypto';
import type { Config } from '../config.js';
import { createLog } from '../log.js';
import { contactFactor } from '../protocol/contact-factor.js';
import { parseDomain } from '../protocol/identifiers.js';
import type { Domain } from '../protocol/identifiers.js';
import { keyThumbprint } from '../protocol/key-thumbprint.js';
import { parseProviderDocument } from '../protocol/provider-document.js';
import type { ProviderDocument } from '../protocol/provider-document.js';
import type { Store } from '../storage/store-types.js';
import { Discovery } from '../transport/discovery.js';
import { createHttpClient } from '../transport/http-client.js';
import { PeerError } from '../transport/peer-error.js';
import { CommandError } from './command.js';
import type { Command, CommandContext } from './command.js';
import { reasonOf } from './examine-network.js';
import { asOperator } from './open-operator.js';
import type { Operator } from './open-operator.js';
import { describeLag, readPeerLag } from './peer-lag.js';

const settings = ['dataDir', 'databaseUrl'] as const;
const one = { usage: '<domain>', words: [1, 1], settings } as const;
const PAGE = 500;
const HONOURED = 'A running server honours it at once.';

export const peersList: Command = {
  settings: [
    ...settings,
    ...(['peerWritesPerS', 'peerReadsPerS', 'peerReadBytesPerS', 'peerMailboxPerS', 'peerSignalsPerS'] as const),
  ],
  details: [
    'Lists the providers this one has met, is blocking or limits: the root key each is known by, what waits for it, and with',
    '--json its budgets, by the settings given here.',
  ].join('\n'),
  run: (context) =>
    asOperator(context, async ({ store, domain: own }) => {
      let count = 0;
      for await (const peer of allProviders(store)) {
        count += 1;
        const document = peer.document === null ? undefined : readDocument(peer.document, peer.domain);
        const lag = await readPeerLag(store, { own, peer: peer.domain });
        const { blocked, limitFactor } = peer;
        const { contactsAsked: asked, contactsGranted: granted, contactsReported: reported } = peer;
        const contacts = { asked, granted, reported };
        const mail = contactFactor(contacts);
        const rootKey = document && rootKeyOf(document);
        const marks = [
          blocked ? 'blocked' : '',
          limitFactor === 1 ? '' : `limits × ${limitFactor}`,
          asked === 0 ? '' : `mail × ${mail.toFixed(2)}: ${granted} of ${asked} requests granted, ${reported} reported`,
          ...describeLag(lag),
        ].filter((mark) => mark !== '');
        context.output.print([peer.domain, rootKey ?? 'no document', ...marks].join('  '));
        context.output.result({
          ...{ domain: peer.domain, rootKey, expires: document?.expires, blocked, limitFactor, contacts, lag },
          budgets: budgetsOf(context.config, { limitFactor, mail }),
        });
      }
      if (count === 0) context.output.print('no other provider has been met yet');
    }),
};

/** Requests and bytes a second. */
function budgetsOf(config: Config, { limitFactor, mail }: { limitFactor: number; mail: number }): object {
  return {
    writesPerS: config.peerWritesPerS * limitFactor,
    readsPerS: config.peerReadsPerS * limitFactor,
    readBytesPerS: config.peerReadBytesPerS * limitFactor,
    mailboxPerS: config.peerMailboxPerS * limitFactor * mail,
    signalsPerS: config.peerSignalsPerS * limitFactor,
  };
}

export const peersBlock: Command = {
  ...one,
  details: `Refuses every request of a provider and sends it nothing. ${HONOURED}`,
  run: (context) => setBlocked(context, true),
};

export const peersUnblock: Command = {
  ...one,
  details: `Takes a block back; what was missed is caught up. ${HONOURED}`,
  run: (context) => setBlocked(context, false),
};

export const peersLimit: Command = {
  usage: '<domain> <factor>',
  words: [2, 2],
  settings,
  details: `Multiplies the budgets of one provider (the --peer-… settings): 0.1 for a tenth, 1 for the usual. ${HONOURED}`,
  async run(context) {
    const domain = wantedDomain(context);
    const factor = Number(context.args[1]);
    if (!(factor >= 0.001 && factor <= 1000))
      throw new CommandError('usage', 'the factor must be a number from 0.001 to 1000', { exitCode: 2 });
    await asOperator(context, async ({ store, clock, ringPeer }) => {
      await store.setLimitFactor(domain, factor, clock.now());
      await ringPeer(domain);
    });
    context.output.print(`${domain} has its budgets × ${factor}.`);
    context.output.result({ domain, limitFactor: factor });
  },
};

export const peersCheck: Command = {
  ...one,
  settings: ['dataDir', 'databaseUrl', 'peers'],
  details: [
    'Fetches the provider document of a provider now, as the server would, and says what is in it. Compare the root key',
    'with what its operator tells you by another way.',
  ].join('\n'),
  async run(context) {
    const domain = wantedDomain(context);
    const { document, tookMs } = await asOperator(context, (operator) => fetchNow(operator, domain, context));
    const found = {
      ...{ domain, endpoint: document.endpoint, rootKey: rootKeyOf(document), version: document.version },
      ...{ expires: document.expires, versions: document.versions, status: document.status, tookMs },
    };
    context.output.print(`${domain} answers at ${found.endpoint} (${tookMs} ms)`);
    context.output.print(`root key   ${found.rootKey}`);
    context.output.print(`document   version ${found.version}, good until ${new Date(found.expires).toISOString()}`);
    context.output.print(`protocol   ${found.versions.join(', ')}`);
    context.output.print(`status     ${found.status}`);
    context.output.result(found);
  },
};

export const peersRejudge: Command = {
  ...one,
  details: [
    'Has a running server ask a provider for what comes after the last record of its quarantined rooms that all agreed on,',
    'and go on where it is good now. Rooms that the provider has forked go on only by this command.',
  ].join('\n'),
  async run(context) {
    const domain = wantedDomain(context);
    const rooms = await asOperator(context, async ({ store, ringRejudge }) => {
      await ringRejudge(domain);
      return await store.listRooms({ status: 'quarantined', hub: domain, limit: PAGE });
    });
    for (const { room, code } of rooms) context.output.print(`${room}  ${code ?? ''}`);
    context.output.print(`${rooms.length} quarantined rooms of ${domain} are judged anew.`);
    context.output.result({ domain, rooms: rooms.map(({ room, code }) => ({ room, code })) });
  },
};

export const peersProofs: Command = {
  ...one,
  details: [
    'Shows what a provider has signed that it can be held to, in the rooms it is hub of that are in quarantine here: which rooms, why',
    'and since when. With --json also the signed heads themselves, which anybody can verify.',
  ].join('\n'),
  async run(context) {
    const domain = wantedDomain(context);
    let count = 0;
    await asOperator(context, async ({ store }) => {
      for (const { room } of await store.listRooms({ status: 'quarantined', hub: domain, limit: PAGE }))
        for (const { kind, at, proof } of await store.listProofs(room)) {
          count += 1;
          context.output.print(`${room}  ${kind}  ${new Date(at).toISOString()}`);
          context.output.result({ room, kind, at, proof: JSON.parse(proof) as unknown });
        }
    });
    if (count === 0) context.output.print(`nothing is held against ${domain}`);
  },
};

async function setBlocked(context: CommandContext, blocked: boolean): Promise<void> {
  const domain = wantedDomain(context);
  await asOperator(context, async ({ store, clock, ringPeer }) => {
    await store.setBlocked(domain, blocked, clock.now());
    await ringPeer(domain);
  });
  context.output.print(`${domain} is ${blocked ? 'blocked' : 'no longer blocked'}. ${HONOURED}`);
  context.output.result({ domain, blocked });
}

function wantedDomain({ args: [text = ''] }: CommandContext): Domain {
  const domain = parseDomain(text);
  if (domain === undefined) throw new CommandError('usage', `${text} is not a domain name`, { exitCode: 2 });
  return domain;
}

async function* allProviders(store: Store): AsyncGenerator<Awaited<ReturnType<Store['listProviders']>>[number]> {
  let after: Domain | undefined;
  do {
    const page = await store.listProviders({ limit: PAGE, ...(after && { after }) });
    yield* page;
    after = page.length < PAGE ? undefined : page.at(-1)?.domain;
  } while (after !== undefined);
}

async function fetchNow(
  { store, clock }: Operator,
  domain: Domain,
  { config, world }: { config: Pick<Config, 'peers' | 'strangerFetchesPerMinute'>; world: CommandContext['world'] },
): Promise<{ document: ProviderDocument; tookMs: number }> {
  const http = createHttpClient({ peers: config.peers });
  const log = createLog({ level: 'silent', write: () => undefined, now: world.now });
  const random = { bytes: (count: number) => randomBytes(count) };
  const { strangerFetchesPerMinute } = config;
  const discovery = new Discovery({ http, store, clock, random, log, strangerFetchesPerMinute });
  const startedAt = clock.now();
  try {
    const document = await discovery.get(domain, -1);
    return { document, tookMs: clock.now() - startedAt };
  } catch (cause) {
    if (!(cause instanceof PeerError)) throw cause;
    throw new CommandError(cause.code, `${domain} does not answer as a provider does: ${reasonOf(cause)}`, { cause });
  } finally {
    await discovery.stop();
    await http.close();
  }
}

function readDocument(jws: string, domain: Domain): ProviderDocument | undefined {
  const parsed = parseProviderDocument(jws, domain);
  return parsed.ok ? parsed.value : undefined;
}

function rootKeyOf({ statement: { roots } }: ProviderDocument): string | undefined {
  const [root] = roots;
  return root && keyThumbprint(root);
}
