import {
  compactJws,
  contentOf,
  createdRoom,
  hashText,
  nonceOf,
  providerKeys,
  statementOf,
  vectorTimes,
} from '../lib/signed-objects.mjs';

const keys = providerKeys('a.example');
const { room } = createdRoom();
const statement = { statement: hashText(statementOf('a.example')), version: 1 };
const rights = ['send', 'react', 'invite', 'remove', 'ban', 'restrict', 'moderate', 'info', 'roles', 'manage', 'pin'];
const join = `e${hashText('a join')}`;
const salt = nonceOf('salt');
const proof = 'A'.repeat(86);

/** Types of state with a key that fits them. */
const stateKeys = {
  member: 'bob@b.example',
  access: 'bob@b.example',
  provider: 'a.example',
  role: 'helper',
  'room.deny': 'b.example',
};

function eventJws(type, named, changes = {}) {
  const isMessage = /^(message|reaction|x\.)/.test(type);
  const payload = {
    room: type === 'room.create' ? undefined : room,
    type,
    sender: type === 'provider' ? 'a.example' : 'alice@a.example',
    ...vectorTimes,
    nonce: nonceOf(type),
    key: isMessage ? undefined : (stateKeys[type] ?? ''),
    ...named,
    scheme: 'plain',
    ...changes,
  };
  return compactJws('payvand-event', payload, keys.event);
}

/** One vector: the content (text, or members beside the salt), checked against an event that names it. */
function checked(name, requirement, { type, content, ok, changes, given, code = 'bad-event' }) {
  const { text, named } = contentOf(content);
  const jws = eventJws(type, named, changes);
  return {
    name,
    requirements: [requirement],
    input: { operation: 'check', jws, content: given ?? text },
    expect: ok ? { ok } : { ok, code },
  };
}

export function contentVectors() {
  return [
    ...plain(),
    ...named(),
    ...sized(),
    ...create(),
    ...people(),
    ...access(),
    ...shared(),
    ...settings(),
    ...messages(),
  ];
}

function plain() {
  const of = (requirement, ok) => (name, content) =>
    checked(`plain-${name}`, requirement, { type: 'message', content, ok });
  const [good, bad, unsalted] = [of('PV-CNT-001', true), of('PV-CNT-001', false), of('PV-CNT-002', false)];
  return [
    good('message', { text: 'سلام' }),
    good('white-space', `{ "salt": "${salt}", "text": "a" }`),
    good('depth-8', { a: [[[[[[[]]]]]]] }),
    bad('depth-9', { a: [[[[[[[[]]]]]]]] }),
    bad('array', '[]'),
    bad('empty', ''),
    bad('fraction', `{"salt":"${salt}","n":1.5}`),
    bad('repeated-member', `{"salt":"${salt}","a":1,"a":2}`),
    bad('nul', `{"salt":"${salt}","text":"\\u0000"}`),
    unsalted('without-salt', '{"text":"a"}'),
    unsalted('salt-of-15-bytes', { salt: 'A'.repeat(20) }),
    unsalted('salt-stray-bits', { salt: `${'A'.repeat(21)}B` }),
    unsalted('salt-not-text', { salt: 7 }),
  ];
}

function named() {
  const message = { text: 'one' };
  const { text } = contentOf(message);
  const { text: persian } = contentOf({ text: 'سلام' });
  const vector = (name, requirement, rest) =>
    checked(name, requirement, { type: 'message', content: message, ok: false, ...rest });
  return [
    vector('other-text', 'PV-CNT-005', { given: text.replace('one', 'two'), code: 'content-mismatch' }),
    vector('text-with-space-after', 'PV-CNT-005', { given: `${text} `, code: 'content-mismatch' }),
    vector('size-one-less', 'PV-CNT-006', { changes: { size: Buffer.byteLength(text) - 1 } }),
    vector('size-one-more', 'PV-CNT-006', { changes: { size: Buffer.byteLength(text) + 1 } }),
    vector('size-in-characters', 'PV-CNT-006', { content: { text: 'سلام' }, changes: { size: persian.length } }),
    checked('mls-any-text', 'PV-CNT-008', { type: 'message', content: 'AAEC', ok: true, changes: { scheme: 'mls' } }),
    checked('mls-empty', 'PV-CNT-008', { type: 'message', content: '', ok: true, changes: { scheme: 'mls' } }),
  ];
}

