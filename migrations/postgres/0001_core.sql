-- Parties ---------------------------------------------------------------------------------------

CREATE TABLE tenants (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('platform', 'reseller', 'customer')),
  reseller_id uuid REFERENCES tenants (id),
  number text NOT NULL UNIQUE,
  external_id text UNIQUE,
  name text NOT NULL,
  active boolean NOT NULL,
  low_balance_cents bigint NOT NULL,
  critical_balance_cents bigint NOT NULL,
  alert_days bigint NOT NULL,
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

-- What is metered. Prices are per minute where the unit is the second.
CREATE TABLE meters (
  key text PRIMARY KEY,
  unit text NOT NULL CHECK (unit IN ('second', 'piece')),
  name_de text NOT NULL,
  name_en text NOT NULL,
  first_seconds bigint NOT NULL CHECK (first_seconds > 0),
  next_seconds bigint NOT NULL CHECK (next_seconds > 0),
  position bigint NOT NULL,
  active boolean NOT NULL
);
INSERT INTO meters (key, unit, name_de, name_en, first_seconds, next_seconds, position, active) VALUES
  ('call', 'second', 'Anrufe', 'Calls', 60, 60, 1, TRUE),
  ('api_call', 'piece', 'API-Aufrufe', 'API calls', 1, 1, 2, TRUE),
  ('appointment', 'piece', 'Termine', 'Appointments', 1, 1, 3, TRUE),
  ('sms', 'piece', 'SMS', 'SMS', 1, 1, 4, TRUE);

