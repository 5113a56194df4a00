//! Price lists, the versions of prices in them, plans, and what is agreed with resellers.
//!
//! Versions are written here and read; `book` reads what rating needs, `terms` holds agreements and plans, `pages` the lists that pages
//! show with their names and numbers.

mod book;
mod pages;
mod terms;

pub use book::{book_of, price_book};
pub use pages::{
    MonthUse, OwnList, PlanList, PlanMember, SellerRow, count_buyers, count_plan_members,
    count_platform_buyers, list_month_uses, list_own_lists, list_plan_members, list_plans, list_sellers,
    rename_list,
};
pub use terms::{PlanRecord, assign_plan, current_terms, insert_terms, list_plan_records, list_terms, terms};

use super::engine::{Asks, Db, Result, Sql, Tx, row};
use super::meters::increment;
use crate::domain::clock::Ts;
use crate::domain::id::{PersonId, PriceId, PriceListId, TenantId};
use crate::domain::money::UnitPrice;
use crate::domain::party::Scope;
use crate::domain::pricing::{ListRole, Meter, Model, Price, PriceList, Tier, Unit};

row! {
    struct ListRow { id: PriceListId, owner_id: TenantId, role: ListRole, subject_id: Option<TenantId>, name: String }
    /// A version with the list it is in.
    struct PriceRow {
        id: PriceId,
        list_id: PriceListId,
        meter: Meter,
        unit: Unit,
        model: String,
        price_micros: UnitPrice,
        package_units: i64,
        included_units: i64,
        tiers: serde_json::Value,
        first_seconds: i64,
        next_seconds: i64,
        below_platform: bool,
        valid_from: Ts,
        owner_id: TenantId,
        role: ListRole,
        subject_id: Option<TenantId>,
        name: String,
    }
    struct RecordRow { id: PriceId, created_at: Ts, created_by: Option<PersonId>, author: Option<String>, withdrawn_at: Option<Ts> }
}

impl From<ListRow> for PriceList {
    fn from(row: ListRow) -> PriceList {
        PriceList { id: row.id, owner: row.owner_id, role: row.role, subject: row.subject_id, name: row.name }
    }
}

/// A version of a price with the list it is in.
#[derive(Clone, Debug)]
pub struct Version {
    /// The version.
    pub price: Price,
    /// Its list.
    pub list: PriceList,
}

impl TryFrom<PriceRow> for Version {
    type Error = sqlx::Error;
    fn try_from(row: PriceRow) -> Result<Version> {
        let model = match row.model.as_str() {
            "none" => None,
            "flat" => Some(Model::Flat(row.price_micros)),
            "package" => Some(Model::Package { units: row.package_units, price: row.price_micros }),
            _ => {
                let tiers = serde_json::from_value(row.tiers);
                Some(Model::Graduated(tiers.map_err(|error| sqlx::Error::Decode(error.into()))?))
            }
        };
        let price = Price {
            id: row.id,
            list: row.list_id,
            meter: row.meter,
            unit: row.unit,
            model,
            included: row.included_units,
            increment: increment(row.first_seconds, row.next_seconds),
            below_platform: row.below_platform,
            valid_from: row.valid_from,
        };
        let list = PriceList {
            id: row.list_id,
            owner: row.owner_id,
            role: row.role,
            subject: row.subject_id,
            name: row.name,
        };
        Ok(Version { price, list })
    }
}

/// A version as the history of its list shows it.
#[derive(Clone, Debug)]
pub struct PriceRecord {
    /// The version.
    pub price: Price,
    /// When it was entered.
    pub created_at: Ts,
    /// By whom; `None` where the installation itself did it.
    pub created_by: Option<PersonId>,
    /// That person's name.
    pub author: Option<String>,
    /// When it was withdrawn, before it took effect.
    pub withdrawn_at: Option<Ts>,
}

fn versions_of(rows: Vec<PriceRow>) -> Result<Vec<Version>> {
    rows.into_iter().map(Version::try_from).collect()
}

/// Finds the only list of a role and subject, or opens it under `list.id`; returns the list that is there. Plans are many:
/// [`create_list`].
///
/// # Errors
/// Failures of the engine.
pub async fn ensure_list(tx: &mut Tx, list: &PriceList, now: Ts) -> Result<PriceList> {
    if let Some(found) = find_only_list(tx, list).await? {
        return Ok(found);
    }
    create_list(tx, list, now).await?;
    find_only_list(tx, list).await?.ok_or(sqlx::Error::RowNotFound)
}

