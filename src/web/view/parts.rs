//! Small things that several pages show alike: the state of a balance, kinds of movement, how long money lasts.

use crate::domain::clock::Ts;
use crate::domain::ledger::TransferKind;
use crate::domain::money::Cents;
use crate::domain::topup::{Method, Status};
use crate::i18n::T;

/// How a balance stands against its warning threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BalanceState {
    /// Above the threshold.
    #[default]
    Fine,
    /// Below the threshold.
    Low,
    /// Nothing left.
    Empty,
}

impl BalanceState {
    /// The state of `balance` with a warning below `threshold`.
    pub fn of(balance: Cents, threshold: Cents) -> BalanceState {
        match balance {
            _ if balance <= Cents::ZERO => BalanceState::Empty,
            _ if balance < threshold => BalanceState::Low,
            _ => BalanceState::Fine,
        }
    }

    /// The suffix of the CSS classes `money--…` and `reach--…`; empty when all is well.
    pub const fn class(self) -> &'static str {
        match self {
            BalanceState::Fine => "",
            BalanceState::Low => "low",
            BalanceState::Empty => "empty",
        }
    }
}

/// How long a balance lasts at the recent pace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Fewer than seven days of usage: a forecast would be a guess.
    #[default]
    Unknown,
    /// Nothing left.
    Empty,
    /// About so many days, until about this instant.
    Days {
        /// Whole days, at least one.
        days: i64,
        /// When the balance is used up.
        until: Ts,
    },
    /// More than ninety days.
    Long,
}

impl Reach {
    /// The forecast for `balance` when `per_day` is used up on an average day; `None` means unknown.
    pub fn of(balance: Cents, per_day: Option<Cents>, now: Ts) -> Reach {
        const DAY_SECONDS: i64 = 86_400;
        match per_day {
            _ if balance <= Cents::ZERO => Reach::Empty,
            None => Reach::Unknown,
            Some(per_day) if per_day <= Cents::ZERO => Reach::Long,
            Some(per_day) if balance.0 / per_day.0 > 90 => Reach::Long,
            Some(per_day) => {
                let seconds = crate::domain::forecast::seconds_left(balance, per_day);
                let until = Ts(now.0.saturating_add(seconds.saturating_mul(1_000_000)));
                let days = (seconds.saturating_add(DAY_SECONDS / 2)) / DAY_SECONDS;
                Reach::Days { days: days.max(1), until }
            }
        }
    }

    /// `12 Tage`, `über 90 Tage`, `leer` or a dash.
    pub fn label(self, t: T) -> String {
        match self {
            Reach::Unknown => t.reach_unknown(),
            Reach::Empty => t.reach_empty(),
            Reach::Days { days, .. } => t.reach_days(days),
            Reach::Long => t.reach_long(),
        }
    }

    /// The filled part of the bar in percent: thirty days fill it.
    pub fn percent(self) -> i64 {
        match self {
            Reach::Unknown => 0,
            Reach::Empty => 3,
            Reach::Days { days, .. } => (days * 100 / 30).clamp(3, 100),
            Reach::Long => 100,
        }
    }
}

/// What a movement is about, as a reader sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Call minutes.
    Call,
    /// Calls of the programming interface.
    ApiCall,
    /// A booked appointment.
    Appointment,
    /// A text message.
    Sms,
    /// Money paid in.
    TopUp,
    /// Money paid back.
    Refund,
    /// Bonus credit.
    Bonus,
    /// A correction by hand.
    Adjustment,
    /// Usage of a meter that an admin has added.
    Usage,
    /// What usage of its customers costs a reseller who prepays.
    Wholesale,
    /// A charge taken back.
    Reversal,
}

impl Kind {
    /// The kinds with a key of their own; meters that an admin has added are [`Kind::Usage`].
    pub const ALL: [Kind; 8] = [
        Kind::Call,
        Kind::Appointment,
        Kind::ApiCall,
        Kind::Sms,
        Kind::TopUp,
        Kind::Refund,
        Kind::Bonus,
        Kind::Adjustment,
    ];

