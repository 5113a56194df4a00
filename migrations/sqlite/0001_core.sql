-- Parties ---------------------------------------------------------------------------------------

CREATE TABLE tenants (
  id BLOB PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('platform', 'reseller', 'customer')),
  reseller_id BLOB REFERENCES tenants (id),
  number TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  active INTEGER NOT NULL,
  low_balance_cents INTEGER NOT NULL,
  stripe_customer TEXT UNIQUE,
  support_contact TEXT,
  created_at INTEGER NOT NULL,
  CHECK (reseller_id IS NULL OR kind = 'customer')
) STRICT;
CREATE INDEX tenants_by_reseller ON tenants (reseller_id, number);
CREATE UNIQUE INDEX tenants_one_platform ON tenants (kind) WHERE kind = 'platform';

CREATE TABLE persons (
  id BLOB PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  language TEXT NOT NULL,
  theme TEXT NOT NULL,
  active INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE memberships (
  person_id BLOB NOT NULL REFERENCES persons (id),
  tenant_id BLOB NOT NULL REFERENCES tenants (id),
  role TEXT NOT NULL CHECK (role IN ('admin', 'finance', 'support', 'owner', 'staff', 'accounting', 'viewer')),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (person_id, tenant_id)
) STRICT;
CREATE INDEX memberships_by_tenant ON memberships (tenant_id);

-- A session's id is stored as its SHA-256 only, so that a copy of this table signs nobody in.
CREATE TABLE sessions (
  id_hash BLOB PRIMARY KEY,
  person_id BLOB REFERENCES persons (id),
  data TEXT NOT NULL,
  address TEXT,
  agent TEXT,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_person ON sessions (person_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE throttles (
  key BLOB PRIMARY KEY,
  attempts INTEGER NOT NULL,
  window_ends_at INTEGER NOT NULL
) STRICT;

-- Values the product makes once and keeps, such as the key of form tokens.
CREATE TABLE secrets (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT;

-- Prices ----------------------------------------------------------------------------------------

CREATE TABLE prices (
  id BLOB PRIMARY KEY,
  tenant_id BLOB NOT NULL REFERENCES tenants (id),
  audience TEXT NOT NULL CHECK (audience IN ('reseller', 'customer')),
  meter TEXT NOT NULL CHECK (meter IN ('call', 'api_call', 'appointment', 'sms')),
  price_micros INTEGER NOT NULL CHECK (price_micros >= 0),
  first_seconds INTEGER NOT NULL CHECK (first_seconds > 0),
  next_seconds INTEGER NOT NULL CHECK (next_seconds > 0),
  valid_from INTEGER NOT NULL,
  UNIQUE (tenant_id, audience, meter, valid_from)
) STRICT;

-- Ledger ----------------------------------------------------------------------------------------

-- A book is the chain of accounts that accompanies one customer; its row is what a posting locks.
CREATE TABLE books (
  customer_id BLOB PRIMARY KEY REFERENCES tenants (id),
  seq INTEGER NOT NULL,
  last_posted_at INTEGER NOT NULL
) STRICT;

CREATE TABLE accounts (
  id BLOB PRIMARY KEY,
  customer_id BLOB NOT NULL REFERENCES books (customer_id),
  owner_id BLOB NOT NULL REFERENCES tenants (id),
  kind TEXT NOT NULL CHECK (kind IN ('wallet', 'bonus', 'revenue', 'commission', 'clearing', 'adjustment')),
  balance_cents INTEGER NOT NULL,
  floor_cents INTEGER NOT NULL,
  entries INTEGER NOT NULL,
  UNIQUE (customer_id, kind)
) STRICT;
CREATE INDEX accounts_by_owner ON accounts (owner_id, kind);

CREATE TABLE transfers (
  id BLOB PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  customer_id BLOB NOT NULL REFERENCES books (customer_id),
  reseller_id BLOB REFERENCES tenants (id),
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('topup', 'usage', 'refund', 'bonus', 'adjustment')),
  category TEXT NOT NULL,
  amount_cents INTEGER NOT NULL,
  balance_cents INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  unit_price_micros INTEGER NOT NULL,
  commission_cents INTEGER NOT NULL,
  description TEXT NOT NULL,
  search_text TEXT NOT NULL,
  top_up_id BLOB,
  occurred_at INTEGER NOT NULL,
  posted_at INTEGER NOT NULL,
  UNIQUE (customer_id, seq)
) STRICT;
CREATE INDEX transfers_by_category ON transfers (customer_id, category, seq);

CREATE TABLE entries (
  account_id BLOB NOT NULL REFERENCES accounts (id),
  seq INTEGER NOT NULL,
  transfer_id BLOB NOT NULL REFERENCES transfers (id),
  amount_cents INTEGER NOT NULL CHECK (amount_cents <> 0),
  before_cents INTEGER NOT NULL,
  after_cents INTEGER NOT NULL,
  PRIMARY KEY (account_id, seq),
  CHECK (before_cents + amount_cents = after_cents)
) STRICT;
CREATE INDEX entries_by_transfer ON entries (transfer_id);

-- What one customer moved per day and category: charts, sums and the way from dates to positions.
CREATE TABLE daily_totals (
  customer_id BLOB NOT NULL REFERENCES books (customer_id),
  day TEXT NOT NULL,
  category TEXT NOT NULL,
  transfers INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  amount_cents INTEGER NOT NULL,
  commission_cents INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  PRIMARY KEY (customer_id, day, category)
) STRICT;
CREATE INDEX daily_totals_by_day ON daily_totals (day, category);

CREATE TRIGGER transfers_stay BEFORE UPDATE ON transfers BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER transfers_remain BEFORE DELETE ON transfers BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER entries_remain BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
-- INSERT OR REPLACE deletes without asking the triggers above, so an existing row must stop the insert itself.
CREATE TRIGGER transfers_once BEFORE INSERT ON transfers WHEN EXISTS (SELECT 1 FROM transfers t WHERE t.id = NEW.id)
  OR EXISTS (SELECT 1 FROM transfers t WHERE t.key = NEW.key)
  OR EXISTS (SELECT 1 FROM transfers t WHERE t.customer_id = NEW.customer_id AND t.seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER entries_once BEFORE INSERT ON entries
WHEN EXISTS (SELECT 1 FROM entries e WHERE e.account_id = NEW.account_id AND e.seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER accounts_remain BEFORE DELETE ON accounts BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- Top-ups and Stripe ----------------------------------------------------------------------------

CREATE TABLE top_ups (
  id BLOB PRIMARY KEY,
  customer_id BLOB NOT NULL REFERENCES tenants (id),
  person_id BLOB NOT NULL REFERENCES persons (id),
  number INTEGER NOT NULL,
  request_key TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
  method TEXT NOT NULL CHECK (method IN ('card', 'sepa_debit')),
  status TEXT NOT NULL CHECK (status IN ('new', 'open', 'collecting', 'paid', 'failed', 'expired', 'review')),
  success_url TEXT NOT NULL,
  cancel_url TEXT NOT NULL,
  language TEXT NOT NULL,
  session_id TEXT UNIQUE,
  checkout_url TEXT,
  payment_intent TEXT UNIQUE,
  failure_code TEXT,
  review_reason TEXT,
  transfer_id BLOB REFERENCES transfers (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  next_check_at INTEGER NOT NULL,
  collecting_at INTEGER,
  finished_at INTEGER,
  UNIQUE (customer_id, request_key),
  UNIQUE (customer_id, number)
) STRICT;
CREATE INDEX top_ups_by_time ON top_ups (customer_id, created_at);
CREATE INDEX top_ups_latest ON top_ups (created_at);
CREATE INDEX top_ups_unfinished ON top_ups (next_check_at) WHERE status IN ('new', 'open', 'collecting');
CREATE INDEX top_ups_held ON top_ups (created_at) WHERE review_reason IS NOT NULL;

-- Every webhook is stored here, byte for byte, before anything else happens with it.
CREATE TABLE webhook_events (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  object_id TEXT,
  payment_intent TEXT,
  account TEXT,
  livemode INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  deliveries INTEGER NOT NULL,
  body BLOB NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('received', 'done', 'ignored', 'attention', 'failed')),
  attempts INTEGER NOT NULL,
  next_attempt_at INTEGER NOT NULL,
  note TEXT,
  customer_id BLOB REFERENCES tenants (id),
  finished_at INTEGER
) STRICT;
CREATE INDEX webhook_events_waiting ON webhook_events (status, next_attempt_at);
CREATE INDEX webhook_events_by_time ON webhook_events (received_at);

-- Refused deliveries (bad signature), counted per hour: who sends them is not known, so nothing else is kept.
CREATE TABLE webhook_refusals (
  hour INTEGER PRIMARY KEY,
  refusals INTEGER NOT NULL
) STRICT;

-- Mail ------------------------------------------------------------------------------------------

CREATE TABLE mails (
  id BLOB PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  customer_id BLOB REFERENCES tenants (id),
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  text_body TEXT NOT NULL,
  html_body TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('waiting', 'sent', 'failed')),
  attempts INTEGER NOT NULL,
  next_attempt_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  sent_at INTEGER
) STRICT;
CREATE INDEX mails_waiting ON mails (status, next_attempt_at);
CREATE INDEX mails_latest ON mails (created_at);
