-- Parties ---------------------------------------------------------------------------------------

CREATE TABLE tenants (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('platform', 'reseller', 'customer')),
  reseller_id uuid REFERENCES tenants (id),
  number text NOT NULL UNIQUE,
  name text NOT NULL,
  active boolean NOT NULL,
  low_balance_cents bigint NOT NULL,
  stripe_customer text UNIQUE,
  support_contact text,
  created_at timestamptz NOT NULL,
  CHECK (reseller_id IS NULL OR kind = 'customer')
);
CREATE INDEX tenants_by_reseller ON tenants (reseller_id, number);
CREATE UNIQUE INDEX tenants_one_platform ON tenants (kind) WHERE kind = 'platform';

CREATE TABLE persons (
  id uuid PRIMARY KEY,
  email text NOT NULL UNIQUE,
  name text NOT NULL,
  password_hash text NOT NULL,
  language text NOT NULL,
  theme text NOT NULL,
  active boolean NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE TABLE memberships (
  person_id uuid NOT NULL REFERENCES persons (id),
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  role text NOT NULL CHECK (role IN ('admin', 'finance', 'support', 'owner', 'staff', 'accounting', 'viewer')),
  created_at timestamptz NOT NULL,
  PRIMARY KEY (person_id, tenant_id)
);
CREATE INDEX memberships_by_tenant ON memberships (tenant_id);

-- A session's id is stored as its SHA-256 only, so that a copy of this table signs nobody in.
CREATE TABLE sessions (
  id_hash bytea PRIMARY KEY,
  person_id uuid REFERENCES persons (id),
  data jsonb NOT NULL,
  address text,
  agent text,
  created_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_person ON sessions (person_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE throttles (
  key bytea PRIMARY KEY,
  attempts bigint NOT NULL,
  window_ends_at timestamptz NOT NULL
);

-- Values the product makes once and keeps, such as the key of form tokens.
CREATE TABLE secrets (
  name text PRIMARY KEY,
  value bytea NOT NULL
);

-- Prices ----------------------------------------------------------------------------------------

CREATE TABLE prices (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  audience text NOT NULL CHECK (audience IN ('reseller', 'customer')),
  meter text NOT NULL CHECK (meter IN ('call', 'api_call', 'appointment', 'sms')),
  price_micros bigint NOT NULL CHECK (price_micros >= 0),
  first_seconds bigint NOT NULL CHECK (first_seconds > 0),
  next_seconds bigint NOT NULL CHECK (next_seconds > 0),
  valid_from timestamptz NOT NULL,
  UNIQUE (tenant_id, audience, meter, valid_from)
);

-- Ledger ----------------------------------------------------------------------------------------

-- A book is the chain of accounts that accompanies one customer; its row is what a posting locks.
CREATE TABLE books (
  customer_id uuid PRIMARY KEY REFERENCES tenants (id),
  seq bigint NOT NULL,
  last_posted_at timestamptz NOT NULL
);

CREATE TABLE accounts (
  id uuid PRIMARY KEY,
  customer_id uuid NOT NULL REFERENCES books (customer_id),
  owner_id uuid NOT NULL REFERENCES tenants (id),
  kind text NOT NULL CHECK (kind IN ('wallet', 'bonus', 'revenue', 'commission', 'clearing', 'adjustment')),
  balance_cents bigint NOT NULL,
  floor_cents bigint NOT NULL,
  entries bigint NOT NULL,
  UNIQUE (customer_id, kind)
);
CREATE INDEX accounts_by_owner ON accounts (owner_id, kind);

CREATE TABLE transfers (
  id uuid PRIMARY KEY,
  key text NOT NULL UNIQUE,
  customer_id uuid NOT NULL REFERENCES books (customer_id),
  reseller_id uuid REFERENCES tenants (id),
  seq bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('topup', 'usage', 'refund', 'bonus', 'adjustment')),
  category text NOT NULL,
  amount_cents bigint NOT NULL,
  balance_cents bigint NOT NULL,
  quantity bigint NOT NULL,
  unit_price_micros bigint NOT NULL,
  commission_cents bigint NOT NULL,
  description text NOT NULL,
  search_text text NOT NULL,
  top_up_id uuid,
  occurred_at timestamptz NOT NULL,
  posted_at timestamptz NOT NULL,
  UNIQUE (customer_id, seq)
);
CREATE INDEX transfers_by_category ON transfers (customer_id, category, seq);

CREATE TABLE entries (
  account_id uuid NOT NULL REFERENCES accounts (id),
  seq bigint NOT NULL,
  transfer_id uuid NOT NULL REFERENCES transfers (id),
  amount_cents bigint NOT NULL CHECK (amount_cents <> 0),
  before_cents bigint NOT NULL,
  after_cents bigint NOT NULL,
  PRIMARY KEY (account_id, seq),
  CHECK (before_cents + amount_cents = after_cents)
);
CREATE INDEX entries_by_transfer ON entries (transfer_id);

-- What one customer moved per day and category: charts, sums and the way from dates to positions.
CREATE TABLE daily_totals (
  customer_id uuid NOT NULL REFERENCES books (customer_id),
  day text NOT NULL,
  category text NOT NULL,
  transfers bigint NOT NULL,
  quantity bigint NOT NULL,
  amount_cents bigint NOT NULL,
  commission_cents bigint NOT NULL,
  first_seq bigint NOT NULL,
  last_seq bigint NOT NULL,
  PRIMARY KEY (customer_id, day, category)
);
CREATE INDEX daily_totals_by_day ON daily_totals (day, category);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$;
CREATE TRIGGER transfers_stay BEFORE UPDATE OR DELETE ON transfers FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfers_remain BEFORE TRUNCATE ON transfers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entries_stay BEFORE UPDATE OR DELETE ON entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entries_remain BEFORE TRUNCATE ON entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER accounts_remain BEFORE DELETE ON accounts FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Top-ups and Stripe ----------------------------------------------------------------------------

CREATE TABLE top_ups (
  id uuid PRIMARY KEY,
  customer_id uuid NOT NULL REFERENCES tenants (id),
  person_id uuid NOT NULL REFERENCES persons (id),
  number bigint NOT NULL,
  request_key text NOT NULL,
  attempt bigint NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  method text NOT NULL CHECK (method IN ('card', 'sepa_debit')),
  status text NOT NULL CHECK (status IN ('new', 'open', 'collecting', 'paid', 'failed', 'expired', 'review')),
  success_url text NOT NULL,
  cancel_url text NOT NULL,
  language text NOT NULL,
  session_id text UNIQUE,
  checkout_url text,
  payment_intent text UNIQUE,
  failure_code text,
  review_reason text,
  transfer_id uuid REFERENCES transfers (id),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  next_check_at timestamptz NOT NULL,
  collecting_at timestamptz,
  finished_at timestamptz,
  UNIQUE (customer_id, request_key),
  UNIQUE (customer_id, number)
);
CREATE INDEX top_ups_by_time ON top_ups (customer_id, created_at);
CREATE INDEX top_ups_latest ON top_ups (created_at);
CREATE INDEX top_ups_unfinished ON top_ups (next_check_at) WHERE status IN ('new', 'open', 'collecting');
CREATE INDEX top_ups_held ON top_ups (created_at) WHERE review_reason IS NOT NULL;

-- Every webhook is stored here, byte for byte, before anything else happens with it.
CREATE TABLE webhook_events (
  id text PRIMARY KEY,
  type text NOT NULL,
  object_id text,
  payment_intent text,
  account text,
  livemode boolean NOT NULL,
  created_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  deliveries bigint NOT NULL,
  body bytea NOT NULL,
  status text NOT NULL CHECK (status IN ('received', 'done', 'ignored', 'attention', 'failed')),
  attempts bigint NOT NULL,
  next_attempt_at timestamptz NOT NULL,
  note text,
  customer_id uuid REFERENCES tenants (id),
  finished_at timestamptz
);
CREATE INDEX webhook_events_waiting ON webhook_events (status, next_attempt_at);
CREATE INDEX webhook_events_by_time ON webhook_events (received_at);

-- Refused deliveries (bad signature), counted per hour: who sends them is not known, so nothing else is kept.
CREATE TABLE webhook_refusals (
  hour timestamptz PRIMARY KEY,
  refusals bigint NOT NULL
);

-- Mail ------------------------------------------------------------------------------------------

CREATE TABLE mails (
  id uuid PRIMARY KEY,
  key text NOT NULL UNIQUE,
  customer_id uuid REFERENCES tenants (id),
  recipient text NOT NULL,
  subject text NOT NULL,
  text_body text NOT NULL,
  html_body text NOT NULL,
  status text NOT NULL CHECK (status IN ('waiting', 'sent', 'failed')),
  attempts bigint NOT NULL,
  next_attempt_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  sent_at timestamptz
);
CREATE INDEX mails_waiting ON mails (status, next_attempt_at);
CREATE INDEX mails_latest ON mails (created_at);
