//! Importing files of usage: what is charged, what is listed as rejected, and what happens the second time.

use crate::support::engines::{Store, on_both};
use crate::support::site::Site;
use guthaben::app::App;
use guthaben::billing::imports::{self, End, ImportError, Input, Options, Report, Unusable};
use guthaben::billing::prices::{self, Editor, NewPrice, Target};
use guthaben::billing::usage;
use guthaben::domain::id::TenantId;
use guthaben::domain::money::{Cents, UnitPrice};
use guthaben::domain::party::Scope;
use guthaben::domain::pricing::{Meter, Usage};
use guthaben::domain::usage::{EventError, EventOutcome, Reach, UsageEvent};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A folder with a file and the list of what was rejected.
struct Desk {
    folder: tempfile::TempDir,
    file: PathBuf,
    rejected: PathBuf,
}

impl Desk {
    fn with(text: &str) -> Desk {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, rejected) = (folder.path().join("usage"), folder.path().join("rejected"));
        fs::write(&file, text).expect("written");
        Desk { folder, file, rejected }
    }

    fn options(&self) -> Options {
        let rejected = self.rejected.clone();
        Options { reach: Reach::Recent, dry: false, again: false, rejected }
    }

    async fn import(&self, app: &App, options: Options) -> Report {
        let done = imports::run(app, Input::File(self.file.clone()), options, |_| {}).await;
        done.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Line and code of what was rejected.
    fn list(&self) -> Vec<(u64, String)> {
        let text = fs::read_to_string(&self.rejected).unwrap_or_default();
        let entries = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        entries
            .map(|entry| {
                (entry["line"].as_u64().expect("a line"), entry["code"].as_str().expect("a code").to_owned())
            })
            .collect()
    }
}

fn call(id: &str, customer: &str, seconds: i64) -> String {
    json!({ "id": id, "customer": customer, "meter": "call", "seconds": seconds, "occurred_at": "2026-11-23T10:00:00+01:00" })
        .to_string()
}

/// Charged, charged before, rejected.
fn counts(report: &Report) -> (i64, i64, i64) {
    (report.counts.charged, report.counts.replayed, report.counts.rejections())
}

/// One line of every kind.
fn mixed() -> String {
    let old = call("old", "K-10001", 60).replace("2026-11", "2026-09");
    let csv_like = "not;json";
    [
        &call("a", "K-10001", 61),
        &call("b", "K-10004", 60),
        &call("a", "K-10001", 61),
        &call("a", "K-10001", 600),
        "",
        &call("c", "K-99999", 60),
        &old,
        csv_like,
        &call("d", "K-10001", 60).replace("call", "fax"),
        &call("e", "K-10001", -1),
        &call("f", "K-10002", 0),
    ]
    .join("\n")
}

/// What of it is rejected.
const REJECTED: [(u64, &str); 6] = [
    (4, "conflict"),
    (6, "unknown_customer"),
    (7, "too_old"),
    (8, "malformed_json"),
    (9, "unknown_meter"),
    (10, "quantity_invalid"),
];

fn rejected() -> Vec<(u64, String)> {
    REJECTED.map(|(line, code)| (line, code.to_owned())).to_vec()
}

async fn charge(app: &App, customer: TenantId, id: &str) -> EventOutcome {
    let at = guthaben::domain::calendar::instant("2026-11-23T10:00:00+01:00").expect("an instant");
    let event = UsageEvent::new(id.to_owned(), customer, Meter::CALL, Usage::Seconds(61), at, String::new());
    usage::record(app, Scope::Platform, vec![event]).await.expect("recorded")[0]
}

