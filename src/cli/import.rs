//! `guthaben usage import FILE`: exit code 0 when every line is charged, 1 when some are rejected, 2 when it did not get through.

use super::tools::open;
use super::{Complaint, failed, until_stopped};
use crate::billing::imports::{self, Counts, End, ImportError, Input, Options, Report, Unusable};
use crate::domain::calendar;
use crate::domain::clock::Ts;
use crate::domain::usage::Reach;
use crate::i18n::{Lang, T};
use crate::server::is_set_up;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Some lines were rejected.
const SOME_REJECTED: u8 = 1;
/// The import did not get through.
const NOT_THROUGH: u8 = 2;

/// What to import, and how.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file: one JSON object per line, or CSV with a header; `-` reads from standard input.
    file: PathBuf,
    /// Where rejected lines go; FILE.rejected.ndjson when it is left out.
    #[arg(long, value_name = "PATH")]
    rejected: Option<PathBuf>,
    /// Only looks whether the lines could be charged.
    #[arg(long)]
    dry_run: bool,
    /// Takes events that are older than 35 days as well.
    #[arg(long)]
    allow_old: bool,
    /// Goes through a file that was imported before once more; nothing is charged twice.
    #[arg(long)]
    again: bool,
}

pub(super) async fn run(t: T, arguments: Arguments) -> ExitCode {
    match import(t, arguments).await {
        Ok(code) => ExitCode::from(code),
        Err(Complaint(sentence)) => {
            eprintln!("{sentence}");
            ExitCode::from(NOT_THROUGH)
        }
    }
}

async fn import(t: T, arguments: Arguments) -> Result<u8, Complaint> {
    let app = open(t).await?;
    if !is_set_up(&app).await.map_err(|error| failed(t, error))? {
        return Err(Complaint(t.cli_no_platform()));
    }
    let Arguments { file, rejected, dry_run, allow_old, again } = arguments;
    let stream = file.as_os_str() == "-";
    let input = if stream { Input::Stream(Box::new(std::io::stdin())) } else { Input::File(file.clone()) };
    let rejected = rejected.unwrap_or_else(|| beside(&file, stream));
    let reach = if allow_old { Reach::History } else { Reach::Recent };
    let options = Options { reach, dry: dry_run, again, rejected: rejected.clone() };
    tokio::spawn({
        let shutdown = app.shutdown.clone();
        async move {
            until_stopped().await;
            shutdown.cancel();
        }
    });
    let mut meter = Progress::new(t);
    let outcome = imports::run(&app, input, options, |report| meter.show(report)).await;
    meter.bar.finish_and_clear();
    app.db.close().await;
    let report = outcome.map_err(|error| complaint(t, &error, &file, &rejected))?;
    let name = if stream { t.import_stdin() } else { file.display().to_string() };
    tell(t, &report, &name, &rejected, dry_run);
    Ok(match (report.end, report.counts.rejections()) {
        (End::Stopped, _) => NOT_THROUGH,
        (_, 0) => 0,
        _ => SOME_REJECTED,
    })
}

/// The list of rejected lines beside the file.
fn beside(file: &Path, stream: bool) -> PathBuf {
    let mut name = if stream { "usage".into() } else { file.as_os_str().to_owned() };
    name.push(".rejected.ndjson");
    name.into()
}

/// A bar on a terminal; silence elsewhere.
struct Progress {
    t: T,
    bar: ProgressBar,
    begun: Option<(Instant, u64)>,
}

