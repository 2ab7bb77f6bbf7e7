import { readFileSync } from 'node:fs';
import t from 'tap';
import { decodeBase64url, encodeBase64url } from './base64url.js';
import { sha256, sha256Base64url } from './hash.js';

interface Vector {
  name: string;
  input: { text: string };
  expect: { ok: true; bytesHex: string } | { ok: false };
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../spec/vectors/${file}`, import.meta.url), 'utf8'));
}

void t.test('every base64url vector', (t) => {
  const { vectors } = read('base64url.json') as { vectors: Vector[] };
  for (const { name, input, expect } of vectors) {
    t.equal(decodeBase64url(input.text)?.toString('hex'), expect.ok ? expect.bytesHex : undefined, name);
    if (expect.ok) t.equal(encodeBase64url(Buffer.from(expect.bytesHex, 'hex')), input.text, `${name}, back`);
  }
  t.end();
});

void t.test('RFC 7515 appendix C', (t) => {
  const { base64url } = read('third-party/rfc7515.json') as { base64url: { bytes: number[]; text: string } };
  t.equal(encodeBase64url(Uint8Array.from(base64url.bytes)), base64url.text);
  t.same([...(decodeBase64url(base64url.text) ?? [])], base64url.bytes);
  t.end();
});

void t.test('a part of a larger buffer is encoded alone', (t) => {
  t.equal(encodeBase64url(Uint8Array.from([9, 0x41, 0x42, 9]).subarray(1, 3)), 'QUI');
  t.end();
});

void t.test('SHA-256 of bytes and of text, as FIPS 180-2 gives it', (t) => {
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  t.equal(sha256('abc').toString('hex'), abc);
  t.equal(sha256(Buffer.from('abc')).toString('hex'), abc);
  t.equal(sha256(new Uint8Array()).toString('base64url'), '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU');
  t.equal(sha256Base64url('abc'), Buffer.from(abc, 'hex').toString('base64url'));
  t.same(sha256('پیوند'), sha256(Buffer.from('پیوند', 'utf8')), 'text is hashed as UTF-8');
  t.end();
});
