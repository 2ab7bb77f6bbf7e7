/**
 * Makes a checkout ready to run: right Node.js, dependencies as locked, sources compiled. Needs nothing installed.
 * usage: node scripts/ready.mjs [project…]   (TypeScript projects to build; default: server)
 *
 * A stamp is written only after `npm ci` has succeeded, so an interrupted install is noticed and done again. Install
 * scripts are never run: nothing here depends on them.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, 'node_modules', '.payvand-ready.json');
const started = Date.now();

const say = (line) => console.log(`ready: ${line}`);
const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

function stop(line) {
  console.error(`ready: ${line}`);
  process.exit(1);
}

checkNode();
const packages = lockedPackages();
const reason = reasonToInstall();
if (reason) install(reason);
build(process.argv.length > 2 ? process.argv.slice(2) : ['server']);
say(`done in ${seconds()}`);

function checkNode() {
  const needed = readJson(join(root, 'package.json')).engines.node.replace('>=', '');
  const [wantMajor, wantMinor] = needed.split('.').map(Number);
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < wantMajor || (major === wantMajor && minor < wantMinor))
    stop(
      `Node.js ${needed} or newer is needed, this is ${process.versions.node} (${process.execPath}). See https://nodejs.org`,
    );
}

function lockedPackages() {
  const all = Object.entries(readJson(join(root, 'package-lock.json')).packages);
  return all.filter(([path]) => path.includes('node_modules/')).map(([path, { optional }]) => ({ path, optional }));
}

function fingerprint() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  return `${lock} node-${process.versions.node} ${process.platform}-${process.arch}`;
}

/** Optional packages are present or not by platform; the stamp remembers which were, so that losing one is noticed. */
function reasonToInstall() {
  if (!existsSync(join(root, 'node_modules'))) return 'first install';
  const stamp = readStamp();
  if (!stamp) return 'the last install did not finish';
  if (stamp.fingerprint !== fingerprint()) return 'lock file, Node.js or platform changed';
  const expected = packages.filter(({ path, optional }) => !optional || stamp.optional.includes(path));
  const lost = expected.find(({ path }) => !existsSync(join(root, path, 'package.json')));
  return lost ? `${lost.path} is missing` : undefined;
}

function readStamp() {
  try {
    return readJson(stampFile);
  } catch {
    return undefined;
  }
}

function install(reason) {
  try {
    accessSync(root, constants.W_OK);
  } catch {
    stop(`cannot write to ${root}: run this as its owner, or copy the folder to where you may write.`);
  }
  say(`installing dependencies (${reason}); a first install takes about a minute…`);
  rmSync(stampFile, { force: true });
  const options = [
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const cache = privateCache();
  const { error, status } = spawnSync('npm', ['ci', ...options], {
    cwd: root,
    env: cache ? { ...process.env, npm_config_cache: cache } : process.env,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (cache) rmSync(cache, { recursive: true, force: true });
  if (error) stop(`npm could not be started (${error.message}). It comes with Node.js; is it on the PATH?`);
  if (status !== 0)
    stop(`"npm ci" failed (see above). Is the npm registry reachable? Run the same command again to retry.`);
  const optional = packages
    .filter(({ path, optional }) => optional && existsSync(join(root, path)))
    .map(({ path }) => path);
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, JSON.stringify({ fingerprint: fingerprint(), optional }));
  say(`dependencies installed after ${seconds()}`);
}

/** Service accounts often have a home they cannot write to, and npm wants its cache there: they get one for this install. */
function privateCache() {
  try {
    if (!process.env.npm_config_cache) accessSync(homedir(), constants.W_OK);
    return undefined;
  } catch {
    return mkdtempSync(join(tmpdir(), 'payvand-npm-'));
  }
}

function build(projects) {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-b', ...projects], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status === 0) return bundle();
  const lines = stdout.trim().split('\n');
  stop(['the sources do not compile:', ...lines.slice(0, 20), ...(lines.length > 20 ? ['…'] : [])].join('\n'));
}

function bundle() {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'bundle.mjs')], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) stop('the programs could not be bundled (see above).');
}
