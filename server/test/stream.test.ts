import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { clientSendBytesMax } from '@payvand/spec';
import t from 'tap';
import { closeUser, resetPassword } from '../src/services/accounts/operate-accounts.js';
import { StreamClient, startClientServer, startDatabase } from './fixtures/client-server.js';

const server = await startClientServer(t, await startDatabase(t));
const { call, port } = server;
const alice = await server.signUp('alice');
const bob = await server.signUp('bob');

type Who = { token: string; address: string };

let keys = 0;
const newKey = (): string => `k-${(keys += 1)}`;
const isSynced = ({ t: kind }: { t: string }): boolean => kind === 'synced';

async function makeGroup(owner: Who, members: readonly Who[]): Promise<string> {
  const { room } = (await call('POST', '/rooms', { token: owner.token, body: { title: 'گروه', requestKey: newKey() } }))
    .body;
  for (const member of members) await bring(owner, room, member);
  return room;
}

async function bring(owner: Who, room: string, { token, address }: Who): Promise<void> {
  await call('POST', `/rooms/${room}/invites`, { token: owner.token, body: { address } });
  const { requests } = (await call('GET', '/requests', { token })).body;
  const { id } = requests.find((request: { room: string }) => request.room === room);
  const answer = await call('POST', `/requests/${id}/accept`, { token });
  if (answer.status !== 200) throw new Error(answer.text);
}

async function say({ token }: Who, room: string, text: string): Promise<number> {
  const body = { requestKey: newKey(), type: 'message', content: { text } };
  const answer = await call('POST', `/rooms/${room}/events`, { token, body });
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.body.seq;
}

const textsOf = (client: StreamClient, room: string): string[] =>
  client
    .of('event')
    .filter((frame) => frame.room === room && frame.type === 'message')
    .map((frame) => frame.content.text);

const isText = (text: string) => (frame: { content?: { text?: string } }) => frame.content?.text === text;

t.test('the first frame opens the stream, or ends it', async (t) => {
  const room = await makeGroup(alice, [bob]);
  const stream = await server.stream(alice.token);
  const { account } = await stream.until(isSynced);
  t.match(stream.frames[0], { t: 'opened', session: alice.session });
  const told = stream.of('room').find((frame) => frame.room === room);
  t.match(told, { title: 'گروه', from: told.head.seq, unread: 0, members: 2 });
  t.ok(account > 0);
  await stream.close();

  const refusal = async (raw: string | Buffer) => {
    const client = new StreamClient(port);
    await once(client.socket, 'open');
    client.socket.send(raw);
    const { code } = await client.closed;
    return [client.frames.at(-1)?.code, code];
  };
  const wrong = `${alice.token.slice(0, -2)}AA`;
  t.same(await refusal('{'), ['bad-json', 1008]);
  t.same(await refusal('{"op":"open","op":"open"}'), ['bad-json', 1008]);
  t.same(await refusal('{"op":"ping"}'), ['bad-request', 1008]);
  t.same(await refusal(JSON.stringify({ op: 'open', token: wrong, cursor: null })), ['bad-token', 1008]);
  t.same(await refusal(JSON.stringify({ op: 'open', token: alice.token })), ['bad-request', 1008]);
  t.same(await refusal(Buffer.from(JSON.stringify({ op: 'open', token: alice.token, cursor: null }))), [
    'bad-request',
    1008,
  ]);
  t.same(await refusal('x'.repeat(clientSendBytesMax + 1)), [undefined, 1009]);
});

t.test('a stream that says nothing is closed', async (t) => {
  const silent = new StreamClient(port);
  t.match(await silent.closed, { reason: 'request-timeout' });
});

