-- Keys of the API. The secret is stored as its SHA-256 only, so that a copy of this table opens nothing.
CREATE TABLE api_keys (
  id uuid PRIMARY KEY,
  owner_id uuid NOT NULL REFERENCES tenants (id),
  name text NOT NULL,
  -- The beginning of the secret, by which people recognise it.
  shown text NOT NULL,
  hash bytea NOT NULL UNIQUE,
  scopes text NOT NULL,
  mode text NOT NULL CHECK (mode IN ('live', 'test')),
  rate_per_minute bigint NOT NULL CHECK (rate_per_minute > 0),
  -- One form makes one key, however often it is sent.
  request_key text NOT NULL,
  created_by uuid REFERENCES persons (id),
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  revoked_by uuid REFERENCES persons (id),
  UNIQUE (owner_id, request_key)
);
CREATE INDEX api_keys_by_owner ON api_keys (owner_id, created_at);
