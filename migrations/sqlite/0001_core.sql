-- Parties ---------------------------------------------------------------------------------------

CREATE TABLE tenants (
  id BLOB PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('platform', 'reseller', 'customer')),
  reseller_id BLOB REFERENCES tenants (id),
  number TEXT NOT NULL UNIQUE,
  external_id TEXT UNIQUE,
  name TEXT NOT NULL,
  active INTEGER NOT NULL,
  low_balance_cents INTEGER NOT NULL,
  critical_balance_cents INTEGER NOT NULL,
  alert_days INTEGER NOT NULL,
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

-- What is metered. Prices are per minute where the unit is the second.
CREATE TABLE meters (
  key TEXT PRIMARY KEY,
  unit TEXT NOT NULL CHECK (unit IN ('second', 'piece')),
  name_de TEXT NOT NULL,
  name_en TEXT NOT NULL,
  first_seconds INTEGER NOT NULL CHECK (first_seconds > 0),
  next_seconds INTEGER NOT NULL CHECK (next_seconds > 0),
  position INTEGER NOT NULL,
  active INTEGER NOT NULL
) STRICT;
INSERT INTO meters (key, unit, name_de, name_en, first_seconds, next_seconds, position, active) VALUES
  ('call', 'second', 'Anrufe', 'Calls', 60, 60, 1, TRUE),
  ('api_call', 'piece', 'API-Aufrufe', 'API calls', 1, 1, 2, TRUE),
  ('appointment', 'piece', 'Termine', 'Appointments', 1, 1, 3, TRUE),
  ('sms', 'piece', 'SMS', 'SMS', 1, 1, 4, TRUE);

