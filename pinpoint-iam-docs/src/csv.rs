//! Tables as CSV.

use super::cell::{Cell, Line};
use super::table::Table;

/// Writes a table as CSV according to [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180): a line of titles, then one
/// line for each row, with CR LF as line ending. The lines of a cell share one field, separated by line feeds.
///
/// Spreadsheets evaluate a field that starts with `=`, `+`, `-` or `@` as a formula. Such a field is prefixed with `'`.
/// A field that already starts with `'` is prefixed too, so that a reader can remove exactly one.
pub fn csv(table: &Table) -> String {
    let mut out = String::new();
    write_record(
        &mut out,
        table
            .columns()
            .iter()
            .map(|column| column.title().to_owned()),
    );
    for row in table.rows() {
        write_record(&mut out, row.cells().iter().map(plain));
    }
    out
}

fn plain(cell: &Cell) -> String {
    let lines: Vec<String> = cell.iter().map(Line::plain).collect();
    lines.join("\n")
}

fn write_record(out: &mut String, fields: impl Iterator<Item = String>) {
    for (index, text) in fields.enumerate() {
        if index > 0 {
            out.push(',');
        }
        let text = defused(text);
        // A single empty field must not look like an empty line, which readers skip.
        if text.is_empty() || text.contains([',', '"', '\n', '\r', '\'']) || text.trim() != text {
            out.push('"');
            out.push_str(&text.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&text);
        }
    }
    out.push_str("\r\n");
}

fn defused(text: String) -> String {
    // Some spreadsheets ignore leading blanks, and some treat the full-width forms of the signs like the signs.
    let starts_formula = text.trim_start().starts_with([
        '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ]);
    if starts_formula || text.starts_with('\'') {
        format!("'{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_a_formula_or_leaves_its_place() {
        let mut table = Table::new("t", "T", ["=x", "y"]);
        table.push("1", [Cell::text("=1+1"), Cell::text("a,\"b\"\n@c")]);
        table.push("2", [Cell::text(" -1"), Cell::text("'-1")]);
        table.push("3", [Cell::empty(), Cell::code("apps/*")]);
        assert_eq!(
            csv(&table),
            "\"'=x\",y\r\n\"'=1+1\",\"a,\"\"b\"\"\n@c\"\r\n\"' -1\",\"''-1\"\r\n\"\",apps/*\r\n"
        );
    }
}
