import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Json } from './api-client.js';
import { CommandError } from './command.js';
import type { Command, CommandContext } from './command.js';
import { DemoPerson, DemoStage, isolate, textOf } from './demo-stage.js';
import { createLocalNetwork } from './local-network.js';
import type { LocalNetwork } from './local-network.js';
import { listenToStop } from './stop-signals.js';

const SOROUSH = 'soroush.test';
const EITAA = 'eitaa.test';
const FAMILY = 'family.test';
const PASSWORD = 'payvand demo';
const program = fileURLToPath(new URL('../../bin/payvand.js', import.meta.url));

/** The people of the first two providers. */
interface Pair {
  readonly sara: DemoPerson;
  readonly ali: DemoPerson;
}

interface Cast extends Pair {
  readonly maryam: DemoPerson;
}

export const demo: Command = {
  settings: [],
  flags: {
    once: { sentence: 'end after the last step instead of staying up' },
    kill: { sentence: 'kill -9 providers in the middle, and show that nothing is lost' },
  },
  details: [
    'Starts three providers on this machine, each with its own domain, certificate, keys, database and process, and lets',
    'people on them talk. Every line that is printed comes from an answer or a live stream; a step that does not happen',
    'ends the demo with exit code 1.',
  ].join('\n'),
  run: runDemo,
};

async function runDemo({ flags, output }: CommandContext): Promise<void> {
  const stop = listenToStop({ onFirst: () => output.progress('payvand: stopping'), force: () => process.exit(130) });
  const stage = new DemoStage(output);
  const network = await createLocalNetwork({ domains: [SOROUSH, EITAA, FAMILY] });
  try {
    const cast = await Promise.race([play({ network, stage, withKills: flags['kill'] !== undefined }), stop.stopped]);
    if (cast !== undefined && flags['once'] === undefined) {
      explainHowToJoin(network, output);
      await stop.stopped;
    }
    for (const person of cast === undefined ? [] : Object.values(cast)) (person as DemoPerson).leave();
  } finally {
    await network.stop();
    stop.close();
  }
}

interface Play {
  readonly network: LocalNetwork;
  readonly stage: DemoStage;
  readonly withKills: boolean;
}

async function play({ network, stage, withKills }: Play): Promise<Cast> {
  stage.title('Two providers, strangers to each other');
  const [sara, ali] = await Promise.all([
    open(stage, network, { domain: SOROUSH, localpart: 'sara', name: 'سارا' }),
    open(stage, network, { domain: EITAA, localpart: 'ali', name: 'علی' }),
  ]);
  const dm = await meet(stage, { sara, ali });
  stage.title('A third one joins them');
  const maryam = await open(stage, network, { domain: FAMILY, localpart: 'maryam', name: 'Maryam' });
  const cast: Cast = { sara, ali, maryam };
  const group = await gather(stage, cast);
  if (withKills) await survive({ network, stage, cast, dm, group });
  await prove({ network, stage, room: group });
  return cast;
}

/** A provider that did not exist before, and the first person on it. */
async function open(
  stage: DemoStage,
  network: LocalNetwork,
  person: { domain: string; localpart: string; name: string },
): Promise<DemoPerson> {
  const { domain } = person;
  await network.provider(domain).start();
  const { port } = network.provider(domain);
  stage.tell(`${domain} is up on port ${port}`, { domain, port });
  const opened = await DemoPerson.signUp(network, { ...person, password: PASSWORD });
  stage.tell(`${isolate(opened.name)} is ${opened.address}`, { address: opened.address });
  return opened;
}

/** Two people of two providers: a request, its acceptance, a message each way. */
async function meet(stage: DemoStage, { sara, ali }: Pair): Promise<string> {
  stage.title('Two people on competing apps');
  const intro = 'سلام علی، سارا هستم';
  const asked = await sara.client.call('POST', '/contacts', {
    address: ali.address,
    intro,
    requestKey: 'demo-contact',
  });
  const room = String(asked['room']);
  const request = await ali.hears(
    (frame) => frame['t'] === 'request' && frame['by'] === sara.address,
    'the request arrives',
  );
  stage.tell(`${ali.address} is asked by ${String(request['by'])}: ${isolate(String(request['intro']))}`);
  await ali.client.call('POST', `/requests/${String(request['id'])}/accept`);
  await sara.hears((frame) => frame['type'] === 'member' && frame['sender'] === ali.address, 'the contact is accepted');
  stage.tell(`${ali.address} accepted`);
  await relay(stage, { from: sara, to: [ali], room, text: 'به پیوند خوش آمدی!' });
  await relay(stage, { from: ali, to: [sara], room, text: 'Hello from the other app' });
  return room;
}

