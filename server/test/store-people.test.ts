import { randomBytes } from 'node:crypto';
import t from 'tap';
import { domainOf } from '../src/protocol/identifiers.js';
import { tablesWithoutExpiry } from '../src/storage/expire-rows.js';
import {
  address,
  alice,
  appendOf,
  bob,
  domain,
  hub,
  logRow,
  openTestStore,
  roomId,
  rowsOf,
} from './fixtures/test-store.js';

const { store, sql } = await openTestStore(t);
const day = 24 * 60 * 60 * 1000;
const b = domainOf(bob);
let names = 0;

async function makeAccount(localpart = `person-${(names += 1)}`): Promise<number> {
  const made = await store.createAccount({ localpart, password: 'scrypt:1', name: 'Someone', at: 5 });
  if (made.status !== 'created') throw new Error(made.status);
  return made.accountId;
}

t.test('accounts', async (t) => {
  t.test('are made, found, changed and closed', async (t) => {
    t.equal(await store.hasAccounts(), false);
    const accountId = await makeAccount('alice');
    t.equal(await store.hasAccounts(), true);
    const found = await store.findAccount('alice');
    const made = {
      accountId,
      localpart: 'alice',
      password: 'scrypt:1',
      name: 'Someone',
      receipts: true,
      owner: false,
      limited: false,
      guardian: null,
    };
    t.same(found, { ...made, createdAt: 5, closedAt: null });
    t.same(await store.findAccountById(accountId), found);
    t.equal(await store.findAccount('nobody'), undefined);
    await store.setPassword(accountId, 'scrypt:2');
    await store.setProfile(accountId, { name: 'آلیس "A"' });
    await store.setProfile(accountId, { receipts: false });
    t.match(await store.findAccount('alice'), { password: 'scrypt:2', name: 'آلیس "A"', receipts: false });
    const session = { accountId, tokenHash: randomBytes(32), device: '', at: 6 };
    const sessionId = await store.createSession(session);
    await store.closeAccount({ accountId, at: 9, address: alice, content: 'keep' });
    t.match(await store.findAccount('alice'), { closedAt: 9, password: '', name: '' });
    t.equal(await store.findSession(accountId, sessionId), undefined);
    const again = { localpart: 'alice', password: 'x', name: 'x', at: 10 };
    t.same(await store.createAccount(again), { status: 'taken' }, 'an address is never given away again');
  });

  t.test('need a code that is good, once', async (t) => {
    const [owner, late] = [randomBytes(32), randomBytes(32)];
    await store.createCode({ hash: owner, owner: true, until: 100 });
    await store.createCode({ hash: late, owner: false, until: 100 });
    const sign = (localpart: string, code: Buffer, at: number) =>
      store.createAccount({ localpart, password: 'x', name: 'x', at, code });
    t.same(await sign('eve', late, 101), { status: 'bad-code' });
    t.same(await sign('eve', randomBytes(32), 1), { status: 'bad-code' });
    t.same(await sign('alice', owner, 1), { status: 'taken' });
    t.match(await sign('roya', owner, 1), { status: 'created', owner: true }, 'a taken name does not use up the code');
    t.same(await sign('eve', owner, 1), { status: 'bad-code' });
    t.equal(await store.findAccount('eve'), undefined);
  });

  t.test('are made once when asked for twice at once', async (t) => {
    const code = randomBytes(32);
    await store.createCode({ hash: code, owner: false, until: 100 });
    const asked = Array.from({ length: 6 }, (_, n) => {
      const localpart = n < 3 ? 'twin' : `other-${n}`;
      return store.createAccount({ localpart, password: 'x', name: 'x', at: 1, ...(n < 3 ? {} : { code }) });
    });
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    t.equal(statuses.slice(0, 3).filter((status) => status === 'created').length, 1);
    t.equal(statuses.slice(3).filter((status) => status === 'created').length, 1);
  });
});

