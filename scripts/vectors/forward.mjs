import {
  compactJws,
  contentOf,
  createdRoom,
  eventIdOf,
  nonceOf,
  providerKeys,
  statementOf,
  vectorTimes,
  withOtherSignature,
} from '../lib/signed-objects.mjs';

const keys = { a: providerKeys('a.example'), b: providerKeys('b.example') };
const salt = nonceOf('forward');
const sender = 'alice@a.example';
const place = { alt: 'here', location: { lat: 1, lon: 2 } };
const entities = [{ type: 'bold', offset: 0, length: 3 }];
const said = { text: 'buy tea', entities };

function original({ content = said, type = 'message', kind, key = keys.a.event } = {}) {
  const made = contentOf(content);
  const { room } = createdRoom();
  const rel = kind === undefined ? {} : { rel: [[kind, room.replace('r', 'e')]] };
  const payload = { room, type, sender, ...vectorTimes, nonce: nonceOf('original'), ...rel, ...made.named };
  return { jws: compactJws('payvand-event', { ...payload, scheme: 'plain' }, key), content: made.text };
}

/** What the source of a forward is. `expect.sender` is whom its source names, verified or not. */
export function forwardVectors() {
  const forward = (name, requirement, { from = original(), outer = said, rel, source }) => ({
    name,
    requirements: [requirement],
    input: {
      content: { salt, ...outer, ...(from === null ? {} : { forwarded: from }) },
      rel: rel ?? (from?.jws === undefined ? [] : [['forward', eventIdOf(from.jws)]]),
      statement: statementOf('a.example'),
    },
    expect: { source, ...(source === 'none' ? {} : { sender }) },
  });
  const id = eventIdOf(original().jws);
  const other = original({ content: { text: 'buy salt' } });
  return [
    forward('as-it-was-said', 'PV-MSG-063', { source: 'verified' }),
    forward('of-an-edit', 'PV-MSG-061', { from: original({ type: 'message.edit', kind: 'edit' }), source: 'verified' }),
    forward('with-a-body', 'PV-MSG-062', { from: original({ content: place }), outer: place, source: 'verified' }),
    forward('with-more-of-its-own', 'PV-MSG-062', { outer: { ...said, silent: true }, source: 'verified' }),
    forward('of-a-reply', 'PV-MSG-062', {
      rel: [
        ['reply', id],
        ['forward', id],
      ],
      source: 'verified',
    }),
    forward('with-another-text', 'PV-MSG-062', { outer: { text: 'buy gold', entities }, source: 'unverified' }),
    forward('without-its-entities', 'PV-MSG-062', { outer: { text: said.text }, source: 'unverified' }),
    forward('with-a-body-of-its-own', 'PV-MSG-062', { outer: { ...said, ...place }, source: 'unverified' }),
    forward('without-relation', 'PV-MSG-062', { rel: [], source: 'unverified' }),
    forward('to-another-event', 'PV-MSG-062', { rel: [['forward', eventIdOf(other.jws)]], source: 'unverified' }),
    forward('to-two-events', 'PV-MSG-062', {
      rel: [
        ['forward', id],
        ['forward', eventIdOf(other.jws)],
      ],
      source: 'unverified',
    }),
    forward('of-a-reaction', 'PV-MSG-061', {
      from: original({ type: 'reaction', kind: 'react' }),
      source: 'unverified',
    }),
    forward('content-of-another', 'PV-MSG-063', {
      from: { ...original(), content: other.content },
      outer: { text: 'buy salt' },
      source: 'unverified',
    }),
    forward('signed-by-another-provider', 'PV-MSG-063', {
      from: original({ key: keys.b.event }),
      source: 'unverified',
    }),
    forward('bad-signature', 'PV-MSG-063', {
      from: { ...original(), jws: withOtherSignature(original().jws) },
      source: 'unverified',
    }),
    forward('hidden', 'PV-MSG-064', { from: original({ content: { ...said, hideSource: true } }), source: 'none' }),
    forward('no-jws', 'PV-MSG-064', { from: { jws: 'a.b.c', content: '{}' }, rel: [], source: 'none' }),
    forward('without-source', 'PV-MSG-061', { from: {}, source: 'none' }),
    forward('no-forward', 'PV-MSG-061', { from: null, source: 'none' }),
  ];
}
