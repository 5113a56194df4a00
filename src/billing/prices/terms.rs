//! What is agreed with a reseller.

use super::{Affected, Editor, Error, affected, from_now, platform, tenant};
use crate::app::App;
use crate::billing::endpoints::rfc3339;
use crate::domain::clock::Ts;
use crate::domain::id::{TenantId, TermsId};
use crate::domain::party::TenantKind;
use crate::domain::pricing::{Settlement, Terms};
use crate::domain::refusal::Refusal;
use crate::store;
use serde_json::{Value, json};

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

    /// Whether they can be agreed at `now`; answers from when on they hold.
    ///
    /// # Errors
    /// [`Refusal::CommissionRateInvalid`], [`Refusal::MarkupRangeInvalid`], [`Refusal::HoldDaysInvalid`], and those of dates.
    pub fn check(&self, now: Ts) -> Result<Ts, Refusal> {
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
        from_now(self.valid_from, now)
    }

    /// The terms they are from an instant on, without an id of their own.
    pub const fn terms(&self, valid_from: Ts) -> Terms {
        Terms {
            id: TermsId(uuid::Uuid::nil()),
            reseller: self.reseller,
            settlement: self.settlement,
            commission_bps: self.commission_bps,
            min_markup_bps: self.min_markup_bps,
            max_markup_bps: self.max_markup_bps,
            below_platform: self.below_platform,
            hold_days: self.hold_days,
            sepa_hold_days: self.sepa_hold_days,
            valid_from,
        }
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
    let Some(reseller) = tenant(app, editor.scope(), new.reseller, TenantKind::Reseller).await? else {
        return Ok(None);
    };
    let now = app.clock.now();
    let terms = Terms { id: TermsId::new(now), ..new.terms(new.check(now)?) };
    let platform = platform(app).await?;
    let before = store::prices::current_terms(&app.db, editor.scope(), reseller.id, terms.valid_from).await?;
    let mut tx = app.db.begin().await?;
    if !store::prices::insert_terms(&mut tx, &terms, now).await? {
        return Err(Refusal::DateTaken.into());
    }
    if terms.settlement == Settlement::Resale {
        store::ledger::ensure_book(&mut tx, reseller.id, platform, now).await?;
    }
    let states = (before.as_ref().map(told), Some(told(&terms)));
    editor.log(&mut tx, reseller.id, "terms.set", terms.id.to_string(), states, now).await?;
    let affected = affected::under(&mut tx, reseller.id, terms.valid_from).await?;
    tx.commit().await?;
    Ok(Some((terms, affected)))
}

/// Prices of a reseller, and of its customers, that are outside its present rails.
///
/// # Errors
/// Failures.
pub async fn outside_rails(app: &App, reseller: TenantId) -> Result<Vec<Affected>, Error> {
    affected::under(&mut &app.db, reseller, app.clock.now()).await
}

/// Terms as the log of changes keeps them.
fn told(terms: &Terms) -> Value {
    json!({
        "settlement": terms.settlement,
        "commission_bps": terms.commission_bps,
        "min_markup_bps": terms.min_markup_bps,
        "max_markup_bps": terms.max_markup_bps,
        "below_platform": terms.below_platform,
        "hold_days": terms.hold_days,
        "sepa_hold_days": terms.sepa_hold_days,
        "valid_from": rfc3339(terms.valid_from),
    })
}
