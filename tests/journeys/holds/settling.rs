//! How holds grow and end: charged, released, or forgotten and expired.

use super::{
    MINUTE, SECOND, account, ask, capture, extend, fund, funded, money, new, open, refusal, release,
};
use crate::support::engines::{Store, on_both};
use crate::support::site::Site;
use guthaben::billing::holds;
use guthaben::billing::prices::{self, Editor, NewPrice, Target};
use guthaben::billing::usage;
use guthaben::domain::hold::{Hold, Status};
use guthaben::domain::ledger::AccountKind;
use guthaben::domain::money::{Cents, UnitPrice};
use guthaben::domain::party::Scope;
use guthaben::domain::pricing::{Meter, Usage};
use guthaben::domain::refusal::Refusal;
use guthaben::domain::usage::{EventError, EventOutcome, UsageEvent};
use guthaben::jobs::Job;

/// Reports a call of the first customer under an id, without a hold.
async fn report(site: &Site, id: &str, seconds: u32) -> EventOutcome {
    let (customer, now) = (site.chain.customers[0], site.clock.now());
    let event =
        UsageEvent::new(id.into(), customer, Meter::CALL, Usage::Seconds(seconds), now, "0170".into());
    usage::record(site.app(), Scope::Platform, vec![event]).await.expect("recorded")[0]
}

