import { DAY_MS, freshNonce } from '../formats/event.js';
import { bucketHash, bucketOf } from '../formats/state-hash.js';
import { encode64 } from '../formats/base64url.js';
import { payloadOf, signJws } from '../formats/jws.js';
import { eventIdOf, headerOf, rawOf } from '../formats/record.js';
import type { FullRecord } from '../formats/record.js';
import type { Members } from '../formats/strict-json.js';
import { ask } from '../network/ask.js';
import type { Peer } from '../network/peer.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { listOf, mustBe, problem } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { until } from '../run/wait.js';
import { awaitInvitation, joinGroup, joinItems, openGroup } from '../stage/group-stage.js';
import type { GroupStage } from '../stage/group-stage.js';
import { digestOf, HubStage } from '../stage/hub-stage.js';
import { answerPushes } from '../stage/member-room.js';
import type { MemberRoom } from '../stage/member-room.js';
import { contentIn, readAll, readPage } from '../stage/read-log.js';
import { longContent } from './item-deviations.js';

const common = { area: 'log', tier: 'T1' } as const;

/** Another provider of the suite with a person in the room. */
export async function another(
  { run, owner }: GroupStage,
  room: string,
): Promise<{ peer: Peer; joined: MemberRoom; followed: GroupStage['followed'] }> {
  const peer = await run.makeKnownPeer();
  const followed: GroupStage['followed'] = new Map();
  peer.answers.set('push', answerPushes(followed));
  return { peer, followed, joined: await joinGroup({ run, peer, followed }, { owner, room }) };
}

const pageChecks: Check<GroupStage>[] = [
  {
    ...titleOf(common, {
      name: 'pages-from-every-place',
      covers: [
        ...['PV-LOG-001', 'PV-LOG-003', 'PV-LOG-006', 'PV-LOG-007', 'PV-HASH-001'],
        ...['PV-HASH-002', 'PV-JWS-008', 'PV-CNT-009'],
      ],
    }),
    async run({ peer, room }) {
      const first = await room.say();
      const items = Array.from({ length: 150 }, () => room.message());
      const large = Array.from({ length: 12 }, () => room.message({}, longContent(60_000)));
      for (const batch of [items, large]) {
        const answer = await ask(peer, 'submit', { items: batch });
        must(
          listOf(answer['results']).every(({ status }) => status === 'accepted'),
          'all accepted',
          answer['results'],
        );
      }
      const all = await readAll(peer, room, first.seq + 1);
      const said = new Map(all.map((record) => [headerOf(record).event, record]));
      for (const { jws, content } of [...items, ...large]) {
        const record = said.get(eventIdOf(jws)) as FullRecord | undefined;
        must(record?.jws === jws && record.content === content, 'the text and content as they were sent', record);
      }
      for (const { seq } of all.filter((_, place) => place % 13 === 0)) await readPage(peer, room, seq, 1);
    },
  },
  {
    ...titleOf(common, { name: 'from-beyond-the-newest', covers: ['PV-LOG-006'] }),
    async run({ peer, room }) {
      const { seq } = await room.say();
      for (const from of [seq + 1, seq + 1000]) {
        const { records, newest } = await readPage(peer, room, from);
        must(records.length === 0 && newest === seq, `no records, newest ${seq}`, { records, newest });
      }
      await room.fence();
    },
  },
];

