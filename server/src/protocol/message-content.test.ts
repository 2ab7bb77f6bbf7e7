import { readFileSync } from 'node:fs';
import { schemas } from '@payvand/spec';
import t from 'tap';
import { Compile } from 'typebox/compile';
import { mentionsOf } from './entities.js';
import type { JsonObject } from './json-shape.js';
import { faultOfMessage } from './message-content.js';

interface MessageVector {
  readonly name: string;
  readonly input:
    | { readonly operation: 'check'; readonly type: string; readonly content: JsonObject }
    | { readonly operation: 'mentions'; readonly content: JsonObject };
  readonly expect: { readonly ok: boolean } | { readonly addresses: readonly string[]; readonly all: boolean } | null;
}

const file = new URL('../../../spec/vectors/message.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: MessageVector[] };

t.test('every vector of messages is taken or refused as it says', (t) => {
  for (const { name, input, expect } of vectors)
    if (input.operation === 'check') t.equal(isGood(input.type, input.content), (expect as { ok: boolean }).ok, name);
    else t.strictSame(mentionsOf(input.content) ?? null, expect, name);
  t.end();
});

t.test('what is wrong is named', (t) => {
  const bold = { type: 'bold', offset: 0, length: 3 };
  t.equal(faultOfMessage({}), '/text');
  t.equal(faultOfMessage({ alt: 'a', location: {}, contact: { phone: '+12345' } }), '/contact');
  t.equal(faultOfMessage({ text: 'abc', entities: [bold, { ...bold, offset: 1 }] }), '/entities/1');
  t.equal(faultOfMessage({ text: 'abc', entities: 'none' }), '/entities');
  t.end();
});

/** As a home provider looks at it: the shape of the type, then what shapes cannot say. */
function isGood(type: string, content: JsonObject): boolean {
  const schema = schemas[`content-${type.replaceAll('.', '-')}`];
  if (schema === undefined) throw new Error(`no shape of ${type}`);
  return Compile(schema).Check(content) && (type === 'message.vote' || faultOfMessage(content) === undefined);
}