/// The only list of a role and subject. A list made for somebody is its only one in that role, whoever sells by it now.
///
/// # Errors
/// Failures of the engine. `None` where nothing was ever priced in it.
pub async fn find_only_list(tx: &mut impl Asks, list: &PriceList) -> Result<Option<PriceList>> {
    let found = match list.subject {
        Some(subject) => tx
            .ask("SELECT id, owner_id, role, subject_id, name FROM price_lists WHERE subject_id = $1 AND role = $2")
            .bind(subject),
        None => tx
            .ask("SELECT id, owner_id, role, subject_id, name FROM price_lists \
                WHERE owner_id = $1 AND role = $2 AND subject_id IS NULL AND role <> 'plan'")
            .bind(list.owner),
    };
    Ok(found.bind(list.role).opt::<ListRow>().await?.map(PriceList::from))
}

/// Writes a new list, unless there can be only one and it is there.
///
/// # Errors
/// Failures of the engine.
pub async fn create_list(tx: &mut Tx, list: &PriceList, now: Ts) -> Result<()> {
    tx.q("INSERT INTO price_lists (id, owner_id, role, subject_id, name, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING")
        .bind(list.id)
        .bind(list.owner)
        .bind(list.role)
        .bind(list.subject)
        .bind(list.name.clone())
        .bind(now)
        .exec()
        .await?;
    Ok(())
}

/// A list within the scope: the platform's are all, a reseller's those it sells by, a customer's its own.
///
/// # Errors
/// Failures of the engine. `None` outside the scope.
pub async fn find_list(tx: &mut impl Asks, scope: Scope, id: PriceListId) -> Result<Option<PriceList>> {
    let row = tx
        .ask("SELECT id, owner_id, role, subject_id, name FROM price_lists \
            WHERE id = $1 AND ($2 IS NULL OR owner_id = $2) AND ($3 IS NULL OR (subject_id = $3 AND role = 'customer'))")
        .bind(id)
        .bind(scope.reseller())
        .bind(scope.customer())
        .opt::<ListRow>()
        .await?;
    Ok(row.map(PriceList::from))
}

/// Lists within the scope by role and name, after `after` (an id of the same role), at most `limit`.
///
/// # Errors
/// Failures of the engine.
pub async fn list_lists(
    db: &Db,
    scope: Scope,
    role: ListRole,
    after: Option<PriceListId>,
    limit: i64,
) -> Result<Vec<PriceList>> {
    let rows = db
        .q("SELECT id, owner_id, role, subject_id, name FROM price_lists WHERE role = $1 AND ($2 IS NULL OR id > $2) \
            AND ($3 IS NULL OR owner_id = $3) AND ($4 IS NULL OR (subject_id = $4 AND role = 'customer')) ORDER BY id LIMIT $5")
        .bind(role)
        .bind(after)
        .bind(scope.reseller())
        .bind(scope.customer())
        .bind(limit)
        .all::<ListRow>()
        .await?;
    Ok(rows.into_iter().map(PriceList::from).collect())
}

