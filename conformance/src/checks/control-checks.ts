import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { bodyFor, operationNames } from '../control/control.js';
import type { Control } from '../control/control.js';
import { headerOf } from '../formats/record.js';
import type { SealedHead } from '../formats/head.js';
import { problem as refuse } from '../network/reply.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { describe, isProblem, listOf, mustBe, problem } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { control as controlled, must } from '../run/verdict.js';
import { sleep, until } from '../run/wait.js';
import { joinGroup, openGroup } from '../stage/group-stage.js';
import type { GroupStage } from '../stage/group-stage.js';
import { answerPushes } from '../stage/member-room.js';

const common = { area: 'control', tier: 'T2', profile: 'control' } as const;
const DEADLINE_MS = 30_000;
const SLOW_MS = 2500;
const ABSENT = `r${'A'.repeat(43)}`;

interface Controlled extends GroupStage {
  readonly control: Control;
}

async function open(run: Run): Promise<Controlled> {
  const { control } = run;
  return { ...(await openGroup(run)), control };
}

const secrets: readonly (readonly [name: string, token: string | null])[] = [
  ['no-secret', null],
  ['another-secret', 'another secret of that length'],
  ['empty-secret', ''],
];

/** Control: the secret opens. Then none does, whatever is asked. */
const secretChecks: Check<Controlled>[] = secrets.map(([name, token]) => ({
  ...titleOf(common, { name, covers: ['PV-CTL-003'], isHostile: true }),
  async run({ control }) {
    await controlled('the secret', async () => await control.call('describe', {}));
    for (const operation of ['describe', 'make-account', 'no-such-operation'])
      mustBe(await control.ask(operation, {}, { token }), problem('bad-token'));
    await control.call('describe', {});
  },
}));

const formChecks: Check<Controlled>[] = [
  {
    ...titleOf(common, { name: 'operations', covers: ['PV-CTL-005', 'PV-CTL-009'] }),
    async run({ control }) {
      const { operations } = await control.call('describe', {});
      for (const name of ['describe', 'make-account', 'view-account', 'send', 'view-room', 'read-log', 'drain'])
        must(operations.includes(name), `${name} to be offered`, operations);
      for (const name of [...operationNames, 'no-such-operation', 'Describe']) {
        const answer = await control.ask(name, {}, { text: '[]' });
        const isRefused = problem('unsupported').fits(answer);
        must(isRefused !== operations.includes(name), `${name} as describe tells`, describe(answer));
      }
    },
  },
  {
    ...titleOf(common, { name: 'bodies-without-sense', covers: ['PV-CTL-004'], isHostile: true }),
    async run({ control }) {
      await controlled('an operation', async () => await control.call('describe', {}));
      for (const text of ['', '[]', '"x"', '{"as":', '{"as":"a@b.c","as":"b@b.c"}', '{}', '{"as":7}']) {
        const answer = await control.ask('view-account', {}, { text });
        must(isProblem(answer) && answer.status < 500, 'a problem', describe(answer));
      }
      await control.call('describe', {});
    },
  },
  {
    ...titleOf(common, { name: 'only-on-loopback', covers: ['PV-CTL-002'], isHostile: true }),
    async run({ control, run }) {
      const { hostname, port } = new URL(control.url);
      must(isLoopback(hostname), 'controls at a loopback address', hostname);
      must(isLoopback(run.target.place.address), 'a server at a loopback address', run.target.place.address);
      for (const address of ownAddresses()) must(!(await answers(address, Number(port))), `nobody at ${address}`, port);
    },
  },
  {
    ...titleOf(common, { name: 'for-nobody', covers: ['PV-CTL-006'], isHostile: true }),
    async run({ control, owner, room, run }) {
      await controlled('for somebody', async () => await control.call('view-account', { as: owner.address }));
      const nobody = `nobody-here@${run.target.domain}`;
      for (const [name, body] of Object.entries(bodyFor(nobody, room.room)))
        if (control.offers(name)) mustBe(await control.ask(name, body), problem('not-found'));
      await room.fence();
    },
  },
  {
    ...titleOf(common, { name: 'rooms-of-others', covers: ['PV-CTL-007'], isHostile: true }),
    async run({ control, owner, room, run }) {
      await controlled(
        'a room of ones own',
        async () => await control.call('view-room', { as: owner.address, room: room.room }),
      );
      const { address } = await run.users.make();
      for (const hidden of [room.room, ABSENT])
        for (const name of ['send', 'change-room', 'view-room', 'read-log'])
          if (control.offers(name))
            mustBe(await control.ask(name, bodyFor(address, hidden)[name as 'send'] ?? {}), problem('unknown-room'));
      await room.fence();
    },
  },
];

