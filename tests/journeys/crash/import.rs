//! `usage import`, killed again and again in the middle: the last run ends what the first began, and every line counts once.

use super::{Event, Stage, key_of, seed, text_of};
use crate::support::engines::{Store, on_both};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

/// Lines of the file.
const LINES: usize = 12_000;
/// How often the import is killed.
const KILLS: usize = 4;

/// A file with its events, lines that say an earlier one again, and lines that are no events.
struct Sheet {
    path: PathBuf,
    expected: BTreeMap<String, Event>,
    repeated: usize,
    /// Line and code.
    rejected: Vec<(u64, &'static str)>,
}

impl Sheet {
    fn write(stage: &Stage, random: &mut StdRng) -> Sheet {
        let path = stage.path().join("usage.ndjson");
        let mut sheet = Sheet { path, expected: BTreeMap::new(), repeated: 0, rejected: vec![] };
        let mut lines: Vec<String> = vec![];
        for place in 0..LINES {
            let line = match random.random_range(0..100) {
                0 => sheet.reject(place, "malformed_json", "{\"id\": \"broken".to_owned()),
                1 => {
                    let (line, _, _) = event(stage, random, place, "nobody");
                    sheet.reject(place, "unknown_customer", line)
                }
                2..6 if place > 0 => {
                    let line = lines[random.random_range(0..place)].clone();
                    sheet.repeat(place, line)
                }
                _ => {
                    let at = random.random_range(0..stage.customers.len());
                    let (number, customer) = &stage.customers[at];
                    let (line, id, mut used) = event(stage, random, place, number);
                    if let Event::Messages { customer: whose, .. } = &mut used {
                        *whose = *customer;
                    }
                    sheet.expected.insert(key_of(*customer, &id), used);
                    line
                }
            };
            lines.push(line);
        }
        fs::write(&sheet.path, lines.join("\n") + "\n").expect("written");
        sheet
    }

    fn reject(&mut self, place: usize, code: &'static str, line: String) -> String {
        self.rejected.push((place as u64 + 1, code));
        line
    }

    /// The same line again: charged before, or rejected for the same reason.
    fn repeat(&mut self, place: usize, line: String) -> String {
        let code = if line.contains("\"nobody\"") {
            "unknown_customer"
        } else if line.ends_with('}') {
            self.repeated += 1;
            return line;
        } else {
            "malformed_json"
        };
        self.reject(place, code, line)
    }
}

fn event(stage: &Stage, random: &mut StdRng, place: usize, customer: &str) -> (String, String, Event) {
    let id = format!("e{place}");
    let ago = Duration::from_secs(random.random_range(60..20 * 86_400));
    let occurred_at = text_of(stage.now.minus(ago));
    let mut line = json!({ "id": id, "customer": customer, "occurred_at": occurred_at });
    let used = if random.random_range(0..3) == 0 {
        let pieces = random.random_range(1..20);
        (line["meter"], line["quantity"]) = (json!("sms"), json!(pieces));
        Event::Messages { customer: stage.customers[0].1, pieces }
    } else {
        let seconds = random.random_range(0..900);
        (line["meter"], line["seconds"]) = (json!("call"), json!(seconds));
        Event::Call { seconds }
    };
    (line.to_string(), id, used)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The numbers of a summary by the word before them.
fn numbers(output: &Output) -> BTreeMap<String, i64> {
    let text = text(&output.stdout);
    let number = |line: &str| {
        let (label, rest) = line.trim_start().split_once("  ")?;
        let digits = rest.trim_start().split(' ').next()?.replace(',', "");
        Some((label.to_owned(), digits.parse().ok()?))
    };
    text.lines().filter_map(number).collect()
}

async fn killed_imports(store: &Store) {
    let mut random = StdRng::seed_from_u64(seed());
    let stage = Stage::build(store).await;
    let sheet = Sheet::write(&stage, &mut random);
    let import = || {
        let mut command = stage.command(&["usage", "import", "usage.ndjson", "--lang", "en"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let all = i64::try_from(sheet.expected.len()).expect("few");
    let mut kills = 0;
    for round in 1..=KILLS {
        let done = stage.charges().await;
        let goal = done + random.random_range(1..=(all - done).max(2) / (KILLS - round + 2) as i64 + 1);
        let mut child = import().spawn().expect("the product starts");
        if stage.reached(&mut child, goal).await {
            kills += 1;
        }
        child.kill().expect("killed");
        child.wait().expect("gone");
    }
    assert!(kills > 0, "nothing was killed");
    let output = import().output().expect("the product runs");
    let said = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{said:?}");
    assert!(said.0.contains("goes on from line"), "{said:?}");
    stage.prove(&sheet.expected).await;
    let numbers = numbers(&output);
    assert_eq!(numbers["lines"], LINES as i64, "{said:?}");
    assert_eq!(numbers["rejected"], sheet.rejected.len() as i64, "{said:?}");
    // What was charged behind a mark when the import was killed counts as charged before.
    assert_eq!(numbers["charged"] + numbers["charged before"], all + sheet.repeated as i64, "{said:?}");
    assert!(numbers["charged before"] >= sheet.repeated as i64, "{said:?}");
    let list = fs::read_to_string(stage.path().join("usage.ndjson.rejected.ndjson")).expect("a list");
    let listed: Vec<(u64, String)> = list
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .map(|entry| {
            (entry["line"].as_u64().expect("a line"), entry["code"].as_str().expect("a code").to_owned())
        })
        .collect();
    let expected: Vec<(u64, String)> =
        sheet.rejected.iter().map(|(line, code)| (*line, (*code).to_owned())).collect();
    assert_eq!(listed, expected);
    let before = stage.charges().await;
    let output = import().output().expect("the product runs");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("was imported completely before"), "{}", text(&output.stdout));
    assert_eq!(stage.charges().await, before);
}

on_both! {
    async fn an_import_killed_at_random_moments_ends_exactly(store: Store) {
        killed_imports(&store).await;
    }
}
