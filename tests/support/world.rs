//! A small world to post in: a platform, two resellers, and customers of both and of nobody.

use guthaben::domain::clock::Ts;
use guthaben::domain::id::{PriceId, PriceListId, TenantId};
use guthaben::domain::ledger::{Draft, Metered, Posting};
use guthaben::domain::money::{Cents, UnitPrice};
use guthaben::domain::party::{Tenant, TenantKind};
use guthaben::domain::pricing::{Increment, Meter, Model, Price, Rate, Settlement, Share, Unit, Usage};
use guthaben::store::ledger::{self, Outcome};
use guthaben::store::{Db, tenants};

/// Monday, 2026-11-23, 10:00 in Berlin: where the tests' time begins.
pub const MORNING: Ts = Ts::from_seconds(1_795_424_400);

/// The tenants of a world.
#[derive(Clone, Debug)]
pub struct World {
    /// The operator.
    pub platform: TenantId,
    /// Two resellers.
    pub resellers: [TenantId; 2],
    /// Customers with their resellers: two of the first, one of the second, one direct.
    pub customers: Vec<(TenantId, Option<TenantId>)>,
}

impl World {
    /// Writes the tenants and opens the customers' books.
    pub async fn build(db: &Db) -> World {
        let new = || TenantId::new(MORNING);
        let (platform, resellers) = (new(), [new(), new()]);
        let customers: Vec<(TenantId, Option<TenantId>)> =
            [Some(resellers[0]), Some(resellers[0]), Some(resellers[1]), None]
                .into_iter()
                .map(|reseller| (new(), reseller))
                .collect();
        let mut tx = db.begin().await.expect("begin");
        let mut list = vec![(platform, TenantKind::Platform, None)];
        list.extend(resellers.map(|id| (id, TenantKind::Reseller, None)));
        list.extend(customers.iter().map(|(id, reseller)| (*id, TenantKind::Customer, *reseller)));
        for (place, (id, kind, reseller_id)) in list.into_iter().enumerate() {
            let tenant = Tenant {
                id,
                kind,
                reseller_id,
                number: format!("N-{place:03}"),
                name: format!("Mandant {place}"),
                active: true,
                low_balance: Cents::euros(10),
                critical_balance: Cents::euros(5),
                alert_days: 3,
                external_id: None,
                stripe_customer: None,
                support_contact: None,
                created_at: MORNING,
            };
            tenants::create(&mut tx, &tenant).await.expect("write a tenant");
        }
        for (customer, reseller) in &customers {
            ledger::open_book(&mut tx, *customer, *reseller, platform, MORNING).await.expect("open a book");
        }
        tx.commit().await.expect("commit");
        World { platform, resellers, customers }
    }

    /// The customer at `place`.
    pub fn customer(&self, place: usize) -> TenantId {
        self.customers[place].0
    }
}

/// A draft that happened at the beginning of the tests' time.
pub fn draft(customer: TenantId, key: &str, posting: Posting) -> Draft {
    Draft::new(customer, key.to_owned(), posting, MORNING, key.to_owned())
}

/// A version of a flat price in whole cents per minute or piece.
pub fn price(meter: Meter, cents: i64) -> Price {
    Price {
        id: PriceId::new(MORNING),
        list: PriceListId::new(MORNING),
        meter,
        unit: if meter == Meter::CALL { Unit::Second } else { Unit::Piece },
        model: Some(Model::Flat(UnitPrice::cents(cents))),
        included: 0,
        increment: Increment::MINUTES,
        below_platform: false,
        valid_from: Ts(0),
    }
}

/// Usage at flat prices of so many cents for the customer and for the platform.
pub fn used(meter: Meter, usage: Usage, customer: i64, platform: i64) -> Posting {
    let rate = Rate {
        customer: price(meter, customer),
        platform: Share::Price(price(meter, platform)),
        settlement: Settlement::Commission,
        terms: None,
        below_platform: false,
    };
    let (rate, month) = (rate.into(), "2026-11".to_owned());
    Posting::Usage(Box::new(Metered { usage, rate, month, wholesale: None }))
}

/// Posts drafts in a transaction of their own.
pub async fn post(db: &Db, drafts: Vec<Draft>, now: Ts) -> Vec<Outcome> {
    let mut tx = db.begin().await.expect("begin");
    let outcomes = ledger::post(&mut tx, drafts, now).await.expect("post");
    tx.commit().await.expect("commit");
    outcomes
}