const actChecks: Check<Controlled>[] = [
  {
    ...titleOf(common, { name: 'the-same-rules', covers: ['PV-CTL-008', 'PV-CLI-020'], isHostile: true }),
    async run({ control, owner, run }) {
      const other = await run.users.make();
      const room = await owner.createGroup('rules');
      await owner.invite(room, other.address);
      const request = await until(
        async () => (await other.requests()).find((one) => one.room === room),
        'the invitation to be shown',
      );
      await other.answer(request.id, 'accept');
      const base = { as: other.address, room, key: 'k', type: 'message', content: { text: 'first' } };
      const first = await controlled('a message', async () => await control.call('send', base));
      must((await control.call('send', base)).id === first.id, 'the same event under the same key', first);
      mustBe(await control.ask('send', { ...base, content: { text: 'second' } }), problem('key-reused'));
      for (const odd of [{ content: {} }, { content: { text: 7 } }, { type: 'room.info', content: { title: 'x' } }])
        mustBe(await control.ask('send', { ...base, key: 'other', ...odd }), problem('bad-request'));
      const title = { as: other.address, room, change: 'title', value: 'mine' };
      if (control.offers('change-room')) mustBe(await control.ask('change-room', title), problem('no-right'));
      const said = (await owner.events(room)).filter(({ type }) => type === 'message');
      must(said.length === 1, 'one message', said);
    },
  },
  {
    ...titleOf(common, { name: 'agrees-with-the-wire', covers: ['PV-CTL-004', 'PV-CTL-008', 'PV-CTL-010'] }),
    async run({ control, owner, peer, room }) {
      const { id } = await owner.say(room.room, 'seen on the wire');
      const { quiet } = await control.call('drain', { deadlineMs: DEADLINE_MS });
      must(quiet, 'quiet', 'not quiet');
      must(
        [...room.log.values()].some((record) => headerOf(record).event === id),
        'the event to have been pushed when the server is quiet',
      );
      const page = peer.received
        .filter(({ verb }) => verb === 'push')
        .flatMap(({ body }) => listOf(body['rooms']))
        .findLast((one) => one['room'] === room.room);
      const { head } = (page?.['sealed'] as SealedHead | undefined) ?? {};
      const shown = await control.call('view-room', { as: owner.address, room: room.room });
      must(
        shown.head.join() === [head?.epoch, head?.seq, head?.hash].join() && shown.state === head?.state,
        'the head that was sealed',
        shown,
      );
      must(
        shown.members.some(({ address }) => address === room.person),
        'the member of the suite',
        shown.members,
      );
    },
  },
];

