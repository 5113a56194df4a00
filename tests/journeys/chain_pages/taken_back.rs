//! A charge taken back on the page: asked for, refused, done once, and what each side reads of it.

use super::used;
use crate::support::engines::{Store, on_both};
use crate::support::site::{DE, Site};
use guthaben::billing::commissions::update;
use guthaben::domain::money::Cents;
use guthaben::domain::pricing::Meter;

on_both! {
    async fn a_page_asks_for_the_reason_and_does_it_once(store: Store) {
        let site = Site::start(&store).await;
        let id = used(&site, 0, Meter::CALL, 600, "0170 1234567").await;
        update(site.app()).await.expect("a run");
        let mut client = site.sign_in("staff@site.example").await;
        let (detail, form) = (format!("/reseller/transactions/{id}"), format!("/reseller/transactions/{id}/reversal"));
        client.get(&detail).await.expect(200).shows(&format!("href=\"{form}\""));
        let page = client.get(&form).await.expect(200);
        page.shows(&DE.movement_reverse_effect(DE.money(Cents(400)), "Salon &#38; Söhne &#60;Mitte&#62;"));
        page.shows(&DE.movement_reverse_from(DE.movement_commission()));
        for reason in ["", "ab", "  ", &"x".repeat(501)] {
            let page = client.post(&form, &[("reason", reason)]).await.expect(422);
            page.shows(&DE.refusal_reason_length(500, 3));
            assert_eq!(page.value("reason").as_deref(), Some(reason), "what was typed stays");
        }
        assert_eq!(site.balance(0).await, Cents(-400));
        let reason = "Falsch <verbunden>";
        client.post(&form, &[("reason", reason)]).await.leads_to(&format!("{detail}?reversed=1"));
        assert_eq!(site.balance(0).await, Cents::ZERO);
        let page = client.get(&format!("{detail}?reversed=1")).await.expect(200);
        page.shows(&DE.movement_reversed());
        page.shows("Falsch &#60;verbunden&#62;");
        page.shows(&DE.commission_taken_back());
        page.hides(&form);
        client.post(&form, &[("reason", reason)]).await.leads_to(&detail);
        client.get(&form).await.leads_to(&detail);
        assert_eq!(site.movements(0).await.len(), 2);
        let reversal = site.movements(0).await[0].id;
        let page = client.get(&format!("/reseller/transactions/{reversal}")).await.expect(200);
        page.shows(&format!("href=\"{detail}\""));
        page.shows("Person 4");
        client.post(&format!("/reseller/transactions/{reversal}/reversal"), &[("reason", reason)]).await.expect(422).shows(&DE.refusal_not_reversible());
        client.get(&format!("/reseller/transactions/{reversal}/reversal")).await.leads_to(&format!("/reseller/transactions/{reversal}"));
        site.assert_sound().await;
    }

    async fn the_customer_reads_why(store: Store) {
        let site = Site::start(&store).await;
        let id = used(&site, 0, Meter::CALL, 600, "0170 1234567").await;
        let mut admin = site.sign_in("finance@site.example").await;
        admin.get(&format!("/admin/transactions/{id}/reversal")).await.expect(200);
        admin.post(&format!("/admin/transactions/{id}/reversal"), &[("reason", "Störung am Montag")]).await.expect(303);
        let mut owner = site.sign_in("owner@site.example").await;
        let list = owner.get("/portal/transactions").await.expect(200);
        list.shows(&DE.kind_reversal());
        list.shows("<span class=\"table__sub\">Störung am Montag</span>");
        list.shows(&DE.money_signed(Cents(400)));
        let reversal = site.movements(0).await[0].id;
        let page = owner.get(&format!("/portal/transactions/{reversal}")).await.expect(200);
        page.shows("Störung am Montag");
        page.shows(&format!("/portal/transactions/{id}"));
        page.hides("Person 1");
        let page = owner.get(&format!("/portal/transactions/{id}")).await.expect(200);
        page.shows(&DE.transaction_reversed_by());
        page.shows(&format!("/portal/transactions/{reversal}"));
        let overview = owner.get("/portal").await.expect(200);
        overview.shows(&DE.kind_reversal());
        let found = admin.get("/admin/transactions?kind=reversal").await.expect(200);
        found.shows(&format!("/admin/transactions/{reversal}"));
        found.hides(&format!("/admin/transactions/{id}\""));
        let found = admin.get("/admin/transactions?customer=K-10001&kind=reversal").await.expect(200);
        found.shows(&format!("/admin/transactions/{reversal}"));
        let mut support = site.sign_in("support@site.example").await;
        support.get(&format!("/admin/transactions/{id}/reversal")).await.expect(403);
        support.post(&format!("/admin/transactions/{id}/reversal"), &[("reason", "darf ich nicht")]).await.expect(403);
    }
}
