//! Finds the place of a cursor in a catalog that is being written, and is therefore seldom valid TOML.

use std::ops::Range;
use std::rc::Rc;

/// The part of the document to which a place belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A part of the name of a table, in its header.
    Header,
    /// The name of a key.
    Key,
    /// A value, or an element of a list.
    Value,
    /// A comment, or the end of a line.
    Other,
}

/// A place for a name or for a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) role: Role,
    /// The names of the tables and of the key from the document to this place. Elements of lists have the path of the list.
    pub(crate) path: Vec<Rc<str>>,
    /// The number of the table. The tables in a list have different numbers, but equal paths.
    pub(crate) table: usize,
}

impl Place {
    /// The names of the path.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.path.iter().map(|name| &**name).collect()
    }
}

/// A name, a string or another word.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) place: Place,
    /// The content, without quotation marks.
    pub(crate) content: Range<usize>,
    pub(crate) text: String,
    pub(crate) is_quoted: bool,
}

/// The tokens of a text, and the place of the cursor.
#[derive(Debug)]
pub(crate) struct Scan {
    pub(crate) tokens: Vec<Token>,
    pub(crate) cursor: Place,
    /// The token that contains the cursor.
    pub(crate) token: Option<usize>,
}

impl Scan {
    /// The names of the tables in the table `name`, such as those of the actions.
    pub(crate) fn entries(&self, name: &str) -> Vec<&str> {
        let mut entries: Vec<&str> = Vec::new();
        for token in &self.tokens {
            let is_name = matches!(token.place.role, Role::Header | Role::Key);
            if is_name && token.place.names() == [name] && !entries.contains(&&*token.text) {
                entries.push(&token.text);
            }
        }
        entries
    }

    /// The text at a path.
    pub(crate) fn text(&self, path: &[&str]) -> Option<&str> {
        let mut tokens = self.tokens.iter();
        let token =
            tokens.find(|token| token.place.role == Role::Value && token.place.names() == path)?;
        Some(&token.text)
    }
}

/// The maximum depth of lists and tables in a line. A catalog has two levels.
const DEPTH: usize = 32;

/// Reads a text. `cursor` is an offset.
pub(crate) fn scan(text: &str, cursor: usize) -> Scan {
    let mut scanner = Scanner {
        text,
        at: 0,
        cursor,
        placed: None,
        tokens: Vec::new(),
        tables: 0,
    };
    scanner.document();
    let Scanner { placed, tokens, .. } = scanner;
    let token = tokens.iter().position(|token| {
        let content = token.content.start..=token.content.end;
        content.contains(&cursor)
    });
    let of_token = token.and_then(|index| tokens.get(index));
    let cursor = of_token.map(|token| token.place.clone());
    let nowhere = || place(Role::Other, &[], 0);
    Scan {
        cursor: cursor.or(placed).unwrap_or_else(nowhere),
        token,
        tokens,
    }
}

