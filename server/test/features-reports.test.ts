import t from 'tap';
import { HostilePeer } from './support/hostile-peer.js';
import type { Answer } from './support/hostile-peer.js';
import { askDatabase } from './support/provider-database.js';
import { makeRowHub } from './support/row-hub.js';
import { runPayvand } from './support/run-payvand.js';
import { makeStage } from './support/stage.js';
import { until } from './support/test-person.js';
import type { Json, TestPerson } from './support/test-person.js';

// The hub is A, the one who is reported on B, the one who reports on C.
const [A, B, C, E] = ['a.test', 'b.test', 'c.test', 'e.test'] as const;
const { network, alice, bob, carol, dave } = await makeStage(t, { alice: A, bob: B, carol: C, dave: C }, [E]);
const hub = makeRowHub(t, alice.provider);
const evil = await HostilePeer.start(network, E);
t.teardown(() => evil.stop());
const room = String((await alice.call('POST', '/rooms', { title: 'group', requestKey: 'group' }))['room']);
for (const person of [bob, carol]) {
  await alice.call('POST', `/rooms/${room}/invites`, { address: person.address });
  await person.acceptFrom(alice.address);
}
const stream = carol.openStream();
t.teardown(() => stream.close());

const statesOf = (report: Json | undefined): Json =>
  Object.fromEntries(((report?.['copies'] ?? []) as Json[]).map(({ provider, state }) => [String(provider), state]));
const reportsOf = async (who: TestPerson): Promise<Json[]> => (await who.call('GET', '/reports'))['reports'] as Json[];
const untilStates = (id: unknown, wanted: Json): Promise<unknown> =>
  until(
    async () => {
      const report = (await reportsOf(carol)).find((one) => one['id'] === id);
      return JSON.stringify(statesOf(report)) === JSON.stringify(wanted);
    },
    `the states ${JSON.stringify(wanted)}`,
  );
const receivedBy = (domain: string): Promise<Json[]> =>
  askDatabase(network, domain, {
    text: 'SELECT hash, sender, reason, jws, evidence FROM reports_received ORDER BY at',
  });

const { id: event, seq } = await bob.say(room, 'buy my pills');
await until(async () => (await carol.events(room)).some((one) => one['id'] === event), 'the message on C');
const wanted = { room, event, reason: 'spam', note: 'again and again' };

await t.test('PV-REP-009 a report goes to the hub, to the sender’s provider and to one’s own', async (t) => {
  t.equal(await dave.refusal('POST', '/reports', wanted), 'unknown-room', 'nobody reports what they cannot see');
  t.equal(await carol.refusal('POST', '/reports', { ...wanted, reason: 'boring' }), 'bad-request');
  t.equal(await carol.refusal('POST', '/reports', { reason: 'spam' }), 'bad-request');
  const report = await carol.call('POST', '/reports', wanted);
  await hub.disturb();
  t.match(report, { sender: bob.address, room, reason: 'spam' });
  await untilStates(report['id'], { [A]: 'received', [B]: 'received', [C]: 'received' });
  t.ok(await stream.find((frame) => frame['t'] === 'report' && frame['id'] === report['id']), 'the stream tells it');
  t.equal((await carol.call('POST', '/reports', wanted))['id'], report['id'], 'again it is the same');
  for (const domain of [A, B, C]) {
    const received = await receivedBy(domain);
    t.match(received, [{ sender: bob.address, reason: 'spam' }], domain);
    t.notOk(JSON.stringify(received).includes(carol.address), 'it does not say who reports');
  }
  const kept = await askDatabase(network, C, { text: 'SELECT evidence FROM reports' });
  t.same(kept, [{ evidence: null }], 'PV-REP-012 the reporting provider has erased its copy of the content');
});

