//! Commission per customer and German day of posting, with when it may be paid out, and its sums.

use super::engine::{Db, Result, Sql, Tx, row};
use crate::domain::clock::Ts;
use crate::domain::id::TenantId;
use crate::domain::money::Cents;
use crate::domain::party::Scope;
use serde_json::{Value, json};

row! {
    /// What a reseller earned by one customer on one day, beside the line that stands for it.
    pub struct EarnedDay {
        /// The customer.
        pub customer_id: TenantId,
        /// Who earned.
        pub reseller_id: TenantId,
        /// The day, `2026-11-23`.
        pub day: String,
        /// How much; negative when more was taken back than earned.
        pub amount_cents: Cents,
        /// What its line says, if it has one.
        pub line_cents: Option<Cents>,
        /// When its line becomes available.
        pub line_available_on: Option<String>,
        /// Whether a payout has taken its line; then it stays as it is.
        pub in_payout: bool,
    }
    /// Days that were agreed with a reseller from an instant on.
    pub struct AgreedHold {
        /// With whom.
        pub owner_id: TenantId,
        /// As a rule.
        pub hold_days: i64,
        /// After direct debits.
        pub sepa_hold_days: i64,
        /// From when on.
        pub valid_from: Ts,
    }
    /// A direct debit that was credited.
    pub struct Debit {
        /// To whom.
        pub customer_id: TenantId,
        /// When.
        pub finished_at: Ts,
    }
    struct Newest { day: Option<String> }
}

/// The newest day that has a line, whoever's. Used by the job, which acts for the platform.
///
/// # Errors
/// Failures of the engine.
pub async fn newest_day(db: &Db) -> Result<Option<String>> {
    Ok(db.q("SELECT MAX(day) AS day FROM commission_lines").one::<Newest>().await?.day)
}

/// What was earned since a day, in the order of day and customer, after `after`. Used by the job, which acts for the platform.
///
/// # Errors
/// Failures of the engine.
pub async fn earned(
    db: &Db,
    since: &str,
    after: Option<&(String, TenantId)>,
    limit: i64,
) -> Result<Vec<EarnedDay>> {
    let (day, customer) = match after {
        Some((day, customer)) => (day.clone(), Some(*customer)),
        None => (since.to_owned(), None),
    };
    db.q("SELECT x.customer_id, a.owner_id AS reseller_id, x.day, x.amount_cents, l.amount_cents AS line_cents, l.available_on AS line_available_on, \
          (l.payout_id IS NOT NULL) AS in_payout FROM (SELECT d.customer_id, d.day, CAST(SUM(d.commission_cents) AS BIGINT) AS amount_cents FROM daily_totals d \
          WHERE d.day >= $1 GROUP BY d.customer_id, d.day) x JOIN accounts a ON a.customer_id = x.customer_id AND a.kind = 'commission' \
          LEFT JOIN commission_lines l ON l.customer_id = x.customer_id AND l.day = x.day \
          WHERE $2 IS NULL OR x.day > $1 OR x.customer_id > $2 ORDER BY x.day, x.customer_id LIMIT $3")
        .bind(day)
        .bind(customer)
        .bind(limit)
        .all()
        .await
}

/// Every version of the days agreed with resellers; a handful. Used by the job, which acts for the platform.
///
/// # Errors
/// Failures of the engine.
pub async fn agreed_holds(db: &Db) -> Result<Vec<AgreedHold>> {
    db.q("SELECT owner_id, hold_days, sepa_hold_days, valid_from FROM reseller_terms").all().await
}

/// The days agreed with a reseller at an instant; `None` where they are the standard, and outside the scope.
///
/// # Errors
/// Failures of the engine.
pub async fn agreed_hold(db: &Db, scope: Scope, reseller: TenantId, at: Ts) -> Result<Option<AgreedHold>> {
    if scope.customer().is_some() {
        return Ok(None);
    }
    db.q("SELECT owner_id, hold_days, sepa_hold_days, valid_from FROM reseller_terms \
          WHERE owner_id = $1 AND ($2 IS NULL OR owner_id = $2) AND valid_from <= $3 ORDER BY valid_from DESC LIMIT 1")
        .bind(reseller)
        .bind(scope.reseller())
        .bind(at)
        .opt()
        .await
}