fn place(role: Role, path: &[Rc<str>], table: usize) -> Place {
    Place {
        role,
        path: path.to_vec(),
        table,
    }
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    cursor: usize,
    /// The place of a cursor that is not in a token.
    placed: Option<Place>,
    tokens: Vec<Token>,
    /// The number of tables so far.
    tables: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn starts_with(&self, start: &str) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        rest.starts_with(start.as_bytes())
    }

    fn skip(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    /// Skips blanks and comments, also those of the next lines if `lines`. A cursor in between is in `place`.
    fn gap(&mut self, place: &Place, lines: bool) {
        let mut start = self.at;
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\n' | b'\r') if lines => self.at += 1,
                Some(b'#') => {
                    self.put(start..self.at, place);
                    let rest = self.text.get(self.at..).unwrap_or_default();
                    let comment = rest.find(['\n', '\r']).unwrap_or(rest.len());
                    let other = Place {
                        role: Role::Other,
                        ..place.clone()
                    };
                    self.put(self.at + 1..self.at + comment, &other);
                    self.at += comment;
                    start = self.at + 1;
                }
                _ => break,
            }
        }
        self.put(start..self.at, place);
    }

    fn put(&mut self, range: Range<usize>, place: &Place) {
        if self.placed.is_none() && (range.start..=range.end).contains(&self.cursor) {
            self.placed = Some(place.clone());
        }
    }

    fn document(&mut self) {
        let mut table: Vec<Rc<str>> = Vec::new();
        while self.at < self.text.len() {
            let start = place(Role::Key, &table, self.tables);
            self.gap(&start, true);
            if self.peek() == Some(b'[') {
                table = self.header();
            } else if self.at < self.text.len() {
                self.entry(&table, self.tables, 0);
            }
            let end = place(Role::Other, &[], self.tables);
            self.gap(&end, false);
            // The rest of the line is not valid.
            let rest = self.text.get(self.at..).unwrap_or_default();
            let rest = rest.find(['\n', '\r']).unwrap_or(rest.len());
            self.put(self.at..self.at + rest, &end);
            self.at += rest;
        }
        let end = place(Role::Key, &table, self.tables);
        self.put(self.at..self.at, &end);
    }

    /// Reads the header of a table, and returns its path.
    fn header(&mut self) -> Vec<Rc<str>> {
        self.tables += 1;
        while self.skip(b'[') {}
        let mut path = Vec::new();
        self.names(Role::Header, &mut path, self.tables);
        while self.skip(b']') {}
        path
    }

    /// Reads the parts of a name, separated by points, and adds them to the path.
    fn names(&mut self, role: Role, path: &mut Vec<Rc<str>>, table: usize) {
        loop {
            let here = place(role, path, table);
            self.gap(&here, false);
            if let Some(name) = self.word(here) {
                path.push(name);
            }
            let after = place(Role::Other, path, table);
            self.gap(&after, false);
            if !self.skip(b'.') {
                return;
            }
        }
    }

    /// Reads a key and its value.
    fn entry(&mut self, table: &[Rc<str>], number: usize, depth: usize) {
        let mut path = table.to_vec();
        self.names(Role::Key, &mut path, number);
        if self.skip(b'=') {
            self.value(&path, number, depth);
        }
    }

    fn value(&mut self, path: &[Rc<str>], table: usize, depth: usize) {
        let here = place(Role::Value, path, table);
        self.gap(&here, false);
        match self.peek() {
            Some(b'[' | b'{') if depth == DEPTH => {}
            Some(b'[') => {
                self.at += 1;
                self.elements(b']', &here, |scanner| {
                    scanner.value(path, table, depth + 1);
                });
            }
            Some(b'{') => {
                self.at += 1;
                self.tables += 1;
                let table = self.tables;
                let keys = place(Role::Key, path, table);
                self.elements(b'}', &keys, |scanner| {
                    scanner.entry(path, table, depth + 1);
                });
            }
            _ => {
                self.word(here);
            }
        }
    }

    /// Reads elements that are separated by commas.
    fn elements(&mut self, end: u8, here: &Place, mut element: impl FnMut(&mut Self)) {
        loop {
            self.gap(here, true);
            // A header in a list that is not closed.
            let is_next = self.peek() == Some(b'[') && end == b'}';
            if self.at >= self.text.len() || is_next || self.skip(end) {
                return;
            }
            let start = self.at;
            element(self);
            let after = Place {
                role: Role::Other,
                ..here.clone()
            };
            self.gap(&after, true);
            if !self.skip(b',') {
                self.skip(end);
                return;
            }
            if self.at == start {
                return;
            }
        }
    }

    /// Reads a string or a word, and returns its text.
    fn word(&mut self, place: Place) -> Option<Rc<str>> {
        let (content, end, is_quoted) = match self.peek()? {
            quote @ (b'"' | b'\'') => self.string(quote),
            _ => {
                let rest = self.text.get(self.at..).unwrap_or_default();
                let is_end = |character: char| {
                    character.is_whitespace() || "=,.[]{}#\"'".contains(character)
                };
                // Numbers and dates contain points.
                let is_value = place.role == Role::Value;
                let length = rest
                    .find(|character| is_end(character) && !(is_value && character == '.'))
                    .unwrap_or(rest.len());
                let end = self.at + length;
                (self.at..end, end, false)
            }
        };
        if content.is_empty() && !is_quoted {
            return None;
        }
        self.at = end;
        let written = self.text.get(content.clone()).unwrap_or_default();
        let text = match written.contains('\\') {
            true => unescape(written),
            false => written.to_owned(),
        };
        let name = Rc::from(&*text);
        self.tokens.push(Token {
            place,
            content,
            text,
            is_quoted,
        });
        Some(name)
    }

    /// The content of a string, and its end. One that is not closed ends with its line, or with the text.
    fn string(&self, quote: u8) -> (Range<usize>, usize, bool) {
        let mark = if quote == b'"' { "\"" } else { "'" };
        let long = mark.repeat(3);
        let is_long = self.starts_with(&long);
        let mark = if is_long { long.as_str() } else { mark };
        let start = self.at + mark.len();
        let bytes = self.text.as_bytes();
        let mut at = start;
        while let Some(byte) = bytes.get(at) {
            match byte {
                _ if bytes
                    .get(at..)
                    .unwrap_or_default()
                    .starts_with(mark.as_bytes()) =>
                {
                    return (start..at, at + mark.len(), true);
                }
                b'\n' | b'\r' if !is_long => break,
                // The character after it is one byte, or has no mark in it.
                b'\\'
                    if quote == b'"'
                        && !matches!(bytes.get(at + 1), None | Some(b'\n' | b'\r')) =>
                {
                    at += 2
                }
                _ => at += 1,
            }
        }
        let end = at.min(bytes.len());
        // The rest of a line after an open string belongs to something else.
        let shown = match (start..=end).contains(&self.cursor) {
            true => self.cursor,
            false => end,
        };
        (start..shown, end, true)
    }
}

