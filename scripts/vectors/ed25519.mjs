import {
  BASE,
  GROUP_ORDER,
  IDENTITY,
  PRIME,
  TORSION,
  add,
  challenge,
  decodePoint,
  encodePoint,
  fromBytes,
  multiply,
  negate,
  scalarFrom,
  toBytes,
} from '../lib/edwards25519.mjs';
import { hex, vectorKey } from '../lib/vector-keys.mjs';

const FORM = 'PV-SIG-001';
const SCALAR = 'PV-SIG-002';
const CANONICAL = 'PV-SIG-003';
const SMALL = 'PV-SIG-004';
const EQUATION = 'PV-SIG-005';
const ACCEPT = 'PV-SIG-006';
const SIGN_BIT = 2n ** 255n;

const torsion = (times) => multiply(BigInt(times), TORSION);
const plus = (bytes, amount) => toBytes(fromBytes(bytes) + amount);

function verdict(name, requirements, { publicKey, message, signature, ok }) {
  const input = {
    operation: 'verify',
    publicKeyHex: hex(publicKey),
    messageHex: hex(message),
    signatureHex: hex(signature),
  };
  return { name, requirements, input, expect: { ok } };
}

/**
 * A signature by the scalar of a label, with multiples of the order-8 point added to A and R. The message is the
 * first of a row for which `wanted` likes the challenge k, so that the equation can be made to hold or fail at will.
 */
function forge(
  label,
  { inA = 0, inR = 0, a = scalarFrom(`a ${label}`), r = scalarFrom(`r ${label}`), wanted = () => true },
) {
  const publicKey = encodePoint(add(multiply(a, BASE), torsion(inA)));
  const encodedR = encodePoint(add(multiply(r, BASE), torsion(inR)));
  for (let attempt = 0; ; attempt++) {
    const message = Buffer.from(`${label} ${attempt}`);
    const k = challenge(encodedR, publicKey, message);
    if (!wanted(k)) continue;
    const signature = Buffer.concat([encodedR, toBytes((r + k * a) % GROUP_ORDER)]);
    return { publicKey, message, signature };
  }
}

/** R = [S]B − [k]A holds exactly when the small parts cancel: inR + k·inA ≡ 0 (mod 8). */
const cancels = ({ inA = 0, inR = 0 }) => ({ inA, inR, wanted: (k) => (BigInt(inR) + k * BigInt(inA)) % 8n === 0n });
const remains = ({ inA = 0, inR = 0 }) => ({ inA, inR, wanted: (k) => (BigInt(inR) + k * BigInt(inA)) % 8n !== 0n });

function honestVectors() {
  const alice = vectorKey('alice');
  const messages = { empty: '', 'one-byte': 'p', persian: 'سلام، پیوند', long: 'payvand '.repeat(512) };
  const good = Object.entries(messages).map(([name, text]) => {
    const message = Buffer.from(text);
    return verdict(`good-${name}`, [ACCEPT], {
      publicKey: alice.publicKey,
      message,
      signature: alice.sign(message),
      ok: true,
    });
  });
  const signed = Object.entries(messages).map(([name, text]) => ({
    name: `sign-${name}`,
    requirements: ['PV-SIG-009'],
    input: { operation: 'sign', secretHex: hex(alice.secret), messageHex: hex(Buffer.from(text)) },
    expect: { publicKeyHex: hex(alice.publicKey), signatureHex: hex(alice.sign(text)) },
  }));
  return [...signed, ...good];
}

function changedVectors() {
  const { publicKey, sign } = vectorKey('alice');
  const message = Buffer.from('changed');
  const signature = sign(message);
  const flip = (bytes, at) => Buffer.from(bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)));
  const change = (name, requirement, fields) =>
    verdict(name, [requirement], { publicKey, message, signature, ok: false, ...fields });
  return [
    change('message-changed', EQUATION, { message: Buffer.from('Changed') }),
    change('message-cut', EQUATION, { message: Buffer.from('change') }),
    change('r-changed', EQUATION, { signature: flip(signature, 0) }),
    change('s-changed', EQUATION, { signature: flip(signature, 32) }),
    change('other-key', EQUATION, { publicKey: vectorKey('bob').publicKey }),
    change('r-sign-bit-changed', EQUATION, {
      signature: Buffer.concat([plus(signature.subarray(0, 32), SIGN_BIT).subarray(0, 32), signature.subarray(32)]),
    }),
    change('signature-of-63-bytes', FORM, { signature: signature.subarray(0, 63) }),
    change('signature-of-65-bytes', FORM, { signature: Buffer.concat([signature, Buffer.alloc(1)]) }),
    change('signature-empty', FORM, { signature: Buffer.alloc(0) }),
    change('signature-all-zero', SMALL, { signature: Buffer.alloc(64) }),
    change('key-of-31-bytes', FORM, { publicKey: publicKey.subarray(0, 31) }),
    change('key-of-33-bytes', FORM, { publicKey: Buffer.concat([publicKey, Buffer.alloc(1)]) }),
    change('key-all-zero', SMALL, { publicKey: Buffer.alloc(32) }),
  ];
}

