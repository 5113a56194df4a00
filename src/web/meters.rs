//! What meters are called and how they count, for pages that list movements.

use super::error::Problem;
use super::view::format;
use super::view::parts::{Kind, KindChoice, NamedKind};
use crate::app::App;
use crate::domain::ledger::TransferKind;
use crate::domain::money::UnitPrice;
use crate::domain::pricing::{MeterInfo, Unit};
use crate::i18n::{Lang, T};
use crate::store;

/// The meters of the installation, in their order.
#[derive(Clone, Debug)]
pub struct Meters(pub Vec<MeterInfo>);

impl Meters {
    /// Reads them; there are a handful.
    pub async fn load(app: &App) -> Result<Meters, Problem> {
        Ok(Meters(store::meters::all(&app.db).await?))
    }

    fn find(&self, category: &str) -> Option<&MeterInfo> {
        self.0.iter().find(|info| info.meter.as_str() == category)
    }

    /// How a category counts; `None` for what is no meter.
    pub fn unit(&self, category: &str) -> Option<Unit> {
        self.find(category).map(|info| info.unit)
    }

    /// The name of a meter in the plural, as an admin or we wrote it.
    pub fn name(&self, t: T, category: &str) -> Option<String> {
        let info = self.find(category)?;
        Some(match t.lang() {
            Lang::De => info.name_de.clone(),
            Lang::En => info.name_en.clone(),
        })
    }

    /// What one movement is called: `Anruf`, `Storno`, or the name of a meter that an admin has added or renamed.
    pub fn label(&self, t: T, kind: TransferKind, category: &str) -> String {
        let known = Kind::of(kind, category);
        let name = self.name(t, category).filter(|_| kind == TransferKind::Usage);
        // Of the meters we begin with, we know what one is called, unless they are something else now.
        name.filter(|name| known == Kind::Usage || *name != known.plural(t)).unwrap_or_else(|| known.label(t))
    }

    /// What a movement is about, by name.
    pub fn kind(&self, t: T, kind: TransferKind, category: &str) -> NamedKind {
        NamedKind { kind: Kind::of(kind, category), name: self.label(t, kind, category) }
    }

    /// What customers filter their movements by: meters in their order, then what else moves.
    pub fn choices(&self, t: T) -> Vec<KindChoice> {
        let meter = |info: &MeterInfo| {
            let key = info.meter.as_str();
            let icon = Kind::of(TransferKind::Usage, key).icon();
            Some(KindChoice { key: key.to_owned(), name: self.name(t, key)?, icon })
        };
        let others = [Kind::TopUp, Kind::Refund, Kind::Bonus, Kind::Adjustment];
        let other =
            |kind: Kind| KindChoice { key: kind.key().to_owned(), name: kind.plural(t), icon: kind.icon() };
        self.0.iter().filter_map(meter).chain(others.map(other)).collect()
    }

    /// `4 Min. × 0,40`; `None` for what has no unit price.
    pub fn quantity(&self, t: T, category: &str, quantity: i64, price: UnitPrice) -> Option<String> {
        let price = format::unit_price(t, price);
        Some(match self.unit(category)? {
            Unit::Second => t.transaction_quantity_minutes(format::minutes(t, quantity), price),
            Unit::Piece => t.transaction_quantity_pieces(t.number(quantity), price),
        })
    }

    /// The number that, times the unit price, is the amount: minutes of calls, pieces of everything else. Empty for what is not counted.
    pub fn csv_quantity(&self, category: &str, quantity: i64) -> String {
        let sign = if quantity < 0 { "-" } else { "" };
        let count = quantity.unsigned_abs();
        match self.unit(category) {
            None => String::new(),
            Some(Unit::Second) if count.is_multiple_of(60) => format!("{sign}{}", count / 60),
            // Three digits are exact for every increment that divides a minute well, and near enough for the rest.
            Some(Unit::Second) => format!("{sign}{},{:03}", count / 60, (count % 60) * 1000 / 60),
            Some(Unit::Piece) => format!("{sign}{count}"),
        }
    }
}
