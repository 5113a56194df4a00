//! Files and functions stay small enough to be read at one sitting.

use super::files::{Source, expect_none, read_all};
use super::lexer::{after_group, body_of, lex};

/// Lines of a file at most; 100 to 400 are the aim.
const FILE_LINES: usize = 600;
/// Lines of a function's body at most, comments included.
const FUNCTION_LINES: usize = 70;

fn faults(source: &Source) -> Vec<String> {
    let mut faults = vec![];
    let lines = source.text.lines().count();
    if lines > FILE_LINES {
        faults.push(format!("{}: {lines} lines, {FILE_LINES} at most", source.path));
    }
    if !source.path.ends_with(".rs") {
        return faults;
    }
    let tokens = lex(&source.text);
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.is("fn")) {
        let Some(body) = body_of(&tokens, at) else { continue };
        let end = &tokens[after_group(&tokens, body) - 1];
        let lines = end.line - token.line + 1;
        if lines > FUNCTION_LINES {
            let (place, name) = (format!("{}:{}", source.path, token.line), &tokens[at + 1].text);
            faults.push(format!("{place}: `{name}` has {lines} lines, {FUNCTION_LINES} at most"));
        }
    }
    faults
}

#[test]
fn files_and_functions_stay_short() {
    let mut all: Vec<String> = vec![];
    for (folder, endings) in [("src", &["rs"][..]), ("tests", &["rs"]), ("templates", &["html", "txt"])] {
        all.extend(read_all(folder, endings).iter().flat_map(faults));
    }
    all.extend(faults(&Source::sample("build.rs", include_str!("../../../build.rs"))));
    expect_none(&all);
}

#[test]
fn a_long_file_or_function_is_found() {
    let long = format!("fn short() {{ \"}}\" }}\nfn long(a: [u8; 4]) {{\n{}}}\n", "    // {\n".repeat(69));
    let faults_of = |text: &str| faults(&Source::sample("src/a.rs", text));
    assert_eq!(faults_of(&long), ["src/a.rs:2: `long` has 71 lines, 70 at most"]);
    assert_eq!(faults_of(&"\n".repeat(601)), ["src/a.rs: 601 lines, 600 at most"]);
    assert_eq!(faults_of("trait A { fn f(&self); fn g(); }"), Vec::<String>::new());
}
