//! The rows of a table as spreadsheets and people write it, each with the line of the file at which it
//! begins.
//!
//! Lines are counted as a text editor counts them, also within cells and whichever way they end. A
//! quotation mark that is never closed costs the row it stands in, not the file: the next line is a row
//! again.

use std::borrow::Cow;

/// A quoted cell that is longer than this and goes over lines was never closed: no field is as long.
const MAX_CELL_BYTES: usize = 8 * 1024;

/// One row.
#[derive(Debug, PartialEq)]
pub(super) struct Row<'a> {
    /// The line at which it begins, from 1.
    pub(super) line: usize,
    /// Its cells, without their quotation marks.
    pub(super) cells: Vec<Cow<'a, str>>,
}

/// A quotation mark that opens on this line, from 1, and is not closed.
#[derive(Debug, PartialEq)]
pub(super) struct OpenQuote {
    /// The line.
    pub(super) line: usize,
}

/// Yields the rows of a text.
pub(super) struct Rows<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    delimiter: u8,
}

/// A quoted cell, where it ends and how many lines it goes on for.
struct Quoted<'a> {
    cell: Cow<'a, str>,
    end: usize,
    lines: usize,
}

impl<'a> Rows<'a> {
    /// The rows of a table: behind its empty first lines and the line with which a spreadsheet says what
    /// separates its cells (`sep=;`).
    pub(super) fn of(text: &'a str) -> Self {
        let mut rows = Self {
            text,
            at: 0,
            line: 1,
            delimiter: b',',
        };
        rows.skip_empty_lines();
        let head = rows.rest_of_line();
        if let Some(told) = separator_of(head) {
            rows.delimiter = told;
            rows.at += head.len();
            rows.end_line();
            rows.skip_empty_lines();
        } else {
            rows.delimiter = most_frequent(head);
        }
        rows
    }

