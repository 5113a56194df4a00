//! Reading movements: pages by key in both directions, filters, and walls between tenants.

use crate::support::engines::{Store, on_both};
use crate::support::world::{MORNING, World, draft, post};
use guthaben::domain::clock::Ts;
use guthaben::domain::ledger::{Draft, Posting};
use guthaben::domain::money::Cents;
use guthaben::domain::party::Scope;
use guthaben::store::ledger;
use guthaben::store::movements::{self, Cursor, Movement, MovementFilter};

const DAY: i64 = 86_400_000_000;

/// Thirty movements of the first customer over three days, and one of the second.
async fn posted(store: &Store) -> World {
    let world = World::build(&store.db).await;
    for place in 0..30i64 {
        let posting = match place % 3 {
            0 => Posting::TopUp { amount: Cents::euros(10 + place) },
            1 => Posting::Bonus { amount: Cents(place) },
            _ => Posting::Refund { amount: Cents(place) },
        };
        let one = draft(world.customer(0), &format!("movement {place}"), posting);
        post(&store.db, vec![one], Ts(MORNING.0 + place / 10 * DAY)).await;
    }
    post(&store.db, vec![draft(world.customer(1), "other", Posting::Bonus { amount: Cents(1) })], MORNING)
        .await;
    world
}

async fn page(
    store: &Store,
    world: &World,
    scope: Scope,
    filter: &MovementFilter,
    cursor: Cursor,
) -> Vec<i64> {
    let page = movements::list_movements(&store.db, scope, world.customer(0), filter, cursor, 7).await;
    page.expect("a page").iter().map(|movement: &Movement| movement.seq).collect()
}

on_both! {
    async fn pages_by_key_meet_every_movement_once_in_both_directions(store: Store) {
        let world = posted(&store).await;
        let (all, own) = (MovementFilter::default(), Scope::Customer(world.customer(0)));
        let (mut down, mut cursor) = (vec![], Cursor::Start);
        loop {
            let seqs = page(&store, &world, own, &all, cursor).await;
            let Some(last) = seqs.last() else { break };
            cursor = Cursor::OlderThan(*last);
            down.extend(seqs);
        }
        assert_eq!(down, (1..=30).rev().collect::<Vec<_>>());
        assert_eq!(page(&store, &world, own, &all, Cursor::NewerThan(10)).await, (11..=17).rev().collect::<Vec<_>>());
        assert_eq!(page(&store, &world, own, &all, Cursor::NewerThan(30)).await, Vec::<i64>::new());
    }

    async fn filters_narrow_a_page(store: Store) {
        let world = posted(&store).await;
        let seqs = async |filter: MovementFilter| page(&store, &world, Scope::Platform, &filter, Cursor::Start).await;
        let all = MovementFilter::default;
        assert_eq!(seqs(MovementFilter { category: Some("topup".into()), ..all() }).await, [28, 25, 22, 19, 16, 13, 10]);
        assert_eq!(seqs(MovementFilter { from: Some("2026-11-25".into()), ..all() }).await, [30, 29, 28, 27, 26, 25, 24]);
        assert_eq!(seqs(MovementFilter { to: Some("2026-11-23".into()), ..all() }).await, [10, 9, 8, 7, 6, 5, 4]);
        assert_eq!(seqs(MovementFilter { from: Some("2026-12-01".into()), ..all() }).await, Vec::<i64>::new());
        assert_eq!(seqs(MovementFilter { min: Cents::euros(35), ..all() }).await, [28]);
        assert_eq!(seqs(MovementFilter { max: Cents(5), ..all() }).await, [6, 5, 3, 2]);
        assert_eq!(seqs(MovementFilter { text: Some("MOVEMENT 29".into()), ..all() }).await, [30]);
        for literal in ["%", "_", "!", "movement%29"] {
            assert_eq!(seqs(MovementFilter { text: Some(literal.into()), ..all() }).await, Vec::<i64>::new(), "{literal}");
        }
    }

    async fn a_search_ignores_the_case_of_umlauts(store: Store) {
        let world = World::build(&store.db).await;
        let one = |key: &str, text: &str| Draft { description: text.into(), ..draft(world.customer(0), key, Posting::Bonus { amount: Cents(1) }) };
        post(&store.db, vec![one("a", "Überweisung ÄRGER"), one("b", "Straße")], MORNING).await;
        for (text, expected) in [("überweisung", 1), ("ÜBERWEISUNG ärger", 1), ("STRASSE", 0), ("straße", 2)] {
            let filter = MovementFilter { text: Some(text.into()), ..MovementFilter::default() };
            let found = page(&store, &world, Scope::Platform, &filter, Cursor::Start).await;
            assert_eq!(found, if expected == 0 { vec![] } else { vec![expected] }, "{text}");
        }
    }

    async fn a_foreign_scope_sees_nothing(store: Store) {
        let world = posted(&store).await;
        let customer = world.customer(0);
        let own = [Scope::Platform, Scope::Reseller(world.resellers[0]), Scope::Customer(customer)];
        let foreign = [Scope::Reseller(world.resellers[1]), Scope::Customer(world.customer(1)), Scope::Customer(world.platform)];
        let all = MovementFilter::default();
        let newest = movements::list_movements(&store.db, own[0], customer, &all, Cursor::Start, 1).await.expect("a page")[0].id;
        for (scopes, visible) in [(own, true), (foreign, false)] {
            for scope in scopes {
                let balance = ledger::balance(&store.db, scope, customer).await.expect("read");
                let page = page(&store, &world, scope, &all, Cursor::Start).await;
                let one = movements::find_movement(&store.db, scope, newest).await.expect("read");
                let days = movements::daily_totals(&store.db, scope, customer, "2026-01-01", "2026-12-31").await.expect("read");
                let seen = [balance.is_some(), !page.is_empty(), one.is_some(), !days.is_empty()];
                assert_eq!(seen, [visible; 4], "{scope:?}");
            }
        }
    }
}