t.test('every device of every member gets every event once, in order', async (t) => {
  const room = await makeGroup(alice, [bob]);
  const phone = await server.logIn('bob');
  const streams = [await server.stream(alice.token), await server.stream(bob.token), await server.stream(phone.token)];
  await Promise.all(streams.map((stream) => stream.until(isSynced)));
  const texts = Array.from({ length: 120 }, (_, n) => `پیام ${n}`);
  const sends = texts.map((text) => ({ op: 'send', key: newKey(), room, type: 'message', content: { text } }));
  const [sender] = streams;
  for (const send of sends) sender?.send(send);
  for (const stream of streams) {
    await stream.until(isText('پیام 119'));
    t.same(textsOf(stream, room), texts);
  }
  const seqs = streams.map((stream) => stream.of('event').map(({ seq }) => seq));
  t.same(seqs[1], seqs[0]);
  t.same(seqs[2], seqs[0]);
  const answers = sender?.of('sent') ?? [];
  t.same(
    answers.map(({ key, status }) => [key, status]),
    sends.map(({ key }) => [key, 'ordered']),
  );
  const ids = sender?.of('event').map(({ id, seq }) => [id, seq]);
  t.same(
    answers.map(({ id, seq }) => [id, seq]),
    ids,
    'the answers say what the events are',
  );
  t.ok((streams[1]?.messages ?? 0) < 120, `many frames travel in one message (${streams[1]?.messages} messages)`);
  await Promise.all(streams.map((stream) => stream.close()));
});

t.test('a client that comes back goes on where it was, without gap or repeat', async (t) => {
  const room = await makeGroup(alice, [bob]);
  const writer = await server.stream(alice.token);
  const reader = await server.logIn('bob');
  const cursor: { account: number; rooms: Record<string, number> } = { account: 0, rooms: { [room]: -1 } };
  const total = 400;
  const got: { seq: number; type: string }[] = [];
  let sent = 0;
  const write = (): void => {
    for (let n = 0; n < 20; n++) {
      const text = `m ${(sent += 1)}`;
      writer.send({ op: 'send', key: newKey(), room, type: 'message', content: { text } });
    }
  };
  while (!got.some(({ seq }) => seq >= total)) {
    const stream = await server.stream(reader.token, cursor);
    if (sent < total) write();
    const before = got.length;
    await stream.until((frame) => frame.t === 'event' && frame.room === room && frame.seq > (cursor.rooms[room] ?? -1));
    // The line is cut without a word; what was read up to here is what the client has.
    stream.socket.terminate();
    got.push(...stream.of('event').filter((frame) => frame.room === room));
    cursor.rooms[room] = got.at(-1)?.seq ?? -1;
    t.ok(got.length > before);
  }
  const seqs = got.map(({ seq }) => seq);
  const all = (await call('GET', `/rooms/${room}/events?after=0&limit=200`, { token: reader.token })).body.events;
  t.equal(seqs[0], all[0].seq, 'from the first record this person may see');
  t.same(
    seqs,
    seqs.map((_, n) => all[0].seq + n),
  );
  await writer.close();
});

t.test('what the cursor does not name begins now', async (t) => {
  const [known, unknown] = [await makeGroup(alice, [bob]), await makeGroup(alice, [bob])];
  const seq = await say(alice, known, 'one');
  await say(alice, known, 'two');
  const last = await say(alice, unknown, 'old');
  const first = await server.stream(bob.token);
  const { account } = await first.until(isSynced);
  await first.close();
  const stream = await server.stream(bob.token, { account, rooms: { [known]: seq, [`r${'A'.repeat(43)}`]: 5 } });
  await stream.until(isSynced);
  t.same(textsOf(stream, known), ['two']);
  t.match(
    stream.of('room').find((frame) => frame.room === unknown),
    { from: last },
  );
  t.notOk(
    stream.of('room').some((frame) => frame.room === known),
    'nothing changed there',
  );
  const nosy = await server.stream((await server.logIn('bob')).token, { account, rooms: { [known]: -1 } });
  await nosy.until(isSynced);
  const own = nosy.of('event')[0];
  t.match(own, { type: 'member', key: bob.address }, 'nothing from before this person may see it');
  await nosy.close();
  await say(alice, unknown, 'new');
  await stream.until(isText('new'));
  t.same(textsOf(stream, unknown), ['new']);
  await stream.close();
});

