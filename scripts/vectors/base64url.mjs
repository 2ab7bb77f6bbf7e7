import { hex } from '../lib/vector-keys.mjs';

const bytes = (name, requirements, { text, from }) => ({
  name,
  requirements,
  input: { text },
  expect: { ok: true, bytesHex: hex(from) },
});
const refused = (name, text) => ({ name, requirements: ['PV-B64-002'], input: { text }, expect: { ok: false } });

export function base64urlVectors() {
  const all = ['PV-B64-001', 'PV-B64-002'];
  return [
    bytes('empty', all, { text: '', from: [] }),
    bytes('one-byte', all, { text: 'QQ', from: [0x41] }),
    bytes('two-bytes', all, { text: 'QUI', from: [0x41, 0x42] }),
    bytes('three-bytes', all, { text: 'QUJD', from: [0x41, 0x42, 0x43] }),
    bytes('both-special-characters', all, { text: '-_-_', from: [0xfb, 0xff, 0xbf] }),
    bytes('zero-bytes', all, { text: 'AAAA', from: [0, 0, 0] }),
    bytes('all-bits', all, { text: '____', from: [0xff, 0xff, 0xff] }),
    bytes('thirty-two-bytes', ['PV-B64-001', 'PV-B64-003'], {
      text: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
      from: Array.from({ length: 32 }, (_, i) => i),
    }),
    refused('padded-one', 'QQ=='),
    refused('padded-two', 'QUI='),
    refused('padding-alone', '='),
    refused('standard-alphabet-plus', '+_-_'),
    refused('standard-alphabet-slash', '-/-_'),
    refused('one-character', 'A'),
    refused('five-characters', 'QUJDQ'),
    refused('stray-bits-after-one-byte', 'QR'),
    refused('stray-high-bit-after-one-byte', 'QY'),
    refused('stray-bits-after-two-bytes', 'QUJ'),
    refused('space-before', ' QUJD'),
    refused('space-after', 'QUJD '),
    refused('space-inside', 'QU JD'),
    refused('line-feed-after', 'QUJD\n'),
    refused('carriage-return-inside', 'QU\r\nJD'),
    refused('nul-after', 'QUJD\0'),
    refused('dot-inside', 'QU.JD'),
    refused('letter-outside-ascii', 'QUJÐ'),
    refused('fullwidth-letters', 'ＱＵＪＤ'),
    refused('percent-encoded', 'QU%4A'),
  ];
}
