import { base64url, bytesOf, nonceOf } from '../lib/signed-objects.mjs';
import { createId, createPayload, hash, info, members, message, relations, room, target } from './event-base.mjs';
import { formVectors, signatureVectors } from './event-forms.mjs';

const of = (base) => (changes) => ({ ...base, ...changes });
const m = of(message);
const s = of(info);
const custom = (key) => s({ type: 'x.example.note', key });

export function eventVectors() {
  return [
    ...members('PV-EVT-004', { 'unknown-member': m({ later: { a: [1] } }) }, { author: m({ author: 'key' }) }),
    ...requiredMembers(),
    ...types(),
    ...names(),
    ...times(),
    ...seen(),
    ...rel(),
    ...state(),
    ...typed(),
    ...contentMembers(),
    ...formVectors(),
    ...signatureVectors(),
  ];
}

function requiredMembers() {
  const names = ['type', 'sender', 'ts', 'until', 'nonce', 'content', 'size', 'scheme', 'room'];
  const missing = names.map((name) => [`without-${name}`, m({ [name]: undefined })]);
  const nulls = ['seen', 'rel', 'key', 'prior', 'ttl', 'room'].map((name) => [`${name}-null`, m({ [name]: null })]);
  return [
    ...members('PV-EVT-007', { message }, Object.fromEntries(missing)),
    ...members('PV-EVT-007', {}, Object.fromEntries(nulls)),
  ];
}

function types() {
  const type = (text) => m({ type: text });
  return members(
    'PV-EVT-008',
    {
      'type-of-64': type(`x.${'a'.repeat(62)}`),
      'type-one-letter': type('q'),
      'type-digits-after-dot': type('x.7up.thing'),
    },
    {
      'type-of-65': type(`x.${'a'.repeat(63)}`),
      'type-empty': type(''),
      'type-upper-case': type('Message'),
      'type-begins-with-digit': type('7up'),
      'type-ends-with-dot': type('message.'),
      'type-empty-part': type('a..b'),
      'type-underscore': type('a_b'),
      'type-not-text': type(7),
    },
  );
}

function names() {
  return [
    ...members(
      'PV-EVT-009',
      { 'sender-bare-domain': m({ sender: 'a.example' }) },
      {
        'sender-upper-case': m({ sender: 'Alice@a.example' }),
        'sender-not-text': m({ sender: ['alice@a.example'] }),
        'create-from-bare-domain': { ...createPayload, sender: 'a.example' },
      },
    ),
    ...members(
      'PV-EVT-010',
      { create: createPayload },
      { 'create-with-room': { ...createPayload, room }, 'room-is-event-id': m({ room: createId }) },
    ),
  ];
}

function times() {
  const max = 2 ** 53 - 1;
  const nonce = (count) => m({ nonce: base64url(bytesOf('n', count)) });
  return [
    ...members(
      'PV-EVT-011',
      { 'ts-0': m({ ts: 0 }), 'ts-largest': m({ ts: max }), 'until-largest': m({ until: max }) },
      {
        'ts-negative': m({ ts: -1 }),
        'until-negative': m({ until: -1 }),
        'ts-text': m({ ts: '1' }),
        'until-too-large': JSON.stringify(message).replace(String(message.until), '9007199254740992'),
        'ts-fraction': JSON.stringify(message).replace(String(message.ts), '1.5'),
      },
    ),
    ...members(
      'PV-EVT-012',
      {},
      {
        'nonce-15-bytes': nonce(15),
        'nonce-17-bytes': nonce(17),
        'nonce-stray-bits': m({ nonce: `${'A'.repeat(21)}B` }),
        'nonce-padded': m({ nonce: `${nonceOf('n')}==` }),
      },
    ),
  ];
}

function seen() {
  const see = (value) => m({ seen: value });
  return members(
    'PV-EVT-013',
    { 'seen-absent': see(undefined), 'seen-largest': see([2 ** 32 - 1, 2 ** 53 - 1, hash]) },
    {
      'seen-epoch-too-large': see([2 ** 32, 0, hash]),
      'seen-negative': see([0, -1, hash]),
      'seen-two-parts': see([0, 3]),
      'seen-four-parts': see([0, 3, hash, 1]),
      'seen-bad-hash': see([0, 3, `${'A'.repeat(42)}B`]),
      'seen-object': see({ epoch: 0 }),
    },
  );
}

function rel() {
  const relate = (value) => m({ rel: value });
  const kinds = ['reply', 'edit', 'delete', 'react', 'thread', 'forward', 'vote'];
  const known = kinds.map((kind) => [`rel-${kind}`, relate(relations(kind, 1))]);
  return members(
    'PV-EVT-014',
    { ...Object.fromEntries(known), 'rel-16': relate(relations('reply', 16)) },
    {
      'rel-17': relate(relations('reply', 17)),
      'rel-empty': relate([]),
      'rel-unknown-kind': relate(relations('like', 1)),
      'rel-three-parts': relate([['reply', target(0), 1]]),
      'rel-one-part': relate([['reply']]),
      'rel-room-id': relate([['reply', room]]),
      'rel-object': relate({ reply: target(0) }),
    },
  );
}

