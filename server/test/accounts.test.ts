import t from 'tap';
import { createOwnerCode } from '../src/services/accounts/sign-up-codes.js';
import { closeUser, createUser, resetPassword } from '../src/services/accounts/operate-accounts.js';
import { makePasswords } from '../src/services/accounts/passwords.js';
import { sourceKey } from '../src/services/accounts/attempt-limits.js';
import { makeBudget } from '../src/services/accounts/leaky-budget.js';
import { randomBytes } from 'node:crypto';
import { startClientServer, startDatabase, type Answer } from './fixtures/client-server.js';

const password = 'a long enough password';
const MINUTE = 60_000;
const database = await startDatabase(t);

t.test('sign-up', async (t) => {
  const closed = await startClientServer(t, database, { signUpMode: 'closed' });
  const { call } = closed;

  t.test('is closed to strangers, whatever code they invent', async (t) => {
    t.same(await codeOf(call('POST', '/accounts', { body: { localpart: 'eve', password } })), [403, 'sign-up-closed']);
    const guess = { localpart: 'eve', password, code: '0123-4567-89ab-cdef' };
    t.same(await codeOf(call('POST', '/accounts', { body: guess })), [403, 'sign-up-closed']);
    const ownerGuess = { localpart: 'eve', password, code: 'owner-0123-4567-89ab-cdef' };
    t.same(await codeOf(call('POST', '/accounts', { body: ownerGuess })), [403, 'bad-code']);
  });

  t.test('is open once to whoever holds the owner’s code', async (t) => {
    const made = await createOwnerCode(closed.accounts);
    const code = made?.code.toUpperCase().replace('-', ' -') ?? '';
    t.match(made?.code, /^owner(-[0-9a-hjkmnp-tv-z]{4}){4}$/);
    const mistyped = { localpart: 'roya', password, name: 'رؤیا', code: code.replace(' ', '') };
    const owner = await call('POST', '/accounts', { body: mistyped });
    t.equal(owner.status, 201, owner.text);
    t.match((await call('GET', '/me', { token: owner.body.token })).body, { owner: true, name: 'رؤیا' });
    t.same(await codeOf(call('POST', '/accounts', { body: { ...mistyped, localpart: 'eve' } })), [403, 'bad-code']);
    t.equal(await createOwnerCode(closed.accounts), undefined, 'and a server with accounts makes no more of them');
    t.same(await codeOf(call('POST', '/codes', { token: owner.body.token })), [403, 'sign-up-closed']);
  });

  t.test('by invitation needs a code of the owner, once, in time', async (t) => {
    const server = await startClientServer(t, database, { signUpMode: 'invite' });
    const owner = (await server.call('POST', '/sessions', { body: { localpart: 'roya', password } })).body;
    const signUp = (localpart: string, code?: string) =>
      codeOf(server.call('POST', '/accounts', { body: { localpart, password, code } }));
    t.same(await signUp('eve'), [403, 'sign-up-closed']);
    const { code, until } = (await server.call('POST', '/codes', { token: owner.token })).body;
    t.same(await signUp('bob', code.replace(/0/g, 'o').replace(/1/g, 'l').replace(/-/g, ' ')), [201]);
    t.same(await signUp('eve', code), [403, 'bad-code']);
    const late = (await server.call('POST', '/codes', { token: owner.token })).body.code;
    server.clock.ms = until + 1;
    t.same(await signUp('eve', late), [403, 'bad-code']);
    const bob = (await server.call('POST', '/sessions', { body: { localpart: 'bob', password } })).body;
    t.same(await codeOf(server.call('POST', '/codes', { token: bob.token })), [403, 'owner-only']);
  });

  t.test('when open is limited by source', async (t) => {
    const server = await startClientServer(t, database, { signUpBurst: 2 });
    const signUp = (localpart: string, from: string) =>
      codeOf(server.call('POST', '/accounts', { body: { localpart, password }, from }));
    t.same(await signUp('one', '192.0.2.9'), [201]);
    t.same(await signUp('two', '192.0.2.9'), [201]);
    t.same(await signUp('three', '192.0.2.9'), [429, 'too-many-attempts', '600']);
    t.same(await signUp('three', '192.0.2.10'), [201]);
    t.same(await signUp('four', '2001:db8:1:2::1'), [201]);
    t.same(await signUp('five', '2001:db8:1:2:ffff::9'), [201]);
    t.same(await signUp('six', '2001:db8:1:2:a::b'), [429, 'too-many-attempts', '600']);
    server.clock.ms += 10 * MINUTE;
    t.same(await signUp('three-b', '192.0.2.9'), [201]);
  });
});