/// Writes a new version; false where the list has one of the same meter and instant, or the id is taken.
///
/// # Errors
/// Failures of the engine.
pub async fn insert(
    tx: &mut Tx,
    price: &Price,
    owner: TenantId,
    by: Option<PersonId>,
    now: Ts,
) -> Result<bool> {
    let none: &[Tier] = &[];
    let (model, micros, units, tiers) = match &price.model {
        None => ("none", UnitPrice(0), 0, none),
        Some(Model::Flat(price)) => ("flat", *price, 0, none),
        Some(Model::Package { units, price }) => ("package", *price, *units, none),
        Some(Model::Graduated(tiers)) => ("graduated", UnitPrice(0), 0, &tiers[..]),
    };
    let written = tx
        .q("INSERT INTO prices (id, list_id, owner_id, meter, model, price_micros, package_units, included_units, tiers, first_seconds, \
            next_seconds, below_platform, valid_from, created_by, created_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
            ON CONFLICT DO NOTHING")
        .bind(price.id)
        .bind(price.list)
        .bind(owner)
        .bind(price.meter)
        .bind(model.to_owned())
        .bind(micros)
        .bind(units)
        .bind(price.included)
        .bind(serde_json::json!(tiers))
        .bind(i64::from(price.increment.first))
        .bind(i64::from(price.increment.next))
        .bind(price.below_platform)
        .bind(price.valid_from)
        .bind(by)
        .bind(now)
        .exec()
        .await?;
    Ok(written > 0)
}

/// Withdraws a version that takes effect after `after`, once; false where it does so before.
///
/// # Errors
/// Failures of the engine.
pub async fn withdraw(tx: &mut Tx, id: PriceId, after: Ts, now: Ts) -> Result<bool> {
    let written = tx
        .q("UPDATE prices SET withdrawn_at = COALESCE(withdrawn_at, $2) WHERE id = $1 AND valid_from > $3")
        .bind(id)
        .bind(now)
        .bind(after)
        .exec()
        .await?;
    Ok(written > 0)
}

const BY_IDS: Sql = Sql {
    lite: "SELECT p.id, p.list_id, p.meter, m.unit, p.model, p.price_micros, p.package_units, p.included_units, p.tiers, p.first_seconds, \
           p.next_seconds, p.below_platform, p.valid_from, l.owner_id, l.role, l.subject_id, l.name \
           FROM prices p JOIN meters m ON m.key = p.meter JOIN price_lists l ON l.id = p.list_id \
           WHERE p.id IN (SELECT unhex(value) FROM json_each($1))",
    pg: "SELECT p.id, p.list_id, p.meter, m.unit, p.model, p.price_micros, p.package_units, p.included_units, p.tiers, p.first_seconds, \
         p.next_seconds, p.below_platform, p.valid_from, l.owner_id, l.role, l.subject_id, l.name \
         FROM prices p JOIN meters m ON m.key = p.meter JOIN price_lists l ON l.id = p.list_id WHERE p.id = ANY($1)",
};

/// The versions that a charge names. The charge was found within a scope; what of it a reader may see is the caller's to decide.
///
/// # Errors
/// Failures of the engine.
pub async fn versions(db: &Db, ids: &[PriceId]) -> Result<Vec<Version>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    versions_of(db.q(BY_IDS).bind_ids(&ids).all::<PriceRow>().await?)
}

/// A version within the scope, with its list.
///
/// # Errors
/// Failures of the engine. `None` outside the scope; see [`find_list`].
pub async fn find_version(tx: &mut impl Asks, scope: Scope, id: PriceId) -> Result<Option<Version>> {
    let row = tx
        .ask("SELECT p.id, p.list_id, p.meter, m.unit, p.model, p.price_micros, p.package_units, p.included_units, p.tiers, p.first_seconds, \
            p.next_seconds, p.below_platform, p.valid_from, l.owner_id, l.role, l.subject_id, l.name \
            FROM prices p JOIN meters m ON m.key = p.meter JOIN price_lists l ON l.id = p.list_id \
            WHERE p.id = $1 AND ($2 IS NULL OR l.owner_id = $2) AND ($3 IS NULL OR (l.subject_id = $3 AND l.role = 'customer'))")
        .bind(id)
        .bind(scope.reseller())
        .bind(scope.customer())
        .opt::<PriceRow>()
        .await?;
    row.map(Version::try_from).transpose()
}

/// The version of a meter that is valid in a list at an instant, whatever it says; for whoever has found the list.
///
/// # Errors
/// Failures of the engine.
pub async fn valid_version(
    on: &mut impl Asks,
    list: PriceListId,
    meter: Meter,
    at: Ts,
) -> Result<Option<Price>> {
    let row = on
        .ask("SELECT p.id, p.list_id, p.meter, m.unit, p.model, p.price_micros, p.package_units, p.included_units, p.tiers, p.first_seconds, \
              p.next_seconds, p.below_platform, p.valid_from, l.owner_id, l.role, l.subject_id, l.name \
              FROM prices p JOIN meters m ON m.key = p.meter JOIN price_lists l ON l.id = p.list_id \
              WHERE p.list_id = $1 AND p.meter = $2 AND p.withdrawn_at IS NULL AND p.valid_from <= $3 ORDER BY p.valid_from DESC LIMIT 1")
        .bind(list)
        .bind(meter)
        .bind(at)
        .opt::<PriceRow>()
        .await?;
    Ok(row.map(Version::try_from).transpose()?.map(|version| version.price))
}