    /// The line at which the next row begins.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    fn skip_empty_lines(&mut self) {
        while self.at < self.text.len() {
            let line = self.rest_of_line();
            let is_empty = |c: char| c.is_whitespace() || ",;\t\u{feff}".contains(c);
            if !line.chars().all(is_empty) {
                return;
            }
            self.at += line.len();
            self.end_line();
        }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn rest_of_line(&self) -> &'a str {
        let rest = &self.text[self.at..];
        &rest[..rest.find(['\r', '\n']).unwrap_or(rest.len())]
    }

    /// Goes behind the end of the line, where it stands before one.
    fn end_line(&mut self) {
        let length = line_end(self.text.as_bytes(), self.at);
        if length > 0 {
            self.at += length;
            self.line += 1;
        }
    }

    fn row(&mut self) -> Result<Row<'a>, OpenQuote> {
        let line = self.line;
        let mut cells = Vec::new();
        loop {
            let begin = self.at;
            match self.opening_quote().map(|quote| self.quoted(quote)) {
                Some(Some(quoted)) => {
                    cells.push(quoted.cell);
                    self.at = quoted.end;
                    self.line += quoted.lines;
                }
                Some(None) => {
                    let open = OpenQuote { line: self.line };
                    self.at = begin;
                    self.at += self.rest_of_line().len();
                    self.end_line();
                    return Err(open);
                }
                None => {
                    let bytes = &self.text.as_bytes()[self.at..];
                    let is_end =
                        |byte: &u8| matches!(byte, b'\r' | b'\n') || *byte == self.delimiter;
                    self.at += bytes.iter().position(is_end).unwrap_or(bytes.len());
                    cells.push(Cow::Borrowed(&self.text[begin..self.at]));
                }
            }
            if self.byte(self.at) == Some(self.delimiter) {
                self.at += 1;
            } else {
                self.end_line();
                return Ok(Row { line, cells });
            }
        }
    }

    /// Where the quotation mark stands with which the cell begins, blanks before it or not.
    fn opening_quote(&self) -> Option<usize> {
        let bytes = &self.text.as_bytes()[self.at..];
        let at = bytes.iter().position(|byte| *byte != b' ')?;
        (bytes[at] == b'"').then_some(self.at + at)
    }

    /// The cell whose quotation mark stands at `quote`; none where it is not closed.
    fn quoted(&self, quote: usize) -> Option<Quoted<'a>> {
        let bytes = self.text.as_bytes();
        let begin = quote + 1;
        let (mut at, mut lines) = (begin, 0);
        let mut has_doubled = false;
        let mut stray = None;
        loop {
            match self.byte(at) {
                Some(b'"') if self.byte(at + 1) == Some(b'"') => {
                    has_doubled = true;
                    at += 2;
                }
                Some(b'"') => match self.end_behind(at + 1) {
                    Some(end) => {
                        let cell = unescaped(&self.text[begin..at], has_doubled);
                        return Some(Quoted { cell, end, lines });
                    }
                    // In a cell over lines this is how another cell opens; within a line it may be a
                    // mark that somebody did not double.
                    None if lines > 0 => break,
                    None => {
                        stray.get_or_insert(at);
                        at += 1;
                    }
                },
                Some(b'\r' | b'\n') => {
                    lines += 1;
                    at += line_end(bytes, at);
                }
                Some(_) => at += 1,
                None => break,
            }
            if lines > 0 && at - begin > MAX_CELL_BYTES {
                break;
            }
        }
        // `"Gate" north` is what it says, up to the next cell.
        let stray = stray?;
        let rest = &bytes[stray + 1..];
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n') || *byte == self.delimiter;
        let end = stray + 1 + rest.iter().position(is_end).unwrap_or(rest.len());
        let inside = unescaped(&self.text[begin..stray], has_doubled);
        let cell = Cow::Owned(format!("{inside}{}", &self.text[stray + 1..end]));
        Some(Quoted {
            cell,
            end,
            lines: 0,
        })
    }

    /// Where the cell ends, when nothing but blanks follow at `at`.
    fn end_behind(&self, at: usize) -> Option<usize> {
        let bytes = &self.text.as_bytes()[at..];
        let blanks = bytes.iter().take_while(|byte| **byte == b' ').count();
        let ends = match bytes.get(blanks) {
            None | Some(b'\r' | b'\n') => true,
            Some(byte) => *byte == self.delimiter,
        };
        ends.then_some(at + blanks)
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Result<Row<'a>, OpenQuote>;

    fn next(&mut self) -> Option<Self::Item> {
        (self.at < self.text.len()).then(|| self.row())
    }
}

/// How many bytes end the line at `at`; none where it does not end there.
fn line_end(bytes: &[u8], at: usize) -> usize {
    match (bytes.get(at), bytes.get(at + 1)) {
        (Some(b'\r'), Some(b'\n')) => 2,
        (Some(b'\r' | b'\n'), _) => 1,
        _ => 0,
    }
}

fn unescaped(text: &str, has_doubled: bool) -> Cow<'_, str> {
    if has_doubled {
        Cow::Owned(text.replace("\"\"", "\""))
    } else {
        Cow::Borrowed(text)
    }
}

/// The separator that a line `sep=;` names.
fn separator_of(line: &str) -> Option<u8> {
    let line = line.trim_start_matches('\u{feff}').trim_start_matches('"');
    let (key, rest) = (line.get(..4)?, line.get(4..)?);
    let byte = *rest.as_bytes().first()?;
    (key.eq_ignore_ascii_case("sep=") && byte.is_ascii() && byte != b'"').then_some(byte)
}

