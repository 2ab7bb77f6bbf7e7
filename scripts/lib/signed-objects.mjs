// Signed objects made the plain way, apart from the server's code, for the vectors.
import { createHash } from 'node:crypto';
import { vectorKey } from './vector-keys.mjs';

export const sha256 = (data) => createHash('sha256').update(data).digest();
export const base64url = (bytes) => Buffer.from(bytes).toString('base64url');
export const hashText = (data) => base64url(sha256(data));

/** Bytes that look random and are always the same. */
export const bytesOf = (label, count) => sha256(`payvand vector bytes: ${label}`).subarray(0, count);
export const nonceOf = (label) => base64url(bytesOf(label, 16));

/** @param payload an object, or the text or bytes to sign as they are */
export function compactJws(typ, payload, key) {
  const header = `{"alg":"Ed25519","kid":"${key.kid}","typ":"${typ}"}`;
  const bytes = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload);
  const signingInput = `${base64url(header)}.${base64url(Buffer.from(bytes))}`;
  return `${signingInput}.${base64url(key.sign(signingInput))}`;
}

/** The same JWS with one bit of its signature turned over; it keeps its form. */
export function withOtherSignature(jws) {
  const dot = jws.lastIndexOf('.') + 1;
  const signature = Buffer.from(jws.slice(dot), 'base64url');
  signature[7] ^= 1;
  return `${jws.slice(0, dot)}${base64url(signature)}`;
}

/**
 * Payload texts on both sides of a limit, padded by an unknown member.
 *
 * @param sizeOf what of a payload text is limited
 * @returns `within`, the largest that is not over the limit, and `over`, the next larger one
 */
export function aroundLimit(payload, limit, sizeOf) {
  const padded = (pad) => JSON.stringify({ ...payload, pad: 'x'.repeat(pad) });
  let [low, high] = [0, limit];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (sizeOf(padded(middle)) <= limit) low = middle;
    else high = middle;
  }
  return { within: padded(low), over: padded(high) };
}

/** Length of the JWS a payload text would become. */
export const jwsLength = (typ, key) => (text) => compactJws(typ, text, key).length;

export const eventIdOf = (jws) => `e${hashText(Buffer.from(jws.split('.')[1], 'base64url'))}`;
export const roomIdOf = (jws) => `r${eventIdOf(jws).slice(1)}`;

/** Keys of a provider of the vectors; `root2` is the root that comes next. */
export function providerKeys(domain) {
  const named = (name) => vectorKey(`${domain} ${name}`);
  return {
    root: named('root'),
    root2: named('root 2'),
    event: named('event'),
    seal: named('seal'),
    request: named('request'),
    old: named('old event'),
  };
}

export const listed = (key, use, status = 'active') => ({ x: base64url(key.publicKey), use, status });

export function statementPayload(domain, changes = {}) {
  const keys = providerKeys(domain);
  return {
    provider: domain,
    version: 1,
    issued: 1_790_000_000_000,
    roots: [base64url(keys.root.publicKey), base64url(keys.root2.publicKey)],
    keys: [
      listed(keys.event, 'event'),
      listed(keys.seal, 'seal'),
      listed(keys.request, 'request'),
      listed(keys.old, 'event', 'retired'),
    ],
    ...changes,
  };
}

export function statementOf(domain, changes = {}, root = providerKeys(domain).root) {
  return compactJws('payvand-statement', statementPayload(domain, changes), root);
}

/** The keys of a.example under the name of another: its signatures are good there, and still not its own. */
export function statementUnderOtherName() {
  const payload = statementPayload('a.example', { provider: 'b.example' });
  return compactJws('payvand-statement', payload, providerKeys('a.example').root);
}

/** `{text, content, size}`: a content string, and the members that name it in an event's payload. */
export function contentOf(value) {
  const text = typeof value === 'string' ? value : JSON.stringify({ salt: nonceOf('salt'), ...value });
  return { text, named: { content: hashText(text), size: Buffer.byteLength(text) } };
}

export const vectorTimes = { ts: 1_790_000_100_000, until: 1_790_604_900_000 };

/**
 * The create event of a room of alice@a.example, with its content and its room.
 *
 * @param named what the content says of the statement that is not true of `statement`
 */
export function createdRoom(content = { kind: 'group', rules: 1 }, statement = statementOf('a.example'), named = {}) {
  const keys = providerKeys('a.example');
  const { text, named: inPayload } = contentOf({ ...content, statement: hashText(statement), version: 1, ...named });
  const payload = {
    type: 'room.create',
    sender: 'alice@a.example',
    ...vectorTimes,
    nonce: nonceOf(`create ${content.kind}`),
    key: '',
    ...inPayload,
    scheme: 'plain',
  };
  const jws = compactJws('payvand-event', payload, keys.event);
  return { jws, payload, text, statement, id: eventIdOf(jws), room: roomIdOf(jws) };
}
