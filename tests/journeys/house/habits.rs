//! What is not done in this house: unfinished code, unchecked SQL, the system's clock, floating money, ignored tests.

use super::files::{Source, expect_none, read_all};
use super::lexer::{Kind, Token, lex};

/// A sequence of words and marks, the files it may not stand in, the files excepted, and why.
struct Habit {
    tokens: &'static [&'static str],
    below: &'static str,
    except: &'static [&'static str],
    why: &'static str,
}

const HABITS: &[Habit] = &[
    Habit { tokens: &["todo", "!"], below: "", except: &[], why: "is unfinished" },
    Habit { tokens: &["unimplemented", "!"], below: "", except: &[], why: "is unfinished" },
    Habit { tokens: &["dbg", "!"], below: "", except: &[], why: "is left from a search" },
    Habit { tokens: &["#", "[", "ignore"], below: "", except: &[], why: "hides a test" },
    Habit {
        tokens: &["AssertSqlSafe"],
        below: "",
        // The tests make databases and prepare what they harvest; nothing there comes from outside.
        except: &["tests/support/sql.rs"],
        why: "skips the check that a statement is a constant",
    },
    Habit {
        tokens: &["SystemTime", ":", ":", "now"],
        below: "src/",
        except: &["src/domain/clock.rs"],
        why: "ask the Clock, so that tests can set the time",
    },
    Habit { tokens: &["Timestamp", ":", ":", "now"], below: "src/", except: &[], why: "ask the Clock" },
    Habit { tokens: &["Zoned", ":", ":", "now"], below: "src/", except: &[], why: "ask the Clock" },
    Habit {
        tokens: &["Uuid", ":", ":", "now_v7"],
        below: "src/",
        except: &[],
        why: "ids come from domain::id and the Clock",
    },
    Habit { tokens: &["f32"], below: "src/domain/", except: &[], why: "money is whole cents" },
    Habit { tokens: &["f64"], below: "src/domain/", except: &[], why: "money is whole cents" },
    Habit { tokens: &["unsafe"], below: "src/", except: &[], why: "nothing here needs it" },
];

fn faults(source: &Source) -> Vec<String> {
    let tokens = lex(&source.text);
    let mut faults = vec![];
    for habit in HABITS {
        if !source.path.starts_with(habit.below) || habit.except.contains(&source.path.as_str()) {
            continue;
        }
        let same = |window: &&[Token]| window.iter().zip(habit.tokens).all(|(token, text)| token.is(text));
        for window in tokens.windows(habit.tokens.len()).filter(same) {
            faults.push(format!(
                "{}:{}: `{}` {}",
                source.path,
                window[0].line,
                habit.tokens.concat(),
                habit.why
            ));
        }
    }
    // After a point, `0.1` is a field of a field.
    let floats =
        tokens.windows(2).filter(|w| w[1].kind == Kind::Number && w[1].text.contains('.') && !w[0].is("."));
    if source.path.starts_with("src/domain/") {
        faults.extend(
            floats.map(|w| format!("{}:{}: `{}` is no whole number", source.path, w[1].line, w[1].text)),
        );
    }
    faults
}

#[test]
fn nobody_does_what_is_not_done_here() {
    let sources = [read_all("src", &["rs"]), read_all("tests", &["rs"])].concat();
    let all: Vec<String> = sources.iter().flat_map(faults).collect();
    expect_none(&all);
    for path in HABITS.iter().flat_map(|habit| habit.except) {
        assert!(sources.iter().any(|source| source.path == *path), "{path} is excepted, but gone");
    }
}

#[test]
fn every_habit_is_found() {
    for (path, text, expected) in [
        ("src/web/a.rs", "fn f() { todo!() }", "`todo!`"),
        ("tests/a.rs", "fn f() { unimplemented!(\"later\") }", "`unimplemented!`"),
        ("src/a.rs", "fn f() { dbg!(1); }", "`dbg!`"),
        ("tests/a.rs", "#[test]\n#[ignore = \"slow\"]\nfn f() {}", "a.rs:2: `#[ignore`"),
        ("src/store/a.rs", "use sqlx::AssertSqlSafe;", "`AssertSqlSafe`"),
        ("src/web/a.rs", "let now = std::time::SystemTime::now();", "`SystemTime::now`"),
        ("src/web/a.rs", "jiff::Timestamp::now()", "`Timestamp::now`"),
        ("src/web/a.rs", "Zoned::now()", "`Zoned::now`"),
        ("src/web/a.rs", "Uuid::now_v7()", "`Uuid::now_v7`"),
        ("src/domain/a.rs", "fn f(x: f64) {}", "`f64`"),
        ("src/domain/a.rs", "fn f(x: f32) {}", "`f32`"),
        ("src/domain/a.rs", "let x = 1.5;", "`1.5`"),
        ("src/a.rs", "unsafe { f() }", "`unsafe`"),
    ] {
        let faults = faults(&Source::sample(path, text));
        assert!(matches!(&faults[..], [fault] if fault.contains(expected)), "{text}: {faults:?}");
    }
    let fine = "// todo!() SystemTime::now()\nlet x = \"AssertSqlSafe\"; let y = 1..2; z.0.1";
    assert_eq!(faults(&Source::sample("src/domain/a.rs", fine)), Vec::<String>::new());
}
