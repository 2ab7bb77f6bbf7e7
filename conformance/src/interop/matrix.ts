import { PeerHost } from '../network/peer-host.js';
import type { NetworkFolder } from '../network/network-folder.js';
import { scenarios } from './scenarios.js';
import type { Standings } from './scenarios.js';
import type { Party } from './party.js';
import { SuiteProvider } from './suite-provider.js';

/** One scenario of one ordered pair. */
export interface Cell {
  readonly hub: string;
  readonly follower: string;
  readonly scenario: string;
  readonly verdict: 'pass' | 'fail';
  readonly ms: number;
  readonly found?: string;
  /** what each held at the end */
  readonly standings?: Standings;
}

export interface Matrix {
  readonly matrixVersion: '1';
  readonly generated: string;
  readonly parties: readonly { readonly domain: string; readonly name: string; readonly version: string }[];
  readonly cells: readonly Cell[];
}

export interface MatrixOptions {
  readonly network: NetworkFolder;
  readonly messages: number;
  readonly onCell: (cell: Cell) => void;
}

/** Every ordered pair in every scenario, one after the other, the suite being the third provider. */
export async function runMatrix(
  parties: readonly Party[],
  { network, messages, onCell }: MatrixOptions,
): Promise<Matrix> {
  const host = await PeerHost.listen(network.address, network.port);
  const cells: Cell[] = [];
  try {
    const targets = parties.map(({ target }) => target);
    for (const hub of parties)
      for (const follower of parties.filter((party) => party !== hub))
        for (const scenario of Object.keys(scenarios)) {
          const open = async (): Promise<SuiteProvider> => await SuiteProvider.open(network, host, targets);
          const cell = await runCell({ hub, follower, messages }, { scenario, open });
          cells.push(cell);
          onCell(cell);
        }
  } finally {
    await host.stop();
  }
  const described = parties.map(({ domain, control }) => {
    const { name, version } = control.described;
    return { domain, name, version };
  });
  return { matrixVersion: '1', generated: new Date().toISOString(), parties: described, cells };
}

async function runCell(
  { hub, follower, messages }: { hub: Party; follower: Party; messages: number },
  { scenario, open }: { scenario: string; open: () => Promise<SuiteProvider> },
): Promise<Cell> {
  const startedAt = Date.now();
  const place = { hub: hub.domain, follower: follower.domain, scenario };
  try {
    const standings = await scenarios[scenario]?.({ hub, follower, messages, suite: await open() });
    return { ...place, verdict: 'pass', ms: Date.now() - startedAt, ...(standings && { standings }) };
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    return { ...place, verdict: 'fail', ms: Date.now() - startedAt, found };
  }
}

/** The matrix for a terminal: hubs down, followers across. */
export function matrixTable({ parties, cells }: Matrix): string {
  const names = parties.map(({ domain }) => domain);
  const width = Math.max(14, ...names.map((name) => name.length)) + 2;
  const row = (...parts: readonly string[]): string =>
    `${parts
      .map((part) => part.padEnd(width))
      .join('')
      .trimEnd()}\n`;
  const lines = names.map((hub) =>
    row(
      hub,
      ...names.map((follower) => {
        const own = cells.filter((cell) => cell.hub === hub && cell.follower === follower);
        if (own.length === 0) return '-';
        const good = own.filter(({ verdict }) => verdict === 'pass').length;
        return good === own.length ? `ok (${good})` : `${good} of ${own.length}`;
      }),
    ),
  );
  return row('hub \\ follower', ...names) + lines.join('');
}
