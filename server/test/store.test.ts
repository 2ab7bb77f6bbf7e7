import { getTableColumns, getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import t from 'tap';
import type { RoomId } from '../src/protocol/identifiers.js';
import type { RoomAppend, RoomRow } from '../src/storage/room-rows.js';
import * as linkTables from '../src/storage/link-tables.js';
import * as personal from '../src/storage/personal-schema.js';
import * as schema from '../src/storage/schema.js';
import { StorageError } from '../src/storage/storage-error.js';
import type { Store } from '../src/storage/store-types.js';
import {
  alice,
  appendOf,
  bob,
  domain,
  entryOf,
  eventId,
  hub,
  logRow,
  openTestStore,
  roomId,
  rowsOf,
  sealedAt,
} from './fixtures/test-store.js';

const everything = { max: 256, bytesMax: 1 << 20 };
const { store, sql, open, warnings, database } = await openTestStore(t);

/** A room with one flush of rows. */
async function makeRoom(count: number, changes: Partial<RoomAppend> = {}) {
  const room = roomId();
  const rows = rowsOf(0, count - 1);
  const append = appendOf(room, rows, changes);
  await store.commitAppends({ appends: [append] });
  return { room, rows, append };
}

const seqs = (rows: readonly { seq: number }[]) => rows.map((row) => row.seq);

const rowOf = async (room: RoomId): Promise<RoomRow | undefined> => (await store.loadRoom(room))?.row;

t.test('the drizzle schema says what the migrations make', async (t) => {
  const tables = [...Object.values(schema), ...Object.values(linkTables), ...Object.values(personal)].filter((value) =>
    is(value, PgTable),
  );
  const declared = tables.flatMap((table) =>
    Object.values(getTableColumns(table)).map((column) => {
      return `${getTableName(table)}.${column.name} ${column.getSQLType()} ${column.notNull ? 'not null' : 'null'}`;
    }),
  );
  const made = await sql<{ line: string }[]>`
    SELECT c.table_name || '.' || c.column_name || ' ' || c.data_type || CASE c.is_nullable WHEN 'NO' THEN ' not null' ELSE ' null' END AS line
    FROM information_schema.columns c WHERE c.table_schema = 'public' AND c.table_name <> 'schema_migrations'`;
  t.same(declared.sort(), made.map((row) => row.line).sort());
});

t.test('a flush', async (t) => {
  t.test('is read back as it was written, byte for byte', async (t) => {
    const texts = [
      '{"text":"\\"quoted\\" \\\\ {back,slashed}\\n"}',
      'NULL',
      '',
      '{}',
      'سلام 👋\u{1F469}‍💻',
      "it's; --",
      '\\x00',
    ];
    const rows = texts.map((content, seq) => logRow({ seq, content, void: seq === 1 ? 'no-right' : null }));
    const room = roomId();
    const append = appendOf(room, rows, { title: 'a "title" \\ {}' });
    t.same(await store.commitAppends({ appends: [append] }), { conflicts: [] });
    t.same(await store.readLog(room, 0, everything), rows);
    const row = await rowOf(room);
    t.match(row, { room, kind: 'group', hub, seq: 6, first: 0, status: 'live', code: null, title: 'a "title" \\ {}' });
    t.same(row?.sealed, append.sealed);
    t.same(row?.hash, rows.at(-1)?.hash);
  });

  t.test('over many rooms is written to all of them', async (t) => {
    const rooms = Array.from({ length: 70 }, roomId);
    const first = rooms.map((room) => appendOf(room, rowsOf(0, 2)));
    const second = rooms.map((room) => appendOf(room, rowsOf(3, 4)));
    t.same(await store.commitAppends({ appends: first }), { conflicts: [] });
    t.same(await store.commitAppends({ appends: second }), { conflicts: [] });
    for (const room of rooms.slice(0, 256)) t.same(seqs(await store.readLog(room, 0, everything)), [0, 1, 2, 3, 4]);
  });

  t.test('writes nothing when one head has moved, and names that room', async (t) => {
    const moved = await makeRoom(3);
    const still = await makeRoom(3);
    const stale = appendOf(moved.room, rowsOf(2, 2));
    const good = appendOf(still.room, rowsOf(3, 3));
    for (const extra of [{}, { providers: [{ domain: hub, from: 0, to: null }] }]) {
      const appends = [stale, { ...good, ...extra }];
      t.same(await store.commitAppends({ appends }), { conflicts: [moved.room] });
    }
    t.same(await store.readLog(moved.room, 0, everything), moved.rows);
    t.same(await store.readLog(still.room, 0, everything), still.rows);
    t.same(await store.providersOf(still.room), []);
    t.same(await store.commitAppends({ appends: [good] }), { conflicts: [] }, 'alone it is accepted');
  });

  t.test('that creates a known room, or appends to an unknown one, is a conflict', async (t) => {
    const { room } = await makeRoom(1);
    const unknown = roomId();
    t.same(await store.commitAppends({ appends: [appendOf(room, rowsOf(0, 0))] }), { conflicts: [room] });
    t.same(
      await store.commitAppends({ appends: [appendOf(room, rowsOf(3, 3))] }),
      { conflicts: [room] },
      'nor is a gap left',
    );
    t.same(await store.commitAppends({ appends: [appendOf(unknown, rowsOf(4, 4))] }), { conflicts: [unknown] });
  });

  t.test('of two at once at one head, one is a conflict and the log has no gap', async (t) => {
    const { room } = await makeRoom(1);
    const other = await open();
    const rivals = Array.from(
      { length: 8 },
      (_, n) => [n % 2 === 0 ? store : other, appendOf(room, rowsOf(1, 2))] as const,
    );
    const answers = await Promise.all(rivals.map(([one, append]) => one.commitAppends({ appends: [append] })));
    t.equal(answers.filter(({ conflicts }) => conflicts.length === 0).length, 1);
    t.same(seqs(await store.readLog(room, 0, everything)), [0, 1, 2]);
  });

  t.test('is rejected whole for a value the database refuses', async (t) => {
    const { room, rows } = await makeRoom(1);
    const twice = logRow({ seq: 1, eventId: rows[0]?.eventId ?? eventId() });
    const refused = [twice, logRow({ seq: 1, content: 'a\u0000b' }), logRow({ seq: 1, at: 2 ** 63 })];
    for (const row of refused) {
      const appends = [appendOf(roomId(), rowsOf(0, 0)), appendOf(room, [row])];
      await t.rejects(store.commitAppends({ appends }), { name: 'StorageError', code: 'rejected', ambiguous: false });
      for (const append of appends.slice(0, 1)) t.equal(await rowOf(append.room), undefined);
    }
    t.same(await store.readLog(room, 0, everything), rows);
    const sent = { accountId: 77, requestKey: 'k', requestHash: Buffer.alloc(16, 7), room, eventId: eventId(), at: 1 };
    await store.addRefused(sent, 'no-right');
    const repeated = { appends: [appendOf(room, rowsOf(1, 1))], sent: [sent] };
    await t.rejects(store.commitAppends(repeated), { code: 'rejected' }, 'so is a request key that was used before');
  });
});

t.test('the log', async (t) => {
  t.test('is read in parts that keep to rows and bytes', async (t) => {
    const { room } = await makeRoom(20);
    const size = (await store.readLog(room, 5, everything))
      .slice(0, 3)
      .reduce((sum, row) => sum + (row.jws?.length ?? 0) + (row.content?.length ?? 0), 0);
    t.same(seqs(await store.readLog(room, 5, { max: 4, bytesMax: 1 << 20 })), [5, 6, 7, 8]);
    t.same(seqs(await store.readLog(room, 5, { max: 256, bytesMax: size })), [5, 6, 7]);
    t.same(seqs(await store.readLog(room, 5, { max: 256, bytesMax: 1 })), [5], 'the first row always');
    t.same(await store.readLog(room, 20, everything), []);
    t.same(await store.readLog(roomId(), 0, everything), []);
  });

  t.test('finds events of many rooms at once', async (t) => {
    const one = await makeRoom(3);
    const two = await makeRoom(3);
    const wanted = [one.rows[1], two.rows[2]].map((row) => row?.eventId ?? eventId());
    const pairs = [
      [one.room, wanted[0] ?? eventId()] as const,
      [two.room, wanted[1] ?? eventId()] as const,
      [two.room, wanted[0] ?? eventId()] as const,
    ];
    const found = await store.findEvents(pairs);
    t.same(
      found.map((row) => [row.room, row.seq]).sort(),
      [
        [one.room, 1],
        [two.room, 2],
      ].sort(),
    );
    t.same(await store.findEvents([]), []);
    const many = Array.from({ length: 1025 }, () => [one.room, eventId()] as const);
    await t.rejects(store.findEvents(many), { code: 'rejected' });
  });

  t.test('gives hashes and heads where they are stored', async (t) => {
    const { room, rows, append } = await makeRoom(3, { keepHead: true });
    const next = appendOf(room, rowsOf(3, 5));
    const last = appendOf(room, rowsOf(6, 9));
    await store.commitAppends({ appends: [next] });
    await store.commitAppends({ appends: [last] });
    t.same(await store.recordHashAt(room, 1), rows[1]?.hash);
    t.equal(await store.recordHashAt(room, 10), undefined);
    t.same(await store.headAt(room, 2), append.sealed);
    t.equal(await store.headAt(room, 5), undefined, 'this one was not kept');
    t.same(await store.headAt(room, 9), last.sealed, 'the newest is always there');
    t.same(await store.nextHead(room, 0, 5), append.sealed);
    t.same(await store.nextHead(room, 0, 300), last.sealed);
    t.same(await store.nextHead(room, 3, 5), last.sealed, 'beyond the range when there is none in it');
    t.equal(await store.nextHead(room, 10, 300), undefined);
  });

  t.test('loses the content of deleted events and of their edits', async (t) => {
    const [target, edit, other] = [logRow({ seq: 0 }), logRow({ seq: 1, type: 'message.edit' }), logRow({ seq: 2 })];
    const removal = logRow({ seq: 3, type: 'message.delete', sender: bob });
    const room = roomId();
    const edits = { kind: 'edit', target: target.eventId, eventId: edit.eventId, seq: 1, sender: alice } as const;
    await store.commitAppends({ appends: [appendOf(room, [target, edit, other], { relations: [edits] })] });
    const deletes = { kind: 'delete', target: target.eventId, eventId: removal.eventId, seq: 3, sender: bob } as const;
    const removing = appendOf(room, [removal], { relations: [deletes], erase: [target.eventId] });
    await store.commitAppends({ appends: [removing] });
    const contents = (await store.readLog(room, 0, everything)).map((row) => row.content === null);
    t.same(contents, [true, true, false, false]);
    t.same(await store.markedAmong(room, [target.eventId, other.eventId], 'delete'), [target.eventId]);
    const [{ held } = { held: 0 }] =
      await sql`SELECT count(*)::int AS held FROM log WHERE room_id = ${room} AND content LIKE '{"text":"0"%'`;
    t.equal(held, 0);
  });
});

t.test('a timeline', async (t) => {
  const room = roomId();
  const rows = rowsOf(0, 9);
  const idAt = (seq: number) => rows[seq]?.eventId ?? eventId();
  const by = (seq: number, kind: 'react' | 'edit' | 'delete', target: number) => {
    return { kind, target: idAt(target), eventId: idAt(seq), seq, sender: alice };
  };
  const relations = [by(4, 'react', 1), by(5, 'edit', 1), by(6, 'edit', 1), by(7, 'react', 1), by(8, 'delete', 7)];
  await store.commitAppends({ appends: [appendOf(room, rows, { relations, erase: [idAt(7)] })] });

  t.test('is paged both ways and never shows what is out of sight', async (t) => {
    const page = async (part: object) =>
      seqs((await store.readTimeline(room, { limit: 3, visibleFrom: 2, ...part })).rows);
    t.same(await page({}), [7, 8, 9]);
    t.same(await page({ before: 7 }), [4, 5, 6]);
    t.same(await page({ before: 4 }), [2, 3]);
    t.same(await page({ after: 0 }), [2, 3, 4]);
    t.same(await page({ after: 8 }), [9]);
    t.same(await page({ after: 4, visibleTo: 5 }), [5]);
  });

  t.test('tells what became of its events', async (t) => {
    const { effects } = await store.readTimeline(room, { limit: 10, visibleFrom: 0 });
    const told = effects.map(({ kind, target, seq, content }) => [kind, target, seq, content]);
    t.same(told, [
      ['react', idAt(1), 4, '{"text":"4"}'],
      ['edit', idAt(1), 6, '{"text":"6"}'],
      ['delete', idAt(7), 8, '{"text":"8"}'],
    ]);
  });
});

t.test('state', async (t) => {
  const room = roomId();
  const rows = rowsOf(0, 4, { content: '{"salt":"x"}' });
  const [create, join, title, retitle, statement] = rows as [LogRowOf, LogRowOf, LogRowOf, LogRowOf, LogRowOf];
  const jws = { hash: 'hash-of-statement', domain: hub, version: 1, jws: 'statement.jws' };
  Object.assign(statement, { statement: jws.hash });
  const entries = [entryOf(create, 'room.create', ''), entryOf(join, 'member', alice), entryOf(title, 'room.info', '')];
  await store.commitAppends({ appends: [appendOf(room, rows.slice(0, 3), { entries, keepHead: true })] });
  const later = [entryOf(retitle, 'room.info', ''), entryOf(statement, 'provider', hub)];
  await store.commitAppends({ appends: [appendOf(room, rows.slice(3), { entries: later })], statements: [jws] });
  const all = { bucketFrom: 0, bucketTo: 255 };
  const shown = (found: readonly { type: string; key: string; seq: number }[]) =>
    found.map(({ type, key, seq }) => `${type} ${key} ${seq}`).sort();

  t.test('is loaded as it is now, with the events behind it', async (t) => {
    const loaded = await store.loadRoom(room);
    t.equal(loaded?.row.seq, 4);
    t.same(shown(loaded?.entries ?? []), [`member ${alice} 1`, `provider ${hub} 4`, 'room.create  0', 'room.info  3']);
    const provider = loaded?.entries.find((entry) => entry.type === 'provider');
    t.match(provider, { jws: statement.jws, content: '{"salt":"x"}', at: 1004, sender: alice, statement: jws.jws });
    t.equal(await store.loadRoom(roomId()), undefined);
    t.same(await store.findStatement(jws.hash), jws);
  });

  t.test('can be read as of a stored head, by bucket and by kind of entry', async (t) => {
    t.same(shown(await store.stateAt(room, 2, all)), [`member ${alice} 1`, 'room.create  0', 'room.info  2']);
    t.same(shown(await store.stateAt(room, 4, { ...all, paged: true })), [`member ${alice} 1`]);
    const { bucket } = entryOf(join, 'member', alice);
    t.same(shown(await store.stateAt(room, 4, { bucketFrom: bucket, bucketTo: bucket, paged: true })), [
      `member ${alice} 1`,
    ]);
    t.same(shown(await store.stateAt(room, 4, { bucketFrom: bucket + 1, bucketTo: 255, paged: true })), []);
    t.same(shown(await store.entriesOf([room, roomId()], 'room.info', '')), ['room.info  3']);
  });
});
type LogRowOf = ReturnType<typeof logRow>;

t.test('a snapshot', async (t) => {
  const room = roomId();
  const creation = { kind: 'group', hub: domain('b.example'), creator: bob, peer: null } as const;
  const head = logRow({ seq: 50 });
  const behind = (seq: number, type: string, key: string) => {
    const { epoch, at, eventId: event, sender, jws } = logRow({ seq });
    const { bucket } = entryOf(head, type, key);
    return { type, key, bucket, seq, epoch, at, eventId: event, sender: sender || bob, jws: jws ?? '', content: '{}' };
  };
  const statement = { hash: 'hash-of-b', domain: creation.hub, version: 1, jws: 'b.jws' };
  const entries = [{ ...behind(0, 'room.create', ''), statement }, behind(49, 'member', alice)];
  const sealed = sealedAt(room, head, creation.hub);
  const members = [{ accountId: 900, membership: 'joined', visibleFrom: 49, seq: 49 }] as const;
  const gap = { covered: 7, buckets: Array.from({ length: 256 }, (_, bucket) => Buffer.alloc(32, bucket)) };
  const start = { room, creation, sealed, gap, title: 'b', entries, providers: [], members } as const;

  t.test('makes a room of which the log is held from its head on', async (t) => {
    await store.startJoin(room, creation);
    t.match(await rowOf(room), { status: 'joining', seq: -1 });
    t.equal(await store.startFromSnapshot(start, []), true);
    t.match(await rowOf(room), { status: 'partial', gap });
    await store.extendSnapshot(room, { entries: [behind(30, 'member', bob)], covered: 256 });
    t.match(await rowOf(room), { status: 'partial', gap: { ...gap, covered: 256 } });
    await store.completeSnapshot(room, { providers: [], members: [], notes: [] });
    const loaded = await store.loadRoom(room);
    t.match(loaded?.row, { status: 'live', seq: 50, first: 51, title: 'b', sealed, gap: undefined });
    t.same(loaded?.entries.map((entry) => entry.seq).sort(), [0, 30, 49]);
    t.equal(loaded?.entries.find((entry) => entry.seq === 0)?.statement, 'b.jws');
    t.same(await store.readLog(room, 0, everything), []);
    t.same(await store.recordHashAt(room, 50), head.hash);
    t.same(await store.headAt(room, 50), sealed);
    const rows = rowsOf(51, 52);
    const append = appendOf(room, rows, { sealed: sealedAt(room, rows[1] ?? head, creation.hub) });
    t.same(await store.commitAppends({ appends: [append] }), { conflicts: [] });
    t.same(await store.readLog(room, 51, everything), rows);
    t.equal(await store.startFromSnapshot(start, []), false, 'an older one changes nothing');
    t.equal((await rowOf(room))?.seq, 52);
  });

  t.test('is completed by older records, whose deletes still hold', async (t) => {
    const rows = [logRow({ seq: 48, jws: null, content: null, type: '', sender: '' }), logRow({ seq: 49 }), head];
    const removal = logRow({ seq: 53, type: 'message.delete' });
    const relation = {
      kind: 'delete',
      target: rows[1]?.eventId ?? eventId(),
      eventId: removal.eventId,
      seq: 53,
      sender: bob,
    } as const;
    await store.commitAppends({
      appends: [appendOf(room, [removal], { relations: [relation], sealed: sealedAt(room, removal, creation.hub) })],
    });
    await store.backfill({ room, rows: rows.slice(0, 1), relations: [] });
    t.equal((await rowOf(room))?.first, 51, 'a stretch with a gap before ours is not counted');
    await store.backfill({ room, rows, relations: [] });
    t.equal((await rowOf(room))?.first, 48);
    const read = await store.readLog(room, 48, everything);
    t.same(seqs(read), [48, 49, 50, 51, 52, 53]);
    t.same(read[0], rows[0]);
    t.equal(read[1]?.content, null);
    t.same(read[2], head);
    const whole = logRow({ ...rows[0], seq: 48, jws: 'now.we.may', content: '{}', type: 'message', sender: bob });
    await store.backfill({ room, rows: [whole], relations: [] });
    t.match(await store.readLog(room, 48, { max: 1, bytesMax: 1000 }), [
      { jws: 'now.we.may', content: '{}', sender: bob },
    ]);
  });
});

t.test('what waits for a hub', async (t) => {
  const remote = domain('hub.example');
  const room = roomId();
  const waiting = (requestKey: string | null) => {
    const requestHash = Buffer.alloc(16, 1);
    const event = { eventId: eventId(), jws: `jws.${requestKey}`, content: '{"text":"\\"hi\\""}', statement: null };
    return { hub: remote, room, ...event, accountId: requestKey === null ? null : 5, requestKey, requestHash, at: 1 };
  };
  const rows = [waiting('one'), waiting('two'), waiting('three'), waiting(null)];
  const [one, two, three, own] = rows as [Waiting, Waiting, Waiting, Waiting];

  t.test('keeps its order, and its request keys', async (t) => {
    const ns = await store.addPending(rows);
    t.same(
      ns,
      [...ns].sort((x, y) => x - y),
    );
    t.same(await store.addPending([two]), [ns[1]], 'once more changes nothing');
    const listed = await store.listPending(remote, { limit: 10 });
    t.same(
      listed.map(({ eventId: event, n }) => [event, n]),
      rows.map((row, index) => [row.eventId, ns[index]]),
    );
    const { requestHash, ...first } = one;
    t.match(listed[0], { ...first, state: 'pending', code: null });
    t.same(seqsOf(await store.listPending(remote, { after: ns[1] ?? 0, limit: 1 })), [three.eventId]);
    t.same(await store.pendingHubs(10), [remote]);
    t.match(await store.findSent(5, 'one'), { room, eventId: one.eventId, requestHash });
    t.equal(await store.findSent(6, 'one'), undefined);
  });

  t.test('goes when its record arrives, and its key then tells where', async (t) => {
    const record = logRow({ seq: 0, eventId: one.eventId, at: 77 });
    const sealed = sealedAt(room, record, remote);
    const creation = { kind: 'dm', hub: remote, creator: bob, peer: alice } as const;
    const append = appendOf(room, [record], { sealed, create: creation, resolved: [one.eventId, own.eventId] });
    t.same(await store.commitAppends({ appends: [append] }), { conflicts: [] });
    t.same(seqsOf(await store.listPending(remote, { limit: 10 })), [two.eventId, three.eventId]);
    t.match(await store.findSent(5, 'one'), { room, eventId: one.eventId, seq: 0, at: 77 });
  });

  t.test('is shown to its author when refused, and signed anew under the same key', async (t) => {
    await store.refusePending(remote, two.eventId, 'no-right');
    const anew = { ...three, eventId: eventId(), jws: 'signed.anew' };
    await store.replacePending(three.eventId, anew);
    t.same(seqsOf(await store.listPending(remote, { limit: 10 })), [anew.eventId]);
    t.match(await store.findSent(5, 'two'), { room, eventId: two.eventId, code: 'no-right' });
    t.match(await store.findSent(5, 'three'), { room, eventId: anew.eventId, seq: undefined, code: undefined });
    t.match(await store.findPending(remote, two.eventId), { state: 'refused', code: 'no-right' });
    await store.resolvePending(remote, [anew.eventId]);
    t.same(await store.pendingHubs(10), []);
  });
});
type Waiting = Parameters<Store['addPending']>[0][number];
const seqsOf = (rows: readonly { eventId: string }[]) => rows.map((row) => row.eventId);

t.test('rooms are listed by status and hub, page by page', async (t) => {
  const far = domain('far.example');
  const made = Array.from({ length: 3 }, roomId).sort();
  for (const room of made) await store.startJoin(room, { kind: 'dm', hub: far, creator: bob, peer: alice });
  const [first = roomId(), second = roomId(), third = roomId()] = made;
  await store.setRoomStatus(second, 'quarantined', 'fork');
  t.same(
    (await store.listRooms({ hub: far, limit: 2 })).map((row) => row.room),
    [first, second],
  );
  t.same(
    (await store.listRooms({ hub: far, after: second, limit: 2 })).map((row) => row.room),
    [third],
  );
  t.match(await store.listRooms({ hub: far, status: 'quarantined', limit: 9 }), [
    { room: second, code: 'fork', creator: bob, peer: alice },
  ]);
  t.notOk((await store.listRooms({ notHub: far, limit: 256 })).some((row) => row.hub === far));
});

t.test('a database that is not', async (t) => {
  t.test('durable is warned of', async (t) => {
    t.same(warnings, [], 'the embedded one is');
    await sql`ALTER ROLE payvand SET synchronous_commit = off`;
    t.teardown(() => sql`ALTER ROLE payvand RESET synchronous_commit`);
    await open();
    t.same(warnings, ['not-durable']);
  });

  t.test('answering within the deadline fails the call, and the store goes on', async (t) => {
    const { room } = await makeRoom(1);
    const impatient = await open({ deadlineMs: 300 });
    await sql.begin(async (tx) => {
      await tx`SELECT FROM rooms WHERE room_id = ${room} FOR UPDATE`;
      const append = impatient.commitAppends({ appends: [appendOf(room, rowsOf(1, 1))] });
      await t.rejects(append, { code: 'connection', ambiguous: true });
    });
    t.match(await impatient.loadRoom(room), { row: { room } });
    t.equal(await impatient.ping(), true);
  });
});

t.test('a closed store fails every call', async (t) => {
  const closing = await open();
  await closing.close();
  await t.rejects(closing.loadRoom(roomId()), { code: 'connection' });
  t.equal(await closing.ping(), false);
});

t.test('while its database is down a store fails every call, and is back by itself', async (t) => {
  const { room } = await makeRoom(1);
  const pid = database.pid();
  if (pid === undefined) throw new Error('no database');
  process.kill(pid, 'SIGKILL');
  let failures = 0;
  let successes = 0;
  let slowestMs = 0;
  while (successes < 5 || database.pid() === pid) {
    const started = Date.now();
    try {
      const row = await rowOf(room);
      const append = appendOf(room, [logRow({ seq: (row?.seq ?? 0) + 1 })]);
      t.same(await store.commitAppends({ appends: [append] }), { conflicts: [] });
      successes += 1;
    } catch (error) {
      t.match(error, { name: 'StorageError', code: 'connection' });
      failures += 1;
      successes = 0;
    }
    slowestMs = Math.max(slowestMs, Date.now() - started);
  }
  t.ok(failures > 0, `${failures} failures`);
  t.ok(slowestMs < 5_000, `the slowest answer came after ${slowestMs} ms`);
  const rows = await store.readLog(room, 0, everything);
  t.same(
    seqs(rows),
    Array.from({ length: rows.length }, (_, index) => index),
  );
  t.equal(await store.ping(), true);
});

t.test('a failure tells trouble with the database from trouble with the values', async (t) => {
  const failure = (cause: object) => {
    const { code, ambiguous } = StorageError.from(Object.assign(new Error('with somebody’s words'), cause));
    return [code, ambiguous];
  };
  t.same(failure({ code: '23505', severity: 'ERROR' }), ['rejected', false]);
  t.same(failure({ code: '22021', severity: 'ERROR' }), ['rejected', false]);
  t.same(failure({ code: '40P01', severity: 'ERROR' }), ['connection', false]);
  t.same(failure({ code: '53100', severity: 'ERROR' }), ['connection', false], 'no disk space is nobody’s fault');
  t.same(failure({ code: '57P01', severity: 'FATAL' }), ['connection', true]);
  t.same(failure({ code: '57P03', severity: 'FATAL' }), ['connection', false], 'still starting: nothing was sent');
  t.same(failure({ code: '28P01', severity: 'FATAL' }).slice(0, 1), ['connection']);
  t.same(failure({ code: 'CONNECTION_CLOSED' }), ['connection', true]);
  t.same(failure({ code: 'ECONNREFUSED' }), ['connection', false]);
  const refusal = StorageError.from(
    Object.assign(new Error('invalid input: "my secret"'), { code: '22P02', severity: 'ERROR' }),
  );
  t.notMatch(`${refusal.message} ${String(refusal.cause)}`, /secret/);
});
