//! Alerts: the ledger writes one with the posting that crosses a threshold, the forecast one when a balance will soon be used up;
//! a job tells of them, once.

use super::engine::{Db, Result, Sql, Tx, row};
use crate::domain::clock::Ts;
use crate::domain::id::{AlertId, TenantId};
use crate::domain::ledger::AlertKind;
use crate::domain::money::Cents;
use crate::domain::party::Scope;
use uuid::Uuid;

row! {
    /// Something that was crossed.
    pub struct Alert {
        /// Its id.
        pub id: AlertId,
        /// Whose balance.
        pub customer_id: TenantId,
        /// What was crossed.
        pub kind: AlertKind,
        /// The balance right after.
        pub balance_cents: Cents,
        /// The threshold at that time.
        pub threshold_cents: Cents,
        /// Position of the posting in the customer's book.
        pub seq: i64,
        /// When it was crossed.
        pub created_at: Ts,
    }
    /// Alerts of one posting that nobody has told of yet.
    pub struct Waiting {
        /// Whose balance.
        pub customer_id: TenantId,
        /// Position of the posting.
        pub seq: i64,
        /// When it was posted.
        pub created_at: Ts,
    }
    /// By what a customer wants to be warned.
    pub struct Thresholds {
        /// Below this balance.
        pub low_balance_cents: Cents,
        /// More urgently below this one.
        pub critical_balance_cents: Cents,
        /// When it lasts for fewer days than these; 0 switches that off.
        pub alert_days: i64,
    }
    /// A customer as the forecast needs it.
    pub struct Forecastable {
        /// The customer.
        pub id: TenantId,
        /// When it lasts for fewer days than these, it is warned.
        pub alert_days: i64,
        /// Since when it has been warned.
        pub warned_since_at: Option<Ts>,
        /// What is booked for it; most of what is reserved comes back.
        pub balance_cents: Cents,
        /// Position of its book.
        pub seq: i64,
    }
    /// What a customer used on one German day, as a positive amount.
    pub struct DayOfUse {
        /// The customer.
        pub customer_id: TenantId,
        /// The day.
        pub day: String,
        /// How much.
        pub used_cents: Cents,
    }
}

/// Postings whose alerts wait, oldest first.
///
/// # Errors
/// Failures of the engine.
pub async fn list_waiting(db: &Db, limit: i64) -> Result<Vec<Waiting>> {
    db.q("SELECT customer_id, seq, MIN(created_at) AS created_at FROM alerts WHERE handled_at IS NULL \
          GROUP BY customer_id, seq ORDER BY MIN(created_at), customer_id, seq LIMIT $1")
        .bind(limit)
        .all()
        .await
}

const CLAIM: Sql = Sql {
    lite: "UPDATE alerts SET handled_at = $3 WHERE id IN (SELECT id FROM alerts WHERE customer_id = $1 AND seq = $2 AND handled_at IS NULL \
           ORDER BY id) RETURNING *",
    pg: "UPDATE alerts SET handled_at = $3 WHERE id IN (SELECT id FROM alerts WHERE customer_id = $1 AND seq = $2 AND handled_at IS NULL \
         ORDER BY id FOR UPDATE) RETURNING *",
};

/// Takes all waiting alerts of one posting; they count as told when the transaction is committed. Empty when another node was first.
///
/// # Errors
/// Failures of the engine.
pub async fn claim(tx: &mut Tx, waiting: &Waiting, now: Ts) -> Result<Vec<Alert>> {
    tx.q(CLAIM).bind(waiting.customer_id).bind(waiting.seq).bind(now).all().await
}

/// By what one customer wants to be warned.
///
/// # Errors
/// Failures of the engine. `None` outside the scope.
pub async fn thresholds(db: &Db, scope: Scope, customer: TenantId) -> Result<Option<Thresholds>> {
    db.q("SELECT low_balance_cents, critical_balance_cents, alert_days FROM tenants t \
          WHERE t.id = $1 AND ($2 IS NULL OR t.reseller_id = $2 OR t.id = $2) AND ($3 IS NULL OR t.id = $3)")
        .bind(customer)
        .bind(scope.reseller())
        .bind(scope.customer())
        .opt()
        .await
}

