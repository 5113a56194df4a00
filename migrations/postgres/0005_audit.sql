-- Who did what to whose data: every change a person makes, with the state before and after. Never changed.
CREATE TABLE audit_entries (
  id uuid PRIMARY KEY,
  owner_id uuid NOT NULL REFERENCES tenants (id),
  reseller_id uuid,
  actor_id uuid REFERENCES persons (id),
  actor_tenant_id uuid REFERENCES tenants (id),
  action text NOT NULL,
  subject text NOT NULL,
  before jsonb,
  after jsonb,
  reason text,
  address text,
  request_id text,
  created_at timestamptz NOT NULL
);
CREATE INDEX audit_entries_of_owner ON audit_entries (owner_id, id);
CREATE INDEX audit_entries_of_reseller ON audit_entries (reseller_id, id) WHERE reseller_id IS NOT NULL;
CREATE INDEX audit_entries_of_actor ON audit_entries (actor_id, id);

CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entries_remain BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
