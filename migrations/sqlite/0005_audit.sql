-- Who did what to whose data: every change a person makes, with the state before and after. Never changed.
CREATE TABLE audit_entries (
  id BLOB PRIMARY KEY,
  owner_id BLOB NOT NULL REFERENCES tenants (id),
  reseller_id BLOB,
  actor_id BLOB REFERENCES persons (id),
  actor_tenant_id BLOB REFERENCES tenants (id),
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  before TEXT,
  after TEXT,
  reason TEXT,
  address TEXT,
  request_id TEXT,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_entries_of_owner ON audit_entries (owner_id, id);
CREATE INDEX audit_entries_of_reseller ON audit_entries (reseller_id, id) WHERE reseller_id IS NOT NULL;
CREATE INDEX audit_entries_of_actor ON audit_entries (actor_id, id);

CREATE TRIGGER audit_entries_stay BEFORE UPDATE ON audit_entries BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER audit_entries_stay_kept BEFORE DELETE ON audit_entries BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
