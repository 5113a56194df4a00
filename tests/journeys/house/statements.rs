//! Every SQL statement of the store, harvested from its source and prepared on both engines: what `query!` would check, without its build step.

use super::files::{Source, expect_none, read_all};
use super::lexer::{Kind, Token, after_group, lex, without_tests};
use crate::support::engines::{Engine, Store, on_both};
use crate::support::sql::Raw;

/// How a statement begins.
const VERBS: [&str; 5] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];

/// A statement as it stands in the source.
#[derive(Clone, Debug)]
pub struct Statement {
    /// `src/store/ledger.rs:12`.
    pub place: String,
    /// The engine it is written for; `None` for both.
    pub engine: Option<Engine>,
    /// The text.
    pub text: String,
}

/// Every statement of the store.
pub fn statements() -> Vec<Statement> {
    read_all("src/store", &["rs"]).iter().flat_map(harvest).collect()
}

/// Whether a text is a statement.
pub fn is_statement(text: &str) -> bool {
    VERBS.iter().any(|verb| text.trim_start().starts_with(verb))
}

fn harvest(source: &Source) -> Vec<Statement> {
    let tokens = joined(&without_tests(&lex(&source.text)));
    let found = tokens.iter().enumerate().filter(|(_, t)| t.kind == Kind::Text && is_statement(&t.text));
    let statement = |(at, token): (usize, &Token)| Statement {
        place: format!("{}:{}", source.path, token.line),
        engine: engine(&tokens, at),
        text: token.text.clone(),
    };
    found.map(statement).collect()
}

/// Literals inside `concat!(…)` become one.
fn joined(tokens: &[Token]) -> Vec<Token> {
    let (mut out, mut at) = (Vec::with_capacity(tokens.len()), 0);
    while at < tokens.len() {
        let concat = tokens[at].is("concat") && tokens.get(at + 2).is_some_and(|t| t.is("("));
        if concat {
            let end = after_group(tokens, at + 2);
            let pieces = tokens[at + 2..end].iter().filter(|t| t.kind == Kind::Text);
            let text = pieces.map(|t| t.text.as_str()).collect();
            out.push(Token { kind: Kind::Text, text, line: tokens[at].line });
            at = end;
        } else {
            out.push(tokens[at].clone());
            at += 1;
        }
    }
    out
}

/// The engine of a literal: written into a pair's field, or into a constant that only one field of pairs names.
fn engine(tokens: &[Token], at: usize) -> Option<Engine> {
    let field = |at: usize, name: &str| at >= 2 && tokens[at - 1].is(":") && tokens[at - 2].is(name);
    let written_for = |at: usize| match (field(at, "lite"), field(at, "pg")) {
        (true, _) => Some(Engine::Sqlite),
        (_, true) => Some(Engine::Postgres),
        _ => None,
    };
    // const NAME : & str = "…"
    let constant =
        at >= 6 && tokens[at - 1].is("=") && tokens[at - 2].is("str") && tokens[at - 6].is("const");
    if !constant {
        return written_for(at);
    }
    let name = &tokens[at - 5].text;
    let uses = tokens.iter().enumerate().filter(|(place, t)| t.is(name) && *place != at - 5);
    let mut engines: Vec<Option<Engine>> = uses.map(|(place, _)| written_for(place)).collect();
    engines.dedup();
    if engines.len() == 1 { engines[0] } else { None }
}

/// Texts given to `.q(…)` that the harvest would not recognise.
fn overlooked(source: &Source) -> Vec<String> {
    let tokens = lex(&source.text);
    let called = tokens.windows(4).filter(|w| w[0].is(".") && w[1].is("q") && w[2].is("("));
    called
        .filter(|w| w[3].kind == Kind::Text && !is_statement(&w[3].text))
        .map(|w| format!("{}:{}: is no statement: {}", source.path, w[3].line, w[3].text))
        .collect()
}

#[test]
fn the_harvest_overlooks_nothing() {
    let all: Vec<String> = read_all("src/store", &["rs"]).iter().flat_map(overlooked).collect();
    expect_none(&all);
    let calls = read_all("src/store", &["rs"]).iter().map(|s| s.text.matches(".q(").count()).sum::<usize>();
    let found = statements().len();
    assert!(found >= 40 && found * 2 >= calls, "{found} statements for {calls} calls");
}

#[test]
fn every_form_of_statement_is_harvested() {
    let text = r##"
        const BOTH: &str = "SELECT 1 \
            FROM a";
        const ONLY_PG: &str = "SELECT 2";
        const PAIR: Sql = Sql { lite: "SELECT 3", pg: ONLY_PG };
        const JOINED: &str = concat!("SELECT ", "4");
        fn f() { db.q("UPDATE x SET y = $1").bind("DELETE"); tx.q(r#"WITH z AS (SELECT 5) SELECT "q" FROM z"#); tx.q("PRAGMA x"); }
        #[cfg(test)] mod tests { const NOT: &str = "SELECT 6"; }
        // "SELECT 7"
    "##;
    let source = Source::sample("src/store/a.rs", text);
    let found: Vec<(String, Option<Engine>)> =
        harvest(&source).into_iter().map(|s| (s.text, s.engine)).collect();
    let expected = [
        ("SELECT 1 FROM a", None),
        ("SELECT 2", Some(Engine::Postgres)),
        ("SELECT 3", Some(Engine::Sqlite)),
        ("SELECT 4", None),
        ("UPDATE x SET y = $1", None),
        ("WITH z AS (SELECT 5) SELECT \"q\" FROM z", None),
    ];
    assert_eq!(found, expected.map(|(text, engine)| (text.to_owned(), engine)));
    assert_eq!(overlooked(&source).len(), 1);
}

on_both! {
    async fn every_statement_prepares(store: Store) {
        let mut raw = Raw::open(&store).await;
        let mut faults = vec![];
        for statement in statements().iter().filter(|s| s.engine.is_none_or(|engine| engine == store.engine)) {
            if let Err(error) = raw.prepare(&statement.text).await {
                faults.push(format!("{}: {error}", statement.place));
            }
        }
        expect_none(&faults);
        for wrong in ["SELECT nothing FROM tenants", "SELECT * FROM nowhere", "UPDATE tenants SET name = "] {
            assert!(raw.prepare(wrong).await.is_err(), "{wrong}");
        }
    }
}
