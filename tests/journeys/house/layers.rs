//! Imports go one way: `domain` < `i18n` < {`store`, `stripe`, `documents`, `mail`} < `billing` < {`web`, `jobs`, `cli`}; peers never import each
//! other. The database's crate stays in the store, the web framework in the web.

use super::files::{Source, expect_none, read_all};
use super::lexer::{Kind, Token, after_group, lex};

/// Every room with its height; a room may use what lies lower.
const ROOMS: &[(&str, u8)] = &[
    ("domain", 0),
    ("i18n", 1),
    ("store", 2),
    ("stripe", 2),
    ("documents", 2),
    ("mail", 2),
    ("outbound", 2),
    ("passwords", 2),
    ("config", 3),
    ("app", 4),
    ("billing", 5),
    ("web", 6),
    ("jobs", 6),
    ("server", 7),
    ("demo", 8),
    ("cli", 9),
    ("main", 10),
    ("lib", 10),
];

/// Peers at different heights: the command line reaches pages and jobs through the server only.
const PEERS: [&str; 3] = ["web", "jobs", "cli"];

/// A crate, and the places that may name it.
const CRATES: &[(&str, &[&str])] = &[
    ("sqlx", &["src/store/", "src/stripe/simulator/"]),
    ("axum", &["src/web/", "src/stripe/simulator/", "src/app.rs", "src/server.rs"]),
    ("tower_sessions", &["src/store/sessions.rs", "src/web/"]),
    ("askama", &["src/web/", "src/mail/", "src/mail.rs", "src/stripe/simulator/"]),
    ("async_stripe", &["src/stripe/"]),
    ("stripe_shared", &["src/stripe/"]),
    ("stripe_types", &["src/stripe/"]),
];

fn height(room: &str) -> Option<u8> {
    ROOMS.iter().find(|(name, _)| *name == room).map(|(_, height)| *height)
}

/// `src/store/ledger.rs` → `["store", "ledger"]`.
fn module(path: &str) -> Vec<String> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').map(str::to_owned).collect()
}

/// The paths from the crate's root that a file names, with their lines.
fn paths(source: &Source) -> Vec<(usize, Vec<String>)> {
    let tokens = lex(&source.text);
    let (mut found, mut inner): (Vec<_>, Vec<(String, usize)>) = (vec![], vec![]);
    for (at, token) in tokens.iter().enumerate() {
        inner.retain(|(_, end)| at < *end);
        if token.is("mod") && tokens.get(at + 2).is_some_and(|t| t.is("{")) {
            inner.push((tokens[at + 1].text.clone(), after_group(&tokens, at + 2)));
        }
        let follows = at >= 2 && tokens[at - 1].is(":") && tokens[at - 2].is(":");
        let rooted =
            token.kind == Kind::Word && ["crate", "super", "self", "guthaben"].contains(&token.text.as_str());
        if !rooted || follows || !is_path(&tokens, at + 1) {
            continue;
        }
        let mut here = module(&source.path);
        here.extend(inner.iter().map(|(name, _)| name.clone()));
        match token.text.as_str() {
            "crate" | "guthaben" => here.clear(),
            "super" => drop(here.pop()),
            _ => {}
        }
        expand(&tokens, at + 3, here, &mut found);
    }
    found
}

fn is_path(tokens: &[Token], at: usize) -> bool {
    tokens.len() > at + 2 && tokens[at].is(":") && tokens[at + 1].is(":")
}

/// Follows a path, and every branch of a group, from the token after `::`.
fn expand(tokens: &[Token], at: usize, mut path: Vec<String>, found: &mut Vec<(usize, Vec<String>)>) {
    let token = &tokens[at];
    if token.is("{") {
        let end = after_group(tokens, at);
        let mut branch = at + 1;
        while branch + 1 < end {
            expand(tokens, branch, path.clone(), found);
            while branch + 1 < end && !tokens[branch].is(",") {
                branch = if tokens[branch].is("{") { after_group(tokens, branch) } else { branch + 1 };
            }
            branch += 1;
        }
        return;
    }
    match token.text.as_str() {
        "super" => drop(path.pop()),
        "self" => {}
        name => path.push(name.to_owned()),
    }
    if is_path(tokens, at + 1) { expand(tokens, at + 3, path, found) } else { found.push((token.line, path)) }
}

fn faults(source: &Source) -> Vec<String> {
    let room = module(&source.path)[0].clone();
    let place = |line: usize| format!("{}:{line}", source.path);
    let Some(own) = height(&room) else {
        return vec![format!("{}: `{room}` has no place in the order of rooms", source.path)];
    };
    let mut faults = vec![];
    for (line, path) in paths(source) {
        let Some(other) = path.first().filter(|other| **other != room) else { continue };
        match height(other) {
            Some(height)
                if height < own && !(PEERS.contains(&other.as_str()) && PEERS.contains(&room.as_str())) => {}
            Some(_) => faults.push(format!("{}: {room} may not use {}", place(line), path.join("::"))),
            // The root re-exports nothing, so a name that is no room is a mistake of this list or of the file.
            None if room != "lib" && room != "main" => {
                faults.push(format!("{}: `{other}` has no place in the order of rooms", place(line)));
            }
            None => {}
        }
    }
    for token in lex(&source.text).iter().filter(|token| token.kind == Kind::Word) {
        for (name, places) in CRATES.iter().filter(|(name, _)| token.is(name)) {
            if !places.iter().any(|place| source.path.starts_with(place)) {
                faults.push(format!("{}: {name} belongs into {places:?}", place(token.line)));
            }
        }
    }
    faults
}

#[test]
fn imports_go_one_way() {
    let all: Vec<String> = read_all("src", &["rs"]).iter().flat_map(faults).collect();
    expect_none(&all);
}

#[test]
fn a_wrong_import_is_found() {
    for (path, text, expected) in [
        ("src/domain/a.rs", "use crate::store::Db;", "domain may not use store::Db"),
        ("src/domain/a.rs", "use crate::{domain::b, i18n::{T, Lang}};", "domain may not use i18n::T"),
        ("src/store/a.rs", "fn f() { crate::stripe::gateway::g() }", "store may not use stripe::gateway::g"),
        ("src/store/a/b.rs", "use super::super::super::billing::c;", "store may not use billing::c"),
        ("src/store/a.rs", "mod tests { use super::super::super::web; }", "store may not use web"),
        ("src/billing/mod.rs", "use super::web::page;", "billing may not use web::page"),
        ("src/web/a.rs", "use crate::jobs;", "web may not use jobs"),
        ("src/cli/a.rs", "use crate::jobs::Job;", "cli may not use jobs::Job"),
        ("src/web/a.rs", "use crate::demo::x;", "web may not use demo::x"),
        ("src/web/a.rs", "use crate::attic::b;", "`attic` has no place"),
        ("src/attic.rs", "", "`attic` has no place"),
        ("src/billing/a.rs", "fn f(e: sqlx::Error) {}", "sqlx belongs into"),
        ("src/domain/a.rs", "use axum::Router;", "axum belongs into"),
    ] {
        let faults = faults(&Source::sample(path, text));
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{text}: {faults:?}");
    }
    let fine = "//! crate::web\nuse crate::domain::{id, money::{self, Cents}};\nuse super::engine::Db;\nuse self::x::y;\n// sqlx axum";
    assert_eq!(faults(&Source::sample("src/store/a.rs", fine)), Vec::<String>::new());
}
