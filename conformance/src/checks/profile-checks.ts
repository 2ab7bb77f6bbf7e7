import type { Members } from '../formats/strict-json.js';
import { ask } from '../network/ask.js';
import { json, problem as refuse } from '../network/reply.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { describe, mustBe, problem } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { letIn, openDm, openPeople } from '../stage/people-stage.js';
import type { PeopleStage } from '../stage/people-stage.js';
import type { MemberRoom } from '../stage/member-room.js';

const common = { area: 'profile', tier: 'T1', profile: 'client' } as const;

interface Profiles extends PeopleStage {
  readonly dm: MemberRoom;
}

async function open(run: Run): Promise<Profiles> {
  const people = await openPeople(run);
  return { ...people, dm: await openDm(people, { from: people.alice, localpart: 'contact' }) };
}

async function told({ peer, alice }: Profiles, reader?: string): Promise<Members> {
  const body = { profile: alice.address, ...(reader !== undefined && { for: reader }) };
  return (await ask(peer, 'directory', body))['profile'] as Members;
}

const checks: Check<Profiles>[] = [
  {
    ...titleOf(common, { name: 'what-everyone-may-see', covers: ['PV-PRF-003', 'PV-PRF-004', 'PV-DIR-002'] }),
    async run(stage) {
      const { alice, room } = stage;
      await alice.call('PATCH', '/me', { name: 'آلیس', bio: 'معمار', status: 'here', shown: { status: 'contacts' } });
      const seen = await told(stage, room.person);
      must(seen['address'] === alice.address && seen['name'] === 'آلیس', 'address and name', seen);
      must(seen['bio'] === 'معمار', 'the bio', seen);
    },
  },
  {
    ...titleOf(common, {
      ...{ name: 'what-contacts-may-see', isHostile: true },
      covers: ['PV-PRF-001', 'PV-PRF-004', 'PV-PRF-005', 'PV-PRF-006'],
    }),
    async run(stage) {
      const { alice, room, dm } = stage;
      await alice.call('PATCH', '/me', { status: 'for contacts', shown: { status: 'contacts' } });
      await control('what a contact is told', async () => {
        const seen = await told(stage, dm.person);
        must(seen['status'] === 'for contacts', 'the status', seen);
      });
      for (const reader of [room.person, undefined]) {
        const seen = await told(stage, reader);
        must(!('status' in seen), 'no status for whoever is no contact', seen);
      }
      await alice.call('PUT', `/blocks/${dm.person}`);
      const blocked = await told(stage, dm.person);
      await alice.call('DELETE', `/blocks/${dm.person}`);
      must(!('status' in blocked), 'what a stranger is told, for who is blocked', blocked);
      must((await told(stage, dm.person))['status'] === 'for contacts', 'the status again', 'no status');
    },
  },
  {
    ...titleOf(common, { name: 'what-nobody-may-see', covers: ['PV-PRF-004', 'PV-PRF-005'], isHostile: true }),
    async run(stage) {
      const { alice, dm, room } = stage;
      await alice.call('PATCH', '/me', { name: 'hidden', bio: 'hidden', shown: { name: 'nobody', bio: 'nobody' } });
      for (const reader of [dm.person, room.person]) {
        const seen = await told(stage, reader);
        must(seen['name'] === alice.localpart && !('bio' in seen), 'the localpart, and no bio', seen);
        must(!JSON.stringify(seen).includes('hidden'), 'nothing hidden', seen);
      }
      await alice.call('PATCH', '/me', { bio: null, shown: { name: 'everyone', bio: 'everyone' } });
      must(!('bio' in (await told(stage, dm.person))), 'nothing of what was erased', 'a bio');
    },
  },
  {
    ...titleOf(common, { name: 'who-asks-for-whom', covers: ['PV-PRF-002'], isHostile: true }),
    async run(stage) {
      const { peer, alice, room } = stage;
      await control('an honest question', async () => await told(stage, room.person));
      const asked = async (reader: string): Promise<ReturnType<typeof peer.send>> =>
        await peer.send('directory', { profile: alice.address, for: reader });
      mustBe(await asked('bob@b.conformance.test'), problem('wrong-origin'));
      mustBe(await asked(`nobody@${peer.domain}`), problem('not-found'));
    },
  },
  {
    ...titleOf(common, { name: 'told-to-each-what-is-theirs', covers: ['PV-PRF-007', 'PV-PRF-002'], isHostile: true }),
    async run({ peer, alice, bob, room }) {
      peer.answers.set('directory', ({ profile, for: reader }) =>
        profile === room.person
          ? json({ profile: { address: room.person, name: 'Mallory', bio: `for ${String(reader)}` } })
          : refuse(404, 'not-found'),
      );
      for (const person of [alice, bob]) {
        const { bio } = await person.call('GET', `/profiles/${room.person}`);
        must(bio === `for ${person.address}`, 'what was told for this person', bio);
      }
    },
  },
  {
    ...titleOf(common, { name: 'handle-of-ones-own', covers: ['PV-PRF-010'], isHostile: true }),
    async run({ peer, alice, run }) {
      const handle = `alice@${peer.domain}`;
      await alice.call('PATCH', '/me', { handle, shown: { handle: 'everyone' } });
      const answer = await ask(peer, 'directory', { handle: alice.address });
      const said = answer['handle'] as Members | undefined;
      must(said?.['address'] === alice.address && said['names'] === handle, 'address and handle', answer);
      await alice.call('PATCH', '/me', { shown: { handle: 'contacts' } });
      const hidden = await peer.send('directory', { handle: alice.address });
      const nobody = await peer.send('directory', { handle: `nobody-here@${run.target.domain}` });
      mustBe(hidden, problem('not-found'));
      must(hidden.text === nobody.text, 'the same as for nobody', describe(hidden));
    },
  },
  {
    ...titleOf(common, { name: 'handle-of-somebody-else', covers: ['PV-PRF-009'], isHostile: true }),
    async run(stage) {
      const { peer, room, run } = stage;
      const other = await run.makeKnownPeer();
      const handle = `mallory@${other.domain}`;
      peer.answers.set('directory', () => json({ profile: { address: room.person, name: 'Mallory', handle } }));
      const lies = [
        () => refuse(404, 'not-found'),
        () => json({ handle: { address: handle, names: `eve@${peer.domain}` } }),
        () => json({ handle: { address: `eve@${other.domain}`, names: room.person } }),
      ];
      const verified = async (): Promise<unknown> => {
        // Another reader each time, because what was told is remembered for the one it was told for.
        const reader = await run.clients.make();
        await letIn(stage.alice, reader, room.room);
        return ((await reader.call('GET', `/profiles/${room.person}`))['handle'] as Members | undefined)?.['verified'];
      };
      for (const lie of lies) {
        other.answers.set('directory', lie);
        must((await verified()) !== true, 'a handle that is not verified', 'verified');
      }
    },
  },
];

/** What is told of people, to whom. */
export const profileLanes: readonly Lane[] = [makeLane({ name: 'profiles', open, checks })];
