//! Pages as Markdown.

use super::cell::{Cell, Line, Link, Part};
use super::table::{Page, Table};
use super::text;

/// Writes a page as GitHub-flavored Markdown.
///
/// The contents of a cell cannot affect the rest of the page: everything with a meaning in Markdown or HTML is escaped.
/// Links within the page are omitted, because Markdown does not have anchors in tables.
pub fn markdown(page: &Page) -> String {
    let mut out = format!("# {}\n", prose(page.title()));
    paragraphs(&mut out, page.introduction());
    for table in page.tables() {
        write_table(&mut out, table);
    }
    out
}

fn write_table(out: &mut String, table: &Table) {
    out.push_str(&format!("\n## {}\n", prose(table.title())));
    paragraphs(out, table.introduction());
    if table.rows().is_empty() {
        out.push_str("\nNone.\n");
        return;
    }
    out.push('\n');
    write_row(
        out,
        table.columns().iter().map(|column| prose(column.title())),
    );
    write_row(out, table.columns().iter().map(|_| "---".to_owned()));
    for row in table.rows() {
        write_row(out, row.cells().iter().map(cell));
    }
}

fn paragraphs(out: &mut String, paragraphs: &[Line]) {
    for paragraph in paragraphs {
        let text = line(paragraph);
        let text = text.trim();
        out.push('\n');
        // At the start of a paragraph, the markers of lists, quotations and headings must be plain text.
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = text.split_at(digits);
        let starts_block = match number {
            "" => rest.starts_with(['-', '+', '=', ':']),
            _ => rest.starts_with(['.', ')']),
        };
        out.push_str(number);
        if starts_block {
            out.push('\\');
        }
        out.push_str(rest);
        out.push('\n');
    }
}

fn write_row(out: &mut String, cells: impl Iterator<Item = String>) {
    out.push('|');
    for cell in cells {
        out.push(' ');
        out.push_str(&cell);
        if !cell.is_empty() {
            out.push(' ');
        }
        out.push('|');
    }
    out.push('\n');
}

fn cell(cell: &Cell) -> String {
    let lines: Vec<String> = cell.iter().map(line).collect();
    lines.join("<br>")
}

fn line(line: &Line) -> String {
    line.parts().iter().map(part).collect()
}

fn part(part: &Part) -> String {
    let shown = if part.is_code() {
        code(part.text())
    } else {
        prose_with_code(part.text())
    };
    match part.link() {
        // An address that is its own text is written as an autolink, which is shorter than a link with brackets.
        Some(Link::Address(address)) if address == part.text() => {
            format!("<{}>", address.replace('|', "%7C"))
        }
        Some(Link::Address(address)) => {
            format!("[{shown}](<{}>)", address.replace('|', "%7C"))
        }
        Some(Link::Row { .. }) | None => shown,
    }
}

fn prose_with_code(text: &str) -> String {
    text::spans(text)
        .iter()
        .map(
            |(is_code, piece)| {
                if *is_code { code(piece) } else { prose(piece) }
            },
        )
        .collect()
}

fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // Not `\|`: after a backslash in the text, it would end the cell.
            '|' => out.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '!' | '$' | '@' | '^' => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    out
}

/// Writes a code span, or an HTML element if the text contains a character that is not possible in a code span in a
/// table.
fn code(text: &str) -> String {
    let is_plain = !text.contains(['`', '|', '\\'])
        && !text.starts_with(char::is_whitespace)
        && !text.ends_with(char::is_whitespace);
    if is_plain {
        format!("`{text}`")
    } else {
        format!("<code>{}</code>", prose(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_cannot_leave_its_cell() {
        let mut table = Table::new("t", "A | B", ["x"]);
        table.push("1", [Cell::text("a|b\nc <i>*d*</i> `e` \\|")]);
        table.push("2", [Cell::code("a|b``c\nd")]);
        let page = Page::new("P").with_table(table);
        let expected = "# P\n\n## A &#124; B\n\n| x |\n| --- |\n\
            | a&#124;b<br>c &lt;i&gt;\\*d\\*&lt;/i&gt; `e` \\\\&#124; |\n\
            | <code>a&#124;b\\`\\`c d</code> |\n";
        assert_eq!(markdown(&page), expected);
    }

    #[test]
    fn a_paragraph_stays_a_paragraph() {
        for (text, expected) in [
            ("- a", "\\- a"),
            ("1. a", "1\\. a"),
            ("10) a", "10\\) a"),
            ("1 a", "1 a"),
            ("    - a", "\\- a"),
            (": a", "\\: a"),
            ("# a", "\\# a"),
            ("> a", "&gt; a"),
        ] {
            let page = Page::new("P").with_paragraph(Line::text(text));
            assert_eq!(markdown(&page), format!("# P\n\n{expected}\n"));
        }
    }
}
