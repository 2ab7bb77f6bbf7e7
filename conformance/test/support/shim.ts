import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { operationNames } from '../../src/control/control.js';
import { freePort } from './free-port.js';
import { prepareReference, program } from './reference-server.js';
import type { Reference } from './reference-server.js';

const shim = fileURLToPath(new URL('../../shim/control-shim.mjs', import.meta.url));

export interface ShimmedReference extends Reference {
  readonly control: string;
  readonly secret: string;
}

/** The reference server as an operator with a server in another language would offer it: started and driven by the shim. */
export async function startShimmed(): Promise<ShimmedReference> {
  const place = await prepareReference();
  const [port, inner] = [await freePort(), await freePort()];
  const secret = 'of the shim, and long enough';
  const innerSecret = 'of the server, and long enough';
  const [listen, behind] = [`127.0.0.1:${port}`, `127.0.0.1:${inner}`];
  const http = (name: string): object => ({
    http: `http://${behind}/control/v1/${name}`,
    headers: { authorization: `Bearer ${innerSecret}` },
  });
  const passed = operationNames.filter((name) => name !== 'describe' && name !== 'restart' && name !== 'view-account');
  // One of them by a command, as an operator would do it who has no HTTP for it.
  const call = `fetch('http://${behind}/control/v1/' + process.argv[1], { method: 'POST', duplex: 'half', body: process.stdin,
    headers: { authorization: 'Bearer ${innerSecret}', 'content-type': 'application/json' } }).then(async (answer) => {
    process.stdout.write(await answer.text()); process.exitCode = answer.ok ? 0 : 1; })`;
  const config = {
    listen,
    describe: {
      ...{ name: 'reference', version: '0', domain: 'reference.test' },
      versions: ['0.1'],
      profiles: ['core', 'groups'],
    },
    operations: {
      ...Object.fromEntries(passed.map((name) => [name, http(name)])),
      'view-account': { command: [process.execPath, '-e', call] },
    },
    server: {
      command: [process.execPath, program, 'serve', '--json'],
      env: { ...place.settings, PAYVAND_CONTROL_LISTEN: behind, PAYVAND_CONTROL_SECRET: innerSecret },
      ready: [behind],
    },
  };
  const file = join(place.network, '..', 'controls.json');
  await writeFile(file, JSON.stringify(config));
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [shim, file], {
    env: { ...inherited, PAYVAND_CONTROL_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await Promise.race([once(createInterface({ input: child.stdout }), 'line'), once(child, 'exit')]);
  if (child.exitCode !== null) throw new Error(`the shim ended with ${child.exitCode}`);
  return {
    ...{ ...place, control: `http://${listen}`, secret },
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      await place.clear();
    },
  };
}
