//! What a group of postings writes: one statement per table, however many transfers it is.

use super::{Sql, Tx};
use crate::domain::calendar;
use crate::domain::id::{AlertId, TenantId};
use crate::domain::ledger::{Book, Posting, Transfer};
use crate::domain::money::{Cents, UnitPrice};
use crate::domain::pricing::Meter;
use crate::store::engine::Result;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

const INSERT_TRANSFERS: Sql = Sql {
    lite: "INSERT INTO transfers (id, key, customer_id, reseller_id, seq, kind, category, amount_cents, balance_cents, quantity, unit_price_micros, commission_cents, \
           platform_cents, used_quantity, price_id, platform_price_id, terms_id, basis, content_hash, metadata, description, search_text, reason, \
           actor_id, top_up_id, reverses_id, charge_id, occurred_at, posted_at) \
           SELECT unhex(value->>0), value->>1, unhex(value->>2), unhex(value->>3), value->>4, value->>5, value->>6, value->>7, value->>8, value->>9, \
           value->>10, value->>11, value->>12, value->>13, unhex(value->>14), unhex(value->>15), unhex(value->>16), value->>17, unhex(value->>18), \
           value->>19, value->>20, value->>21, value->>22, unhex(value->>23), unhex(value->>24), unhex(value->>25), unhex(value->>26), value->>27, \
           value->>28 FROM json_each($1)",
    pg: "INSERT INTO transfers (id, key, customer_id, reseller_id, seq, kind, category, amount_cents, balance_cents, quantity, unit_price_micros, commission_cents, \
         platform_cents, used_quantity, price_id, platform_price_id, terms_id, basis, content_hash, metadata, description, search_text, reason, \
         actor_id, top_up_id, reverses_id, charge_id, occurred_at, posted_at) \
         SELECT CAST(v->>0 AS uuid), v->>1, CAST(v->>2 AS uuid), CAST(v->>3 AS uuid), CAST(v->>4 AS bigint), v->>5, v->>6, CAST(v->>7 AS bigint), \
         CAST(v->>8 AS bigint), CAST(v->>9 AS bigint), CAST(v->>10 AS bigint), CAST(v->>11 AS bigint), CAST(v->>12 AS bigint), \
         CAST(v->>13 AS bigint), CAST(v->>14 AS uuid), CAST(v->>15 AS uuid), CAST(v->>16 AS uuid), CAST(v->>17 AS jsonb), decode(v->>18, 'hex'), \
         CAST(v->>19 AS jsonb), v->>20, v->>21, v->>22, CAST(v->>23 AS uuid), CAST(v->>24 AS uuid), CAST(v->>25 AS uuid), CAST(v->>26 AS uuid), \
         TIMESTAMPTZ 'epoch' + CAST(v->>27 AS bigint) * INTERVAL '1 microsecond', \
         TIMESTAMPTZ 'epoch' + CAST(v->>28 AS bigint) * INTERVAL '1 microsecond' FROM jsonb_array_elements(CAST($1 AS jsonb)) AS e(v)",
};
const INSERT_ENTRIES: Sql = Sql {
    lite: "INSERT INTO entries (account_id, seq, transfer_id, amount_cents, before_cents, after_cents) \
           SELECT unhex(value->>0), value->>1, unhex(value->>2), value->>3, value->>4, value->>5 FROM json_each($1)",
    pg: "INSERT INTO entries (account_id, seq, transfer_id, amount_cents, before_cents, after_cents) \
         SELECT CAST(v->>0 AS uuid), CAST(v->>1 AS bigint), CAST(v->>2 AS uuid), CAST(v->>3 AS bigint), CAST(v->>4 AS bigint), \
         CAST(v->>5 AS bigint) FROM jsonb_array_elements(CAST($1 AS jsonb)) AS e(v)",
};
const UPDATE_ACCOUNTS: Sql = Sql {
    lite: "UPDATE accounts SET balance_cents = balance_cents + (j.value->>1), entries = j.value->>3 FROM json_each($1) j \
           WHERE accounts.id = unhex(j.value->>0) AND accounts.entries = j.value->>2",
    pg: "UPDATE accounts SET balance_cents = balance_cents + CAST(v->>1 AS bigint), entries = CAST(v->>3 AS bigint) \
         FROM jsonb_array_elements(CAST($1 AS jsonb)) AS e(v) \
         WHERE accounts.id = CAST(v->>0 AS uuid) AND accounts.entries = CAST(v->>2 AS bigint)",
};
const UPDATE_BOOKS: Sql = Sql {
    lite: "UPDATE books SET seq = j.value->>2, last_posted_at = j.value->>3 FROM json_each($1) j \
           WHERE books.customer_id = unhex(j.value->>0) AND books.seq = j.value->>1",
    pg: "UPDATE books SET seq = CAST(v->>2 AS bigint), last_posted_at = TIMESTAMPTZ 'epoch' + CAST(v->>3 AS bigint) * INTERVAL '1 microsecond' \
         FROM jsonb_array_elements(CAST($1 AS jsonb)) AS e(v) \
         WHERE books.customer_id = CAST(v->>0 AS uuid) AND books.seq = CAST(v->>1 AS bigint)",
};
const ADD_TOTALS: Sql = Sql {
    lite: "INSERT INTO daily_totals (customer_id, day, category, transfers, quantity, amount_cents, commission_cents, first_seq, last_seq) \
           SELECT unhex(value->>0), value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8 FROM json_each($1) WHERE true \
           ON CONFLICT (customer_id, day, category) DO UPDATE SET transfers = daily_totals.transfers + excluded.transfers, \
           quantity = daily_totals.quantity + excluded.quantity, amount_cents = daily_totals.amount_cents + excluded.amount_cents, \
         commission_cents = daily_totals.commission_cents + excluded.commission_cents, \
           last_seq = excluded.last_seq",
    pg: "INSERT INTO daily_totals (customer_id, day, category, transfers, quantity, amount_cents, commission_cents, first_seq, last_seq) \
         SELECT CAST(v->>0 AS uuid), v->>1, v->>2, CAST(v->>3 AS bigint), CAST(v->>4 AS bigint), CAST(v->>5 AS bigint), \
         CAST(v->>6 AS bigint), CAST(v->>7 AS bigint), CAST(v->>8 AS bigint) FROM jsonb_array_elements(CAST($1 AS jsonb)) AS e(v) \
         ON CONFLICT (customer_id, day, category) DO UPDATE SET transfers = daily_totals.transfers + excluded.transfers, \
         quantity = daily_totals.quantity + excluded.quantity, amount_cents = daily_totals.amount_cents + excluded.amount_cents, \
         commission_cents = daily_totals.commission_cents + excluded.commission_cents, \
         last_seq = excluded.last_seq",
};

