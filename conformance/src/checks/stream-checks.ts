import type { Members } from '../formats/strict-json.js';
import { ask } from '../network/ask.js';
import { problem as refuse } from '../network/reply.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { sleep, until } from '../run/wait.js';
import { HubStage } from '../stage/hub-stage.js';
import { LiveStream } from '../stage/live-stream.js';
import { letIn, openPeople } from '../stage/people-stage.js';
import type { PeopleStage } from '../stage/people-stage.js';

const common = { area: 'stream', tier: 'T1', profile: 'client' } as const;

/** A stream of alice's, closed at the end. */
async function withStream(
  { run, alice }: PeopleStage,
  cursor: Members | null,
  use: (stream: LiveStream) => Promise<void>,
): Promise<void> {
  const stream = await control('a stream', async () => await LiveStream.open(run.target, await alice.logIn(), cursor));
  try {
    await use(stream);
  } finally {
    stream.close();
  }
}

const eventsOf = (stream: LiveStream, room: string): Members[] =>
  stream.frames.filter((frame) => frame['t'] === 'event' && frame['room'] === room);

const openingChecks: Check<PeopleStage>[] = [
  {
    ...titleOf(common, {
      name: 'opening',
      covers: ['PV-CLI-040', 'PV-STR-003', 'PV-STR-005', 'PV-STR-008', 'PV-STR-010', 'PV-STR-011'],
    }),
    async run(stage) {
      const { room } = stage;
      await withStream(stage, null, async (stream) => {
        const { frames } = stream;
        must(frames[0]?.['t'] === 'opened', 'opened first', frames[0]);
        must(!stream.line.isExtended, 'no extensions', 'an extension');
        const synced = frames.filter(({ t }) => t === 'synced');
        must(
          synced.length === 1 && typeof synced[0]?.['account'] === 'number',
          'synced once, with the position',
          synced,
        );
        const told = frames.find((frame) => frame['t'] === 'room' && frame['room'] === room.room);
        must(typeof told?.['from'] === 'number', 'the room, and from where on its records come', told);
        must(
          frames.some(({ t }) => t === 'me'),
          'what the account says of itself',
          frames.map(({ t }) => t),
        );
        const { seq } = await room.say();
        await stream.find((frame) => frame['t'] === 'event' && frame['seq'] === seq, 'the next record');
        must(
          eventsOf(stream, room.room).every((frame) => Number(frame['seq']) > Number(told['from'])),
          'nothing before that place',
          eventsOf(stream, room.room)[0],
        );
      });
    },
  },
  {
    ...titleOf(common, { name: 'from-a-cursor', covers: ['PV-STR-006', 'PV-STR-007', 'PV-STR-009', 'PV-STR-011'] }),
    async run(stage) {
      const { room, alice } = stage;
      const first = await room.say();
      const said = [];
      for (let place = 0; place < 5; place += 1) said.push(await room.say());
      let account = 0;
      await withStream(stage, null, async (stream) => {
        account = Number((await stream.find(({ t }) => t === 'synced', 'synced'))['account']);
      });
      await alice.call('PATCH', '/me', { bio: `changed ${account}` });
      await withStream(stage, { account, rooms: { [room.room]: first.seq } }, async (stream) => {
        const live = await room.say(room.message({}, { text: 'while it is open' }));
        const frame = await stream.find((one) => one['t'] === 'event' && one['seq'] === live.seq, 'the next record');
        must(
          (frame['content'] as Members)['text'] === 'while it is open' && frame['id'] === live.id,
          'what it says',
          frame,
        );
        const seqs = eventsOf(stream, room.room).map(({ seq }) => Number(seq));
        const wanted = Array.from({ length: live.seq - first.seq }, (_, place) => first.seq + 1 + place);
        must(seqs.join() === wanted.join(), 'every record after the cursor, once, in order', seqs);
        const me = stream.frames.find(({ t }) => t === 'me');
        must(me?.['bio'] === `changed ${account}` && Number(me['account']) > account, 'the change of the account', me);
      });
    },
  },
  {
    ...titleOf(common, { name: 'one-stream-a-session', covers: ['PV-STR-004'], isHostile: true }),
    async run({ run }) {
      const person = await run.clients.make();
      const first = await LiveStream.open(run.target, person);
      const second = await LiveStream.open(run.target, person);
      await first.find((frame) => frame['t'] === 'error' && frame['code'] === 'replaced', 'replaced');
      await first.ended();
      await second.fence();
      const streams = [second];
      for (let place = 1; place < 16; place += 1) streams.push(await LiveStream.open(run.target, await person.logIn()));
      const more = await LiveStream.connect(run.target, person);
      more.op({ op: 'open', token: (await person.logIn()).token, cursor: null });
      await more.find((frame) => frame['t'] === 'error' && frame['code'] === 'over-budget', 'over-budget for the 17th');
      await more.ended();
      await second.fence();
      for (const stream of streams) stream.close();
    },
  },
  {
    ...titleOf(common, { name: 'the-end-of-a-session', covers: ['PV-STR-019', 'PV-ACC-013'], isHostile: true }),
    async run({ run, alice }) {
      const session = await alice.logIn();
      const stream = await LiveStream.open(run.target, session);
      await session.call('DELETE', '/sessions/current');
      await stream.find((frame) => frame['t'] === 'error' && frame['code'] === 'bad-token', 'bad-token');
      await stream.ended();
      must((await session.refusal('GET', '/me')) === 'bad-token', 'bad-token', 'another answer');
    },
  },
];

