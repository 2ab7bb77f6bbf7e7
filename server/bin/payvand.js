#!/usr/bin/env node
// Stays plain JavaScript and parses on old versions of Node.js: it is what tells their users so.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/main.js', import.meta.url);
const bundled = new URL('../dist/bundle/main.js', import.meta.url);
const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const needed = engines.node.replace('>=', '');
const [wantMajor, wantMinor] = needed.split('.').map(Number);
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < wantMajor || (major === wantMajor && minor < wantMinor)) {
  console.error(
    `payvand: Node.js ${needed} or newer is needed, this is ${process.versions.node} (${process.execPath}).`,
  );
  process.exitCode = 1;
} else if (!existsSync(main)) {
  console.error(
    `payvand: not built yet (${fileURLToPath(main)} is missing). Run "node scripts/ready.mjs" in the checkout first.`,
  );
  process.exitCode = 1;
} else {
  import((isCurrent(bundled) ? bundled : main).href);
}

// After the compiler has run again, a bundle of the day before would be a lie.
function isCurrent(file) {
  const compiled = new URL('../dist/tsconfig.tsbuildinfo', import.meta.url);
  return existsSync(file) && !(existsSync(compiled) && statSync(compiled).mtimeMs > statSync(file).mtimeMs);
}
