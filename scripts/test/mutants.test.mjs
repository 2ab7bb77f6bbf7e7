import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const runner = fileURLToPath(new URL('../../conformance/mutants/run-mutants.mjs', import.meta.url));

void t.test('every patch that breaks the server on purpose fits its place, once', (t) => {
  const { status, stdout } = spawnSync(process.execPath, [runner, '--check'], { encoding: 'utf8' });
  t.equal(status, 0, stdout);
  t.match(stdout, /^[0-9]+ mutants, 0 do not fit$/m);
  t.end();
});
