import t from 'tap';
import { A, B, ClientGround } from '../fuzz/client-ground.js';
import { clientTargets } from '../fuzz/client-calls.js';
import { KnownValues } from '../fuzz/known-values.js';
import { RawCaller } from '../fuzz/raw-call.js';
import { fuzzOptions, runFuzz } from '../fuzz/run-fuzz.js';
import { Tally } from '../fuzz/tally.js';
import { Weight } from '../fuzz/weight.js';

const options = fuzzOptions();
const REFRESH_MS = 20_000;

t.test('made-up calls of the client API are answered as its document says', async (t) => {
  t.comment(`seed ${options.seed}, ${options.seconds} s, at most ${options.rate} calls a second`);
  const [known, tally] = [new KnownValues(), new Tally()];
  const network = await ClientGround.makeNetwork();
  t.teardown(() => network.stop());
  const ground = await ClientGround.open(network, known);
  const caller = new RawCaller(network);
  t.teardown(() => caller.close());
  const targets = clientTargets({ ground, known, tally, caller });
  const weights = await Promise.all([A, B].map((domain) => Weight.of(network.provider(domain))));
  const refreshing = setInterval(() => void ground.refresh().catch(() => undefined), REFRESH_MS);
  const findings = await runFuzz(targets, options).finally(() => clearInterval(refreshing));

  for (const line of tally.lines()) t.comment(line);
  t.comment(`${tally.calls} calls, the slowest took ${tally.slowestMs} ms`);
  t.same(findings, [], 'nothing is answered in another way than the document says');
  await ground.requireHealth();
  t.pass('an honest message still goes both ways');
  for (const weight of weights) {
    const { lines, tooMuch } = await weight.since(tally.calls);
    for (const line of lines) t.comment(line);
    t.same(tooMuch, [], 'memory and tables have not grown beyond what was sent');
  }
});
