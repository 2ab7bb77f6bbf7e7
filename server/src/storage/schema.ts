import { boolean, doublePrecision, integer, pgTable, primaryKey, smallint, text } from 'drizzle-orm/pg-core';
import { bytes, count, id, int8 } from './column-types.js';

/** The tables as `migrations/` makes them, with those of `personal-schema`; a test compares them. What columns mean is written there. */

export const rooms = pgTable('rooms', {
  room_id: text().primaryKey(),
  kind: text().notNull(),
  hub: id(),
  creator: text(),
  peer: text(),
  status: text().notNull(),
  code: text(),
  title: text(),
  seq: count(),
  first_seq: count(),
  at: count(),
  epoch: integer().notNull(),
  hash: bytes().notNull(),
  state_hash: bytes(),
  committed: int8(),
  seal: text(),
  seal_index: integer(),
  seal_size: integer(),
  seal_path: bytes(),
  covered: smallint(),
  buckets: bytes(),
});

export const log = pgTable(
  'log',
  {
    seq: count(),
    at: count(),
    epoch: integer().notNull(),
    room_id: id(),
    event_id: id(),
    type: text().notNull(),
    sender: text().notNull(),
    void: text(),
    statement: text(),
    jws_hash: bytes(),
    hash: bytes().notNull(),
    jws: text(),
    content: text(),
  },
  (t) => [primaryKey({ columns: [t.room_id, t.seq] })],
);

export const expiring = pgTable('expiring', { seq: count(), expires_at: count(), room_id: id() }, (t) => [
  primaryKey({ columns: [t.room_id, t.seq] }),
]);

export const snapshotEvents = pgTable(
  'snapshot_events',
  {
    seq: count(),
    at: count(),
    epoch: integer().notNull(),
    room_id: id(),
    event_id: id(),
    sender: text().notNull(),
    statement: text(),
    jws: text().notNull(),
    content: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.room_id, t.seq] })],
);

export const roomState = pgTable(
  'room_state',
  { seq: count(), bucket: smallint().notNull(), room_id: id(), type: id(), key: id(), event_id: id() },
  (t) => [primaryKey({ columns: [t.room_id, t.bucket, t.type, t.key, t.seq] })],
);

export const roomHeads = pgTable(
  'room_heads',
  {
    seq: count(),
    at: count(),
    committed: count(),
    epoch: integer().notNull(),
    seal_index: integer().notNull(),
    seal_size: integer().notNull(),
    room_id: id(),
    hub: id(),
    hash: bytes().notNull(),
    state_hash: bytes().notNull(),
    seal_path: bytes().notNull(),
    seal: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.room_id, t.seq] })],
);

export const relations = pgTable(
  'relations',
  { seq: count(), room_id: id(), target: id(), kind: id(), event_id: id(), sender: id() },
  (t) => [primaryKey({ columns: [t.room_id, t.target, t.kind, t.seq] })],
);

export const roomProviders = pgTable(
  'room_providers',
  { from_seq: count(), to_seq: int8(), room_id: id(), domain: id() },
  (t) => [primaryKey({ columns: [t.room_id, t.domain, t.from_seq] })],
);

export const roomAccounts = pgTable('room_accounts', { account_id: count(), room_id: id() }, (t) => [
  primaryKey({ columns: [t.room_id, t.account_id] }),
]);

export const readMarks = pgTable(
  'read_marks',
  { seq: count(), counter: count(), room_id: id(), address: id() },
  (t) => [primaryKey({ columns: [t.room_id, t.address] })],
);

export const mentions = pgTable('mentions', { account_id: count(), seq: count(), at: count(), room_id: id() }, (t) => [
  primaryKey({ columns: [t.room_id, t.account_id, t.seq] }),
]);

export const proofs = pgTable(
  'proofs',
  { at: count(), room_id: id(), kind: text().notNull(), proof_hash: bytes().notNull(), proof: text().notNull() },
  (t) => [primaryKey({ columns: [t.room_id, t.proof_hash] })],
);

export const statements = pgTable('statements', {
  hash: text().primaryKey(),
  domain: id(),
  version: count(),
  jws: text().notNull(),
});

export const accountNames = pgTable('account_names', { localpart: text().primaryKey(), account_id: count() });

