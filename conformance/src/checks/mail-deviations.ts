import { DAY_MS } from '../formats/event.js';
import { results, problem } from '../run/expectations.js';
import type { Expectation } from '../run/expectations.js';
import type { Members } from '../formats/strict-json.js';
import { signJws } from '../formats/jws.js';
import type { HubRoom } from '../stage/hub-room.js';
import type { HubStage } from '../stage/hub-stage.js';

/** A mailbox item of which one thing is wrong. */
export interface MailRow {
  readonly name: string;
  readonly covers: readonly string[];
  readonly items: (stage: HubStage, room: HubRoom) => readonly string[];
  readonly expect: Expectation;
}

const denied = (code: string): Expectation => results({ status: 'denied', code });

type Make = (stage: HubStage, room: HubRoom) => string;

// eslint-disable-next-line max-params -- a row of a table
function row(name: string, code: string, make: Make, ...covers: readonly string[]): MailRow {
  return { name, covers: ['PV-MBX-003', ...covers], items: (stage, room) => [make(stage, room)], expect: denied(code) };
}

const changed =
  (changes: (stage: HubStage) => Members): Make =>
  (stage, room) =>
    room.invitation(stage.guest.address, changes(stage));

const inBody =
  (change: (stage: HubStage, room: HubRoom) => Members): Make =>
  (stage, room) =>
    room.invitation(stage.guest.address, { body: change(stage, room) });

/** An invitation in the item that differs from the honest one. */
const withInvite = (changes: (stage: HubStage) => Members): Make =>
  inBody((stage, room) => {
    const { peer, guest } = stage;
    const until = Date.now() + DAY_MS;
    const honest = {
      room: room.room,
      hub: peer.domain,
      by: room.owner,
      to: guest.address,
      until,
      nonce: 'A'.repeat(22),
    };
    return { invite: signJws('payvand-invite', { ...honest, ...changes(stage) }, peer.keys.event) };
  });

const withCreate = (change: (parts: Members, stage: HubStage) => Members): Make =>
  inBody((stage, room) => {
    const { jws, content, statement } = room.records[0] ?? {};
    return { create: change({ jws, content, statement }, stage) };
  });

/** SPEC PV-MAIL-001 to PV-MAIL-009, PV-MBX-002, PV-MBX-003. */
export const mailRows: readonly MailRow[] = [
  row(
    'from-another-domain',
    'wrong-origin',
    changed(() => ({ from: 'eve@b.conformance.test' })),
  ),
  row(
    'from-the-receiver-itself',
    'wrong-origin',
    changed(({ run }) => ({ from: `eve@${run.target.domain}` })),
  ),
  row('to-in-capitals', 'bad-mail', ({ guest }, room) => room.invitation(guest.address.toUpperCase()), 'PV-ID-002'),
  row('to-another-domain', 'bad-mail', (_, room) => room.invitation('bob@b.conformance.test')),
  row(
    'until-passed',
    'until-passed',
    changed(() => ({ until: Date.now() - 1 })),
  ),
  row(
    'signed-by-a-stray-key',
    'bad-mail',
    ({ peer, guest }, room) => room.invitation(guest.address, {}, peer.strayKey()),
    'PV-MAIL-005',
  ),
  row(
    'signed-by-a-seal-key',
    'bad-mail',
    ({ peer, guest }, room) => room.invitation(guest.address, {}, peer.keys.seal),
    'PV-MAIL-005',
  ),
  row(
    'more-than-8192',
    'too-large',
    inBody(() => ({ new: 'x'.repeat(6500) })),
    'PV-MAIL-002',
  ),
  row(
    'unknown-kind',
    'not-supported',
    changed(() => ({ kind: 'advert' })),
    'PV-MAIL-004',
  ),
  row('no-mail', 'bad-mail', () => 'x.y.z', 'PV-MAIL-001'),
  row('an-event-for-a-mail', 'bad-mail', (_, room) => room.records[0]?.jws ?? '', 'PV-MAIL-001'),
  row('to-oneself', 'bad-mail', (_, room) => room.invitation(room.owner), 'PV-MAIL-003'),
  row(
    'nonce-too-short',
    'bad-mail',
    changed(() => ({ nonce: 'AAAA' })),
    'PV-MAIL-003',
  ),
  row(
    'no-until',
    'bad-mail',
    changed(() => ({ until: null })),
    'PV-MAIL-003',
  ),
  row(
    'invite-of-no-form',
    'bad-mail',
    inBody(() => ({ invite: 'x' })),
    'PV-MAIL-006',
  ),
  row(
    'invite-into-another-room',
    'bad-mail',
    withInvite(() => ({ room: `r${'A'.repeat(43)}` })),
    'PV-MAIL-008',
  ),
  row(
    'invite-to-somebody-else',
    'bad-mail',
    withInvite(({ run }) => ({ to: `eve@${run.target.domain}` })),
    'PV-MAIL-008',
  ),
  row(
    'invite-by-somebody-else',
    'bad-mail',
    withInvite(({ peer }) => ({ by: `eve@${peer.domain}` })),
    'PV-MAIL-008',
  ),
  row(
    'create-left-out',
    'bad-mail',
    inBody(() => ({ create: null })),
    'PV-MAIL-006',
  ),
  row(
    'create-with-another-content',
    'bad-mail',
    withCreate((parts) => ({ ...parts, content: '{"kind":"group"}' })),
    'PV-MAIL-007',
  ),
  row(
    'create-with-another-statement',
    'bad-mail',
    withCreate((parts, { peer }) => ({ ...parts, statement: peer.makeStatement({ version: 2 }) })),
    'PV-MAIL-007',
  ),
  row(
    'create-that-is-a-join',
    'bad-mail',
    inBody((_, room) => {
      const { jws, content } = room.records[1] ?? {};
      return { create: { jws, content, statement: room.records[0]?.statement } };
    }),
    'PV-MAIL-007',
  ),
  row(
    'introduction-of-201',
    'bad-mail',
    inBody(() => ({ intro: 'x'.repeat(201) })),
    'PV-MAIL-009',
  ),
  row(
    'introduction-of-two-lines',
    'bad-mail',
    inBody(() => ({ intro: 'a\nb' })),
    'PV-MAIL-009',
  ),
  row(
    'introduction-of-nothing',
    'bad-mail',
    inBody(() => ({ intro: '' })),
    'PV-MAIL-009',
  ),
  {
    ...{ name: 'seventeen-items', covers: ['PV-MBX-002'], expect: problem('bad-request', { part: '/items' }) },
    items: ({ guest }, room) => Array.from({ length: 17 }, () => room.invitation(guest.address)),
  },
];
