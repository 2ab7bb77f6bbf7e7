const FIELD_PRIME = 2n ** 255n - 19n;
const CURVE_D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/** The group order L = 2^252 + 27742317777372353535851937790883648493, little-endian. */
const GROUP_ORDER = littleEndian(2n ** 252n + 27742317777372353535851937790883648493n);
const FIELD_PRIME_BYTES = littleEndian(FIELD_PRIME);

/**
 * The y of every point of order 1, 2, 4 and 8, little-endian with the sign bit clear. Each y belongs to no other
 * points, so the sign bit does not matter, and (x = 0, sign 1) is refused along with them.
 */
const SMALL_ORDER_Y = [
  littleEndian(1n),
  littleEndian(FIELD_PRIME - 1n),
  littleEndian(0n),
  Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex'),
  Buffer.from('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', 'hex'),
];

/**
 * Whether 32 bytes encode y below the field prime and none of the points of order 1, 2, 4 and 8. Says nothing
 * about whether the point is on the curve.
 *
 * @see PV-SIG-003, PV-SIG-004
 */
export function isCanonicalLargeOrder(point: Uint8Array): boolean {
  return isBelow(point, FIELD_PRIME_BYTES, 0x7f) && !SMALL_ORDER_Y.some((y) => isSameY(point, y));
}

/**
 * Whether a 32-byte scalar is below the group order.
 *
 * @see PV-SIG-002
 */
export function isReducedScalar(scalar: Uint8Array): boolean {
  return isBelow(scalar, GROUP_ORDER, 0xff);
}

/**
 * Whether x exists for the encoded y: -x² + y² = 1 + d x² y² has a solution. About 0.2 ms; for keys, not for messages.
 *
 * @see PV-SIG-008
 */
export function isOnCurve(point: Uint8Array): boolean {
  const y = fromLittleEndian(point) & (2n ** 255n - 1n);
  const ySquared = (y * y) % FIELD_PRIME;
  const numerator = (ySquared + FIELD_PRIME - 1n) % FIELD_PRIME;
  const denominator = (CURVE_D * ySquared + 1n) % FIELD_PRIME;
  // u/v is a square exactly if u·v is (Euler's criterion); v is never 0 because -1/d is not a square.
  return power((numerator * denominator) % FIELD_PRIME, (FIELD_PRIME - 1n) / 2n) <= 1n;
}

function isBelow(number: Uint8Array, bound: Uint8Array, topMask: number): boolean {
  for (let i = 31; i >= 0; i--) {
    const byte = (number[i] ?? 0) & (i === 31 ? topMask : 0xff);
    const limit = bound[i] ?? 0;
    if (byte !== limit) return byte < limit;
  }
  return false;
}

function isSameY(point: Uint8Array, y: Uint8Array): boolean {
  for (let i = 0; i < 31; i++) if (point[i] !== y[i]) return false;
  return ((point[31] ?? 0) & 0x7f) === y[31];
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % FIELD_PRIME) {
    if ((rest & 1n) === 1n) result = (result * square) % FIELD_PRIME;
  }
  return result;
}

function littleEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}
