//! May this call start, and for how long?

use super::{
    MINUTE, SECOND, ask, balance, capture, extend, fund, funded, money, new, open, own_price, refusal,
};
use crate::support::engines::{Store, on_both};
use crate::support::site::{Site, use_calls};
use crate::support::sql::Raw;
use guthaben::billing::holds::{self, NewHold};
use guthaben::billing::tenants::set_credit_limit;
use guthaben::domain::audit::Author;
use guthaben::domain::hold::Status;
use guthaben::domain::money::Cents;
use guthaben::domain::party::Scope;
use guthaben::domain::pricing::Meter;
use guthaben::domain::refusal::Refusal;
use guthaben::domain::usage::{CustomerRef, EventError};
use guthaben::store::audit::{self, AuditFilter};
use guthaben::store::ledger;
use guthaben::store::movements;

on_both! {
    async fn a_call_reserves_what_it_may_cost(store: Store) {
        let site = funded(&store, 1_000).await;
        let hold = open(&site, "call-1", None).await;
        // 10 € pay for 25 minutes at 0,40 €.
        assert_eq!((hold.units, hold.held, hold.status), (1_500, Cents(1_000), Status::Active));
        assert_eq!((hold.started_at, hold.expires_at), (site.clock.now(), site.clock.now().plus(1_800 * SECOND)));
        assert_eq!(money(&site, 0).await, (1_000, 1_000));
        assert_eq!(balance(&site, 0).await.available(), Cents::ZERO);
        assert_eq!(refusal(ask(&site, "call-2", None).await), Refusal::InsufficientBalance);
        assert_eq!(refusal(ask(&site, "call-2", None).await).code(), "insufficient_balance");
        fund(&site, 0, 39).await;
        assert_eq!(refusal(ask(&site, "call-2", Some(1)).await), Refusal::InsufficientBalance);
        fund(&site, 0, 1).await;
        assert_eq!(open(&site, "call-2", Some(1)).await.held, Cents(40), "the first minute");
        assert_eq!(money(&site, 0).await, (1_040, 1_040));
        site.assert_sound().await;
    }

    async fn an_hour_or_one_piece_is_reserved_where_nobody_says_more(store: Store) {
        let site = funded(&store, 100_000).await;
        assert_eq!(open(&site, "call", None).await.units, 3_600);
        for (asked, units, held) in [(None, 1, 8), (Some(10), 10, 80)] {
            let request = new(&site, 0, &format!("sms-{asked:?}"), Meter::SMS, asked);
            let hold = holds::open(site.app(), Scope::Platform, request).await.expect("a hold");
            assert_eq!((hold.units, hold.held), (units, Cents(held)));
            assert_eq!(hold.expires_at, site.clock.now().plus(5 * MINUTE));
        }
        assert_eq!(open(&site, "long", Some(1_000_000)).await.units, 86_400, "a day at most");
        assert_eq!(money(&site, 0).await.1, 2_400 + 8 + 80 + 57_600);
        site.assert_sound().await;
    }

    async fn the_same_request_is_the_same_hold(store: Store) {
        let site = funded(&store, 10_000).await;
        let hold = open(&site, "call-1", Some(600)).await;
        assert_eq!(open(&site, "call-1", Some(600)).await, hold);
        for other in [None, Some(601)] {
            assert_eq!(refusal(ask(&site, "call-1", other).await), Refusal::Usage(EventError::Conflict));
        }
        assert_eq!(money(&site, 0).await.1, 400);
        // Another customer's ids are its own.
        fund(&site, 1, 1_000).await;
        let sister = new(&site, 1, "call-1", Meter::CALL, None);
        assert_ne!(holds::open(site.app(), Scope::Platform, sister).await.expect("a hold").id, hold.id);
        let (captured, _) = capture(&site, &hold, 60).await.expect("a charge");
        assert_eq!(open(&site, "call-1", Some(600)).await, captured, "whatever became of it");
        // Under an id that is charged already, usage would not be charged again.
        use_calls(&site, 0, 1).await;
        let raw = movements_key(&site).await;
        assert_eq!(refusal(ask(&site, &raw, None).await), Refusal::Usage(EventError::Conflict));
        site.assert_sound().await;
    }

    async fn what_cannot_be_is_refused_with_its_reason(store: Store) {
        let site = funded(&store, 10_000).await;
        let mut raw = Raw::open(&store).await;
        let meters = "INSERT INTO meters (key, unit, name_de, name_en, first_seconds, next_seconds, position, active) VALUES \
                      ('fax', 'piece', 'Fax', 'Fax', 1, 1, 5, TRUE), ('telex', 'piece', 'Telex', 'Telex', 1, 1, 6, FALSE)";
        raw.run(meters).await.expect("meters");
        let base = || new(&site, 0, "x", Meter::CALL, None);
        let named = |name: &str| NewHold { customer: CustomerRef::Named(name.to_owned()), ..base() };
        let meter = |meter: &str| NewHold { meter: meter.to_owned(), ..base() };
        let cases = [
            (named("K-99999"), EventError::UnknownCustomer),
            (named("R-101"), EventError::UnknownCustomer),
            (named("\0"), EventError::UnknownCustomer),
            (meter("fox"), EventError::UnknownMeter),
            (meter("telex"), EventError::UnknownMeter),
            (meter("CALL\0"), EventError::UnknownMeter),
            (meter("fax"), EventError::NoPrice),
            (NewHold { key: String::new(), ..base() }, EventError::IdInvalid),
            (NewHold { key: "a\0".into(), ..base() }, EventError::IdInvalid),
            (NewHold { key: "ä".repeat(201), ..base() }, EventError::IdInvalid),
            (NewHold { max_units: Some(0), ..base() }, EventError::QuantityInvalid),
            (NewHold { max_units: Some(-5), ..base() }, EventError::QuantityInvalid),
        ];
        for (request, error) in cases {
            let answer = holds::open(site.app(), Scope::Platform, request.clone()).await;
            assert_eq!(refusal(answer), Refusal::Usage(error), "{request:?}");
        }
        assert_eq!(money(&site, 0).await, (10_000, 0));
        // The customer's number does as well as its id.
        let by_number = holds::open(site.app(), Scope::Platform, named("K-10001")).await.expect("a hold");
        assert_eq!(by_number.customer, site.chain.customers[0]);
    }

    async fn nothing_starts_for_a_suspended_customer(store: Store) {
        let site = funded(&store, 10_000).await;
        let running = open(&site, "running", Some(60)).await;
        Raw::open(&store).await.run("UPDATE tenants SET active = FALSE WHERE number = 'K-10001'").await.expect("suspend");
        assert_eq!(refusal(ask(&site, "call", None).await).code(), "customer_suspended");
        assert_eq!(refusal(extend(&site, &running, None).await), Refusal::CustomerSuspended);
        assert_eq!(open(&site, "running", Some(60)).await, running, "what was answered stays answered");
        capture(&site, &running, 120).await.expect("what happened is charged");
        assert_eq!(money(&site, 0).await, (9_920, 0));
    }

    async fn a_reseller_asks_for_its_own_customers_only(store: Store) {
        let site = funded(&store, 1_000).await;
        let [own, rival] = site.chain.resellers.map(Scope::Reseller);
        let ask = |scope| holds::open(site.app(), scope, new(&site, 0, "x", Meter::CALL, None));
        assert_eq!(refusal(ask(rival).await), Refusal::Usage(EventError::UnknownCustomer));
        let hold = ask(own).await.expect("a hold");
        assert_eq!(refusal(holds::extend(site.app(), rival, hold.id, None).await), Refusal::UnknownHold);
        assert_eq!(refusal(holds::capture(site.app(), rival, hold.id, 60).await), Refusal::UnknownHold);
        assert_eq!(refusal(holds::release(site.app(), rival, hold.id).await), Refusal::UnknownHold);
        let sister = Scope::Customer(site.chain.customers[1]);
        assert_eq!(refusal(holds::release(site.app(), sister, hold.id).await), Refusal::UnknownHold);
        holds::release(site.app(), own, hold.id).await.expect("released");
    }

    async fn a_credit_limit_counts_and_only_the_platform_sets_it(store: Store) {
        let site = Site::start(&store).await;
        let (customer, app, by) = (site.chain.customers[0], site.app(), Author::SYSTEM);
        assert_eq!(refusal(ask(&site, "a", None).await), Refusal::InsufficientBalance);
        for scope in [Scope::Reseller(site.chain.resellers[0]), Scope::Customer(customer)] {
            let answer = set_credit_limit(app, &by, scope, customer, Cents::euros(20)).await;
            assert_eq!(refusal(answer), Refusal::Usage(EventError::UnknownCustomer));
        }
        let nobody = set_credit_limit(app, &by, Scope::Platform, site.chain.platform, Cents::euros(20)).await;
        assert_eq!(refusal(nobody), Refusal::Usage(EventError::UnknownCustomer));
        for limit in [Cents(-1), Cents::euros(100_001)] {
            let answer = set_credit_limit(app, &by, Scope::Platform, customer, limit).await;
            assert!(matches!(refusal(answer), Refusal::AmountOutOfRange { .. }));
        }
        for _ in 0..2 {
            set_credit_limit(app, &by, Scope::Platform, customer, Cents::euros(20)).await.expect("set");
        }
        assert_eq!(open(&site, "a", None).await.held, Cents(2_000));
        site.advance(SECOND);
        set_credit_limit(app, &by, Scope::Platform, customer, Cents::euros(10)).await.expect("set");
        assert_eq!(refusal(ask(&site, "b", Some(60)).await), Refusal::InsufficientBalance);
        let log = audit::list(&store.db, Scope::Platform, &AuditFilter::default(), None, 10).await.expect("a log");
        let changes: Vec<_> = log.iter().map(|row| (row.action.as_str(), row.after.clone())).collect();
        let to = |cents: i64| ("customer.credit_limit_changed", Some(serde_json::json!({ "credit_limit_cents": cents })));
        assert_eq!(changes, [to(1_000), to(2_000)], "setting it to what it is changes nothing");
        site.assert_sound().await;
    }

    async fn what_is_free_may_start_on_any_balance(store: Store) {
        let site = Site::start(&store).await;
        own_price(&site, 0, 0, 0).await;
        own_price(&site, 1, 600, 40).await;
        let free = open(&site, "free", None).await;
        assert_eq!((free.units, free.held), (3_600, Cents::ZERO));
        let included = holds::open(site.app(), Scope::Platform, new(&site, 1, "in", Meter::CALL, None)).await.expect("a hold");
        assert_eq!((included.units, included.held), (600, Cents::ZERO));
        assert_eq!(ledger::count_wrong_reservations(&store.db).await.expect("a count"), 0);
    }

    async fn a_debit_by_hand_leaves_what_is_reserved(store: Store) {
        use crate::support::world::{draft, post};
        use guthaben::domain::ledger::Posting;
        use guthaben::store::ledger::Outcome;
        let site = funded(&store, 1_000).await;
        open(&site, "call", Some(600)).await;
        let debit = |key: &str, cents: i64| draft(site.chain.customers[0], key, Posting::Adjustment { amount: Cents(-cents) });
        let outcomes = post(&store.db, vec![debit("a", 601), debit("b", 600)], site.clock.now()).await;
        assert_eq!(outcomes[0], Outcome::Refused(Refusal::InsufficientBalance));
        assert!(matches!(outcomes[1], Outcome::Posted(_)), "{outcomes:?}");
        assert_eq!(money(&site, 0).await, (400, 400));
    }
}

/// The sender's id of the last movement.
async fn movements_key(site: &Site) -> String {
    let last = &site.movements(0).await[0];
    let found = movements::find_movement(&site.store.db, Scope::Platform, last.id).await.expect("a reading");
    assert!(found.is_some());
    let keys = crate::support::audit::Ledger::read(&site.store.db).await.transfers;
    let key = keys.into_iter().find(|transfer| transfer.id == last.id).expect("a transfer").key;
    key.rsplit(':').next().expect("an id").to_owned()
}
