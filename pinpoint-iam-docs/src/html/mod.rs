//! Pages as one HTML file.

use super::cell::{Cell, Line, Link, Part};
use super::table::{Page, Row, Table, anchor_of};
use super::text;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

// The hashes of the only two texts that the browser may run. A test compares them with the written page.
const STYLE_HASH: &str = "sha256-WTj7pOs0h+9oiUo9glB+vUhGkfuKu1OtuyXBqt4l7Zw=";
const SCRIPT_HASH: &str = "sha256-4fNhGu/LenjXquuHilYi8NwYjmPK9/RvmKc6X4f2TZs=";

/// Writes a page as one self-contained HTML file, which needs neither the network nor another file.
///
/// - A filter box shows only the rows that contain all its words. The titles of columns are buttons that sort, with the
///   state in `aria-sort`. Without scripts, the page is complete, unfiltered and in its original order.
/// - Every row has an address, `#` and [`Table::anchor_of`]. Following a link to a row that the filter hides clears the
///   filter.
/// - It follows the reader's preference for a light or dark theme, and shows rows as cards on a narrow screen.
/// - Its Content-Security-Policy lets the browser run the page's own script and style, identified by their hashes, and
///   load nothing else. A server that sends its own policy has to allow the same two hashes.
pub fn html(page: &Page) -> String {
    let mut out = String::new();
    let title = escaped(page.title());
    out.push_str(&format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{STYLE_HASH}'; \
         script-src '{SCRIPT_HASH}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#_content\">Skip to the tables</a>\n<header>\n<h1>{title}</h1>\n"
    ));
    paragraphs(&mut out, page.introduction());
    out.push_str("<nav aria-label=\"Tables\">\n<ul>\n");
    for table in page.tables() {
        out.push_str(&format!(
            "<li><a href=\"#{}\">{}</a> <span class=\"count\">{}</span></li>\n",
            table.name(),
            escaped(table.title()),
            table.rows().len()
        ));
    }
    out.push_str(
        "</ul>\n</nav>\n</header>\n<div class=\"bar\" id=\"_bar\" role=\"search\" hidden>\n\
         <label for=\"_filter\">Filter</label>\n\
         <input id=\"_filter\" type=\"search\" autocomplete=\"off\" autocapitalize=\"none\" spellcheck=\"false\">\n\
         <output id=\"_count\" class=\"count\" for=\"_filter\"></output>\n</div>\n<main id=\"_content\">\n\
         <p id=\"_none\" hidden>No row has all the words of the filter.</p>\n",
    );
    for table in page.tables() {
        write_table(&mut out, table);
    }
    out.push_str(&format!(
        "</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    ));
    out
}

fn write_table(out: &mut String, table: &Table) {
    let name = table.name();
    out.push_str(&format!(
        "<section aria-labelledby=\"{name}\">\n<h2 id=\"{name}\"><a href=\"#{name}\">{}</a> <span class=\"count\">{}</span></h2>\n",
        escaped(table.title()),
        table.rows().len()
    ));
    paragraphs(out, table.introduction());
    if table.rows().is_empty() {
        out.push_str("<p>None.</p>\n</section>\n");
        return;
    }
    // These are the implicit roles of the elements. Browsers drop them when a style shows rows as cards.
    out.push_str(&format!(
        "<table role=\"table\" aria-labelledby=\"{name}\">\n<thead role=\"rowgroup\">\n<tr role=\"row\">\n"
    ));
    for column in table.columns() {
        out.push_str(&format!(
            "<th scope=\"col\" role=\"columnheader\"><span>{}</span></th>\n",
            escaped(column.title())
        ));
    }
    out.push_str("</tr>\n</thead>\n<tbody role=\"rowgroup\">\n");
    for row in table.rows() {
        write_row(out, table, row);
    }
    out.push_str("</tbody>\n</table>\n</section>\n");
}

fn write_row(out: &mut String, table: &Table, row: &Row) {
    let anchor = table.anchor_of(row);
    out.push_str(&format!("<tr role=\"row\" id=\"{anchor}\">\n"));
    for (index, (column, cell)) in table.columns().iter().zip(row.cells()).enumerate() {
        if index == 0 {
            let shown = if cell.is_empty() {
                escaped(row.name())
            } else {
                lines(cell, false)
            };
            out.push_str(&format!(
                "<th scope=\"row\" role=\"rowheader\"><a href=\"#{anchor}\">{shown}</a></th>\n"
            ));
        } else {
            out.push_str(&format!(
                "<td role=\"cell\"{} data-label=\"{}\">{}</td>\n",
                shape(cell),
                escaped(column.title()),
                lines(cell, true)
            ));
        }
    }
    out.push_str("</tr>\n");
}

/// Returns the best layout for a cell: a wide column, or many short lines next to each other.
fn shape(cell: &Cell) -> &'static str {
    let longest = cell.iter().map(|line| line.plain().chars().count()).max();
    match longest {
        Some(41..) => " class=\"long\"",
        Some(_) if cell.iter().nth(2).is_some() => " class=\"list\"",
        _ => "",
    }
}

fn paragraphs(out: &mut String, paragraphs: &[Line]) {
    for paragraph in paragraphs {
        out.push_str(&format!("<p>{}</p>\n", line(paragraph, true)));
    }
}

/// Renders the lines of a cell: a single line as it is, several lines as one element each.
fn lines(cell: &Cell, with_links: bool) -> String {
    let lines: Vec<String> = cell.iter().map(|text| line(text, with_links)).collect();
    match lines.as_slice() {
        [only] => only.clone(),
        several => several
            .iter()
            .map(|line| format!("<div>{line}</div>"))
            .collect(),
    }
}

fn line(line: &Line, with_links: bool) -> String {
    line.parts()
        .iter()
        .map(|text| part(text, with_links))
        .collect()
}

fn part(part: &Part, with_links: bool) -> String {
    let shown: String = if part.is_code() {
        code(part.text())
    } else {
        text::spans(part.text())
            .iter()
            .map(|(is_code, piece)| {
                if *is_code {
                    code(piece)
                } else {
                    escaped(piece)
                }
            })
            .collect()
    };
    match part.link().filter(|_| with_links) {
        Some(Link::Row { table, row }) => {
            format!("<a href=\"#{}\">{shown}</a>", anchor_of(table, row))
        }
        Some(Link::Address(address)) => format!("<a href=\"{}\">{shown}</a>", escaped(address)),
        None => shown,
    }
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

/// Escapes `text` for an element or for an attribute in double quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_an_element_or_an_attribute() {
        let text = "\"'><script>alert(1)</script>&amp;";
        let mut table = Table::new("t", text, ["a", text]);
        table.push(text, [Cell::text(text), Cell::code(text)]);
        let page = html(
            &Page::new(text)
                .with_paragraph(Line::text(text))
                .with_table(table),
        );
        let shown = "&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;";
        // Title, heading, paragraph, link, heading of the table, title of the column, label, and two cells.
        assert_eq!(page.matches(shown).count(), 9);
        assert_eq!(page.matches("<script").count(), 1);
        assert_eq!(page.matches("alert(1)").count(), 9);
    }
}
