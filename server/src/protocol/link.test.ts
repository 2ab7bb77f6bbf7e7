import { readFileSync } from 'node:fs';
import t from 'tap';
import type { Address, Domain, RoomId } from './identifiers.js';
import {
  formatLinkText,
  linkIdOf,
  linkKeyOf,
  linkLocatorOf,
  parseLinkText,
  proveLink,
  verifyLinkProof,
} from './link.js';

type Vector = { name: string } & (
  | {
      input: { operation: 'parse'; text: string };
      expect: { ok: false } | { ok: true; provider: string; seed: string; locator: string };
    }
  | {
      input: { operation: 'proof'; link: string; room: RoomId; person: Address; proof: string };
      expect: { ok: boolean };
    }
  | { input: { operation: 'id'; by: Address; link: string }; expect: { id: string } }
);

const file = new URL('../../../spec/vectors/link.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] };

function outcomeOf({ input }: Vector): object {
  if (input.operation === 'id') return { id: linkIdOf(input) };
  if (input.operation === 'proof') return { ok: verifyLinkProof(input.link, input) };
  const link = parseLinkText(input.text);
  if (link === undefined) return { ok: false };
  const { provider, secret } = link;
  const seed = Buffer.from(linkKeyOf(secret).seed).toString('base64url');
  return { ok: true, provider, seed, locator: linkLocatorOf(secret) };
}

t.test('links, proofs and ids are what the vectors say', (t) => {
  for (const vector of vectors) t.strictSame(outcomeOf(vector), vector.expect, vector.name);
  t.end();
});

t.test('what is written is what is read', (t) => {
  const secret = 'A'.repeat(22);
  const link = { provider: 'a.example' as Domain, secret };
  t.strictSame(parseLinkText(formatLinkText(link)), link);
  const key = linkKeyOf(secret);
  const [room, person] = [`r${'A'.repeat(43)}` as RoomId, 'bob@b.example' as Address];
  const proof = proveLink(key, { room, person });
  t.ok(verifyLinkProof(key.x, { room, person, proof }));
  t.notOk(verifyLinkProof(linkKeyOf('B'.repeat(21) + 'A').x, { room, person, proof }));
  t.end();
});