/// The history of a list within the scope: every version, newest first within its meter, withdrawn ones too; at most `limit`.
///
/// # Errors
/// Failures of the engine.
pub async fn list_versions(db: &Db, scope: Scope, list: PriceListId, limit: i64) -> Result<Vec<PriceRecord>> {
    let rows = db
        .q("SELECT p.id, p.list_id, p.meter, m.unit, p.model, p.price_micros, p.package_units, p.included_units, p.tiers, p.first_seconds, \
            p.next_seconds, p.below_platform, p.valid_from, l.owner_id, l.role, l.subject_id, l.name \
            FROM price_lists l JOIN prices p ON p.list_id = l.id JOIN meters m ON m.key = p.meter \
            WHERE l.id = $1 AND ($2 IS NULL OR l.owner_id = $2) AND ($3 IS NULL OR (l.subject_id = $3 AND l.role = 'customer')) \
            ORDER BY m.position, p.meter, p.valid_from DESC, p.id DESC LIMIT $4")
        .bind(list)
        .bind(scope.reseller())
        .bind(scope.customer())
        .bind(limit)
        .all::<PriceRow>()
        .await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id.0).collect();
    let records = db.q(RECORDS).bind_ids(&ids).all::<RecordRow>().await?;
    let records: std::collections::HashMap<PriceId, RecordRow> =
        records.into_iter().map(|row| (row.id, row)).collect();
    let record = |version: Version| {
        let row = records.get(&version.price.id).cloned().ok_or(sqlx::Error::RowNotFound)?;
        let RecordRow { created_at, created_by, author, withdrawn_at, .. } = row;
        Ok(PriceRecord { price: version.price, created_at, created_by, author, withdrawn_at })
    };
    versions_of(rows)?.into_iter().map(record).collect()
}

const RECORDS: Sql = Sql {
    lite: "SELECT p.id, p.created_at, p.created_by, e.name AS author, p.withdrawn_at FROM prices p LEFT JOIN persons e ON e.id = p.created_by \
           WHERE p.id IN (SELECT unhex(value) FROM json_each($1))",
    pg: "SELECT p.id, p.created_at, p.created_by, e.name AS author, p.withdrawn_at FROM prices p LEFT JOIN persons e ON e.id = p.created_by \
         WHERE p.id = ANY($1)",
};

/// Versions of resellers' lists that are valid at `from` or take effect later, of one reseller or meter where named; at most `limit`.
/// For the platform: what a change of its price or of terms does to them.
///
/// # Errors
/// Failures of the engine.
pub async fn list_resellers_versions(
    tx: &mut impl Asks,
    reseller: Option<TenantId>,
    meter: Option<Meter>,
    from: Ts,
    limit: i64,
) -> Result<Vec<Version>> {
    let rows = tx
        .ask("SELECT p.id, p.list_id, p.meter, m.unit, p.model, p.price_micros, p.package_units, p.included_units, p.tiers, p.first_seconds, \
            p.next_seconds, p.below_platform, p.valid_from, l.owner_id, l.role, l.subject_id, l.name \
            FROM price_lists l JOIN tenants o ON o.id = l.owner_id AND o.kind = 'reseller' \
            JOIN prices p ON p.list_id = l.id AND p.withdrawn_at IS NULL JOIN meters m ON m.key = p.meter \
            WHERE ($1 IS NULL OR l.owner_id = $1) AND ($2 IS NULL OR p.meter = $2) AND p.model <> 'none' AND (p.valid_from > $3 OR p.valid_from = \
            (SELECT MAX(v.valid_from) FROM prices v WHERE v.list_id = p.list_id AND v.meter = p.meter AND v.withdrawn_at IS NULL AND v.valid_from <= $3)) \
            ORDER BY l.id, m.position, p.valid_from LIMIT $4")
        .bind(reseller)
        .bind(meter)
        .bind(from)
        .bind(limit)
        .all::<PriceRow>()
        .await?;
    versions_of(rows)
}
