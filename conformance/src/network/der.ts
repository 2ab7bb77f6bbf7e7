/** As much of DER (X.690) as a certificate needs. */

export function tagged(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 128) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const length = Buffer.from(body.length.toString(16).padStart(4, '0'), 'hex');
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, body]);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, ...parts);
export const setOf = (...parts: readonly Uint8Array[]): Buffer => tagged(0x31, ...parts);
export const octets = (bytes: Uint8Array): Buffer => tagged(0x04, bytes);
export const bits = (bytes: Uint8Array, unused = 0): Buffer => tagged(0x03, Buffer.of(unused), bytes);
export const text = (value: string): Buffer => tagged(0x0c, Buffer.from(value));
export const yes = tagged(0x01, Buffer.of(0xff));

/** @param bytes of a positive number, the first below 128 */
export const integer = (bytes: Uint8Array): Buffer => tagged(0x02, bytes);

/** @param dotted such as 2.5.29.17 */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** @param ms a time before the year 2050 */
export function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+Z/g, '');
  return tagged(0x17, Buffer.from(`${digits.slice(2)}Z`));
}

function base128(value: number): number[] {
  const digits = [value & 127];
  for (let rest = value >> 7; rest > 0; rest >>= 7) digits.unshift(128 | (rest & 127));
  return digits;
}