t.test('sessions are found, listed, touched and ended', async (t) => {
  const accountId = await makeAccount();
  const add = (at: number) => store.createSession({ accountId, tokenHash: randomBytes(32), device: `d${at}`, at });
  const tokenHash = randomBytes(32);
  const first = await store.createSession({ accountId, tokenHash, device: 'phone', at: 1 });
  const second = await add(2);
  t.match(await store.findSession(accountId, first), { tokenHash, device: 'phone', usedAt: 1, owner: false });
  t.equal(await store.findSession(accountId + 1, first), undefined);
  await store.touchSessions([{ accountId, sessionId: first, at: 7 }]);
  await store.touchSessions([{ accountId, sessionId: first, at: 3 }]);
  const listed = await store.listSessions(accountId);
  t.match(listed, [
    { sessionId: first, usedAt: 7, createdAt: 1 },
    { sessionId: second, usedAt: 2 },
  ]);
  t.equal(await store.revokeSession(accountId, second), true);
  t.equal(await store.revokeSession(accountId, second), false);
  for (let at = 10; at < 74; at += 1) await add(at);
  const full = await store.listSessions(accountId);
  t.equal(full.length, 64);
  t.equal(
    full.some(({ sessionId }) => sessionId === first),
    false,
    'the one used longest ago made room',
  );
  const [kept] = full;
  await store.revokeSessions(accountId, kept?.sessionId);
  t.same(await store.listSessions(accountId), [kept]);
  await store.revokeSessions(accountId);
  t.same(await store.listSessions(accountId), []);
});

t.test('requests', async (t) => {
  const accountId = await makeAccount();
  const request = (id: string) => {
    const from = { kind: 'contact', room: roomId(), hub: b, by: bob, body: '{"intro":"\\"hi\\""}' } as const;
    return { accountId, id, ...from, at: 1, until: 1000, state: 'waiting' } as const;
  };
  const mail = { hash: randomBytes(32), until: 1000 };

  t.test('are bounded, and a mail counts once', async (t) => {
    t.equal(await store.addRequest(request('a'), { max: 3, mail }), 'added');
    t.equal(await store.addRequest(request('b'), { max: 3, mail }), 'present');
    t.equal(await store.addRequest(request('a'), { max: 3 }), 'present');
    const more = ['c', 'd', 'e', 'f'].map((id) => store.addRequest(request(id), { max: 3 }));
    const answers = await Promise.all(more);
    t.same(answers.sort(), ['added', 'added', 'full', 'full']);
  });

  t.test('are listed by state and answered once', async (t) => {
    const waiting = await store.listRequests(accountId, { state: 'waiting', limit: 10 });
    t.equal(waiting.length, 3);
    t.match(waiting[0], { id: 'a', by: bob, body: '{"intro":"\\"hi\\""}', hub: b });
    t.same(await store.findRequest(accountId, 'a'), waiting[0]);
    const page = await store.listRequests(accountId, { state: 'waiting', after: 'a', limit: 1 });
    t.same(page, waiting.slice(1, 2));
    t.equal(await store.setRequestState(accountId, 'a', 'accepted'), true);
    t.equal(await store.setRequestState(accountId, 'a', 'accepted'), false);
    t.match(await store.listRequests(accountId, { state: 'accepted', limit: 10 }), [{ id: 'a' }]);
  });
});

t.test('blocks are kept per account', async (t) => {
  const accountId = await makeAccount();
  t.equal(await store.addBlock(accountId, bob, 1), true);
  t.equal(await store.addBlock(accountId, bob, 2), true);
  t.equal(await store.isBlocked(accountId, bob), true);
  t.equal(await store.isBlocked(accountId + 1, bob), false);
  t.same(await store.listBlocks(accountId, { limit: 10 }), [{ address: bob, at: 1 }]);
  t.same(await store.listBlocks(accountId, { after: bob, limit: 10 }), []);
  await store.removeBlock(accountId, bob);
  t.equal(await store.isBlocked(accountId, bob), false);
});

