import { hex, vectorKey } from '../lib/vector-keys.mjs';

const TYP = 'payvand-event';
const PAYLOAD_MAX = 4096;
const b64u = (text) => Buffer.from(text).toString('base64url');

function signed(name, label, { typ, payload }) {
  const key = vectorKey(label);
  const header = `{"alg":"Ed25519","kid":"${key.kid}","typ":"${typ}"}`;
  const signingInput = `${b64u(header)}.${b64u(payload)}`;
  return {
    name,
    requirements: ['PV-JWS-001', 'PV-JWS-002', 'PV-KID-001'],
    input: { operation: 'sign', secretHex: hex(key.secret), typ, payload },
    expect: { header, signingInput, jws: `${signingInput}.${b64u(key.sign(signingInput))}` },
  };
}

const alice = vectorKey('alice');
const eventPayload = `{"type":"room.create","sender":"alice@soroush.example","ts":1767225600000,"until":1767229200000,"nonce":"AAECAwQFBgcICQoLDA0ODw","key":"","content":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU","size":0,"scheme":"plain"}`;
const sealPayload = `{"hub":"soroush.example","at":1767225600000,"root":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU","size":1}`;
const event = signed('signed-event', 'alice', { typ: TYP, payload: eventPayload });
const seal = signed('signed-seal', 'seal', { typ: 'payvand-seal', payload: sealPayload });

const parsed = (name, requirements, { text, payload, payloadBytesMax = PAYLOAD_MAX, typ = TYP }) => ({
  name,
  requirements,
  input: { operation: 'parse', text, typ, payloadBytesMax },
  expect: {
    ok: true,
    kid: alice.kid,
    payload,
    signingInput: text.slice(0, text.lastIndexOf('.')),
    signatureHex: hex(Buffer.from(text.slice(text.lastIndexOf('.') + 1), 'base64url')),
  },
});
const refused =
  (code, requirement) =>
  (name, text, { payloadBytesMax = PAYLOAD_MAX, typ = TYP } = {}) => ({
    name,
    requirements: [requirement],
    input: { operation: 'parse', text, typ, payloadBytesMax },
    expect: { ok: false, code },
  });

/** A JWS with any header text, correctly signed, so that only the header can be at fault. */
function withHeader(header, payload = eventPayload) {
  const signingInput = `${b64u(header)}.${b64u(payload)}`;
  return `${signingInput}.${b64u(alice.sign(signingInput))}`;
}

function formVectors() {
  const [header, payload, signature] = event.expect.jws.split('.');
  const form = refused('jws-form', 'PV-JWS-003');
  return [
    form('empty', ''),
    form('one-part', header),
    form('two-parts', `${header}.${payload}`),
    form('four-parts', `${event.expect.jws}.`),
    form('four-parts-with-text', `${event.expect.jws}.AAAA`),
    form('four-parts-of-the-right-length', `${header}.${payload}.${signature.slice(0, 42)}.${signature.slice(43)}`),
    form('dots-only', '..'),
    form('no-header', `.${payload}.${signature}`),
    form('no-payload', `${header}..${signature}`),
    form('no-signature', `${header}.${payload}.`),
    form('signature-of-63-bytes', `${header}.${payload}.${b64u(Buffer.alloc(63))}`),
    form('signature-of-65-bytes', `${header}.${payload}.${b64u(Buffer.alloc(65))}`),
    form('signature-padded', `${event.expect.jws}==`),
    form('space-after', `${event.expect.jws} `),
    form('json-serialisation', `{"protected":"${header}","payload":"${payload}","signature":"${signature}"}`),
  ];
}

function headerVectors() {
  const { kid } = alice;
  const header = refused('jws-header', 'PV-JWS-004');
  const shape = (name, text) => header(`header-${name}`, withHeader(text));
  const good = `{"alg":"Ed25519","kid":"${kid}","typ":"${TYP}"}`;
  const [encoded, payload, signature] = event.expect.jws.split('.');
  return [
    header('other-type-expected', event.expect.jws, { typ: 'payvand-seal' }),
    shape('other-type', good.replace(TYP, 'payvand-mail')),
    shape('unknown-type', good.replace(TYP, 'payvand-other')),
    shape('type-upper-case', good.replace(TYP, 'Payvand-Event')),
    shape('alg-eddsa', good.replace('Ed25519', 'EdDSA')),
    shape('alg-none', good.replace('Ed25519', 'none')),
    shape('alg-hs256', good.replace('Ed25519', 'HS256')),
    shape('alg-lower-case', good.replace('Ed25519', 'ed25519')),
    shape('other-order', `{"kid":"${kid}","alg":"Ed25519","typ":"${TYP}"}`),
    shape('space', good.replace(':', ': ')),
    shape('line-feed-after', `${good}\n`),
    shape('escape', good.replace('alg', '\\u0061lg')),
    shape('extra-member', good.replace('}', ',"crit":["x"]}')),
    shape('public-key-inside', good.replace('}', `,"jwk":{"kty":"OKP"}}`)),
    shape('repeated-member', good.replace('}', `,"kid":"${kid}"}`)),
    shape('no-kid', `{"alg":"Ed25519","typ":"${TYP}"}`),
    shape('no-typ', `{"alg":"Ed25519","kid":"${kid}"}`),
    shape('kid-empty', good.replace(kid, '')),
    shape('kid-of-42-characters', good.replace(kid, kid.slice(1))),
    shape('kid-of-44-characters', good.replace(kid, `${kid}A`)),
    shape('kid-with-stray-bits', good.replace(kid, `${kid.slice(0, 42)}B`)),
    shape('kid-with-quote', good.replace(kid, `${kid.slice(0, 42)}"`)),
    shape('not-json', 'header'),
    header('header-with-stray-bits', `${encoded.slice(0, -1)}${strayed(encoded)}.${payload}.${signature}`),
    header('header-padded', `${encoded}=.${payload}.${signature}`),
    header('header-in-standard-alphabet', `+${encoded.slice(1)}.${payload}.${signature}`),
    header('space-before', ` ${event.expect.jws}`),
    header('long-header', withHeader(`{"alg":"Ed25519","kid":"${kid}","typ":"${'x'.repeat(2000)}"}`)),
  ];
}

