//! The list of lines that were not charged: one JSON object per line, with the line's number, the code that says why, and its text.

use super::records::Fault;
use serde_json::Value;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// One line of the list.
#[derive(serde::Serialize)]
struct Entry<'a> {
    line: u64,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    text: &'a str,
}

/// How every line of the list begins.
const BEGINNING: &[u8] = b"{\"line\":";

/// Writes the list; the file only exists once there is something in it.
pub(super) struct Rejects {
    path: PathBuf,
    file: Option<BufWriter<File>>,
}

/// Why the list cannot be begun.
#[derive(Debug)]
pub(super) enum Unwritable {
    /// Something else stands in the file, and it is not ours to remove.
    Foreign,
    /// The system says no.
    Io(io::Error),
}

impl From<io::Error> for Unwritable {
    fn from(error: io::Error) -> Unwritable {
        Unwritable::Io(error)
    }
}

impl Rejects {
    /// Begins a list at `path`. What an earlier import left there goes, up to the lines that are done already when one goes on.
    pub(super) fn open(path: &Path, done_lines: u64) -> Result<Rejects, Unwritable> {
        let path = path.to_owned();
        let kept = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Rejects { path, file: None }),
            Err(error) => return Err(error.into()),
            Ok(file) => kept(file, done_lines)?,
        };
        if kept == 0 {
            fs::remove_file(&path)?;
        } else {
            OpenOptions::new().write(true).open(&path)?.set_len(kept)?;
        }
        Ok(Rejects { path, file: None })
    }

    /// Adds a line.
    pub(super) fn write(&mut self, line: u64, fault: &Fault, text: &str) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let file = OpenOptions::new().create(true).append(true).open(&self.path)?;
                self.file.insert(BufWriter::new(file))
            }
        };
        let entry = Entry { line, code: fault.code, field: fault.field.as_deref(), text };
        serde_json::to_writer(&mut *file, &entry)?;
        file.write_all(b"\n")
    }

    /// Makes everything durable that was added.
    pub(super) fn save(&mut self) -> io::Result<()> {
        match &mut self.file {
            Some(file) => {
                file.flush()?;
                file.get_ref().sync_data()
            }
            None => Ok(()),
        }
    }
}

/// How many bytes of a list tell of lines up to `done_lines`.
fn kept(file: File, done_lines: u64) -> Result<u64, Unwritable> {
    let (mut input, mut kept, mut text) = (BufReader::new(file), 0, vec![]);
    while input.read_until(b'\n', &mut text)? > 0 {
        let entry: Option<Value> = serde_json::from_slice(&text).ok();
        match entry.as_ref().and_then(|entry| entry["line"].as_u64()) {
            Some(line) if line <= done_lines => kept += text.len() as u64,
            // A kill may have left half a line, but never anything else.
            None if !text.starts_with(BEGINNING) && !BEGINNING.starts_with(&text) => {
                return Err(Unwritable::Foreign);
            }
            _ => break,
        }
        text.clear();
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_on_where_its_import_does_and_replaces_an_old_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.rejected.ndjson");
        let fault = Fault { code: "field_invalid", field: Some("id".into()) };
        let add = |done, lines: &[u64]| {
            let mut list = Rejects::open(&path, done).unwrap_or_else(|error| panic!("{error:?}"));
            for line in lines {
                list.write(*line, &fault, "{\"id\": \"ä\"}").expect("written");
            }
            list.save().expect("saved");
            let text = fs::read_to_string(&path).unwrap_or_default();
            let lines =
                text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["line"].as_u64());
            lines.flatten().collect::<Vec<_>>()
        };
        assert_eq!(add(0, &[]), [0u64; 0]);
        assert!(!path.exists());
        assert_eq!(add(0, &[3, 9, 12]), [3, 9, 12]);
        fs::write(&path, fs::read_to_string(&path).expect("text") + "{\"li").expect("half a line");
        assert_eq!(add(10, &[12]), [3, 9, 12]);
        assert_eq!(add(0, &[5]), [5]);
        let entry = r#"{"line":5,"code":"field_invalid","field":"id","text":"{\"id\": \"ä\"}"}"#;
        assert_eq!(fs::read_to_string(&path).expect("text"), format!("{entry}\n"));
        for foreign in ["my own notes", "{\"lines\":5}\nmine\n"] {
            fs::write(&path, foreign).expect("a file");
            assert!(matches!(Rejects::open(&path, 0), Err(Unwritable::Foreign)), "{foreign}");
            assert_eq!(fs::read_to_string(&path).expect("text"), foreign);
        }
    }
}
