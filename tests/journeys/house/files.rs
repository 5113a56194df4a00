//! The project's files, read once per test.

use std::fs;
use std::path::Path;

/// A text file: its path from the project's root, and what it says.
#[derive(Clone, Debug)]
pub struct Source {
    /// `src/store/ledger.rs`.
    pub path: String,
    /// The text.
    pub text: String,
}

impl Source {
    /// A source that only exists in a test.
    pub fn sample(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }
}

/// Every file below `folder` with one of the endings, sorted by path. Panics when there is none: a rule without files would prove nothing.
pub fn read_all(folder: &str, endings: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = vec![];
    collect(root, &root.join(folder), endings, &mut found);
    assert!(!found.is_empty(), "{folder} holds no {endings:?}");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(root: &Path, folder: &Path, endings: &[&str], found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("a directory entry").path();
        if path.is_dir() {
            collect(root, &path, endings, found);
        } else if endings.iter().any(|ending| path.extension().is_some_and(|e| e == *ending)) {
            let text =
                fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let path = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
            found.push(Source { path, text });
        }
    }
}

/// Fails with every fault on a line of its own.
pub fn expect_none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
