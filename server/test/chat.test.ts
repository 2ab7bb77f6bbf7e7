import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { ChatScreen, quote } from '../src/cli/chat-screen.js';
import type { World } from '../src/cli/command.js';
import { describeEvent } from '../src/cli/describe-event.js';
import { createTestNetwork } from './support/test-network.js';
import type { TestNetwork } from './support/test-network.js';
import { makeStage } from './support/stage.js';
import { until } from './support/test-person.js';
import type { Json } from './support/test-person.js';

const program = fileURLToPath(new URL('../bin/payvand.js', import.meta.url));

t.test('two people chat in terminals across providers', { timeout: 120_000 }, async (t) => {
  const { network } = await makeStage(t, { alice: 'a.test', bob: 'b.test' });

  const alice = openChat(network, 'alice@a.test');
  const bob = openChat(network, 'bob@b.test');
  t.teardown(() => [alice, bob].forEach(({ child }) => child.kill()));
  alice.type('/dm bob@b.test');
  await bob.reads('asks for contact');
  bob.type('/accept 1');
  await alice.reads('bob@b.test⁩  joined');
  alice.type('سلام باب، خوبی؟');
  await bob.reads('⁨alice@a.test⁩  ⁨سلام باب، خوبی؟⁩');
  bob.type('fine, thanks');
  await alice.reads('fine, thanks');

  alice.type('/poll چای؟ | بله | نه');
  await bob.reads('📊 ⁨چای؟⁩ 1 ⁨بله⁩  2 ⁨نه⁩');
  bob.type('/vote 2');
  await alice.reads('📊 ⁨بله⁩ 0  ⁨نه⁩ 1');

  bob.type('/timer 1d');
  await alice.reads('⁨bob@b.test⁩  set the room: messages disappear after 86400 s');
  bob.type('/timer off');
  await alice.reads('set the room: messages stay');
  bob.type('/pin-message');
  await alice.reads('⁨bob@b.test⁩  changed the pins');
  alice.type('/pins');
  await alice.reads('📌 ⁨alice@a.test⁩  📊 ⁨چای؟⁩');

  await network.provider('a.test').kill();
  bob.type('are you there?');
  await bob.reads('… ⁨are you there?⁩  waits for the hub of the room');
  await network.provider('a.test').start();
  await bob.reads('✓ ⁨bob@b.test⁩  ⁨are you there?⁩');

  bob.type('/name باب');
  await bob.reads('You are called ⁨باب⁩ now.');
  bob.type('/mute 8');
  await bob.reads('Muted for 8 hours.');
  bob.type('/draft see you tomorrow');
  await bob.reads('Kept.');
  bob.type('/nonsense');
  await bob.reads('/nonsense is no command');
  bob.type('/quit');
  const [code] = (await once(bob.child, 'exit')) as [number | null];
  t.equal(code, 0);
});

t.test('who keeps order in a group does so in a terminal', { timeout: 120_000 }, async (t) => {
  const { network, ...people } = await makeStage(t, { alice: 'a.test', bob: 'b.test', carol: 'b.test' });
  const alice = openChat(network, 'alice@a.test');
  const bob = openChat(network, 'bob@b.test');
  t.teardown(() => [alice, bob].forEach(({ child }) => child.kill()));
  await alice.reads('You are alice@a.test');
  alice.type('/group Friends');
  await alice.reads('— ⁨Friends⁩ —');
  alice.type('/invite bob@b.test');
  await bob.reads('invites you to a group');
  bob.type('/accept 1');
  await alice.reads('bob@b.test⁩  joined');
  for (const word of ['one', 'two']) bob.type(`noise ${word}`);
  await alice.reads('noise two');

  const carol = openChat(network, 'carol@b.test');
  t.teardown(() => carol.child.kill());
  await carol.reads('You are carol@b.test');
  alice.type('/alias friends');
  await alice.reads('This room is ⁨#friends@a.test⁩ now.');
  carol.type('/look #friends@a.test');
  await carol.reads('(not-found)');
  const { rooms } = await people.alice.call('GET', '/rooms');
  await people.alice.call('PUT', `/rooms/${String((rooms as Json[])[0]?.['room'])}/settings`, { preview: true });
  carol.type('/look #friends@a.test');
  await carol.reads('⁨Friends⁩  (2 people, at ⁨a.test⁩)');
  alice.type('/link approve');
  const link = await alice.finds(/https:\/\/a\.test\/join#[\w-]{22}/);
  carol.type(`/join ${link} from class`);
  await carol.reads('You asked ⁨alice@a.test⁩ to be let into ⁨Friends⁩');
  await alice.reads('⁨carol@b.test⁩ asks to be let into a group: ⁨from class⁩');
  alice.type('/accept 1');
  await carol.reads('invites you to a group');
  carol.type('/accept 1');
  await bob.reads('carol@b.test⁩  joined');
  alice.type('/unlink 1');
  await alice.reads('That link lets nobody in any more.');

  bob.type('/delete alice@a.test');
  await bob.reads('(no-right)');
  bob.type('/slow 1h');
  await bob.reads('(no-right)');
  alice.type('/delete bob@b.test 2');
  await alice.reads('2 deleted.');
  await bob.reads('⁨alice@a.test⁩  deleted a message');
  alice.type('/slow 1h');
  await bob.reads('one message in 3600 s');
  bob.type('one of two');
  await alice.reads('one of two');
  bob.type('too soon');
  await bob.reads('(slow-mode)');
  alice.type('/restrict bob@b.test send,react 2h');
  await alice.reads('⁨bob@b.test⁩ is restricted.');
  alice.type('/restrict bob@b.test off');
  await alice.reads('⁨bob@b.test⁩ has them back.');
  alice.type('/deny b.test');
  await alice.reads('⁨alice@a.test⁩  keeps out all of ⁨b.test⁩');
  alice.type('/audit');
  await alice.reads('message.delete ⁨2 of bob@b.test⁩');
  await alice.reads('room.deny ⁨b.test⁩ ⁨{"denied":true}⁩');
  alice.type('/allow b.test');
  await alice.reads('⁨b.test⁩ may come in again.');
});

t.test('a wrong password and a dead provider are told apart', { timeout: 60_000 }, async (t) => {
  const network = await createTestNetwork({ domains: ['a.test', 'b.test'] });
  t.teardown(() => network.stop());
  await network.provider('a.test').start();
  const wrong = openChat(network, 'nobody@a.test');
  t.match(await wrong.ends(), { code: 1, said: /wrong-credentials/ });
  const dead = openChat(network, 'nobody@b.test');
  t.match(await dead.ends(), { code: 1, said: /unreachable/ });
});

t.test('incoming text leaves the line that is being typed as it was', async (t) => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin });
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  let drawn = '';
  stdout.on('data', (part: Buffer) => (drawn += part.toString()));
  const screen = new ChatScreen({ stdin, stdout } as unknown as World, false);
  const lines = screen.lines();
  const first = lines.next();
  stdin.write('half a thou');
  await new Promise((resolve) => setImmediate(resolve));
  drawn = '';
  screen.show('bob  hello', {});
  t.match(drawn, /\r\u001b\[Kbob {2}hello\n/, 'the line is cleared and the text stands alone');
  t.match(drawn.slice(drawn.indexOf('hello')), /> half a thou/, 'what was typed is drawn again');
  stdin.write('ght\r');
  t.equal((await first).value, 'half a thought', 'and is sent whole');
  screen.close();
});

