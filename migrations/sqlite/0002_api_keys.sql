-- Keys of the API. The secret is stored as its SHA-256 only, so that a copy of this table opens nothing.
CREATE TABLE api_keys (
  id BLOB PRIMARY KEY,
  owner_id BLOB NOT NULL REFERENCES tenants (id),
  name TEXT NOT NULL,
  -- The beginning of the secret, by which people recognise it.
  shown TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE,
  scopes TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('live', 'test')),
  rate_per_minute INTEGER NOT NULL CHECK (rate_per_minute > 0),
  -- One form makes one key, however often it is sent.
  request_key TEXT NOT NULL,
  created_by BLOB REFERENCES persons (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER,
  revoked_at INTEGER,
  revoked_by BLOB REFERENCES persons (id),
  UNIQUE (owner_id, request_key)
) STRICT;
CREATE INDEX api_keys_by_owner ON api_keys (owner_id, created_at);
