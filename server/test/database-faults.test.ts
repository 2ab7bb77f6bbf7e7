import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import type { NewPending } from '../src/storage/room-rows.js';
import { StorageError } from '../src/storage/storage-error.js';
import { eventId, hub, openTestStore, roomId } from './fixtures/test-store.js';

const STUCK_MS = 5000;
const CUTS = 60;

/** What stands between a store and its database, and breaks when told to. */
async function startProxy(t: Test, path: string): Promise<{ port: number; cut: (how: 'reset' | 'end') => void }> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const proxy = createServer((client) => {
    const server = connect(path);
    const pair = [client, server] as const;
    pairs.add(pair);
    client.pipe(server);
    server.pipe(client);
    const drop = (): void => {
      pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) socket.on('error', drop).on('close', drop);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const cut = (how: 'reset' | 'end'): void => {
    for (const [client] of pairs) {
      if (how === 'reset') client.resetAndDestroy();
      else client.destroy();
    }
  };
  t.teardown(() => {
    cut('end');
    proxy.close();
  });
  return { port: (proxy.address() as AddressInfo).port, cut };
}

t.test('connections that break under load cost what was on them, and nothing after', async (t) => {
  const { database, warnings, open } = await openTestStore(t);
  const { port, cut } = await startProxy(t, `${database.connection.host}/.s.PGSQL.5432`);
  const store = await open({
    ...{ database: { ...database.connection, host: '127.0.0.1', port }, deadlineMs: STUCK_MS },
  });
  const faults: unknown[] = [];
  const onFault = (fault: unknown): void => void faults.push(fault);
  process.on('uncaughtException', onFault);
  t.teardown(() => process.off('uncaughtException', onFault));
  const room = roomId();
  let [done, broken, longestMs, isOver] = [0, 0, 0, false];

  async function write(n: number): Promise<void> {
    const id = eventId();
    const row: NewPending = {
      ...{ hub, room, eventId: id, accountId: null, requestKey: null, at: n },
      ...{ jws: 'x'.repeat(n % 3 === 0 ? 2000 : 20), content: '{}', statement: null },
    };
    t.equal((await store.addPending([row])).length, 1);
    const request = { accountId: 1, requestKey: `key ${n}`, requestHash: Buffer.alloc(32) };
    const sent = { ...request, room, eventId: id, at: n };
    await store.commitAppends({ appends: [], sent: [sent, { ...sent, accountId: 2 }] });
    // The answer is the one to this question.
    t.match(await store.findSent(1, `key ${n}`), { eventId: id });
  }

  async function work(first: number): Promise<void> {
    for (let n = first; !isOver; n += 16) {
      const startedAt = Date.now();
      try {
        await write(n);
        done += 1;
      } catch (cause) {
        if (!(cause instanceof StorageError && cause.code === 'connection')) throw cause;
        broken += 1;
      }
      longestMs = Math.max(longestMs, Date.now() - startedAt);
      await nextTurn();
    }
  }

  const workers = Array.from({ length: 16 }, (_, index) => work(index));
  for (let round = 0; round < CUTS; round += 1) {
    const before = done;
    while (done < before + 4 + (round % 5)) await nextTurn();
    cut(round % 2 === 0 ? 'reset' : 'end');
  }
  const before = done;
  while (done < before + 50) await nextTurn();
  isOver = true;
  await Promise.all(workers);
  t.comment(`${done} done, ${broken} broken, longest ${longestMs} ms`);
  t.same(faults, [], 'nothing that would end the process');
  t.notOk(warnings.includes('database-stuck'), 'no statement waits for an answer that cannot come');
  t.ok(longestMs < STUCK_MS, 'nor for a turn on a connection that is never idle');
  t.ok(broken > 0, 'control: connections did break');
});
