import {
  aroundLimit,
  compactJws,
  providerKeys,
  statementOf,
  statementPayload,
  withOtherSignature,
} from '../lib/signed-objects.mjs';
import { createJws, info, keys, members, message, parsed, sign } from './event-base.mjs';

export function formVectors() {
  const limit = aroundLimit(message, 4096, (text) => Buffer.byteLength(text));
  const text = JSON.stringify(message);
  return [
    ...members('PV-EVT-002', { 'payload-4096': limit.within }, { 'payload-4097': limit.over }),
    ...members(
      'PV-EVT-001',
      { 'white-space': JSON.stringify(message, null, 1) },
      {
        'payload-array': '[]',
        'payload-not-json': text.slice(1),
        'repeated-member': `{"type":"message",${text.slice(1)}`,
        'byte-order-mark': `\ufeff${text}`,
        'too-deep': JSON.stringify({ ...message, later: [[[[[[[[1]]]]]]]] }),
      },
    ),
    parsed('other-typ', 'PV-EVT-001', { jws: compactJws('payvand-mail', message, keys.event) }),
    parsed('payload-padded', 'PV-EVT-001', { jws: sign(message).replace(/\.([^.]+)$/, '=.$1') }),
    parsed('four-parts', 'PV-EVT-001', { jws: `${sign(message)}.AAAA` }),
    parsed('empty-text', 'PV-EVT-001', { jws: '' }),
  ];
}

export function signatureVectors() {
  const other = providerKeys('b.example');
  const statement = statementOf('a.example');
  const renamed = compactJws('payvand-statement', statementPayload('a.example', { provider: 'b.example' }), keys.root);
  const verified = (name, jws, { ok, by = statement }) => ({
    name,
    requirements: ['PV-EVT-005', 'PV-KEY-012'],
    input: { operation: 'verify', jws, statement: by },
    expect: { ok },
  });
  return [
    verified('signed-by-event-key', sign(message), { ok: true }),
    verified('signed-by-retired-key', sign(message, keys.old), { ok: true }),
    verified('create-signed', createJws, { ok: true }),
    verified('signature-changed', withOtherSignature(sign(message)), { ok: false }),
    verified('signed-by-seal-key', sign(message, keys.seal), { ok: false }),
    verified('signed-by-root', sign(message, keys.root), { ok: false }),
    verified('signed-by-foreign-key', sign(message, other.event), { ok: false }),
    verified('statement-of-another-domain', sign(message), { ok: false, by: renamed }),
    verified('payload-of-another', swapPayload(sign(message), sign(info)), { ok: false }),
  ];
}

function swapPayload(jws, from) {
  const [header, , signature] = jws.split('.');
  return `${header}.${from.split('.')[1]}.${signature}`;
}
