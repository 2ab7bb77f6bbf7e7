import { parseMail, parseMailBody } from '../formats/letters.js';
import { ask } from '../network/ask.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { listOf, mustBe, results } from '../run/expectations.js';
import { control, must } from '../run/verdict.js';
import { until } from '../run/wait.js';
import { HubRoom } from '../stage/hub-room.js';
import { HubStage } from '../stage/hub-stage.js';
import { mailOf } from '../stage/people-stage.js';
import { mailRows } from './mail-deviations.js';

const common = { tier: 'T1', isHostile: true } as const;

/** Whether the guest is shown a request for a room. */
async function isShown({ guest }: HubStage, room: HubRoom): Promise<boolean> {
  return (await guest.requests()).some((one) => one.room === room.room);
}

/** The fence: an honest invitation is shown, so what came before it would be. It is then declined. */
async function fence(stage: HubStage): Promise<void> {
  const { request } = await stage.invite();
  await stage.guest.answer(request, 'ignore');
}

const mailChecks: Check<HubStage>[] = mailRows.map(({ name, covers, items, expect }) => ({
  ...titleOf({ area: 'mailbox', ...common }, { name, covers }),
  async run(stage) {
    await control('an honest invitation', async () => await fence(stage));
    const room = new HubRoom(stage.peer, stage.owner);
    mustBe(await stage.peer.send('mailbox', { items: items(stage, room) }), expect);
    await fence(stage);
    must(!(await isShown(stage, room)), 'nothing shown', 'a request');
  },
}));

const consentChecks: Check<HubStage>[] = [
  {
    ...titleOf({ area: 'consent', tier: 'T1' }, { name: 'item-again', covers: ['PV-MBX-005', 'PV-MAIL-010'] }),
    async run(stage) {
      const room = new HubRoom(stage.peer, stage.owner);
      stage.rooms.set(room.room, room);
      const item = room.invitation(stage.guest.address);
      for (let time = 0; time < 3; time += 1) await ask(stage.peer, 'mailbox', { items: [item] });
      await fence(stage);
      const shown = (await stage.guest.requests()).filter((one) => one.room === room.room);
      must(shown.length === 1, 'one request', shown.length);
    },
  },
  {
    ...titleOf(
      { area: 'consent', tier: 'T1' },
      { name: 'one-bad-item-among-good-ones', covers: ['PV-MBX-002', 'PV-MBX-003'] },
    ),
    async run(stage) {
      const room = new HubRoom(stage.peer, stage.owner);
      const answer = await ask(stage.peer, 'mailbox', {
        items: ['x.y.z', room.invitation(stage.guest.address), 'x.y.z'],
      });
      const found = listOf(answer['results']).map(({ status }) => status);
      must(found.join() === 'denied,ok,denied', 'denied, ok, denied', found);
      await until(async () => await isShown(stage, room), 'the good one to be shown');
    },
  },
  {
    ...titleOf({ area: 'consent', ...common }, { name: 'nobody-joins-unasked', covers: ['PV-MBX-007'] }),
    async run(stage) {
      const { room, request } = await stage.invite();
      await fence(stage);
      must(!stage.joins.includes(room.room), 'no join before it is accepted', 'a join');
      must(!(await stage.guest.isIn(room.room)), 'the guest not to be in the room', 'in it');
      await stage.guest.answer(request, 'accept');
      await until(() => stage.joins.includes(room.room), 'the join once it is accepted');
    },
  },
  {
    ...titleOf({ area: 'consent', ...common }, { name: 'ignored-is-not-told', covers: ['PV-MBX-007'] }),
    async run(stage) {
      const before = stage.peer.received.length;
      const { room, request } = await stage.invite();
      await stage.guest.answer(request, 'ignore');
      await fence(stage);
      const told = stage.peer.received.slice(before).filter(({ verb }) => verb !== 'heads');
      must(told.length === 0 && !stage.joins.includes(room.room), 'nothing told to the sender', told);
    },
  },
  {
    ...titleOf({ area: 'consent', ...common }, { name: 'nobody-is-answered-like-somebody', covers: ['PV-MBX-004'] }),
    async run({ peer, owner, guest, run }) {
      const [first, second] = [new HubRoom(peer, owner), new HubRoom(peer, owner)];
      const there = await peer.send('mailbox', { items: [first.invitation(guest.address)] });
      const nowhere = await peer.send('mailbox', { items: [second.invitation(`nobody-here@${run.target.domain}`)] });
      mustBe(there, results({ status: 'ok' }));
      must(nowhere.text === there.text && nowhere.status === there.status, 'the same bytes', nowhere.text);
    },
  },
  {
    ...titleOf(
      { area: 'consent', ...common },
      { name: 'blocked-is-answered-like-welcome', covers: ['PV-MBX-004', 'PV-MBX-006', 'PV-PRF-015'] },
    ),
    async run(stage) {
      const blocker = await HubStage.open(stage.run);
      const { request } = await blocker.invite();
      await blocker.guest.answer(request, 'block');
      const room = new HubRoom(blocker.peer, blocker.owner);
      const blocked = await blocker.peer.send('mailbox', { items: [room.invitation(blocker.guest.address)] });
      mustBe(blocked, results({ status: 'ok' }));
      const elsewhere = new HubRoom(stage.peer, stage.owner);
      const welcome = await stage.peer.send('mailbox', { items: [elsewhere.invitation(stage.guest.address)] });
      must(blocked.text === welcome.text, 'the same bytes', blocked.text);
      await fence(stage);
      must(!(await isShown(blocker, room)), 'nothing shown', 'a request');
    },
  },
];

