import { hex } from '../lib/vector-keys.mjs';
import {
  NOW,
  alice,
  digestOf,
  input,
  known,
  receiver,
  refused,
  signedRequest,
  stranger,
} from '../lib/signed-request.mjs';
import { signatureFieldVectors } from './http-signature-fields.mjs';

function signVectors() {
  const sign = (name, requirements, changes) => {
    const { request, headers, signatureBase } = signedRequest(changes);
    const { method, authority, target, body, from, to, created, key } = request;
    const { host, ...fields } = headers;
    return {
      name,
      requirements,
      input: {
        operation: 'sign',
        method,
        authority,
        target,
        body,
        from,
        to,
        nowSeconds: created,
        secretHex: hex(key.secret),
      },
      expect: { headers: fields, signatureBase },
    };
  };
  const all = ['PV-RSG-002', 'PV-RSG-003', 'PV-RSG-004', 'PV-RSG-005', 'PV-RSG-006', 'PV-RSG-007'];
  return [
    sign('sign-post', all, {}),
    sign('sign-empty-body', ['PV-RSG-003'], { method: 'GET', target: '/payvand/v1/heads', body: '' }),
    sign('sign-query', ['PV-RSG-007', 'PV-RSG-008'], { target: '/payvand/v1/log?from=1&to=%41?' }),
  ];
}

function acceptedVectors() {
  const accept = (name, requirements, { changes = {}, at = NOW } = {}) => {
    const signed = signedRequest(changes);
    return {
      name,
      requirements,
      input: input(signed, { receiver: { ...receiver, nowSeconds: at } }),
      expect: { ok: true, from: 'a.example', kid: alice.kid, signatureBase: signed.signatureBase },
    };
  };
  const base = ['PV-RSG-007', 'PV-RSG-015'];
  return [
    accept('post-with-body', ['PV-RSG-001', ...base]),
    accept('empty-body', ['PV-RSG-003', ...base], { changes: { method: 'GET', body: '' } }),
    accept('body-outside-ascii', ['PV-RSG-003', ...base], { changes: { body: '{"text":"سلام"}' } }),
    accept('root-path', base, { changes: { target: '/' } }),
    accept('query', base, { changes: { target: '/payvand/v1/log?from=1&to=2' } }),
    accept('query-empty', base, { changes: { target: '/payvand/v1/log?' } }),
    accept('query-with-second-question-mark', base, { changes: { target: '/payvand/v1/log?a?b' } }),
    accept('path-not-normalised', ['PV-RSG-014', ...base], { changes: { target: '/payvand//v1/../v1/%73ubmit' } }),
    accept('created-30-s-ahead', ['PV-RSG-010'], { at: NOW - 30 }),
    accept('expired-30-s-ago', ['PV-RSG-010'], { at: NOW + 90 }),
    accept('lifetime-of-one-second', ['PV-RSG-005'], { changes: { expires: NOW + 1 } }),
    accept('short-parts', base, { changes: { target: '/a?b', body: '{}' } }),
  ];
}

function peerVectors() {
  const target = (name, text) =>
    refused(name, ['PV-RSG-008', 'PV-RSG-010'], {
      signed: signedRequest({ target: text }),
      expect: { part: 'target', reason: 'malformed' },
    });
  const to = signedRequest({ to: 'c.example' });
  return [
    refused('to-another', ['PV-RSG-002', 'PV-RSG-010'], {
      signed: to,
      expect: { part: 'to', reason: 'mismatch', expected: 'b.example', received: 'c.example' },
    }),
    target('target-absolute', 'https://chat.b.example/payvand/v1/submit'),
    target('target-asterisk', '*'),
    target('target-empty', ''),
    target('target-with-fragment', '/payvand/v1/submit#a'),
    target('target-with-space', '/payvand/v1/sub mit'),
    target('target-outside-ascii', '/payvand/v1/پ'),
    refused('peer-unknown', ['PV-RSG-010', 'PV-RSG-019'], {
      change: { keys: [] },
      expect: { code: 'unknown-peer', part: 'from', reason: 'unknown' },
    }),
    refused('key-unknown', ['PV-RSG-010'], {
      signed: signedRequest({ key: stranger }),
      expect: { part: 'key', reason: 'unknown' },
    }),
    refused('key-of-another-provider', ['PV-RSG-016'], {
      signed: signedRequest({ key: stranger }),
      change: { keys: [known, { provider: 'c.example', kid: stranger.kid, publicKeyHex: hex(stranger.publicKey) }] },
      expect: { part: 'key', reason: 'unknown' },
    }),
  ];
}

function mismatchVectors() {
  const mismatch = { part: 'signature', reason: 'mismatch' };
  const signed = signedRequest();
  const other = signedRequest({ authority: 'old.b.example' });
  const hidden = { ...other, headers: { ...other.headers, host: receiver.authority } };
  return [
    refused('authority-another', ['PV-RSG-013'], {
      signed: other,
      expect: { part: 'authority', reason: 'mismatch', expected: 'chat.b.example', received: 'old.b.example' },
    }),
    refused('authority-another-hidden', ['PV-RSG-013'], { signed: hidden, expect: mismatch }),
    refused('from-changed', ['PV-RSG-016'], {
      change: {
        headers: { ...signed.headers, 'payvand-from': 'c.example' },
        keys: [{ ...known, provider: 'c.example' }],
      },
      expect: mismatch,
    }),
    ...[
      ['method-changed', { method: 'PUT' }],
      ['path-changed', { target: '/payvand/v1/push' }],
      ['query-added', { target: '/payvand/v1/submit?a' }],
    ].map(([name, change]) => refused(name, ['PV-RSG-007', 'PV-RSG-015'], { change, expect: mismatch })),
    refused('percent-decoded-on-the-way', ['PV-RSG-014'], {
      signed: signedRequest({ target: '/a%41' }),
      change: { target: '/aA' },
      expect: mismatch,
    }),
    refused('signature-of-another-request', ['PV-RSG-015'], {
      change: { headers: { ...signed.headers, signature: signedRequest({ created: NOW - 1 }).headers.signature } },
      expect: mismatch,
    }),
    refused('signature-zero', ['PV-RSG-015'], {
      change: { headers: { ...signed.headers, signature: `payvand=:${Buffer.alloc(64).toString('base64')}:` } },
      expect: mismatch,
    }),
    refused('digest-replaced-with-body', ['PV-RSG-015'], {
      change: { headers: { ...signed.headers, 'content-digest': digestOf('{}') }, body: '{}' },
      expect: mismatch,
    }),
    ...[
      ['body-changed', '{"items":[1]}'],
      ['body-cut', ''],
      ['body-longer', '{"items":[]} '],
    ].map(([name, body]) =>
      refused(name, ['PV-RSG-003', 'PV-RSG-010'], {
        change: { body },
        expect: { part: 'content-digest', reason: 'mismatch' },
      }),
    ),
  ];
}

export function httpSignatureVectors() {
  return [...signVectors(), ...acceptedVectors(), ...signatureFieldVectors(), ...peerVectors(), ...mismatchVectors()];
}
