import { createHash } from 'node:crypto';
import { hex, vectorKey } from './vector-keys.mjs';

export const NOW = 1767225600;
const COMPONENTS = '("@method" "@authority" "@path" "@query" "content-digest" "payvand-from" "payvand-to")';
export const alice = vectorKey('request key of a.example');
export const stranger = vectorKey('request key of nobody');

export const receiver = { authority: 'chat.b.example', provider: 'b.example', nowSeconds: NOW };
export const known = { provider: 'a.example', kid: alice.kid, publicKeyHex: hex(alice.publicKey) };

export const digestOf = (body) => `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;

/** Signs by the letter of the profile; every part can be replaced, before signing or (as `fields`) after. */
export function signedRequest(changes = {}) {
  const request = {
    method: 'POST',
    authority: receiver.authority,
    target: '/payvand/v1/submit',
    body: '{"items":[]}',
    from: 'a.example',
    to: 'b.example',
    created: NOW,
    expires: NOW + 60,
    key: alice,
    tag: 'payvand',
    ...changes,
  };
  const digest = changes.digest ?? digestOf(request.body);
  const parameters =
    changes.parameters ??
    `${COMPONENTS};created=${request.created};expires=${request.expires};keyid="${request.key.kid}";tag="${request.tag}"`;
  const [path] = request.target.split('?', 1);
  const query = request.target.slice(path.length) || '?';
  const signatureBase = [
    `"@method": ${request.method}`,
    `"@authority": ${request.authority}`,
    `"@path": ${path}`,
    `"@query": ${query}`,
    `"content-digest": ${digest}`,
    `"payvand-from": ${request.from}`,
    `"payvand-to": ${request.to}`,
    `"@signature-params": ${parameters}`,
  ].join('\n');
  const headers = {
    host: request.authority,
    'content-digest': digest,
    'payvand-from': request.from,
    'payvand-to': request.to,
    'signature-input': `payvand=${parameters}`,
    signature: `payvand=:${request.key.sign(signatureBase).toString('base64')}:`,
  };
  return { request, headers, signatureBase };
}

export function input({ request, headers }, changes = {}) {
  const { method, target, body } = request;
  return { operation: 'verify', method, target, headers, body, receiver, keys: [known], ...changes };
}

export const refused = (name, requirements, { signed = signedRequest(), change = {}, expect }) => ({
  name,
  requirements,
  input: input(signed, change),
  expect: { ok: false, code: 'bad-signature', ...expect },
});