t.test('rooms come and go while the stream is open', async (t) => {
  const carol = await server.signUp('carol');
  const stream = await server.stream(carol.token);
  await stream.until(isSynced);
  const room = await makeGroup(alice, [bob]);
  await say(bob, room, 'before');
  await bring(alice, room, carol);
  t.match(await stream.until((frame) => frame.t === 'request' && frame.room === room), { by: alice.address });
  const joined = await stream.until((frame) => frame.t === 'room' && frame.room === room);
  t.match(joined, { membership: 'joined', members: 3 });
  await say(bob, room, 'between');
  await stream.until(isText('between'));
  const seqs = stream
    .of('event')
    .filter((frame) => frame.room === room)
    .map(({ seq }) => seq);
  t.same(
    seqs,
    seqs.map((_, n) => joined.from + 1 + n),
    'from where the room frame says',
  );
  t.same(textsOf(stream, room), ['between']);
  const member = { token: carol.token };
  const { seq } = (await call('POST', `/rooms/${room}/leave`, member)).body;
  await say(bob, room, 'after');
  await stream.until((frame) => frame.t === 'event' && frame.room === room && frame.seq === seq);
  await stream.until((frame) => frame.t === 'room' && frame.room === room && frame.membership === 'left');
  await bring(alice, room, carol);
  await say(bob, room, 'again');
  await stream.until(isText('again'));
  t.same(textsOf(stream, room), ['between', 'again'], 'nothing of the time outside');
  t.match(await call('DELETE', `/rooms/${room}/members/${carol.address}`, { token: alice.token }), { status: 200 });
  const last = await stream.until((frame) => frame.type === 'access' && frame.room === room);
  await say(bob, room, 'without');
  await say(bob, room, 'her');
  stream.send({ op: 'ping' });
  await stream.until(({ t: kind }) => kind === 'pong');
  t.equal(
    stream
      .of('event')
      .filter((frame) => frame.room === room)
      .at(-1).seq,
    last.seq,
  );
  await stream.close();

  const late = await server.stream(carol.token, { account: 0, rooms: { [room]: last.seq - 1 } });
  await late.until(isSynced);
  t.same(
    late.of('event').map((frame) => frame.seq),
    [last.seq],
    'and up to there when she comes back',
  );
  await late.close();
});

t.test('what happened to the account while away is told once, by its latest state', async (t) => {
  const dara = await server.signUp('dara');
  const away = await server.stream(dara.token);
  const { account } = await away.until(isSynced);
  await away.close();
  const room = await makeGroup(alice, [dara]);
  for (const title of ['یک', 'دو', 'سه'])
    await call('PUT', `/rooms/${room}/title`, { token: alice.token, body: { title } });
  await call('POST', '/contacts', {
    token: bob.token,
    body: { address: dara.address, requestKey: newKey(), intro: 'سلام' },
  });
  const back = await server.stream(dara.token, { account, rooms: {} });
  const synced = await back.until(isSynced);
  const rooms = back.of('room').filter((frame) => frame.room === room);
  t.equal(rooms.length, 1);
  t.match(rooms[0], { title: 'سه' });
  t.match(back.of('request').at(-1), { by: bob.address, intro: 'سلام', state: 'waiting' });
  t.ok(synced.account >= Math.max(...back.frames.map((frame) => frame.account ?? 0)));
  t.ok(synced.account > account);
  await back.close();

  const again = await server.stream(dara.token, { account: synced.account, rooms: { [room]: 0 } });
  await again.until(isSynced);
  t.same([...again.of('room'), ...again.of('request')], [], 'and not again');
  await again.close();

  const foreign = await server.stream(dara.token, { account: synced.account + 1000, rooms: {} });
  await foreign.until(isSynced);
  t.equal(foreign.of('room').length, 1, 'a position we never gave: everything');
  t.equal(foreign.of('request').length, 1);
  await foreign.close();
});

