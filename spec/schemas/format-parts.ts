import { Type } from 'typebox';

/** Strings and numbers that signed objects are made of. */

const hash = '[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]';
const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const domain = `(${label}\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?`;
const address = `[a-z0-9][a-z0-9._-]{0,63}@${domain}`;

export const Domain = Type.String({ maxLength: 253, pattern: `^${domain}$` });
export const Address = Type.String({ maxLength: 128, pattern: `^${address}$` });
/** `#name@provider`: a label of a room in a provider's directory */
export const Alias = Type.String({ maxLength: 129, pattern: `^#${address}$` });
export const Sender = Type.Union([Address, Domain]);
export const EventId = Type.String({ pattern: `^e${hash}$` });
export const RoomId = Type.String({ pattern: `^r${hash}$` });
/** canonical base64url of 32 bytes: a hash or a public key */
export const Bytes32 = Type.String({ pattern: `^${hash}$` });
/** canonical base64url of 64 bytes: a signature */
export const Bytes64 = Type.String({ pattern: '^[A-Za-z0-9_-]{85}[AQgw]$' });
/** canonical base64url of 16 bytes: a nonce or a salt */
export const Bytes16 = Type.String({ pattern: '^[A-Za-z0-9_-]{21}[AQgw]$' });
export const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
export const Version = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
export const Epoch = Type.Integer({ minimum: 0, maximum: 0xffff_ffff });
/** base64url header, payload and signature, with dots between */
export const Jws = Type.String({ pattern: '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]{86}$' });
export const RoleName = Type.String({ pattern: '^[a-z0-9-]{1,32}$' });

/** One line of text: so many code points, no control characters. */
export const line = (minLength: number, maxLength: number) =>
  Type.String({ minLength, maxLength, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$' });

/** Text of so many code points, without control characters other than line feeds. */
export const lines = (minLength: number, maxLength: number) =>
  Type.String({ minLength, maxLength, pattern: '^[^\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f]*$' });

export const oneOf = <const Word extends string>(...words: Word[]) =>
  Type.Unsafe<Word>({ type: 'string', enum: words });