-- platform: what the platform takes from usage of resellers' customers (of one reseller, where subject_id names it).
-- customer, reseller, plan, default: what end customers pay, in this order of precedence.
CREATE TABLE price_lists (
  id uuid PRIMARY KEY,
  owner_id uuid NOT NULL REFERENCES tenants (id),
  role text NOT NULL CHECK (role IN ('platform', 'default', 'plan', 'reseller', 'customer')),
  subject_id uuid REFERENCES tenants (id),
  name text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX price_lists_common ON price_lists (owner_id, role) WHERE subject_id IS NULL AND role <> 'plan';
CREATE UNIQUE INDEX price_lists_own ON price_lists (subject_id, role) WHERE subject_id IS NOT NULL;

-- One row is one version of a price; charges name it, so it never changes. Only a version that is not valid yet can be withdrawn.
CREATE TABLE prices (
  id uuid PRIMARY KEY,
  list_id uuid NOT NULL REFERENCES price_lists (id),
  owner_id uuid NOT NULL REFERENCES tenants (id),
  meter text NOT NULL REFERENCES meters (key),
  model text NOT NULL CHECK (model IN ('flat', 'graduated', 'package', 'none')),
  price_micros bigint NOT NULL CHECK (price_micros >= 0),
  package_units bigint NOT NULL CHECK (package_units >= 0),
  included_units bigint NOT NULL CHECK (included_units >= 0),
  tiers jsonb NOT NULL,
  first_seconds bigint NOT NULL CHECK (first_seconds > 0),
  next_seconds bigint NOT NULL CHECK (next_seconds > 0),
  below_platform boolean NOT NULL,
  valid_from timestamptz NOT NULL,
  created_by uuid REFERENCES persons (id),
  created_at timestamptz NOT NULL,
  withdrawn_at timestamptz
);
CREATE UNIQUE INDEX prices_versions ON prices (list_id, meter, valid_from) WHERE withdrawn_at IS NULL;

-- Which plan a customer has from when on; without a list it has none any more.
CREATE TABLE plan_assignments (
  customer_id uuid NOT NULL REFERENCES tenants (id),
  list_id uuid REFERENCES price_lists (id),
  valid_from timestamptz NOT NULL,
  PRIMARY KEY (customer_id, valid_from)
);

-- What is agreed with a reseller from when on. Without a rate, commission is the difference of the price lists.
CREATE TABLE reseller_terms (
  id uuid PRIMARY KEY,
  owner_id uuid NOT NULL REFERENCES tenants (id),
  settlement text NOT NULL CHECK (settlement IN ('commission', 'resale')),
  commission_bps bigint CHECK (commission_bps BETWEEN 0 AND 10000),
  min_markup_bps bigint NOT NULL,
  max_markup_bps bigint NOT NULL,
  below_platform boolean NOT NULL,
  hold_days bigint NOT NULL CHECK (hold_days >= 0),
  sepa_hold_days bigint NOT NULL CHECK (sepa_hold_days >= 0),
  valid_from timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (owner_id, valid_from)
);

-- Ledger ----------------------------------------------------------------------------------------

-- A book is the chain of accounts that accompanies one customer; its row is what a posting locks. A reseller who prepays has one as well.
CREATE TABLE books (
  customer_id uuid PRIMARY KEY REFERENCES tenants (id),
  seq bigint NOT NULL,
  held_cents bigint NOT NULL CHECK (held_cents >= 0),
  last_posted_at timestamptz NOT NULL
);

CREATE TABLE accounts (
  id uuid PRIMARY KEY,
  customer_id uuid NOT NULL REFERENCES books (customer_id),
  owner_id uuid NOT NULL REFERENCES tenants (id),
  kind text NOT NULL CHECK (kind IN ('wallet', 'bonus', 'revenue', 'commission', 'clearing', 'adjustment', 'sales')),
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
  reseller_id uuid,
  seq bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('topup', 'usage', 'wholesale', 'refund', 'bonus', 'adjustment', 'reversal')),
  category text NOT NULL,
  amount_cents bigint NOT NULL,
  balance_cents bigint NOT NULL,
  quantity bigint NOT NULL,
  unit_price_micros bigint NOT NULL,
  commission_cents bigint NOT NULL,
  platform_cents bigint NOT NULL,
  used_quantity bigint NOT NULL,
  -- The versions of both prices (not declared as references: every charge would lock the rows that all charges share), and where a rate depends on it: what was used this month before, and the parts of a cent brought along.
  price_id uuid,
  platform_price_id uuid,
  terms_id uuid,
  basis jsonb,
  content_hash bytea,
  metadata jsonb,
  description text NOT NULL,
  search_text text NOT NULL,
  reason text,
  actor_id uuid REFERENCES persons (id),
  top_up_id uuid,
  reverses_id uuid REFERENCES transfers (id),
  -- The prepaid part of a reseller names the charge it belongs to.
  charge_id uuid REFERENCES transfers (id),
  occurred_at timestamptz NOT NULL,
  posted_at timestamptz NOT NULL,
  UNIQUE (customer_id, seq)
);
CREATE INDEX transfers_by_category ON transfers (customer_id, category, seq);
CREATE UNIQUE INDEX transfers_reversed_once ON transfers (reverses_id) WHERE reverses_id IS NOT NULL;
CREATE UNIQUE INDEX transfers_of_charge ON transfers (charge_id) WHERE charge_id IS NOT NULL;
CREATE INDEX transfers_of_reseller ON transfers (reseller_id, id) WHERE reseller_id IS NOT NULL;
-- Lists over many customers go by id, which is time. What is rare among them is found by its kind; usage, which is not, is in neither index.
CREATE INDEX transfers_rare ON transfers (kind, id) WHERE kind NOT IN ('usage', 'wholesale');
CREATE INDEX transfers_rare_of_reseller ON transfers (reseller_id, kind, id) WHERE kind NOT IN ('usage', 'wholesale');

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

-- What one customer moved per day of posting and category: charts, sums and the way from dates to positions.
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
-- The newest day of a category, for the platform and for one customer.
CREATE INDEX daily_totals_by_category ON daily_totals (category, day);
CREATE INDEX daily_totals_of_customer ON daily_totals (customer_id, category, day);