function sized() {
  const sizeOf = (fill) => contentOf({ text: fill }).named.size;
  const filled = (size) => ({ text: 'x'.repeat(size - sizeOf('')) });
  const note = (size) => ({ ...filled(size), later: '' });
  const noteOf = (size) => note(size - (contentOf(note(100)).named.size - 100));
  return [
    checked('content-65536', 'PV-CNT-003', { type: 'message', content: filled(65_536), ok: true }),
    checked('content-65537', 'PV-CNT-003', { type: 'message', content: filled(65_537), ok: false }),
    checked('state-content-4096', 'PV-CNT-004', {
      type: 'x.example.note',
      content: noteOf(4096),
      ok: true,
      changes: { key: '' },
    }),
    checked('state-content-4097', 'PV-CNT-004', {
      type: 'x.example.note',
      content: noteOf(4097),
      ok: false,
      changes: { key: '' },
    }),
  ];
}

function of(type, requirement, { accepted, refused }) {
  const vector =
    (ok) =>
    ([name, content]) =>
      checked(`${type}-${name}`, requirement, { type, content, ok });
  return [...Object.entries(accepted).map(vector(true)), ...Object.entries(refused).map(vector(false))];
}

function create() {
  const group = { kind: 'group', rules: 1, ...statement };
  const dm = { ...group, kind: 'dm', with: 'bob@b.example' };
  return of('room.create', 'PV-CNT-011', {
    accepted: {
      group,
      dm,
      'dm-at-home': { ...dm, with: 'bob@a.example' },
      'group-after-another': { ...group, prev: room },
      'unknown-member': { ...group, later: true },
    },
    refused: {
      'unknown-kind': { ...group, kind: 'channel' },
      'without-kind': { ...group, kind: undefined },
      'rules-2': { ...group, rules: 2 },
      'without-rules': { ...group, rules: undefined },
      'dm-without-other': { ...dm, with: undefined },
      'dm-with-oneself': { ...dm, with: 'alice@a.example' },
      'dm-with-domain': { ...dm, with: 'b.example' },
      'group-with-other': { ...group, with: 'bob@b.example' },
      'without-statement': { ...group, statement: undefined },
      'version-0': { ...group, version: 0 },
      'prev-event-id': { ...group, prev: join },
    },
  });
}

function people() {
  return [
    ...of('member', 'PV-CNT-012', {
      accepted: {
        joined: { membership: 'joined' },
        'joined-by-invite': { membership: 'joined', invite: 'a.b.c' },
        'joined-by-link': { membership: 'joined', invite: 'a.b.c', proof },
        'joined-by-link-with-role': { membership: 'joined', invite: 'a.b.c', proof, role: 'admin' },
        left: { membership: 'left' },
      },
      refused: {
        unknown: { membership: 'invited' },
        without: {},
        'invite-not-text': { membership: 'joined', invite: {} },
        'left-with-invite': { membership: 'left', invite: 'a.b.c' },
        'left-with-proof': { membership: 'left', proof },
        'left-with-role': { membership: 'left', role: 'admin' },
        'proof-without-invite': { membership: 'joined', proof },
        'proof-of-63-bytes': { membership: 'joined', invite: 'a.b.c', proof: proof.slice(0, 84) },
        'proof-stray-bits': { membership: 'joined', invite: 'a.b.c', proof: `${proof.slice(0, 85)}B` },
        'role-without-proof': { membership: 'joined', invite: 'a.b.c', role: 'admin' },
        'role-upper-case': { membership: 'joined', invite: 'a.b.c', proof, role: 'Admin' },
      },
    }),
    ...of('provider', 'PV-CNT-014', {
      accepted: { statement },
      refused: {
        'without-version': { statement: statement.statement },
        'version-0': { ...statement, version: 0 },
        'hash-short': { ...statement, statement: statement.statement.slice(1) },
      },
    }),
  ];
}

function access() {
  return of('access', 'PV-CNT-013', {
    accepted: {
      empty: {},
      role: { role: 'admin' },
      ban: { ban: true },
      remove: { remove: join },
      restriction: { restrict: { rights: ['send', 'react'], until: 1_790_000_200_000 } },
      'restriction-for-ever': { restrict: { rights: [] } },
      all: { role: 'member', ban: true, remove: join, restrict: { rights }, title: 'founder' },
      'title-of-32': { title: '😀'.repeat(32) },
    },
    refused: {
      'role-upper-case': { role: 'Admin' },
      'ban-false': { ban: false },
      'remove-true': { remove: true },
      'remove-null': { remove: null },
      'restriction-list': { restrict: ['send'] },
      'restriction-without-rights': { restrict: { until: 1 } },
      'unknown-right': { restrict: { rights: ['fly'] } },
      'repeated-right': { restrict: { rights: ['send', 'send'] } },
      'title-of-33': { title: '😀'.repeat(33) },
      'title-empty': { title: '' },
      'title-line-feed': { title: 'a\nb' },
      'until-text': { restrict: { rights: [], until: 'tomorrow' } },
    },
  });
}