const ADD_USAGE: Sql = Sql {
    lite: "INSERT INTO usage_totals (customer_id, day, meter, events, quantity, amount_cents, platform_cents, commission_cents) \
           SELECT unhex(value->>0), value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7 FROM json_each($1) WHERE true \
           ON CONFLICT (customer_id, day, meter) DO UPDATE SET events = usage_totals.events + excluded.events, \
           quantity = usage_totals.quantity + excluded.quantity, amount_cents = usage_totals.amount_cents + excluded.amount_cents, \
           platform_cents = usage_totals.platform_cents + excluded.platform_cents, \
           commission_cents = usage_totals.commission_cents + excluded.commission_cents",
    pg: "INSERT INTO usage_totals (customer_id, day, meter, events, quantity, amount_cents, platform_cents, commission_cents) \
         SELECT CAST(v->>0 AS uuid), v->>1, v->>2, CAST(v->>3 AS bigint), CAST(v->>4 AS bigint), CAST(v->>5 AS bigint), \
         CAST(v->>6 AS bigint), CAST(v->>7 AS bigint) FROM jsonb_array_elements(CAST($1 AS jsonb)) AS e(v) \
         ON CONFLICT (customer_id, day, meter) DO UPDATE SET events = usage_totals.events + excluded.events, \
         quantity = usage_totals.quantity + excluded.quantity, amount_cents = usage_totals.amount_cents + excluded.amount_cents, \
         platform_cents = usage_totals.platform_cents + excluded.platform_cents, \
         commission_cents = usage_totals.commission_cents + excluded.commission_cents",
};
const SET_CARRIES: Sql = Sql {
    lite: "INSERT INTO carries (customer_id, meter, customer_carry, platform_carry) \
           SELECT unhex(value->>0), value->>1, value->>2, value->>3 FROM json_each($1) WHERE true \
           ON CONFLICT (customer_id, meter) DO UPDATE SET customer_carry = excluded.customer_carry, platform_carry = excluded.platform_carry",
    pg: "INSERT INTO carries (customer_id, meter, customer_carry, platform_carry) \
         SELECT CAST(v->>0 AS uuid), v->>1, CAST(v->>2 AS bigint), CAST(v->>3 AS bigint) FROM jsonb_array_elements(CAST($1 AS jsonb)) AS e(v) \
         ON CONFLICT (customer_id, meter) DO UPDATE SET customer_carry = excluded.customer_carry, platform_carry = excluded.platform_carry",
};
const INSERT_ALERTS: Sql = Sql {
    lite: "INSERT INTO alerts (id, customer_id, kind, balance_cents, threshold_cents, seq, created_at) \
           SELECT unhex(value->>0), unhex(value->>1), value->>2, value->>3, value->>4, value->>5, value->>6 FROM json_each($1)",
    pg: "INSERT INTO alerts (id, customer_id, kind, balance_cents, threshold_cents, seq, created_at) \
         SELECT CAST(v->>0 AS uuid), CAST(v->>1 AS uuid), v->>2, CAST(v->>3 AS bigint), CAST(v->>4 AS bigint), CAST(v->>5 AS bigint), \
         TIMESTAMPTZ 'epoch' + CAST(v->>6 AS bigint) * INTERVAL '1 microsecond' FROM jsonb_array_elements(CAST($1 AS jsonb)) AS e(v)",
};

