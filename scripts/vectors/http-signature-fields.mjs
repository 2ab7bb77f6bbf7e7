import { createHash } from 'node:crypto';
import { NOW, alice, receiver, refused, signedRequest } from '../lib/signed-request.mjs';

const COMPONENTS = '("@method" "@authority" "@path" "@query" "content-digest" "payvand-from" "payvand-to")';

function fieldVectors() {
  const { headers } = signedRequest();
  const without = (name) => Object.fromEntries(Object.entries(headers).filter(([field]) => field !== name));
  const parts = {
    'signature-input': 'signature-input',
    signature: 'signature',
    'content-digest': 'content-digest',
    'payvand-from': 'from',
    'payvand-to': 'to',
  };
  const missing = Object.entries(parts).map(([field, part]) =>
    refused(`no-${field}`, ['PV-RSG-001', 'PV-RSG-010'], {
      change: { headers: without(field) },
      expect: { part, reason: 'missing' },
    }),
  );
  const twice = Object.entries(parts).map(([field, part]) =>
    refused(`two-${field}`, ['PV-RSG-011'], {
      change: { headers: { ...headers, [field]: `${headers[field]}, ${headers[field]}` } },
      expect: { part, reason: 'malformed' },
    }),
  );
  const odd = (name, field, value) =>
    refused(name, ['PV-RSG-010', 'PV-RSG-012'], {
      change: { headers: { ...headers, [field]: value } },
      expect: { part: parts[field], reason: 'malformed' },
    });
  const { signature, 'content-digest': digest } = headers;
  return [
    ...missing,
    ...twice,
    odd('signature-other-label', 'signature', signature.replace('payvand', 'sig1')),
    odd('signature-without-padding', 'signature', signature.replace('==', '')),
    odd('signature-of-63-bytes', 'signature', `payvand=:${Buffer.alloc(63).toString('base64')}:`),
    odd('signature-with-stray-bits', 'signature', signature.replace(/.==:$/, 'B==:')),
    odd('signature-base64url', 'signature', `payvand=:${'_'.repeat(85)}A==:`),
    odd('signature-with-parameter', 'signature', `${signature};a=1`),
    odd('digest-sha-512', 'content-digest', `sha-512=:${createHash('sha512').update('').digest('base64')}:`),
    odd('digest-two-algorithms', 'content-digest', `${digest}, sha-512=:AAAA:`),
    odd('digest-upper-case', 'content-digest', digest.replace('sha', 'SHA')),
    odd('digest-unquoted', 'content-digest', digest.replaceAll(':', '')),
    odd('from-upper-case', 'payvand-from', 'A.example'),
    odd('from-with-port', 'payvand-from', 'a.example:443'),
    odd('from-with-final-dot', 'payvand-from', 'a.example.'),
    odd('from-one-label', 'payvand-from', 'localhost'),
    odd('from-address', 'payvand-from', '127.0.0.1'),
    odd('from-empty', 'payvand-from', ''),
    odd('to-a-list', 'payvand-to', 'b.example c.example'),
  ];
}

function parameterVectors() {
  const times = `created=${NOW};expires=${NOW + 60}`;
  const end = `keyid="${alice.kid}";tag="payvand"`;
  const malformed = (name, parameters, label = 'payvand') => {
    const signed = signedRequest({ parameters });
    signed.headers['signature-input'] = `${label}=${parameters}`;
    return refused(name, ['PV-RSG-010', 'PV-RSG-012'], {
      signed,
      expect: { part: 'signature-input', reason: 'malformed' },
    });
  };
  const good = `${COMPONENTS};${times};${end}`;
  return [
    malformed('input-other-label', good, 'sig1'),
    malformed('input-component-missing', good.replace(' "@query"', '')),
    malformed('input-component-added', good.replace('"payvand-to"', '"payvand-to" "date"')),
    malformed('input-components-swapped', good.replace('"@method" "@authority"', '"@authority" "@method"')),
    malformed('input-component-with-parameter', good.replace('"payvand-to"', '"payvand-to";sf')),
    malformed('input-two-spaces', good.replace('" "', '"  "')),
    malformed('input-empty-list', good.replace(COMPONENTS, '()')),
    malformed('input-parameters-swapped', `${COMPONENTS};expires=${NOW + 60};created=${NOW};${end}`),
    malformed('input-space-after-semicolon', good.replaceAll(';', '; ')),
    malformed('input-no-created', good.replace(`created=${NOW};`, '')),
    malformed('input-no-expires', good.replace(`;expires=${NOW + 60}`, '')),
    malformed('input-no-keyid', good.replace(`keyid="${alice.kid}";`, '')),
    malformed('input-no-tag', good.replace(';tag="payvand"', '')),
    malformed('input-with-alg', `${good};alg="ed25519"`),
    malformed('input-with-nonce', `${good};nonce="AAAA"`),
    malformed('input-created-with-leading-zero', good.replace('created=', 'created=0')),
    malformed('input-created-negative', good.replace('created=', 'created=-')),
    malformed('input-created-fraction', good.replace(';expires', '.0;expires')),
    malformed('input-created-of-16-digits', good.replace(`created=${NOW}`, `created=${'9'.repeat(16)}`)),
    malformed('input-created-a-string', good.replace(`created=${NOW}`, `created="${NOW}"`)),
    malformed('input-keyid-of-42-characters', good.replace(alice.kid, alice.kid.slice(1))),
    malformed('input-keyid-with-stray-bits', good.replace(alice.kid, `${alice.kid.slice(0, 42)}B`)),
    malformed('input-tag-a-token', good.replace('"payvand"', 'payvand')),
    refused('tag-other', ['PV-RSG-010'], {
      signed: signedRequest({ tag: 'other' }),
      expect: { part: 'tag', reason: 'mismatch' },
    }),
    refused('tag-empty', ['PV-RSG-010'], {
      signed: signedRequest({ tag: '' }),
      expect: { part: 'tag', reason: 'mismatch' },
    }),
  ];
}

function timeVectors() {
  const at = (name, nowSeconds, expect) =>
    refused(name, ['PV-RSG-010', 'PV-RSG-017'], {
      change: { receiver: { ...receiver, nowSeconds } },
      expect: { ...expect, senderClock: NOW, receiverClock: nowSeconds },
    });
  const lifetime = (name, expires) =>
    refused(name, ['PV-RSG-005', 'PV-RSG-010'], {
      signed: signedRequest({ expires }),
      expect: { part: 'expires', reason: 'malformed' },
    });
  return [
    at('created-31-s-ahead', NOW - 31, { part: 'created', reason: 'ahead' }),
    at('created-a-day-ahead', NOW - 86_400, { part: 'created', reason: 'ahead' }),
    at('expired-31-s-ago', NOW + 91, { part: 'expires', reason: 'expired' }),
    at('expired-a-day-ago', NOW + 86_400, { part: 'expires', reason: 'expired' }),
    lifetime('lifetime-of-61-s', NOW + 61),
    lifetime('lifetime-of-nothing', NOW),
    lifetime('lifetime-backwards', NOW - 1),
  ];
}

export function signatureFieldVectors() {
  return [...fieldVectors(), ...parameterVectors(), ...timeVectors()];
}
