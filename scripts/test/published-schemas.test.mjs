import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';

const spec = new URL('../../spec/', import.meta.url);
/** What JSON Schema 2020-12 (and so OpenAPI 3.1) has and our shapes use. A word it does not know would be ignored by validators. */
const words = new Set([
  ...[
    '$schema',
    '$id',
    '$ref',
    'type',
    'const',
    'enum',
    'anyOf',
    'pattern',
    'minLength',
    'maxLength',
    'minimum',
    'maximum',
  ],
  ...[
    'items',
    'prefixItems',
    'minItems',
    'maxItems',
    'uniqueItems',
    'properties',
    'required',
    'patternProperties',
    'maxProperties',
    'not',
    'description',
  ],
]);

function* faults(schema, at) {
  for (const [word, value] of Object.entries(schema)) {
    const here = `${at}/${word}`;
    if (!words.has(word)) yield here;
    else if (word === 'properties' || word === 'patternProperties')
      for (const [name, member] of Object.entries(value)) yield* faults(member, `${here}/${name}`);
    else if (word === 'anyOf' || word === 'prefixItems')
      yield* value.flatMap((one, index) => [...faults(one, `${here}/${index}`)]);
    else if (word === 'items' && Array.isArray(value)) yield `${here}: a tuple is prefixItems`;
    else if (word === 'items' && value !== false) yield* faults(value, here);
  }
}

t.test('published shapes are in the words of JSON Schema 2020-12', async (t) => {
  const folder = new URL('schemas/json/', spec);
  const files = readdirSync(folder);
  t.ok(files.length > 50, 'there are shapes');
  for (const file of files) t.same([...faults(JSON.parse(readFileSync(new URL(file, folder), 'utf8')), file)], []);
  for (const file of readdirSync(new URL('openapi/', spec))) {
    const { components } = JSON.parse(readFileSync(new URL(`openapi/${file}`, spec), 'utf8'));
    for (const [name, schema] of Object.entries(components.schemas)) t.same([...faults(schema, name)], []);
  }
});
