//! Money put on a wallet by hand.

use super::{Error, Failure};
use crate::app::App;
use crate::domain::audit::{Author, Entry};
use crate::domain::correction::check_reason;
use crate::domain::id::TenantId;
use crate::domain::ledger::{Draft, Posting};
use crate::domain::money::Cents;
use crate::domain::party::{Member, Role, TenantKind};
use crate::domain::refusal::Refusal;
use crate::store;
use crate::store::ledger::{Outcome, Receipt};

/// The smallest and the largest amount of one credit.
const LIMITS: (Cents, Cents) = (Cents(1), Cents::euros(100_000));

/// Credits the wallet of a reseller who prepays, for money that came by bank transfer. The same `request_key` credits once. `None` where
/// there is no such reseller, or the member is not of the platform.
///
/// # Errors
/// [`Refusal::NotAllowed`] for support, [`Refusal::AmountOutOfRange`], [`Refusal::ReasonLength`], [`Refusal::NoWallet`] for a reseller
/// who does not prepay.
pub async fn credit_reseller(
    app: &App,
    member: &Member,
    reseller: TenantId,
    amount: Cents,
    reason: &str,
    request_key: &str,
) -> Result<Option<Receipt>, Error> {
    if member.tenant.kind != TenantKind::Platform {
        return Ok(None);
    }
    if !matches!(member.role, Role::Admin | Role::Finance) {
        return Err(Refusal::NotAllowed.into());
    }
    let (min, max) = LIMITS;
    if !(min..=max).contains(&amount) {
        return Err(Refusal::AmountOutOfRange { min, max }.into());
    }
    let reason = check_reason(reason)?;
    let found = store::tenants::find(&app.db, member.scope(), reseller).await?;
    if found.is_none_or(|tenant| tenant.kind != TenantKind::Reseller) {
        return Ok(None);
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !store::ledger::has_book(&mut tx, reseller).await? {
        return Err(Refusal::NoWallet.into());
    }
    let key = format!("credit:{reseller}:{request_key}");
    let mut draft = Draft::new(reseller, key, Posting::Adjustment { amount }, now, reason.clone());
    draft.reason = Some(reason.clone());
    draft.actor = Some(member.person_id);
    let outcome = store::ledger::post(&mut tx, vec![draft], now).await?.pop();
    if let Some(Outcome::Posted(receipt)) = &outcome {
        let entry =
            Entry::new(&Author::of(member), reseller, "wallet.credited", receipt.transfer.to_string());
        let after = serde_json::json!({ "amount_cents": amount.0, "balance_cents": receipt.balance.0 });
        let before = serde_json::json!({ "balance_cents": (receipt.balance - amount).0 });
        store::audit::write(&mut tx, &entry.change(before, after).because(reason), now).await?;
    }
    tx.commit().await?;
    match outcome {
        Some(Outcome::Posted(receipt) | Outcome::Replayed(receipt)) => Ok(Some(receipt)),
        Some(Outcome::Refused(refusal)) => Err(refusal.into()),
        _ => Err(Failure::Broken("a credit was not posted".into()).into()),
    }
}
