import { readFileSync } from 'node:fs';
import t from 'tap';
import type { Relation } from './event.js';
import { isVerifiedSource, sourceOf } from './forward.js';
import type { JsonObject } from './json-shape.js';
import { parseKeyStatement } from './key-statement.js';

interface ForwardVector {
  readonly name: string;
  readonly input: { readonly content: JsonObject; readonly rel: readonly Relation[]; readonly statement: string };
  readonly expect: { readonly source: 'verified' | 'unverified' | 'none'; readonly sender?: string };
}

const file = new URL('../../../spec/vectors/forward.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: ForwardVector[] };

t.test('every vector of forwards has the source it says', (t) => {
  for (const { name, input, expect } of vectors) {
    const source = sourceOf(input.content, input.rel);
    const statement = parseKeyStatement(input.statement);
    if (!statement.ok) throw new Error(`${name}: statement`);
    const isVerified = source !== undefined && isVerifiedSource(source, statement.value);
    const found = source === undefined ? 'none' : isVerified ? 'verified' : 'unverified';
    t.equal(found, expect.source, name);
    t.equal(source?.event.fields.sender, expect.sender, name);
  }
  t.end();
});