await t.test('PV-REP-010, PV-REP-011 what the receivers decide is seen by who reported it', async (t) => {
  const [onB] = await receivedBy(B);
  const [onA] = await receivedBy(A);
  t.match(await runPayvand(network, B, ['reports', 'show', String(onB?.['hash'])]), /buy my pills/);
  await runPayvand(network, B, ['reports', 'decide', String(onB?.['hash']), 'acted']);
  await runPayvand(network, A, ['reports', 'decide', String(onA?.['hash']), 'declined']);
  await hub.disturb();
  const [report] = await reportsOf(carol);
  await untilStates(report?.['id'], { [A]: 'declined', [B]: 'acted', [C]: 'received' });
  t.same(await reportsOf(dave), [], 'and by nobody else');
});

await t.test('PV-REP-006 a contact request is reported with the letter as evidence', async (t) => {
  await bob.call('POST', '/contacts', { address: dave.address, intro: 'pills?', requestKey: 'pills' });
  const request = await until(async () => {
    const { requests } = await dave.call('GET', '/requests');
    return (requests as Json[])[0];
  }, 'the request');
  const { id } = await dave.call('POST', '/reports', { request: request['id'], reason: 'spam' });
  await hub.disturb();
  await until(async () => {
    const [report] = await reportsOf(dave);
    return JSON.stringify(statesOf(report)) === JSON.stringify({ [B]: 'received', [C]: 'received' });
  }, 'the states');
  t.ok(id);
  t.equal(await carol.refusal('POST', '/reports', { request: request['id'], reason: 'spam' }), 'not-found');
  const counts = await askDatabase(network, C, {
    text: `SELECT contacts_reported AS reported FROM providers WHERE domain = '${B}'`,
  });
  t.same(counts, [{ reported: 2 }], 'PV-LIM-011 both count against B');
});

await t.test('PV-REP-007, PV-REP-008 what is not shown is not taken', async (t) => {
  await hub.disturb();
  const [kept] = await receivedBy(A);
  const body = { report: String(kept?.['jws']), evidence: JSON.parse(String(kept?.['evidence'])) as Json };
  const attack = (sent: Json): Promise<Answer> =>
    until(async () => {
      const answer = await evil.ask(A, 'report', sent);
      return answer.json['code'] !== 'unknown-peer' && answer;
    }, 'the hostile provider to be known');
  const before = (await receivedBy(A)).length;
  t.match((await attack(body)).json, { code: 'wrong-origin' }, 'the report of another provider');
  const made = (changes: { to?: string; sender?: string }): string =>
    evil.report({ to: A, sender: bob.address, item: String(event).slice(1), ...changes });
  t.match((await attack({ report: 'x', evidence: body.evidence })).json, { code: 'bad-report' });
  t.match((await attack({ ...body, report: made({ to: B }) })).json, { code: 'bad-report' });
  t.match(
    (await attack({ ...body, report: made({ sender: alice.address }) })).json,
    { code: 'bad-report' },
    'somebody else’s words',
  );
  const { record } = body.evidence as { record: Json };
  const forged = {
    ...body.evidence,
    record: { ...record, content: '{"salt":"AAAAAAAAAAAAAAAAAAAAAA","text":"worse"}' },
  };
  t.match((await attack({ report: made({}), evidence: forged })).json, { code: 'bad-report' }, 'other words');
  const unsealed = { ...body.evidence, headers: [], record: { ...record, seq: Number(seq) + 1 } };
  t.match((await attack({ report: made({}), evidence: unsealed })).json, { code: 'bad-report' }, 'another place');
  t.equal((await receivedBy(A)).length, before, 'nothing of it is kept');
  t.match(
    (await attack({ report: made({}), evidence: body.evidence })).json,
    { state: 'received' },
    'what is shown is taken',
  );
  const decision = { decisions: [{ report: String(kept?.['hash']), state: 'acted' }] };
  const onC = (): Promise<Answer> => evil.ask(C, 'report', decision);
  await until(async () => (await onC()).status === 200, 'an answer');
  const [report] = await reportsOf(carol);
  t.match(statesOf(report), { [A]: 'declined' }, 'nobody decides for another');
});