/// Writes transfers with everything that follows from them; `before` are the books as they were read.
///
/// # Errors
/// Failures of the engine, and a book that is no longer as it was read.
pub(super) async fn write(
    tx: &mut Tx,
    before: &[Book],
    books: &BTreeMap<TenantId, Book>,
    transfers: &[Transfer],
) -> Result<()> {
    let rows: Vec<Value> = transfers.iter().map(transfer_row).collect();
    tx.q(INSERT_TRANSFERS).bind(Value::from(rows).to_string()).exec().await?;
    tx.q(INSERT_ENTRIES).bind(entry_rows(transfers).to_string()).exec().await?;
    write_books(tx, before, books).await?;
    tx.q(ADD_TOTALS).bind(totals(transfers).to_string()).exec().await?;
    let usage = usage_rows(transfers);
    if !usage.is_empty() {
        tx.q(ADD_USAGE).bind(Value::from(usage).to_string()).exec().await?;
    }
    let alerts = alert_rows(transfers);
    if !alerts.is_empty() {
        tx.q(INSERT_ALERTS).bind(Value::from(alerts).to_string()).exec().await?;
    }
    Ok(())
}

async fn write_books(tx: &mut Tx, before: &[Book], books: &BTreeMap<TenantId, Book>) -> Result<()> {
    let (mut account_rows, mut book_rows, mut carry_rows) = (vec![], vec![], vec![]);
    for old in before {
        let new = &books[&old.customer];
        if new.seq == old.seq {
            continue;
        }
        book_rows.push(json!([hex(old.customer.0), old.seq, new.seq, new.last_posted_at.0]));
        for (a, b) in old.accounts.iter().zip(&new.accounts).filter(|(a, b)| a.entries != b.entries) {
            account_rows.push(json!([hex(a.id.0), (b.balance - a.balance).0, a.entries, b.entries]));
        }
        for (meter, carry) in &new.carries {
            if old.carries.get(meter).copied().unwrap_or_default() != *carry {
                let id = hex(old.customer.0);
                carry_rows.push(json!([id, meter.as_str(), carry.customer, carry.platform]));
            }
        }
        tx.changed(old.customer);
    }
    let (accounts, books) = (account_rows.len(), book_rows.len());
    let changed = tx.q(UPDATE_ACCOUNTS).bind(Value::from(account_rows).to_string()).exec().await?;
    expect_all(changed, accounts)?;
    let changed = tx.q(UPDATE_BOOKS).bind(Value::from(book_rows).to_string()).exec().await?;
    expect_all(changed, books)?;
    if !carry_rows.is_empty() {
        tx.q(SET_CARRIES).bind(Value::from(carry_rows).to_string()).exec().await?;
    }
    Ok(())
}

/// Fewer changed rows than locked ones mean that the lock did not hold; nothing may be committed then.
fn expect_all(changed: u64, expected: usize) -> Result<()> {
    if usize::try_from(changed) == Ok(expected) {
        return Ok(());
    }
    Err(sqlx::Error::Protocol(format!("{changed} of {expected} balances were as they had been read")))
}

fn hex(id: Uuid) -> String {
    id.simple().to_string()
}

