//! Taking a charge back: a counter transfer through its whole chain, once, with who did it and why.

use super::Error;
use crate::app::App;
use crate::domain::audit::{Author, Entry};
use crate::domain::correction::{check_reason, check_reversible};
use crate::domain::id::{PersonId, TransferId};
use crate::domain::ledger::{Draft, Posting, Reversed, TransferKind};
use crate::domain::party::{Member, Role, Scope, TenantKind};
use crate::domain::pricing::Meter;
use crate::domain::refusal::Refusal;
use crate::store;
use crate::store::Tx;
use crate::store::ledger::{Outcome, Receipt};
use crate::store::transfers::Transfer;

/// Whether a member may take charges back: the platform's admins and finance, and everybody of the owning reseller.
pub const fn may_reverse(member: &Member) -> bool {
    match member.tenant.kind {
        TenantKind::Platform => matches!(member.role, Role::Admin | Role::Finance),
        TenantKind::Reseller => matches!(member.role, Role::Owner | Role::Staff),
        TenantKind::Customer => false,
    }
}

/// Takes a charge back for a member; see [`reverse_within`].
///
/// # Errors
/// [`Refusal::NotAllowed`] for members of the platform who only read, and those of [`reverse_within`].
pub async fn reverse(
    app: &App,
    member: &Member,
    id: TransferId,
    reason: &str,
) -> Result<Option<Receipt>, Error> {
    if member.tenant.kind == TenantKind::Customer {
        return Ok(None);
    }
    if !may_reverse(member) {
        return Err(Refusal::NotAllowed.into());
    }
    reverse_within(app, member.scope(), &Author::of(member), id, reason).await
}

/// Takes a charge back: its entries with the opposite sign, and where the reseller prepays those of its wholesale part as well, in one
/// transaction. Usage of its day and month goes down, commission goes back. `None` for a charge that does not exist in the scope; customers
/// take nothing back.
///
/// # Errors
/// [`Refusal::ReasonLength`], [`Refusal::NotReversible`], [`Refusal::TooOldToReverse`], [`Refusal::AlreadyReversed`]; nothing changed then.
pub async fn reverse_within(
    app: &App,
    scope: Scope,
    by: &Author,
    id: TransferId,
    reason: &str,
) -> Result<Option<Receipt>, Error> {
    if scope.customer().is_some() {
        return Ok(None);
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(charge) = store::transfers::find_in(&mut tx, scope, id).await? else { return Ok(None) };
    check_reversible(charge.kind, charge.posted_at, now)?;
    let reason = check_reason(reason)?;
    let entry =
        Entry::new(by, charge.customer_id, "charge.reversed", id.to_string()).because(reason.as_str());
    let wholesale = store::transfers::find_wholesale(&mut tx, id).await?;
    let mut drafts = vec![];
    for transfer in [Some(charge), wholesale].into_iter().flatten() {
        drafts.push(draft(&mut tx, transfer, &reason, by.person).await?);
    }
    let outcomes = store::ledger::post(&mut tx, drafts, now).await?;
    // The key is known under the lock of the book: of many who ask at once, one posts and the others learn of it.
    let posted = |outcome: &Outcome| matches!(outcome, Outcome::Posted(_));
    match outcomes.first() {
        Some(Outcome::Posted(receipt)) if outcomes.iter().all(posted) => {
            let receipt = *receipt;
            store::audit::write(&mut tx, &entry, now).await?;
            tx.commit().await?;
            Ok(Some(receipt))
        }
        _ => Err(Refusal::AlreadyReversed.into()),
    }
}

/// What takes one transfer back. It happened when the original did, so that usage of that day and month goes down.
async fn draft(
    tx: &mut Tx,
    original: Transfer,
    reason: &str,
    by: Option<PersonId>,
) -> Result<Draft, store::Error> {
    let legs = store::transfers::legs(tx, original.id).await?;
    let reversed = Reversed {
        transfer: original.id,
        meter: match original.kind {
            TransferKind::Usage => Meter::parse(&original.category),
            _ => None,
        },
        category: original.category,
        used: original.used_quantity,
        quantity: original.quantity,
        platform: original.platform_cents,
        legs,
    };
    let posting = Posting::Reversal(Box::new(reversed));
    let key = format!("reversal:{}", original.id);
    let mut draft =
        Draft::new(original.customer_id, key, posting, original.occurred_at, original.description);
    draft.reason = Some(reason.to_owned());
    draft.actor = by;
    Ok(draft)
}
