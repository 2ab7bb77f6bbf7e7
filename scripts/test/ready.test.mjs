import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const script = join(dirname(dirname(fileURLToPath(import.meta.url))), 'ready.mjs');

/** tap loads itself into every Node.js started below it, which costs half a second each. */
const plainNode = ['-u', 'NODE_OPTIONS', process.execPath];

const npm = `#!${process.execPath}
const { appendFileSync, mkdirSync, rmSync, writeFileSync } = require('node:fs');
appendFileSync('npm.log', process.argv.slice(2).join(' ') + '\\n');
rmSync('node_modules', { recursive: true, force: true });
for (const name of ['typescript/bin', 'left', 'fits']) mkdirSync('node_modules/' + name, { recursive: true });
for (const name of ['typescript', 'left', 'fits']) writeFileSync('node_modules/' + name + '/package.json', '{}');
if (process.env.NPM_DIES) process.exit(1);
writeFileSync('node_modules/typescript/bin/tsc', "require('node:fs').appendFileSync('tsc.log', process.argv.slice(2).join(' ') + '\\\\n'); if (process.env.TSC_FAILS) { console.log('a.ts(1,1): error TS1'); process.exit(1); }");
`;

/** A checkout with two packages, one optional that fits this platform and one that does not, and an npm that only takes notes. */
function checkout(t, { node = '>=18' } = {}) {
  const root = t.testdir({
    'package.json': JSON.stringify({ engines: { node } }),
    'package-lock.json': JSON.stringify({
      packages: {
        '': {},
        'node_modules/typescript': {},
        'node_modules/left': {},
        'node_modules/fits': { optional: true },
        'node_modules/other-platform': { optional: true },
      },
    }),
    scripts: {},
    bin: { npm },
  });
  copyFileSync(script, join(root, 'scripts', 'ready.mjs'));
  const bundle = "import { appendFileSync } from 'node:fs'; appendFileSync('bundle.log', 'made\\n');";
  writeFileSync(join(root, 'scripts', 'bundle.mjs'), bundle);
  chmodSync(join(root, 'bin', 'npm'), 0o755);
  return {
    root,
    ready(env = {}, ...args) {
      const { status, stdout, stderr } = spawnSync(
        '/usr/bin/env',
        [...plainNode, join(root, 'scripts', 'ready.mjs'), ...args],
        {
          env: { ...process.env, PATH: [join(root, 'bin'), process.env.PATH].join(delimiter), ...env },
          encoding: 'utf8',
        },
      );
      return { status, stdout, stderr };
    },
    count: (log) => (existsSync(join(root, log)) ? readFileSync(join(root, log), 'utf8').trim().split('\n').length : 0),
    at: (...path) => join(root, ...path),
  };
}

t.test('installs once, without scripts, and builds every time', async (t) => {
  const { ready, count, at } = checkout(t);
  t.match(ready(), { status: 0, stdout: /first install/ });
  t.match(readFileSync(at('npm.log'), 'utf8'), /^ci --ignore-scripts --include=dev/);
  const again = ready();
  t.equal(again.status, 0);
  t.equal(again.stdout.trim().split('\n').length, 1, 'says one line when there is nothing to do');
  t.equal(count('npm.log'), 1);
  t.equal(count('tsc.log'), 2);
  t.equal(count('bundle.log'), 2);
  t.match(readFileSync(at('tsc.log'), 'utf8'), /^-b server\n/);
});

t.test('builds the projects it is given', async (t) => {
  const { ready, at } = checkout(t);
  ready({}, 'bench', 'web');
  t.equal(readFileSync(at('tsc.log'), 'utf8'), '-b bench web\n');
});

t.test('an install that was interrupted is done again', async (t) => {
  const { ready, count } = checkout(t);
  t.match(ready({ NPM_DIES: '1' }), { status: 1, stderr: /"npm ci" failed/ });
  t.equal(count('tsc.log'), 0);
  t.match(ready(), { status: 0, stdout: /did not finish/ });
  t.equal(count('npm.log'), 2);
  t.match(ready({ NPM_DIES: '1' }), { status: 0 }, 'and then no more');
});

t.test('a failed reinstall leaves no stamp of the earlier one', async (t) => {
  const { ready, at } = checkout(t);
  ready();
  rmSync(at('node_modules', 'left'), { recursive: true });
  t.match(ready({ NPM_DIES: '1' }), { status: 1, stdout: /node_modules\/left is missing/ });
  t.match(ready(), { status: 0, stdout: /did not finish/ });
});

t.test('a lost package, also an optional one, is noticed; one for other platforms is not missed', async (t) => {
  const { ready, at, count } = checkout(t);
  ready();
  for (const name of ['left', 'fits']) {
    rmSync(at('node_modules', name), { recursive: true });
    t.match(ready(), { status: 0, stdout: new RegExp(`node_modules/${name} is missing`) });
  }
  t.equal(count('npm.log'), 3);
});

t.test('another lock file, Node.js or platform means another install', async (t) => {
  const { ready, at } = checkout(t);
  ready();
  const stamp = at('node_modules', '.payvand-ready.json');
  writeFileSync(stamp, readFileSync(stamp, 'utf8').replace(`node-${process.versions.node}`, 'node-20.0.0'));
  t.match(ready(), { status: 0, stdout: /Node\.js or platform changed/ });
  writeFileSync(at('package-lock.json'), `${readFileSync(at('package-lock.json'), 'utf8')}\n`);
  t.match(ready(), { status: 0, stdout: /lock file/ });
  writeFileSync(stamp, 'half a st');
  t.match(ready(), { status: 0, stdout: /did not finish/ });
});

t.test('says which Node.js it found and which it needs', async (t) => {
  const { ready, count } = checkout(t, { node: '>=99.3' });
  t.match(ready(), { status: 1, stderr: `99.3 or newer is needed, this is ${process.versions.node}` });
  t.equal(count('npm.log'), 0);
});

t.test('says when there is no npm, and when the sources do not compile', async (t) => {
  const { ready, at } = checkout(t);
  mkdirSync(at('empty'));
  t.match(ready({ PATH: at('empty') }), { status: 1, stderr: /npm could not be started/ });
  t.match(ready({ TSC_FAILS: '1' }), { status: 1, stderr: /do not compile:\na\.ts\(1,1\): error TS1/ });
});
