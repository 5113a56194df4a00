//! Imports of files with usage events: read in a thread of its own, charged in batches of which two are on their way at a time.
//!
//! Nothing is charged twice, because every event has its id. A mark behind the batches that are done lets an import that was killed
//! go on where it was; it is written after them, so it can only be behind. A file is known by the SHA-256 of all it holds: two
//! files that differ in one amount are two files.

mod lines;
mod records;
mod rejects;

pub use lines::Place;
pub use records::{LINE_CODES, Unusable};

use super::{Error, Failure, usage};
use crate::app::App;
use crate::domain::clock::Ts;
use crate::domain::money::Cents;
use crate::domain::usage::{EventError, EventOutcome, Reach, UsageEvent};
use crate::store::{self, imports};
use records::{Fault, Layout, Record, Records};
use rejects::{Rejects, Unwritable};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Batches on their way to the ledger.
const IN_FLIGHT: usize = 2;
/// Bytes of text in one batch, whatever the number of its events: long lines must not fill the memory.
const BATCH_BYTES: usize = 1 << 20;
/// Batches between two marks.
const MARK_EVERY: u32 = 4;
/// Bytes that are read at a time.
const BUFFER: usize = 256 * 1024;

/// Where the events come from.
pub enum Input {
    /// A file; only a regular one can be marked and gone on with.
    File(PathBuf),
    /// Whatever comes in, once.
    Stream(Box<dyn Read + Send>),
}

/// How to import.
#[derive(Clone, Debug)]
pub struct Options {
    /// How far back events may reach.
    pub reach: Reach,
    /// Only looks whether events could be charged.
    pub dry: bool,
    /// Begins at the beginning, whatever was done before.
    pub again: bool,
    /// Where the list of rejected lines goes.
    pub rejected: PathBuf,
}

/// What became of the events so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Charged now; in a dry run, what could be charged.
    pub charged: i64,
    /// Charged before; nothing changed.
    pub replayed: i64,
    /// What all of them cost the customers.
    pub amount: Cents,
    /// Rejected lines by code.
    pub rejected: BTreeMap<String, i64>,
}

impl Counts {
    /// Rejected lines.
    pub fn rejections(&self) -> i64 {
        self.rejected.values().sum()
    }

    /// All events and lines that should have been one.
    pub fn total(&self) -> i64 {
        self.charged + self.replayed + self.rejections()
    }
}

/// How an import ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The whole file is done.
    Through,
    /// It was done before, and nothing happened now.
    Before(Ts),
    /// The app was told to stop; the same import goes on from here.
    Stopped,
}

/// How far an import is, and in the end what came of it.
#[derive(Clone, Debug)]
pub struct Report {
    /// The end.
    pub end: End,
    /// Bytes of the file; `None` for a stream.
    pub size: Option<u64>,
    /// The place an earlier, interrupted import had reached.
    pub resumed: Option<Place>,
    /// The place that is reached.
    pub place: Place,
    /// What became of the events, those of the interrupted import included.
    pub counts: Counts,
}

/// Why an import did not get through.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("cannot read: {0}")]
    Unreadable(io::Error),
    /// It holds no events.
    #[error("unusable: {0:?}")]
    Unusable(Unusable),
    /// The list of rejected lines cannot be written.
    #[error("cannot write rejected lines: {0}")]
    Unwritable(io::Error),
    /// Something else stands where that list should go.
    #[error("the list of rejected lines would overwrite a file")]
    Occupied,
    /// Somebody else imports the same file right now.
    #[error("the file is being imported by somebody else")]
    Busy,
    /// Something broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<store::Error> for ImportError {
    fn from(error: store::Error) -> ImportError {
        ImportError::Failed(error.into())
    }
}

impl From<Unwritable> for ImportError {
    fn from(error: Unwritable) -> ImportError {
        match error {
            Unwritable::Foreign => ImportError::Occupied,
            Unwritable::Io(error) => ImportError::Unwritable(error),
        }
    }
}

/// Imports usage events and tells `watch` after every batch how far it is. A cancelled [`App::shutdown`](crate::app::Parts::shutdown)
/// ends it after the batches that are on their way.
///
/// # Errors
/// [`ImportError`]. What was charged until then stays charged, and the same import goes on there.
pub async fn run(
    app: &App,
    input: Input,
    options: Options,
    mut watch: impl FnMut(&Report),
) -> Result<Report, ImportError> {
    let (records, mut work) = match begin(app, input, options).await? {
        Begun::Done(report) => return Ok(report),
        Begun::Work(work) => *work,
    };
    watch(&work.report);
    let (send, mut receive) = mpsc::channel(1);
    // A thread of its own: one that waits for input does not keep the process from ending.
    std::thread::spawn(move || read(records, &send));
    let mut flying = VecDeque::new();
    loop {
        while flying.len() < IN_FLIGHT {
            let next = tokio::select! {
                biased;
                () = app.shutdown.cancelled() => { work.report.end = End::Stopped; None }
                next = receive.recv() => next,
            };
            match next {
                Some(batch) => flying.push_back(work.send(batch.map_err(ImportError::Unreadable)?)),
                None => break,
            }
        }
        let Some(batch) = flying.pop_front() else { break };
        work.settle(batch).await?;
        watch(&work.report);
    }
    work.finish().await?;
    Ok(work.report)
}

