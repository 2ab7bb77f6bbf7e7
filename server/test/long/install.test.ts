import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';

const repository = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const nobody = 65534;
const isRoot = process.getuid?.() === 0;
const left = new Set(['.git', '.tap', '.payvand', 'node_modules', 'dist']);
const ready = [process.execPath, 'scripts/ready.mjs'];

interface Stranger {
  /** undefined: whoever runs this test */
  uid: number | undefined;
  home: string;
  tmp: string;
}

/** Runs a program as a stranger would: not below tap, not with our environment. */
function run(
  stranger: Stranger,
  cwd: string,
  command: string[],
): { status: number | null; stdout: string; stderr: string } {
  const identity = stranger.uid === undefined ? {} : { uid: stranger.uid, gid: stranger.uid };
  const env = { PATH: process.env['PATH'], HOME: stranger.home, TMPDIR: stranger.tmp };
  const options = { cwd, env, encoding: 'utf8', timeout: 600_000, ...identity } as const;
  return spawnSync('/usr/bin/env', ['-u', 'NODE_OPTIONS', ...command], options);
}

/** An empty folder everybody may enter, gone after the test. */
function emptyFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'payvand-install-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  return folder;
}

function giveTo(uid: number, folder: string): void {
  for (const path of ['.', ...readdirSync(folder, { recursive: true })])
    chownSync(join(folder, String(path)), uid, uid);
}

function testsUnder(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true }).map(String);
  return files.filter((file) => /\.test\.|tests?\//.test(file));
}

for (const who of ['its owner', 'a user without a home']) {
  const uid = who === 'its owner' ? undefined : nobody;
  const skip = uid !== undefined && !isRoot && 'needs root';
  t.test(`a bare checkout in a long path with other letters becomes ready for ${who}`, { skip }, async (t) => {
    const base = emptyFolder(t);
    const checkout = join(base, 'a folder with spaces', 'پوشه', 'x'.repeat(120), 'payvand');
    const tmp = join(base, 'tmp');
    mkdirSync(tmp);
    cpSync(repository, checkout, { recursive: true, filter: (path) => !left.has(basename(path)) });
    if (uid !== undefined) giveTo(uid, base);
    const stranger = { uid, home: uid === undefined ? (process.env['HOME'] ?? base) : '/nonexistent', tmp };

    const first = run(stranger, checkout, ready);
    t.equal(first.status, 0, first.stderr);
    t.ok(first.stdout.trim().split('\n').length <= 10, first.stdout);
    t.ok(existsSync(join(checkout, 'server', 'dist', 'config.js')), 'the server is built');
    t.strictSame(testsUnder(join(checkout, 'server', 'dist')), [], 'no test is part of what ships');
    t.match(
      run(stranger, checkout, ready).stdout,
      /^ready: done in .* s\n$/,
      'a second time there is nothing to install',
    );
    t.notMatch(readdirSync(tmp).join(), 'payvand', 'nothing is left behind');
  });
}

t.test('what is packed installs in an empty folder and starts', async (t) => {
  const folder = emptyFolder(t);
  const stranger = { uid: undefined, home: process.env['HOME'] ?? folder, tmp: folder };
  const pack = run(stranger, repository, ['npm', 'pack', '--workspaces', '--pack-destination', folder]);
  t.equal(pack.status, 0, pack.stderr);
  const archives = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
  t.ok(archives.length >= 2, archives.join());
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  const options = ['--ignore-scripts', '--no-audit', '--no-fund'];
  const install = run(stranger, empty, ['npm', 'install', ...options, ...archives.map((file) => join(folder, file))]);
  t.equal(install.status, 0, install.stderr);
  t.match(run(stranger, empty, ['npx', '--no', 'payvand', 'help']), { status: 0 });
});
