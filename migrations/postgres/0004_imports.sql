-- Files of usage events that were imported, and how far each has got. The mark is written after the events up to it, so it can only be behind.
CREATE TABLE imports (
  -- SHA-256 of the whole file.
  id bytea PRIMARY KEY,
  name text NOT NULL,
  size_bytes bigint NOT NULL,
  done_bytes bigint NOT NULL,
  done_lines bigint NOT NULL,
  charged bigint NOT NULL,
  replayed bigint NOT NULL,
  amount_cents bigint NOT NULL,
  -- Rejected lines by the code that says why.
  rejected jsonb NOT NULL,
  started_at timestamptz NOT NULL,
  finished_at timestamptz
);
