import { parseEvent } from '../formats/event.js';
import { parseJws } from '../formats/jws.js';
import { parseStatement, succeeds } from '../formats/key-statement.js';
import type { KeyUse } from '../formats/key-statement.js';
import type { FullRecord } from '../formats/record.js';
import type { Members } from '../formats/strict-json.js';
import { ask } from '../network/ask.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { listOf } from '../run/expectations.js';
import { control, must } from '../run/verdict.js';
import { until } from '../run/wait.js';
import { openGroup } from '../stage/group-stage.js';
import type { GroupStage } from '../stage/group-stage.js';

const common = { area: 'rotation', tier: 'T2', profile: 'control' } as const;

/** New keys, and the document that announces them. */
async function rotate({ run }: GroupStage): Promise<void> {
  const before = run.target.document.statement;
  const { version } = await run.control.call('rotate-keys', {});
  await run.target.meet();
  const { statement } = run.target.document;
  must(statement.version === version && succeeds(statement, before), 'the next statement', statement.version);
}

function activeKids({ run }: GroupStage, use: KeyUse): string[] {
  const { keys } = run.target.document.statement;
  return keys.filter((key) => key.use === use && key.status === 'active').map(({ kid }) => kid);
}

/** What the owner says next, as it is pushed, with the page it comes in. */
async function nextPush(stage: GroupStage, text: string): Promise<{ record: FullRecord; page: Members; seal: string }> {
  const { owner, room, peer } = stage;
  const { id } = await owner.say(room.room, text);
  return await until(() => {
    for (const { verb, body } of peer.received) {
      if (verb !== 'push') continue;
      for (const page of listOf(body['rooms'])) {
        const records = page['records'] as FullRecord[];
        const record = records.find((one) => 'jws' in one && parseEvent(one.jws).id === id);
        const seal = (body['seals'] as string[])[Number((page['sealed'] as Members)['seal'])];
        if (record !== undefined && seal !== undefined) return { record, page, seal };
      }
    }
    return undefined;
  }, 'the message to be pushed');
}

const checks: Check<GroupStage>[] = [
  {
    ...titleOf(common, {
      ...{ name: 'new-keys-are-used', covers: ['PV-KEY-014', 'PV-KEY-011', 'PV-DOC-018', 'PV-RULE-005', 'PV-CTL-008'] },
    }),
    async run(stage) {
      await control('a push under the keys before', async () => await nextPush(stage, 'before'));
      // The second rotation retires what the first one left in use.
      await rotate(stage);
      await rotate(stage);
      const { record, seal } = await nextPush(stage, 'after');
      must(activeKids(stage, 'event').includes(parseEvent(record.jws).jws.kid), 'an event under an active key');
      must(
        activeKids(stage, 'seal').includes(parseJws(seal, 'payvand-seal', 65_536).kid),
        'a seal under an active key',
      );
      const { rooms, seals } = await ask(stage.peer, 'heads', { rooms: [stage.room.room] });
      stage.room.checkSealed(listOf(rooms)[0], seals);
    },
  },
  {
    ...titleOf(common, { name: 'rooms-learn-the-new-statement', covers: ['PV-ROOM-005', 'PV-RULE-005'] }),
    async run(stage) {
      const { run, peer, room } = stage;
      await rotate(stage);
      await nextPush(stage, 'under the new statement');
      const { records } = (await ask(peer, 'log', { room: room.room, from: room.last.seq, max: 256 }))['page'] as {
        records: FullRecord[];
      };
      const last = records.at(-1);
      must(last !== undefined, 'the record', records);
      const inForce = [...room.log.values()]
        .flatMap((one) => ('jws' in one && parseEvent(one.jws).type === 'provider' ? [one] : []))
        .filter((one) => parseEvent(one.jws).sender === run.target.domain)
        .at(-1);
      must(inForce?.statement !== undefined, 'a provider event with its statement before it', [...room.log.keys()]);
      must(
        parseStatement(inForce.statement).hash === run.target.document.statement.hash,
        'the statement of the document',
        inForce.seq,
      );
      await room.fence();
    },
  },
];

/** Alone: whoever else meets the target meanwhile has to learn its keys again. */
export const rotationLanes: readonly Lane[] = [
  makeLane({ name: 'rotations', isAlone: true, open: async (run) => await openGroup(run), checks }),
];