/// What a beginning leads to.
enum Begun {
    Done(Report),
    Work(Box<(Source, Work)>),
}

/// The events of a file or stream.
type Source = Records<BufReader<Box<dyn Read + Send>>>;

/// An import at work.
struct Work {
    app: App,
    options: Options,
    report: Report,
    rejects: Rejects,
    /// What is marked, for files.
    marked: Option<imports::Import>,
    unmarked: u32,
}

async fn begin(app: &App, input: Input, options: Options) -> Result<Begun, ImportError> {
    let report = |size| Report {
        end: End::Through,
        size,
        resumed: None,
        place: Place::default(),
        counts: Counts::default(),
    };
    let (path, size) = match input {
        Input::File(path) => {
            let about = std::fs::metadata(&path).map_err(ImportError::Unreadable)?;
            if same_file(&path, &options.rejected) {
                return Err(ImportError::Occupied);
            }
            let size = about.is_file().then_some(about.len());
            (path, size)
        }
        Input::Stream(stream) => {
            let records = open(stream)?;
            let rejects = Rejects::open(&options.rejected, 0)?;
            let (app, report) = (app.clone(), report(None));
            let work = Work { app, options, report, rejects, marked: None, unmarked: 0 };
            return Ok(Begun::Work(Box::new((records, work))));
        }
    };
    let file = File::open(&path).map_err(ImportError::Unreadable)?;
    let mut records = open(Box::new(file))?;
    let mut report = report(size);
    let marked = match size.filter(|_| !options.dry) {
        Some(size) => Some(mark_of(app, &path, size, options.again).await?),
        None => None,
    };
    if let Some(import) = &marked {
        report.counts = counts_of(import);
        report.place = place_of(import);
        if let Some(at) = import.finished_at {
            report.end = End::Before(at);
            return Ok(Begun::Done(report));
        }
        if report.place != Place::default() {
            report.resumed = Some(report.place);
            records = reopen(&path, records.layout(), report.place).map_err(ImportError::Unreadable)?;
        }
    }
    let rejects = Rejects::open(&options.rejected, report.place.lines)?;
    let work = Work { app: app.clone(), options, report, rejects, marked, unmarked: 0 };
    Ok(Begun::Work(Box::new((records, work))))
}

fn open(input: Box<dyn Read + Send>) -> Result<Source, ImportError> {
    let opened = Records::open(BufReader::with_capacity(BUFFER, input)).map_err(ImportError::Unreadable)?;
    opened.map_err(ImportError::Unusable)
}

fn reopen(path: &Path, layout: Layout, place: Place) -> io::Result<Source> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(place.bytes))?;
    let input: Box<dyn Read + Send> = Box::new(file);
    Ok(Records::from(BufReader::with_capacity(BUFFER, input), layout, place))
}