t.test('the account log numbers its notes without a gap, also when written at once', async (t) => {
  const accountId = await makeAccount();
  const other = await makeAccount();
  const note = (n: number) => ({ accountId, kind: 'room', body: `{"n":${n}}` });
  await Promise.all(Array.from({ length: 20 }, (_, n) => store.addNotes([note(n), { ...note(n), accountId: other }])));
  const { rows, newest, complete } = await store.readAccountLog(accountId, { limit: 100 });
  t.same(
    rows.map((row) => row.n),
    Array.from({ length: 20 }, (_, n) => n + 1),
  );
  t.same([newest, complete], [20, true]);
  t.match(await store.readAccountLog(accountId, { after: 18, limit: 1 }), {
    rows: [{ n: 19 }],
    newest: 20,
    complete: true,
  });
  t.match(await store.readAccountLog(accountId, { after: 20, limit: 1 }), { rows: [], complete: true });
  await sql`UPDATE account_log SET at = 1 WHERE account_id = ${accountId} AND n <= 5`;
  t.equal((await store.expire(Date.now()))['account_log'], 5);
  t.match(await store.readAccountLog(accountId, { after: 3, limit: 1 }), { rows: [{ n: 6 }], complete: false });
  t.match(await store.readAccountLog(accountId, { after: 5, limit: 1 }), { rows: [{ n: 6 }], complete: true });
});

t.test('the account log keeps what is said again once, and nobody misses anything', async (t) => {
  const accountId = await makeAccount();
  const note = (body: string) => ({ accountId, kind: 'room', body });
  await store.addNotes([note('{"room":"a"}'), note('{"room":"b"}'), { ...note('{"room":"a"}'), kind: 'request' }]);
  for (let reads = 0; reads < 50; reads += 1) await store.addNotes([note('{"room":"a"}')]);
  const { rows, newest, complete } = await store.readAccountLog(accountId, { limit: 100 });
  t.same(
    rows.map(({ n, kind, body }) => [n, kind, body]),
    [
      [2, 'room', '{"room":"b"}'],
      [3, 'request', '{"room":"a"}'],
      [53, 'room', '{"room":"a"}'],
    ],
  );
  t.same([newest, complete], [53, true], 'what is gone was said again: whoever was at 0 has all of it');
  await sql`UPDATE account_log SET at = 1 WHERE account_id = ${accountId} AND n = 2`;
  t.equal((await store.expire(Date.now()))['account_log'], 1);
  t.match(
    await store.readAccountLog(accountId, { after: 1, limit: 1 }),
    { complete: false },
    'what has expired is missed',
  );
  t.match(await store.readAccountLog(accountId, { after: 2, limit: 1 }), { rows: [{ n: 3 }], complete: true });
});