-- platform: what the platform takes from usage of resellers' customers (of one reseller, where subject_id names it).
-- customer, reseller, plan, default: what end customers pay, in this order of precedence.
CREATE TABLE price_lists (
  id BLOB PRIMARY KEY,
  owner_id BLOB NOT NULL REFERENCES tenants (id),
  role TEXT NOT NULL CHECK (role IN ('platform', 'default', 'plan', 'reseller', 'customer')),
  subject_id BLOB REFERENCES tenants (id),
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX price_lists_common ON price_lists (owner_id, role) WHERE subject_id IS NULL AND role <> 'plan';
CREATE UNIQUE INDEX price_lists_own ON price_lists (subject_id, role) WHERE subject_id IS NOT NULL;

-- One row is one version of a price; charges name it, so it never changes. Only a version that is not valid yet can be withdrawn.
CREATE TABLE prices (
  id BLOB PRIMARY KEY,
  list_id BLOB NOT NULL REFERENCES price_lists (id),
  owner_id BLOB NOT NULL REFERENCES tenants (id),
  meter TEXT NOT NULL REFERENCES meters (key),
  model TEXT NOT NULL CHECK (model IN ('flat', 'graduated', 'package', 'none')),
  price_micros INTEGER NOT NULL CHECK (price_micros >= 0),
  package_units INTEGER NOT NULL CHECK (package_units >= 0),
  included_units INTEGER NOT NULL CHECK (included_units >= 0),
  tiers TEXT NOT NULL,
  first_seconds INTEGER NOT NULL CHECK (first_seconds > 0),
  next_seconds INTEGER NOT NULL CHECK (next_seconds > 0),
  below_platform INTEGER NOT NULL,
  valid_from INTEGER NOT NULL,
  created_by BLOB REFERENCES persons (id),
  created_at INTEGER NOT NULL,
  withdrawn_at INTEGER
) STRICT;
CREATE UNIQUE INDEX prices_versions ON prices (list_id, meter, valid_from) WHERE withdrawn_at IS NULL;

-- Which plan a customer has from when on; without a list it has none any more.
CREATE TABLE plan_assignments (
  customer_id BLOB NOT NULL REFERENCES tenants (id),
  list_id BLOB REFERENCES price_lists (id),
  valid_from INTEGER NOT NULL,
  PRIMARY KEY (customer_id, valid_from)
) STRICT;

-- What is agreed with a reseller from when on. Without a rate, commission is the difference of the price lists.
CREATE TABLE reseller_terms (
  id BLOB PRIMARY KEY,
  owner_id BLOB NOT NULL REFERENCES tenants (id),
  settlement TEXT NOT NULL CHECK (settlement IN ('commission', 'resale')),
  commission_bps INTEGER CHECK (commission_bps BETWEEN 0 AND 10000),
  min_markup_bps INTEGER NOT NULL,
  max_markup_bps INTEGER NOT NULL,
  below_platform INTEGER NOT NULL,
  hold_days INTEGER NOT NULL CHECK (hold_days >= 0),
  sepa_hold_days INTEGER NOT NULL CHECK (sepa_hold_days >= 0),
  valid_from INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (owner_id, valid_from)
) STRICT;

-- Ledger ----------------------------------------------------------------------------------------

-- A book is the chain of accounts that accompanies one customer; its row is what a posting locks. A reseller who prepays has one as well.
CREATE TABLE books (
  customer_id BLOB PRIMARY KEY REFERENCES tenants (id),
  seq INTEGER NOT NULL,
  held_cents INTEGER NOT NULL CHECK (held_cents >= 0),
  last_posted_at INTEGER NOT NULL
) STRICT;

CREATE TABLE accounts (
  id BLOB PRIMARY KEY,
  customer_id BLOB NOT NULL REFERENCES books (customer_id),
  owner_id BLOB NOT NULL REFERENCES tenants (id),
  kind TEXT NOT NULL CHECK (kind IN ('wallet', 'bonus', 'revenue', 'commission', 'clearing', 'adjustment', 'sales')),
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
  reseller_id BLOB,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('topup', 'usage', 'wholesale', 'refund', 'bonus', 'adjustment', 'reversal')),
  category TEXT NOT NULL,
  amount_cents INTEGER NOT NULL,
  balance_cents INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  unit_price_micros INTEGER NOT NULL,
  commission_cents INTEGER NOT NULL,
  platform_cents INTEGER NOT NULL,
  used_quantity INTEGER NOT NULL,
  -- The versions of both prices (not declared as references: every charge would lock the rows that all charges share), and where a rate depends on it: what was used this month before, and the parts of a cent brought along.
  price_id BLOB,
  platform_price_id BLOB,
  terms_id BLOB,
  basis TEXT,
  content_hash BLOB,
  metadata TEXT,
  description TEXT NOT NULL,
  search_text TEXT NOT NULL,
  reason TEXT,
  actor_id BLOB REFERENCES persons (id),
  top_up_id BLOB,
  reverses_id BLOB REFERENCES transfers (id),
  -- The prepaid part of a reseller names the charge it belongs to.
  charge_id BLOB REFERENCES transfers (id),
  occurred_at INTEGER NOT NULL,
  posted_at INTEGER NOT NULL,
  UNIQUE (customer_id, seq)
) STRICT;
CREATE INDEX transfers_by_category ON transfers (customer_id, category, seq);
CREATE UNIQUE INDEX transfers_reversed_once ON transfers (reverses_id) WHERE reverses_id IS NOT NULL;
CREATE UNIQUE INDEX transfers_of_charge ON transfers (charge_id) WHERE charge_id IS NOT NULL;
CREATE INDEX transfers_of_reseller ON transfers (reseller_id, id) WHERE reseller_id IS NOT NULL;
-- Lists over many customers go by id, which is time. What is rare among them is found by its kind; usage, which is not, is in neither index.
CREATE INDEX transfers_rare ON transfers (kind, id) WHERE kind NOT IN ('usage', 'wholesale');
CREATE INDEX transfers_rare_of_reseller ON transfers (reseller_id, kind, id) WHERE kind NOT IN ('usage', 'wholesale');

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

-- What one customer moved per day of posting and category: charts, sums and the way from dates to positions.
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
-- The newest day of a category, for the platform and for one customer.
CREATE INDEX daily_totals_by_category ON daily_totals (category, day);
CREATE INDEX daily_totals_of_customer ON daily_totals (customer_id, category, day);

