import { signJws } from '../formats/jws.js';
import { DAY_MS, freshNonce } from '../formats/event.js';
import type { Item } from '../formats/event.js';
import { eventIdOf } from '../formats/record.js';
import { ask } from '../network/ask.js';
import type { Answer } from '../network/exchange.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { listOf, mustBe, results, resultsOf } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { awaitInvitation, joinGroup, joinItems, openGroup } from '../stage/group-stage.js';
import type { GroupStage } from '../stage/group-stage.js';

const common = { tier: 'T1', isHostile: true } as const;
const ABSENT = `r${'A'.repeat(43)}`;

/** A group the suite is in, and another of the same owner that it is not in. */
interface Outside extends GroupStage {
  readonly secret: string;
}

async function openOutside(run: Run): Promise<Outside> {
  const stage = await openGroup(run);
  return { ...stage, secret: await stage.owner.createGroup('secret') };
}

type Invite = (stage: Outside) => Promise<string | undefined> | string | undefined;

/** An invitation of the owner's that the owner did not sign. */
function forged(changes: (stage: Outside) => object): Invite {
  return (stage) => {
    const { owner, room, run, peer, secret } = stage;
    const until = Date.now() + DAY_MS;
    const people = { by: owner.address, to: room.person };
    const invite = { room: secret, hub: run.target.domain, ...people, until, nonce: freshNonce(), ...changes(stage) };
    return signJws('payvand-invite', invite, peer.keys.event);
  };
}

/** A good invitation to somebody else of the suite. */
const toEve: Invite = async ({ owner, peer, secret }) => {
  const person = `eve@${peer.domain}`;
  return (await awaitInvitation(peer, { owner, room: secret, person })).invite.jws.text;
};

