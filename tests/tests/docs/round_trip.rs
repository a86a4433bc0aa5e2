//! Every format preserves any contents of a page. Independent parsers read it back.

use pinpoint_iam_docs::{Cell, Line, Link, Page, Table, csv, html, json, markdown};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;

/// The lines of every cell, by table and row. The first row contains the titles of the columns.
type Content = Vec<Vec<Vec<Vec<String>>>>;

/// Texts that contain all characters with a meaning in some format.
fn text() -> impl Strategy<Value = String> {
    let characters = prop::sample::select(Vec::from_iter(
        "|<>&\"'`*_[](){}#~!$@\\=+-,;:.%^/?\n\r\t aZ1ü\u{0}\u{7}\u{85}\u{a0}\u{202e}\u{2028}\u{feff}\u{ff1d}🙂".chars(),
    ));
    let words = prop::sample::select(vec![
        "</style>",
        "</script>",
        "<!--",
        "-->",
        "&amp;",
        "<br>",
        "---",
        "1. ",
        "=1+1",
        "https://a.example/",
        "javascript:",
        "\\|",
        "]]>",
        "mobiletargeting:GetApp",
    ]);
    let piece =
        prop_oneof![4 => characters.prop_map(String::from), 1 => words.prop_map(String::from)];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn line() -> impl Strategy<Value = Line> {
    let link = prop_oneof![
        4 => Just(None),
        1 => text().prop_map(|row| Some(Link::Row { table: "t".to_owned(), row })),
        1 => text().prop_map(|rest| Some(Link::Address(format!("https://a.example/{rest}")))),
    ];
    prop::collection::vec((any::<bool>(), text(), link), 1..3).prop_map(|parts| {
        parts
            .into_iter()
            .fold(Line::default(), |line, (is_code, text, link)| {
                let line = if is_code {
                    line.and_code(&text)
                } else {
                    line.and_text(&text)
                };
                match link {
                    Some(link) => line.to(link),
                    None => line,
                }
            })
    })
}

fn cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        1 => text().prop_map(|text| Cell::text(&text)),
        1 => text().prop_map(|text| Cell::code(&text)),
        2 => prop::collection::vec(line(), 0..3).prop_map(Cell::lines),
    ]
}

fn table() -> impl Strategy<Value = Table> {
    (1..4_usize).prop_flat_map(|width| {
        let columns = prop::collection::vec(text(), width);
        let rows = prop::collection::vec((text(), prop::collection::vec(cell(), width)), 0..4);
        (text(), text(), columns, rows).prop_map(|(name, title, columns, rows)| {
            let mut table = Table::new(&name, &title, columns);
            for (name, cells) in rows {
                table.push(&name, cells);
            }
            table
        })
    })
}

fn page() -> impl Strategy<Value = Page> {
    let paragraphs = prop::collection::vec(line(), 0..3);
    let tables = prop::collection::vec(table(), 0..3);
    (text(), paragraphs, tables).prop_map(|(title, paragraphs, tables)| {
        let page = paragraphs
            .into_iter()
            .fold(Page::new(&title), Page::with_paragraph);
        tables.into_iter().fold(page, Page::with_table)
    })
}

/// Returns the contents of the page.
fn content(page: &Page) -> Content {
    page.tables().iter().map(content_of).collect()
}

fn content_of(table: &Table) -> Vec<Vec<Vec<String>>> {
    let titles = table
        .columns()
        .iter()
        .map(|column| vec![column.title().to_owned()])
        .collect();
    let rows = table.rows().iter().map(|row| {
        let lines = |cell: &Cell| cell.iter().map(Line::plain).collect();
        row.cells().iter().map(lines).collect()
    });
    std::iter::once(titles).chain(rows).collect()
}

/// Returns the contents without `dropped` characters and the lines that are empty then.
fn without(content: Content, dropped: impl Fn(char) -> bool) -> Content {
    let keep = |line: String| -> Option<String> {
        let kept: String = line
            .chars()
            .filter(|character| !dropped(*character))
            .collect();
        (!kept.is_empty()).then_some(kept)
    };
    let cell = |lines: Vec<String>| lines.into_iter().filter_map(keep).collect();
    content
        .into_iter()
        .map(|rows| {
            rows.into_iter()
                .map(|cells| cells.into_iter().map(cell).collect())
                .collect()
        })
        .collect()
}

fn from_json(text: &str) -> Content {
    let strings = |value: &Value| -> Vec<String> { serde_json::from_value(value.clone()).unwrap() };
    let page: Value = serde_json::from_str(text).unwrap();
    let table = |table: &Value| {
        let columns = table["columns"].as_array().unwrap();
        let titles = columns
            .iter()
            .map(|column| vec![column["title"].as_str().unwrap().to_owned()])
            .collect();
        let rows = table["rows"].as_array().unwrap().iter().map(|row| {
            let cells = row["cells"].as_object().unwrap();
            assert_eq!(cells.len(), columns.len());
            let cell = |column: &Value| strings(&cells[column["name"].as_str().unwrap()]);
            columns.iter().map(cell).collect()
        });
        std::iter::once(titles).chain(rows).collect()
    };
    page["tables"]
        .as_array()
        .unwrap()
        .iter()
        .map(table)
        .collect()
}

