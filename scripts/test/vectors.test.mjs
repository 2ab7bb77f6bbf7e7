import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { fillProse } from '../lib/prose-vectors.mjs';

const generator = fileURLToPath(new URL('../generate-vectors.mjs', import.meta.url));

void t.test('the committed vectors and the examples in the prose are what the generator writes', (t) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [generator, '--check'], { encoding: 'utf8' });
  t.equal(stdout + stderr, '');
  t.equal(status, 0);
  t.end();
});

void t.test('a changed example is put right, and one of an unknown vector is an error', (t) => {
  const formats = { sample: [{ name: 'one', input: { text: 'right', fields: { a: '1', b: '2' } } }] };
  const fence = (info, body) => `before\n\`\`\`${info}\n${body}\`\`\`\nafter\n`;
  t.equal(
    fillProse(fence('text vector=sample/one#/input/text', 'wrong\nand more\n'), formats),
    fence('text vector=sample/one#/input/text', 'right\n'),
  );
  t.equal(
    fillProse(fence('text vector=sample/one#/input/fields', ''), formats),
    fence('text vector=sample/one#/input/fields', 'a: 1\nb: 2\n'),
  );
  t.equal(
    fillProse(fence('json vector=sample/one#/input/text', ''), formats),
    fence('json vector=sample/one#/input/text', '"right"\n'),
  );
  t.equal(fillProse(fence('text', 'other\n'), formats), fence('text', 'other\n'));
  t.throws(() => fillProse(fence('text vector=sample/two#/input', ''), formats), /no vector/);
  t.throws(() => fillProse(fence('text vector=sample/one#/output', ''), formats), /has no/);
  t.end();
});
