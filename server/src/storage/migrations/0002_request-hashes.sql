-- What a request key was used for, so that it is not taken for something else; null where that was not kept yet.
ALTER TABLE sent ADD COLUMN request_hash bytea;

-- Notes of an account up to this number have expired. Those that a later one says again go earlier.
ALTER TABLE accounts ADD COLUMN log_gone bigint NOT NULL DEFAULT 0;
UPDATE accounts a SET log_gone =
  coalesce((SELECT min(l.n) - 1 FROM account_log l WHERE l.account_id = a.account_id), a.log_n);
CREATE INDEX account_log_body ON account_log (account_id, md5(body));

DROP TABLE meta;