function state() {
  const ttl = (seconds) => m({ ttl: seconds });
  return [
    ...members(
      'PV-EVT-015',
      { 'key-empty': custom(''), 'key-of-128': custom('~'.repeat(128)), 'key-escaped': custom('" \\/') },
      {
        'key-of-129': custom('~'.repeat(129)),
        'key-unit-separator': custom('\u001f'),
        'key-delete-character': custom('\u007f'),
        'key-not-ascii': custom('é'),
        'key-not-text': custom(1),
      },
    ),
    ...members(
      'PV-EVT-022',
      { 'prior-on-state': info, 'state-without-prior': s({ prior: undefined }) },
      { 'prior-on-message': m({ prior: target(0) }), 'prior-room-id': s({ prior: room }) },
    ),
    ...members(
      'PV-EVT-021',
      { 'ttl-1': ttl(1), 'ttl-31536000': ttl(31_536_000) },
      { 'ttl-0': ttl(0), 'ttl-31536001': ttl(31_536_001), 'ttl-on-state': s({ ttl: 60 }), 'ttl-text': ttl('60') },
    ),
  ];
}

function typed() {
  const keyed = (type, key) => s({ type, key });
  const shared = ['room.owner', 'room.info', 'room.settings', 'room.pins', 'room.history', 'room.superseded'];
  const each = (name, make) => Object.fromEntries(shared.map((type) => [`${type}-${name}`, make(type)]));
  return [
    ...members(
      'PV-EVT-016',
      {
        ...each('empty-key', (type) => keyed(type, '')),
        'member-address': keyed('member', 'bob@b.example'),
        'access-address': keyed('access', 'bob@b.example'),
        'provider-domain': s({ type: 'provider', key: 'b.example', sender: 'b.example' }),
        'deny-domain': keyed('room.deny', 'b.example'),
        'role-of-32': keyed('role', 'r'.repeat(32)),
      },
      {
        ...each('other-key', (type) => keyed(type, 'x')),
        ...each('no-key', (type) => m({ type })),
        'create-other-key': { ...createPayload, key: 'x' },
        'create-no-key': { ...createPayload, key: undefined },
        'member-no-key': m({ type: 'member' }),
        'member-domain': keyed('member', 'b.example'),
        'access-domain': keyed('access', 'b.example'),
        'provider-address': keyed('provider', 'bob@b.example'),
        'deny-address': keyed('room.deny', 'bob@b.example'),
        'role-of-33': keyed('role', 'r'.repeat(33)),
        'role-empty': keyed('role', ''),
        'role-upper-case': keyed('role', 'Admin'),
      },
    ),
    ...members(
      'PV-EVT-017',
      { 'unknown-type-without-key': m({ type: 'x.example.note' }) },
      {
        'message-with-key': m({ key: '' }),
        'reaction-with-key': m({ type: 'reaction', rel: relations('react', 1), key: '' }),
      },
    ),
    ...relationsOfTypes(),
  ];
}

function relationsOfTypes() {
  const related = (type, list) => m({ type, rel: list });
  return members(
    'PV-EVT-018',
    {
      'edit-of-one': related('message.edit', relations('edit', 1)),
      'delete-of-one': related('message.delete', relations('delete', 1)),
      'delete-of-16': related('message.delete', relations('delete', 16)),
      'reaction-to-one': related('reaction', relations('react', 1)),
      'vote-in-one': related('message.vote', relations('vote', 1)),
      'close-of-one': related('message.poll-close', relations('vote', 1)),
    },
    {
      'edit-of-none': related('message.edit', undefined),
      'edit-of-two': related('message.edit', relations('edit', 2)),
      'edit-that-replies': related('message.edit', [...relations('edit', 1), ...relations('reply', 1)]),
      'delete-of-none': related('message.delete', undefined),
      'delete-by-edit': related('message.delete', relations('edit', 1)),
      'reaction-to-none': related('reaction', undefined),
      'reaction-to-two': related('reaction', relations('react', 2)),
      'vote-in-none': related('message.vote', undefined),
      'vote-in-two': related('message.vote', relations('vote', 2)),
      'close-by-reply': related('message.poll-close', relations('reply', 1)),
    },
  );
}

function contentMembers() {
  return [
    ...members(
      'PV-EVT-019',
      { 'size-65536': m({ size: 65_536 }), 'state-size-4096': s({ size: 4096 }) },
      {
        'size-65537': m({ size: 65_537 }),
        'state-size-4097': s({ size: 4097 }),
        'size-negative': m({ size: -1 }),
        'content-short': m({ content: hash.slice(1) }),
        'content-stray-bits': m({ content: `${'A'.repeat(42)}B` }),
      },
    ),
    ...members(
      'PV-EVT-020',
      { 'scheme-mls': m({ scheme: 'mls' }) },
      {
        'scheme-unknown': m({ scheme: 'secret' }),
        'scheme-mls-on-state': s({ scheme: 'mls' }),
      },
    ),
  ];
}
