import { startsImported } from '../protocol/imported-lines.js';
import { ImportedVerifier } from '../protocol/verify-imported.js';
import { CommandError } from './command.js';
import type { CommandContext } from './command.js';
import { readLines } from './read-lines.js';

/** Whether a file begins as an imported archive. */
export async function isImported(file: string): Promise<boolean> {
  for await (const { bytes } of readLines(file)) return startsImported(bytes);
  return false;
}

/**
 * Verifies an imported archive, as far as there is anything to verify: that it is as its importer sealed it. It says in so many
 * words that the authors have signed nothing.
 *
 * @throws CommandError `bad-import` · `bad-seal` · `import-changed` · `cut-tail`
 * @see PV-IMP-009, PV-IMP-010
 */
export async function verifyImport({ output }: Pick<CommandContext, 'output'>, file: string): Promise<void> {
  const verifier = new ImportedVerifier();
  for await (const { bytes } of readLines(file)) if (!verifier.take(bytes)) break;
  const { header, key = '', messages, services, people, fault } = verifier.report();
  output.print(`imported ${file}`);
  if (header !== undefined) {
    const { from, chat, at } = header;
    output.print(`chat     ${chat.title ?? 'without a name'} (${chat.kind}), from ${from}`);
    output.print(`import   made ${new Date(at).toISOString()}, sealed with ${key}`);
    output.print(`holds    ${messages} messages of ${people} people, ${services} notes`);
  }
  output.print('authors  NOT signed: whoever made the import may have written or left out anything');
  output.print(
    fault === undefined ? 'unchanged since the import' : `NOT verified: line ${fault.line}: ${fault.detail}`,
  );
  const verdict = fault === undefined ? 'unchanged' : 'fault';
  const chat = header && { from: header.from, chat: header.chat, at: header.at };
  const found = { file, verdict, signedByAuthors: false, key, ...chat, messages, services, people };
  output.result({ imported: { ...found, ...(fault !== undefined && { fault }) } });
  if (fault === undefined) return;
  const exitCode = fault.code === 'bad-import' ? 3 : 1;
  throw new CommandError(fault.code, `line ${fault.line}: ${fault.detail}`, { exitCode });
}