impl Progress {
    fn new(t: T) -> Progress {
        Progress { t, bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()), begun: None }
    }

    fn show(&mut self, report: &Report) {
        let lines = report.place.lines;
        let Some((begun, from)) = self.begun else { return self.begin(report) };
        let millis = begun.elapsed().as_millis().max(1);
        let rate = u128::from(lines.saturating_sub(from)) * 1000 / millis;
        self.bar.set_position(report.place.bytes);
        let rate = self.t.number(i64::try_from(rate).unwrap_or(i64::MAX));
        self.bar.set_message(self.t.import_progress(self.number(lines), rate));
    }

    fn begin(&mut self, report: &Report) {
        self.begun = Some((Instant::now(), report.place.lines));
        if let Some(place) = report.resumed {
            println!("{}", self.t.import_resumed(self.number(place.lines + 1)));
        }
        let template = match report.size {
            Some(size) => {
                self.bar.set_length(size);
                "[{bar:30}] {percent:>3} % · {msg} · {eta_precise}"
            }
            None => "{spinner} {msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style.progress_chars("=> "));
        }
        self.bar.set_position(report.place.bytes);
        self.bar.reset_eta();
    }

    fn number(&self, value: u64) -> String {
        self.t.number(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

/// Says what came of it.
fn tell(t: T, report: &Report, name: &str, rejected: &Path, dry: bool) {
    let Counts { charged, replayed, amount, rejected: codes } = &report.counts;
    match report.end {
        End::Before(at) => println!("{}", t.import_before(time(t, at), name)),
        End::Stopped => println!("{}", t.import_stopped(name)),
        End::Through if dry => println!("{}", t.import_checked(name)),
        End::Through => println!("{}", t.import_through(name)),
    }
    let line = |indent: &str, label: &str, value: &str, more: &str| {
        let width = 30 - indent.len();
        println!("{}", format!("{indent}{label:<width$}{value:>16}  {more}").trim_end());
    };
    line("  ", &t.import_lines(), &t.number(report.counts.total()), "");
    if dry {
        line("  ", &t.import_chargeable(), &t.number(*charged), "");
    } else {
        line("  ", &t.import_charged(), &t.number(*charged), "");
        line("  ", &t.import_replayed(), &t.number(*replayed), "");
        line("  ", &t.import_amount(), &t.money(*amount), "");
    }
    line("  ", &t.import_rejected(), &t.number(report.counts.rejections()), "");
    for (code, count) in codes {
        let key = format!("import-code-{}", code.replace('_', "-"));
        let why = if t.has(&key) { t.say(&key, &[]) } else { String::new() };
        line("    ", code, &t.number(*count), &why);
    }
    match report.end {
        End::Before(_) => println!("{}", t.import_force()),
        _ if codes.is_empty() => {}
        _ => println!("{}", t.import_rejected_file(rejected.display().to_string())),
    }
}

/// `24.11.2026, 14:05` or `24 Nov 2026, 14:05`, on a German clock.
fn time(t: T, at: Ts) -> String {
    let form = if t.lang() == Lang::De { "%d.%m.%Y, %H:%M" } else { "%d %b %Y, %H:%M" };
    calendar::local(at).strftime(form).to_string()
}

fn complaint(t: T, error: &ImportError, file: &Path, rejected: &Path) -> Complaint {
    let (file, rejected) = (file.display().to_string(), rejected.display().to_string());
    Complaint(match error {
        ImportError::Unreadable(error) if error.kind() == std::io::ErrorKind::NotFound => {
            t.import_not_found(file)
        }
        ImportError::Unreadable(error) => t.import_unreadable(file, error.to_string()),
        ImportError::Unusable(Unusable::Array) => t.import_array(file),
        ImportError::Unusable(Unusable::NotUtf8) => t.import_not_utf8(file),
        ImportError::Unusable(Unusable::ColumnUnknown(name)) => t.import_column_unknown(file, name.clone()),
        ImportError::Unusable(Unusable::ColumnTwice(name)) => t.import_column_twice(file, name.clone()),
        ImportError::Unusable(Unusable::ColumnMissing(name)) => t.import_column_missing(file, *name),
        ImportError::Unwritable(error) => t.import_unwritable(rejected, error.to_string()),
        ImportError::Occupied => t.import_occupied(rejected),
        ImportError::Busy => t.import_busy(file),
        ImportError::Failed(failure) => t.import_broken(failure.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::usage::EventError;

    #[test]
    fn every_reason_is_explained() {
        let codes = EventError::ALL.map(EventError::code).into_iter().chain(imports::LINE_CODES);
        for code in codes {
            let key = format!("import-code-{}", code.replace('_', "-"));
            assert!(T::new(Lang::De).has(&key), "{key}");
        }
    }

    #[test]
    fn the_list_of_rejected_lines_lies_beside_the_file() {
        assert_eq!(beside(Path::new("a/b.csv"), false), Path::new("a/b.csv.rejected.ndjson"));
        assert_eq!(beside(Path::new("-"), true), Path::new("usage.rejected.ndjson"));
    }
}