function shared() {
  return [
    ...of('role', 'PV-CNT-015', {
      accepted: { 'rank-0': { rank: 0, rights: [] }, 'rank-99': { rank: 99, rights } },
      refused: {
        'rank-100': { rank: 100, rights },
        'rank-negative': { rank: -1, rights },
        'without-rights': { rank: 1 },
        'unknown-right': { rank: 1, rights: ['fly'] },
        'repeated-right': { rank: 1, rights: ['pin', 'pin'] },
      },
    }),
    ...of('room.owner', 'PV-CNT-016', {
      accepted: { address: { owner: 'bob@b.example' } },
      refused: { domain: { owner: 'b.example' }, without: {} },
    }),
    ...of('room.info', 'PV-CNT-017', {
      accepted: {
        title: { title: 'دوستان' },
        'title-of-128': { title: 'د'.repeat(128) },
        'title-of-128-outside-the-bmp': { title: '😀'.repeat(128) },
        'about-of-512': { title: 'a', about: '😀'.repeat(512) },
        'about-lines': { title: 'a', about: 'one\ntwo' },
        alias: { title: 'a', alias: '#friends@a.example' },
      },
      refused: {
        'title-empty': { title: '' },
        'title-of-129': { title: 'د'.repeat(129) },
        'title-of-129-outside-the-bmp': { title: '😀'.repeat(129) },
        'line-feed': { title: 'a\nb' },
        'about-of-513': { title: 'a', about: '😀'.repeat(513) },
        'about-empty': { title: 'a', about: '' },
        'about-carriage-return': { title: 'a', about: 'one\r\ntwo' },
        'alias-address': { title: 'a', alias: 'friends@a.example' },
        'alias-upper-case': { title: 'a', alias: '#Friends@a.example' },
        'alias-domain': { title: 'a', alias: '#a.example' },
        'delete-character': { title: 'a\u007fb' },
        'next-line': { title: 'a\u0085b' },
        without: {},
      },
    }),
    ...of('room.history', 'PV-CNT-018', {
      accepted: { all: { visible: 'all' }, joined: { visible: 'joined' } },
      refused: { unknown: { visible: 'invited' }, without: {} },
    }),
    ...of('room.superseded', 'PV-CNT-019', {
      accepted: { room: { by: room } },
      refused: { 'event-id': { by: join }, without: {} },
    }),
  ];
}

function settings() {
  const event = (n) => `e${hashText(`pin ${n}`)}`;
  const pins = (count) => ({ pins: Array.from({ length: count }, (_, n) => event(n)) });
  return [
    ...of('room.settings', 'PV-SET-001', {
      accepted: {
        none: {},
        all: { timer: 60, slow: 5, edits: 'latest', preview: true, join: 'knock' },
        least: { timer: 1, slow: 1, edits: 'history' },
        most: { timer: 31_536_000, slow: 86_400 },
        'unknown-member': { later: true },
      },
      refused: {
        'timer-0': { timer: 0 },
        'timer-31536001': { timer: 31_536_001 },
        'timer-text': { timer: '60' },
        'slow-0': { slow: 0 },
        'slow-86401': { slow: 86_401 },
        'edits-unknown': { edits: 'none' },
        'preview-false': { preview: false },
        'join-unknown': { join: 'open' },
      },
    }),
    ...of('room.pins', 'PV-SET-002', {
      accepted: { 'pins-0': pins(0), 'pins-50': pins(50) },
      refused: {
        'pins-51': pins(51),
        'pin-twice': { pins: [event(1), event(1)] },
        'pin-room': { pins: [room] },
        without: {},
      },
    }),
    ...of('room.deny', 'PV-SET-003', {
      accepted: { denied: { denied: true }, lifted: { denied: false } },
      refused: { without: {}, text: { denied: 'true' } },
    }),
  ];
}

/** What no rule reads is no fault, however wrong: whoever shows it copes. */
function messages() {
  return [
    checked('message-without-text', 'PV-CNT-024', { type: 'message', content: {}, ok: true }),
    checked('unknown-type', 'PV-CNT-024', { type: 'x.example.note', content: { alt: 'a note' }, ok: true }),
    checked('unknown-state-type', 'PV-CNT-010', {
      type: 'x.example.note',
      content: { anything: [1] },
      ok: true,
      changes: { key: '' },
    }),
  ];
}