/// Direct debits credited from `since` until before `until`. Used by the job, which acts for the platform.
///
/// # Errors
/// Failures of the engine.
pub async fn debits(db: &Db, since: Ts, until: Ts) -> Result<Vec<Debit>> {
    db.q("SELECT customer_id, finished_at FROM top_ups WHERE method = 'sepa_debit' AND transfer_id IS NOT NULL AND finished_at >= $1 AND finished_at < $2")
        .bind(since)
        .bind(until)
        .all()
        .await
}

/// A line as it has to stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// By whose usage.
    pub customer: TenantId,
    /// Who earned.
    pub reseller: TenantId,
    /// The day.
    pub day: String,
    /// How much.
    pub amount: Cents,
    /// When it becomes available.
    pub available_on: String,
}

const WRITE: Sql = Sql {
    lite: "INSERT INTO commission_lines (customer_id, reseller_id, day, amount_cents, available_on) \
           SELECT unhex(value->>0), unhex(value->>1), value->>2, value->>3, value->>4 FROM json_each($1) WHERE true \
           ON CONFLICT (customer_id, day) DO UPDATE SET amount_cents = excluded.amount_cents, available_on = excluded.available_on \
           WHERE commission_lines.payout_id IS NULL",
    pg: "INSERT INTO commission_lines (customer_id, reseller_id, day, amount_cents, available_on) \
         SELECT CAST(v->>0 AS uuid), CAST(v->>1 AS uuid), v->>2, CAST(v->>3 AS bigint), v->>4 FROM jsonb_array_elements(CAST($1 AS jsonb)) AS e(v) \
         ON CONFLICT (customer_id, day) DO UPDATE SET amount_cents = excluded.amount_cents, available_on = excluded.available_on \
         WHERE commission_lines.payout_id IS NULL",
};

/// Writes lines that no payout has taken; returns how many.
///
/// # Errors
/// Failures of the engine.
pub async fn write(tx: &mut Tx, lines: &[Line]) -> Result<u64> {
    let hex = |id: TenantId| id.0.simple().to_string();
    let row = |line: &Line| {
        json!([hex(line.customer), hex(line.reseller), line.day, line.amount.0, line.available_on])
    };
    let rows: Vec<Value> = lines.iter().map(row).collect();
    tx.q(WRITE).bind(Value::from(rows).to_string()).exec().await
}

row! {
    /// Commission by where it stands.
    pub struct CommissionSums {
        /// Earned; it waits.
        pub accrued_cents: Cents,
        /// The next payout takes it; negative when more was taken back than is available.
        pub available_cents: Cents,
        /// In a payout that is being made.
        pub in_payout_cents: Cents,
        /// Paid out.
        pub paid_cents: Cents,
    }
    /// The same for one month.
    pub struct MonthSums {
        /// The month of posting, `2026-11`.
        pub month: String,
        /// Earned; it waits.
        pub accrued_cents: Cents,
        /// The next payout takes it.
        pub available_cents: Cents,
        /// In a payout that is being made.
        pub in_payout_cents: Cents,
        /// Paid out.
        pub paid_cents: Cents,
    }
    /// The same for one customer.
    pub struct CustomerSums {
        /// The customer.
        pub customer_id: TenantId,
        /// Its number.
        pub number: String,
        /// Its name.
        pub name: String,
        /// Earned; it waits.
        pub accrued_cents: Cents,
        /// The next payout takes it.
        pub available_cents: Cents,
        /// In a payout that is being made.
        pub in_payout_cents: Cents,
        /// Paid out.
        pub paid_cents: Cents,
    }
    /// One line.
    pub struct CommissionLine {
        /// By whose usage.
        pub customer_id: TenantId,
        /// Its number.
        pub number: String,
        /// Its name.
        pub name: String,
        /// The day of posting.
        pub day: String,
        /// How much.
        pub amount_cents: Cents,
        /// When it becomes available.
        pub available_on: String,
        /// Whether a payout has taken it.
        pub in_payout: bool,
        /// When it was paid.
        pub paid_on: Option<String>,
    }
}

