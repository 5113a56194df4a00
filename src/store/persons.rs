//! People, and the tenants they belong to.

use super::engine::{Db, Result, Tx, row};
use super::tenants::TenantRow;
use crate::domain::clock::Ts;
use crate::domain::id::{PersonId, TenantId};
use crate::domain::party::{Member, Role, Tenant, TenantKind};

row! {
    /// What signing in needs.
    pub struct Credentials {
        /// The person.
        pub id: PersonId,
        /// PHC string of argon2id.
        pub password_hash: String,
        /// `de` or `en`.
        pub language: String,
        /// `system`, `light` or `dark`.
        pub theme: String,
        /// Disabled people cannot sign in.
        pub active: bool,
    }
    struct MemberRow { person_id: PersonId, name: String, email: String, role: Role }
    /// A tenant a person belongs to.
    pub struct Membership {
        /// The tenant.
        pub tenant_id: TenantId,
        /// Its kind.
        pub kind: TenantKind,
        /// Its name.
        pub name: String,
        /// Its number.
        pub number: String,
        /// The person's role there.
        pub role: Role,
    }
    /// Where a tenant's mail goes.
    pub struct Recipient {
        /// Mail address.
        pub email: String,
        /// Full name.
        pub name: String,
        /// Language of mails.
        pub language: String,
    }
}

/// A person to be written.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Its id.
    pub id: PersonId,
    /// Sign-in address, in lower case.
    pub email: String,
    /// Full name.
    pub name: String,
    /// PHC string of argon2id.
    pub password_hash: String,
}

/// Writes a person.
///
/// # Errors
/// When the address is taken.
pub async fn create(tx: &mut Tx, person: &NewPerson, language: &str, now: Ts) -> Result<()> {
    tx.q("INSERT INTO persons (id, email, name, password_hash, language, theme, active, created_at) VALUES ($1, $2, $3, $4, $5, 'system', $6, $7)")
        .bind(person.id)
        .bind(person.email.clone())
        .bind(person.name.clone())
        .bind(person.password_hash.clone())
        .bind(language.to_owned())
        .bind(true)
        .bind(now)
        .exec()
        .await?;
    Ok(())
}

/// Gives a person a role in a tenant, or changes it.
///
/// # Errors
/// Failures of the engine.
pub async fn join(tx: &mut Tx, person: PersonId, tenant: TenantId, role: Role, now: Ts) -> Result<()> {
    tx.q("INSERT INTO memberships (person_id, tenant_id, role, created_at) VALUES ($1, $2, $3, $4) \
          ON CONFLICT (person_id, tenant_id) DO UPDATE SET role = excluded.role")
        .bind(person)
        .bind(tenant)
        .bind(role)
        .bind(now)
        .exec()
        .await?;
    Ok(())
}

/// The credentials of a sign-in address. Not scoped: nobody is signed in yet.
///
/// # Errors
/// Failures of the engine.
pub async fn credentials(db: &Db, email: &str) -> Result<Option<Credentials>> {
    db.q("SELECT id, password_hash, language, theme, active FROM persons WHERE email = $1")
        .bind(email.to_owned())
        .opt()
        .await
}

/// Replaces the password hash, for example after stronger parameters.
///
/// # Errors
/// Failures of the engine.
pub async fn set_password_hash(tx: &mut Tx, person: PersonId, hash: &str) -> Result<()> {
    tx.q("UPDATE persons SET password_hash = $2 WHERE id = $1")
        .bind(person)
        .bind(hash.to_owned())
        .exec()
        .await?;
    Ok(())
}

/// Remembers language and theme for the next sign-in.
///
/// # Errors
/// Failures of the engine.
pub async fn set_preferences(tx: &mut Tx, person: PersonId, language: &str, theme: &str) -> Result<()> {
    tx.q("UPDATE persons SET language = $2, theme = $3 WHERE id = $1")
        .bind(person)
        .bind(language.to_owned())
        .bind(theme.to_owned())
        .exec()
        .await?;
    Ok(())
}

/// The tenants a person belongs to, the first one first.
///
/// # Errors
/// Failures of the engine.
pub async fn memberships(db: &Db, person: PersonId) -> Result<Vec<Membership>> {
    db.q("SELECT t.id AS tenant_id, t.kind, t.name, t.number, m.role FROM memberships m JOIN tenants t ON t.id = m.tenant_id \
          WHERE m.person_id = $1 ORDER BY m.created_at, t.name LIMIT 200")
        .bind(person)
        .all()
        .await
}

/// The active person with its present role in a tenant: read on every request, so that rights change at once.
///
/// # Errors
/// Failures of the engine.
pub async fn member(db: &Db, person: PersonId, tenant: TenantId) -> Result<Option<Member>> {
    let found = db
        .q("SELECT p.id AS person_id, p.name, p.email, m.role FROM memberships m JOIN persons p ON p.id = m.person_id \
            WHERE m.person_id = $1 AND m.tenant_id = $2 AND p.active = $3")
        .bind(person)
        .bind(tenant)
        .bind(true)
        .opt::<MemberRow>()
        .await?;
    let Some(row) = found else { return Ok(None) };
    let tenant = db.q("SELECT * FROM tenants WHERE id = $1").bind(tenant).one::<TenantRow>().await?;
    let MemberRow { person_id, name, email, role } = row;
    Ok(Some(Member { person_id, name, email, role, tenant: Tenant::from(tenant) }))
}

/// Who receives mail about a tenant's money: its owners and accounting, by address.
///
/// # Errors
/// Failures of the engine.
pub async fn money_recipients(db: &Db, tenant: TenantId) -> Result<Vec<Recipient>> {
    db.q("SELECT p.email, p.name, p.language FROM memberships m JOIN persons p ON p.id = m.person_id \
          WHERE m.tenant_id = $1 AND m.role IN ('owner', 'accounting') AND p.active = $2 ORDER BY p.email LIMIT 20")
        .bind(tenant)
        .bind(true)
        .all()
        .await
}

/// Who manages a tenant: the platform's administrators, a reseller's or customer's owners, by address.
///
/// # Errors
/// Failures of the engine.
pub async fn managers(db: &Db, tenant: TenantId) -> Result<Vec<Recipient>> {
    db.q("SELECT p.email, p.name, p.language FROM memberships m JOIN persons p ON p.id = m.person_id \
          WHERE m.tenant_id = $1 AND m.role IN ('admin', 'owner') AND p.active = $2 ORDER BY p.email LIMIT 20")
        .bind(tenant)
        .bind(true)
        .all()
        .await
}

row! {
    struct PersonRow { person_id: PersonId }
}

/// The first owner of a tenant.
///
/// # Errors
/// Failures of the engine.
pub async fn owner_of(db: &Db, tenant: TenantId) -> Result<Option<PersonId>> {
    let row = db
        .q("SELECT person_id FROM memberships WHERE tenant_id = $1 AND role = 'owner' ORDER BY created_at LIMIT 1")
        .bind(tenant)
        .opt::<PersonRow>()
        .await?;
    Ok(row.map(|row| row.person_id))
}