t.test('names', async (t) => {
  const server = await startClientServer(t, database);
  const { call } = server;
  const signUp = (body: object) => codeOf(call('POST', '/accounts', { body: { password, ...body } }));

  t.test('a localpart is ASCII of the one form', async (t) => {
    const good = ['a', '0', 'a.b_c-d', 'x'.repeat(64)];
    for (const localpart of good) t.same(await signUp({ localpart }), [201], localpart);
    const bad = ['', '-a', '.a', 'Alice', 'аlice', 'علی', 'a b', 'a@b', 'x'.repeat(65), 'a\u200cb', 'a\0b'];
    for (const localpart of bad) t.equal((await signUp({ localpart }))[0], 400, encodeURIComponent(localpart));
  });

  t.test('names of authority are kept back', async (t) => {
    for (const localpart of ['admin', 'root', 'no-reply', 'ad.min', 'post_master'])
      t.same(await signUp({ localpart }), [409, 'taken'], localpart);
    t.ok(await createUser(server.accounts, { localpart: 'admin', password }), 'but the operator may give them out');
  });

  t.test('an address is never given to somebody else', async (t) => {
    t.same(await signUp({ localpart: 'dara' }), [201]);
    t.same(await signUp({ localpart: 'dara' }), [409, 'taken']);
    await closeUser(server.accounts, 'dara');
    t.same(await signUp({ localpart: 'dara' }), [409, 'taken']);
    await t.rejects(createUser(server.accounts, { localpart: 'dara', password }), { code: 'taken' });
  });

  t.test('a display name is any script, but nothing that hides or turns what is around it', async (t) => {
    const { token } = await server.signUp('nika');
    const rename = async (name: string) => (await call('PATCH', '/me', { token, body: { name } })).status;
    const good = ['می‌خواهم', 'Ἀλέξανδρος', '張偉', '👩‍👧', 'a\u200fb', 'ن'.repeat(64), '😀'.repeat(64)];
    for (const name of good) {
      t.equal(await rename(name), 200, name);
      t.equal((await call('GET', '/me', { token })).body.name, name, 'kept as it was typed');
    }
    const bad = [
      '',
      ' ',
      '\u200c',
      'a\u202eb',
      'a\u2066b',
      'a\nb',
      'a\u0085b',
      'a\u2028b',
      'ن'.repeat(65),
      '😀'.repeat(65),
    ];
    for (const name of bad) t.equal(await rename(name), 400, encodeURIComponent(name));
    t.same(await codeOf(call('PATCH', '/me', { token, raw: '{"name":"\\ud800"}' })), [400, 'bad-json']);
    t.match((await call('GET', '/profiles/nika@a.example', { token })).body, { name: '😀'.repeat(64) });
    t.same(await codeOf(call('GET', '/profiles/nobody@a.example', { token })), [404, 'not-found']);
  });

  t.test('the operator’s words are checked like everybody’s', async (t) => {
    await t.rejects(createUser(server.accounts, { localpart: 'Ali', password }), { code: 'bad-request' });
    await t.rejects(createUser(server.accounts, { localpart: 'ali', password: 'short' }), { code: 'bad-request' });
    await t.rejects(createUser(server.accounts, { localpart: 'ali', password, name: '\u202e' }), {
      code: 'bad-request',
    });
    await t.rejects(resetPassword(server.accounts, 'nobody', password), { code: 'not-found' });
    await t.rejects(closeUser(server.accounts, 'nobody'), { code: 'not-found' });
  });
});

