//! Turns lines into usage events: JSON objects, one per line, or CSV with a header. Fields are those of the usage API.

use super::lines::{Line, Lines, Open, Place, cells};
use crate::domain::calendar;
use crate::domain::usage::{CustomerRef, UsageEvent};
use serde_json::{Map, Value};
use std::io::{self, BufRead};

/// Lines over which one CSV record may reach.
const TALLEST: usize = 100;

/// The fields of an event, and whether each must be there.
const FIELDS: [(&str, bool); 8] = [
    ("id", true),
    ("customer", true),
    ("meter", true),
    ("occurred_at", true),
    ("seconds", false),
    ("quantity", false),
    ("description", false),
    ("metadata", false),
];

/// Why a file cannot be imported at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// It is one JSON array; events must stand one per line.
    Array,
    /// It is not written in UTF-8.
    NotUtf8,
    /// The header names a column that no event has.
    ColumnUnknown(String),
    /// The header names a column twice.
    ColumnTwice(String),
    /// The header lacks a column.
    ColumnMissing(&'static str),
}

/// Why a line is no event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The stable code.
    pub code: &'static str,
    /// The field that is wrong, where one can be named.
    pub field: Option<String>,
}

/// What can be wrong with a line, before anybody asks what it means. The first four are the usage API's.
pub const LINE_CODES: [&str; 8] = [
    "malformed_json",
    "field_unknown",
    "field_missing",
    "field_invalid",
    "line_too_long",
    "not_utf8",
    "columns_wrong",
    "quote_open",
];

impl Fault {
    const fn new(code: &'static str) -> Fault {
        Fault { code, field: None }
    }

    fn of(code: &'static str, field: &str) -> Fault {
        Fault { code, field: Some(field.to_owned()) }
    }
}

/// One event as it stands in the file.
#[derive(Debug)]
pub(super) struct Record {
    /// The number of its first line.
    pub line: u64,
    /// Its text, for the list of what was rejected.
    pub text: String,
    /// What it says.
    pub event: Result<UsageEvent, Fault>,
    /// The place behind it.
    pub end: Place,
}

/// How events are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// A JSON object per line.
    Json,
    /// Cells under these names.
    Csv {
        /// What stands between them.
        delimiter: char,
        /// The header.
        columns: Vec<&'static str>,
    },
}

/// An event's fields before they are understood.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    id: String,
    customer: String,
    meter: String,
    occurred_at: String,
    seconds: Option<i64>,
    quantity: Option<i64>,
    description: Option<String>,
    metadata: Option<Map<String, Value>>,
}

impl Fields {
    fn event(self) -> Result<UsageEvent, Fault> {
        let occurred_at = calendar::instant(&self.occurred_at);
        Ok(UsageEvent {
            id: self.id,
            customer: CustomerRef::parse(&self.customer),
            meter: self.meter,
            seconds: self.seconds,
            quantity: self.quantity,
            occurred_at: occurred_at.ok_or_else(|| Fault::of("field_invalid", "occurred_at"))?,
            description: self.description.unwrap_or_default(),
            // Written anew, as the API does: the same event is the same whichever way it comes.
            metadata: self.metadata.map(|data| Value::Object(data).to_string()),
        })
    }
}

/// Reads events one after the other.
pub(super) struct Records<R> {
    lines: Lines<R>,
    layout: Layout,
}

impl<R: BufRead> Records<R> {
    /// The events of a file from its beginning; how they are written is seen from its first line that is not empty.
    pub(super) fn open(input: R) -> io::Result<Result<Records<R>, Unusable>> {
        let mut lines = Lines::new(input, Place::default());
        let mut first = None;
        while let Some(line) = lines.next()? {
            if !line.text.trim_ascii().is_empty() {
                first = Some(line);
                break;
            }
        }
        let layout = match first {
            None => Layout::Json,
            Some(line) => match line.text.trim_ascii_start().first() {
                Some(b'{') => {
                    lines.put_back(line);
                    Layout::Json
                }
                Some(b'[') => return Ok(Err(Unusable::Array)),
                _ => match header(&line.text) {
                    Ok(layout) => layout,
                    Err(unusable) => return Ok(Err(unusable)),
                },
            },
        };
        Ok(Ok(Records { lines, layout }))
    }

