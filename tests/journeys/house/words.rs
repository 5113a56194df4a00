//! What a reader reads stands in `locales/`: no German or English sentence in the source.
//!
//! A text reads like a sentence when it has an umlaut, or two words of letters in a row. Texts that only operators and developers
//! meet are free: logs, panics, attributes (causes of failures, command-line help), SQL, and what tests say.

use super::files::{Source, expect_none, read_all};
use super::lexer::{Kind, Token, after_group, lex, without_tests};
use super::statements::is_statement;

/// Macros whose texts go into logs or panics.
const FREE_MACROS: [&str; 14] = [
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "event",
    "info_span",
    "debug_span",
    "panic",
    "unreachable",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
];
/// Calls whose texts go into panics, or into the cause of a failure that is logged and never shown.
const FREE_CALLS: [&str; 6] = ["expect", "ok_or", "Protocol", "Unavailable", "Broken", "broken"];

/// Files whose texts are machine language or names throughout, and why.
const FREE_FILES: &[(&str, &str)] = &[
    ("src/demo/people.rs", "names of people and companies are the same in every language"),
    ("src/stripe/simulator/", "the simulator is a stand-in for Stripe's own English pages and errors"),
];

/// Single texts: file, how the text begins, why.
const FREE_TEXTS: &[(&str, &str, &str)] = &[
    ("src/cli/demo.rs", "Guthaben Plattform GmbH", "a name"),
    ("src/cli/demo.rs", "Musterstraße 1", "an address"),
    ("src/cli/demo.rs", "Fabian Sommer", "a name"),
    ("src/cli/demo.rs", "Amtsgericht Hamburg", "a name"),
    (
        "src/jobs/mails.rs",
        "unusable address",
        "the cause of a failed attempt, which is logged and never shown",
    ),
    (
        "src/passwords.rs",
        "nobody has this password",
        "is hashed, so that an unknown address takes as long as a known one",
    ),
    ("src/store/codec.rs", "unknown value", "the cause of a failure, which is logged and never shown"),
    ("src/store/engine.rs", "BEGIN IMMEDIATE", "SQL"),
];

/// Whether a text reads like a sentence.
pub fn reads_like_a_sentence(text: &str) -> bool {
    if text.chars().any(|c| "äöüÄÖÜß".contains(c)) {
        return true;
    }
    let plain = without_placeholders(text);
    let is_word = |word: &str| {
        let word = word.trim_end_matches([',', '.', ':', '!', '?']);
        word.chars().count() >= 2 && word.chars().all(char::is_alphabetic)
    };
    let words: Vec<&str> = plain.split(' ').collect();
    words.windows(2).any(|pair| is_word(pair[0]) && is_word(pair[1]))
}

/// `{name}` says nothing to a reader; it stands for one word.
fn without_placeholders(text: &str) -> String {
    let (mut plain, mut depth) = (String::new(), 0usize);
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                plain.push('0');
            }
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain
}

/// The tokens outside attributes, logs and panics.
fn spoken(tokens: &[Token]) -> Vec<&Token> {
    let (mut kept, mut at) = (vec![], 0);
    let next = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.is(text));
    while at < tokens.len() {
        let token = &tokens[at];
        let attribute = token.is("#") && (next(at + 1, "[") || next(at + 1, "!") && next(at + 2, "["));
        let macro_call = FREE_MACROS.contains(&token.text.as_str()) && next(at + 1, "!");
        let call = FREE_CALLS.contains(&token.text.as_str()) && next(at + 1, "(");
        if token.kind != Kind::Text && (attribute || macro_call || call) {
            let open =
                (at + 1..tokens.len()).find(|at| ["(", "[", "{"].iter().any(|open| tokens[*at].is(open)));
            at = open.map_or(tokens.len(), |open| after_group(tokens, open));
        } else {
            kept.push(token);
            at += 1;
        }
    }
    kept
}