-- What one customer used per day on which it was used, however late it was reported: tiers, included units and statements.
CREATE TABLE usage_totals (
  customer_id uuid NOT NULL REFERENCES books (customer_id),
  day text NOT NULL,
  meter text NOT NULL,
  events bigint NOT NULL,
  quantity bigint NOT NULL,
  amount_cents bigint NOT NULL,
  platform_cents bigint NOT NULL,
  commission_cents bigint NOT NULL,
  PRIMARY KEY (customer_id, day, meter)
);

-- Parts of a cent that unit prices below a cent have left over, in sixtieths of a micro-euro.
CREATE TABLE carries (
  customer_id uuid NOT NULL REFERENCES books (customer_id),
  meter text NOT NULL,
  customer_carry bigint NOT NULL,
  platform_carry bigint NOT NULL,
  PRIMARY KEY (customer_id, meter)
);

-- Reservations for usage that is going on. What they hold of a book is summed up in books.held_cents.
CREATE TABLE holds (
  id uuid PRIMARY KEY,
  customer_id uuid NOT NULL REFERENCES books (customer_id),
  reseller_id uuid REFERENCES tenants (id),
  key text NOT NULL,
  meter text NOT NULL REFERENCES meters (key),
  status text NOT NULL CHECK (status IN ('active', 'captured', 'released', 'expired')),
  units bigint NOT NULL CHECK (units > 0),
  held_cents bigint NOT NULL CHECK (held_cents >= 0),
  -- Reserved in the wallet of a reseller who prepays.
  wholesale_cents bigint NOT NULL CHECK (wholesale_cents >= 0),
  content_hash bytea NOT NULL,
  transfer_id uuid REFERENCES transfers (id),
  started_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  closed_at timestamptz,
  UNIQUE (customer_id, key)
);
CREATE INDEX holds_due ON holds (expires_at) WHERE status = 'active';
CREATE INDEX holds_of_customer ON holds (customer_id, started_at) WHERE status = 'active';

-- A threshold that a balance crossed, written with the posting that did it, and worked off afterwards.
CREATE TABLE alerts (
  id uuid PRIMARY KEY,
  customer_id uuid NOT NULL REFERENCES tenants (id),
  kind text NOT NULL CHECK (kind IN ('low', 'critical', 'depleted', 'forecast')),
  balance_cents bigint NOT NULL,
  threshold_cents bigint NOT NULL,
  seq bigint NOT NULL,
  created_at timestamptz NOT NULL,
  handled_at timestamptz,
  UNIQUE (customer_id, kind, seq)
);
CREATE INDEX alerts_waiting ON alerts (created_at) WHERE handled_at IS NULL;
CREATE INDEX alerts_of_customer ON alerts (customer_id, created_at);

-- A reseller's commission from one customer per day of posting, and when it may be paid out.
CREATE TABLE commission_lines (
  customer_id uuid NOT NULL REFERENCES tenants (id),
  reseller_id uuid NOT NULL REFERENCES tenants (id),
  day text NOT NULL,
  amount_cents bigint NOT NULL,
  available_on text NOT NULL,
  payout_id uuid,
  paid_on text,
  PRIMARY KEY (customer_id, day)
);
CREATE INDEX commission_lines_by_reseller ON commission_lines (reseller_id, available_on);
CREATE INDEX commission_lines_by_day ON commission_lines (day);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$;
CREATE TRIGGER transfers_stay BEFORE UPDATE OR DELETE ON transfers FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfers_remain BEFORE TRUNCATE ON transfers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entries_stay BEFORE UPDATE OR DELETE ON entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entries_remain BEFORE TRUNCATE ON entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_price_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a version of a price never changes'; END $$;
CREATE TRIGGER prices_stay BEFORE UPDATE OF list_id, owner_id, meter, model, price_micros, package_units, included_units, tiers, first_seconds, next_seconds, below_platform, valid_from, created_at ON prices FOR EACH ROW EXECUTE FUNCTION refuse_price_change();
CREATE TRIGGER prices_remain BEFORE DELETE ON prices FOR EACH ROW EXECUTE FUNCTION refuse_price_change();
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
