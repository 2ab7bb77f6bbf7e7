import { randomBytes } from 'node:crypto';
import type { Answer } from '../network/exchange.js';
import { ask } from '../network/ask.js';
import { flood } from '../network/flood.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { describe, listOf, mustBe, problem } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { control, must, NotRun } from '../run/verdict.js';
import { until } from '../run/wait.js';
import { callClient } from '../stage/client-users.js';
import type { ClientPerson } from '../stage/client-users.js';
import { openGroup } from '../stage/group-stage.js';
import { letIn } from '../stage/people-stage.js';
import { contentIn, readAll } from '../stage/read-log.js';

const common = { area: 'account', tier: 'T1', profile: 'client' } as const;
const ATTEMPTS_MAX = 150;

/** An attempt to log in from some address; nobody is told to wait for it. */
async function attempt(
  { target }: Run,
  localpart: string,
  { password = 'a wrong password', source }: { password?: string; source?: string } = {},
): Promise<Answer> {
  const body = { localpart, password, device: 'x' };
  return await callClient(target, { method: 'POST', path: '/sessions', body, source, isPatient: false });
}

/** An address that nobody else of the run comes from. @throws NotRun */
function freshSource({ target }: Run): string {
  target.people += 1;
  const source = target.sourceOf(2, target.people);
  if (source === undefined)
    throw new NotRun('it needs addresses of its own: a target on a loopback that has enough of them');
  return source;
}

function mustBeTooMany(answer: Answer): void {
  mustBe(answer, problem('too-many-attempts'));
  must(/^\d+$/.test(answer.headers.get('retry-after') ?? ''), 'Retry-After in whole seconds', describe(answer));
}

const sessionChecks: Check<Run>[] = [
  {
    ...titleOf(common, { name: 'wrong-credentials', covers: ['PV-ACC-007'], isHostile: true }),
    async run(run) {
      const [person, gone] = [await run.clients.make(), await run.clients.make()];
      await control('an honest log-in', async () => await person.logIn());
      await gone.call('POST', '/me/close', { password: gone.password, content: 'keep' });
      const nobody = `nobody-${randomBytes(6).toString('hex')}`;
      const wrong = await attempt(run, person.localpart);
      mustBe(wrong, problem('wrong-credentials'));
      for (const [localpart, password] of [[nobody], [gone.localpart], [gone.localpart, gone.password]] as const) {
        const answer = await attempt(run, localpart, password === undefined ? {} : { password });
        must(answer.text === wrong.text && answer.status === wrong.status, 'the same for each', describe(answer));
      }
      await person.logIn();
    },
  },
  {
    ...titleOf(common, { name: 'password-changed', covers: ['PV-ACC-011', 'PV-ACC-013'] }),
    async run(run) {
      const person = await run.clients.make();
      const [one, two] = [await person.logIn(), await person.logIn()];
      await one.call('POST', '/password', { old: person.password, new: 'another password' });
      must((await two.refusal('GET', '/me')) === 'bad-token', 'an end of the other sessions', 'a session');
      must((await person.refusal('GET', '/me')) === 'bad-token', 'an end of the first session, too', 'a session');
      must((await one.refusal('GET', '/me')) === undefined, 'the one that changed it to last', 'no session');
    },
  },
  {
    ...titleOf(common, { name: 'address-of-who-is-gone', covers: ['PV-ACC-002', 'PV-CLS-001'], isHostile: true }),
    async run(run) {
      const person = await run.clients.make();
      const { localpart, password, source } = person;
      const second = await person.logIn();
      await person.call('POST', '/me/close', { password, content: 'keep' });
      for (const session of [person, second])
        must((await session.refusal('GET', '/me')) === 'bad-token', 'an end of all sessions', 'a session');
      const body = { localpart, password: 'a good password' };
      const answer = await callClient(run.target, { method: 'POST', path: '/accounts', body, source });
      mustBe(answer, problem('taken'));
    },
  },
];

const limitChecks: Check<Run>[] = [
  {
    ...titleOf(common, { name: 'attempts-at-a-name', covers: ['PV-ACC-008', 'PV-ACC-010'], isHostile: true }),
    async run(run) {
      const person = await run.clients.make();
      await control('an honest log-in', async () => await person.logIn());
      for (const localpart of [`nobody-${randomBytes(6).toString('hex')}`, person.localpart]) {
        let answer = await attempt(run, localpart, { source: freshSource(run) });
        for (let place = 1; place < ATTEMPTS_MAX && answer.status !== 429; place += 1)
          answer = await attempt(run, localpart, { source: freshSource(run) });
        mustBeTooMany(answer);
      }
      await person.logIn();
    },
  },
  {
    ...titleOf(common, { name: 'attempts-from-an-address', covers: ['PV-ACC-009'], isHostile: true }),
    async run(run) {
      const source = freshSource(run);
      const person = await run.clients.make();
      const nobody = (): string => `nobody-${randomBytes(6).toString('hex')}`;
      let answer = await attempt(run, nobody(), { source });
      for (let place = 1; place < ATTEMPTS_MAX && answer.status !== 429; place += 1)
        answer = await attempt(run, nobody(), { source });
      mustBeTooMany(answer);
      await person.logIn();
    },
  },
  {
    ...titleOf(common, { name: 'accounts-from-an-address', covers: ['PV-ACC-006'], isHostile: true }),
    async run(run) {
      const source = freshSource(run);
      let answer: Answer | undefined;
      for (let place = 0; place < ATTEMPTS_MAX && answer?.status !== 429; place += 1) {
        const body = { localpart: `suite-${randomBytes(6).toString('hex')}`, password: 'a good password' };
        answer = await callClient(run.target, { method: 'POST', path: '/accounts', body, source, isPatient: false });
      }
      if (answer !== undefined) mustBeTooMany(answer);
      await run.clients.make();
    },
  },
  {
    ...titleOf(common, { name: 'requests-of-an-account', covers: ['PV-CLI-008'], isHostile: true }),
    async run(run) {
      const person = await run.clients.make();
      const { token, source } = person;
      const asked = { path: '/client/v1/me', headers: { authorization: `Bearer ${token}` }, source, most: 8000 };
      const met = await flood(run.target.place, asked, 429);
      must(met !== undefined, '429 above a limit', `no limit in ${asked.most} requests`);
      must(/^\d+$/.test(String(met['retry-after'])), 'Retry-After', met);
      await run.clients.make();
    },
  },
];