/** A dm of the suite's with the guest, whose room id is higher or lower than that of another. */
function dmWith({ peer, owner, guest }: HubStage, isFit: (room: string) => boolean): HubRoom {
  for (;;) {
    const room = new HubRoom(peer, owner, { kind: 'dm', with: guest.address });
    if (isFit(room.room)) return room;
  }
}

function invitationsInto({ peer }: HubStage, room: string): number {
  const bodies = mailOf(peer).map((text) => parseMailBody(parseMail(text)));
  return bodies.filter((body) => body?.create.room === room).length;
}

/** Both ask each other: SPEC PV-ROOM-027. */
const crossedChecks: Check<HubStage>[] = [
  {
    ...titleOf(
      { area: 'consent', tier: 'T1' },
      { name: 'crossed-and-theirs-stays', covers: ['PV-ROOM-027', 'PV-PRF-001'] },
    ),
    async run({ run }) {
      const stage = await HubStage.open(run);
      const own = await stage.guest.requestContact(stage.owner);
      await until(() => invitationsInto(stage, own) > 0, 'the contact request');
      const theirs = dmWith(stage, (room) => room < own);
      stage.rooms.set(theirs.room, theirs);
      await ask(stage.peer, 'mailbox', { items: [theirs.invitation(stage.guest.address)] });
      await until(async () => await stage.guest.isIn(theirs.room), 'the join of the dm that stays, unasked');
      await stage.pushHonestly(theirs);
    },
  },
  {
    ...titleOf(
      { area: 'consent', tier: 'T1' },
      { name: 'crossed-and-ours-stays', covers: ['PV-ROOM-027', 'PV-LIM-006'] },
    ),
    async run({ run }) {
      const stage = await HubStage.open(run);
      const own = await stage.guest.requestContact(stage.owner);
      await until(() => invitationsInto(stage, own) > 0, 'the contact request');
      const theirs = dmWith(stage, (room) => room > own);
      stage.rooms.set(theirs.room, theirs);
      await ask(stage.peer, 'mailbox', { items: [theirs.invitation(stage.guest.address)] });
      await until(() => invitationsInto(stage, own) > 1, 'the invitation to the dm that stays, once more');
      must(!stage.joins.includes(theirs.room), 'no join of the other one', stage.joins);
    },
  },
];

/** What comes before consent: mailbox items, and what is made of them. */
export const consentLanes: readonly Lane[] = [
  makeLane({
    name: 'consent',
    open: async (run) => await HubStage.open(run),
    checks: [...consentChecks, ...crossedChecks, ...mailChecks],
  }),
];
