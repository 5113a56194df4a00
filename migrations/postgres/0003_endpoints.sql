-- Webhooks to others ------------------------------------------------------------------------------

-- Where the platform or a reseller wants to hear of events. The secrets sign every delivery, so they are kept as they are.
CREATE TABLE endpoints (
  id uuid PRIMARY KEY,
  owner_id uuid NOT NULL REFERENCES tenants (id),
  url text NOT NULL,
  description text NOT NULL,
  events text NOT NULL,
  secret bytea NOT NULL,
  secret_made_at timestamptz NOT NULL,
  -- The secret before, good until both sides have changed.
  previous_secret bytea,
  previous_until_at timestamptz,
  active boolean NOT NULL,
  -- Since when every attempt has failed.
  failing_since_at timestamptz,
  disabled_at timestamptz,
  disabled_reason text CHECK (disabled_reason IN ('by_hand', 'failing', 'gone')),
  created_by uuid REFERENCES persons (id),
  created_at timestamptz NOT NULL,
  CHECK ((previous_secret IS NULL) = (previous_until_at IS NULL))
);
CREATE INDEX endpoints_by_owner ON endpoints (owner_id, created_at);

-- One event on its way to one endpoint; its id is the same at every attempt. The owner is the endpoint's.
CREATE TABLE webhook_deliveries (
  id uuid PRIMARY KEY,
  endpoint_id uuid NOT NULL REFERENCES endpoints (id),
  owner_id uuid NOT NULL REFERENCES tenants (id),
  customer_id uuid REFERENCES tenants (id),
  -- Names the fact, so that no endpoint is told the same one twice.
  fact text NOT NULL,
  event_type text NOT NULL,
  body text NOT NULL,
  status text NOT NULL CHECK (status IN ('waiting', 'delivered', 'failed')),
  attempts bigint NOT NULL,
  next_attempt_at timestamptz NOT NULL,
  last_attempt_at timestamptz,
  last_status bigint,
  last_error text,
  last_answer text,
  created_at timestamptz NOT NULL,
  delivered_at timestamptz,
  UNIQUE (endpoint_id, fact)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE status = 'waiting';
CREATE INDEX webhook_deliveries_of_endpoint ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (created_at);

-- Customers who were told that their balance will soon be used up; the row goes when it lasts longer again.
CREATE TABLE forecast_alerts (
  customer_id uuid PRIMARY KEY REFERENCES tenants (id),
  since_at timestamptz NOT NULL
);
