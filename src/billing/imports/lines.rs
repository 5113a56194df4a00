//! The lines of a file with their numbers, and the cells of a CSV line. A line is cut when it is too long, so memory stays small
//! whatever the file holds.

use std::collections::VecDeque;
use std::io::{self, BufRead};

/// Bytes of a line at most; an event needs a few hundred.
const LONGEST: usize = 64 * 1024;
/// What some programs write before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How far a file is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Bytes; a line begins there.
    pub bytes: u64,
    /// Lines.
    pub lines: u64,
}

/// One line without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// What it says; its beginning, where it was cut.
    pub text: Vec<u8>,
    /// Whether it was too long.
    pub cut: bool,
    /// The place behind it; its own number is that place's.
    pub end: Place,
}

/// Reads lines one after the other.
pub(super) struct Lines<R> {
    input: R,
    read: Place,
    back: VecDeque<Line>,
}

impl<R: BufRead> Lines<R> {
    /// The lines of `input`, which stands at `from`.
    pub(super) fn new(input: R, from: Place) -> Lines<R> {
        Lines { input, read: from, back: VecDeque::new() }
    }

    /// The next line; `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.back.pop_front() {
            return Ok(Some(line));
        }
        let (mut text, mut length, mut ended) = (vec![], 0u64, false);
        while !ended {
            let some = match self.input.fill_buf() {
                Ok([]) => break,
                Ok(some) => some,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let end = some.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(some.len(), |at| at + 1);
            let room = LONGEST + 1 - text.len();
            text.extend_from_slice(&some[..end.unwrap_or(taken).min(room)]);
            self.input.consume(taken);
            length += taken as u64;
            ended = end.is_some();
        }
        if length == 0 {
            return Ok(None);
        }
        if self.read.bytes == 0 && text.starts_with(BYTE_ORDER_MARK) {
            text.drain(..BYTE_ORDER_MARK.len());
        }
        let cut = text.len() > LONGEST;
        text.truncate(LONGEST);
        if text.last() == Some(&b'\r') && !cut {
            text.pop();
        }
        self.read = Place { bytes: self.read.bytes + length, lines: self.read.lines + 1 };
        Ok(Some(Line { text, cut, end: self.read }))
    }

    /// Puts a line back in front of the next.
    pub(super) fn put_back(&mut self, line: Line) {
        self.back.push_front(line);
    }
}

/// A cell in quotation marks does not end in this text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open;

/// The cells of a CSV record (RFC 4180). A quotation mark only counts at the beginning of a cell; whatever follows its end
/// belongs to the cell as it stands.
pub(super) fn cells(text: &str, delimiter: char) -> Result<Vec<String>, Open> {
    let (mut cells, mut rest) = (vec![], text);
    loop {
        let mut cell = String::new();
        if let Some(quoted) = rest.strip_prefix('"') {
            rest = quoted;
            loop {
                let end = rest.find('"').ok_or(Open)?;
                cell.push_str(&rest[..end]);
                rest = &rest[end + 1..];
                match rest.strip_prefix('"') {
                    Some(more) => {
                        cell.push('"');
                        rest = more;
                    }
                    None => break,
                }
            }
        }
        let end = rest.find(delimiter);
        cell.push_str(&rest[..end.unwrap_or(rest.len())]);
        cells.push(cell);
        match end {
            Some(end) => rest = &rest[end + delimiter.len_utf8()..],
            None => return Ok(cells),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8], buffer: usize) -> Vec<Line> {
        let mut lines = Lines::new(io::BufReader::with_capacity(buffer, bytes), Place::default());
        let mut found = vec![];
        while let Some(line) = lines.next().expect("memory can be read") {
            found.push(line);
        }
        found
    }

    #[test]
    fn lines_lose_their_ends_and_the_first_its_mark() {
        let lines = read(b"\xef\xbb\xbfa\r\n\r\nb\n\xef\xbb\xbfc\rd", 3);
        let texts: Vec<&[u8]> = lines.iter().map(|line| &line.text[..]).collect();
        assert_eq!(texts, [&b"a"[..], b"", b"b", b"\xef\xbb\xbfc\rd"]);
        assert_eq!(lines.last().map(|line| line.end), Some(Place { bytes: 16, lines: 4 }));
        assert_eq!(read(b"", 8), []);
    }

    #[test]
    fn a_long_line_is_cut_and_the_next_is_whole() {
        let text = [vec![b'x'; LONGEST + 5], b"\nshort".to_vec()].concat();
        let lines = read(&text, 1000);
        assert_eq!(
            lines.iter().map(|line| (line.text.len(), line.cut)).collect::<Vec<_>>(),
            [(LONGEST, true), (5, false)]
        );
        let exact = read(&[vec![b'x'; LONGEST], b"\r\n".to_vec()].concat(), 1000);
        assert!(exact[0].cut, "the mark that might end it is one byte too many");
        let exact = read(&[vec![b'x'; LONGEST], b"\n".to_vec()].concat(), 1000);
        assert!(!exact[0].cut);
    }

    #[test]
    fn cells_are_what_rfc_4180_says() {
        let cells = |text| cells(text, ';');
        let split = |text| cells(text).expect("closed");
        assert_eq!(split("a;b;"), ["a", "b", ""]);
        assert_eq!(split(""), [""]);
        assert_eq!(split("\"a;b\";\"er sagte \"\"ja\"\"\""), ["a;b", "er sagte \"ja\""]);
        assert_eq!(split("5\" Rohr;\"Zeile\nzwei\""), ["5\" Rohr", "Zeile\nzwei"]);
        assert_eq!(split("\"a\"b;c"), ["ab", "c"]);
        assert_eq!(cells("a;\"b;c"), Err(Open));
        assert_eq!(cells("\"a\"\""), Err(Open));
    }

    proptest! {
        #[test]
        fn every_line_is_met_once_whatever_the_buffer(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..200), buffer in 1usize..20) {
            let lines = read(&bytes, buffer);
            prop_assert_eq!(lines.last().map_or(0, |line| line.end.bytes), bytes.len() as u64);
            for (index, line) in lines.iter().enumerate() {
                prop_assert_eq!(line.end.lines, index as u64 + 1);
                // Going on from any line finds the same rest.
                let at = usize::try_from(line.end.bytes).expect("short");
                let mut rest = Lines::new(&bytes[at..], line.end);
                prop_assert_eq!(rest.next().expect("memory can be read"), lines.get(index + 1).cloned());
            }
        }

        #[test]
        fn what_a_csv_writer_writes_comes_back(record in proptest::collection::vec("[a;,\"\r\n ü]{0,8}", 1..6), semicolon: bool) {
            let delimiter = if semicolon { ';' } else { ',' };
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter as u8).from_writer(vec![]);
            writer.write_record(&record).expect("memory can be written");
            let text = String::from_utf8(writer.into_inner().expect("memory can be written")).expect("UTF-8");
            prop_assert_eq!(cells(text.strip_suffix('\n').expect("a line's end"), delimiter), Ok(record));
        }

        #[test]
        fn no_text_panics(text in ".{0,60}") {
            let _ = cells(&text, ';');
        }
    }
}