t.test('rooms of accounts', async (t) => {
  const [one, two] = [await makeAccount(), await makeAccount()];
  const own = address('one@a.example');
  const room = roomId();
  const joined = (accountId: number, seq: number, visibleFrom = seq) =>
    ({ accountId, membership: 'joined', visibleFrom, seq }) as const;
  const left = (accountId: number, seq: number) => ({ ...joined(accountId, seq, 1), membership: 'left' }) as const;
  const ranges = [
    { domain: hub, from: 0, to: null },
    { domain: b, from: 1, to: null },
  ];
  const notes = [{ accountId: one, kind: 'room', body: '{}' }];
  const members = [joined(one, 1), joined(two, 2)];
  const changes = { members, providers: ranges, title: 'Tea' };
  await store.commitAppends({ appends: [appendOf(room, rowsOf(0, 2, { type: 'member' }), changes)], notes });

  t.test('tell membership and what is unread', async (t) => {
    const rows = [
      logRow({ seq: 3, sender: bob }),
      logRow({ seq: 4, sender: own }),
      logRow({ seq: 5, sender: bob, void: 'no-right' }),
      logRow({ seq: 6, sender: bob, type: 'reaction' }),
      logRow({ seq: 7, sender: bob, content: null }),
      logRow({ seq: 8, sender: alice }),
    ];
    await store.commitAppends({ appends: [appendOf(room, rows)] });
    const listed = await store.listAccountRooms(one, own, { limit: 10 });
    const place = {
      accountId: one,
      room,
      membership: 'joined',
      visibleFrom: 1,
      joinedSeq: 1,
      leftSeq: null,
      readSeq: 1,
    };
    t.match(listed, [{ ...place, unread: 2, row: { room, seq: 8, title: 'Tea' } }]);
    t.same(await store.findAccountRoom(one, own, room), listed[0]);
    t.equal(await store.findAccountRoom(one, own, roomId()), undefined);
    t.equal(await store.setReadSeq(one, room, 3), true);
    t.equal(await store.setReadSeq(one, room, 2), false);
    t.match(await store.findAccountRoom(one, own, room), { unread: 1, readSeq: 3 });
    t.match(await store.listRoomAccounts(room, { limit: 10 }), [{ accountId: one }, { accountId: two }]);
    t.match(await store.listRoomAccounts(room, { after: one, limit: 10 }), [{ accountId: two, joinedSeq: 2 }]);
    t.equal((await store.readAccountLog(one, { limit: 9 })).newest, 1);
  });

  t.test('follow people who leave and come back, also within one flush', async (t) => {
    const out = [{ domain: b, from: 1, to: 9 }];
    const rows = rowsOf(9, 12, { type: 'member', sender: bob });
    const moves = [left(one, 9), joined(one, 10), left(two, 11), left(one, 12)];
    await store.commitAppends({ appends: [appendOf(room, rows, { members: moves, providers: out })] });
    t.match(await store.findAccountRoom(one, own, room), {
      membership: 'left',
      joinedSeq: 10,
      leftSeq: 12,
      readSeq: 10,
    });
    t.same(await store.providersOf(room), [ranges[0]]);
    t.same(await store.readingRanges(room, b), out);
    const again = [{ domain: b, from: 13, to: null }];
    const back = { providers: again, members: [joined(two, 13)] };
    await store.commitAppends({ appends: [appendOf(room, rowsOf(13, 13), back)] });
    t.match(await store.findAccountRoom(two, own, room), { membership: 'joined', leftSeq: null, joinedSeq: 13 });
    t.same(await store.readingRanges(room, b), [...out, ...again]);
  });

  t.test('keep the newest read mark of everyone', async (t) => {
    const mark = (seq: number, counter: number) => ({ room, address: bob, seq, counter });
    await store.saveReadMarks([mark(3, 10), { ...mark(4, 5), address: alice }]);
    await store.saveReadMarks([mark(2, 9), mark(7, 11), mark(6, 10)]);
    t.match(await store.listReadMarks(room, { limit: 10 }), [{ address: alice, seq: 4 }, mark(7, 11)]);
    t.match(await store.listReadMarks(room, { after: alice, limit: 10 }), [mark(7, 11)]);
  });
});