/** The last character with one of its unused bits set. */
function strayed(encoded) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  if (encoded.length % 4 === 0) throw new Error('no unused bits');
  return alphabet[alphabet.indexOf(encoded.at(-1)) + 1];
}

function sizeVectors() {
  const sized = (bytes) => `"${'a'.repeat(bytes - 2)}"`;
  const form = (payload) => signed('', 'alice', { typ: TYP, payload }).expect.jws;
  const tooLarge = refused('jws-too-large', 'PV-JWS-005');
  const atLimit = (bytes) =>
    parsed(`payload-of-${bytes}-at-limit`, ['PV-JWS-005'], {
      text: form(sized(bytes)),
      payload: sized(bytes),
      payloadBytesMax: bytes,
    });
  const overLimit = (bytes) =>
    tooLarge(`payload-of-${bytes}-over-limit`, form(sized(bytes)), { payloadBytesMax: bytes - 1 });
  return [...[48, 49, 50, 4096].map(atLimit), ...[48, 49, 50, 4097].map(overLimit)];
}

function base64Vectors() {
  const base64 = refused('jws-base64', 'PV-JWS-006');
  const [header, payload, signature] = event.expect.jws.split('.');
  const withPayload = (text) => `${header}.${text}.${signature}`;
  const withSignature = (text) => `${header}.${payload}.${text}`;
  return [
    base64('payload-with-stray-bits', withPayload('e31')),
    base64('payload-padded', withPayload('e30=')),
    base64('payload-of-impossible-length', withPayload('e30AA')),
    base64('payload-in-standard-alphabet', withPayload('+/+/')),
    base64('payload-with-space', withPayload('e3 0')),
    base64('payload-with-line-feed', withPayload('e30\n')),
    base64('payload-outside-ascii', withPayload('e3Ð')),
    base64('signature-with-stray-bits', withSignature(`${signature.slice(0, -1)}${strayed(signature)}`)),
    base64('signature-in-standard-alphabet', withSignature(`+${signature.slice(1)}`)),
    base64('signature-with-space', withSignature(` ${signature.slice(1)}`)),
  ];
}

function verifyVectors() {
  const [header, payload, signature] = event.expect.jws.split('.');
  const verified = (name, { text = event.expect.jws, key = alice, typ = TYP, ok = false }) => ({
    name,
    requirements: ['PV-JWS-007', 'PV-JWS-002'],
    input: { operation: 'verify', text, typ, publicKeyHex: hex(key.publicKey) },
    expect: { ok },
  });
  const other = `${header}.${b64u(eventPayload.replace('soroush', 'eitaa'))}`;
  return [
    verified('good', { ok: true }),
    verified('good-seal', { text: seal.expect.jws, key: vectorKey('seal'), typ: 'payvand-seal', ok: true }),
    verified('other-key', { key: vectorKey('bob') }),
    verified('payload-changed', { text: `${other}.${signature}` }),
    verified('signature-of-another', { text: `${header}.${payload}.${b64u(alice.sign(other))}` }),
    verified('signature-over-payload-alone', { text: `${header}.${payload}.${b64u(alice.sign(eventPayload))}` }),
    verified('signature-over-decoded-parts', {
      text: `${header}.${payload}.${b64u(alice.sign(event.expect.header + eventPayload))}`,
    }),
    verified('signature-zero', { text: `${header}.${payload}.${b64u(Buffer.alloc(64))}` }),
  ];
}

export function jwsVectors() {
  return [
    event,
    seal,
    parsed('parsed-event', ['PV-JWS-001', 'PV-JWS-002'], { text: event.expect.jws, payload: eventPayload }),
    parsed('parsed-payload-that-is-no-json', ['PV-JWS-002'], {
      text: withHeader(event.expect.header, 'not json'),
      payload: 'not json',
    }),
    ...formVectors(),
    ...headerVectors(),
    ...sizeVectors(),
    ...base64Vectors(),
    ...verifyVectors(),
  ];
}
