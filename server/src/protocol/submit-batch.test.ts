import { readFileSync } from 'node:fs';
import t from 'tap';
import { countTaken } from './submit-batch.js';

interface Vector {
  readonly name: string;
  readonly input: { readonly contentBytes: readonly number[] };
  readonly expect: { readonly taken: number };
}

const file = new URL('../../../spec/vectors/submit-batch.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] };

for (const { name, input, expect } of vectors)
  void t.test(name, (t) => {
    t.equal(countTaken(input.contentBytes), expect.taken);
    t.end();
  });
