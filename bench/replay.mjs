// What the fold of a long room costs: a log with everything that rooms have is replayed in one process, with and without its signatures.
// Needs a built server. usage: node bench/replay.mjs [--events 100000] [--runs 3]
import { parseArgs } from 'node:util';
import { parseSeal, sealedFromWire } from '../server/dist/protocol/head.js';
import { replayRoom } from '../server/dist/protocol/replay-room.js';
import { compactJws, hashText, nonceOf, providerKeys, statementOf } from '../scripts/lib/signed-objects.mjs';
import { VectorLog } from '../scripts/lib/vector-log.mjs';
import { alice, start } from '../scripts/lib/vector-room.mjs';
import { hashCalibration } from './dist/measure.js';

const { values } = parseArgs({
  options: { events: { type: 'string', default: '100000' }, runs: { type: 'string', default: '3' } },
});
const wanted = Number(values.events);
const SEAL_EVERY = 64;
const PEOPLE = 20;
const hub = 'a.example';
const other = 'b.example';
const signers = new Map([hub, other].map((domain) => [domain, providerKeys(domain).event]));
const say = (text) => process.stdout.write(`${text}\n`);
const median = (numbers) => [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)];

say(`making ${wanted} events…`);
const log = makeLog();
const seals = new Map();
const heads = log.heads.map(({ sealed, seals: [jws] }) => {
  if (!seals.has(jws)) seals.set(jws, parseSeal(jws).value);
  return sealedFromWire(sealed, [seals.get(jws)]).value;
});
const counts = new Map();
for (const { type } of log.made) counts.set(type, (counts.get(type) ?? 0) + 1);
say([...counts].map(([type, count]) => `${type} ${count}`).join(', '));
say(`${hashCalibration().toFixed(0)} thousand SHA-256 of 1 KiB per CPU second`);
for (const signaturesTrusted of [true, false]) {
  const rates = [];
  for (let run = 0; run < Number(values.runs); run += 1) rates.push(replay(signaturesTrusted));
  const what = signaturesTrusted ? 'chain, seals, rules and fold' : 'the same with every signature';
  say(`${what}: ${median(rates).toFixed(0)} events/s (median of ${rates.map((rate) => rate.toFixed(0)).join(', ')})`);
}

function replay(signaturesTrusted) {
  const startMs = performance.now();
  const { fault, voids, seq } = replayRoom({
    room: log.room,
    records: log.records,
    heads,
    now: log.at,
    signaturesTrusted,
  });
  const seconds = (performance.now() - startMs) / 1000;
  if (fault !== undefined) throw new Error(JSON.stringify(fault));
  if (voids.length > 0) throw new Error(`${voids.length} records are void: ${JSON.stringify(voids[0])}`);
  return (seq + 1) / seconds;
}

/** A group of people on two providers who do everything one can do in a group. */
function makeLog() {
  const room = new VectorLog();
  const made = [];
  const add = (sender, type, fields) => {
    made.push({ type });
    const signer = signers.get(sender.slice(sender.indexOf('@') + 1));
    const id = room.add(sender, type, { signer, ...fields });
    if (room.seq % SEAL_EVERY === 0) room.seal();
    return id;
  };
  const people = settle(room, add);
  const who = (number) => people[number % people.length];
  let messages = [];
  let poll;
  for (let n = 0; room.records.length < wanted; n += 1) {
    const [sender, step] = [who(n * 7), n % 100];
    const target = messages.at(-1 - (n % 50)) ?? messages[0];
    if (target === undefined || step < 55)
      messages.push({ sender, id: add(sender, 'message', { content: messageOf(n, step, who(n)) }) });
    else if (step < 63)
      add(target.sender, 'message.edit', { content: { text: `once more ${n}` }, rel: [['edit', target.id]] });
    else if (step < 80) add(sender, 'reaction', { content: { emoji: '❤' }, rel: [['react', target.id]] });
    else if (step < 84) add(alice, 'message.delete', { rel: [['delete', target.id]] });
    else if (step === 84)
      poll = add(sender, 'message', { content: { alt: 'q', poll: { question: `${n}?`, options: ['yes', 'no'] } } });
    else if (step < 92 && poll) add(sender, 'message.vote', { content: { choices: [n % 2] }, rel: [['vote', poll]] });
    else if (step === 92 && poll) add(alice, 'message.poll-close', { rel: [['vote', poll]] });
    else if (step < 94) add(alice, 'room.pins', { key: '', content: { pins: [target.id] } });
    else if (step < 96) add(alice, 'room.info', { key: '', content: { title: `room ${n}`, about: 'of many things' } });
    else if (step === 96) add(alice, 'room.settings', { key: '', content: { slow: 1 + (n % 9) } });
    else if (step === 97)
      add(alice, 'role', { key: 'helper', content: { rank: 10 + (n % 9), rights: ['send', 'react', 'pin'] } });
    else add(alice, 'access', { key: who(2 + (n % 9)), content: { role: 'helper', title: `no. ${n}` } });
    messages = messages.slice(-64);
  }
  room.seal();
  return Object.assign(room, { made });
}

function messageOf(number, step, mentioned) {
  const text = `سلام ${number} ${'x'.repeat(80)}`;
  if (step % 5 !== 0) return { text };
  return {
    text,
    entities: [
      { type: 'bold', at: 0, length: 4 },
      { type: 'mention', at: 5, length: 1, address: mentioned },
    ],
  };
}

/** Everybody joins with an invitation of the owner. */
function settle(room, add) {
  const statement = statementOf(other);
  add(alice, 'member', { key: alice, content: { membership: 'joined' } });
  add(other, 'provider', { key: other, content: { statement: hashText(statement), version: 1 }, statement });
  const guests = Array.from({ length: PEOPLE - 1 }, (_, index) => `guest${index}@${index % 2 === 0 ? other : hub}`);
  for (const to of guests) {
    const invite = { room: room.room, hub, by: alice, to, until: start + 3_600_000, nonce: nonceOf(to) };
    const content = { membership: 'joined', invite: compactJws('payvand-invite', invite, signers.get(hub)) };
    add(to, 'member', { key: to, content });
  }
  return [alice, ...guests];
}
