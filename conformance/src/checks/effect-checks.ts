import { DAY_MS, freshNonce } from '../formats/event.js';
import type { EventFields, Item } from '../formats/event.js';
import { eventIdOf } from '../formats/record.js';
import { isMembers } from '../formats/strict-json.js';
import type { Members } from '../formats/strict-json.js';
import { signJws } from '../formats/jws.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { until } from '../run/wait.js';
import type { HubRoom } from '../stage/hub-room.js';
import { HubStage } from '../stage/hub-stage.js';
import type { EventShown } from '../stage/users.js';

/** A room of the suite's with two of its people in it: the owner, who may moderate, and eve, who may not. */
interface Scene {
  readonly stage: HubStage;
  readonly room: HubRoom;
  readonly eve: string;
}

async function open(run: Run): Promise<Scene> {
  const stage = await HubStage.open(run);
  const room = await stage.lure();
  const eve = `eve@${stage.peer.domain}`;
  const from = room.records.length;
  const place = { room: room.room, hub: stage.peer.domain, until: Date.now() + DAY_MS, nonce: freshNonce() };
  const invite = signJws('payvand-invite', { ...place, by: room.owner, to: eve }, stage.peer.keys.event);
  room.append(room.make({ type: 'member', sender: eve, key: eve }, { membership: 'joined', invite }));
  await stage.catchUp(room, from);
  return { stage, room, eve };
}

type By = 'owner' | 'eve' | 'nobody';

/** What somebody says first, and what somebody then does about it. */
interface EffectRow {
  readonly name: string;
  readonly covers: readonly string[];
  readonly first: Said;
  readonly then: Said;
  /** what becomes of the first: its content goes, another text is shown, or nothing at all */
  readonly effect: 'gone' | 'edited' | 'none';
}

interface Said {
  readonly by: By;
  readonly type: string;
  readonly content?: Members;
  readonly fields?: Partial<EventFields>;
}

const TEXT = 'what was said first';
const message = (by: By): Said => ({ by, type: 'message', content: { text: TEXT } });
const remove = (by: By): Said => ({ by, type: 'message.delete', content: {} });
const edit = (by: By): Said => ({ by, type: 'message.edit', content: { text: 'another text' } });
const info: Said = { by: 'owner', type: 'room.info', content: { title: TEXT }, fields: { key: '' } };
const other: Said = { by: 'eve', type: 'x.test.note', content: { alt: TEXT } };
const reaction: Said = { by: 'eve', type: 'reaction', content: { emoji: '👍' } };

// eslint-disable-next-line max-params -- a row of a table
function row(name: string, covers: readonly string[], first: Said, then: Said, effect: EffectRow['effect']): EffectRow {
  return { name, covers, first, then, effect };
}

/** SPEC PV-EFF-001 to PV-EFF-006. */
const rows: readonly EffectRow[] = [
  row('edit-of-ones-own', ['PV-EFF-001', 'PV-CLI-032'], message('eve'), edit('eve'), 'edited'),
  row('edit-of-anothers', ['PV-EFF-001'], message('eve'), edit('owner'), 'none'),
  row('edit-by-somebody-of-no-right', ['PV-EFF-001'], message('owner'), edit('eve'), 'none'),
  row('edit-of-a-private-type', ['PV-EFF-001'], other, edit('eve'), 'none'),
  row('edit-of-a-state-event', ['PV-EFF-001', 'PV-EFF-004'], info, edit('owner'), 'none'),
  row('edit-of-a-reaction', ['PV-EFF-001'], reaction, edit('eve'), 'none'),
  row('delete-of-ones-own', ['PV-EFF-002', 'PV-EFF-005', 'PV-CLI-033'], message('eve'), remove('eve'), 'gone'),
  row('delete-of-a-private-type', ['PV-EFF-002'], other, remove('eve'), 'gone'),
  row('delete-of-a-reaction', ['PV-EFF-002'], reaction, remove('eve'), 'gone'),
  row('delete-of-anothers', ['PV-EFF-002'], message('owner'), remove('eve'), 'none'),
  row('delete-by-a-moderator', ['PV-EFF-003'], message('eve'), remove('owner'), 'gone'),
  row('delete-of-a-state-event', ['PV-EFF-004', 'PV-EFF-002'], info, remove('owner'), 'none'),
  row(
    'delete-of-a-delete',
    ['PV-EFF-002'],
    { ...remove('eve'), fields: { rel: [['delete', absent()]] } },
    remove('eve'),
    'none',
  ),
  row('void-delete', ['PV-EFF-006'], message('eve'), remove('nobody'), 'none'),
  row('void-edit', ['PV-EFF-006'], message('eve'), edit('nobody'), 'none'),
  row('delete-of-a-void-record', ['PV-EFF-006'], message('nobody'), remove('owner'), 'none'),
];

function absent(): string {
  return `e${'A'.repeat(43)}`;
}

function make({ stage, room, eve }: Scene, { by, type, content = {}, fields = {} }: Said, target?: string): Item {
  const sender = { owner: room.owner, eve, nobody: `nobody@${stage.peer.domain}` }[by];
  const kind = type === 'reaction' ? 'react' : type.replace('message.', '');
  const rel = target === undefined || type === 'message' ? {} : { rel: [[kind, target]] as const };
  const prior = fields.key === undefined ? undefined : room.entryId(type, fields.key);
  return room.make({ type, sender, ...rel, ...(prior && { prior }), ...fields }, content);
}