const readChecks: Check<GroupStage>[] = [
  {
    ...titleOf(common, {
      ...{ name: 'what-was-before-the-join', isHostile: true },
      covers: ['PV-READ-001', 'PV-READ-002', 'PV-READ-004', 'PV-ROOM-011', 'PV-LOG-002', 'PV-LOG-007'],
    }),
    async run(stage) {
      const name = await stage.owner.createGroup('before');
      const { seq } = await stage.owner.say(name, 'before anybody joined');
      const { peer, joined } = await another(stage, name);
      const { seq: after } = await joined.say();
      const records = await readAll(peer, joined, 0);
      must(contentIn(records, seq ?? -1) === undefined, 'a header for what was before the join', records.slice(0, 3));
      must(contentIn(records, after) !== undefined, 'what came after it', records.at(-1));
      const mine = records.filter((one) => 'jws' in one).slice(0, 2);
      must(mine.length === 2 && mine[0]?.seq === after - 2, 'the provider event with the join', mine);
    },
  },
  {
    ...titleOf(common, { name: 'history-that-all-may-see', covers: ['PV-READ-002', 'PV-ROOM-011', 'PV-ROOM-003'] }),
    async run(stage) {
      const { owner } = stage;
      const name = await owner.createGroup('history');
      const first = await another(stage, name);
      const mine = await first.joined.say();
      await owner.send(name, 'message', { text: 'before the second' });
      await showHistory(stage, name, first);
      const second = await another(stage, name);
      const records = await readAll(second.peer, second.joined, 0);
      must(
        records.every((one) => 'jws' in one),
        'every record from the first on',
        records.filter((one) => !('jws' in one)),
      );
      must(contentIn(records, mine.seq) !== undefined, 'what was said before the join', mine);
    },
  },
  {
    ...titleOf(common, {
      name: 'what-comes-after-leaving',
      isHostile: true,
      covers: ['PV-READ-003', 'PV-READ-005', 'PV-READ-006', 'PV-READ-001', 'PV-PUSH-001'],
    }),
    async run(stage) {
      const name = await stage.owner.createGroup('leaving');
      const { peer, joined } = await another(stage, name);
      const before = await joined.say();
      const { owner } = stage;
      const late = `trudy@${peer.domain}`;
      const { invite } = await awaitInvitation(peer, { owner, room: name, person: late });
      const join = { membership: 'joined', invite: invite.jws.text };
      await joined.say(joined.make({ type: 'member', sender: late, key: late }, join));
      const read = await readAll(peer, joined, before.seq);
      must(contentIn(read, before.seq) !== undefined, 'what the first join lets read', read);
      for (const person of [joined.person, late]) {
        const prior = priorOf(await readAll(peer, joined, 0), person);
        await joined.say(
          joined.make({ type: 'member', sender: person, key: person, ...prior }, { membership: 'left' }),
        );
      }
      const { seq = -1 } = await owner.say(name, 'after they have left');
      const { records } = (await ask(peer, 'log', { room: name, from: before.seq, max: 256 }))['page'] as {
        records: FullRecord[];
      };
      must(contentIn(records, before.seq) !== undefined, 'what could be read before', records[0]);
      must(contentIn(records, joined.last.seq) !== undefined, 'the record that ended it', joined.last.seq);
      must(contentIn(records, seq) === undefined, 'nothing but a header after it', contentIn(records, seq));
      const pushed = [...joined.log.keys()];
      must(!pushed.includes(seq), 'no push after it', pushed);
    },
  },
];

function priorOf(records: readonly object[], person: string): { prior?: string } {
  const last = (records as FullRecord[]).findLast(
    (one) => 'jws' in one && payloadOf(one.jws)['type'] === 'member' && payloadOf(one.jws)['key'] === person,
  );
  return last === undefined ? {} : { prior: eventIdOf(last.jws) };
}

/** The owner hands the room to the suite, which shows its history and lets the owner invite. */
async function showHistory({ owner }: GroupStage, name: string, { joined }: { joined: MemberRoom }): Promise<void> {
  await owner.setOwner(name, joined.person);
  const isOwner = (one: object): boolean => 'jws' in one && payloadOf(String(one.jws))['type'] === 'room.owner';
  await until(() => [...joined.log.values()].some(isOwner), 'the room');
  await joined.say(joined.make({ type: 'room.history', key: '' }, { visible: 'all' }));
}

const snapshotChecks: Check<GroupStage>[] = [
  {
    ...titleOf(common, {
      name: 'snapshot',
      covers: ['PV-SNAP-001', 'PV-SNAP-002', 'PV-JOIN-004', 'PV-JOIN-005', 'PV-JOIN-007', 'PV-STH-001'],
    }),
    async run({ run, owner }) {
      const peer = await run.makeKnownPeer();
      const room = await owner.createGroup('snapshot');
      const person = `mallory@${peer.domain}`;
      const { invite } = await awaitInvitation(peer, { owner, room, person });
      const answer = await ask(peer, 'join', {
        room,
        items: joinItems(peer, { room, person }, { invite: invite.jws.text }),
      });
      const { sealed, buckets } = answer['snapshot'] as { sealed: { head: { seq: number } }; buckets: string[] };
      await owner.say(room, 'meanwhile');
      for (const from of [0, 100, 255]) {
        const { entries, covered } = await ask(peer, 'snapshot', { room, seq: sealed.head.seq, from });
        must(Number(covered) > from && Number(covered) <= 256, 'more buckets', covered);
        const found = Array.from({ length: 256 }, (): { type: string; key: string; id: string }[] => []);
        for (const { jws } of listOf(entries) as unknown as FullRecord[]) {
          const { type, key } = payloadOf(jws) as { type: string; key: string };
          must(['member', 'access', 'room.link'].includes(type), 'entries of people', type);
          found[bucketOf(type, key)]?.push({ type, key, id: eventIdOf(jws) });
        }
        const shared = new Set(bucketsOfShared(answer['snapshot'] as Members));
        for (let at = from; at < Number(covered); at += 1)
          if (!shared.has(at))
            must(encode64(bucketHash(found[at] ?? [])) === buckets[at], `whole bucket ${at}`, found[at]);
      }
      mustBe(await peer.send('snapshot', { room, seq: sealed.head.seq + 1000, from: 0 }), problem('unknown-room'));
    },
  },
];

