import { makeEvent } from '../formats/event.js';
import type { Members } from '../formats/strict-json.js';
import type { HubRoom } from '../stage/hub-room.js';
import type { HubStage } from '../stage/hub-stage.js';

/** An answer to a join that is not to be believed. */
export interface JoinLie {
  readonly name: string;
  readonly covers: readonly string[];
  readonly change: (answer: Members, stage: HubStage, room: HubRoom) => Members;
}

interface Entry extends Members {
  readonly jws: string;
  readonly content: string;
}

function snapshot(change: (parts: Members & { entries: Entry[]; buckets: string[] }) => Members): JoinLie['change'] {
  return (answer) => {
    const parts = answer['snapshot'] as Members & { entries: Entry[]; buckets: string[] };
    return { ...answer, snapshot: { ...parts, ...change(parts) } };
  };
}

const isCreate = ({ jws }: Entry): boolean =>
  Buffer.from(jws.split('.')[1] ?? '', 'base64url').includes('"room.create"');

/** SPEC PV-JOIN-009 to PV-JOIN-014. */
export const joinLies: readonly JoinLie[] = [
  { name: 'no-snapshot', covers: ['PV-JOIN-004'], change: ({ snapshot: _, ...rest }) => rest },
  {
    name: 'no-create-event',
    covers: ['PV-JOIN-009'],
    change: snapshot(({ entries }) => ({ entries: entries.filter((entry) => !isCreate(entry)) })),
  },
  {
    name: 'entry-left-out',
    covers: ['PV-JOIN-012'],
    change: snapshot(({ entries }) => ({ entries: entries.slice(0, -1) })),
  },
  {
    name: 'bucket-of-another-hash',
    covers: ['PV-JOIN-011', 'PV-JOIN-012'],
    change: snapshot(({ buckets }) => ({ buckets: ['A'.repeat(43), ...buckets.slice(1)] })),
  },
  {
    name: 'entry-with-another-content',
    covers: ['PV-JOIN-010'],
    change: snapshot(({ entries }) => ({
      entries: entries.map((entry) =>
        isCreate(entry) ? entry : { ...entry, content: '{"salt":"AAAAAAAAAAAAAAAAAAAAAA"}' },
      ),
    })),
  },
  {
    name: 'entry-of-another-room',
    covers: ['PV-JOIN-010'],
    change: (answer, stage, room) =>
      snapshot(({ entries }) => {
        const elsewhere = { room: `r${'A'.repeat(43)}`, type: 'room.info', sender: room.owner, key: '' };
        const { jws, content } = makeEvent(elsewhere, { title: 'x' }, stage.peer.keys.event);
        return { entries: [...entries, { epoch: 0, seq: 1, at: Date.now(), jws, content }] };
      })(answer, stage, room),
  },
  {
    name: 'entry-signed-by-a-stray-key',
    covers: ['PV-JOIN-010'],
    change: (answer, stage, room) =>
      snapshot(({ entries }) => {
        const title = { room: room.room, type: 'room.info', sender: room.owner, key: '' };
        const { jws, content } = makeEvent(title, { title: 'x' }, stage.peer.strayKey());
        return { entries: [...entries, { epoch: 0, seq: 1, at: Date.now(), jws, content }] };
      })(answer, stage, room),
  },
  {
    name: 'seal-of-a-stray-key',
    covers: ['PV-JOIN-013'],
    change: (answer, { peer }, room) => {
      const { sealed, seals } = room.sealed({ key: peer.strayKey() });
      return { ...answer, snapshot: { ...(answer['snapshot'] as Members), sealed }, seals };
    },
  },
  {
    name: 'another-state',
    covers: ['PV-JOIN-011'],
    change: (answer, _, room) => {
      const { sealed, seals } = room.sealed({ head: (head) => ({ ...head, state: 'A'.repeat(43) }) });
      return { ...answer, snapshot: { ...(answer['snapshot'] as Members), sealed }, seals };
    },
  },
  {
    name: 'head-of-another-hub',
    covers: ['PV-JOIN-013'],
    change: (answer, { run }, room) => {
      const { sealed, seals } = room.sealed({ shown: (head) => ({ ...head, hub: run.target.domain }) });
      return { ...answer, snapshot: { ...(answer['snapshot'] as Members), sealed }, seals };
    },
  },
  {
    name: 'snapshot-of-another-room',
    covers: ['PV-JOIN-009'],
    change: (answer, stage, room) => {
      const other = [...stage.rooms.values()].find((one) => one.room !== room.room) ?? room;
      const { snapshot: elsewhere, seals } = other.join([]);
      return { ...answer, snapshot: elsewhere, seals };
    },
  },
];