t.test('the words of others cannot steer a terminal', (t) => {
  t.equal(quote('a\u001b[2Jb\u202ec\u2066d\n'), '\u2068a [2Jb c d \u2069');
  t.end();
});

t.test('what is in a message is shown in one line that keeps its direction', (t) => {
  const shows = (content: object, more: object = {}) =>
    describeEvent({ type: 'message', sender: 'bob@b.test', content, ...more })?.replace('⁨bob@b.test⁩  ', '');
  const marked = (type: string, more: object = {}) => ({
    text: 'سلام دنیا',
    entities: [{ type, offset: 5, length: 4, ...more }],
  });
  t.equal(shows(marked('bold')), '⁨سلام دنیا⁩');
  t.equal(shows(marked('spoiler')), '⁨سلام ▒▒▒▒⁩');
  t.equal(shows(marked('link', { url: 'https://b.test/x' })), '⁨سلام دنیا⁩ [⁨https://b.test/x⁩]');
  t.equal(
    shows({ text: 'ab', entities: [{ type: 'spoiler', offset: 1, length: 9 }] }),
    '⁨ab⁩',
    'wrong ones are not read',
  );
  t.equal(shows({ text: 'هیس', silent: true }), '⁨هیس⁩ (silent)');
  t.equal(
    shows({ text: 'بلیت', topic: { title: 'سفر' } }, { effects: { thread: { count: 2 } } }),
    '# ⁨سفر⁩: ⁨بلیت⁩ (2 in its thread)',
  );
  t.equal(shows({ text: 'من هم' }, { rel: [['thread', 'e']] }), '↳ ⁨من هم⁩');
  const location = { lat: 356_892_000, lon: -513_890_000, accuracy: 5, title: 'دفتر' };
  t.equal(shows({ alt: 'x', location }), '📍 ⁨دفتر⁩ 35.68920, -51.38900 ±5 m');
  t.equal(shows({ alt: 'x', contact: { name: 'علی', phone: '+9821' } }), '👤 ⁨علی⁩ ⁨+9821⁩');
  t.equal(shows({ alt: 'چیز دیگر', later: {} }), '⁨چیز دیگر⁩');
  const poll = { question: 'چای؟', options: ['بله', 'نه'], anonymous: true };
  t.equal(shows({ alt: 'x', poll }), '📊 ⁨چای؟⁩ (anonymous) 1 ⁨بله⁩  2 ⁨نه⁩');
  t.equal(shows({}), '(gone)');
  t.end();
});

interface Chat {
  readonly child: ReturnType<typeof spawn>;
  type(line: string): void;
  reads(text: string): Promise<void>;
  finds(pattern: RegExp): Promise<string>;
  ends(): Promise<{ code: number | null; said: string }>;
}

function openChat(network: TestNetwork, address: string): Chat {
  const [localpart = '', domain = ''] = address.split('@');
  const { NODE_OPTIONS, ...env } = process.env;
  const place = ['--at', `127.0.0.1:${network.provider(domain).port}`, '--ca', join(network.folder, 'ca.pem')];
  const child = spawn(process.execPath, [program, 'chat', address, ...place], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (part: Buffer) => (said += part.toString()));
  child.stderr.on('data', (part: Buffer) => (said += part.toString()));
  child.stdin.write(`password of ${localpart}\n`);
  return {
    child,
    type: (line) => void child.stdin.write(`${line}\n`),
    async reads(text) {
      const what = (): string => `${address} reading “${text}”; it said:\n${said}`;
      await until(() => Promise.resolve(said.includes(text)), text, 30_000).catch(() => t.fail(what()));
    },
    finds: (pattern) => until(() => Promise.resolve(pattern.exec(said)?.[0]), String(pattern)),
    async ends() {
      const [code] = (await once(child, 'exit')) as [number | null];
      return { code, said };
    },
  };
}
