//! Commission on its way: written down per customer and day, available after its time, taken by payouts, lowered by reversals.

use crate::support::engines::{Store, on_both};
use crate::support::site::{IBAN, Site, use_calls};
use crate::support::sql::Raw;
use guthaben::billing::commissions::update;
use guthaben::billing::corrections::reverse_within;
use guthaben::billing::prices::{Editor, NewTerms, set_terms};
use guthaben::domain::audit::Author;
use guthaben::domain::calendar;
use guthaben::domain::money::Cents;
use guthaben::domain::party::Scope;
use guthaben::jobs::Job;
use guthaben::store::commissions::{self, CommissionLine, CommissionSums};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

async fn today(site: &Site) -> String {
    calendar::day(site.clock.now()).to_string()
}

/// Accrued, available, in payout, paid.
async fn sums(site: &Site, place: usize) -> [i64; 4] {
    let reseller = site.chain.resellers[place];
    let sums =
        commissions::sums(&site.store.db, Scope::Reseller(reseller), reseller, &today(site).await).await;
    let CommissionSums { accrued_cents, available_cents, in_payout_cents, paid_cents } =
        sums.expect("a reading");
    [accrued_cents.0, available_cents.0, in_payout_cents.0, paid_cents.0]
}

async fn lines(site: &Site, place: usize) -> Vec<(String, i64, String)> {
    let reseller = site.chain.resellers[place];
    let lines = commissions::lines(&site.store.db, Scope::Platform, reseller, "", None, 1000).await;
    let short = |line: CommissionLine| (line.day, line.amount_cents.0, line.available_on);
    lines.expect("a reading").into_iter().map(short).collect()
}

fn line(day: &str, cents: i64, available_on: &str) -> (String, i64, String) {
    (day.to_owned(), cents, available_on.to_owned())
}