export const accounts = pgTable('accounts', {
  account_id: int8().primaryKey(),
  created_at: count(),
  closed_at: int8(),
  log_n: count().default(0),
  log_gone: count().default(0),
  owner: boolean().notNull().default(false),
  receipts: boolean().notNull().default(true),
  localpart: id(),
  name: text().notNull(),
  password: text().notNull(),
  limited: boolean().notNull().default(false),
  guardian: text(),
});

export const reports = pgTable(
  'reports',
  {
    account_id: count(),
    at: count(),
    item: id(),
    sender: id(),
    room_id: text(),
    reason: text().notNull(),
    evidence: text(),
  },
  (t) => [primaryKey({ columns: [t.account_id, t.item] })],
);

export const reportCopies = pgTable(
  'report_copies',
  { domain: id(), at: count(), account_id: count(), hash: id(), item: id(), state: text().notNull(), jws: id() },
  (t) => [primaryKey({ columns: [t.domain, t.hash] })],
);

export const reportsReceived = pgTable(
  'reports_received',
  {
    domain: id(),
    at: count(),
    hash: id(),
    sender: id(),
    room_id: text(),
    reason: text().notNull(),
    note: text(),
    state: text().notNull(),
    told: boolean().notNull(),
    jws: id(),
    evidence: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.domain, t.hash] })],
);

export const profiles = pgTable('profiles', {
  account_id: int8().primaryKey(),
  bio: text(),
  status: text(),
  handle: text(),
  shown: text().notNull(),
});

export const sessions = pgTable(
  'sessions',
  {
    account_id: count(),
    session_id: count(),
    created_at: count(),
    used_at: count(),
    token_hash: bytes().notNull(),
    device: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account_id, t.session_id] })],
);

export const codes = pgTable('codes', { code_hash: bytes().primaryKey(), until: count(), owner: boolean().notNull() });

export const accountRooms = pgTable(
  'account_rooms',
  {
    account_id: count(),
    visible_from: count(),
    joined_seq: count(),
    left_seq: int8(),
    read_seq: count(),
    room_id: id(),
    membership: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account_id, t.room_id] })],
);

export const accountLog = pgTable(
  'account_log',
  { account_id: count(), n: count(), at: count(), kind: text().notNull(), body: text().notNull() },
  (t) => [primaryKey({ columns: [t.account_id, t.n] })],
);

export const requests = pgTable(
  'requests',
  {
    account_id: count(),
    at: count(),
    until: count(),
    id: id(),
    kind: text().notNull(),
    room_id: id(),
    hub: id(),
    sender: id(),
    state: text().notNull(),
    body: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.account_id, t.id] })],
);

export const blocks = pgTable('blocks', { account_id: count(), at: count(), address: id() }, (t) => [
  primaryKey({ columns: [t.account_id, t.address] }),
]);

export const sent = pgTable(
  'sent',
  {
    account_id: count(),
    at: count(),
    request_key: id(),
    room_id: id(),
    event_id: id(),
    code: text(),
    request_hash: bytes(),
  },
  (t) => [primaryKey({ columns: [t.account_id, t.request_key] })],
);

export const providers = pgTable('providers', {
  domain: text().primaryKey(),
  first_seen: count(),
  fetched_at: count(),
  limit_factor: doublePrecision().notNull().default(1),
  blocked: boolean().notNull().default(false),
  document: text(),
  contacts_asked: integer().notNull().default(0),
  contacts_granted: integer().notNull().default(0),
  contacts_reported: integer().notNull().default(0),
});

export const pending = pgTable(
  'pending',
  {
    n: count(),
    at: count(),
    account_id: int8(),
    hub: id(),
    room_id: id(),
    event_id: id(),
    request_key: text(),
    state: text().notNull().default('pending'),
    code: text(),
    jws: text().notNull(),
    content: text().notNull(),
    statement: text(),
  },
  (t) => [primaryKey({ columns: [t.hub, t.event_id] })],
);

export const peerCursors = pgTable('peer_cursors', { seq: count(), domain: id(), room_id: id() }, (t) => [
  primaryKey({ columns: [t.domain, t.room_id] }),
]);

export const outboxMail = pgTable('outbox_mail', { n: count(), until: count(), domain: id(), jws: id() }, (t) => [
  primaryKey({ columns: [t.domain, t.n] }),
]);

export const mailSeen = pgTable('mail_seen', { hash: bytes().primaryKey(), until: count() });