/** S and S + L satisfy the same equation; the last of these leaves the top bits of S set. */
function scalarVectors() {
  const { publicKey, sign } = vectorKey('alice');
  const message = Buffer.from('scalar');
  const signature = sign(message);
  const shifted = (times) =>
    Buffer.concat([signature.subarray(0, 32), plus(signature.subarray(32), times * GROUP_ORDER)]);
  const bare = (s) => Buffer.concat([signature.subarray(0, 32), toBytes(s)]);
  const refuse = (name, changed) => verdict(name, [SCALAR], { publicKey, message, signature: changed, ok: false });
  return [
    ...[1n, 2n, 7n, 14n].map((times) => refuse(`s-plus-${times}-l`, shifted(times))),
    refuse('s-is-l', bare(GROUP_ORDER)),
    refuse('s-all-ones', bare(2n ** 256n - 1n)),
  ];
}

/** Every equation here holds, so only the check of the order refuses. */
function smallOrderVectors() {
  const vectors = [];
  for (let times = 0; times < 8; times++) {
    const smallKey = forge(`small key ${times}`, { a: 0n, inA: times, wanted: (k) => (k * BigInt(times)) % 8n === 0n });
    vectors.push(verdict(`small-key-${times}`, [SMALL], { ...smallKey, ok: false }));
    const inA = 1;
    const smallR = forge(`small r ${times}`, { r: 0n, ...cancels({ inA, inR: times }) });
    vectors.push(verdict(`small-r-${times}`, [SMALL], { ...smallR, ok: false }));
  }
  const both = forge('small both', { a: 0n, r: 0n, ...cancels({ inA: 1, inR: 1 }) });
  vectors.push(verdict('small-key-and-r', [SMALL], { ...both, ok: false }));
  return [...vectors, ...nonCanonicalSmallVectors()];
}

/** Other encodings of small points: y + p where that fits, and the sign bit on x = 0. */
function nonCanonicalSmallEncodings() {
  const encodings = {
    'minus-zero-one': toBytes(1n + SIGN_BIT),
    'minus-zero-minus-one': toBytes(PRIME - 1n + SIGN_BIT),
  };
  for (const y of [0n, 1n]) {
    encodings[`p-plus-${y}`] = toBytes(PRIME + y);
    encodings[`p-plus-${y}-sign`] = toBytes(PRIME + y + SIGN_BIT);
  }
  return encodings;
}

function nonCanonicalSmallVectors() {
  return Object.entries(nonCanonicalSmallEncodings()).flatMap(([name, encoded]) => [
    verdict(`small-key-as-${name}`, [CANONICAL, SMALL], { ...forgeUnder(encoded), ok: false }),
    verdict(`small-r-as-${name}`, [CANONICAL, SMALL], { ...forgeWith(encoded), ok: false }),
  ]);
}

/** Signs under a small-order key in an odd encoding, hashed as it stands. */
function forgeUnder(publicKey) {
  const r = scalarFrom(`under ${hex(publicKey)}`);
  const encodedR = encodePoint(multiply(r, BASE));
  for (let attempt = 0; ; attempt++) {
    const message = Buffer.from(`under ${attempt}`);
    if (challenge(encodedR, publicKey, message) % 8n === 0n)
      return { publicKey, message, signature: Buffer.concat([encodedR, toBytes(r)]) };
  }
}

/** Signs with a small-order R in an odd encoding, under a key whose small part cancels it. */
function forgeWith(encodedR) {
  const a = scalarFrom(`with ${hex(encodedR)}`);
  const publicKey = encodePoint(add(multiply(a, BASE), TORSION));
  const point = decodePoint(encodedR);
  for (let attempt = 0; ; attempt++) {
    const message = Buffer.from(`with ${attempt}`);
    const k = challenge(encodedR, publicKey, message);
    const rest = add(point, multiply(k, TORSION));
    if (rest.x === IDENTITY.x && rest.y === IDENTITY.y)
      return { publicKey, message, signature: Buffer.concat([encodedR, toBytes((k * a) % GROUP_ORDER)]) };
  }
}