fn hex_bytes(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn transfer_row(t: &Transfer) -> Value {
    let draft = &t.draft;
    // PostgreSQL stores no NUL, and one in a single description must not stop the whole group.
    let description = draft.description.replace('\0', "");
    let (quantity, used) = quantities(t);
    let charge = t.charge.as_ref();
    let basis = charge.and_then(|c| c.basis).map(|b| json!([b.used, b.carry.customer, b.carry.platform]));
    let (reverses, charged) = match &draft.posting {
        Posting::Reversal(reversed) => (Some(reversed.transfer), None),
        Posting::Wholesale { charge, .. } => (None, Some(*charge)),
        _ => (None, None),
    };
    json!([
        hex(t.id.0),
        draft.key,
        hex(draft.customer.0),
        t.reseller.map(|r| hex(r.0)),
        t.seq,
        draft.posting.kind().as_str(),
        category(t),
        t.amount.0,
        t.balance.0,
        quantity,
        charge.map_or(UnitPrice(0), |c| c.unit_price).0,
        t.commission.0,
        t.platform.0,
        used,
        charge.map(|c| hex(c.price.0)),
        charge.and_then(|c| c.platform_price).map(|id| hex(id.0)),
        charge.and_then(|c| c.terms).map(|id| hex(id.0)),
        basis.map(|basis| basis.to_string()),
        draft.content.map(|hash| hex_bytes(&hash)),
        draft.metadata,
        description,
        // Folded here, because SQLite's LOWER knows no umlauts.
        description.to_lowercase(),
        draft.reason.as_ref().map(|reason| reason.replace('\0', "")),
        draft.actor.map(|id| hex(id.0)),
        draft.top_up.map(|id| hex(id.0)),
        reverses.map(|id| hex(id.0)),
        charged.map(|id| hex(id.0)),
        draft.occurred_at.0,
        t.posted_at.0,
    ])
}

/// Billed and used units; what is taken back counts negative.
fn quantities(t: &Transfer) -> (i64, i64) {
    match (&t.draft.posting, &t.charge) {
        (Posting::Reversal(reversed), _) => (-reversed.quantity, -reversed.used),
        (_, Some(charge)) => (charge.quantity, charge.used),
        _ => (0, 0),
    }
}

/// What lists filter by: the meter of usage, otherwise the kind.
fn category(t: &Transfer) -> &str {
    match (&t.draft.posting, &t.charge) {
        (Posting::Reversal(reversed), _) => &reversed.category,
        (_, Some(charge)) => charge.meter.as_str(),
        (other, None) => other.kind().as_str(),
    }
}

fn entry_rows(transfers: &[Transfer]) -> Value {
    let row = |t: &Transfer, e: &crate::domain::ledger::Entry| {
        json!([hex(e.account.0), e.seq, hex(t.id.0), e.amount.0, e.before.0, e.after.0])
    };
    let rows = transfers.iter().flat_map(|t| t.entries.iter().map(move |e| row(t, e)));
    Value::from(rows.collect::<Vec<_>>())
}

fn totals(transfers: &[Transfer]) -> Value {
    #[derive(Default)]
    struct Total {
        transfers: i64,
        quantity: i64,
        amount: Cents,
        commission: Cents,
        seqs: Option<(i64, i64)>,
    }
    let mut totals: BTreeMap<(TenantId, String, &str), Total> = BTreeMap::new();
    for t in transfers {
        let key = (t.draft.customer, calendar::day(t.posted_at).to_string(), category(t));
        let total = totals.entry(key).or_default();
        total.transfers += 1;
        total.amount += t.amount;
        total.commission += t.commission;
        total.seqs = Some((total.seqs.map_or(t.seq, |(first, _)| first), t.seq));
        total.quantity += quantities(t).0;
    }
    let rows = totals.into_iter().map(|((customer, day, category), t)| {
        let (first, last) = t.seqs.unwrap_or_default();
        json!([
            hex(customer.0),
            day,
            category,
            t.transfers,
            t.quantity,
            t.amount.0,
            t.commission.0,
            first,
            last
        ])
    });
    Value::from(rows.collect::<Vec<_>>())
}

/// Sums per customer, day of use and meter.
fn usage_rows(transfers: &[Transfer]) -> Vec<Value> {
    let mut totals: BTreeMap<(TenantId, String, Meter), [i64; 5]> = BTreeMap::new();
    for t in transfers {
        let (meter, events) = match (&t.draft.posting, &t.charge) {
            (Posting::Reversal(reversed), _) => (reversed.meter, -1),
            (_, charge) => (charge.as_ref().map(|charge| charge.meter), 1),
        };
        let Some(meter) = meter else { continue };
        let key = (t.draft.customer, calendar::day(t.draft.occurred_at).to_string(), meter);
        let values = [events, quantities(t).0, -t.amount.0, t.platform.0, t.commission.0];
        let total = totals.entry(key).or_default();
        for (sum, value) in total.iter_mut().zip(values) {
            *sum += value;
        }
    }
    let row = |((customer, day, meter), t): ((TenantId, String, Meter), [i64; 5])| {
        json!([hex(customer.0), day, meter.as_str(), t[0], t[1], t[2], t[3], t[4]])
    };
    totals.into_iter().map(row).collect()
}

fn alert_rows(transfers: &[Transfer]) -> Vec<Value> {
    let rows = transfers.iter().flat_map(|t| t.alerts.iter().map(move |alert| (t, alert)));
    let row = |(t, (kind, threshold)): (&Transfer, &(crate::domain::ledger::AlertKind, Cents))| {
        let id = AlertId::new(t.posted_at);
        json!([
            hex(id.0),
            hex(t.draft.customer.0),
            kind.as_str(),
            t.balance.0,
            threshold.0,
            t.seq,
            t.posted_at.0
        ])
    };
    rows.map(row).collect()
}
