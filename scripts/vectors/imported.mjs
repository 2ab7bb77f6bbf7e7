import { createHash } from 'node:crypto';
import { base64url, compactJws, providerKeys } from '../lib/signed-objects.mjs';
import { vectorKey } from '../lib/vector-keys.mjs';

const key = vectorKey('importer');
const header = {
  imported: 'payvand-imported',
  version: 1,
  from: 'telegram-desktop',
  chat: { id: '4012345678', kind: 'private_group', title: 'سفر شمال' },
  at: 1790000300000,
  key: base64url(key.publicKey),
};
const said = { id: 6, at: 1789990000000, by: { id: 'user1001', name: 'مریم' }, content: { text: 'کی می‌آیی؟' } };
const marked = { text: 'OK 👍 بله', entities: [{ type: 'bold', offset: 3, length: 2 }] };
const lines = [
  header,
  { message: said },
  { message: { id: 7, at: 1789990060000, by: { id: 'user1002' }, content: marked, reply: 6 } },
  { message: { id: 8, at: 1789990070000, media: { kind: 'photo', missing: true } } },
  { service: { id: 9, at: 1789990080000, action: 'pin_message', about: 7 } },
];
const counts = { messages: 3, services: 1 };

function chainOf(texts) {
  const next = (hash, text) => createHash('sha256').update('payvand-import\0').update(hash).update(text).digest();
  return texts.reduce(next, Buffer.alloc(32));
}

function archive(made, { sealed = made, end = counts, by = key, changes = {} } = {}) {
  const texts = sealed.map((line) => JSON.stringify(line));
  const payload = { hash: base64url(chainOf(texts)), lines: texts.length, ...changes };
  const last = { end, seal: compactJws('payvand-import', payload, by) };
  return [...made.map((line) => JSON.stringify(line)), JSON.stringify(last)];
}

function vector(name, requirement, { lines: given, code }) {
  const expect = code === undefined ? { ok: true } : { ok: false, code };
  return { name, requirements: [requirement], input: { lines: given }, expect };
}

/** Whole files, as lists of their lines. */
export function importedVectors() {
  const [first, ...rest] = lines;
  const bad = (name, requirement, made) => vector(name, requirement, { lines: archive(made), code: 'bad-import' });
  const message = (changes) => [first, { message: { ...said, ...changes } }, ...rest.slice(1)];
  const headed = (changes) => [{ ...first, ...changes }, ...rest];
  const other = message({ content: { text: 'نمی‌آیم' } });
  return [
    vector('plain', 'PV-IMP-008', { lines: archive(lines) }),
    vector('empty', 'PV-IMP-001', { lines: archive([first], { end: { messages: 0, services: 0 } }) }),
    vector('unknown-member', 'PV-IMP-004', { lines: archive(message({ later: 1 })) }),
    vector('without-end', 'PV-IMP-009', { lines: archive(lines).slice(0, -1), code: 'cut-tail' }),
    vector('message-changed', 'PV-IMP-009', { lines: archive(other, { sealed: lines }), code: 'import-changed' }),
    vector('message-left-out', 'PV-IMP-009', {
      lines: archive([first, ...rest.slice(1)], { sealed: lines }),
      code: 'import-changed',
    }),
    vector('other-counts', 'PV-IMP-009', {
      lines: archive(lines, { end: { messages: 4, services: 1 } }),
      code: 'import-changed',
    }),
    vector('other-number-of-lines', 'PV-IMP-008', {
      lines: archive(lines, { changes: { lines: 4 } }),
      code: 'import-changed',
    }),
    vector('sealed-by-another', 'PV-IMP-009', {
      lines: archive(lines, { by: providerKeys('a.example').event }),
      code: 'bad-seal',
    }),
    vector('line-after-end', 'PV-IMP-009', { lines: [...archive(lines), '{"end":{}}'], code: 'bad-import' }),
    bad('without-header', 'PV-IMP-001', rest),
    bad('two-headers', 'PV-IMP-001', [first, ...lines]),
    bad('of-a-room', 'PV-IMP-002', headed({ imported: 'payvand-room' })),
    bad('of-another-version', 'PV-IMP-002', headed({ version: 2 })),
    bad('of-another-source', 'PV-IMP-002', headed({ from: 'another' })),
    bad('without-chat', 'PV-IMP-002', headed({ chat: undefined })),
    bad('message-without-id', 'PV-IMP-004', message({ id: undefined })),
    bad('message-of-half-a-second', 'PV-IMP-004', message({ at: 0.5 })),
    bad(
      'message-with-mention',
      'PV-IMP-004',
      message({
        content: { text: '@a', entities: [{ type: 'mention', offset: 0, length: 2, all: true }] },
      }),
    ),
    bad('service-without-action', 'PV-IMP-005', [first, { service: { id: 9, at: 1 } }]),
    bad('unknown-line', 'PV-IMP-001', [...lines, { other: {} }]),
  ];
}