on_both! {
    async fn a_call_is_charged_once_and_the_rest_comes_back(store: Store) {
        let site = funded(&store, 1_000).await;
        let hold = open(&site, "call-1", Some(600)).await;
        assert_eq!(money(&site, 0).await, (1_000, 400));
        site.advance(3 * MINUTE);
        let (captured, receipt) = capture(&site, &hold, 130).await.expect("a charge");
        assert_eq!((receipt.amount, receipt.balance, receipt.commission, receipt.replayed), (Cents(120), Cents(880), Cents(30), false));
        assert_eq!((captured.status, captured.transfer), (Status::Captured, Some(receipt.transfer)));
        assert_eq!(captured.closed_at, Some(site.clock.now()));
        assert_eq!(money(&site, 0).await, (880, 0));
        let movement = &site.movements(0).await[0];
        assert_eq!((movement.id, movement.occurred_at, movement.amount_cents), (receipt.transfer, hold.started_at, Cents(-120)));
        assert_eq!(account(&site, site.chain.customers[0], AccountKind::Commission).await, Cents(30));
        // Again the same, and nothing else.
        let (again, replayed) = capture(&site, &hold, 130).await.expect("the same");
        assert_eq!((again, replayed.transfer, replayed.amount, replayed.replayed), (captured, receipt.transfer, Cents(120), true));
        assert_eq!(refusal(capture(&site, &hold, 131).await), Refusal::Usage(EventError::Conflict));
        assert_eq!(refusal(release(&site, &hold).await), Refusal::HoldClosed);
        assert_eq!(refusal(extend(&site, &hold, None).await), Refusal::HoldClosed);
        // A report under the same id is the same charge, if it says the same.
        let reported = report(&site, "call-1", 130).await;
        assert!(matches!(reported, EventOutcome::Charged { transfer, replayed: true, .. } if transfer == receipt.transfer), "{reported:?}");
        assert_eq!(report(&site, "call-1", 131).await, EventOutcome::Rejected(EventError::Conflict));
        assert_eq!(site.movements(0).await.len(), 2);
        site.assert_sound().await;
    }

    async fn what_was_reported_before_is_not_charged_again(store: Store) {
        let site = funded(&store, 1_000).await;
        let (hold, other) = (open(&site, "call-1", Some(600)).await, open(&site, "call-2", Some(600)).await);
        let EventOutcome::Charged { transfer, .. } = report(&site, "call-1", 130).await else { panic!("not charged") };
        let (captured, receipt) = capture(&site, &hold, 130).await.expect("the same charge");
        assert_eq!((receipt.transfer, receipt.replayed, captured.status), (transfer, true, Status::Captured));
        assert_eq!(money(&site, 0).await, (880, 400));
        report(&site, "call-2", 60).await;
        assert_eq!(refusal(capture(&site, &other, 120).await), Refusal::Usage(EventError::Conflict));
        assert_eq!(money(&site, 0).await, (840, 400), "nothing changed");
        capture(&site, &other, 60).await.expect("the same charge");
        assert_eq!(money(&site, 0).await, (840, 0));
        site.assert_sound().await;
    }

    async fn what_happened_is_charged_in_full_beyond_the_reservation(store: Store) {
        let site = funded(&store, 40).await;
        let hold = open(&site, "call", None).await;
        assert_eq!((hold.units, hold.held), (60, Cents(40)));
        let (_, receipt) = capture(&site, &hold, 600).await.expect("a charge");
        assert_eq!((receipt.amount, receipt.balance), (Cents(400), Cents(-360)));
        assert_eq!(money(&site, 0).await, (-360, 0));
        assert_eq!(refusal(ask(&site, "next", Some(1)).await), Refusal::InsufficientBalance);
        site.assert_sound().await;
    }

    async fn an_unanswered_call_costs_nothing(store: Store) {
        let site = funded(&store, 1_000).await;
        let hold = open(&site, "call", None).await;
        let (captured, receipt) = capture(&site, &hold, 0).await.expect("a record");
        assert_eq!((captured.status, receipt.amount, receipt.balance), (Status::Captured, Cents::ZERO, Cents(1_000)));
        assert_eq!(money(&site, 0).await, (1_000, 0));
        let sms = holds::open(site.app(), Scope::Platform, new(&site, 0, "sms", Meter::SMS, None)).await.expect("a hold");
        for units in [0, -1, i64::MAX] {
            assert_eq!(refusal(capture(&site, &sms, units).await), Refusal::Usage(EventError::QuantityInvalid));
        }
        assert_eq!(money(&site, 0).await, (1_000, 8));
        site.assert_sound().await;
    }

    async fn a_call_is_rated_by_the_prices_of_its_start(store: Store) {
        let site = funded(&store, 1_000).await;
        let hold = open(&site, "call", Some(600)).await;
        site.advance(MINUTE);
        let dearer = NewPrice::flat(Target::Default, Meter::CALL, UnitPrice::cents(90));
        prices::set_price(site.app(), &Editor::SYSTEM, dearer).await.expect("a price").expect("a list");
        let more = extend(&site, &hold, Some(60)).await.expect("more");
        assert_eq!((more.units, more.held), (660, Cents(440)));
        assert_eq!(capture(&site, &hold, 120).await.expect("a charge").1.amount, Cents(80));
        assert_eq!(open(&site, "next", Some(60)).await.held, Cents(90));
    }

    async fn a_hold_grows_as_long_as_the_balance_lasts(store: Store) {
        let site = funded(&store, 1_000).await;
        let hold = open(&site, "call", Some(600)).await;
        site.advance(9 * MINUTE);
        let more = extend(&site, &hold, Some(600)).await.expect("more");
        assert_eq!((more.id, more.units, more.held, more.started_at), (hold.id, 1_200, Cents(800), hold.started_at));
        assert_eq!(more.expires_at, hold.started_at.plus(25 * MINUTE));
        let most = extend(&site, &hold, None).await.expect("what is left");
        assert_eq!((most.units, most.held), (1_500, Cents(1_000)));
        assert_eq!(refusal(extend(&site, &hold, None).await), Refusal::InsufficientBalance);
        assert_eq!(refusal(extend(&site, &hold, Some(0)).await), Refusal::Usage(EventError::QuantityInvalid));
        assert_eq!(open(&site, "call", Some(600)).await, most, "as it was");
        assert_eq!(money(&site, 0).await, (1_000, 1_000));
        site.assert_sound().await;
    }

    async fn what_did_not_take_place_is_given_back(store: Store) {
        let site = funded(&store, 1_000).await;
        let hold = open(&site, "call", None).await;
        let released = release(&site, &hold).await.expect("released");
        assert_eq!((released.status, released.closed_at), (Status::Released, Some(site.clock.now())));
        assert_eq!(money(&site, 0).await, (1_000, 0));
        assert_eq!(release(&site, &hold).await.expect("again"), released);
        assert_eq!(refusal(extend(&site, &hold, None).await), Refusal::HoldClosed);
        // If it took place after all, it is charged.
        assert_eq!(capture(&site, &hold, 60).await.expect("a charge").1.amount, Cents(40));
        assert_eq!((money(&site, 0).await, site.movements(0).await.len()), ((960, 0), 2));
        site.assert_sound().await;
    }

    async fn what_nobody_reports_expires_and_can_still_be_charged(store: Store) {
        let site = funded(&store, 1_000).await;
        let (first, second) = (open(&site, "a", Some(600)).await, open(&site, "b", Some(900)).await);
        let run = || async { Job::Holds.run(site.app()).await.expect("the job runs") };
        site.advance(15 * MINUTE - SECOND);
        assert_eq!((run().await, money(&site, 0).await.1), (0, 1_000));
        site.advance(SECOND);
        assert_eq!((run().await, run().await, money(&site, 0).await.1), (1, 0, 600), "ten minutes and five of grace");
        let status = |hold: Hold| hold.status;
        assert_eq!(status(open(&site, "a", Some(600)).await), Status::Expired);
        assert_eq!(release(&site, &first).await.expect("nothing to do").status, Status::Expired);
        site.advance(5 * MINUTE);
        assert_eq!((run().await, money(&site, 0).await), (1, (1_000, 0)));
        assert_eq!(capture(&site, &first, 660).await.expect("a charge").1.amount, Cents(440));
        assert_eq!(money(&site, 0).await, (560, 0));
        // The other call goes on: it is authorised anew, from its start.
        fund(&site, 0, 1_000).await;
        let again = extend(&site, &second, Some(300)).await.expect("more");
        assert_eq!((again.status, again.units, again.held, again.closed_at), (Status::Active, 1_200, Cents(800), None));
        assert_eq!(money(&site, 0).await, (1_560, 800));
        assert_eq!(again.expires_at, site.clock.now().plus(5 * MINUTE));
        site.assert_sound().await;
    }

    async fn a_hold_lasts_a_day_at_most(store: Store) {
        let site = funded(&store, 100_000).await;
        let hold = open(&site, "call", Some(86_000)).await;
        let full = extend(&site, &hold, Some(86_000)).await.expect("more");
        assert_eq!((full.units, full.expires_at), (86_400, hold.started_at.plus(24 * 60 * MINUTE)));
        assert_eq!(extend(&site, &hold, None).await.expect("no more"), full);
        site.advance(24 * 60 * MINUTE);
        assert_eq!(refusal(extend(&site, &hold, None).await), Refusal::HoldClosed);
        Job::Holds.run(site.app()).await.expect("the job runs");
        site.advance(35 * 24 * 60 * MINUTE);
        assert_eq!(refusal(capture(&site, &hold, 60).await), Refusal::Usage(EventError::TooOld), "as if it were reported");
    }
}