    /// How the events are written.
    pub(super) fn layout(&self) -> Layout {
        self.layout.clone()
    }

    /// The events from a place on, in a file whose layout is known.
    pub(super) fn from(input: R, layout: Layout, place: Place) -> Records<R> {
        Records { lines: Lines::new(input, place), layout }
    }

    /// The next event; `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Record>> {
        loop {
            let Some(line) = self.lines.next()? else { return Ok(None) };
            if !line.text.trim_ascii().is_empty() {
                return self.record(line).map(Some);
            }
        }
    }

    fn record(&mut self, line: Line) -> io::Result<Record> {
        let (number, mut end) = (line.end.lines, line.end);
        let fault = |code, text: &[u8]| Record {
            line: number,
            text: String::from_utf8_lossy(text).into_owned(),
            event: Err(Fault::new(code)),
            end,
        };
        if line.cut {
            return Ok(fault("line_too_long", &line.text));
        }
        let mut text = match String::from_utf8(line.text) {
            Ok(text) => text,
            Err(error) => return Ok(fault("not_utf8", error.as_bytes())),
        };
        let event = match &self.layout {
            Layout::Json => json(&text),
            Layout::Csv { delimiter, columns } => {
                let read = match cells(&text, *delimiter) {
                    Err(Open) => match continued(&mut self.lines, &text, *delimiter)? {
                        Some((whole, cells, last)) => {
                            (text, end) = (whole, last);
                            cells
                        }
                        None => return Ok(fault("quote_open", text.as_bytes())),
                    },
                    Ok(cells) => cells,
                };
                row(columns, read)
            }
        };
        Ok(Record { line: number, text, event, end })
    }
}

type Continued = Option<(String, Vec<String>, Place)>;

/// The record that begins with `first` and goes on in the lines that follow, as cells may. When its quotation mark never ends,
/// those lines are records of their own.
fn continued<R: BufRead>(lines: &mut Lines<R>, first: &str, delimiter: char) -> io::Result<Continued> {
    let (mut whole, mut more) = (first.as_bytes().to_vec(), vec![]);
    while more.len() < TALLEST {
        let Some(line) = lines.next()? else { break };
        whole.push(b'\n');
        whole.extend_from_slice(&line.text);
        let (cut, end, closes) = (line.cut, line.end, line.text.contains(&b'"'));
        more.push(line);
        if cut {
            break;
        }
        if !closes {
            continue;
        }
        let Ok(text) = std::str::from_utf8(&whole) else { break };
        if let Ok(cells) = cells(text, delimiter) {
            return Ok(Some((text.to_owned(), cells, end)));
        }
    }
    for line in more.into_iter().rev() {
        lines.put_back(line);
    }
    Ok(None)
}

/// Reads a header; the delimiter is the one that leaves fewer unknown names.
fn header(line: &[u8]) -> Result<Layout, Unusable> {
    let line = std::str::from_utf8(line).map_err(|_| Unusable::NotUtf8)?;
    let delimiter = if line.contains(';') { ';' } else { ',' };
    let names = cells(line, delimiter).unwrap_or_else(|Open| vec![line.to_owned()]);
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let name = name.trim().to_ascii_lowercase();
        let known = FIELDS.iter().find(|(field, _)| *field == name);
        let (field, _) = known.ok_or_else(|| Unusable::ColumnUnknown(name.chars().take(60).collect()))?;
        if columns.contains(field) {
            return Err(Unusable::ColumnTwice(name));
        }
        columns.push(*field);
    }
    for (field, needed) in FIELDS {
        if needed && !columns.contains(&field) {
            return Err(Unusable::ColumnMissing(field));
        }
    }
    if !columns.contains(&"seconds") && !columns.contains(&"quantity") {
        return Err(Unusable::ColumnMissing("quantity"));
    }
    Ok(Layout::Csv { delimiter, columns })
}

