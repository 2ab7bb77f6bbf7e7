import { keyFilePath, openKeyFile, rotateKeys, statementOf, writeKeyFile } from '../own-keys.js';
import type { KeyFile } from '../own-keys.js';
import { keyThumbprint } from '../protocol/key-thumbprint.js';
import type { Command, CommandContext } from './command.js';
import { existingDomain } from './own-domain.js';

/** What is public of a provider's keys. */
interface PublicKeys {
  readonly provider: string;
  readonly file: string;
  readonly version: number;
  readonly roots: readonly string[];
  readonly keys: readonly { readonly kid: string; readonly use: string; readonly status: string }[];
}

export const keysShow: Command = {
  settings: ['dataDir'],
  details: 'Shows what is public of the keys and where they lie. Root keys are how other operators know this provider.',
  async run({ config, output }) {
    const file = await openKeyFile(config.dataDir, { provider: await existingDomain(config), now: 0 });
    show(describe(config.dataDir, file), output);
  },
};

export const keysRotate: Command = {
  settings: ['dataDir'],
  flags: { revoke: { sentence: 'retire the present keys at once: for when somebody else may have them' } },
  details: [
    'Makes new keys for events, seals and requests. The present ones are good until the next rotation, so that nothing on',
    'its way is refused; what older ones signed stays good. The root keys stay. A running server takes the new keys up',
    'within 2 seconds, and other providers when they next meet them.',
  ].join('\n'),
  async run({ config, flags, output, world }) {
    const now = world.now();
    const before = await openKeyFile(config.dataDir, { provider: await existingDomain(config), now });
    const after = rotateKeys(before, { now, revoke: flags['revoke'] !== undefined });
    await writeKeyFile(config.dataDir, after);
    output.print('New keys are in use.');
    output.print();
    show(describe(config.dataDir, after), output);
  },
};

function describe(dataDir: string, file: KeyFile): PublicKeys {
  const { version, roots, keys } = statementOf(file);
  return {
    provider: file.provider,
    file: keyFilePath(dataDir),
    version,
    roots: roots.map((root) => keyThumbprint(root)),
    keys: keys.map(({ x, use, status }) => ({ kid: keyThumbprint(x), use, status })),
  };
}

function show(shown: PublicKeys, output: CommandContext['output']): void {
  const [root = '', next = 'none'] = shown.roots;
  output.print(`provider   ${shown.provider}`);
  output.print(`file       ${shown.file}`);
  output.print(`statement  version ${shown.version}`);
  output.print(`root       ${root}`);
  output.print(`next root  ${next}`);
  for (const { kid, use, status } of shown.keys) output.print(`${use.padEnd(9)}  ${kid}  ${status}`);
  output.result(shown);
}