    /// The value of the `kind` parameter in addresses.
    pub const fn key(self) -> &'static str {
        match self {
            Kind::Call => "call",
            Kind::ApiCall => "api_call",
            Kind::Appointment => "appointment",
            Kind::Sms => "sms",
            Kind::TopUp => "topup",
            Kind::Refund => "refund",
            Kind::Bonus => "bonus",
            Kind::Adjustment => "adjustment",
            Kind::Usage => "usage",
            Kind::Wholesale => "wholesale",
            Kind::Reversal => "reversal",
        }
    }

    /// What a transfer is about, by its kind and category.
    pub fn of(kind: TransferKind, category: &str) -> Kind {
        match kind {
            TransferKind::Usage => Kind::from_key(category).unwrap_or(Kind::Usage),
            TransferKind::TopUp => Kind::TopUp,
            TransferKind::Refund => Kind::Refund,
            TransferKind::Bonus => Kind::Bonus,
            TransferKind::Adjustment => Kind::Adjustment,
            TransferKind::Wholesale => Kind::Wholesale,
            TransferKind::Reversal => Kind::Reversal,
        }
    }

    /// Reads [`Kind::key`].
    pub fn from_key(key: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.key() == key)
    }

    /// The name of one movement: `Anruf`.
    pub fn label(self, t: T) -> String {
        match self {
            Kind::Call => t.kind_call(),
            Kind::ApiCall => t.kind_api_call(),
            Kind::Appointment => t.kind_appointment(),
            Kind::Sms => t.kind_sms(),
            Kind::TopUp => t.kind_topup(),
            Kind::Refund => t.kind_refund(),
            Kind::Bonus => t.kind_bonus(),
            Kind::Adjustment => t.kind_adjustment(),
            Kind::Usage => t.kind_usage(),
            Kind::Wholesale => t.kind_wholesale(),
            Kind::Reversal => t.kind_reversal(),
        }
    }

    /// The name of many: `Anrufe`, for filters and legends.
    pub fn plural(self, t: T) -> String {
        match self {
            Kind::Call => t.kinds_call(),
            Kind::ApiCall => t.kinds_api_call(),
            Kind::Appointment => t.kinds_appointment(),
            Kind::Sms => t.kinds_sms(),
            Kind::TopUp => t.kinds_topup(),
            Kind::Refund => t.kinds_refund(),
            Kind::Bonus => t.kinds_bonus(),
            Kind::Adjustment => t.kinds_adjustment(),
            Kind::Usage => t.kind_usage(),
            Kind::Wholesale => t.kinds_wholesale(),
            Kind::Reversal => t.kinds_reversal(),
        }
    }

    /// The symbol in `static/icons.svg`.
    pub const fn icon(self) -> &'static str {
        match self {
            Kind::Call => "phone",
            Kind::ApiCall => "braces",
            Kind::Appointment => "calendar-check",
            Kind::Sms => "message-square",
            Kind::TopUp => "arrow-down-left",
            Kind::Refund => "undo-2",
            Kind::Bonus => "plus",
            Kind::Adjustment => "scale",
            Kind::Usage => "activity",
            Kind::Wholesale => "building-2",
            Kind::Reversal => "rotate-ccw",
        }
    }

    /// The suffix of the CSS class `kind--…`; empty for plain usage.
    pub const fn class(self) -> &'static str {
        match self {
            Kind::TopUp | Kind::Bonus | Kind::Reversal => "credit",
            _ => "",
        }
    }
}

/// What a movement is about, with the name it is shown by: meters are called what an admin calls them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedKind {
    /// What it is about.
    pub kind: Kind,
    /// What it is called.
    pub name: String,
}

impl NamedKind {
    /// A kind by the word that we have for it.
    pub fn of(t: T, kind: Kind) -> NamedKind {
        NamedKind { kind, name: kind.label(t) }
    }

    /// Its name; like [`Kind::label`], so that both can be shown by the same component.
    pub fn label(&self, _: T) -> String {
        self.name.clone()
    }

    /// See [`Kind::icon`].
    pub const fn icon(&self) -> &'static str {
        self.kind.icon()
    }

    /// See [`Kind::class`].
    pub const fn class(&self) -> &'static str {
        self.kind.class()
    }
}

/// A kind of movement to filter by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindChoice {
    /// The value of the `kind` parameter.
    pub key: String,
    /// What many of them are called.
    pub name: String,
    /// Its symbol.
    pub icon: &'static str,
}

impl Method {
    /// `Karte`, `SEPA-Lastschrift`.
    pub fn label(self, t: T) -> String {
        match self {
            Method::Card => t.method_card(),
            Method::SepaDebit => t.method_sepa_debit(),
        }
    }

    /// The symbol in `static/icons.svg`.
    pub const fn icon(self) -> &'static str {
        match self {
            Method::Card => "credit-card",
            Method::SepaDebit => "landmark",
        }
    }
}

impl Status {
    /// The word of a badge: `vorgemerkt`, `gebucht`, `fehlgeschlagen` …
    pub fn label(self, t: T) -> String {
        match self {
            Status::New | Status::Open => t.status_open(),
            Status::Collecting => t.status_collecting(),
            Status::Paid => t.status_paid(),
            Status::Failed => t.status_failed(),
            Status::Expired => t.status_expired(),
            Status::Review => t.status_review(),
        }
    }

    /// The suffix of the CSS class `badge--…`.
    pub const fn badge(self) -> &'static str {
        match self {
            Status::New | Status::Open | Status::Collecting => "pending",
            Status::Paid => "ok",
            Status::Failed => "danger",
            Status::Expired => "plain",
            Status::Review => "warn",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forecast_needs_a_pace_and_a_balance() {
        let now = Ts::from_seconds(0);
        assert_eq!(Reach::of(Cents(4760), None, now), Reach::Unknown);
        assert_eq!(Reach::of(Cents(0), None, now), Reach::Empty);
        assert_eq!(Reach::of(Cents(4760), Some(Cents(0)), now), Reach::Long);
        assert_eq!(Reach::of(Cents(i64::MAX), Some(Cents(1)), now), Reach::Long);
        let reach = Reach::of(Cents(1000), Some(Cents(400)), now);
        assert_eq!(reach, Reach::Days { days: 3, until: Ts::from_seconds(216_000) });
        assert_eq!(Reach::of(Cents(1), Some(Cents(400)), now).percent(), 3);
    }

    #[test]
    fn a_balance_at_the_threshold_is_fine() {
        assert_eq!(BalanceState::of(Cents(5000), Cents(5000)), BalanceState::Fine);
        assert_eq!(BalanceState::of(Cents(4999), Cents(5000)), BalanceState::Low);
        assert_eq!(BalanceState::of(Cents(0), Cents(5000)), BalanceState::Empty);
    }
}