t.test('signals reach the others, for the moment', async (t) => {
  const room = await makeGroup(alice, [bob]);
  const [one, two] = [await server.stream(alice.token), await server.stream(bob.token)];
  await Promise.all([one.until(isSynced), two.until(isSynced)]);
  two.send({ op: 'typing', room });
  t.match(await one.until((frame) => frame.t === 'typing'), { room, from: bob.address });
  const seq = await say(alice, room, 'read me');
  two.send({ op: 'read', room, seq });
  t.match(await one.until((frame) => frame.t === 'read' && frame.from === bob.address), { room, seq });
  t.match(await two.until((frame) => frame.t === 'room' && frame.room === room && frame.readSeq === seq), {
    unread: 0,
  });
  t.same(two.of('typing'), [], 'not one’s own');
  await Promise.all([one.close(), two.close()]);
});

t.test('ops that cannot be done are answered, and the stream goes on', async (t) => {
  const room = await makeGroup(alice, []);
  const stream = await server.stream(alice.token);
  const answerTo = async (op: object) => {
    const key = newKey();
    stream.send({ op: 'send', key, room, type: 'message', content: { text: 'x' }, ...op });
    return stream.until((frame) => frame.key === key);
  };
  t.match(await answerTo({}), { status: 'ordered' });
  t.match(await answerTo({ room: `r${'A'.repeat(43)}` }), { status: 'refused', code: 'unknown-room' });
  t.match(await answerTo({ type: 'room.info' }), { status: 'refused', code: 'bad-request' });
  t.match(await answerTo({ content: 'x' }), { status: 'refused', code: 'bad-request' });
  t.match(await answerTo({ content: {} }), { status: 'refused', code: 'bad-request' });
  t.match(await answerTo({ content: { text: 'x'.repeat(70_000) } }), { status: 'refused' });
  for (const op of [
    { op: 'dance' },
    { op: 'send', key: 'a key' },
    { op: 'read', room },
    { op: 'typing' },
    { op: 'send' },
    { op: 'open' },
  ]) {
    const before = stream.of('error').length;
    stream.send(op);
    await stream.until(() => stream.of('error').length > before);
    t.equal(stream.of('error').at(-1).code, ['dance', 'open'].includes(op.op) ? 'not-supported' : 'bad-request', op.op);
  }
  stream.send({ op: 'ping' });
  await stream.until(({ t: kind }) => kind === 'pong');
  stream.socket.send('{"op":');
  t.match(await stream.closed, { code: 1008, reason: 'bad-json' });
});

t.test('a request key is the same by stream and by request', async (t) => {
  const room = await makeGroup(alice, []);
  const stream = await server.stream(alice.token);
  const key = newKey();
  const op = { op: 'send', key, room, type: 'message', content: { text: 'once' } };
  stream.send(op);
  stream.send(op);
  await stream.until(() => stream.of('sent').length === 2);
  const [first, second] = stream.of('sent');
  t.same(second, first);
  const body = { requestKey: key, type: 'message', content: { text: 'once' } };
  const posted = (await call('POST', `/rooms/${room}/events`, { token: alice.token, body })).body;
  t.same(posted, { status: 'ordered', id: first.id, seq: first.seq, at: first.at });
  await stream.close();
});

t.test('a session that ends takes its stream with it, and no other', async (t) => {
  const sessions = await Promise.all(Array.from({ length: 3 }, () => server.logIn('bob')));
  const [one, two, three] = await Promise.all(sessions.map(({ token }) => server.stream(token)));
  await call('DELETE', `/sessions/${sessions[0]?.session}`, { token: bob.token });
  t.match(await one?.closed, { code: 1008, reason: 'bad-token' });
  t.match(one?.frames.at(-1), { t: 'error', code: 'bad-token' });
  t.equal(two?.socket.readyState, 1);
  await resetPassword(server.accounts, 'bob', 'a long enough password');
  t.match(await Promise.all([two?.closed, three?.closed]), [{ reason: 'bad-token' }, { reason: 'bad-token' }]);
  Object.assign(bob, await server.logIn('bob'));
  const nima = await server.signUp('nima');
  const stream = await server.stream(nima.token);
  await stream.until(isSynced);
  await closeUser(server.accounts, 'nima');
  t.match(await stream.closed, { reason: 'bad-token' });
});

