import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashOf } from '../formats/hash.js';

/** What a run was made with. */
export interface Maker {
  readonly spec: { readonly version: string; readonly digest: string };
  readonly suite: { readonly name: string; readonly version: string; readonly digest: string };
}

const PROTOCOL = '0.1';

/** This specification and this suite, by their digests. SPEC PV-CFR-003. */
export function thisMaker(): Maker {
  const spec = fileURLToPath(new URL('.', import.meta.resolve('@payvand/spec/requirements.json')));
  const suite = fileURLToPath(new URL('../../', import.meta.url));
  const { name, version } = JSON.parse(readFileSync(join(suite, 'package.json'), 'utf8')) as Maker['suite'];
  return {
    spec: {
      version: PROTOCOL,
      digest: digestOf(spec, ['requirements.json', ...filesIn(spec, ['registries', 'schemas/json'], '.json')]),
    },
    suite: {
      name,
      version,
      digest: digestOf(suite, ['pins.json', 'exemptions.json', ...filesIn(suite, ['dist'], '.js')]),
    },
  };
}

/** Lines as `sha256sum` writes them, hashed once more. */
function digestOf(folder: string, files: readonly string[]): string {
  const ordered = [...files].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const lines = ordered.map((file) => {
    const hex = createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex');
    return `${hex}  ${file}\n`;
  });
  return hashOf(lines.join(''));
}

function filesIn(root: string, folders: readonly string[], end: string): string[] {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
    )
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith(end) && !file.startsWith('dist/bundle/'));
}
