-- The primary key of every table starts with the column its rows would be distributed by: room_id, account_id or a domain.
-- Nothing refers to, or is unique across, another distribution column. Times are milliseconds, hashes are bytea,
-- ids and signed text compare by byte.

-- Rooms: one row each, with the newest sealed head ---------------------------------------------------------------

CREATE TABLE rooms (
  room_id text COLLATE "C" PRIMARY KEY,
  kind text NOT NULL,
  hub text COLLATE "C" NOT NULL,
  creator text COLLATE "C",
  peer text COLLATE "C",
  status text NOT NULL,
  code text,
  title text,
  seq bigint NOT NULL,
  first_seq bigint NOT NULL,
  at bigint NOT NULL,
  epoch integer NOT NULL,
  hash bytea NOT NULL,
  state_hash bytea,
  committed bigint,
  seal text COLLATE "C",
  seal_index integer,
  seal_size integer,
  seal_path bytea
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- jws is null where only the header may be held (then, and only then, its hash is kept), content where it is erased
-- or not held.
CREATE TABLE log (
  seq bigint NOT NULL,
  at bigint NOT NULL,
  epoch integer NOT NULL,
  room_id text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  sender text COLLATE "C" NOT NULL,
  void text,
  statement text COLLATE "C",
  jws_hash bytea,
  hash bytea NOT NULL,
  jws text COLLATE "C",
  content text COLLATE "C",
  PRIMARY KEY (room_id, seq),
  UNIQUE (room_id, event_id)
);
-- Signed text is base64url of random-looking bytes: trying to compress it costs time and saves nothing.
ALTER TABLE log ALTER COLUMN jws SET STORAGE EXTERNAL;

-- The events behind the entries of a snapshot: they stand below the part of the log that is held.
CREATE TABLE snapshot_events (
  seq bigint NOT NULL,
  at bigint NOT NULL,
  epoch integer NOT NULL,
  room_id text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  sender text COLLATE "C" NOT NULL,
  statement text COLLATE "C",
  jws text COLLATE "C" NOT NULL,
  content text COLLATE "C" NOT NULL,
  PRIMARY KEY (room_id, seq)
);

-- Every version of every entry, so that the state at any stored head can be read. The bucket follows from type and key.
CREATE TABLE room_state (
  seq bigint NOT NULL,
  bucket smallint NOT NULL,
  room_id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (room_id, bucket, type, key, seq)
);

CREATE TABLE room_heads (
  seq bigint NOT NULL,
  at bigint NOT NULL,
  committed bigint NOT NULL,
  epoch integer NOT NULL,
  seal_index integer NOT NULL,
  seal_size integer NOT NULL,
  room_id text COLLATE "C" NOT NULL,
  hub text COLLATE "C" NOT NULL,
  hash bytea NOT NULL,
  state_hash bytea NOT NULL,
  seal_path bytea NOT NULL,
  seal text COLLATE "C" NOT NULL,
  PRIMARY KEY (room_id, seq)
);

-- Which events edit, delete, react to … which; effective ones only.
CREATE TABLE relations (
  seq bigint NOT NULL,
  room_id text COLLATE "C" NOT NULL,
  target text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  sender text COLLATE "C" NOT NULL,
  PRIMARY KEY (room_id, target, kind, seq)
);

-- Ranges of the log a provider may read; to_seq is null while it takes part.
CREATE TABLE room_providers (
  from_seq bigint NOT NULL,
  to_seq bigint,
  room_id text COLLATE "C" NOT NULL,
  domain text COLLATE "C" NOT NULL,
  PRIMARY KEY (room_id, domain, from_seq)
);
CREATE INDEX room_providers_domain ON room_providers (domain, room_id);

CREATE TABLE room_accounts (
  account_id bigint NOT NULL,
  room_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (room_id, account_id)
);

CREATE TABLE read_marks (
  seq bigint NOT NULL,
  counter bigint NOT NULL,
  room_id text COLLATE "C" NOT NULL,
  address text COLLATE "C" NOT NULL,
  PRIMARY KEY (room_id, address)
) WITH (fillfactor = 70);

CREATE TABLE proofs (
  at bigint NOT NULL,
  room_id text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  proof_hash bytea NOT NULL,
  proof text NOT NULL,
  PRIMARY KEY (room_id, proof_hash)
);

-- Kept for ever: old records verify under them.
CREATE TABLE statements (
  hash text COLLATE "C" PRIMARY KEY,
  domain text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  jws text COLLATE "C" NOT NULL
);

-- People ---------------------------------------------------------------------------------------------------------

-- A localpart stays here for ever, so that an address is never given to someone else.
CREATE SEQUENCE account_ids;
CREATE TABLE account_names (
  localpart text COLLATE "C" PRIMARY KEY,
  account_id bigint NOT NULL
);

CREATE TABLE accounts (
  account_id bigint PRIMARY KEY,
  created_at bigint NOT NULL,
  closed_at bigint,
  log_n bigint NOT NULL DEFAULT 0,
  owner boolean NOT NULL DEFAULT false,
  receipts boolean NOT NULL DEFAULT true,
  localpart text COLLATE "C" NOT NULL,
  name text NOT NULL,
  password text NOT NULL
);

CREATE SEQUENCE session_ids;
CREATE TABLE sessions (
  account_id bigint NOT NULL,
  session_id bigint NOT NULL,
  created_at bigint NOT NULL,
  used_at bigint NOT NULL,
  token_hash bytea NOT NULL,
  device text NOT NULL,
  PRIMARY KEY (account_id, session_id)
);

CREATE TABLE codes (
  code_hash bytea PRIMARY KEY,
  until bigint NOT NULL,
  owner boolean NOT NULL
);

CREATE TABLE account_rooms (
  account_id bigint NOT NULL,
  visible_from bigint NOT NULL,
  joined_seq bigint NOT NULL,
  left_seq bigint,
  read_seq bigint NOT NULL,
  room_id text COLLATE "C" NOT NULL,
  membership text NOT NULL,
  PRIMARY KEY (account_id, room_id)
) WITH (fillfactor = 80);

CREATE TABLE account_log (
  account_id bigint NOT NULL,
  n bigint NOT NULL,
  at bigint NOT NULL,
  kind text NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (account_id, n)
);
CREATE INDEX account_log_at ON account_log USING brin (at);

CREATE TABLE requests (
  account_id bigint NOT NULL,
  at bigint NOT NULL,
  until bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  room_id text COLLATE "C" NOT NULL,
  hub text COLLATE "C" NOT NULL,
  sender text COLLATE "C" NOT NULL,
  state text NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX requests_until ON requests (until);

CREATE TABLE blocks (
  account_id bigint NOT NULL,
  at bigint NOT NULL,
  address text COLLATE "C" NOT NULL,
  PRIMARY KEY (account_id, address)
);

-- code is set once the event was refused; whether it is ordered stands in the log.
CREATE TABLE sent (
  account_id bigint NOT NULL,
  at bigint NOT NULL,
  request_key text COLLATE "C" NOT NULL,
  room_id text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  code text,
  PRIMARY KEY (account_id, request_key)
);
CREATE INDEX sent_at ON sent USING brin (at);

-- Other providers ------------------------------------------------------------------------------------------------

CREATE TABLE providers (
  domain text COLLATE "C" PRIMARY KEY,
  first_seen bigint NOT NULL,
  fetched_at bigint NOT NULL,
  limit_factor double precision NOT NULL DEFAULT 1,
  blocked boolean NOT NULL DEFAULT false,
  document text COLLATE "C"
);

-- What waits for a hub's answer, in the order it was taken on.
CREATE SEQUENCE pending_n;
CREATE TABLE pending (
  n bigint NOT NULL DEFAULT nextval('pending_n'),
  at bigint NOT NULL,
  account_id bigint,
  hub text COLLATE "C" NOT NULL,
  room_id text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  request_key text COLLATE "C",
  state text NOT NULL DEFAULT 'pending',
  code text,
  jws text COLLATE "C" NOT NULL,
  content text COLLATE "C" NOT NULL,
  statement text COLLATE "C",
  PRIMARY KEY (hub, event_id)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX pending_order ON pending (hub, n) WHERE state = 'pending';
CREATE INDEX pending_refused ON pending (at) WHERE state = 'refused';
CREATE INDEX pending_account ON pending (account_id, n);

CREATE TABLE peer_cursors (
  seq bigint NOT NULL,
  domain text COLLATE "C" NOT NULL,
  room_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (domain, room_id)
) WITH (fillfactor = 70);

CREATE SEQUENCE outbox_mail_n;
CREATE TABLE outbox_mail (
  n bigint NOT NULL DEFAULT nextval('outbox_mail_n'),
  until bigint NOT NULL,
  domain text COLLATE "C" NOT NULL,
  jws text COLLATE "C" NOT NULL,
  PRIMARY KEY (domain, n)
);
CREATE INDEX outbox_mail_until ON outbox_mail (until);

CREATE TABLE mail_seen (
  hash bytea PRIMARY KEY,
  until bigint NOT NULL
);
CREATE INDEX mail_seen_until ON mail_seen (until);

CREATE TABLE meta (
  key text COLLATE "C" PRIMARY KEY,
  value text NOT NULL
);