t.test('a session has one stream, an account sixteen', async (t) => {
  await server.signUp('omid');
  const sessions = await Promise.all(Array.from({ length: 17 }, () => server.logIn('omid')));
  const streams = await Promise.all(sessions.slice(0, 16).map(({ token }) => server.stream(token)));
  await Promise.all(streams.map((stream) => stream.until(isSynced)));
  const extra = await server.stream(sessions[16]?.token ?? '');
  t.match(await extra.closed, { code: 1013, reason: 'over-budget' });
  const newer = await server.stream(sessions[0]?.token ?? '');
  t.match(await streams[0]?.closed, { reason: 'replaced' });
  await newer.until(isSynced);
  await streams[1]?.close();
  const next = await server.stream(sessions[16]?.token ?? '');
  await next.until(isSynced);
  await Promise.all([...streams.slice(2), newer, next].map((stream) => stream.close()));
});

t.test('a client that does not read holds up nobody, and misses nothing when it reads again', async (t) => {
  const room = await makeGroup(alice, [bob]);
  const [slow, quick] = [await server.stream(bob.token), await server.stream(alice.token)];
  await Promise.all([slow.until(isSynced), quick.until(isSynced)]);
  slow.socket.pause();
  const text = 'ن'.repeat(15_000);
  const count = 500;
  for (let n = 0; n < count; n++)
    quick.send({ op: 'send', key: newKey(), room, type: 'message', content: { text: `${n} ${text}` } });
  await quick.until(isText(`${count - 1} ${text}`));
  slow.socket.resume();
  await slow.until(isText(`${count - 1} ${text}`));
  t.same(textsOf(slow, room), textsOf(quick, room));
  t.equal(textsOf(slow, room).length, count);

  slow.socket.pause();
  // How much the system keeps for a socket that nobody reads differs: it is as much as it takes.
  const last = (batch: number): string => `${batch} again 99 ${text}`;
  let batch = 0;
  for (; server.streamsOpen() > 1 && batch < 20; batch++) {
    for (let n = 0; n < 100; n++)
      quick.send({
        op: 'send',
        key: newKey(),
        room,
        type: 'message',
        content: { text: `${batch} again ${n} ${text}` },
      });
    await quick.until(isText(last(batch)));
    for (let look = 0; look < 4; look++) {
      await setTimeout(100);
      server.clock.ms += 40_000;
    }
  }
  t.equal(server.streamsOpen(), 1, 'one that never reads is let go');
  slow.socket.resume();
  await slow.closed;
  t.notOk(textsOf(slow, room).includes(last(batch - 1)));
  await quick.close();
});

t.test('PV-CLI-026: edits, reactions and deletes keep their place among what one session sends', async (t) => {
  const room = await makeGroup(alice, []);
  const stream = await server.stream(alice.token);
  await stream.until(isSynced);
  const ask = (type: string, content: object, rel?: readonly (readonly [string, string])[]): string => {
    const key = newKey();
    stream.send({ op: 'send', key, room, type, content, ...(rel && { rel }) });
    return key;
  };
  const firsts = Array.from({ length: 12 }, (_, n) => ask('message', { text: `first ${n}` }));
  const answered = (key: string) => (frame: { t: string; key?: string }) => frame.t === 'sent' && frame.key === key;
  const ids: string[] = [];
  for (const key of firsts) ids.push((await stream.until(answered(key))).id);
  const order = ids.flatMap((id, n) => [
    ask('message.edit', { text: `edited ${n}` }, [['edit', id]]),
    ask('message', { text: `after the edit ${n}` }),
    ask('reaction', { emoji: '👍' }, [['react', id]]),
    ask('message', { text: `after the reaction ${n}` }),
    ask('message.delete', {}, [['delete', id]]),
    ask('message', { text: `after the delete ${n}` }),
  ]);
  const seqs: number[] = [];
  for (const key of order) {
    const answer = await stream.until(answered(key));
    t.equal(answer.status, 'ordered', answer.code);
    seqs.push(answer.seq);
  }
  t.same(
    seqs,
    seqs.toSorted((one, other) => one - other),
  );
  await stream.close();
});