/** Records what two people do, as the hub, and tells the target; whoever is in the room by no right is void. */
async function say(scene: Scene, said: Said, target?: string): Promise<string> {
  const { stage, room } = scene;
  const from = room.records.length;
  const item = make(scene, said, target);
  room.append(item, { isVoid: said.by === 'nobody' });
  await stage.catchUp(room, from);
  return eventIdOf(item.jws);
}

async function shown({ stage, room }: Scene, id: string): Promise<EventShown & { effects?: Members }> {
  return await until(
    async () => (await stage.guest.events(room.room)).find((event) => event.id === id),
    'the event to be shown',
  );
}

/** Control: the first is shown. Then the second, what it does, and that the room goes on. */
const effectChecks: Check<Scene>[] = rows.map(({ name, covers, first, then, effect }) => ({
  ...titleOf({ area: 'effect', tier: 'T1' }, { name, covers, isHostile: effect === 'none' }),
  async run(scene) {
    const base = first.type === 'reaction' ? await say(scene, message('owner')) : undefined;
    const id = await say(scene, first, base);
    const before = await control('what was said first', async () => await shown(scene, id));
    must(before.content !== null, 'its content', before);
    await say(scene, then, id);
    const after = await shown(scene, id);
    const edited = isMembers(after.effects?.['edited']) ? after.effects['edited']['text'] : undefined;
    must((after.content === null) === (effect === 'gone'), effect === 'gone' ? 'no content' : 'the content', after);
    must((edited === 'another text') === (effect === 'edited'), effect === 'edited' ? 'the edit' : 'no edit', after);
    if (effect === 'none') must(JSON.stringify(after.content) === JSON.stringify(before.content), 'what it was', after);
    await scene.stage.pushHonestly(scene.room);
  },
}));

const moreChecks: Check<Scene>[] = [
  {
    ...titleOf(
      { area: 'effect', tier: 'T1' },
      { name: 'edits-go-with-what-they-edit', covers: ['PV-EFF-005', 'PV-CLI-033'], isHostile: true },
    ),
    async run(scene) {
      const id = await say(scene, message('eve'));
      const first = await say(scene, edit('eve'), id);
      must((await shown(scene, first)).content !== null, 'the edit with its content', first);
      await say(scene, remove('eve'), id);
      const late = await say(scene, edit('eve'), id);
      for (const one of [id, first, late])
        must((await shown(scene, one)).content === null, 'no content, of late edits either', await shown(scene, one));
      must((await shown(scene, id)).effects?.['edited'] === undefined, 'no edit of what is gone', id);
    },
  },
  {
    ...titleOf({ area: 'effect', tier: 'T1' }, { name: 'the-newest-edit', covers: ['PV-EFF-001', 'PV-CLI-032'] }),
    async run(scene) {
      const id = await say(scene, message('eve'));
      for (const text of ['second', 'third']) await say(scene, { ...edit('eve'), content: { text } }, id);
      const { effects } = await shown(scene, id);
      must((effects?.['edited'] as Members | undefined)?.['text'] === 'third', 'the newest', effects);
    },
  },
  {
    ...titleOf({ area: 'effect', tier: 'T1' }, { name: 'reactions-of-a-person', covers: ['PV-CLI-032'] }),
    async run(scene) {
      const id = await say(scene, message('owner'));
      const first = await say(scene, reaction, id);
      await say(scene, reaction, id);
      await say(scene, { ...reaction, by: 'owner' }, id);
      const counts = async (): Promise<unknown> => {
        const found = (await shown(scene, id)).effects?.['reactions'] as Members[] | undefined;
        return found?.map(({ emoji, count }) => `${String(emoji)} ${String(count)}`).join();
      };
      must((await counts()) === '👍 2', 'one a person and emoji', await counts());
      await say(scene, remove('eve'), first);
      const left = await counts();
      must(left === '👍 2' || left === '👍 1', 'none that was taken back', left);
    },
  },
  {
    ...titleOf(
      { area: 'effect', tier: 'T1' },
      { name: 'entry-takes-the-place', covers: ['PV-ROOM-003', 'PV-ROOM-004', 'PV-STH-002'] },
    ),
    async run(scene) {
      const { room, stage } = scene;
      for (const title of ['one', 'two', 'three']) await say(scene, { ...info, content: { title } });
      const stale = room.make({ type: 'room.info', key: '', prior: absent() }, { title: 'void' });
      const from = room.records.length;
      room.append(stale, { isVoid: true });
      await stage.catchUp(room, from);
      await stage.pushHonestly(room);
    },
  },
  {
    ...titleOf(
      { area: 'effect', tier: 'T1', isHostile: true },
      { name: 'more-entries-than-there-is-room-for', covers: ['PV-ROOM-014', 'PV-RULE-041'] },
    ),
    async run({ stage }) {
      const room = await stage.lure();
      await stage.pushHonestly(room);
      const from = room.records.length;
      for (let place = 0; room.sharedEntries < 256; place += 1)
        room.append(room.make({ type: 'x.a.b', key: `${place}` }, {}));
      await stage.catchUp(room, from);
      const full = room.records.length;
      room.append(room.make({ type: 'x.a.b', key: 'more' }, {}), { isVoid: true });
      await stage.catchUp(room, full);
      await stage.pushHonestly(room);
    },
  },
];

/** What a change, a delete or a reaction does, in a room whose hub is elsewhere. */
export const effectLanes: readonly Lane[] = [
  makeLane({ name: 'effects', open, checks: [...effectChecks, ...moreChecks] }),
];