impl Default for CommissionSums {
    fn default() -> CommissionSums {
        let none = Cents::ZERO;
        CommissionSums { accrued_cents: none, available_cents: none, in_payout_cents: none, paid_cents: none }
    }
}

impl CommissionSums {
    /// Everything together.
    pub fn total(&self) -> Cents {
        self.accrued_cents + self.available_cents + self.in_payout_cents + self.paid_cents
    }
}

impl MonthSums {
    /// Everything together.
    pub fn total(&self) -> Cents {
        self.accrued_cents + self.available_cents + self.in_payout_cents + self.paid_cents
    }
}

impl CustomerSums {
    /// Everything together.
    pub fn total(&self) -> Cents {
        self.accrued_cents + self.available_cents + self.in_payout_cents + self.paid_cents
    }
}

/// Sums by state on a German day. A reseller's scope sees its own commission, customers see none.
///
/// # Errors
/// Failures of the engine.
pub async fn sums(db: &Db, scope: Scope, reseller: TenantId, today: &str) -> Result<CommissionSums> {
    if scope.customer().is_some() {
        return Ok(CommissionSums::default());
    }
    db.q("SELECT CAST(COALESCE(SUM(CASE WHEN l.payout_id IS NULL AND l.available_on > $1 THEN l.amount_cents ELSE 0 END), 0) AS BIGINT) AS accrued_cents, \
          CAST(COALESCE(SUM(CASE WHEN l.payout_id IS NULL AND l.available_on <= $1 THEN l.amount_cents ELSE 0 END), 0) AS BIGINT) AS available_cents, \
          CAST(COALESCE(SUM(CASE WHEN l.payout_id IS NOT NULL AND l.paid_on IS NULL THEN l.amount_cents ELSE 0 END), 0) AS BIGINT) AS in_payout_cents, \
          CAST(COALESCE(SUM(CASE WHEN l.paid_on IS NOT NULL THEN l.amount_cents ELSE 0 END), 0) AS BIGINT) AS paid_cents \
          FROM commission_lines l WHERE l.reseller_id = $2 AND ($3 IS NULL OR l.reseller_id = $3)")
        .bind(today.to_owned())
        .bind(reseller)
        .bind(scope.reseller())
        .one()
        .await
}

/// Sums by state and month, newest first.
///
/// # Errors
/// Failures of the engine.
pub async fn by_month(
    db: &Db,
    scope: Scope,
    reseller: TenantId,
    today: &str,
    months: i64,
) -> Result<Vec<MonthSums>> {
    if scope.customer().is_some() {
        return Ok(vec![]);
    }
    db.q("SELECT substr(l.day, 1, 7) AS month, CAST(SUM(CASE WHEN l.payout_id IS NULL AND l.available_on > $1 THEN l.amount_cents ELSE 0 END) AS BIGINT) AS accrued_cents, \
          CAST(SUM(CASE WHEN l.payout_id IS NULL AND l.available_on <= $1 THEN l.amount_cents ELSE 0 END) AS BIGINT) AS available_cents, \
          CAST(SUM(CASE WHEN l.payout_id IS NOT NULL AND l.paid_on IS NULL THEN l.amount_cents ELSE 0 END) AS BIGINT) AS in_payout_cents, \
          CAST(SUM(CASE WHEN l.paid_on IS NOT NULL THEN l.amount_cents ELSE 0 END) AS BIGINT) AS paid_cents \
          FROM commission_lines l WHERE l.reseller_id = $2 AND ($3 IS NULL OR l.reseller_id = $3) GROUP BY 1 ORDER BY 1 DESC LIMIT $4")
        .bind(today.to_owned())
        .bind(reseller)
        .bind(scope.reseller())
        .bind(months)
        .all()
        .await
}