fn from_csv(text: &str) -> Vec<Vec<Vec<String>>> {
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let field = |field: &str| -> Vec<String> {
        assert!(
            !field
                .trim_start()
                .starts_with(['=', '+', '-', '@', '\u{ff1d}']),
            "a formula: {field}"
        );
        let field = field.strip_prefix('\'').unwrap_or(field);
        match field {
            "" => Vec::new(),
            _ => field.split('\n').map(str::to_owned).collect(),
        }
    };
    reader
        .records()
        .map(|record| record.unwrap().iter().map(field).collect())
        .collect()
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap()
}

fn from_html(text: &str) -> Content {
    let page = Html::parse_document(text);
    assert_eq!(page.errors, Vec::<String>::new());
    let lines = |cell: ElementRef<'_>| -> Vec<String> {
        let text = |element: ElementRef<'_>| element.text().collect::<String>();
        let several: Vec<_> = cell.select(&selector("div")).map(text).collect();
        match several.as_slice() {
            [] => vec![text(cell)],
            _ => several,
        }
    };
    let row = |row: ElementRef<'_>| row.select(&selector("th, td")).map(lines).collect();
    page.select(&selector("main > section"))
        .map(|section| section.select(&selector("tr")).map(row).collect())
        .collect()
}

fn from_markdown(text: &str) -> Content {
    let mut tables: Content = Vec::new();
    let mut in_cell = false;
    let say = |tables: &mut Content, in_cell: bool, text: &str| {
        if in_cell
            && let Some(lines) = tables
                .last_mut()
                .and_then(|rows| rows.last_mut()?.last_mut())
        {
            match lines.last_mut() {
                Some(line) => line.push_str(text),
                None => lines.push(text.to_owned()),
            }
        }
    };
    for event in Parser::new_ext(text, Options::all() - Options::ENABLE_SMART_PUNCTUATION) {
        match event {
            Event::Start(Tag::Table(_)) => tables.push(Vec::new()),
            Event::Start(Tag::TableHead | Tag::TableRow) => {
                tables.last_mut().unwrap().push(Vec::new());
            }
            Event::Start(Tag::TableCell) => {
                in_cell = true;
                let row = tables.last_mut().and_then(|rows| rows.last_mut()).unwrap();
                row.push(vec![String::new()]);
            }
            Event::End(TagEnd::TableCell) => in_cell = false,
            Event::InlineHtml(tag) if &*tag == "<br>" => {
                let row = tables.last_mut().and_then(|rows| rows.last_mut()).unwrap();
                row.last_mut().unwrap().push(String::new());
            }
            Event::InlineHtml(tag) => assert!(matches!(&*tag, "<code>" | "</code>"), "{tag}"),
            Event::Text(text) | Event::Code(text) => say(&mut tables, in_cell, &text),
            Event::Start(Tag::Paragraph | Tag::Heading { .. } | Tag::Link { .. })
            | Event::End(
                TagEnd::Paragraph
                | TagEnd::Heading(_)
                | TagEnd::Link
                | TagEnd::Table
                | TagEnd::TableHead
                | TagEnd::TableRow,
            ) => {}
            other => panic!("a page has no {other:?}"),
        }
    }
    tables
}

/// Compares the contents of every format with the page.
pub(crate) fn assert_every_format_says(page: &Page) {
    assert_json_says(page);
    page.tables().iter().for_each(assert_csv_says);
    assert_html_says(page);
    assert_markdown_says(page);
}

fn assert_json_says(page: &Page) {
    assert_eq!(from_json(&json(page)), content(page));
}

fn assert_csv_says(table: &Table) {
    let mut expected = content_of(table);
    // A title without text is a field without lines.
    for title in &mut expected[0] {
        title.retain(|line| !line.is_empty());
    }
    assert_eq!(from_csv(&csv(table)), expected);
}

fn assert_html_says(page: &Page) {
    // Text in backticks is shown as code, and an empty first cell as the name of its row.
    let is_dropped = |character| character == '`';
    let mut expected = without(content(page), is_dropped);
    for (table, rows) in page.tables().iter().zip(&mut expected) {
        if table.rows().is_empty() {
            rows.clear();
        }
        for (row, cells) in table.rows().iter().zip(rows.iter_mut().skip(1)) {
            if row.cells()[0].is_empty() {
                cells[0] = vec![row.name().to_owned()];
            }
        }
    }
    assert_eq!(without(from_html(&html(page)), is_dropped), expected);
}

fn assert_markdown_says(page: &Page) {
    // Markdown omits tables without rows, and spaces at the start and end of cells.
    let is_dropped = |character: char| character == '`' || character.is_whitespace();
    let mut expected = without(content(page), is_dropped);
    expected.retain(|rows| rows.len() > 1);
    assert_eq!(
        without(from_markdown(&markdown(page)), is_dropped),
        expected
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_has_the_contents_of_the_page(page in page()) {
        assert_json_says(&page);
    }

    #[test]
    fn csv_has_the_contents_of_the_table(table in table()) {
        assert_csv_says(&table);
    }

    #[test]
    fn html_has_the_contents_of_the_page(page in page()) {
        assert_html_says(&page);
    }

    #[test]
    fn markdown_has_the_contents_of_the_page(page in page()) {
        assert_markdown_says(&page);
    }
}
