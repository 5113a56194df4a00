//! What is agreed with a reseller.

use super::{Affected, Editor, Error, affected, from_now, tenant};
use crate::app::App;
use crate::billing::Failure;
use crate::domain::clock::Ts;
use crate::domain::id::{TenantId, TermsId};
use crate::domain::party::TenantKind;
use crate::domain::pricing::{Settlement, Terms};
use crate::domain::refusal::Refusal;
use crate::store;

/// Terms to be agreed; [`NewTerms::standard`] is where most begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewTerms {
    /// With whom.
    pub reseller: TenantId,
    /// How usage is settled.
    pub settlement: Settlement,
    /// Commission in hundredths of a percent of the charge; `None`: the difference of the price lists.
    pub commission_bps: Option<i64>,
    /// Least markup over the platform's price, in hundredths of a percent.
    pub min_markup_bps: i64,
    /// Largest markup over the platform's price, in hundredths of a percent.
    pub max_markup_bps: i64,
    /// Whether the reseller may sell below the platform's price and bears the difference.
    pub below_platform: bool,
    /// Days until commission is available.
    pub hold_days: i64,
    /// Days until commission from usage paid by direct debit is available.
    pub sepa_hold_days: i64,
    /// From when on; `None` from now on.
    pub valid_from: Option<Ts>,
}

/// The largest markup that can be agreed, in hundredths of a percent: tenfold.
const MOST_MARKUP: i64 = 100_000;
/// The longest time commission can be held back, in days.
const MOST_DAYS: i64 = 365;

impl NewTerms {
    /// What holds where nothing else is agreed, from now on.
    pub fn standard(reseller: TenantId) -> NewTerms {
        let terms = Terms::standard(TermsId(uuid::Uuid::nil()), reseller, Ts(0));
        NewTerms {
            reseller,
            settlement: terms.settlement,
            commission_bps: terms.commission_bps,
            min_markup_bps: terms.min_markup_bps,
            max_markup_bps: terms.max_markup_bps,
            below_platform: terms.below_platform,
            hold_days: terms.hold_days,
            sepa_hold_days: terms.sepa_hold_days,
            valid_from: None,
        }
    }

    fn check(&self) -> Result<(), Refusal> {
        if self.commission_bps.is_some_and(|rate| !(0..=10_000).contains(&rate)) {
            return Err(Refusal::CommissionRateInvalid);
        }
        if self.min_markup_bps < 0
            || self.min_markup_bps > self.max_markup_bps
            || self.max_markup_bps > MOST_MARKUP
        {
            return Err(Refusal::MarkupRangeInvalid { most: MOST_MARKUP / 100 });
        }
        if ![self.hold_days, self.sepa_hold_days].iter().all(|days| (0..=MOST_DAYS).contains(days)) {
            return Err(Refusal::HoldDaysInvalid { most: MOST_DAYS });
        }
        Ok(())
    }
}

/// Agrees terms with a reseller, and opens the book of one who is to prepay. Returns them with the prices that break their rails; these
/// stay as they are. `None` where there is no such reseller for the editor; only the platform sets terms.
///
/// # Errors
/// [`Refusal::CommissionRateInvalid`], [`Refusal::MarkupRangeInvalid`], [`Refusal::HoldDaysInvalid`], and those of dates.
pub async fn set_terms(
    app: &App,
    editor: &Editor,
    new: NewTerms,
) -> Result<Option<(Terms, Vec<Affected>)>, Error> {
    if !editor.is_platform() {
        return Ok(None);
    }
    let Some(reseller) = tenant(app, editor, new.reseller, TenantKind::Reseller).await? else {
        return Ok(None);
    };
    new.check()?;
    let now = app.clock.now();
    let terms = Terms {
        id: TermsId::new(now),
        reseller: reseller.id,
        settlement: new.settlement,
        commission_bps: new.commission_bps,
        min_markup_bps: new.min_markup_bps,
        max_markup_bps: new.max_markup_bps,
        below_platform: new.below_platform,
        hold_days: new.hold_days,
        sepa_hold_days: new.sepa_hold_days,
        valid_from: from_now(new.valid_from, now)?,
    };
    let platform = store::tenants::platform(&app.db).await?;
    let platform = platform.ok_or_else(|| Failure::Broken("there is no platform yet".into()))?.id;
    let mut tx = app.db.begin().await?;
    if !store::prices::insert_terms(&mut tx, &terms, now).await? {
        return Err(Refusal::DateTaken.into());
    }
    if terms.settlement == Settlement::Resale {
        store::ledger::ensure_book(&mut tx, reseller.id, platform, now).await?;
    }
    let affected = affected::under(&mut tx, reseller.id, terms.valid_from).await?;
    tx.commit().await?;
    Ok(Some((terms, affected)))
}