on_both! {
    async fn every_line_is_charged_once_or_listed_with_its_reason(store: Store) {
        let site = Site::start(&store).await;
        let desk = Desk::with(&mixed());
        let report = desk.import(site.app(), desk.options()).await;
        assert_eq!((report.end, counts(&report)), (End::Through, (3, 1, 6)));
        assert_eq!(desk.list(), rejected());
        assert_eq!(report.counts.amount, Cents(80 + 40 + 80));
        assert_eq!((site.balance(0).await, site.balance(3).await), (Cents(-80), Cents(-40)));
        // The API would have said the same of the same event.
        let again = charge(site.app(), site.chain.customers[0], "a").await;
        assert!(matches!(again, EventOutcome::Charged { replayed: true, amount: Cents(80), .. }), "{again:?}");
        site.assert_sound().await;
    }

    async fn a_finished_file_is_not_gone_through_unless_asked(store: Store) {
        let site = Site::start(&store).await;
        let desk = Desk::with(&mixed());
        let first = desk.import(site.app(), desk.options()).await;
        fs::remove_file(&desk.rejected).expect("removed");
        site.advance(Duration::from_secs(60));
        let second = desk.import(site.app(), desk.options()).await;
        assert_eq!(second.end, End::Before(crate::support::world::MORNING));
        assert_eq!(second.counts, first.counts);
        assert_eq!(desk.list(), []);
        let third = desk.import(site.app(), Options { again: true, ..desk.options() }).await;
        assert_eq!((third.end, counts(&third)), (End::Through, (0, 4, 6)));
        assert_eq!(desk.list(), rejected());
        // Another content is another file, whatever its name.
        fs::write(&desk.file, mixed() + "\n" + &call("g", "K-10001", 60)).expect("written");
        let fourth = desk.import(site.app(), desk.options()).await;
        assert_eq!((fourth.resumed, counts(&fourth)), (None, (1, 4, 6)));
        site.assert_sound().await;
    }

    async fn a_dry_run_says_the_same_and_charges_nothing(store: Store) {
        let site = Site::start(&store).await;
        let desk = Desk::with(&mixed());
        let dry = Options { dry: true, ..desk.options() };
        let report = desk.import(site.app(), dry).await;
        // Whether an id was charged with other content is only known when it is charged.
        assert_eq!((report.end, counts(&report)), (End::Through, (5, 0, 5)));
        assert_eq!(desk.list(), rejected()[1..]);
        assert_eq!(site.movements(0).await.len(), 0);
        let report = desk.import(site.app(), desk.options()).await;
        assert_eq!((report.end, counts(&report)), (End::Through, (3, 1, 6)));
    }

    async fn the_operator_may_bring_in_what_is_long_gone(store: Store) {
        let site = Site::start(&store).await;
        let since = guthaben::domain::calendar::instant("2019-01-01T00:00:00Z").expect("an instant");
        site.clock.set(since);
        let price = NewPrice::flat(Target::Default, Meter::CALL, UnitPrice::cents(50));
        prices::set_price(site.app(), &Editor::SYSTEM, price).await.expect("a price").expect("a list");
        site.clock.set(crate::support::world::MORNING);
        let old = |id: &str| call(id, "K-10001", 60).replace("2026-11", "2019-11");
        let desk = Desk::with(&[old("a"), old("b")].join("\n"));
        let report = desk.import(site.app(), Options { reach: Reach::History, ..desk.options() }).await;
        assert_eq!((counts(&report), report.counts.amount), ((2, 0, 0), Cents(100)));
        assert!(!desk.rejected.exists());
        let at = guthaben::domain::calendar::instant("2019-11-23T09:00:00Z").expect("an instant");
        let event = UsageEvent::new("a".into(), site.chain.customers[0], Meter::CALL, Usage::Seconds(60), at, String::new());
        let strict = usage::record(site.app(), Scope::Platform, vec![event]).await.expect("recorded");
        assert_eq!(strict, [EventOutcome::Rejected(EventError::TooOld)]);
        site.assert_sound().await;
    }

    async fn an_import_that_was_stopped_goes_on_where_it_was(store: Store) {
        let site = Site::start(&store).await;
        let lines: Vec<String> = (0..9_000)
            .map(|place| if place % 1_000 == 7 { "{}".into() } else { call(&format!("e{place}"), "K-10001", 60) })
            .collect();
        let desk = Desk::with(&("{\"id\":1}\n".to_owned() + &lines.join("\n")));
        let node = site.second_node(&[]).await;
        let shutdown = node.app.shutdown.clone();
        let stop = |report: &Report| if report.counts.charged > 1_000 { shutdown.cancel() };
        let stopped = imports::run(&node.app, Input::File(desk.file.clone()), desk.options(), stop).await.expect("imported");
        assert_eq!(stopped.end, End::Stopped);
        assert!(stopped.counts.total() < 9_001 && desk.list().len() as i64 == stopped.counts.rejections(), "{stopped:?}");
        let report = desk.import(site.app(), desk.options()).await;
        assert_eq!(report.resumed, Some(stopped.place));
        assert_eq!((report.end, counts(&report)), (End::Through, (8_991, 0, 10)));
        let expected: Vec<u64> = std::iter::once(1).chain((0..9).map(|place| place * 1_000 + 9)).collect();
        assert_eq!(desk.list().into_iter().map(|(line, _)| line).collect::<Vec<_>>(), expected);
        assert_eq!(site.balance(0).await, Cents(-8_991 * 40));
        site.assert_sound().await;
    }

    async fn a_stream_is_charged_and_not_marked(store: Store) {
        let site = Site::start(&store).await;
        let desk = Desk::with("");
        for expected in [(1, 0, 1), (0, 1, 1)] {
            let text = call("a", "K-10001", 60) + "\nx";
            let input = Input::Stream(Box::new(std::io::Cursor::new(text)));
            let report = imports::run(site.app(), input, desk.options(), |_| {}).await.expect("imported");
            assert_eq!((report.size, counts(&report)), (None, expected));
            assert_eq!(desk.list(), [(2, "malformed_json".to_owned())]);
        }
    }

    async fn what_cannot_be_imported_changes_nothing(store: Store) {
        let site = Site::start(&store).await;
        let refused = async |desk: &Desk, file: &Path| {
            imports::run(site.app(), Input::File(file.to_owned()), desk.options(), |_| {}).await.expect_err("refused")
        };
        let desk = Desk::with("id;customer;meter;quantity;when\n");
        let error = refused(&desk, &desk.file).await;
        assert!(matches!(&error, ImportError::Unusable(Unusable::ColumnUnknown(name)) if name == "when"), "{error:?}");
        let error = refused(&desk, &desk.folder.path().join("missing")).await;
        assert!(matches!(error, ImportError::Unreadable(_)), "{error:?}");
        let error = refused(&desk, desk.folder.path()).await;
        assert!(matches!(error, ImportError::Unreadable(_)), "{error:?}");
        let desk = Desk::with(&call("a", "K-10001", 60));
        fs::write(&desk.rejected, "my notes").expect("written");
        assert!(matches!(refused(&desk, &desk.file).await, ImportError::Occupied));
        let itself = Options { rejected: desk.file.clone(), ..desk.options() };
        let error = imports::run(site.app(), Input::File(desk.file.clone()), itself, |_| {}).await.expect_err("refused");
        assert!(matches!(error, ImportError::Occupied), "{error:?}");
        assert_eq!(site.movements(0).await.len(), 0);
        assert_eq!(fs::read_to_string(&desk.rejected).expect("text"), "my notes");
    }
}
