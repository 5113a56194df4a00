-- Webhooks to others ------------------------------------------------------------------------------

-- Where the platform or a reseller wants to hear of events. The secrets sign every delivery, so they are kept as they are.
CREATE TABLE endpoints (
  id BLOB PRIMARY KEY,
  owner_id BLOB NOT NULL REFERENCES tenants (id),
  url TEXT NOT NULL,
  description TEXT NOT NULL,
  events TEXT NOT NULL,
  secret BLOB NOT NULL,
  secret_made_at INTEGER NOT NULL,
  -- The secret before, good until both sides have changed.
  previous_secret BLOB,
  previous_until_at INTEGER,
  active INTEGER NOT NULL,
  -- Since when every attempt has failed.
  failing_since_at INTEGER,
  disabled_at INTEGER,
  disabled_reason TEXT CHECK (disabled_reason IN ('by_hand', 'failing', 'gone')),
  created_by BLOB REFERENCES persons (id),
  created_at INTEGER NOT NULL,
  CHECK ((previous_secret IS NULL) = (previous_until_at IS NULL))
) STRICT;
CREATE INDEX endpoints_by_owner ON endpoints (owner_id, created_at);

-- One event on its way to one endpoint; its id is the same at every attempt. The owner is the endpoint's.
CREATE TABLE webhook_deliveries (
  id BLOB PRIMARY KEY,
  endpoint_id BLOB NOT NULL REFERENCES endpoints (id),
  owner_id BLOB NOT NULL REFERENCES tenants (id),
  customer_id BLOB REFERENCES tenants (id),
  -- Names the fact, so that no endpoint is told the same one twice.
  fact TEXT NOT NULL,
  event_type TEXT NOT NULL,
  body TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('waiting', 'delivered', 'failed')),
  attempts INTEGER NOT NULL,
  next_attempt_at INTEGER NOT NULL,
  last_attempt_at INTEGER,
  last_status INTEGER,
  last_error TEXT,
  last_answer TEXT,
  created_at INTEGER NOT NULL,
  delivered_at INTEGER,
  UNIQUE (endpoint_id, fact)
) STRICT;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE status = 'waiting';
CREATE INDEX webhook_deliveries_of_endpoint ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (created_at);

-- Customers who were told that their balance will soon be used up; the row goes when it lasts longer again.
CREATE TABLE forecast_alerts (
  customer_id BLOB PRIMARY KEY REFERENCES tenants (id),
  since_at INTEGER NOT NULL
) STRICT;
