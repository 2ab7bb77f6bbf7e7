// Slow, plain curve arithmetic for building signatures no honest signer makes. Never used by the server.
import { createHash } from 'node:crypto';

export const PRIME = 2n ** 255n - 19n;
export const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const CURVE_D = mod(-121665n * invert(121666n));

export const IDENTITY = { x: 0n, y: 1n };
export const BASE = decodePoint(toBytes(mod(4n * invert(5n))));

function mod(value, modulus = PRIME) {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

function power(base, exponent) {
  let result = 1n;
  for (let square = mod(base), rest = exponent; rest > 0n; rest >>= 1n, square = mod(square * square)) {
    if (rest & 1n) result = mod(result * square);
  }
  return result;
}

function invert(value) {
  return power(value, PRIME - 2n);
}

/** Little-endian bytes of a number below 2^256. */
export function toBytes(value) {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

export function fromBytes(bytes) {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

export function add(p, q) {
  const t = mod(CURVE_D * p.x * q.x * p.y * q.y);
  return {
    x: mod((p.x * q.y + p.y * q.x) * invert(1n + t)),
    y: mod((p.y * q.y + p.x * q.x) * invert(1n - t)),
  };
}

/** In extended coordinates (RFC 8032 section 5.1.4), so that only the end needs an inversion. */
export function multiply(scalar, point) {
  let result = extend(IDENTITY);
  for (let double = extend(point), rest = scalar; rest > 0n; rest >>= 1n, double = addExtended(double, double)) {
    if (rest & 1n) result = addExtended(result, double);
  }
  const inverse = invert(result.z);
  return { x: mod(result.x * inverse), y: mod(result.y * inverse) };
}

const extend = ({ x, y }) => ({ x, y, z: 1n, t: mod(x * y) });

function addExtended(p, q) {
  const a = mod((p.y - p.x) * (q.y - q.x));
  const b = mod((p.y + p.x) * (q.y + q.x));
  const c = mod(2n * CURVE_D * mod(p.t * q.t));
  const d = mod(2n * p.z * q.z);
  return { x: mod((b - a) * (d - c)), y: mod((d + c) * (b + a)), z: mod((d - c) * (d + c)), t: mod((b - a) * (b + a)) };
}

export function negate(p) {
  return { x: mod(-p.x), y: p.y };
}

export function encodePoint(p) {
  return toBytes(p.y | ((p.x & 1n) << 255n));
}

/** Undefined when y (taken modulo the prime) has no x. */
export function decodePoint(bytes) {
  const number = fromBytes(bytes);
  const y = mod(number & (2n ** 255n - 1n));
  const xSquared = mod((y * y - 1n) * invert(CURVE_D * y * y + 1n));
  let x = power(xSquared, (PRIME + 3n) / 8n);
  if (mod(x * x) !== xSquared) x = mod(x * power(2n, (PRIME - 1n) / 4n));
  if (mod(x * x) !== xSquared) return undefined;
  return { x: (x & 1n) === number >> 255n ? x : mod(-x), y };
}

/** A point of order 8; its multiples are all eight points of small order. */
export const TORSION = decodePoint(
  Buffer.from('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', 'hex'),
);

/** SHA-512(R ‖ A ‖ M) modulo the group order. */
export function challenge(encodedR, encodedA, message) {
  return fromBytes64(createHash('sha512').update(encodedR).update(encodedA).update(message).digest()) % GROUP_ORDER;
}

function fromBytes64(bytes) {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

/** A number below the group order that depends only on the label. */
export function scalarFrom(label) {
  return fromBytes64(createHash('sha512').update(label).digest()) % GROUP_ORDER;
}