/// Sums by state and customer, in the order of their numbers after `after`; of one month (`2026-11`), or of all with an empty text.
///
/// # Errors
/// Failures of the engine.
pub async fn by_customer(
    db: &Db,
    scope: Scope,
    reseller: TenantId,
    today: &str,
    month: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<CustomerSums>> {
    if scope.customer().is_some() {
        return Ok(vec![]);
    }
    db.q("SELECT l.customer_id, t.number, t.name, CAST(SUM(CASE WHEN l.payout_id IS NULL AND l.available_on > $1 THEN l.amount_cents ELSE 0 END) AS BIGINT) AS accrued_cents, \
          CAST(SUM(CASE WHEN l.payout_id IS NULL AND l.available_on <= $1 THEN l.amount_cents ELSE 0 END) AS BIGINT) AS available_cents, \
          CAST(SUM(CASE WHEN l.payout_id IS NOT NULL AND l.paid_on IS NULL THEN l.amount_cents ELSE 0 END) AS BIGINT) AS in_payout_cents, \
          CAST(SUM(CASE WHEN l.paid_on IS NOT NULL THEN l.amount_cents ELSE 0 END) AS BIGINT) AS paid_cents \
          FROM commission_lines l JOIN tenants t ON t.id = l.customer_id WHERE l.reseller_id = $2 AND ($3 IS NULL OR l.reseller_id = $3) \
          AND ($4 = '' OR substr(l.day, 1, 7) = $4) AND t.number > $5 GROUP BY l.customer_id, t.number, t.name ORDER BY t.number LIMIT $6")
        .bind(today.to_owned())
        .bind(reseller)
        .bind(scope.reseller())
        .bind(month.to_owned())
        .bind(after.to_owned())
        .bind(limit)
        .all()
        .await
}

/// Lines of a reseller from day to day, oldest first, after a line (day and customer).
///
/// # Errors
/// Failures of the engine.
pub async fn lines(
    db: &Db,
    scope: Scope,
    reseller: TenantId,
    month: &str,
    after: Option<&(String, TenantId)>,
    limit: i64,
) -> Result<Vec<CommissionLine>> {
    if scope.customer().is_some() {
        return Ok(vec![]);
    }
    let (day, customer) = match after {
        Some((day, customer)) => (day.clone(), Some(*customer)),
        None => (String::new(), None),
    };
    db.q("SELECT l.customer_id, t.number, t.name, l.day, l.amount_cents, l.available_on, (l.payout_id IS NOT NULL) AS in_payout, l.paid_on \
          FROM commission_lines l JOIN tenants t ON t.id = l.customer_id WHERE l.reseller_id = $1 AND ($2 IS NULL OR l.reseller_id = $2) \
          AND ($3 = '' OR substr(l.day, 1, 7) = $3) AND ($5 IS NULL OR l.day > $4 OR (l.day = $4 AND l.customer_id > $5)) \
          ORDER BY l.day, l.customer_id LIMIT $6")
        .bind(reseller)
        .bind(scope.reseller())
        .bind(month.to_owned())
        .bind(day)
        .bind(customer)
        .bind(limit)
        .all()
        .await
}

/// The line that a customer's movements of one day are part of; `None` before the job has written it, and outside the scope.
///
/// # Errors
/// Failures of the engine.
pub async fn find_line(
    db: &Db,
    scope: Scope,
    customer: TenantId,
    day: &str,
) -> Result<Option<CommissionLine>> {
    if scope.customer().is_some() {
        return Ok(None);
    }
    db.q("SELECT l.customer_id, t.number, t.name, l.day, l.amount_cents, l.available_on, (l.payout_id IS NOT NULL) AS in_payout, l.paid_on \
          FROM commission_lines l JOIN tenants t ON t.id = l.customer_id WHERE l.customer_id = $1 AND l.day = $2 \
          AND ($3 IS NULL OR l.reseller_id = $3)")
        .bind(customer)
        .bind(day.to_owned())
        .bind(scope.reseller())
        .opt()
        .await
}
