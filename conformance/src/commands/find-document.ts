import { readFile } from 'node:fs/promises';
import { Fault } from '../formats/fault.js';
import { parseDocument } from '../formats/provider-document.js';
import type { ProviderDocument } from '../formats/provider-document.js';
import { Misuse } from '../misuse.js';
import { Target } from '../network/target.js';
import type { TargetOptions } from '../network/target.js';

/** A provider document, and why it is believed. */
export interface FoundDocument {
  readonly document: ProviderDocument;
  readonly from: string;
}

export type DocumentFinder = (domain: string) => Promise<FoundDocument>;

/**
 * Looks in the files it was given; only where there are none does it fetch.
 *
 * @returns throws Fault `wrong-provider` when no file is of the domain · Unreachable
 */
export function documentFinder(files: readonly string[], where: Omit<TargetOptions, 'url'>): DocumentFinder {
  return async (domain) => {
    if (files.length > 0) return await findInFiles(files, domain);
    const target = new Target({ ...where, url: `https://${domain}` });
    await target.meet();
    return { document: target.document, from: `fetched from https://${domain}/.well-known/payvand` };
  };
}

async function findInFiles(files: readonly string[], domain: string): Promise<FoundDocument> {
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => {
      throw new Misuse(`${file} cannot be read`);
    });
    try {
      return { document: parseDocument(text.trim(), domain), from: `in ${file}, as it was given` };
    } catch (cause) {
      if (!(cause instanceof Fault)) throw cause;
      if (cause.code !== 'wrong-provider') throw new Misuse(`${file} is no provider document: ${cause.code}`);
    }
  }
  throw new Fault('wrong-provider');
}
