import { decodeBase64url } from './base64url.js';
import { ImportedChain, openImportedSeal } from './imported-seal.js';
import { parseImportedLine } from './imported-lines.js';
import type { ImportedHeader, ImportedLine } from './imported-lines.js';
import { keyThumbprint } from './key-thumbprint.js';

export interface ImportedFault {
  readonly code: 'bad-import' | 'bad-seal' | 'import-changed' | 'cut-tail';
  /** counted from 1 */
  readonly line: number;
  readonly detail: string;
}

/** What is known of an imported archive. Nothing in it is signed by whoever is said to have written it. */
export interface ImportedReport {
  readonly header?: ImportedHeader;
  /** key id of the importer's key */
  readonly key?: string;
  readonly messages: number;
  readonly services: number;
  /** different authors, counted up to 100,000 */
  readonly people: number;
  readonly fault?: ImportedFault;
}

const PEOPLE_MAX = 100_000;

/** Verifies an imported archive line by line. @see PV-IMP-009, PV-IMP-010 */
export class ImportedVerifier {
  readonly #chain = new ImportedChain();
  readonly #people = new Set<string>();
  #header: ImportedHeader | undefined;
  #messages = 0;
  #services = 0;
  #isOver = false;
  #fault: ImportedFault | undefined;

  /** @returns whether to go on */
  take(bytes: Uint8Array): boolean {
    const line = parseImportedLine(bytes);
    this.#fault = line.ok ? this.#faultOf(line.value) : { code: 'bad-import', ...this.#at(line.detail) };
    if (this.#fault !== undefined) return false;
    this.#chain.add(bytes);
    return true;
  }

  report(): ImportedReport {
    const x = this.#header && decodeBase64url(this.#header.key);
    const fault = this.#fault ?? (this.#isOver ? undefined : { code: 'cut-tail' as const, ...this.#at('no end') });
    return {
      ...(this.#header !== undefined && { header: this.#header }),
      ...(x?.length === 32 && { key: keyThumbprint(x) }),
      ...{ messages: this.#messages, services: this.#services, people: this.#people.size },
      ...(fault !== undefined && { fault }),
    };
  }

  #faultOf(line: ImportedLine): ImportedFault | undefined {
    const isFirst = this.#chain.lines === 0;
    if (isFirst !== (line.kind === 'header') || this.#isOver)
      return { code: 'bad-import', ...this.#at('out of place') };
    if (line.kind === 'header') this.#header = line.header;
    else if (line.kind === 'end') return this.#faultOfEnd(line);
    else if (line.kind === 'message') this.#messages += 1;
    else this.#services += 1;
    const by = line.kind === 'message' ? (line.message.by?.id ?? line.message.by?.name) : undefined;
    if (by !== undefined && this.#people.size < PEOPLE_MAX) this.#people.add(by);
    return undefined;
  }

  #faultOfEnd({ messages, services, seal }: Extract<ImportedLine, { kind: 'end' }>): ImportedFault | undefined {
    this.#isOver = true;
    const sealed = openImportedSeal(seal, this.#header?.key ?? '');
    if (sealed === undefined) return { code: 'bad-seal', ...this.#at('not signed by the importer’s key') };
    const isSame =
      sealed.hash === this.#chain.hash && sealed.lines === this.#chain.lines && messages === this.#messages;
    if (isSame && services === this.#services) return undefined;
    return { code: 'import-changed', ...this.#at('not the lines that were sealed') };
  }

  #at(detail: string): { line: number; detail: string } {
    return { line: this.#chain.lines + 1, detail };
  }
}