/// Whether two paths lead to one existing file.
fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// What is known of a file with this content; the import begins when nothing is.
async fn mark_of(app: &App, path: &Path, size: u64, again: bool) -> Result<imports::Import, ImportError> {
    let file = path.to_owned();
    let id = tokio::task::spawn_blocking(move || digest(&file)).await;
    let id = id.map_err(|error| Failure::Broken(error.to_string()))?.map_err(ImportError::Unreadable)?;
    if !again && let Some(import) = imports::find(&app.db, id).await? {
        return Ok(import);
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut tx = app.db.begin().await?;
    imports::begin(&mut tx, id, &name, signed(size), app.clock.now()).await?;
    tx.commit().await?;
    let begun = imports::find(&app.db, id).await?;
    Ok(begun.ok_or_else(|| Failure::Broken("an import that has just begun is gone".into()))?)
}

fn digest(path: &Path) -> io::Result<[u8; 32]> {
    let (mut file, mut hash, mut buffer) = (File::open(path)?, Sha256::new(), vec![0; BUFFER]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hash.finalize().into()),
            Ok(some) => hash.update(&buffer[..some]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn place_of(import: &imports::Import) -> Place {
    let unsigned = |value| u64::try_from(value).unwrap_or(0);
    Place { bytes: unsigned(import.done_bytes), lines: unsigned(import.done_lines) }
}

fn counts_of(import: &imports::Import) -> Counts {
    let rejected = import.rejected.as_object().into_iter().flatten();
    Counts {
        charged: import.charged,
        replayed: import.replayed,
        amount: import.amount_cents,
        rejected: rejected.filter_map(|(code, n)| Some((code.clone(), n.as_i64()?))).collect(),
    }
}

/// What was read together.
#[derive(Default)]
struct Batch {
    /// Every line, with what is wrong with it.
    lines: Vec<(u64, String, Option<Fault>)>,
    /// The events of those with which nothing is wrong, in the same order.
    events: Vec<UsageEvent>,
    end: Place,
}

/// Reads a file to its end, as long as somebody takes the batches.
fn read(mut records: Records<impl io::BufRead>, send: &mpsc::Sender<io::Result<Batch>>) {
    let (mut batch, mut bytes) = (Batch::default(), 0);
    loop {
        match records.next() {
            Ok(Some(Record { line, text, event, end })) => {
                bytes += text.len();
                batch.end = end;
                let fault = event.map(|event| batch.events.push(event)).err();
                batch.lines.push((line, text, fault));
                if batch.lines.len() >= usage::BATCH || bytes >= BATCH_BYTES {
                    bytes = 0;
                    if send.blocking_send(Ok(std::mem::take(&mut batch))).is_err() {
                        return;
                    }
                }
            }
            Ok(None) => break,
            Err(error) => return drop(send.blocking_send(Err(error))),
        }
    }
    if !batch.lines.is_empty() {
        let _ = send.blocking_send(Ok(batch));
    }
}

/// What became of one event: whether it was new and what it costs.
type Verdict = Result<(bool, Cents), EventError>;

/// A batch on its way.
struct Flying {
    lines: Vec<(u64, String, Option<Fault>)>,
    end: Place,
    verdicts: JoinHandle<Result<Vec<Verdict>, Error>>,
}

impl Work {
    fn send(&self, batch: Batch) -> Flying {
        let Batch { lines, events, end } = batch;
        let (app, reach, dry) = (self.app.clone(), self.options.reach, self.options.dry);
        let verdicts = tokio::spawn(async move {
            if dry {
                let checked = usage::check(&app, reach, &events).await?;
                return Ok(checked.into_iter().map(|fine| fine.map(|()| (true, Cents::ZERO))).collect());
            }
            let outcomes = usage::record_history(&app, reach, events).await?;
            Ok(outcomes.into_iter().map(verdict).collect())
        });
        Flying { lines, end, verdicts }
    }

    /// Waits for a batch, counts what came of it, and marks it once in a while.
    async fn settle(&mut self, batch: Flying) -> Result<(), ImportError> {
        let verdicts = batch.verdicts.await.map_err(|error| Failure::Broken(error.to_string()))?;
        let verdicts = verdicts.map_err(|error| match error {
            Error::Failed(failure) => failure,
            Error::Refused(refusal) => Failure::Broken(format!("usage was refused: {}", refusal.code())),
        })?;
        let mut verdicts = verdicts.into_iter();
        let counts = &mut self.report.counts;
        for (line, text, fault) in batch.lines {
            let verdict = match fault {
                Some(fault) => Err(fault),
                None => match verdicts.next() {
                    Some(verdict) => verdict.map_err(|error| Fault { code: error.code(), field: None }),
                    None => return Err(Failure::Broken("an event has no outcome".into()).into()),
                },
            };
            match verdict {
                Ok((new, amount)) => {
                    *(if new { &mut counts.charged } else { &mut counts.replayed }) += 1;
                    counts.amount = Cents(counts.amount.0.saturating_add(amount.0));
                }
                Err(fault) => {
                    *counts.rejected.entry(fault.code.to_owned()).or_default() += 1;
                    self.rejects.write(line, &fault, &text).map_err(ImportError::Unwritable)?;
                }
            }
        }
        self.report.place = batch.end;
        self.unmarked += 1;
        if self.unmarked >= MARK_EVERY { self.mark(None).await } else { Ok(()) }
    }

    /// Writes down how far the import is, after the list of what was rejected until here.
    async fn mark(&mut self, finished_at: Option<Ts>) -> Result<(), ImportError> {
        self.unmarked = 0;
        self.rejects.save().map_err(ImportError::Unwritable)?;
        let Some(marked) = &mut self.marked else { return Ok(()) };
        let (from, counts) = (marked.done_bytes, &self.report.counts);
        marked.done_bytes = signed(self.report.place.bytes);
        marked.done_lines = signed(self.report.place.lines);
        (marked.charged, marked.replayed) = (counts.charged, counts.replayed);
        marked.amount_cents = counts.amount;
        marked.rejected = serde_json::json!(counts.rejected);
        marked.finished_at = finished_at;
        let mut tx = self.app.db.begin().await?;
        if !imports::mark(&mut tx, from, marked).await? {
            return Err(ImportError::Busy);
        }
        Ok(tx.commit().await?)
    }

    async fn finish(&mut self) -> Result<(), ImportError> {
        let through = self.report.end == End::Through;
        let now = self.app.clock.now();
        self.mark(through.then_some(now)).await
    }
}

fn verdict(outcome: EventOutcome) -> Verdict {
    match outcome {
        EventOutcome::Charged { amount, replayed, .. } => Ok((!replayed, amount)),
        EventOutcome::Rejected(error) => Err(error),
    }
}
