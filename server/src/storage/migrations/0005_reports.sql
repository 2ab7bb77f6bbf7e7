-- What people have reported. `evidence` is kept until every receiver has it.
CREATE TABLE reports (
  account_id bigint NOT NULL,
  at bigint NOT NULL,
  item text COLLATE "C" NOT NULL,
  sender text COLLATE "C" NOT NULL,
  room_id text COLLATE "C",
  reason text NOT NULL,
  evidence text,
  PRIMARY KEY (account_id, item)
);
CREATE INDEX reports_at ON reports USING brin (at);

-- A report as each of its receivers is sent it, and what that one says of it.
CREATE TABLE report_copies (
  domain text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  account_id bigint NOT NULL,
  hash text COLLATE "C" NOT NULL,
  item text COLLATE "C" NOT NULL,
  state text NOT NULL,
  jws text COLLATE "C" NOT NULL,
  PRIMARY KEY (domain, hash)
);
CREATE INDEX report_copies_account ON report_copies (account_id, item);
CREATE INDEX report_copies_waiting ON report_copies (domain, at) WHERE state = 'waiting';
CREATE INDEX report_copies_at ON report_copies USING brin (at);

-- What this provider was told, its own people's reports among it. `told`: its sender knows the decision.
CREATE TABLE reports_received (
  domain text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  hash text COLLATE "C" NOT NULL,
  sender text COLLATE "C" NOT NULL,
  room_id text COLLATE "C",
  reason text NOT NULL,
  note text,
  state text NOT NULL,
  told boolean NOT NULL,
  jws text COLLATE "C" NOT NULL,
  evidence text NOT NULL,
  PRIMARY KEY (domain, hash)
);
CREATE INDEX reports_received_untold ON reports_received (domain) WHERE NOT told;
CREATE INDEX reports_received_hash ON reports_received (hash);
CREATE INDEX reports_received_at ON reports_received USING brin (at);