const drainChecks: Check<Controlled>[] = [
  {
    ...titleOf(common, { name: 'drain-waits-for-answers', covers: ['PV-CTL-010', 'PV-CTL-012'] }),
    async run({ control, owner, peer, room }) {
      await controlled('rest', async () => await control.call('drain', { deadlineMs: DEADLINE_MS }));
      const honest = peer.answers.get('push');
      const answered: number[] = [];
      const isAnswered = (): boolean => answered.length > 0;
      peer.answers.set('push', async (body) => {
        await sleep(SLOW_MS);
        answered.push(Date.now());
        return (await honest?.(body)) ?? refuse(500, 'internal');
      });
      await owner.say(room.room, 'slowly taken');
      const early = await control.call('drain', { deadlineMs: 300 });
      must(!early.quiet && !isAnswered(), 'not quiet while a push is not answered', early);
      const late = await control.call('drain', { deadlineMs: DEADLINE_MS });
      must(late.quiet && isAnswered(), 'quiet once it is answered', late);
      if (honest !== undefined) peer.answers.set('push', honest);
    },
  },
  {
    ...titleOf(common, { name: 'drain-names-who-is-waited-for', covers: ['PV-CTL-010', 'PV-CTL-011'] }),
    async run(stage) {
      const { control, owner, run } = stage;
      const name = await owner.createGroup('waiting');
      const [good, bad] = [await follower(stage, name), await follower(stage, name)];
      await controlled('rest', async () => await control.call('drain', { deadlineMs: DEADLINE_MS }));
      const honest = bad.peer.answers.get('push');
      bad.peer.answers.set('push', () => refuse(500, 'internal'));
      await owner.say(name, 'refused by one');
      const { quiet, waiting } = await control.call('drain', { deadlineMs: DEADLINE_MS });
      must(quiet && waiting.includes(bad.peer.domain), 'quiet, waiting for the one', { quiet, waiting });
      must(!waiting.includes(good.peer.domain), 'not waiting for the other', waiting);
      must(!waiting.includes(run.target.domain), 'not waiting for itself', waiting);
      if (honest !== undefined) bad.peer.answers.set('push', honest);
      await until(
        async () => !(await control.call('drain', { deadlineMs: DEADLINE_MS })).waiting.includes(bad.peer.domain),
        'nothing to wait for',
        DEADLINE_MS,
      );
      must(bad.joined.log.size > 0, 'the message to have come', bad.joined.log.size);
    },
  },
  {
    ...titleOf(common, { name: 'drain-of-more-than-a-minute', covers: ['PV-CTL-012'], isHostile: true }),
    async run({ control }) {
      await controlled('rest', async () => await control.call('drain', { deadlineMs: 60_000 }));
      mustBe(await control.ask('drain', { deadlineMs: 60_001 }), problem('bad-request'));
    },
  },
  {
    ...titleOf(common, { name: 'discover', covers: ['PV-CTL-013'] }),
    async run({ control, run }) {
      const peer = await run.makeKnownPeer();
      const before = peer.documentRequests;
      let version = Date.now() + 1000;
      for (let time = 1; time <= 2; time += 1) {
        version += 1;
        const document = peer.makeDocument({ version });
        peer.document = () => peer.documentReply(document);
        const told = await control.call('discover', { domain: peer.domain });
        must(told.version === version, `version ${version}`, told);
        must(peer.documentRequests === before + time, 'one fetch for each', peer.documentRequests - before);
      }
      const { domain } = await run.makePeer();
      const stranger = run.peers.find((one) => one.domain === domain);
      if (stranger !== undefined) stranger.document = () => refuse(500, 'internal');
      mustBe(await control.ask('discover', { domain }), problem('not-found'));
    },
  },
];

async function follower(
  { run, owner }: Controlled,
  room: string,
): Promise<{ peer: GroupStage['peer']; joined: GroupStage['room'] }> {
  const peer = await run.makeKnownPeer();
  const followed: GroupStage['followed'] = new Map();
  peer.answers.set('push', answerPushes(followed));
  return { peer, joined: await joinGroup({ run, peer, followed }, { owner, room }) };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || host.startsWith('127.');
}

function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.flatMap(({ address, internal, family }) => (internal || family !== 'IPv4' ? [] : [address]));
}

async function answers(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 });
    const end = (is: boolean) => (): void => {
      socket.destroy();
      resolve(is);
    };
    socket.on('connect', end(true)).on('error', end(false)).on('timeout', end(false));
  });
}

/** What makes the controls worth believing. Alone, because rest is rest of the whole server. */
export const controlLanes: readonly Lane[] = [
  makeLane({
    ...{ name: 'controls', open, isAlone: true },
    checks: [...secretChecks, ...formChecks, ...actChecks, ...drainChecks],
  }),
];