t.test('other providers', async (t) => {
  const c = domain('c.example');

  t.test('have a document, a block and a limit, each on its own', async (t) => {
    t.equal(await store.findProvider(c), undefined);
    const untold = { contactsAsked: 0, contactsGranted: 0, contactsReported: 0 };
    await store.setBlocked(c, true, 5);
    const blocked = { domain: c, document: null, firstSeen: 5, fetchedAt: 0, blocked: true, limitFactor: 1, ...untold };
    t.same(await store.findProvider(c), blocked);
    await store.saveDocument(c, 'document.jws', 7);
    await store.setLimitFactor(c, 0.5, 8);
    const known = { ...blocked, document: 'document.jws', fetchedAt: 7, limitFactor: 0.5 };
    t.same(await store.listProviders({ limit: 10 }), [known]);
    t.same(await store.listProviders({ after: c, limit: 10 }), []);
  });

  t.test('are pushed the rooms they take part in from their cursor on', async (t) => {
    const rooms = [roomId(), roomId(), roomId()].sort();
    const [first = roomId(), second = roomId(), third = roomId()] = rooms;
    const range = (to: number | null) => [{ domain: c, from: 1, to }];
    await store.commitAppends({
      appends: rooms.map((room) => appendOf(room, rowsOf(0, 3), { providers: range(null) })),
    });
    await store.commitAppends({ appends: [appendOf(second, rowsOf(4, 4), { providers: range(4) })] });
    await store.saveCursors([
      { domain: c, room: first, seq: 2 },
      { domain: c, room: first, seq: 3 },
    ]);
    const listed = await store.listPeerRooms(c, { hub, limit: 10 });
    t.same(
      listed.map(({ room, seq, cursor, to }) => [room, seq, cursor, to]),
      [
        [first, 3, 3, null],
        [second, 4, -1, 4],
        [third, 3, -1, null],
      ],
    );
    t.same(await store.listPeerRooms(c, { hub, after: first, limit: 1 }), listed.slice(1, 2));
    t.same(await store.listPeerRooms(c, { hub: b, limit: 10 }), []);
    t.same((await store.listPeers({ after: b, limit: 10 })).slice(0, 1), [c]);

    const digest = async (asOf: number) =>
      (await store.listDigestRows(c, { hub, asOf, limit: 10 })).map(({ room, seq }) => [room, seq]);
    t.same(
      await digest(5000),
      [
        [first, 3],
        [third, 3],
      ],
      'without the one it has left',
    );
    t.same(await digest(1001), [
      [first, 1],
      [third, 1],
    ]);
    t.same(await digest(999), []);
    const [row] = await store.listDigestRows(c, { hub, asOf: 1001, after: first, limit: 1 });
    t.same(row?.hash, await store.recordHashAt(third, 1));
  });

  t.test('get their mail in order', async (t) => {
    for (const jws of ['one', 'two', 'three']) t.equal(await store.addMail({ domain: c, jws, until: 100 }), true);
    const mail = await store.listMail(c, { limit: 2 });
    t.match(mail, [{ jws: 'one', until: 100, domain: c }, { jws: 'two' }]);
    t.same(await store.mailDomains({ limit: 10 }), [c]);
    await store.removeMail(
      c,
      mail.map(({ n }) => n),
    );
    t.match(await store.listMail(c, { limit: 10 }), [{ jws: 'three' }]);
    t.match(await store.listMail(c, { after: mail[1]?.n ?? 0, limit: 10 }), [{ jws: 'three' }]);
  });
});

t.test('proofs are few per room, and each is kept once', async (t) => {
  const room = roomId();
  const proof = (n: number) => ({ room, kind: 'fork', at: n, proof: `{"n":${n}}` });
  for (let n = 0; n < 20; n += 1) await store.addProof(proof(n));
  await store.addProof(proof(0));
  const proofs = await store.listProofs(room);
  t.equal(proofs.length, 16);
  t.same(proofs[0], proof(0));
});

