import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { CommandError } from './command.js';
import type { World } from './command.js';

const LENGTH_MAX = 1024;

/**
 * Asks for a secret: typed unseen at a terminal, else the first line of standard input. Never from the command line,
 * where every user of the machine could read it.
 *
 * @param question what to ask, without colon
 * @throws CommandError `no-password`: nothing was given · `cancelled`
 */
export async function readSecret(
  { stdin, stderr }: Pick<World, 'stdin' | 'stderr'>,
  question: string,
): Promise<string> {
  const secret = stdin.isTTY ? await typeUnseen(stdin, stderr, question) : await firstLine(stdin);
  if (secret === '') throw new CommandError('no-password', `${question}: nothing was given`);
  return secret.slice(0, LENGTH_MAX);
}

async function firstLine(stdin: World['stdin']): Promise<string> {
  const lines = createInterface({ input: stdin, crlfDelay: Infinity });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
    stdin.destroy();
  }
}

async function typeUnseen(stdin: World['stdin'], stderr: World['stderr'], question: string): Promise<string> {
  stderr.write(`${question}: `);
  stdin.setRawMode(true).setEncoding('utf8').resume();
  let typed = '';
  try {
    for (;;) {
      const [text] = (await once(stdin, 'data')) as [string];
      for (const letter of text) {
        if (letter === '\r' || letter === '\n') return typed;
        if (letter === '\u0003' || letter === '\u0004') throw new CommandError('cancelled', 'nothing was changed');
        typed = letter === '\u007F' || letter === '\b' ? Array.from(typed).slice(0, -1).join('') : typed + letter;
      }
    }
  } finally {
    stdin.setRawMode(false).pause();
    stderr.write('\n');
  }
}
