//! What if: reckoned on what was really used, by the order of lists, without writing anything.

use super::*;
use crate::support::engines::on_both;
use crate::support::site::{DE, use_calls};

const PATH: &str = "/reseller/prices/simulator";

fn asked(meter: &str, price: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("place", "own"), ("meter", meter), ("model", "flat"), ("price", price)])
        .finish();
    format!("{PATH}?{query}")
}

on_both! {
    async fn a_price_is_tried_on_real_usage(store: Store) {
        let site = Site::start(&store).await;
        // A month, another month, a customer with a price of its own, and somebody else's customer.
        use_calls(&site, 0, 10).await;
        site.advance(DAY * 30);
        use_calls(&site, 0, 10).await;
        use_calls(&site, 2, 7).await;
        let mut client = site.sign_in("reseller@site.example").await;
        let own = format!("/reseller/prices/customer-{}/call", site.chain.customers[1]);
        set(&mut client, &own, &flat("0,50")).await;
        use_calls(&site, 1, 5).await;
        let entries = log(&store).await.len();
        let page = client.get(&asked("call", "0,45")).await.expect(200);
        // 25 minutes: 20 at 0.40 and 5 at 0.50 are 10.50, of which 7.50 are the platform's; then 11.50.
        page.shows("25\u{a0}Min.");
        for value in ["10.50", "11.50", "7.50", "3.00", "4.00"] {
            assert!(page.tags("data").iter().any(|data| data["value"] == value), "{value}: {}", page.body);
        }
        page.shows("+1,00\u{a0}€");
        page.shows(&DE.simulator_customers(1));
        page.shows("Salon &#38; Söhne");
        page.hides("Kanzlei Fremd");
        let apply = page.tags("a").into_iter().filter_map(|link| link.get("href").cloned()).find(|href| href.starts_with(OWN) && href.contains('?'));
        let form = client.get(&apply.expect("a link to the editor")).await.expect(200);
        assert_eq!(form.value("price").as_deref(), Some("0,45"));
        assert_eq!(log(&store).await.len(), entries, "nothing is written");
        // Outside the rails it is reckoned all the same, and said.
        client.get(&asked("call", "0,20")).await.expect(200).shows(&DE.simulator_refused());
        client.get(&asked("call", "x")).await.expect(422).shows(&DE.price_unreadable());
        client.get(&asked("sms", "0,07")).await.expect(200).shows(&DE.simulator_none());
        client.get(PATH).await.expect(200).shows(&DE.simulator_run());
        client.get(&format!("{PATH}?place=customer-{}&meter=call", site.chain.customers[2])).await.expect(404);
    }
}
