import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { makeBundle, writeBundle } from '../src/bundles/bundle.js';
import type { Bundle } from '../src/bundles/bundle.js';
import { judgeBundle } from '../src/bundles/judge.js';
import { runCommand } from '../src/command-line.js';
import { makeEvent } from '../src/formats/event.js';
import { eventFault } from '../src/fuzz/oracle.js';
import { claimOf } from '../src/fuzz/run-fuzz.js';
import { openNetwork, prepareNetwork } from '../src/network/network-folder.js';
import { Recorder } from '../src/network/recorder.js';
import { Target } from '../src/network/target.js';
import { placeOf } from '../src/modes/parse-options.js';
import { resultsOf } from '../src/run/expectations.js';
import { Run } from '../src/run/run.js';
import { startArchetype } from './support/archetypes.js';
import { freePort } from './support/free-port.js';

const domain = 'liar.test';

/** A server that says "accepted" to an event whose time is over, and what the suite keeps of that. */
async function bundleOfLiar(folder: string): Promise<Bundle> {
  const network = join(folder, 'network');
  await prepareNetwork(network, { address: '127.0.0.1', port: await freePort(), target: domain });
  const liar = await startArchetype('accept-all', { domain, network });
  const opened = await openNetwork(network);
  const target = new Target({ url: `https://${domain}`, address: placeOf(liar.at), ca: opened.authority.cert });
  await target.meet();
  const run = new Run({ target, network: opened });
  const peer = await run.makePeer();
  const room = `r${'A'.repeat(43)}`;
  const { jws, content } = makeEvent(
    { type: 'message', room, sender: `mallory@${peer.domain}`, until: Date.now() - 3_600_000 },
    { text: 'too late' },
    peer.keys.event,
  );
  const item = { jws, content };
  const knowing = { from: peer.domain, now: Date.now(), statement: peer.statement.jws.text, room };
  const recorder = new Recorder();
  const body = { items: [item] };
  const answer = await recorder.within(async () => await peer.send('submit', body));
  await run.stop();
  await liar.stop();
  const reason = eventFault(item, knowing);
  const isTaken = (): boolean => resultsOf(answer).some(({ status }) => status === 'accepted');
  // Its answer is of no known shape, either; what is looked at here is that it was accepted.
  const shapeless = claimOf({ verb: 'submit', body, reason, subject: 'event', isTaken, knowing }, answer);
  if (shapeless === undefined) throw new Error('nothing is claimed');
  return makeBundle({
    ...{ source: 'fuzz-1-1', seed: 1, requirements: ['PV-RULE-008'], exchanges: recorder.exchanges },
    target: { domain, document: target.document.jws.text },
    peers: [{ domain: peer.domain, document: peer.makeDocument() }],
    claim: { ...shapeless, kind: 'accepted', expected: `a refusal, since ${reason}` },
  });
}

t.test('a bundle holds what is needed to judge it again, by anyone', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'payvand-bundles-'));
  t.teardown(async () => await rm(folder, { recursive: true, force: true }));
  const bundle = await bundleOfLiar(folder);
  t.match(judgeBundle(bundle), { verdict: 'upheld', reasons: [/accepted.*its time is over/] });
  t.same(
    bundle.sentences.map(({ id }) => id),
    ['PV-RULE-008'],
  );

  await t.test('it is dismissed when the event was honest', async (t) => {
    const { claim } = bundle;
    const [knowing] = [claim.knowing as { now: number }];
    const earlier = { ...claim.knowing, now: knowing.now - 7_200_000 } as Bundle['claim']['knowing'];
    const judged = judgeBundle({ ...bundle, claim: { ...claim, ...(earlier && { knowing: earlier }) } });
    t.match(judged, { verdict: 'dismissed', reasons: [/it may be accepted/] });
  });

  await t.test('it is dismissed when the request is not that of its peer', async (t) => {
    const [exchange] = bundle.exchanges;
    const sent = Buffer.from(exchange?.sent ?? '', 'base64')
      .toString('latin1')
      .replace(/content-digest: [^\r]+/, 'content-digest: sha-256=:AA==:');
    const exchanges = [
      { at: 0, got: '', end: 'answered', ...exchange, sent: Buffer.from(sent, 'latin1').toString('base64') },
    ];
    t.match(judgeBundle({ ...bundle, exchanges }), { verdict: 'dismissed', reasons: [/request 1 is not signed by/] });
  });

  await t.test('it is dismissed when the sentence has changed', async (t) => {
    const sentences = bundle.sentences.map((sentence) => ({ ...sentence, sha256: '0'.repeat(64) }));
    t.match(judgeBundle({ ...bundle, sentences }), { verdict: 'dismissed', reasons: [/PV-RULE-008/] });
  });

  await t.test('the command tells the verdict, and what is no bundle', async (t) => {
    const file = await writeBundle(join(folder, 'bundles'), bundle);
    const other = join(folder, 'other.json');
    await writeFile(other, '{}');
    let said = '';
    const streams = { out: (text: string) => void (said += text), progress: (text: string) => void (said += text) };
    t.equal(await runCommand(['judge', file], streams), 0);
    t.match(said, /^upheld /);
    t.equal(await runCommand(['judge', other], streams), 4);
  });
});
