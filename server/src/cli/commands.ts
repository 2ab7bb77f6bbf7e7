import type { Command } from './command.js';

/** A row of the command table; the code of a command is loaded when it is asked for. */
export interface CommandEntry {
  /** one or two words */
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** Every command there is, in the order of the help. */
export const commands: readonly CommandEntry[] = [
  { name: 'serve', summary: 'run a provider', load: async () => (await import('./serve.js')).serve },
  {
    name: 'demo',
    summary: 'three providers and their people, on this machine',
    load: async () => (await import('./demo.js')).demo,
  },
  { name: 'chat', summary: 'talk, in a terminal', load: async () => (await import('./chat.js')).chat },
  {
    name: 'doctor',
    summary: 'see whether a provider is well, and what to do',
    load: async () => (await import('./doctor.js')).doctor,
  },
  { name: 'user create', summary: 'make an account', load: async () => (await import('./user.js')).userCreate },
  {
    name: 'user reset-password',
    summary: 'set a new password and end all sessions',
    load: async () => (await import('./user.js')).userResetPassword,
  },
  { name: 'user close', summary: 'close an account for good', load: async () => (await import('./user.js')).userClose },
  {
    name: 'user limit',
    summary: 'keep strangers from a child’s or guest’s account',
    load: async () => (await import('./user.js')).userLimit,
  },
  { name: 'keys show', summary: 'show the public keys', load: async () => (await import('./keys.js')).keysShow },
  {
    name: 'keys rotate',
    summary: 'make new keys and retire the old',
    load: async () => (await import('./keys.js')).keysRotate,
  },
  { name: 'peers list', summary: 'list other providers', load: async () => (await import('./peers.js')).peersList },
  {
    name: 'peers check',
    summary: 'ask a provider who it is, now',
    load: async () => (await import('./peers.js')).peersCheck,
  },
  { name: 'peers block', summary: 'refuse a provider', load: async () => (await import('./peers.js')).peersBlock },
  { name: 'peers unblock', summary: 'take a block back', load: async () => (await import('./peers.js')).peersUnblock },
  {
    name: 'peers limit',
    summary: 'change the budgets of a provider',
    load: async () => (await import('./peers.js')).peersLimit,
  },
  {
    name: 'reports list',
    summary: 'list what people here and elsewhere report',
    load: async () => (await import('./reports.js')).reportsList,
  },
  {
    name: 'reports show',
    summary: 'show a report with what was said',
    load: async () => (await import('./reports.js')).reportsShow,
  },
  {
    name: 'reports decide',
    summary: 'tell the reporter what became of it',
    load: async () => (await import('./reports.js')).reportsDecide,
  },
  {
    name: 'peers proofs',
    summary: 'show what a provider can be held to',
    load: async () => (await import('./peers.js')).peersProofs,
  },
  {
    name: 'peers rejudge',
    summary: 'judge the quarantined rooms of a provider anew',
    load: async () => (await import('./peers.js')).peersRejudge,
  },
  {
    name: 'certificate',
    summary: 'make or check the certificate',
    load: async () => (await import('./certificate.js')).certificate,
  },
  {
    name: 'export-room',
    summary: 'write the log of a room as an archive',
    load: async () => (await import('./export-room.js')).exportRoom,
  },
  {
    name: 'import telegram',
    summary: 'make archives of what Telegram Desktop exported',
    load: async () => (await import('./import-telegram.js')).importTelegram,
  },
  { name: 'verify', summary: 'check an archive of a room', load: async () => (await import('./verify.js')).verify },
  { name: 'backup', summary: 'copy a stopped server', load: async () => (await import('./backup.js')).backup },
  { name: 'restore', summary: 'bring a copy back', load: async () => (await import('./backup.js')).restore },
];