t.test('sessions', async (t) => {
  const server = await startClientServer(t, database);
  const { call, clock } = server;
  const alice = await server.signUp('alice');
  const logIn = (body: object, from?: string) => call('POST', '/sessions', { body, ...(from && { from }) });

  t.test('tell the person’s devices apart, and end one by one', async (t) => {
    const phone = (await logIn({ localpart: 'alice', password, device: 'گوشی' })).body;
    const { sessions } = (await call('GET', '/sessions', { token: phone.token })).body;
    t.equal(sessions.length, 2);
    t.match(
      sessions.find(({ id }: { id: string }) => id === phone.session),
      { device: 'گوشی', current: true },
    );
    t.equal((await call('DELETE', `/sessions/${alice.session}`, { token: phone.token })).status, 204);
    t.same(await codeOf(call('GET', '/me', { token: alice.token })), [401, 'bad-token']);
    t.same(await codeOf(call('DELETE', `/sessions/${alice.session}`, { token: phone.token })), [404, 'not-found']);
    t.equal((await call('DELETE', '/sessions/current', { token: phone.token })).status, 204);
    t.same(await codeOf(call('GET', '/me', { token: phone.token })), [401, 'bad-token']);
  });

  t.test('are no other account’s to end', async (t) => {
    const eve = await server.signUp('eve');
    const session = (await logIn({ localpart: 'alice', password })).body;
    t.same(await codeOf(call('DELETE', `/sessions/${session.session}`, { token: eve.token })), [404, 'not-found']);
    t.equal((await call('GET', '/me', { token: session.token })).status, 200);
  });

  t.test('open only to the exact token', async (t) => {
    const { token } = (await logIn({ localpart: 'alice', password })).body;
    const [account, session, secret = ''] = token.split('.');
    const last = secret.endsWith('A') ? 'E' : 'A';
    const bad = [
      `${account}.${session}.${secret.slice(0, -1)}${last}`,
      `${account}.${Number.parseInt(session, 36) + 1}.${secret}`,
      `${account}0.${session}.${secret}`,
      `zzzzzzzzzzz.zzzzzzzzzzz.${secret}`,
      `${account}.${session}`,
      `${token}x`,
      'x',
    ];
    for (const text of bad) t.same(await codeOf(call('GET', '/me', { token: text })), [401, 'bad-token'], text);
    for (const authorization of [`Basic ${token}`, token, `Bearer  ${token}`, ''])
      t.same(await codeOf(call('GET', '/me', { headers: { authorization } })), [401, 'bad-token'], authorization);
    t.equal((await call('GET', '/me', { token })).status, 200);
  });

  t.test('guessing tokens is limited by source', async (t) => {
    const { token } = (await logIn({ localpart: 'alice', password })).body;
    const from = '192.0.2.66';
    const guesses = await Promise.all(
      Array.from({ length: 120 }, (_, n) => call('GET', '/me', { token: `${token.slice(0, -3)}${100 + n}`, from })),
    );
    t.ok(guesses.some(({ status }) => status === 429));
    t.equal((await call('GET', '/me', { token, from })).status, 429);
    t.equal((await call('GET', '/me', { token })).status, 200, 'from elsewhere it opens');
    clock.ms += 5_000;
    t.equal((await call('GET', '/me', { token, from })).status, 200);
  });

  t.test('end when the password changes, but for the one that changes it', async (t) => {
    const here = (await logIn({ localpart: 'alice', password })).body.token;
    const there = (await logIn({ localpart: 'alice', password })).body.token;
    t.equal((await call('GET', '/me', { token: there })).status, 200);
    const wrong = { old: 'not the password', new: 'another password' };
    t.same(await codeOf(call('POST', '/password', { token: here, body: wrong })), [401, 'wrong-credentials']);
    const right = { old: password, new: 'گذرواژهٔ آزاد' };
    t.equal((await call('POST', '/password', { token: here, body: right })).status, 204);
    t.same(await codeOf(call('GET', '/me', { token: there })), [401, 'bad-token']);
    t.equal((await call('GET', '/me', { token: here })).status, 200);
    t.same(await codeOf(logIn({ localpart: 'alice', password })), [401, 'wrong-credentials']);
    const decomposed = 'گذرواژهٔ آزاد'.normalize('NFD');
    t.equal((await logIn({ localpart: 'alice', password: decomposed })).status, 201, 'however it is composed');
  });

  t.test('end when the operator resets the password or closes the account', async (t) => {
    const { token } = await server.signUp('farid');
    await resetPassword(server.accounts, 'farid', 'given by the operator');
    t.same(await codeOf(call('GET', '/me', { token })), [401, 'bad-token']);
    const again = (await logIn({ localpart: 'farid', password: 'given by the operator' })).body.token;
    await closeUser(server.accounts, 'farid');
    t.same(await codeOf(call('GET', '/me', { token: again })), [401, 'bad-token']);
    const refused = await logIn({ localpart: 'farid', password: 'given by the operator' });
    t.same(await codeOf(refused), [401, 'wrong-credentials']);
  });

  t.test('number at most 64: the least used gives way', async (t) => {
    const first = await server.signUp('many');
    for (let n = 0; n < 64; n++) {
      clock.ms += 1;
      await logIn({ localpart: 'many', password });
    }
    t.same(await codeOf(call('GET', '/me', { token: first.token })), [401, 'bad-token']);
  });
});

