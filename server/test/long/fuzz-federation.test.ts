import t from 'tap';
import { linkLocatorOf, parseLinkText } from '../../src/protocol/link.js';
import { federationTargets } from '../fuzz/federation-calls.js';
import { KnownValues } from '../fuzz/known-values.js';
import { RawCaller } from '../fuzz/raw-call.js';
import { fuzzOptions, runFuzz } from '../fuzz/run-fuzz.js';
import { SignedBodies } from '../fuzz/signed-bodies.js';
import { Tally } from '../fuzz/tally.js';
import { Weight } from '../fuzz/weight.js';
import { A, B, EVIL, HostileStage } from '../support/hostile-stage.js';
import type { Json } from '../support/test-person.js';

const options = fuzzOptions();

t.test('made-up requests of a provider are answered as the document says', async (t) => {
  t.comment(`seed ${options.seed}, ${options.seconds} s, at most ${options.rate} calls a second`);
  const stage = await HostileStage.open(t);
  const { alice, bob, room, network, mallory } = stage;
  await alice.call('PUT', `/rooms/${room}/members/${mallory}/role`, { role: 'admin' });
  const { link } = await alice.call('POST', `/rooms/${room}/links`, {});
  const secret = parseLinkText(String(link))?.secret ?? '';
  const shown = (await stage.peer.ask(A, 'directory', { link: linkLocatorOf(secret) })).json['link'] as Json;
  const said = await alice.say(room, 'hello');
  const [known, tally, caller] = [new KnownValues(), new Tally(), new RawCaller(network)];
  t.teardown(() => caller.close());
  const people = [alice.address, bob.address, mallory];
  known.learn({ room, event: said['id'], address: people, domain: [A, B, EVIL], link: linkLocatorOf(secret) });
  const bodies = new SignedBodies(stage, { secret, jws: String(shown['jws']) });
  const targets = federationTargets({ stage, bodies, known, tally, caller });
  const weights = await Promise.all([A, B].map((name) => Weight.of(network.provider(name))));
  const findings = await runFuzz(targets, options);

  for (const line of tally.lines()) t.comment(line);
  t.comment(`${tally.calls} calls and items, the slowest took ${tally.slowestMs} ms`);
  t.same(findings, [], 'nothing is answered in another way than the document says');
  await requireHealth();
  t.pass('an honest message still goes from one honest server to the other');
  for (const weight of weights) {
    const { lines, tooMuch } = await weight.since(tally.calls);
    for (const line of lines) t.comment(line);
    t.same(tooMuch, [], 'memory and tables have not grown beyond what was sent');
  }

  /** In a room of their own, because an admin of the hostile provider may have done anything to the other. */
  async function requireHealth(): Promise<void> {
    const fresh = String((await alice.call('POST', '/rooms', { title: 'the end', requestKey: 'end' }))['room']);
    await alice.call('POST', `/rooms/${fresh}/invites`, { address: bob.address });
    await bob.acceptFrom(alice.address);
    const { id } = await alice.say(fresh, 'still here');
    await bob.openStream({ account: 0, rooms: { [fresh]: 0 } }).find((frame) => frame['id'] === id, 'the message on B');
  }
});
