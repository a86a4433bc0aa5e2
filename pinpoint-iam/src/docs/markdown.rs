//! Tables as Markdown.

use crate::docs::table::{Cell, Table};

/// Writes a table as GitHub-flavoured Markdown under a second-level heading.
///
/// Nothing in a cell can leave it: `|`, line breaks and characters that Markdown or HTML give a meaning are escaped.
pub fn markdown(table: &Table) -> String {
    let mut out = format!("## {}\n\n", prose(table.title()));
    row(&mut out, table.columns().iter().map(|column| prose(column)));
    row(&mut out, table.columns().iter().map(|_| "---".to_owned()));
    for cells in table.rows() {
        row(&mut out, cells.iter().map(cell));
    }
    out
}

fn row(out: &mut String, cells: impl Iterator<Item = String>) {
    out.push('|');
    for cell in cells {
        out.push(' ');
        out.push_str(&cell);
        out.push_str(" |");
    }
    out.push('\n');
}

fn cell(cell: &Cell) -> String {
    let lines: Vec<String> = cell
        .iter()
        .map(|(is_code, text)| if is_code { code(text) } else { prose(text) })
        .collect();
    lines.join("<br>")
}

fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    out
}

/// A code span; the fence is one backtick longer than any run of them in the text.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ").replace('|', "\\|");
    let longest = text
        .split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let padding = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{padding}{text}{padding}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_cannot_leave_its_cell() {
        let mut table = Table::new("A | B", vec!["x"]);
        table.push(vec![Cell::text("a|b\nc <i>*d*</i> `e`")]);
        table.push(vec![Cell::code("a|b``c\nd")]);
        let expected = "## A \\| B\n\n| x |\n| --- |\n\
            | a\\|b c &lt;i&gt;\\*d\\*&lt;/i&gt; \\`e\\` |\n| ```a\\|b``c d``` |\n";
        assert_eq!(markdown(&table), expected);
    }
}