fn unescape(written: &str) -> String {
    let parsed = toml::from_str::<toml::Table>(&format!("text = \"\"\"{written}\"\"\""));
    let text = parsed.ok().and_then(|table| {
        let text = table.get("text")?.as_str()?;
        Some(text.to_owned())
    });
    text.unwrap_or_else(|| written.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The role and the path at the `|` of a text, and the text of the token there.
    fn at(text: &str) -> String {
        let cursor = text.find('|').expect("a cursor");
        let text = text.replacen('|', "", 1);
        let scan = scan(&text, cursor);
        let token = scan.token.and_then(|index| scan.tokens.get(index));
        let path = scan.cursor.names().join("/");
        format!(
            "{:?} {path} {:?}",
            scan.cursor.role,
            token.map(|token| &*token.text)
        )
    }

    #[test]
    fn places_are_found() {
        for (text, expected) in [
            ("|", "Key  None"),
            ("for|mat = 1", "Key  Some(\"format\")"),
            ("format = |", "Value format None"),
            ("format = 1 |", "Other  None"),
            ("# a | b", "Other  None"),
            ("[|", "Header  None"),
            ("[act|]", "Header  Some(\"act\")"),
            ("[actions.|]\n", "Header actions None"),
            (
                "[condition-keys.\"aws:|\"]",
                "Header condition-keys Some(\"aws:\")",
            ),
            ("[actions.Get]\n|\n[actions.Put]", "Key actions/Get None"),
            ("[actions.Get]\nsum|", "Key actions/Get Some(\"sum\")"),
            ("[actions.Get]\nsummary |", "Other actions/Get/summary None"),
            (
                "[actions.Get]\naccess-level = \"|\nroute = \"\"",
                "Value actions/Get/access-level Some(\"\")",
            ),
            (
                "[a.B]\nresources = [\n  \"x\",\n  |\n]",
                "Value a/B/resources None",
            ),
            (
                "[a.B]\nresources = ['x', 'y|']",
                "Value a/B/resources Some(\"y\")",
            ),
            (
                "[a.B]\nd = [{ action = \"|\" }]",
                "Value a/B/d/action Some(\"\")",
            ),
            ("[a.B]\nd = [{ action = \"\", |", "Key a/B/d None"),
            ("[[a.B.d]]\naction = \"p\"\n|", "Key a/B/d None"),
            (
                "[a.B]\nlifecycle.st|ate = 1.5",
                "Key a/B/lifecycle Some(\"state\")",
            ),
            ("a = \"\"\"\n[x|\n\"\"\"", "Value a Some(\"\\n[x\\n\")"),
            ("a = 1.5|", "Value a Some(\"1.5\")"),
            ("\"a\\u0062\" = \"|\"", "Value ab Some(\"\")"),
            ("a = b = |\n", "Other  None"),
        ] {
            assert_eq!(at(text), expected, "{text}");
        }
    }

    #[test]
    fn entries_and_texts_are_found() {
        let text = "placeholders = { A = { parameter = 'a' } }\n[placeholders.B]\nparameter = \"b\"\n[placeholders.B.c]";
        let scan = scan(text, 0);
        assert_eq!(scan.entries("placeholders"), ["A", "B"]);
        assert_eq!(scan.text(&["placeholders", "A", "parameter"]), Some("a"));
        assert_eq!(scan.text(&["placeholders", "B", "parameter"]), Some("b"));
        assert_eq!(scan.text(&["placeholders", "C", "parameter"]), None);
    }

    #[test]
    fn every_cursor_in_any_text_has_a_place() {
        let lists = format!("a = {}", "[".repeat(1000));
        let tables = format!("a = {}", "{a=".repeat(1000));
        for text in [
            &*lists,
            &*tables,
            "é.é = \"\\é\n'é\\\n\"\"\"é",
            "[[[é.\"é\n]]]]",
            "= , } ] \r\r\n{[#\u{0}",
            "a = [{b = [}, c]",
        ] {
            for cursor in 0..text.len().min(200) + 2 {
                scan(text, cursor);
            }
        }
    }
}