-- What one customer used per day on which it was used, however late it was reported: tiers, included units and statements.
CREATE TABLE usage_totals (
  customer_id BLOB NOT NULL REFERENCES books (customer_id),
  day TEXT NOT NULL,
  meter TEXT NOT NULL,
  events INTEGER NOT NULL,
  quantity INTEGER NOT NULL,
  amount_cents INTEGER NOT NULL,
  platform_cents INTEGER NOT NULL,
  commission_cents INTEGER NOT NULL,
  PRIMARY KEY (customer_id, day, meter)
) STRICT;

-- Parts of a cent that unit prices below a cent have left over, in sixtieths of a micro-euro.
CREATE TABLE carries (
  customer_id BLOB NOT NULL REFERENCES books (customer_id),
  meter TEXT NOT NULL,
  customer_carry INTEGER NOT NULL,
  platform_carry INTEGER NOT NULL,
  PRIMARY KEY (customer_id, meter)
) STRICT;

-- Reservations for usage that is going on. What they hold of a book is summed up in books.held_cents.
CREATE TABLE holds (
  id BLOB PRIMARY KEY,
  customer_id BLOB NOT NULL REFERENCES books (customer_id),
  reseller_id BLOB REFERENCES tenants (id),
  key TEXT NOT NULL,
  meter TEXT NOT NULL REFERENCES meters (key),
  status TEXT NOT NULL CHECK (status IN ('active', 'captured', 'released', 'expired')),
  units INTEGER NOT NULL CHECK (units > 0),
  held_cents INTEGER NOT NULL CHECK (held_cents >= 0),
  -- Reserved in the wallet of a reseller who prepays.
  wholesale_cents INTEGER NOT NULL CHECK (wholesale_cents >= 0),
  content_hash BLOB NOT NULL,
  transfer_id BLOB REFERENCES transfers (id),
  started_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  closed_at INTEGER,
  UNIQUE (customer_id, key)
) STRICT;
CREATE INDEX holds_due ON holds (expires_at) WHERE status = 'active';
CREATE INDEX holds_of_customer ON holds (customer_id, started_at) WHERE status = 'active';

-- A threshold that a balance crossed, written with the posting that did it, and worked off afterwards.
CREATE TABLE alerts (
  id BLOB PRIMARY KEY,
  customer_id BLOB NOT NULL REFERENCES tenants (id),
  kind TEXT NOT NULL CHECK (kind IN ('low', 'critical', 'depleted', 'forecast')),
  balance_cents INTEGER NOT NULL,
  threshold_cents INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  handled_at INTEGER,
  UNIQUE (customer_id, kind, seq)
) STRICT;
CREATE INDEX alerts_waiting ON alerts (created_at) WHERE handled_at IS NULL;
CREATE INDEX alerts_of_customer ON alerts (customer_id, created_at);

-- A reseller's commission from one customer per day of posting, and when it may be paid out.
CREATE TABLE commission_lines (
  customer_id BLOB NOT NULL REFERENCES tenants (id),
  reseller_id BLOB NOT NULL REFERENCES tenants (id),
  day TEXT NOT NULL,
  amount_cents INTEGER NOT NULL,
  available_on TEXT NOT NULL,
  payout_id BLOB,
  paid_on TEXT,
  PRIMARY KEY (customer_id, day)
) STRICT;
CREATE INDEX commission_lines_by_reseller ON commission_lines (reseller_id, available_on);
CREATE INDEX commission_lines_by_day ON commission_lines (day);

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
CREATE TRIGGER prices_stay BEFORE UPDATE OF list_id, owner_id, meter, model, price_micros, package_units, included_units, tiers, first_seconds, next_seconds, below_platform, valid_from, created_at ON prices
BEGIN SELECT RAISE(ABORT, 'a version of a price never changes'); END;
CREATE TRIGGER prices_remain BEFORE DELETE ON prices BEGIN SELECT RAISE(ABORT, 'a version of a price never changes'); END;

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