const invites: readonly (readonly [name: string, covers: readonly string[], invite: Invite])[] = [
  ['no-invitation', ['PV-RULE-022'], () => undefined],
  ['invitation-of-no-form', ['PV-RULE-023'], () => 'x.y.z'],
  ['invitation-forged', ['PV-RULE-026', 'PV-INV-003'], forged(() => ({}))],
  ['invitation-by-a-stranger', ['PV-RULE-024'], forged(({ peer }) => ({ by: `eve@${peer.domain}` }))],
  ['invitation-that-has-ended', ['PV-RULE-023'], forged(() => ({ until: 1 }))],
  ['invitation-into-another-room', ['PV-RULE-023'], forged(({ room }) => ({ room: room.room }))],
  ['invitation-to-somebody-else', ['PV-RULE-023'], toEve],
  [
    'invitation-with-flipped-signature',
    ['PV-RULE-026'],
    async (stage) => {
      const text = (await toEve(stage)) ?? '';
      const [head = '', body = '', signature = ''] = text.split('.');
      return `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    },
  ],
];

const notInvited = { status: 'denied', code: 'not-invited', rule: null };

const inviteChecks: Check<Outside>[] = invites.map(([name, covers, invite]) => ({
  ...titleOf({ area: 'join', ...common }, { name, covers: [...covers, 'PV-JOIN-003', 'PV-JOIN-016', 'PV-ROOM-023'] }),
  async run(stage) {
    const { peer, room, secret, owner } = stage;
    await control('an honest event', async () => await room.say());
    const text = await invite(stage);
    const items = joinItems(peer, { room: secret, person: room.person }, text === undefined ? {} : { invite: text });
    mustBe(await peer.send('join', { room: secret, items }), results(notInvited, notInvited));
    must(!(await owner.members(secret)).includes(room.person), 'the person not to be in the room', 'in it');
    await room.fence();
  },
}));

/** The same question of a room that is there and of one that is not, with what differs by itself taken out. */
const oracles: readonly (readonly [
  name: string,
  covers: readonly string[],
  ask: (stage: Outside, room: string) => Promise<Answer>,
])[] = [
  ['log', ['PV-LOG-002', 'PV-READ-001'], async ({ peer }, room) => await peer.send('log', { room, from: 0, max: 256 })],
  ['snapshot', ['PV-SNAP-003'], async ({ peer }, room) => await peer.send('snapshot', { room, seq: 1, from: 0 })],
  ['heads', ['PV-HEADS-001'], async ({ peer }, room) => await peer.send('heads', { rooms: [room] })],
  ['room-in-the-directory', ['PV-ALS-003'], async ({ peer }, room) => await peer.send('directory', { room })],
  ['submit', ['PV-SUB-016'], async (stage, room) => await anonymous(stage, 'submit', [stage.room.message({ room })])],
  [
    'join',
    ['PV-JOIN-016'],
    async (stage, room) => {
      const items = joinItems(stage.peer, { room, person: `eve@${stage.peer.domain}` }, { invite: 'x.y.z' });
      return await anonymous(stage, 'join', items, { room });
    },
  ],
];

// eslint-disable-next-line max-params -- who asks what, with what, and what beside
async function anonymous({ peer }: Outside, verb: string, items: readonly Item[], more: object = {}): Promise<Answer> {
  const answer = await peer.send(verb, { ...more, items });
  return { ...answer, text: items.reduce((text, { jws }) => text.replaceAll(eventIdOf(jws), 'e'), answer.text) };
}

const oracleChecks: Check<Outside>[] = oracles.map(([name, covers, question]) => ({
  ...titleOf({ area: 'privacy', ...common }, { name, covers }),
  async run(stage) {
    await control('an honest event', async () => await stage.room.say());
    const [there, nowhere] = [await question(stage, stage.secret), await question(stage, ABSENT)];
    must(
      there.status === nowhere.status && there.text === nowhere.text,
      'the same bytes as for a room that is not there',
      there.text,
    );
    await stage.room.fence();
  },
}));

const joinChecks: Check<Outside>[] = [
  {
    ...titleOf(
      { area: 'privacy', ...common },
      { name: 'profile-of-a-person-one-does-not-meet', covers: ['PV-DIR-002', 'PV-DIR-003'] },
    ),
    async run({ peer, owner, run }) {
      await control(
        'the profile of somebody in a common room',
        async () => await ask(peer, 'directory', { profile: owner.address }),
      );
      const other = await run.users.make();
      const hidden = await peer.send('directory', { profile: other.address });
      const nobody = await peer.send('directory', { profile: `nobody-here@${run.target.domain}` });
      must(hidden.status === 404 && hidden.text === nobody.text, 'the same bytes as for nobody', hidden.text);
    },
  },
  {
    ...titleOf(
      { area: 'privacy', ...common },
      { name: 'profile-for-somebody-of-another-provider', covers: ['PV-PRF-002'] },
    ),
    async run({ peer, owner }) {
      const answer = await peer.send('directory', { profile: owner.address, for: 'bob@b.conformance.test' });
      must(answer.status === 403, '403 wrong-origin', answer.text);
    },
  },
  {
    ...titleOf({ area: 'join', ...common }, { name: 'the-provider-alone', covers: ['PV-JOIN-015', 'PV-ROOM-023'] }),
    async run({ peer, room, secret }) {
      const items = joinItems(peer, { room: secret, person: room.person }, {}).slice(0, 1);
      mustBe(await peer.send('join', { room: secret, items }), results({ status: 'denied', code: 'not-invited' }));
      await room.fence();
    },
  },
  {
    ...titleOf({ area: 'join', ...common }, { name: 'items-of-another-room', covers: ['PV-JOIN-015'] }),
    async run({ peer, room, secret }) {
      const items = joinItems(peer, { room: secret, person: room.person }, {});
      const answer = await peer.send('join', { room: room.room, items });
      must(
        resultsOf(answer).every(({ code }) => code === 'wrong-room'),
        'wrong-room for both',
        answer.text,
      );
      await room.fence();
    },
  },
  {
    ...titleOf(
      { area: 'join', tier: 'T1' },
      { name: 'again', covers: ['PV-JOIN-008', 'PV-HUB-004', 'PV-JOIN-005', 'PV-JOIN-006'] },
    ),
    async run(stage) {
      const { peer, owner } = stage;
      const room = await owner.createGroup('again');
      const person = `mallory@${peer.domain}`;
      const { invite } = await awaitInvitation(peer, { owner, room, person });
      const items = joinItems(peer, { room, person }, { invite: invite.jws.text });
      const [first, second] = [await ask(peer, 'join', { room, items }), await ask(peer, 'join', { room, items })];
      const found = [first, second].map(({ results: list }) =>
        listOf(list).map(({ status, seq }) => `${String(status)} ${String(seq)}`),
      );
      const places = found[0]?.map((text) => text.replace('accepted', 'duplicate'));
      must(
        found[1]?.join() === places?.join() && second['snapshot'] !== undefined,
        'duplicates with a snapshot',
        found,
      );
    },
  },
  {
    ...titleOf(
      { area: 'join', ...common },
      { name: 'old-invitation-after-a-removal', covers: ['PV-RULE-025', 'PV-INV-001'] },
    ),
    async run(stage) {
      const { peer, owner, run, followed } = stage;
      const room = await owner.createGroup('removal');
      const person = `mallory@${peer.domain}`;
      const { invite } = await awaitInvitation(peer, { owner, room, person });
      const joined = await control(
        'an honest join',
        async () => await joinGroup({ run, peer, followed }, { owner, room }),
      );
      await owner.remove(room, person);
      const { seq, hash } = joined.last;
      const items = joinItems(peer, { room, person }, { invite: invite.jws.text }).slice(1);
      const answer = await peer.send('submit', { items });
      must(
        resultsOf(answer).every(({ status }) => status === 'denied'),
        'denied',
        answer.text,
      );
      must(!(await owner.members(room)).includes(person), 'the person not to be back', [seq, hash]);
    },
  },
];

/** Doors: who gets in, and what those outside learn. */
export const joinLanes: readonly Lane[] = [
  makeLane({ name: 'joins', open: openOutside, checks: [...inviteChecks, ...oracleChecks, ...joinChecks] }),
];
