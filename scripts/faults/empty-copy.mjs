import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

const prefix = 'payvand-faults-';
const workspaces = ['spec', 'server', 'conformance', 'bench'];
const parts = [
  'scripts',
  'server/bin',
  'server/test/tsconfig.json',
  'conformance/test/tsconfig.json',
  'spec/registries/requirement-terms.json',
];

/**
 * Copies the repository's settings, scripts and workspaces, but none of their sources, to a temporary folder that disappears with
 * this process. Installed packages are linked; the workspaces among them point into the copy.
 *
 * @returns the folder
 */
export function emptyCopy(root) {
  removeLeftovers();
  const copy = realpathSync(mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`)));
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  const settings = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
  const ofWorkspaces = workspaces.flatMap((folder) => [join(folder, 'package.json'), join(folder, 'tsconfig.json')]);
  for (const path of [...settings, ...ofWorkspaces, ...parts].filter((path) => existsSync(join(root, path))))
    cpSync(join(root, path), join(copy, path), { recursive: true });
  for (const folder of ['', ...workspaces]) linkPackages(root, copy, join(folder, 'node_modules'));
  return copy;
}

function linkPackages(root, copy, folder) {
  if (!existsSync(join(root, folder))) return;
  for (const name of readdirSync(join(root, folder))) {
    const path = join(folder, name);
    if (name.startsWith('@')) linkPackages(root, copy, path);
    else link(inCopy(root, copy, realpathSync(join(root, path))), join(copy, path));
  }
}

function link(target, path) {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

/** A workspace is linked to its copy, anything else to the real thing. */
function inCopy(root, copy, target) {
  const path = relative(root, target);
  return path.startsWith('..') || path.split('/').includes('node_modules') ? target : join(copy, path);
}

/** What a killed run could not remove. */
function removeLeftovers() {
  for (const name of readdirSync(tmpdir()).filter((name) => name.startsWith(prefix))) {
    const pid = Number(name.slice(prefix.length).split('-')[0]);
    if (!isRunning(pid)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
