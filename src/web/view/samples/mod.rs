//! One sample of every template and state, rendered in both languages and checked for the rules of the house.
//!
//! With `FACE_OUT=DIR` the pages are also written to `DIR/{language}/{name}.html`, to look at them.

mod console;
mod movement;
mod portal;
mod price;
mod public;
mod settings;

use super::page::{ActorView, Area, BalanceView, BrandView, Page, SupportView, TenantLink};
use super::parts::BalanceState;
use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use crate::i18n::{Lang, T};
use askama::Template;
use std::collections::BTreeSet;

/// A rendered sample and its name.
type Sample = (String, String);

/// 23 November 2026, 14:38 in Berlin.
const NOW: Ts = Ts::from_seconds(1_795_441_080);

fn page(t: T, path: &str, area: Option<Area>) -> Page {
    let (name, sub) = match area {
        Some(Area::Reseller) => ("Guthaben", "TeleNord Systemhaus GmbH"),
        Some(Area::Admin) => ("Guthaben", "Plattform"),
        _ => ("TeleNord", "Kundenportal"),
    };
    let support = SupportView {
        href: "tel:+494055512340".into(),
        label: "040 5551 2340".into(),
        hours: "Mo–Fr 8–18 Uhr".into(),
    };
    Page {
        t,
        csrf: "token".into(),
        path: path.into(),
        here: path.into(),
        brand: BrandView { name: name.into(), sub: sub.into(), support: Some(support) },
        actor: area.map(actor),
        balance: (area == Some(Area::Portal)).then_some(BalanceView {
            amount: Cents(4760),
            held: Cents::ZERO,
            state: BalanceState::Low,
        }),
        theme: None,
        demo: true,
        now: NOW,
        asset_base: "/static/sample",
    }
}

fn actor(area: Area) -> ActorView {
    let (name, initials, tenant, number) = match area {
        Area::Portal => ("Mara Lindner", "ML", "Zahnarztpraxis Dr. Lindner", "K-10427"),
        Area::Reseller => ("Jonas Krüger", "JK", "TeleNord Systemhaus GmbH", "R-1004"),
        Area::Admin => ("Fabian Seidel", "FS", "Guthaben", "P-1"),
    };
    ActorView {
        name: name.into(),
        initials: initials.into(),
        email: "person@guthaben.example".into(),
        role_label: "Inhaber".into(),
        area,
        may_pay: true,
        manages: area != Area::Portal,
        tenant_name: tenant.into(),
        tenant_number: number.into(),
        other_tenants: vec![TenantLink {
            id: "cus_1".into(),
            name: "Praxis <Nord> & Partner".into(),
            role_label: "Lesezugriff".into(),
        }],
    }
}

fn rendered(name: &str, template: impl Template) -> Sample {
    (name.to_owned(), template.render().unwrap_or_else(|error| panic!("{name}: {error}")))
}

fn all(t: T) -> Vec<Sample> {
    [public::all(t), portal::all(t), console::all(t), settings::all(t), movement::all(t), price::all(t)]
        .concat()
}

/// Start and end tags as they come, without comments; `None` ends at a bracket that is never closed.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    let mut rest = html;
    std::iter::from_fn(move || {
        let start = rest.find('<')?;
        let end = start + rest[start..].find('>')?;
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        Some(tag)
    })
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let value = tag.split_once(&format!(" {name}=\""))?.1;
    value.split('"').next()
}

/// What is wrong with the nesting of a document, if anything.
fn unbalanced(html: &str) -> Option<String> {
    const VOID: [&str; 6] = ["meta", "link", "input", "br", "hr", "!DOCTYPE"];
    let mut open = vec![];
    for tag in tags(html) {
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or_default();
        if tag.starts_with('/') {
            match open.pop() {
                Some(last) if last == name => {}
                last => return Some(format!("</{name}> closes {last:?}")),
            }
        } else if !VOID.contains(&name) && !tag.ends_with('/') {
            open.push(name);
        }
    }
    open.pop().map(|name| format!("<{name}> stays open"))
}

fn complaints(name: &str, html: &str) -> Vec<String> {
    let mut out = vec![];
    let mut ids = BTreeSet::new();
    for tag in tags(html) {
        for banned in [" style=\"", " hx-on", " hx-vals=\"js:", " onclick=", " onsubmit="] {
            if tag.contains(banned) {
                out.push(format!("{banned} in <{tag}>"));
            }
        }
        if tag.starts_with("script") && attribute(tag, "src").is_none() {
            out.push("inline script".into());
        }
        if attribute(tag, "hx-trigger").is_some_and(|trigger| trigger.contains('[')) {
            out.push(format!("trigger filter in <{tag}>"));
        }
        if let Some(id) = attribute(tag, "id").filter(|id| !ids.insert((*id).to_owned())) {
            out.push(format!("id {id} twice"));
        }
    }
    for pointer in ["for", "aria-labelledby", "aria-describedby", "popovertarget"] {
        for value in tags(html).filter_map(|tag| attribute(tag, pointer)) {
            out.extend(
                (value.split_whitespace().filter(|id| !ids.contains(*id)))
                    .map(|id| format!("{pointer} points to {id}, which is missing")),
            );
        }
    }
    out.extend(unbalanced(html));
    if !name.starts_with("part-") && html.matches("<h1").count() != 1 {
        out.push("not exactly one h1".into());
    }
    let forms = html.matches("method=\"post\"").count();
    if forms != html.matches("name=\"csrf_token\"").count() {
        out.push("a form without its token".into());
    }
    out
}

#[test]
fn every_template_keeps_the_rules_in_both_languages() {
    let out = std::env::var_os("FACE_OUT").map(std::path::PathBuf::from);
    let mut wrong = vec![];
    for lang in Lang::ALL {
        let t = T::new(lang);
        for (name, html) in all(t) {
            wrong.extend(
                complaints(&name, &html).into_iter().map(|what| format!("{name} ({lang:?}): {what}")),
            );
            if let Some(out) = &out {
                let dir = out.join(lang.code());
                std::fs::create_dir_all(&dir).expect("create the folder");
                std::fs::write(dir.join(format!("{name}.html")), html).expect("write the page");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_icon_used_is_in_the_sprite_and_the_other_way_round() {
    let sprite = include_str!("../../../../static/icons.svg");
    let known: BTreeSet<&str> = tags(sprite).filter_map(|tag| attribute(tag, "id")).collect();
    let mut used = BTreeSet::new();
    for (name, html) in all(T::new(Lang::De)) {
        for id in tags(&html).filter_map(|tag| attribute(tag, "href")?.split_once("icons.svg#")) {
            assert!(known.contains(id.1), "{name} uses the icon {}", id.1);
            used.insert(id.1.to_owned());
        }
    }
    let idle: Vec<_> = known.into_iter().filter(|id| !used.contains(*id)).collect();
    assert!(idle.is_empty(), "icons nobody shows: {idle:?}");
}

#[test]
fn what_people_write_is_escaped() {
    let (_, html) = public::sign_in_samples(T::new(Lang::De)).pop().expect("the refused sign-in");
    assert!(!html.contains("<script>alert"));
    assert!(html.contains("&#60;script&#62;alert"));
}

#[test]
fn the_balance_is_written_as_the_contract_says() {
    let html = portal::usual_overview(T::new(Lang::De)).render().expect("renders");
    let data = "<data class=\"money\" value=\"47.60\">47,60\u{a0}€</data>";
    assert!(html.contains(&format!(
        "<output id=\"balance\" aria-live=\"off\" aria-labelledby=\"balance-title\">{data}</output>"
    )));
}