function mixedOrderVectors() {
  const mixed = (name, options, ok) =>
    verdict(name, ok ? [ACCEPT, EQUATION] : [EQUATION], { ...forge(name, options), ok });
  return [
    mixed('mixed-key-cancelling-alone', cancels({ inA: 1 }), true),
    mixed('mixed-key-and-r-cancelling', cancels({ inA: 1, inR: 3 }), true),
    mixed('mixed-key-order-2-and-r-cancelling', cancels({ inA: 4, inR: 4 }), true),
    mixed('cofactor-needed-for-key', remains({ inA: 1 }), false),
    mixed('cofactor-needed-for-r', remains({ inR: 1 }), false),
    mixed('cofactor-needed-for-r-order-2', remains({ inR: 4 }), false),
    mixed('cofactor-needed-for-both', remains({ inA: 1, inR: 1 }), false),
    mixed('cofactor-needed-for-key-order-4', remains({ inA: 2 }), false),
  ];
}

/** Full-order points with y + p as y: nobody knows their scalar, so the equation fails too, but first the encoding. */
function encodingVectors() {
  const { publicKey, sign } = vectorKey('alice');
  const message = Buffer.from('encoding');
  const signature = sign(message);
  const onCurve = [...Array(17).keys()].map((i) => BigInt(i + 2)).filter((y) => decodePoint(toBytes(y)));
  const offCurve = [...Array(17).keys()].map((i) => BigInt(i + 2)).filter((y) => !decodePoint(toBytes(y)));
  const withR = (encodedR) => Buffer.concat([encodedR, signature.subarray(32)]);
  const refuse = (name, requirement, fields) =>
    verdict(name, [requirement], { publicKey, message, signature, ok: false, ...fields });
  return [
    refuse('key-not-canonical', CANONICAL, { publicKey: toBytes(PRIME + onCurve[0]) }),
    refuse('r-not-canonical', CANONICAL, { signature: withR(toBytes(PRIME + onCurve[0])) }),
    refuse('key-not-on-curve', EQUATION, { publicKey: toBytes(offCurve[0]) }),
    refuse('r-not-on-curve', EQUATION, { signature: withR(toBytes(offCurve[0])) }),
  ];
}

function keyVectors() {
  const { publicKey } = vectorKey('alice');
  const key = (name, bytes, ok) => ({
    name,
    requirements: ['PV-SIG-008'],
    input: { operation: 'accept-key', publicKeyHex: hex(bytes) },
    expect: { ok },
  });
  const onCurve = 3n;
  const offCurve = 2n;
  if (!decodePoint(toBytes(onCurve)) || decodePoint(toBytes(offCurve))) throw new Error('choose other y');
  const small = [0, 1, 2, 3, 4, 5, 6, 7].map((times) =>
    key(`accept-key-small-${times}`, encodePoint(torsion(times)), false),
  );
  const odd = Object.entries(nonCanonicalSmallEncodings()).map(([name, bytes]) =>
    key(`accept-key-${name}`, bytes, false),
  );
  return [
    key('accept-key', publicKey, true),
    key('accept-key-negated', encodePoint(negate(decodePoint(publicKey))), true),
    key('accept-key-mixed-order', encodePoint(add(decodePoint(publicKey), TORSION)), true),
    key('accept-key-small-y', toBytes(onCurve), true),
    key('accept-key-largest-y', toBytes(largestY()), true),
    key('accept-key-not-canonical', toBytes(PRIME + onCurve), false),
    key('accept-key-not-on-curve', toBytes(offCurve), false),
    key('accept-key-31-bytes', publicKey.subarray(0, 31), false),
    key('accept-key-33-bytes', Buffer.concat([publicKey, Buffer.alloc(1)]), false),
    ...small,
    ...odd,
  ];
}

/** The largest canonical y, below that of the point of order 2, that is on the curve. */
function largestY() {
  let y = PRIME - 2n;
  while (!decodePoint(toBytes(y))) y--;
  return y;
}

export function ed25519Vectors() {
  return [
    ...honestVectors(),
    ...changedVectors(),
    ...scalarVectors(),
    ...smallOrderVectors(),
    ...mixedOrderVectors(),
    ...encodingVectors(),
    ...keyVectors(),
  ];
}
