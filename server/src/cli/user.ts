import { ProtocolError } from '../protocol/protocol-error.js';
import { closeUser, createUser, limitUser, resetPassword } from '../services/accounts/operate-accounts.js';
import { CommandError } from './command.js';
import type { Command, CommandContext } from './command.js';
import { asOperator } from './open-operator.js';
import { existingDomain } from './own-domain.js';
import { readSecret } from './read-secret.js';

const shared = {
  usage: '<name>',
  words: [1, 1],
  settings: ['dataDir', 'databaseUrl'],
} as const satisfies Partial<Command>;

const aboutPasswords = [
  'The password (8 characters or more) is asked for; without a terminal it is the first line of standard input.',
  'Works while the server runs.',
].join('\n');

export const userCreate: Command = {
  ...shared,
  details: `Makes an account, whatever --sign-up says. <name> is what stands before the @.\n${aboutPasswords}`,
  flags: { name: { value: 'text', sentence: 'name others are shown; the name before the @ by default' } },
  async run(context) {
    const localpart = await wantedLocalpart(context);
    const password = await readSecret(context.world, `Password for ${localpart}`);
    const { name } = context.flags;
    const { address } = await asOperator(context, (operator) =>
      createUser(operator, { localpart, password, ...(name !== undefined && { name }) }).catch(explainTo(localpart)),
    );
    context.output.print(`${address} can log in now.`);
    context.output.result({ address });
  },
};

export const userResetPassword: Command = {
  ...shared,
  details: `Sets a new password and ends every session of the account.\n${aboutPasswords}`,
  async run(context) {
    const localpart = await wantedLocalpart(context);
    const password = await readSecret(context.world, `New password for ${localpart}`);
    await asOperator(context, (operator) => resetPassword(operator, localpart, password).catch(explainTo(localpart)));
    context.output.print(`${localpart} has a new password; all sessions have ended.`);
    context.output.result({ localpart, reset: true });
  },
};

export const userClose: Command = {
  ...shared,
  flags: { deleteContent: { sentence: 'also delete what the person wrote, everywhere' } },
  details: [
    'Ends every session of the account for good. Its address is never given to anybody else. The running server hands its',
    'groups over, leaves its rooms and erases what is kept about it. Works while the server runs.',
  ].join('\n'),
  async run(context) {
    const localpart = await wantedLocalpart(context);
    const content = context.flags['deleteContent'] === undefined ? 'keep' : 'delete';
    await asOperator(context, (operator) => closeUser(operator, localpart, content).catch(explainTo(localpart)));
    context.output.print(`${localpart} is closed.`);
    context.output.result({ localpart, closed: true });
  },
};

export const userLimit: Command = {
  ...shared,
  details: [
    'Strangers cannot reach a limited account, nor find out that it is there: for children and guests.',
    'Works while the server runs.',
  ].join('\n'),
  flags: {
    off: { sentence: 'lift the limit' },
    guardian: { value: 'name', sentence: 'whose account here may limit this one from now on; none takes that back' },
  },
  async run(context) {
    const localpart = await wantedLocalpart(context);
    const { off, guardian } = context.flags;
    const change = { limited: off === undefined, ...(guardian !== undefined && { guardian }) };
    await asOperator(context, (operator) => limitUser(operator, localpart, change).catch(explainTo(localpart)));
    context.output.print(`${localpart} is ${change.limited ? 'limited' : 'no longer limited'}.`);
    context.output.result({ localpart, ...change });
  },
};

/** People may give the whole address. */
async function wantedLocalpart({ args: [name = ''], config }: CommandContext): Promise<string> {
  const [localpart = '', domain] = name.split('@');
  const ours = await existingDomain(config);
  if (domain !== undefined && domain !== ours)
    throw new CommandError('not-found', `this provider is ${ours}, it has no accounts of ${domain}`);
  return localpart;
}

function explainTo(localpart: string): (cause: unknown) => never {
  return (cause) => {
    if (!(cause instanceof ProtocolError)) throw cause;
    const { code, members } = cause;
    throw new CommandError(code, sentences[`${code}${members.part ?? ''}`]?.(localpart) ?? cause.message, { cause });
  };
}

const sentences: Readonly<Record<string, (localpart: string) => string>> = {
  taken: (localpart) => `${localpart} is taken, or was once and is never given again`,
  'not-found': (localpart) => `there is no open account ${localpart}`,
  'not-found/guardian': () => 'there is no open account of that guardian here',
  'bad-request/localpart': () =>
    'a name is 1 to 64 of a–z, 0–9, dot, hyphen and underscore, and begins with a letter or digit',
  'bad-request/password': () => 'a password has 8 to 256 characters',
  'bad-request/name': () => 'the shown name has 1 to 64 characters, none of them control characters',
};
