//! Meters that an admin adds are rated like those of the beginning.

use super::*;
use crate::support::engines::on_both;
use guthaben::billing::meters::{self, NewMeter};
use guthaben::domain::pricing::{Increment, MeterInfo, Unit};
use guthaben::domain::usage::EventError;

fn video() -> NewMeter {
    NewMeter {
        key: "video_call".into(),
        unit: Unit::Second,
        name_de: " Videoanrufe ".into(),
        name_en: "Video calls".into(),
        increment: Increment { first: 30, next: 6 },
    }
}

async fn add(site: &Site, new: NewMeter) -> MeterInfo {
    meters::create(site.app(), &Editor::SYSTEM, new).await.expect("accepted")
}

on_both! {
    async fn an_added_meter_is_rated_once_it_has_a_price(store: Store) {
        let site = Site::start(&store).await;
        let info = add(&site, video()).await;
        assert_eq!((info.name_de.as_str(), info.position, info.active), ("Videoanrufe", 5, true));
        let use_it = async |id: &str| outcome(&site, 0, "video_call", Usage::Seconds(31), MORNING, id).await;
        assert_eq!(use_it("a").await, EventOutcome::Rejected(EventError::NoPrice));
        let price = NewPrice::flat(Target::Default, info.meter, UnitPrice::cents(100));
        assert_eq!(set(&site, &Editor::SYSTEM, price).await.price.increment, info.increment);
        let platform = NewPrice::flat(Target::Platform(None), info.meter, UnitPrice::cents(50));
        set(&site, &Editor::SYSTEM, platform).await;
        let EventOutcome::Charged { amount, commission, .. } = use_it("b").await else { panic!("not charged") };
        // 31 seconds are billed as 36.
        assert_eq!((amount, commission), (Cents(60), Cents(30)));
        let movements = site.movements(0).await;
        assert_eq!((movements[0].category.as_str(), movements[0].quantity), ("video_call", 36));
        let closed = meters::update(site.app(), &Editor::SYSTEM, info.meter, ("Video", "Video"), info.increment, false).await;
        assert!(closed.expect("accepted").is_some_and(|info| !info.active && info.name_en == "Video"));
        assert_eq!(use_it("c").await, EventOutcome::Rejected(EventError::UnknownMeter));
        // The same event as before is still the same charge.
        site.assert_sound().await;
    }

    async fn pieces_have_no_increment(store: Store) {
        let site = Site::start(&store).await;
        let fax = NewMeter { key: "fax".into(), unit: Unit::Piece, increment: Increment { first: 60, next: 60 }, ..video() };
        let info = add(&site, fax).await;
        assert_eq!(info.increment, Increment::SINGLE);
        let price = NewPrice { increment: Some(Increment::MINUTES), ..NewPrice::flat(Target::Default, info.meter, UnitPrice::cents(7)) };
        assert_eq!(set(&site, &Editor::SYSTEM, price).await.price.increment, Increment::SINGLE);
        assert_eq!(charge(&site, 3, info.meter, Usage::Pieces(3), MORNING, "fax").await.amount, Cents(21));
    }

    async fn keys_and_names_are_checked(store: Store) {
        let site = Site::start(&store).await;
        let create = async |new: NewMeter| refusal(meters::create(site.app(), &Editor::SYSTEM, new).await);
        for key in ["", "Video", "9x", "topup", "reversal", "a-b", "ä", "x\0", &"x".repeat(32)] {
            assert_eq!(create(NewMeter { key: key.into(), ..video() }).await, Refusal::MeterKeyInvalid, "{key}");
        }
        assert_eq!(create(NewMeter { key: "call".into(), ..video() }).await, Refusal::MeterTaken);
        for name in ["", "  ", "a\nb", "x\0", &"x".repeat(61)] {
            assert_eq!(create(NewMeter { name_de: name.into(), ..video() }).await, Refusal::NameInvalid { most: 60 }, "{name:?}");
        }
        for increment in [Increment { first: 0, next: 1 }, Increment { first: 1, next: 3_601 }] {
            assert_eq!(create(NewMeter { increment, ..video() }).await, Refusal::IncrementInvalid { most: 3_600 });
        }
        let own = reseller(&site).await;
        assert_eq!(refusal(meters::create(site.app(), &own, video()).await), Refusal::NotAllowed);
        let unknown = Meter::parse("nothing").expect("a key");
        let renamed = meters::update(site.app(), &Editor::SYSTEM, unknown, ("a", "b"), Increment::MINUTES, true).await;
        assert!(renamed.expect("answered").is_none());
        let price = NewPrice::flat(Target::Default, unknown, UnitPrice::cents(1));
        assert_eq!(refusal(prices::set_price(site.app(), &Editor::SYSTEM, price).await), Refusal::UnknownMeter);
    }
}