t.test('expiry takes what has had its time, and nothing else', async (t) => {
  const accountId = await makeAccount();
  const now = 1_900_000_000_000;
  const at = (age: number) => now - age;
  const room = roomId();
  const event = () => ({ eventId: logRow({ seq: 0 }).eventId, jws: 'j', content: '{}', statement: null });
  const waiting = (requestKey: string, age: number) => ({
    hub: b,
    room,
    ...event(),
    accountId,
    requestKey,
    at: at(age),
  });
  const old = waiting('old', 8 * day);
  await store.addPending([old, waiting('old and waiting', 8 * day), waiting('new', 6 * day)]);
  await store.refusePending(b, old.eventId, 'no-right');
  const request = { accountId, kind: 'invite', room, hub: b, by: bob, body: '{}', at: 1, state: 'waiting' } as const;
  await store.addRequest(
    { ...request, id: 'old', until: at(1) },
    { max: 9, mail: { hash: randomBytes(32), until: at(1) } },
  );
  await store.addRequest(
    { ...request, id: 'new', until: now },
    { max: 9, mail: { hash: randomBytes(32), until: now } },
  );
  const mails = [at(1), now].map((until) => store.addMail({ domain: b, jws: String(until), until }));
  await Promise.all(mails);
  await store.createCode({ hash: randomBytes(32), owner: false, until: at(1) });
  const kept = await store.createSession({ accountId, tokenHash: randomBytes(32), device: '', at: at(89 * day) });
  await store.createSession({ accountId, tokenHash: randomBytes(32), device: '', at: at(91 * day) });
  await sql`INSERT INTO mail_seen SELECT sha256(n::text::bytea), 1 FROM generate_series(1, 2500) n`;

  await store.expire(now);
  t.equal(await store.findPending(b, old.eventId), undefined);
  t.match(await store.listPending(b, { limit: 9 }), [{ requestKey: 'old and waiting' }, { requestKey: 'new' }]);
  t.equal(await store.findSent(accountId, 'old'), undefined);
  t.match(await store.findSent(accountId, 'new'), { room });
  t.match(await store.listRequests(accountId, { state: 'waiting', limit: 9 }), [{ id: 'new' }]);
  t.match(await store.listMail(b, { limit: 9 }), [{ until: now }]);
  t.match(await store.listSessions(accountId), [{ sessionId: kept }]);
  const [{ left } = { left: 0 }] = await sql`SELECT count(*)::int AS left FROM mail_seen WHERE until < ${now}`;
  t.equal(left, 0);
  t.same(
    Object.values(await store.expire(now)).filter((count) => count > 0),
    [],
    'and all of it at once',
  );
});

t.test('providers one has to do with are kept, strangers are forgotten after a while', async (t) => {
  const [stranger, known, refused, late] = ['s', 'k', 'r', 'l'].map((name) => domain(`${name}.expiry.example`));
  const now = 2_000_000_000_000;
  for (const one of [stranger, known, refused]) await store.saveDocument(one ?? hub, 'jws', now - 91 * day);
  await store.saveDocument(late ?? hub, 'jws', now - 89 * day);
  await store.setBlocked(refused ?? hub, true, now);
  const range = { domain: known ?? hub, from: 0, to: 4 };
  await store.commitAppends({ appends: [appendOf(roomId(), rowsOf(0, 2), { providers: [range] })] });
  await store.expire(now);
  const found = await Promise.all([stranger, known, refused, late].map((one) => store.findProvider(one ?? hub)));
  t.same(
    found.map((row) => row !== undefined),
    [false, true, true, true],
  );
});

t.test('every table has an expiry or a reason, and a size', async (t) => {
  const migrated = await sql<{ name: string }[]>`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`;
  const names = migrated.map(({ name }) => name).sort();
  t.ok(names.includes('log'));
  const expiring = Object.keys(await store.expire(1));
  t.same([...expiring, ...Object.keys(tablesWithoutExpiry)].sort(), names, 'each stands in one of the two lists');
  t.ok(Object.values(tablesWithoutExpiry).every((reason) => reason.length > 5));
  const sizes = await store.tableSizes();
  t.same(
    sizes.map(({ table }) => table),
    names,
  );
});

t.test('the size of every table is told', async (t) => {
  const sizes = await store.tableSizes();
  const tables = sizes.map(({ table }) => table);
  for (const table of ['log', 'rooms', 'pending', 'sent', 'mail_seen']) t.ok(tables.includes(table), table);
  t.ok(sizes.every(({ bytes, rows }) => Number.isInteger(bytes) && bytes > 0 && Number.isInteger(rows)));
});
