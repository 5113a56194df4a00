//! CSV as a German Excel opens it: UTF-8 with a byte order mark, semicolons, decimal commas, CRLF; no cell is a formula.

use crate::domain::money::Cents;

/// Tells Excel that the file is UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// One line.
pub fn line<I, S>(cells: I) -> Vec<u8>
where
    I: IntoIterator<Item = S>,
    S: AsRef<str>,
{
    let mut writer =
        csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(vec![]);
    // Writing into memory cannot fail.
    let _ = writer.write_record(cells.into_iter().map(|cell| cell.as_ref().to_owned()));
    writer.into_inner().unwrap_or_default()
}

/// Text that came from outside: what a spreadsheet would take for a formula gets an apostrophe in front
/// (OWASP, "CSV injection").
pub fn text(value: &str) -> String {
    let dangerous = value.starts_with(['=', '+', '-', '@', '\t', '\r', '\0', '＝', '＋', '－', '＠']);
    if dangerous { format!("'{value}") } else { value.to_owned() }
}

/// `-1234,56`: a number for Excel, without thousands separators and with a plain minus.
pub fn amount(value: Cents) -> String {
    value.plain().replace('.', ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_disarmed() {
        let cells = ["a;b".to_owned(), text("=1+1"), text("Zeile\n\"zwei\""), amount(Cents(-123_456))];
        let line = String::from_utf8(line(cells)).expect("utf-8");
        assert_eq!(line, "\"a;b\";'=1+1;\"Zeile\n\"\"zwei\"\"\";-1234,56\r\n");
        for start in ["+49 170", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
            assert!(text(start).starts_with('\''), "{start:?}");
        }
        assert_eq!(text("Anruf"), "Anruf");
    }
}
