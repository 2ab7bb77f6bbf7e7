// What presence costs somebody with many contacts: requests and bytes their provider sends and gets. Needs a built server.
// usage: node bench/presence.mjs [--contacts 10000] [--providers 50]
import { parseArgs } from 'node:util';
import { createExchangeSignals } from '../server/dist/services/exchange-signals.js';
import { Presence } from '../server/dist/services/presence.js';

const { values } = parseArgs({
  options: {
    contacts: { type: 'string', default: '10000' },
    providers: { type: 'string', default: '50' },
  },
});
const contacts = Number(values.contacts);
const providers = Number(values.providers);
const ali = { accountId: 1, address: 'ali@a.test' };
const people = Array.from({ length: contacts }, (_, n) => `person${n}@p${n % providers}.test`);
const roomOf = (n) => `r${String(n).padStart(42, 'x')}A`;
const dms = new Map(people.map((with_, n) => [roomOf(n), dmOf(roomOf(n), with_)]));

const now = { ms: Date.now() };
let timers = [];
const sent = { requests: 0, bytes: 0, items: 0, perSecond: new Map(), slowest: 0 };
const log = { debug() {}, warn() {}, error() {}, info() {} };
const deps = {
  domain: 'a.test',
  clock: { now: () => now.ms },
  timers: {
    after(ms, run) {
      const timer = { at: now.ms + ms, run };
      timers.push(timer);
      return () => (timers = timers.filter((one) => one !== timer));
    },
  },
  log,
  rooms: { get: (room) => Promise.resolve(dms.get(room)) },
  store: {
    findProfile: () => Promise.resolve(undefined),
    isBlocked: () => Promise.resolve(false),
    lastSeen: () => Promise.resolve(now.ms),
  },
  accountIdOf: (address) => Promise.resolve(address === ali.address ? ali.accountId : undefined),
  bells: { signal() {} },
  peers: {
    call(peer, verb, body) {
      const second = Math.floor(now.ms / 1000);
      sent.requests += 1;
      sent.bytes += Buffer.byteLength(body);
      sent.items += JSON.parse(body).items.length;
      sent.perSecond.set(second, (sent.perSecond.get(second) ?? 0) + 1);
      return Promise.resolve({ kind: 'ok', body: {} });
    },
  },
};
const presence = new Presence({ ...deps, sendTo: (peer, signal) => signals.sendTo(peer, signal) });
const signals = createExchangeSignals({ ...deps, hearContact: (live, signal) => presence.hear(live, signal) });

const asked = people.map((from, n) => ({ kind: 'watch', room: roomOf(n), from, counter: now.ms }));
const inBytes = asked.reduce((bytes, signal) => bytes + JSON.stringify(signal).length + 1, 0);
const inRequests = providers * Math.ceil(contacts / providers / 256);
console.log(`${contacts} contacts at ${providers} providers, all of whom ask`);
console.log(`asking, once an hour   in ${inRequests} requests, ${kib(inBytes)}`);
await measured('answering', async () => {
  for (const signal of asked) await presence.hear(dms.get(signal.room), signal);
});
let close = () => {};
await measured('coming online', () => {
  close = presence.opened(ali);
});
await measured('away and back, 20 times a minute', async () => {
  for (let turn = 0; turn < 20; turn += 1) {
    close();
    await pass(3_000);
    close = presence.opened(ali);
  }
});
await measured('going', () => close());
await measured('their coming online', async () => {
  for (const [n, from] of people.entries())
    await presence.hear(dms.get(roomOf(n)), {
      kind: 'presence',
      room: roomOf(n),
      from,
      counter: now.ms,
      state: 'online',
    });
});

async function measured(what, act) {
  Object.assign(sent, { requests: 0, bytes: 0, items: 0, perSecond: new Map() });
  const from = now.ms;
  const cpu = process.cpuUsage();
  await act();
  await pass(180_000);
  const { user, system } = process.cpuUsage(cpu);
  const peak = Math.max(0, ...sent.perSecond.values());
  const seconds = [...sent.perSecond.keys()];
  const spread = seconds.length === 0 ? 0 : Math.max(...seconds) - Math.floor(from / 1000);
  const text = `out ${sent.requests} requests, ${sent.items} signals, ${kib(sent.bytes)}, at most ${peak} requests a second`;
  console.log(`${what.padEnd(22)} ${text}, over ${spread} s; ${Math.round((user + system) / 1000)} ms of CPU`);
}

/** Lets time pass, and everything happen that is due. */
async function pass(ms) {
  const end = now.ms + ms;
  for (;;) {
    for (let turn = 0; turn < 2000; turn += 1) await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    const next = timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
    if (next === undefined) break;
    timers = timers.filter((timer) => timer !== next);
    now.ms = Math.max(now.ms, next.at);
    next.run();
  }
  now.ms = end;
}

function dmOf(room, other) {
  const state = {
    get: () => undefined,
    isJoined: (address) => address === ali.address || address === other,
    creation: { creator: ali.address, with: other },
  };
  return { room, kind: 'dm', state };
}

function kib(bytes) {
  return `${Math.round(bytes / 1024)} KiB`;
}
