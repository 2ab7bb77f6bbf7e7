import { appendFile } from 'node:fs/promises';
import type { Test } from 'tap';
import type { TestProvider } from './test-network.js';
import { until } from './test-person.js';
import type { TestPerson } from './test-person.js';

/** A row that has run, as it is noted for `server/test/long/rows.test.ts`. */
export interface RowNote {
  readonly name: string;
  /** the hub's process was another one at the end */
  readonly isRestarted: boolean;
}

/**
 * Where the hub of the rows is and what happens to it. Usually it is A, where things are done, and runs on. The long tests run the
 * same files with it on another provider (`ROWS_HUB`) and disturbed (`ROWS_RESTARTS=yes`), and have every row noted (`ROWS_FILE`).
 */
const { ROWS_HUB: wanted = 'a.test', ROWS_RESTARTS: restarting, ROWS_FILE: notes } = process.env;

/** Where the hub is: on A, or elsewhere if this run has it away from there. */
export const rowHubDomain = (elsewhere: string): string => (wanted === 'a.test' ? wanted : elsewhere);

/** The hub of a file's rows. */
export interface RowHub {
  readonly provider: TestProvider;
  /** In the middle of a row: restarts the hub if this run disturbs it, killed and stopped in order by turns. */
  disturb(): Promise<void>;
}

/** @param t the file: each of its tests is a row */
export function makeRowHub(t: Test, provider: TestProvider): RowHub {
  let { pid } = provider;
  let restarts = 0;
  t.afterEach(async ({ name }) => {
    const note: RowNote = { name, isRestarted: provider.pid !== pid };
    if (notes !== undefined) await appendFile(notes, `${JSON.stringify(note)}\n`);
    pid = provider.pid;
  });
  return {
    provider,
    async disturb() {
      if (restarting !== 'yes') return;
      await (restarts % 2 === 0 ? provider.kill() : provider.stop());
      await provider.start();
      restarts += 1;
    },
  };
}

/**
 * Makes a group that is somebody's. Where the hub is not at their provider, a host makes it there and gives it to them.
 *
 * @param host somebody at the hub; may be the owner
 * @returns the room
 */
export async function foundGroup(host: TestPerson, owner: TestPerson, title: string): Promise<string> {
  const { room: made } = await host.call('POST', '/rooms', { title, requestKey: host.requestKey() });
  const room = String(made);
  if (host === owner) return room;
  await host.call('POST', `/rooms/${room}/invites`, { address: owner.address });
  await owner.acceptFrom(host.address);
  await host.call('PUT', `/rooms/${room}/owner`, { address: owner.address });
  await until(
    async () => (await owner.call('GET', `/rooms/${room}`))['owner'] === owner.address,
    `${owner.address} to be the owner`,
  );
  return room;
}