/// An event of a CSV record; an empty cell is a field that is not there.
fn row(columns: &[&'static str], cells: Vec<String>) -> Result<UsageEvent, Fault> {
    if cells.len() != columns.len() {
        return Err(Fault::new("columns_wrong"));
    }
    let mut fields = Fields::default();
    for (name, cell) in columns.iter().zip(cells) {
        let plain = cell.trim();
        let needed = FIELDS.iter().any(|(field, needed)| field == name && *needed);
        if plain.is_empty() {
            if needed {
                return Err(Fault::of("field_missing", name));
            }
            continue;
        }
        let number = || plain.parse().map(Some).map_err(|_| Fault::of("field_invalid", name));
        match *name {
            "id" => plain.clone_into(&mut fields.id),
            "customer" => plain.clone_into(&mut fields.customer),
            "meter" => plain.clone_into(&mut fields.meter),
            "occurred_at" => plain.clone_into(&mut fields.occurred_at),
            "seconds" => fields.seconds = number()?,
            "quantity" => fields.quantity = number()?,
            "metadata" => {
                let data = serde_json::from_str(plain);
                fields.metadata = Some(data.map_err(|_| Fault::of("field_invalid", name))?);
            }
            _ => fields.description = Some(cell),
        }
    }
    fields.event()
}

fn json(text: &str) -> Result<UsageEvent, Fault> {
    match serde_json::from_str::<Fields>(text) {
        Ok(fields) => fields.event(),
        Err(_) => Err(diagnose(text)),
    }
}

/// Finds out what is wrong with a line that could not be read.
fn diagnose(text: &str) -> Fault {
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else { return Fault::new("malformed_json") };
    if let Some(name) = fields.keys().find(|name| !FIELDS.iter().any(|(field, _)| field == name)) {
        return Fault::of("field_unknown", name);
    }
    for (field, needed) in FIELDS {
        let fits = match (fields.get(field), field) {
            (None, _) if needed => return Fault::of("field_missing", field),
            (None, _) => true,
            (Some(Value::Null), _) => !needed,
            (Some(value), "seconds" | "quantity") => value.is_i64(),
            (Some(value), "metadata") => value.is_object(),
            (Some(value), _) => value.is_string(),
        };
        if !fits {
            return Fault::of("field_invalid", field);
        }
    }
    // Every field is fine by itself, so one stands there twice.
    Fault::new("field_invalid")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Ts;
    use proptest::prelude::*;

    const HEADER: &str = "id;customer;meter;seconds;quantity;occurred_at;description;metadata";

    fn read(text: impl AsRef<[u8]>) -> Vec<Record> {
        let mut records = Records::open(text.as_ref()).expect("memory can be read").expect("usable");
        let mut found = vec![];
        while let Some(record) = records.next().expect("memory can be read") {
            found.push(record);
        }
        found
    }

    /// Line and fault of every record; no fault for an event.
    fn faults(text: impl AsRef<[u8]>) -> Vec<(u64, &'static str, Option<String>)> {
        let fault = |record: Record| match record.event {
            Ok(_) => (record.line, "", None),
            Err(fault) => (record.line, fault.code, fault.field),
        };
        read(text).into_iter().map(fault).collect()
    }

    fn refused(text: &[u8]) -> Unusable {
        match Records::open(text).expect("memory can be read") {
            Ok(_) => panic!("{text:?} is usable"),
            Err(unusable) => unusable,
        }
    }

    #[test]
    fn json_and_csv_say_the_same() {
        let json = r#"{"id":"a1","customer":"K-1","meter":"call","seconds":61,"occurred_at":"2026-11-23T10:00:00+01:00","description":" Anruf; 0170","metadata":{"b":1,"a":"x"}}
{"id":"a2","customer":"K-2","meter":"sms","quantity":3,"seconds":null,"occurred_at":"2026-11-23T09:00:00Z"}"#;
        let csv = format!(
            "{HEADER}\r\na1;K-1;call;61;;2026-11-23T10:00:00+01:00;\" Anruf; 0170\";\"{{\"\"a\"\":\"\"x\"\", \"\"b\"\":1}}\"\r\n\
             a2; K-2 ;sms;;3;2026-11-23T09:00:00Z;;\r\n"
        );
        let events = |text: &str| -> Vec<UsageEvent> {
            read(text).into_iter().map(|record| record.event.expect("an event")).collect()
        };
        let found = events(json);
        assert_eq!(found, events(&csv));
        assert_eq!(found, events(&format!("\u{feff}{csv}")));
        assert_eq!(found[0].occurred_at, Ts::from_seconds(1_795_424_400));
        assert_eq!(found[0].metadata.as_deref(), Some(r#"{"a":"x","b":1}"#));
        assert_eq!((found[1].seconds, found[1].quantity, found[1].description.as_str()), (None, Some(3), ""));
        let commas = "Meter,ID,occurred_at,customer,quantity\nsms,a,2026-11-23T09:00:00Z,\"K;1\",1";
        assert_eq!(events(commas)[0].customer, CustomerRef::Named("K;1".into()));
    }

    #[test]
    fn every_mistake_in_json_has_its_code() {
        let good = r#""customer":"K","meter":"call","occurred_at":"2026-11-23T10:00:00Z""#;
        for (line, code, field) in [
            (format!(r#"{{"id":"a",{good}}}"#), "", None),
            (r#"{"id":"a""#.into(), "malformed_json", None),
            ("5".into(), "malformed_json", None),
            (format!(r#"{{"id":"a",{good},"price":1}}"#), "field_unknown", Some("price")),
            (format!("{{{good}}}"), "field_missing", Some("id")),
            (format!(r#"{{"id":7,{good}}}"#), "field_invalid", Some("id")),
            (format!(r#"{{"id":null,{good}}}"#), "field_invalid", Some("id")),
            (format!(r#"{{"id":"a",{good},"seconds":1.5}}"#), "field_invalid", Some("seconds")),
            (format!(r#"{{"id":"a",{good},"quantity":"3"}}"#), "field_invalid", Some("quantity")),
            (format!(r#"{{"id":"a",{good},"metadata":[1]}}"#), "field_invalid", Some("metadata")),
            (format!(r#"{{"id":"a","id":"b",{good}}}"#), "field_invalid", None),
            (
                format!(r#"{{"id":"a",{}}}"#, good.replace("2026-11", "2026-31")),
                "field_invalid",
                Some("occurred_at"),
            ),
        ] {
            // A first line that is an event makes it a file of JSON.
            let text = format!("{{\"id\":\"first\",{good}}}\n\n{line}\n");
            assert_eq!(faults(&text), [(1, "", None), (3, code, field.map(str::to_owned))], "{line}");
        }
    }

    #[test]
    fn every_mistake_in_csv_has_its_code() {
        let row = |row: &str| faults(format!("{HEADER}\n{row}")).remove(0);
        let at = "2026-11-23T10:00:00Z";
        assert_eq!(row(&format!("a;K;call;0;;{at};;")), (2, "", None));
        assert_eq!(row("a;K;call"), (2, "columns_wrong", None));
        assert_eq!(row(&format!("a; ;call;0;;{at};;")), (2, "field_missing", Some("customer".into())));
        assert_eq!(row(&format!("a;K;call;1,5;;{at};;")), (2, "field_invalid", Some("seconds".into())));
        assert_eq!(row("a;K;call;1;;23.11.2026;;"), (2, "field_invalid", Some("occurred_at".into())));
        assert_eq!(row(&format!("a;K;call;1;;{at};;5")), (2, "field_invalid", Some("metadata".into())));
        assert_eq!(faults([HEADER.as_bytes(), b"\na;K;\xff"].concat()), [(2, "not_utf8", None)]);
        let long = format!("{HEADER}\n{}\na;K;call;0;;{at};;", "x".repeat(70_000));
        assert_eq!(faults(long), [(2, "line_too_long", None), (3, "", None)]);
    }

    #[test]
    fn a_cell_may_reach_over_lines_and_an_open_one_swallows_nothing() {
        let at = "2026-11-23T10:00:00Z";
        let tall = format!("{HEADER}\na;K;call;0;;{at};\"eins\r\nzwei\";\nb;K;call;0;;{at};;\n");
        let records = read(&tall);
        assert_eq!(records[0].event.as_ref().map(|event| event.description.as_str()), Ok("eins\nzwei"));
        assert_eq!(
            records.iter().map(|record| (record.line, record.end.lines)).collect::<Vec<_>>(),
            [(2, 3), (4, 4)]
        );
        for rows in [2, TALLEST + 2] {
            let rest = format!("b;K;call;0;;{at};;\n").repeat(rows);
            let found = faults(format!("{HEADER}\na;K;call;0;;{at};\"eins;\n{rest}"));
            assert_eq!(found[0], (2, "quote_open", None));
            assert_eq!(found[1..].iter().filter(|(_, code, _)| code.is_empty()).count(), rows);
        }
    }

    #[test]
    fn unusable_files_are_named() {
        assert_eq!(refused(b" \n [{}]"), Unusable::Array);
        assert_eq!(refused(b"\xff\xfei\0d\0"), Unusable::NotUtf8);
        assert_eq!(refused(b"id;name"), Unusable::ColumnUnknown("name".into()));
        assert_eq!(refused(b"id,ID"), Unusable::ColumnTwice("id".into()));
        assert_eq!(refused(b"id,customer,meter"), Unusable::ColumnMissing("occurred_at"));
        assert_eq!(refused(b"id,customer,meter,occurred_at"), Unusable::ColumnMissing("quantity"));
        assert_eq!(read("").len() + read("\n\n").len() + read(HEADER).len(), 0);
    }

    #[test]
    fn the_codes_of_lines_are_all_listed() {
        let source = include_str!("records.rs");
        let source = source.split_once("mod tests").map_or(source, |(before, _)| before);
        for code in LINE_CODES {
            assert!(source.matches(&format!("{code:?}")).count() > 1, "{code}");
        }
    }

    /// Bytes that look like a file of events and are often broken.
    fn wild() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(HEADER.as_bytes().to_vec()),
            Just(b"a;K;call;0;;2026-11-23T10:00:00Z;;".to_vec()),
            Just(
                br#"{"id":"a","customer":"K","meter":"call","occurred_at":"2026-11-23T10:00:00Z"}"#.to_vec()
            ),
            Just(b"\n".to_vec()),
            Just(b"\"".to_vec()),
            Just(b"{".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..12),
        ];
        proptest::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_file_panics_and_going_on_behind_any_record_finds_the_same(bytes in wild()) {
            let Ok(mut records) = Records::open(&bytes[..]).expect("memory can be read") else { return Ok(()) };
            let (layout, mut found) = (records.layout(), vec![]);
            while let Some(record) = records.next().expect("memory can be read") {
                found.push(record);
            }
            for (index, record) in found.iter().enumerate() {
                let at = usize::try_from(record.end.bytes).expect("short");
                let next = Records::from(&bytes[at..], layout.clone(), record.end).next().expect("memory can be read");
                let expected = found.get(index + 1).map(|next| (next.line, &next.text, &next.event, next.end));
                prop_assert_eq!(next.as_ref().map(|next| (next.line, &next.text, &next.event, next.end)), expected);
            }
            prop_assert!(found.windows(2).all(|pair| pair[0].end.lines < pair[1].line));
        }
    }
}
