-- Files of usage events that were imported, and how far each has got. The mark is written after the events up to it, so it can only be behind.
CREATE TABLE imports (
  -- SHA-256 of the whole file.
  id BLOB PRIMARY KEY,
  name TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  done_bytes INTEGER NOT NULL,
  done_lines INTEGER NOT NULL,
  charged INTEGER NOT NULL,
  replayed INTEGER NOT NULL,
  amount_cents INTEGER NOT NULL,
  -- Rejected lines by the code that says why.
  rejected TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;