/// What separates most cells of a header. Spreadsheets set to Russian or Kazakh write semicolons.
fn most_frequent(header: &str) -> u8 {
    let mut counts = [(b'\t', 0), (b';', 0), (b',', 0)];
    let mut is_quoted = false;
    for byte in header.bytes() {
        is_quoted ^= byte == b'"';
        let counted = counts
            .iter_mut()
            .find(|(one, _)| *one == byte && !is_quoted);
        if let Some((_, count)) = counted {
            *count += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.map_or(b',', |(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Rows as `line: cell|cell`, open quotation marks as `line!`.
    fn rows(text: &str) -> Vec<String> {
        let told = |row: Result<Row<'_>, OpenQuote>| match row {
            Ok(row) => format!("{}: {}", row.line, row.cells.join("|")),
            Err(open) => format!("{}!", open.line),
        };
        Rows::of(text).map(told).collect()
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let check = |text: &str, expect: &[&str]| assert_eq!(rows(text), expect, "{text:?}");
        for end in ["\n", "\r\n", "\r"] {
            let lines = |text: &str| text.replace('\n', end);
            check(&lines("id,x\na,1\nb,2"), &["1: id|x", "2: a|1", "3: b|2"]);
            check(&lines("\n \n;;\nid;x\na;1\n"), &["4: id|x", "5: a|1"]);
            check(&lines("sep=;\nid;x,y\na;1\n"), &["2: id|x,y", "3: a|1"]);
            check(&lines("\n\"SEP=;\"\n\nid;x\n"), &["4: id|x"]);
            check(&lines("id,x\n\na,1\n"), &["1: id|x", "2: ", "3: a|1"]);
            let over = lines("id,x\na,\"1\n2\n\"\nb,3\n");
            check(&over, &["1: id|x", &lines("2: a|1\n2\n"), "5: b|3"]);
        }
        check("sep=\t\nid\tx\n", &["2: id|x"]);
        check("id\n", &["1: id"]);
        check("", &[]);
        check("\n\n", &[]);
        check("\"a,b\";id\n", &["1: a,b|id"]);
    }

    #[test]
    fn quotation_marks_cost_their_own_row_at_most() {
        let check = |text: &str, expect: &[&str]| assert_eq!(rows(text), expect, "{text:?}");
        check("a,\"b \"\"c\"\" d\"\n", &["1: a|b \"c\" d"]);
        check("a, \"b\" ,c\n", &["1: a|b|c"]);
        check("a,5\" b,c\n", &["1: a|5\" b|c"]);
        check("a,\"5\" b\",c\n", &["1: a|5\" b|c"]);
        check("a,\"b\" c,d\ne,f\n", &["1: a|b c|d", "2: e|f"]);
        check("a,\"b\nc,d\n", &["1!", "2: c|d"]);
        // The next cell in quotation marks is not taken for the end of this one.
        check("a,\"b,1\nc,\"d\",2\ne,3\n", &["1!", "2: c|d|2", "3: e|3"]);
        check("x\na,\"1\n2\",\"b\nc,d\n", &["1: x", "3!", "4: c|d"]);
        let long = format!("a,\"b\n{}\"\n", "c,d\n".repeat(4000));
        let found = rows(&long);
        assert_eq!(
            (found[0].as_str(), found[4000].as_str()),
            ("1!", "4001: c|d")
        );
    }

    proptest! {
        #[test]
        fn any_text_has_rows_in_order(text in "[a,;\"\\n\\r \u{feff}é]{0,80}") {
            let mut last = 0;
            let most = text.matches(['\n', '\r']).count() + 1;
            for row in Rows::of(&text) {
                let line = row.map_or_else(|open| open.line, |row| row.line);
                prop_assert!(line > last && line <= most, "{} {}", last, line);
                last = line;
            }
        }

        #[test]
        fn what_is_written_is_read(cells in proptest::collection::vec("[a,;\"\n\r é]{0,6}", 1..5)) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["h", "h"].iter().cycle().take(cells.len())).unwrap();
            writer.write_record(&cells).unwrap();
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let mut read = Rows { text: &text, at: 0, line: 1, delimiter: b',' };
            let row = read.nth(1).unwrap().unwrap();
            prop_assert_eq!((row.line, row.cells), (2, cells.into_iter().map(Cow::Owned).collect()));
        }
    }
}
