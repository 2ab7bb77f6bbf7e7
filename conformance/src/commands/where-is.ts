import { readFile } from 'node:fs/promises';
import { placeOf } from '../modes/parse-options.js';
import { openNetwork } from '../network/network-folder.js';
import type { NetworkFolder } from '../network/network-folder.js';
import type { TargetOptions } from '../network/target.js';

export interface WhereValues {
  readonly network?: string | undefined;
  readonly at?: string | undefined;
  readonly ca?: string | undefined;
}

/** Where a target is, and where it finds the suite. */
export interface Where {
  readonly place: Omit<TargetOptions, 'url'>;
  readonly network: NetworkFolder | undefined;
}

/** @throws Misuse */
export async function whereIs(values: WhereValues): Promise<Where> {
  const network = values.network === undefined ? undefined : await openNetwork(values.network);
  const ca = values.ca === undefined ? network?.authority.cert : await readFile(values.ca, 'utf8');
  const address = values.at === undefined ? {} : { address: placeOf(values.at) };
  return { network, place: { ...address, ...(ca === undefined ? {} : { ca }) } };
}