t.test('guessing passwords', async (t) => {
  const server = await startClientServer(t, database);
  const logIn = (localpart: string, text: string, from = '192.0.2.7') =>
    server.call('POST', '/sessions', { body: { localpart, password: text }, from });
  await server.signUp('golnaz');
  await server.signUp('closed');
  await closeUser(server.accounts, 'closed');

  t.test('tells nothing about who exists', async (t) => {
    const wrong = await logIn('golnaz', 'not the password');
    for (const localpart of ['nobody', 'closed']) {
      const unknown = await logIn(localpart, 'not the password');
      t.same([unknown.status, unknown.text], [wrong.status, wrong.text], localpart);
    }
    const slow = makePasswords({ random: { bytes: randomBytes }, cost: 14 });
    const stored = await slow.hash(password);
    // Processor time, and by turns: other programs on the machine take as much from the one as from the other.
    const costs = { known: Infinity, unknown: Infinity };
    for (let n = 0; n < 16; n++) {
      const started = process.cpuUsage();
      t.equal(await slow.verify('not the password', n % 2 === 0 ? stored : undefined), false);
      const { user, system } = process.cpuUsage(started);
      const which = n % 2 === 0 ? 'known' : 'unknown';
      costs[which] = Math.min(costs[which], user + system);
    }
    const ratio = costs.unknown / costs.known;
    t.ok(ratio > 0.5 && ratio < 2, `the same work with and without an account (ratio ${ratio.toFixed(2)})`);
    t.equal(await slow.verify(password, stored), true);
  });

  t.test('is slowed by name, existing or not, wherever it comes from', async (t) => {
    for (const localpart of ['guessed', 'golnaz']) {
      server.clock.ms += 60 * MINUTE;
      for (let n = 0; n < 10; n++) t.equal((await logIn(localpart, 'guess', `198.51.100.${n}`)).status, 401);
      t.same(await codeOf(logIn(localpart, 'guess', '198.51.100.99')), [429, 'too-many-attempts', '300']);
      if (localpart === 'golnaz') t.equal((await logIn('golnaz', password, '198.51.100.99')).status, 429);
    }
  });

  t.test('locks nobody out from where they are known', async (t) => {
    server.clock.ms += 60 * MINUTE;
    const home = '203.0.113.5';
    t.equal((await logIn('golnaz', password, home)).status, 201);
    for (let n = 0; n < 12; n++) await logIn('golnaz', 'guess', `198.51.100.${n}`);
    t.equal((await logIn('golnaz', password, '198.51.100.99')).status, 429);
    t.equal((await logIn('golnaz', password, home)).status, 201);
    for (let n = 0; n < 10; n++) t.equal((await logIn('golnaz', 'guess', home)).status, 401);
    t.equal((await logIn('golnaz', 'guess', home)).status, 429, 'and is slowed there too');
    server.clock.ms += 5 * MINUTE;
    t.equal((await logIn('golnaz', password, '198.51.100.99')).status, 201, 'time heals');
  });

  t.test('counts guesses made at the same time', async (t) => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => logIn('babak', 'guess', '192.0.2.50')));
    t.equal(answers.filter(({ status }) => status === 401).length, 10);
  });

  t.test('is slowed by source over many names', async (t) => {
    const from = '2001:db8::5';
    for (let n = 0; n < 100; n++) await logIn(`name-${n}`, 'guess', from);
    t.same(await codeOf(logIn('name-x', 'guess', '2001:db8::6')), [429, 'too-many-attempts', '10']);
    t.equal((await logIn('name-x', 'guess', '2001:db8:0:1::6')).status, 401);
  });
});

t.test('hashing waits its turn, and not without end', async (t) => {
  const passwords = makePasswords({ random: { bytes: randomBytes }, cost: 12, concurrency: 1, waitingMax: 3 });
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => passwords.hash(password)));
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 4);
  for (const result of results) if (result.status === 'rejected') t.match(result.reason, { code: 'overloaded' });
  const [one, two] = [await passwords.hash(password), await passwords.hash(password)];
  t.not(one, two);
  t.equal(await passwords.verify(password, one), true, 'and goes on afterwards');
});

t.test('a source is an IPv4 address or an IPv6 subscriber', (t) => {
  t.equal(sourceKey('::ffff:192.0.2.1'), '192.0.2.1');
  t.equal(sourceKey('2001:DB8:0:1::1'), sourceKey('2001:db8::1:ffff:0:0:9'));
  t.not(sourceKey('2001:db8:0:1::1'), sourceKey('2001:db8:0:2::1'));
  t.equal(sourceKey('::1'), '0:0:0:0::/64');
  t.equal(sourceKey('192.0.2.1'), '192.0.2.1');
  t.end();
});

t.test('a budget refills with time and forgets the least used', (t) => {
  let now = 1_000_000;
  const budget = makeBudget({ clock: { now: () => now }, burst: 2, refillMs: 100, keysMax: 2 });
  t.same([budget.take('a'), budget.take('a'), budget.take('a')], [0, 0, 100]);
  budget.giveBack('a');
  t.equal(budget.wait('a'), 0);
  t.same([budget.take('a'), budget.take('a')], [0, 100]);
  now += 150;
  t.same([budget.take('a'), budget.take('a')], [0, 50]);
  budget.take('b');
  budget.take('c');
  t.equal(budget.take('a'), 0, 'a was forgotten');
  t.end();
});

/** Status, code and seconds to wait, as far as there are any. */
async function codeOf(call: Promise<Answer> | Answer): Promise<(string | number)[]> {
  const { status, body, headers } = await call;
  const wait = headers['retry-after'];
  return [status, ...(status >= 400 ? [body.code] : []), ...(typeof wait === 'string' ? [wait] : [])];
}