const opChecks: Check<PeopleStage>[] = [
  {
    ...titleOf(common, { name: 'send', covers: ['PV-STR-013', 'PV-CLI-021', 'PV-STR-007'] }),
    async run(stage) {
      const { room } = stage;
      await withStream(stage, null, async (stream) => {
        const message = { op: 'send', room: room.room, type: 'message', content: { text: 'by stream' } };
        stream.op({ ...message, key: 's-1' });
        const sent = await stream.find((frame) => frame['t'] === 'sent' && frame['key'] === 's-1', 'sent');
        must(sent['status'] === 'ordered', 'ordered', sent);
        stream.op({ ...message, key: 's-2', room: `r${'A'.repeat(43)}` });
        const refused = await stream.find((frame) => frame['t'] === 'sent' && frame['key'] === 's-2', 'refused');
        must(refused['status'] === 'refused' && refused['code'] === 'unknown-room', 'refused, and why', refused);
        stream.op({ ...message, key: 's-1' });
        const again = await until(() => {
          const all = stream.frames.filter((frame) => frame['t'] === 'sent' && frame['key'] === 's-1');
          return all[1];
        }, 'the answer again');
        must(again['id'] === sent['id'], 'the same event under the same key', again);
      });
    },
  },
  {
    ...titleOf(common, { name: 'refused-later', covers: ['PV-STR-014', 'PV-SUB-009'], isHostile: true }),
    async run({ run }) {
      const guest = await run.clients.make();
      const stage = new HubStage(run, await run.makeKnownPeer(), guest);
      const room = await control('a room elsewhere', async () => await stage.lure());
      stage.peer.answers.set('submit', () => refuse(500, 'internal'));
      const stream = await LiveStream.open(run.target, guest);
      const op = { op: 'send', room: room.room, key: 'late', type: 'message', content: { text: 'x' } };
      stream.op(op);
      const first = await stream.find((frame) => frame['t'] === 'sent' && frame['key'] === 'late', 'an answer', 0);
      must(first['status'] === 'pending', 'pending', first);
      stage.peer.answers.set('submit', ({ items }) => stage.deny(items));
      const later = await until(
        () =>
          stream.frames.find(
            (frame) => frame['t'] === 'sent' && frame['key'] === 'late' && frame['status'] === 'refused',
          ),
        'the refusal',
        60_000,
      );
      must(typeof later['account'] === 'number', 'as a change of the account', later);
      const before = stage.peer.received.filter(({ verb }) => verb === 'submit').length;
      await sleep(3000);
      const after = stage.peer.received.filter(({ verb }) => verb === 'submit').length;
      stream.close();
      must(after === before, 'no other attempt', after - before);
    },
  },
  {
    ...titleOf(common, { name: 'strange-ops', covers: ['PV-STR-015', 'PV-STR-016', 'PV-CLI-006'], isHostile: true }),
    async run(stage) {
      const { room, alice } = stage;
      await withStream(stage, null, async (stream) => {
        stream.op({ op: 'dance' });
        await stream.find((frame) => frame['t'] === 'error' && frame['code'] === 'not-supported', 'not-supported');
        const { seq } = await room.say();
        stream.op({ op: 'read', room: room.room, seq, later: true });
        stream.op({ op: 'typing', room: room.room });
        await stream.fence();
        await until(async () => (await alice.call('GET', `/rooms/${room.room}`))['readSeq'] === seq, 'the position');
      });
      for (const text of [
        'no json',
        '[]',
        '{}',
        '{"op":"ping","op":"ping"}',
        JSON.stringify({ op: 'ping', x: 'x'.repeat(131_072) }),
      ])
        await withStream(stage, null, async (stream) => {
          stream.line.send(text);
          await stream.ended();
        });
    },
  },
  {
    ...titleOf(common, { name: 'joining-and-leaving', covers: ['PV-STR-012', 'PV-READ-007', 'PV-CLI-031'] }),
    async run({ run, alice }) {
      const guest = await run.clients.make();
      const stream = await LiveStream.open(run.target, guest);
      const room = await alice.createGroup('joining');
      await alice.say(room, 'before the join');
      await letIn(alice, guest, room);
      const inside = await alice.say(room, 'inside');
      await stream.find((frame) => frame['id'] === inside.id, 'what was said inside');
      await guest.leave(room);
      await alice.say(room, 'after the leaving');
      await stream.fence();
      await sleep(500);
      const texts = JSON.stringify(eventsOf(stream, room));
      stream.close();
      must(!texts.includes('before the join'), 'nothing from before the join', texts);
      must(!texts.includes('after the leaving'), 'nothing after it', texts);
      const shown = JSON.stringify(await guest.events(room));
      must(
        shown.includes('inside') && !shown.includes('before the join') && !shown.includes('after the leaving'),
        'the same in history',
        shown,
      );
    },
  },
  {
    ...titleOf(common, {
      name: 'signals-after-synced',
      covers: ['PV-STR-020', 'PV-SGL-001', 'PV-DEV-003', 'PV-DEV-007'],
    }),
    async run(stage) {
      const { room, peer, alice, bob } = stage;
      await withStream(stage, null, async (stream) => {
        await ask(peer, 'signals', {
          items: [{ kind: 'typing', room: room.room, from: room.person, counter: Date.now() }],
        });
        await stream.find(
          (frame) => frame['t'] === 'typing' && frame['from'] === room.person,
          'the typing of somebody',
        );
        await bob.call('PUT', `/rooms/${room.room}/typing`, { typing: true });
        await stream.find((frame) => frame['t'] === 'typing' && frame['from'] === bob.address, 'that of somebody here');
        const synced = stream.frames.findIndex(({ t }) => t === 'synced');
        const early = stream.frames.slice(0, synced).filter(({ t }) => t === 'typing' || t === 'read');
        must(early.length === 0, 'no signals before synced', early);
        await alice.call('PATCH', '/me', { status: 'told at once' });
        await stream.find(
          (frame) => frame['t'] === 'me' && frame['status'] === 'told at once',
          'the change of the account',
        );
        await alice.call('PATCH', `/rooms/${room.room}/preferences`, { pinned: 7 });
        await stream.find((frame) => {
          const { pinned } = (frame['preferences'] ?? {}) as Members;
          return frame['t'] === 'room' && frame['room'] === room.room && pinned === 7;
        }, 'the change of preferences');
      });
    },
  },
];

/** The live stream of a session. */
export const streamLanes: readonly Lane[] = [
  makeLane({
    ...{ name: 'streams', checks: [...openingChecks, ...opChecks] },
    open: async (run: Run) => await openPeople(run),
  }),
];