/** Closes the account of somebody who owns a group with a member of the suite in it. */
async function closed(
  run: Run,
  content: 'keep' | 'delete',
): Promise<{ stage: Awaited<ReturnType<typeof openGroup>>; heir: ClientPerson; seq: number; owner: ClientPerson }> {
  const owner = await run.clients.make();
  const heir = await run.clients.make();
  const stage = await openGroup(run, undefined, owner);
  const { room } = stage.room;
  await letIn(owner, heir, room);
  await owner.setRole(room, heir.address, 'admin');
  const { seq = -1 } = await owner.say(room, 'before the end');
  await owner.call('POST', '/me/close', { password: owner.password, content });
  await until(async () => !(await heir.members(room)).includes(owner.address), 'the person to have left', 30_000);
  return { stage, heir, seq, owner };
}

const closingChecks: Check<Run>[] = [
  {
    ...titleOf(common, {
      name: 'closed-and-deleted',
      covers: ['PV-CLS-001', 'PV-CLS-003', 'PV-CLS-004', 'PV-CLS-005', 'PV-ROOM-003'],
    }),
    async run(run) {
      const { stage, heir, seq, owner } = await closed(run, 'delete');
      const { room, peer } = stage;
      const { owner: next } = await heir.call('GET', `/rooms/${room.room}`);
      must(next === heir.address, 'the one of the highest rank as owner', next);
      const records = await readAll(peer, room, seq);
      must(contentIn(records, seq) === null, 'no content of what the person wrote', contentIn(records, seq));
      const profile = await peer.send('directory', { profile: owner.address });
      mustBe(profile, problem('not-found'));
    },
  },
  {
    ...titleOf(common, { name: 'closed-and-kept', covers: ['PV-CLS-003', 'PV-CLS-005'], isHostile: true }),
    async run(run) {
      const { stage, seq } = await closed(run, 'keep');
      const records = await readAll(stage.peer, stage.room, seq);
      must(typeof contentIn(records, seq) === 'string', 'the content as it was', contentIn(records, seq));
    },
  },
  {
    ...titleOf(common, {
      name: 'closed-while-a-hub-is-away',
      covers: ['PV-CLS-006', 'PV-CLS-009', 'PV-CLS-010'],
      isHostile: true,
    }),
    async run(run) {
      const [maker, heir, asker] = [await run.clients.make(), await run.clients.make(), await run.clients.make()];
      const { peer, room, followed } = await openGroup(run, undefined, heir);
      await letIn(heir, maker, room.room);
      await heir.setRole(room.room, maker.address, 'admin');
      const name = `alias-${randomBytes(4).toString('hex')}`;
      await maker.call('PUT', `/aliases/${name}`, { room: room.room });
      const alias = `#${name}@${run.target.domain}`;
      const { link } = await maker.call('POST', `/rooms/${room.room}/links`, {});
      const away = await run.makeKnownPeer();
      await asker.call('POST', '/contacts', { address: maker.address, requestKey: asker.key() });
      await maker.call('POST', '/contacts', { address: `x@${away.domain}`, requestKey: maker.key() });
      await control('the alias', async () => await ask(peer, 'directory', { alias }));
      await maker.call('POST', '/me/close', { password: maker.password, content: 'keep' });
      mustBe(await heir.ask('POST', '/links/preview', { link }), problem('bad-link'));
      await until(
        async () => !(await heir.members(room.room)).includes(maker.address),
        'the person to have left',
        30_000,
      );
      const answer = await ask(peer, 'directory', { alias });
      must((answer['alias'] as { room?: string }).room === room.room, 'the alias, now of another', answer);
      const { aliases } = await heir.call('GET', '/aliases');
      must(
        listOf(aliases).some((one) => one['alias'] === alias),
        'the alias among those of the other',
        aliases,
      );
      must(followed.size > 0, 'the room', followed.size);
    },
  },
];

/** Accounts: how one gets in, how often one may try, and how they end. */
export const accountLanes: readonly Lane[] = [
  makeLane({
    ...{ name: 'accounts', checks: [...sessionChecks, ...limitChecks, ...closingChecks] },
    open: async (run: Run) => await Promise.resolve(run.clients).then(() => run),
  }),
];
