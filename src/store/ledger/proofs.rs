//! Proofs that the ledger holds together.

use crate::store::engine::{Db, Result, row};

row! {
    /// Whether the ledger holds together.
    pub struct Proof {
        /// Number of accounts.
        pub accounts: i64,
        /// Sum of all balances; zero when every transfer balanced.
        pub total_cents: i64,
    }
    struct Count { n: i64 }
}

/// Sums all balances; cheap (one row per account).
///
/// # Errors
/// Failures of the engine.
pub async fn prove_totals(db: &Db) -> Result<Proof> {
    db.q("SELECT COUNT(*) AS accounts, CAST(COALESCE(SUM(balance_cents), 0) AS BIGINT) AS total_cents FROM accounts").one().await
}

/// Number of accounts whose balance is not that of their last entry; looks at one entry per account.
///
/// # Errors
/// Failures of the engine.
pub async fn count_stale_balances(db: &Db) -> Result<i64> {
    let count = db
        .q("SELECT COUNT(*) AS n FROM accounts a LEFT JOIN entries e ON e.account_id = a.id AND e.seq = a.entries \
            WHERE COALESCE(e.after_cents, 0) <> a.balance_cents OR (a.entries > 0 AND e.seq IS NULL)")
        .one::<Count>()
        .await?;
    Ok(count.n)
}

/// Number of books whose reserved sum is not that of the holds that stand on them.
///
/// # Errors
/// Failures of the engine.
pub async fn count_wrong_reservations(db: &Db) -> Result<i64> {
    let count = db
        .q("SELECT COUNT(*) AS n FROM books b LEFT JOIN (SELECT tenant_id, SUM(cents) AS cents FROM \
            (SELECT customer_id AS tenant_id, held_cents AS cents FROM holds WHERE status = 'active' \
            UNION ALL SELECT reseller_id, wholesale_cents FROM holds WHERE status = 'active' AND wholesale_cents > 0) s GROUP BY tenant_id) h \
            ON h.tenant_id = b.customer_id WHERE COALESCE(h.cents, 0) <> b.held_cents")
        .one::<Count>()
        .await?;
    Ok(count.n)
}

/// Replays every entry: accounts whose entries do not add up to their balance, transfers whose entries do not sum to zero, and books
/// whose holds do not add up to what is reserved.
///
/// # Errors
/// Failures of the engine.
pub async fn count_broken(db: &Db) -> Result<i64> {
    let accounts = db
        .q("SELECT COUNT(*) AS n FROM accounts a LEFT JOIN (SELECT account_id, SUM(amount_cents) AS total, COUNT(*) AS entries FROM entries GROUP BY account_id) e \
            ON e.account_id = a.id WHERE COALESCE(e.total, 0) <> a.balance_cents OR COALESCE(e.entries, 0) <> a.entries")
        .one::<Count>()
        .await?;
    let transfers = db
        .q("SELECT COUNT(*) AS n FROM (SELECT transfer_id FROM entries GROUP BY transfer_id HAVING SUM(amount_cents) <> 0) broken")
        .one::<Count>()
        .await?;
    Ok(accounts.n + transfers.n + count_wrong_reservations(db).await?)
}
