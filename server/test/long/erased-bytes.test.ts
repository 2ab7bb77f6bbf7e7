import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { contentsOf } from '../support/provider-database.js';
import { runInProcess } from '../support/run-in-process.js';
import { makeTestGroup } from '../support/test-group.js';
import { until } from '../support/test-person.js';

// PV-SET-011 to PV-SET-014: files are read as bytes, with no database between.
const DOMAINS = ['a.test', 'b.test', 'c.test'];
const TTL_S = 40;
const group = await makeTestGroup(t, 'Erased');
const { network, alice, bob, carol, room, path } = group;

/** Random letters, so that no compression hides them; `long` ones leave the row for a place of their own. */
const secretOf = (length: number): string => randomBytes(length).toString('base64url');
const deleted = { short: secretOf(30), long: secretOf(6000) };
const timed = { short: secretOf(30), long: secretOf(6000) };
const secrets = [...Object.values(deleted), ...Object.values(timed)];

await t.test('what was deleted or has run out is in no file of a database, and in no copy of it', async (t) => {
  const idsOf = (answers: object[]): string[] => answers.map((answer) => String((answer as { id: unknown }).id));
  const toDelete = idsOf([await alice.say(room, deleted.short), await bob.say(room, deleted.long)]);
  await alice.call('PUT', path('/settings'), { timer: TTL_S });
  await group.caughtUp(bob);
  const toExpire = idsOf([await alice.say(room, timed.short), await bob.say(room, timed.long)]);
  for (const person of [bob, carol]) await group.caughtUp(person);
  const early = await backUp('c.test', 'early');
  t.strictSame(await foundIn([early]), secrets, 'control: a copy holds it while it is there');
  for (const domain of DOMAINS)
    t.strictSame(await foundIn([network.provider(domain).dataDir]), secrets, `control: so do the files of ${domain}`);

  const rel = toDelete.map((id) => ['delete', id] as const);
  await alice.send(room, { type: 'message.delete', content: {}, rel });
  const all = [...toDelete, ...toExpire];
  await until(async () => (await heldOf(all, DOMAINS)) === 0, 'all to be erased everywhere', 60_000);

  for (const domain of DOMAINS) {
    const late = await backUp(domain, 'late');
    t.strictSame(await foundIn([network.provider(domain).dataDir, late]), [], `no byte in ${domain} or its copy`);
  }
  await bringBack('b.test', 'late');
  t.ok(await bob.say(room, 'still here'), 'the copy is a whole provider');
  await bringBack('c.test', 'early');
  t.equal(await heldOf(toExpire, ['c.test']), 0, 'an older copy erases what has run out before it answers');
  await until(async () => (await heldOf(all, ['c.test'])) === 0, 'and learns what was deleted since');
  t.strictSame(await foundIn([await backUp('c.test', 'again')]), [], 'then it has no byte of it either');
});

function copyOf(domain: string, name: string): string {
  return join(network.folder, 'copies', `${domain}-${name}`);
}

async function backUp(domain: string, name: string): Promise<string> {
  const provider = network.provider(domain);
  await mkdir(join(network.folder, 'copies'), { recursive: true });
  await provider.stop();
  const code = await runInProcess(['backup', copyOf(domain, name), '--data-dir', provider.dataDir]);
  if (code !== 0) throw new Error(`backup of ${domain}: ${code}`);
  await provider.start();
  return copyOf(domain, name);
}

/** As after the loss of a disk. */
async function bringBack(domain: string, name: string): Promise<void> {
  const provider = network.provider(domain);
  await provider.stop();
  for (const lost of ['database', 'keys', 'tls']) {
    const folder = join(provider.dataDir, lost);
    if (!existsSync(folder)) continue;
    await rm(await realpath(folder), { recursive: true });
    await rm(folder, { recursive: true, force: true });
  }
  const code = await runInProcess(['restore', copyOf(domain, name), '--data-dir', provider.dataDir]);
  if (code !== 0) throw new Error(`restore of ${domain}: ${code}`);
  await provider.start();
}

/** How many of the events have content in the log of a provider. */
async function heldOf(ids: readonly string[], domains: readonly string[]): Promise<number> {
  const held = await Promise.all(ids.map((id) => contentsOf(network, id, domains)));
  return held.flat().filter(({ content }) => content !== null).length;
}

/** Which secrets stand in files of folders, if only in part: a database cuts what is long into pieces. */
async function foundIn(folders: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for await (const bytes of filesIn(folders))
    for (const secret of secrets) if (piecesOf(secret).some((piece) => bytes.includes(piece))) found.add(secret);
  return secrets.filter((secret) => found.has(secret));
}

function piecesOf(secret: string): string[] {
  return Array.from({ length: Math.ceil(secret.length / 500) }, (_, index) =>
    secret.slice(index * 500, index * 500 + 40),
  );
}

/** Links at the top of a folder are followed. */
async function* filesIn(folders: readonly string[]): AsyncGenerator<Buffer> {
  for (const folder of folders) {
    for (const top of await readdir(folder)) {
      const path = await realpath(join(folder, top));
      const files = await readdir(path, { recursive: true, withFileTypes: true });
      for (const file of files)
        if (file.isFile()) yield await readFile(join(file.parentPath, file.name)).catch(() => Buffer.alloc(0));
    }
  }
}