fn faults(source: &Source) -> Vec<String> {
    if FREE_FILES.iter().any(|(path, _)| source.path.starts_with(path)) {
        return vec![];
    }
    let tokens = without_tests(&lex(&source.text));
    let is_free = |text: &str| {
        let listed =
            FREE_TEXTS.iter().any(|(path, start, _)| source.path == *path && text.starts_with(start));
        listed || (source.path.starts_with("src/store/") && is_statement(text))
    };
    let texts = spoken(&tokens).into_iter().filter(|t| t.kind == Kind::Text);
    texts
        .filter(|t| reads_like_a_sentence(&t.text) && !is_free(&t.text))
        .map(|t| format!("{}:{}: belongs into locales/: {}", source.path, t.line, t.text))
        .collect()
}

/// Sources without those that only tests compile: `#[cfg(test)] mod samples;` in another file.
fn production(sources: Vec<Source>) -> Vec<Source> {
    let marks = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
    let mut only_tests = vec![];
    for source in &sources {
        let folder = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
        for window in lex(&source.text).windows(marks.len() + 2) {
            if marks.iter().zip(window).all(|(mark, token)| token.is(mark)) && window[marks.len() + 1].is(";")
            {
                let module = format!("{folder}/{}", window[marks.len()].text);
                only_tests.extend([format!("{module}.rs"), format!("{module}/")]);
            }
        }
    }
    sources.into_iter().filter(|s| !only_tests.iter().any(|path| s.path.starts_with(path.as_str()))).collect()
}

#[test]
fn files_that_only_tests_compile_are_left_out() {
    let sources = [
        ("src/web/view/mod.rs", "mod page; #[cfg(test)] mod samples;"),
        ("src/web/view/page.rs", ""),
        ("src/web/view/samples/portal.rs", ""),
    ];
    let kept = production(sources.map(|(path, text)| Source::sample(path, text)).to_vec());
    assert_eq!(
        kept.iter().map(|s| s.path.as_str()).collect::<Vec<_>>(),
        ["src/web/view/mod.rs", "src/web/view/page.rs"]
    );
}

#[test]
fn sentences_stand_in_the_locales() {
    let sources = production(read_all("src", &["rs"]));
    let all: Vec<String> = sources.iter().flat_map(faults).collect();
    expect_none(&all);
    for (path, start, _) in FREE_TEXTS {
        let used =
            sources.iter().any(|s| s.path == *path && lex(&s.text).iter().any(|t| t.text.starts_with(start)));
        assert!(used, "{path} no longer says `{start}`");
    }
}

#[test]
fn a_sentence_in_the_source_is_found() {
    for text in ["Ihr Guthaben", "Zurück", "{n} of {m} customers were paid", "Please wait.", "a: Top up now"]
    {
        let code = format!("fn f() -> String {{ format!({text:?}) }}");
        assert_eq!(faults(&Source::sample("src/web/a.rs", &code)).len(), 1, "{text}");
    }
    for code in [
        "// Ihr Guthaben\n/// Please wait.\nfn f() {}",
        "#[error(\"the server is gone\")] struct E; #![doc = \"Please wait\"]",
        "fn f() { tracing::warn!(%error, \"could not read who moved\"); x.expect(\"a book has accounts\"); panic!(\"it is over\") }",
        "#[cfg(test)] mod tests { const X: &str = \"Ihr Guthaben\"; }",
        "const X: [&str; 4] = [\"balance-now\", \"max-age=0, no-store\", \"{a} {b}\", \"text/html; charset=utf-8\"];",
    ] {
        assert_eq!(faults(&Source::sample("src/web/a.rs", code)), Vec::<String>::new(), "{code}");
    }
    let sql = "const X: &str = \"SELECT name FROM tenants WHERE active\";";
    assert_eq!(faults(&Source::sample("src/store/a.rs", sql)), Vec::<String>::new());
    assert_eq!(faults(&Source::sample("src/web/a.rs", sql)).len(), 1);
}
