import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';

const prefix = 'payvand-faults-';
const left = new Set(['.git', '.tap', '.payvand', 'node_modules']);

/**
 * Copies a repository, its build included, to a temporary folder that disappears with this process. Installed packages are
 * linked, but the workspaces among them point into the copy.
 *
 * @returns the folder
 */
export function copyTree(root) {
  removeLeftovers();
  const copy = realpathSync(mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`)));
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  cpSync(root, copy, { recursive: true, preserveTimestamps: true, filter: (path) => !left.has(basename(path)) });
  for (const folder of ['', 'spec', 'server', 'conformance']) linkPackages(root, copy, join(folder, 'node_modules'));
  return copy;
}

function linkPackages(root, copy, folder) {
  if (!existsSync(join(root, folder))) return;
  mkdirSync(join(copy, folder), { recursive: true });
  for (const name of readdirSync(join(root, folder))) {
    if (name.startsWith('@')) linkPackages(root, copy, join(folder, name));
    else symlinkSync(inCopy(root, copy, realpathSync(join(root, folder, name))), join(copy, folder, name));
  }
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