/** A group over all three, with what people expect of one. */
async function gather(stage: DemoStage, { sara, ali, maryam }: Cast): Promise<string> {
  stage.title('A group over three providers');
  const made = await maryam.client.call('POST', '/rooms', { title: 'خانواده · Family', requestKey: 'demo-group' });
  const room = String(made['room']);
  for (const guest of [sara, ali]) {
    await maryam.client.call('POST', `/rooms/${room}/invites`, { address: guest.address });
    const invite = await guest.hears(
      (frame) => frame['t'] === 'request' && frame['by'] === maryam.address,
      'the invitation arrives',
    );
    await guest.client.call('POST', `/requests/${String(invite['id'])}/accept`);
    await maryam.hears(
      (frame) => frame['type'] === 'member' && frame['sender'] === guest.address && frame['room'] === room,
      'they join',
    );
    stage.tell(`${guest.address} joined ${isolate('خانواده · Family')}`);
  }
  const sent = await relay(stage, { from: maryam, to: [sara, ali], room, text: 'شام جمعه خانهٔ ما' });
  const target = String(sent['id']);
  await ali.send(room, 'reaction', { content: { emoji: '❤️' }, rel: [['react', target]] });
  await maryam.hears(
    (frame) => frame['type'] === 'reaction' && frame['sender'] === ali.address,
    'the reaction arrives',
  );
  stage.tell(`${ali.address} reacted ❤️`);
  await maryam.send(room, 'message.edit', { content: { text: 'شام شنبه خانهٔ ما' }, rel: [['edit', target]] });
  await sara.hears(
    (frame) => frame['type'] === 'message.edit' && textOf(frame) === 'شام شنبه خانهٔ ما',
    'the edit arrives',
  );
  stage.tell(`${maryam.address} edited it: ${isolate('شام شنبه خانهٔ ما')}`);
  return room;
}

interface Relay {
  readonly from: DemoPerson;
  readonly to: readonly DemoPerson[];
  readonly room: string;
  readonly text: string;
}

/** One message; told when everyone who should get it has it. */
async function relay(stage: DemoStage, { from, to, room, text }: Relay): Promise<Json> {
  const sent = await from.say(room, text);
  for (const person of to) await person.hearsText(text);
  const place = sent['status'] === 'ordered' ? `seq ${String(sent['seq'])}` : String(sent['status']);
  stage.tell(`${from.address} → ${to.map(({ address }) => address).join(', ')}: ${isolate(text)}  (${place})`);
  return sent;
}

/** Kills the follower, then the hub, without warning. */
async function survive({
  network,
  stage,
  cast,
  dm,
  group,
}: Omit<Play, 'withKills'> & { cast: Cast; dm: string; group: string }): Promise<void> {
  stage.title('Providers die in the middle');
  const { sara, ali, maryam } = cast;
  await network.provider(EITAA).kill();
  await sara.say(dm, 'این پیام منتظر می‌ماند');
  stage.tell(`${EITAA} was killed; ${sara.address} wrote all the same`);
  await network.provider(EITAA).start();
  await ali.hearsText('این پیام منتظر می‌ماند');
  stage.tell(`${EITAA} is back and ${ali.address} has the message`);
  await network.provider(FAMILY).kill();
  const late = await sara.say(group, 'Is anyone there?');
  stage.require(late['status'] === 'pending', 'a message to a dead hub is pending');
  stage.tell(`${FAMILY}, the hub of the group, was killed; the message of ${sara.address} is pending`);
  await network.provider(FAMILY).start();
  await Promise.all([ali.hearsText('Is anyone there?'), maryam.hearsText('Is anyone there?')]);
  stage.tell(`${FAMILY} is back; everyone has it, once`);
}

/** Every provider's copy of the group proves the same, without asking anyone. */
async function prove({
  network,
  stage,
  room,
}: {
  network: LocalNetwork;
  stage: DemoStage;
  room: string;
}): Promise<void> {
  stage.title('Anyone can check');
  for (const domain of [FAMILY, SOROUSH]) {
    const { dataDir } = network.provider(domain);
    const file = join(network.folder, `${domain}.room.jsonl`);
    await run(['export-room', room, '--data-dir', dataDir, '--out', file]);
    await run(['verify', file]);
    stage.tell(`the copy of the group at ${domain} verifies offline`, { file });
  }
}

async function run(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (part: Buffer) => (said += part.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new CommandError('step-failed', `payvand ${args.join(' ')} ended with ${code}: ${said.trim()}`);
}

function explainHowToJoin(network: LocalNetwork, output: CommandContext['output']): void {
  const { url } = network.provider(SOROUSH);
  output.print();
  output.print('All of it stays up until Ctrl-C. Talk with them from another terminal:');
  output.print();
  for (const [localpart, domain] of [
    ['sara', SOROUSH],
    ['ali', EITAA],
    ['maryam', FAMILY],
  ] as const) {
    const port = network.provider(domain).port;
    output.print(
      `  node server/bin/payvand.js chat ${localpart}@${domain} --at 127.0.0.1:${port} --ca ${join(network.folder, 'ca.pem')}`,
    );
  }
  output.print();
  output.print(`The password of each is: ${PASSWORD}`);
  output.result({ event: 'ready', url, ca: join(network.folder, 'ca.pem'), password: PASSWORD });
}
