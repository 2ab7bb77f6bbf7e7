-- Of a partial room: the bucket of people from which on its state is still to be fetched, and the 256 bucket hashes its sealed
-- head stands for (8192 bytes). A room that is partial already begins anew and is checked as a whole.
ALTER TABLE rooms ADD COLUMN covered smallint, ADD COLUMN buckets bytea;
UPDATE rooms SET covered = 0, buckets = '' WHERE status = 'partial';
