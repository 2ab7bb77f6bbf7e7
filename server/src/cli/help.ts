import { flagName, settings } from '../config.js';
import type { Setting } from '../config.js';
import type { Command, SettingName } from './command.js';
import type { CommandEntry } from './commands.js';

const WIDTH = 78;

/** Help on everything: the commands, one line each. */
export function overview(entries: readonly CommandEntry[]): string {
  const width = Math.max(...entries.map(({ name }) => name.length));
  return [
    'Payvand lets people on different messengers talk to each other.',
    '',
    'payvand <command> [flags]',
    '',
    ...entries.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'payvand <command> --help   more about a command',
    '--json                     answers for programs: one JSON object a line, errors too',
    '',
    'Exit codes: 0 done, 1 could not, 2 asked wrongly.',
  ].join('\n');
}

/** Help on one command. */
export function commandHelp({ name, summary }: CommandEntry, command: Command): string {
  const usage = command.usage === undefined ? '' : ` ${command.usage}`;
  const own = Object.entries(command.flags ?? {}).map(([flag, { value, sentence }]) =>
    entry(`${flagName(flag)}${value === undefined ? '' : ` <${value}>`}`, [sentence]),
  );
  return [
    `payvand ${name}${usage} [flags]`,
    '',
    `  ${sentenceCase(summary)}.`,
    ...(command.details === undefined ? [] : ['', ...command.details.split('\n').map((line) => `  ${line}`)]),
    '',
    ...own,
    ...command.settings.map((setting) => settingHelp(setting)),
    entry('--json', ['answers for programs: one JSON object a line, errors too']),
  ].join('\n');
}

function settingHelp(name: SettingName): string {
  const { type, unit, sentence, env, fallback }: Setting<unknown> = settings[name];
  const ends = [describeFallback(fallback, unit), `variable ${env}`].filter((part) => part !== '');
  return entry(`${flagName(name)} <${type}>`, [sentence, `(${ends.join('; ')})`]);
}

function describeFallback(fallback: unknown, unit: string | undefined): string {
  if (typeof fallback === 'string' || typeof fallback === 'number')
    return `default ${fallback}${unit === undefined ? '' : ` ${unit}`}`;
  if (typeof fallback === 'object' && fallback !== null && 'port' in fallback) {
    const { host, port } = fallback as { host?: string; port: number };
    return `default ${host === undefined ? '' : `${host}:`}${port}`;
  }
  return '';
}

function entry(left: string, sentences: readonly string[]): string {
  return [`  ${left}`, ...wrap(sentences.join(' ')).map((line) => `      ${line}`)].join('\n');
}

function wrap(text: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + word.length >= WIDTH - 6) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