/// Changes that.
///
/// # Errors
/// Failures of the engine.
pub async fn set_thresholds(tx: &mut Tx, customer: TenantId, new: &Thresholds) -> Result<()> {
    tx.q("UPDATE tenants SET low_balance_cents = $2, critical_balance_cents = $3, alert_days = $4 WHERE id = $1")
        .bind(customer)
        .bind(new.low_balance_cents)
        .bind(new.critical_balance_cents)
        .bind(new.alert_days)
        .exec()
        .await?;
    Ok(())
}

/// Customers for the forecast by id, after `after`: those who want it, and those who were warned and may have to be released.
///
/// # Errors
/// Failures of the engine.
pub async fn list_forecastable(db: &Db, after: Option<TenantId>, limit: i64) -> Result<Vec<Forecastable>> {
    db.q("SELECT t.id, t.alert_days, f.since_at AS warned_since_at, b.seq, \
          CAST((SELECT SUM(a.balance_cents) FROM accounts a WHERE a.customer_id = t.id AND a.kind IN ('wallet', 'bonus')) AS BIGINT) AS balance_cents \
          FROM tenants t JOIN books b ON b.customer_id = t.id LEFT JOIN forecast_alerts f ON f.customer_id = t.id \
          WHERE t.kind = 'customer' AND (t.alert_days > 0 OR f.customer_id IS NOT NULL) AND ($1 IS NULL OR t.id > $1) ORDER BY t.id LIMIT $2")
        .bind(after)
        .bind(limit)
        .all()
        .await
}

// What is not usage has one of the reserved names of transfers' kinds as its category.
const USE_BY_DAY: Sql = Sql {
    lite: "SELECT customer_id, day, CAST(-SUM(amount_cents) AS BIGINT) AS used_cents FROM daily_totals \
           WHERE customer_id IN (SELECT unhex(value) FROM json_each($1)) AND day >= $2 AND day <= $3 \
           AND category NOT IN ('topup', 'usage', 'wholesale', 'refund', 'bonus', 'adjustment', 'reversal') GROUP BY customer_id, day",
    pg: "SELECT customer_id, day, CAST(-SUM(amount_cents) AS BIGINT) AS used_cents FROM daily_totals \
         WHERE customer_id = ANY($1) AND day >= $2 AND day <= $3 \
         AND category NOT IN ('topup', 'usage', 'wholesale', 'refund', 'bonus', 'adjustment', 'reversal') GROUP BY customer_id, day",
};

/// What some customers used per German day between two days.
///
/// # Errors
/// Failures of the engine.
pub async fn use_by_day(db: &Db, customers: &[Uuid], from: &str, to: &str) -> Result<Vec<DayOfUse>> {
    db.q(USE_BY_DAY).bind_ids(customers).bind(from.to_owned()).bind(to.to_owned()).all().await
}

/// Remembers that a customer is warned, and writes the alert, unless it is warned already.
///
/// # Errors
/// Failures of the engine.
pub async fn warn(tx: &mut Tx, customer: &Forecastable, now: Ts) -> Result<bool> {
    let first = tx
        .q("INSERT INTO forecast_alerts (customer_id, since_at) VALUES ($1, $2) ON CONFLICT (customer_id) DO NOTHING")
        .bind(customer.id)
        .bind(now)
        .exec()
        .await?;
    if first == 0 {
        return Ok(false);
    }
    // At one position of the book there is one forecast: nothing moved, so there is nothing new to say.
    let written = tx
        .q("INSERT INTO alerts (id, customer_id, kind, balance_cents, threshold_cents, seq, created_at) \
            VALUES ($1, $2, $3, $4, 0, $5, $6) ON CONFLICT (customer_id, kind, seq) DO NOTHING")
        .bind(AlertId::new(now))
        .bind(customer.id)
        .bind(AlertKind::Forecast)
        .bind(customer.balance_cents)
        .bind(customer.seq)
        .bind(now)
        .exec()
        .await?;
    Ok(written == 1)
}

/// Forgets that a customer was warned, so that it can be warned again.
///
/// # Errors
/// Failures of the engine.
pub async fn release(tx: &mut Tx, customer: TenantId) -> Result<()> {
    tx.q("DELETE FROM forecast_alerts WHERE customer_id = $1").bind(customer).exec().await?;
    Ok(())
}