on_both! {
    async fn a_days_commission_waits_and_becomes_available(store: Store) {
        let site = Site::start(&store).await;
        assert_eq!(update(site.app()).await.expect("a run"), 0);
        use_calls(&site, 0, 3).await;
        assert_eq!(Job::Commissions.run(site.app()).await, Ok(1));
        assert_eq!(lines(&site, 0).await, [line("2026-11-23", 30, "2026-12-07")]);
        assert_eq!(Job::Commissions.run(site.app()).await, Ok(0), "again changes nothing");
        use_calls(&site, 0, 2).await;
        use_calls(&site, 3, 5).await;
        assert_eq!(update(site.app()).await.expect("a run"), 1, "the direct customer earns nobody anything");
        assert_eq!(sums(&site, 0).await, [50, 0, 0, 0]);
        site.advance(13 * DAY);
        assert_eq!(sums(&site, 0).await, [50, 0, 0, 0]);
        site.advance(DAY);
        assert_eq!(sums(&site, 0).await, [0, 50, 0, 0]);
        assert_eq!((sums(&site, 1).await, lines(&site, 1).await.len()), ([0; 4], 0));
        assert!(commissions::lines(&store.db, Scope::Reseller(site.chain.resellers[1]), site.chain.resellers[0], "", None, 9).await.expect("read").is_empty());
    }

    async fn after_a_direct_debit_it_waits_longer(store: Store) {
        let site = Site::start(&store).await;
        let terms = NewTerms { hold_days: 10, sepa_hold_days: 40, ..NewTerms::standard(site.chain.resellers[0]) };
        set_terms(site.app(), &Editor::SYSTEM, terms).await.expect("terms").expect("a reseller");
        use_calls(&site, 0, 1).await;
        update(site.app()).await.expect("a run");
        assert_eq!(lines(&site, 0).await, [line("2026-11-23", 10, "2026-12-03")]);
        let mut owner = site.sign_in("owner@site.example").await;
        let session = site.check_out(&mut owner, "80", "sepa_debit").await;
        site.pay(&session, IBAN).await;
        site.deliver().await;
        use_calls(&site, 1, 1).await;
        update(site.app()).await.expect("a run");
        assert_eq!(lines(&site, 0).await.len(), 2, "a debit that is only on its way changes nothing");
        assert!(lines(&site, 0).await.iter().all(|(_, _, on)| on == "2026-12-03"));
        site.advance(8 * DAY);
        site.deliver().await;
        assert_eq!(site.balance(0).await, Cents(7_960));
        use_calls(&site, 0, 1).await;
        use_calls(&site, 1, 1).await;
        update(site.app()).await.expect("a run");
        let of_today: Vec<_> = lines(&site, 0).await.into_iter().filter(|(day, ..)| day == "2026-12-01").collect();
        let mut days: Vec<_> = of_today.into_iter().map(|(_, _, on)| on).collect();
        days.sort();
        assert_eq!(days, ["2026-12-11", "2027-01-10"], "the sister pays by card");
        // Eight weeks later the debit stands for good.
        site.advance(57 * DAY);
        use_calls(&site, 0, 1).await;
        update(site.app()).await.expect("a run");
        assert_eq!(lines(&site, 0).await.last(), Some(&line("2027-01-27", 10, "2027-02-06")));
    }

    async fn what_is_taken_back_lowers_the_next_payout(store: Store) {
        let site = Site::start(&store).await;
        use_calls(&site, 0, 4).await;
        let charge = site.movements(0).await[0].id;
        update(site.app()).await.expect("a run");
        site.advance(20 * DAY);
        assert_eq!(sums(&site, 0).await, [0, 40, 0, 0]);
        use_calls(&site, 1, 2).await;
        reverse_within(site.app(), Scope::Platform, &Author::SYSTEM, charge, "falsch verbunden").await.expect("taken back");
        update(site.app()).await.expect("a run");
        let mut all = lines(&site, 0).await;
        all.sort();
        assert_eq!(all, [line("2026-11-23", 40, "2026-12-07"), line("2026-12-13", -10, "2026-12-14"), line("2026-12-13", 20, "2026-12-27")]);
        site.advance(DAY);
        assert_eq!(sums(&site, 0).await, [20, 30, 0, 0], "the minus waits for nobody");
    }

    async fn what_a_payout_has_taken_stays_as_it_is(store: Store) {
        let site = Site::start(&store).await;
        use_calls(&site, 0, 1).await;
        use_calls(&site, 1, 1).await;
        update(site.app()).await.expect("a run");
        let mut raw = Raw::open(&store).await;
        let uuid = if site.is_sqlite() { "randomblob(16)" } else { "gen_random_uuid()" };
        let first = "customer_id = (SELECT id FROM tenants WHERE number = 'K-10001')";
        raw.run(&format!("UPDATE commission_lines SET payout_id = {uuid} WHERE {first}")).await.expect("a payout");
        assert_eq!(sums(&site, 0).await, [10, 0, 10, 0]);
        use_calls(&site, 0, 1).await;
        use_calls(&site, 1, 1).await;
        assert_eq!(update(site.app()).await.expect("a run"), 1);
        assert_eq!(sums(&site, 0).await, [20, 0, 10, 0]);
        raw.run(&format!("UPDATE commission_lines SET paid_on = '2026-12-24' WHERE {first}")).await.expect("paid");
        assert_eq!(sums(&site, 0).await, [20, 0, 0, 10]);
        let months = commissions::by_month(&store.db, Scope::Platform, site.chain.resellers[0], &today(&site).await, 12).await.expect("read");
        assert_eq!(months.iter().map(|m| (m.month.as_str(), m.total())).collect::<Vec<_>>(), [("2026-11", Cents(30))]);
    }

    async fn days_without_a_run_are_caught_up_by_two_nodes_at_once(store: Store) {
        let site = Site::start(&store).await;
        for _ in 0..12 {
            use_calls(&site, 0, 1).await;
            use_calls(&site, 2, 2).await;
            site.advance(DAY);
        }
        let second = site.second_node(&[]).await;
        let (a, b) = tokio::join!(update(site.app()), update(&second.app));
        assert!(a.expect("a run") + b.expect("a run") >= 24);
        for (place, cents) in [(0, 10), (1, 20)] {
            let all = lines(&site, place).await;
            assert_eq!(all.len(), 12);
            assert!(all.iter().all(|(_, amount, _)| *amount == cents), "{all:?}");
        }
        assert_eq!(update(site.app()).await.expect("a run"), 0);
        let customers = commissions::by_customer(&store.db, Scope::Platform, site.chain.resellers[0], &today(&site).await, "2026-11", "", 9).await.expect("read");
        assert_eq!(customers.iter().map(|c| (c.number.as_str(), c.total())).collect::<Vec<_>>(), [("K-10001", Cents(80))]);
    }
}