function bucketsOfShared({ entries }: Members): number[] {
  return (listOf(entries) as unknown as FullRecord[]).flatMap(({ jws }) => {
    const { type, key } = payloadOf(jws) as { type: string; key: string };
    return ['member', 'access', 'room.link'].includes(type) ? [] : [bucketOf(type, key)];
  });
}

const acknowledgementChecks: Check<GroupStage>[] = [
  {
    ...titleOf(common, { name: 'snapshot-is-no-acknowledgement', covers: ['PV-SNAP-007', 'PV-PUSH-001'] }),
    async run(stage) {
      const name = await stage.owner.createGroup('acknowledged');
      const { peer } = await another(stage, name);
      const isPushed = ({ verb, body }: Peer['received'][number]): boolean =>
        verb === 'push' && listOf(body['rooms']).some((page) => page['room'] === name);
      await until(() => peer.received.some(isPushed), 'the join to be pushed, though the snapshot covers it');
    },
  },
];

const headChecks: Check<GroupStage>[] = [
  {
    ...titleOf(common, { name: 'digest', covers: ['PV-HEADS-004', 'PV-HEADS-005', 'PV-HEADS-006'] }),
    async run(stage) {
      const { run, owner } = stage;
      const peer = await run.makeKnownPeer();
      const followed: GroupStage['followed'] = new Map();
      peer.answers.set('push', answerPushes(followed));
      for (const title of ['one', 'two']) {
        const room = await joinGroup({ run, peer, followed }, { owner, room: await owner.createGroup(title) });
        await room.say();
      }
      const rows = [...followed.values()].map(({ room, last }) => ({ room, ...last }));
      rows.sort((a, b) => Buffer.compare(rawOf(a.room), rawOf(b.room)));
      const bucketAt = (at: number): typeof rows => rows.filter(({ room }) => rawOf(room)[0] === at);
      const expected = Array.from({ length: 256 }, (_, at) => encode64(digestOf(bucketAt(at))));
      const now = Date.now() + 1000;
      const { digest } = await ask(peer, 'heads', { digest: { asOf: now } });
      must((digest as { buckets: string[] }).buckets.join() === expected.join(), 'the digest of the two rooms', digest);
      for (const { room, seq } of rows) {
        const bucket = rawOf(room)[0] ?? 0;
        const { rooms } = await ask(peer, 'heads', { digest: { asOf: now, bucket } });
        const pairs = rooms as [string, number][];
        must(
          pairs.some(([id, at]) => id === room && at === seq),
          'the room with its place',
          pairs,
        );
      }
      const before = (await ask(peer, 'heads', { digest: { asOf: 1 } }))['digest'] as { buckets: string[] };
      must(new Set(before.buckets).size === 1, 'nothing before there was anything', before.buckets[0]);
    },
  },
];

/** The target follows, and somebody else of the suite asks it. */
const followerChecks: Check<GroupStage>[] = [
  {
    ...titleOf(common, { name: 'answered-by-a-follower', covers: ['PV-LOG-001', 'PV-HEADS-002', 'PV-READ-002'] }),
    async run({ run }) {
      const stage = await HubStage.open(run);
      const room = await stage.lure();
      const other = await control('another honest provider', async () => await run.makeKnownPeer());
      const person = `trudy@${other.domain}`;
      const people = { by: room.owner, to: person };
      const place = { room: room.room, hub: stage.peer.domain, until: Date.now() + DAY_MS, nonce: freshNonce() };
      const invite = signJws('payvand-invite', { ...place, ...people }, stage.peer.keys.event);
      const from = room.records.length;
      for (const item of joinItems(other, { room: room.room, person }, { invite })) room.append(item);
      room.append(room.message('seen by the other'));
      await stage.catchUp(room, from);
      const page = (await ask(other, 'log', { room: room.room, from, max: 256 }))['page'] as { records: FullRecord[] };
      must(
        page.records.map(({ jws }) => jws).join() ===
          room.records
            .slice(from)
            .map(({ jws }) => jws)
            .join(),
        'the records as the hub told them',
        page,
      );
      const { rooms } = await ask(other, 'heads', { rooms: [room.room] });
      const head = listOf(rooms)[0]?.['head'] as Members | undefined;
      must(head?.['seq'] === room.seq && head['hub'] === stage.peer.domain, 'the newest head of the hub', rooms);
    },
  },
];

/** What others may read of a log, and in which pieces. */
export const logLanes: readonly Lane[] = [
  makeLane({
    name: 'logs',
    open: async (run: Run) => await openGroup(run),
    checks: [
      ...pageChecks,
      ...readChecks,
      ...snapshotChecks,
      ...acknowledgementChecks,
      ...headChecks,
      ...followerChecks,
    ],
  }),
];
