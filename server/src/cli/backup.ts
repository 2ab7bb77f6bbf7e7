import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { copyFolder, syncFolder } from '../storage/copy-folder.js';
import { copyDatabase, placeDatabase } from '../storage/embedded/copy-database.js';
import { CommandError } from './command.js';
import type { Command } from './command.js';
import { existingDomain } from './own-domain.js';

/** Folders of the data directory beside the database: who the provider is. */
const FOLDERS = ['keys', 'tls'];

export const backup: Command = {
  usage: '<folder>',
  words: [1, 1],
  settings: ['dataDir', 'databaseUrl'],
  details: [
    'Copies keys, certificates and the database of a server that does not run into a new folder. Keep it as safe as the',
    'server itself: whoever has it can speak for the provider. payvand restore brings it back. The database is written anew',
    'before, so that nothing that was deleted or has disappeared is in its files or in the copy: that takes as much room as',
    'its largest table.',
  ].join('\n'),
  async run({ args: [folder = ''], config, output }) {
    if (config.databaseUrl !== undefined)
      throw new CommandError(
        'not-embedded',
        'the database is at DATABASE_URL: copy it with pg_dump, and the data directory with cp -a',
      );
    const domain = await existingDomain(config);
    const target = resolve(folder);
    if (existsSync(target)) throw new CommandError('exists', `${target} exists already: name a new folder`);
    const unfinished = `${target}.unfinished`;
    await mkdir(dirname(target), { recursive: true });
    await mkdir(unfinished, { mode: 0o700 });
    try {
      output.progress(`payvand: copying ${domain} to ${target}`);
      await copyDatabase(config.dataDir, join(unfinished, 'database'));
      await copyFolders(config.dataDir, unfinished);
      await rename(unfinished, target);
      await syncFolder(dirname(target));
    } catch (cause) {
      await rm(unfinished, { recursive: true, force: true });
      throw cause;
    }
    output.print(`${domain} is copied to ${target}`);
    output.result({ domain, folder: target });
  },
};

export const restore: Command = {
  usage: '<folder>',
  words: [1, 1],
  settings: ['dataDir'],
  details: [
    'Makes a data directory from a folder payvand backup made. The data directory must not exist or be empty. Never run',
    'the copy and the original at once: two servers with one identity fork their rooms, and other providers see it.',
  ].join('\n'),
  async run({ args: [folder = ''], config: { dataDir }, output }) {
    if (!existsSync(join(folder, 'keys', 'provider.json')) || !existsSync(join(folder, 'database', 'cluster')))
      throw new CommandError('no-backup', `${folder} is not a folder payvand backup made`);
    if (existsSync(join(dataDir, 'keys')))
      throw new CommandError('exists', `there is a provider in ${dataDir} already: move it away first`);
    output.progress(`payvand: restoring ${folder} to ${dataDir}`);
    await placeDatabase(join(folder, 'database'), dataDir);
    await copyFolders(folder, dataDir);
    const domain = await existingDomain({ domain: undefined, dataDir });
    output.print(`${domain} is in ${dataDir} again: payvand serve --data-dir ${dataDir}`);
    output.result({ domain, dataDir });
  },
};

async function copyFolders(from: string, to: string): Promise<void> {
  for (const name of FOLDERS) if (existsSync(join(from, name))) await copyFolder(join(from, name), join(to, name));
  await syncFolder(to);
}
