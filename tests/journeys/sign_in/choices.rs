//! Language and theme: chosen by anybody, kept in the browser, and remembered for members.

use super::attempt;
use crate::support::engines::{Store, on_both};
use crate::support::site::{DE, PASSWORD, Site};
use guthaben::i18n::{Lang, T};

const EN: T = T::new(Lang::En);

on_both! {
    async fn the_browser_speaks_first_and_the_choice_wins(store: Store) {
        let site = Site::start(&store).await;
        site.visitor().get("/login").await.expect(200).shows("<html lang=\"de\"");
        let mut english = site.visitor().with("accept-language", "en-US,en;q=0.9,de;q=0.1");
        english.get("/login").await.expect(200).shows(&EN.sign_in_submit());
        english.get("/login?next=/portal").await.expect(200);
        let fields = [("language", "de"), ("next", "/login?next=/portal")];
        english.post("/session/language", &fields).await.leads_to("/login?next=/portal");
        let page = english.get("/login").await.expect(200);
        page.shows("<html lang=\"de\"");
        page.shows(&DE.sign_in_submit());
        for wrong in ["fr", "", "xx-DE", "../x"] {
            english.post("/session/language", &[("language", wrong)]).await.expect(404);
        }
    }

    async fn a_theme_is_one_of_three(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        client.get("/portal").await.expect(200).hides("data-theme");
        client.post("/session/theme", &[("theme", "dark"), ("next", "/portal")]).await.leads_to("/portal");
        client.get("/portal").await.expect(200).shows("<html lang=\"de\" data-theme=\"dark\">");
        client.post("/session/theme", &[("theme", "system")]).await.leads_to("/");
        client.get("/portal").await.expect(200).hides("data-theme");
        for wrong in ["blue", "", "\"><script>"] {
            client.post("/session/theme", &[("theme", wrong)]).await.expect(404);
        }
    }

    async fn what_a_member_chose_follows_to_another_device(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("owner@site.example").await;
        client.post("/session/language", &[("language", "en")]).await.expect(303);
        client.post("/session/theme", &[("theme", "light")]).await.expect(303);
        let mut device = site.visitor().with("accept-language", "de");
        attempt(&mut device, "owner@site.example", PASSWORD).await.expect(303);
        let page = device.get("/portal").await.expect(200);
        page.shows("<html lang=\"en\" data-theme=\"light\">");
        page.shows(&EN.overview_available());
        let mut colleague = site.sign_in("accounting@site.example").await;
        colleague.get("/portal").await.expect(200).shows("<html lang=\"de\">");
    }

    async fn a_mail_is_written_in_its_readers_language(store: Store) {
        let site = Site::start(&store).await;
        let mut client = site.sign_in("direct@site.example").await;
        client.post("/session/language", &[("language", "en")]).await.expect(303);
        site.top_up(&mut client, "25").await;
        let mails = site.mails().await;
        let subject = EN.mail_topup_paid_subject(EN.money(guthaben::domain::money::Cents::euros(25)));
        assert_eq!(mails.iter().map(|mail| &mail.subject).collect::<Vec<_>>(), [&subject]);
    }
}
