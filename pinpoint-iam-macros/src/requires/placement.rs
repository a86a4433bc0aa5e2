//! Where an attribute is written: in an `impl` or `trait`, or below `#[debug_handler]`.
//!
//! An attribute receives only its own item. In both places the expansion of a handler does not compile, and rustc reports
//! parts of it that the user has not written. So the source file is scanned. The result only decides which error is
//! reported, and the scan need not understand more than brackets, literals and comments.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The start of an attribute in a source file.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    pub(crate) file: PathBuf,
    /// Counts from 1.
    pub(crate) line: usize,
    /// Counts characters from 1.
    pub(crate) column: usize,
}

/// A place where a handler cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    /// Directly in an `impl` or `trait`.
    Associated,
    /// Below `#[debug_handler]`, on the same item.
    BelowDebugHandler,
}

impl Placement {
    /// The placement of the attribute at `position`; `None` where a handler can be.
    pub(crate) fn of(position: &Position) -> Option<Self> {
        /// The last file, because attributes of one file are expanded one after the other.
        static LAST: Mutex<Option<(PathBuf, Placements)>> = Mutex::new(None);
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (position.line, position.column);
        if let Some((file, placements)) = &*last
            && *file == position.file
        {
            return placements.get(&place).copied();
        }
        let source = fs::read_to_string(&position.file).ok()?;
        let placements = scan(&source);
        let found = placements.get(&place).copied();
        *last = Some((position.file.clone(), placements));
        found
    }
}

/// The placements of attributes by line and column.
type Placements = BTreeMap<(usize, usize), Placement>;

/// What is known between an opening bracket and its end.
#[derive(Default)]
struct Frame {
    /// Whether these are the brackets of an attribute.
    is_attribute: bool,
    /// Whether this is the body of an `impl` or `trait`.
    is_associated: bool,
    /// What the item that is being read starts with.
    start: Start,
    /// Whether the item has `#[debug_handler]` so far.
    has_debug_handler: bool,
    /// The last word of the attribute's path.
    name: String,
}

/// The first keyword of an item.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Start {
    /// Not reached.
    #[default]
    Unknown,
    ImplOrTrait,
    Other,
}

/// Finds the attributes whose place a handler cannot be in.
fn scan(source: &str) -> Placements {
    let mut placements = Placements::new();
    let mut stack = vec![Frame::default()];
    let mut text = Text::new(source);
    while let Some(letter) = text.next() {
        let Some(frame) = stack.last_mut() else {
            break;
        };
        match letter {
            '/' | '"' | '\'' if text.skip_literal_or_comment(letter) => {}
            '#' if text.peek() == Some('[') => {
                let place = (text.line, text.column - 1);
                text.next();
                let placement = if frame.is_associated {
                    Some(Placement::Associated)
                } else if frame.has_debug_handler {
                    Some(Placement::BelowDebugHandler)
                } else {
                    None
                };
                placements.extend(placement.map(|placement| (place, placement)));
                stack.push(Frame {
                    is_attribute: true,
                    ..Frame::default()
                });
            }
            '(' | '[' | '{' => {
                let is_associated = letter == '{' && frame.start == Start::ImplOrTrait;
                stack.push(Frame {
                    is_associated,
                    ..Frame::default()
                });
            }
            ')' | ']' | '}' => {
                let Some(closed) = stack.pop() else {
                    break;
                };
                let Some(frame) = stack.last_mut() else {
                    break;
                };
                if closed.is_attribute {
                    frame.has_debug_handler |= closed.name == "debug_handler";
                } else if letter == '}' {
                    frame.start = Start::Unknown;
                    frame.has_debug_handler = false;
                }
            }
            ';' => {
                frame.start = Start::Unknown;
                frame.has_debug_handler = false;
            }
            letter if letter == '_' || letter.is_alphanumeric() => {
                let word = text.word(letter);
                if frame.is_attribute {
                    frame.name = word;
                } else if frame.start == Start::Unknown {
                    frame.start = match word.as_str() {
                        "pub" | "unsafe" | "default" | "const" | "auto" => Start::Unknown,
                        "impl" | "trait" => Start::ImplOrTrait,
                        _ => Start::Other,
                    };
                }
            }
            _ => {}
        }
    }
    placements
}

/// The characters of a source file and the position of the next one.
struct Text<'a> {
    letters: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
    column: usize,
}

impl<'a> Text<'a> {
    fn new(source: &'a str) -> Self {
        let source = source.strip_prefix('\u{feff}').unwrap_or(source);
        Self {
            letters: source.chars().peekable(),
            line: 1,
            column: 1,
        }
    }

    fn peek(&mut self) -> Option<char> {
        self.letters.peek().copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.letters.next()?;
        if letter == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(letter)
    }

    /// Reads the rest of a word. After a prefix such as `r#`, reads the raw string, too.
    fn word(&mut self, first: char) -> String {
        let mut word = String::from(first);
        while let Some(letter) = self.peek()
            && (letter == '_' || letter.is_alphanumeric())
        {
            word.push(letter);
            self.next();
        }
        if matches!(word.as_str(), "r" | "br" | "cr") {
            let mut hashes = 0;
            while self.peek() == Some('#') {
                self.next();
                hashes += 1;
            }
            if self.peek() == Some('"') {
                self.next();
                self.skip_raw_string(hashes);
            }
        }
        word
    }

    fn skip_raw_string(&mut self, hashes: usize) {
        while let Some(letter) = self.next() {
            let mut closing = 0;
            while letter == '"' && closing < hashes && self.peek() == Some('#') {
                self.next();
                closing += 1;
            }
            if letter == '"' && closing == hashes {
                return;
            }
        }
    }

    /// Skips what `first` starts, unless it is an operator or the quote of a lifetime.
    fn skip_literal_or_comment(&mut self, first: char) -> bool {
        match (first, self.peek()) {
            ('/', Some('/')) => while self.next().is_some_and(|letter| letter != '\n') {},
            ('/', Some('*')) => {
                self.next();
                self.skip_block_comment();
            }
            ('"', _) => self.skip_quoted('"'),
            ('\'', Some('\\')) => self.skip_quoted('\''),
            ('\'', Some(_)) => {
                let mut ahead = self.letters.clone();
                if ahead.nth(1) == Some('\'') {
                    self.next();
                    self.next();
                }
            }
            _ => return false,
        }
        true
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 1;
        while depth > 0
            && let Some(letter) = self.next()
        {
            match (letter, self.peek()) {
                ('/', Some('*')) => depth += 1,
                ('*', Some('/')) => depth -= 1,
                _ => continue,
            }
            self.next();
        }
    }

    fn skip_quoted(&mut self, quote: char) {
        while let Some(letter) = self.next() {
            match letter {
                '\\' => {
                    self.next();
                }
                letter if letter == quote => return,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The placements of all `#[requires]` of a source, in their order.
    fn placements(source: &str) -> Vec<Option<Placement>> {
        let found = scan(source);
        let lines = (1..).zip(source.lines());
        lines
            .flat_map(|(line, text)| {
                text.match_indices("#[requires]").map(move |(index, _)| {
                    let before = text.get(..index).unwrap_or_default();
                    (line, before.chars().count() + 1)
                })
            })
            .map(|place| found.get(&place).copied())
            .collect()
    }

    #[test]
    fn functions_of_impls_and_traits_are_found() {
        let associated = Some(Placement::Associated);
        for source in [
            "impl A { #[requires] fn f() {} }",
            "unsafe impl<T> B for A where T: C {\n    #[requires]\n    fn f() {}\n}",
            "pub(crate) trait A { fn g() { x() } const C: u8 = 1; /// One.\n #[requires] fn f(); }",
            "mod m { mod n; impl A { fn g(); #[allow(x)] #[requires] fn f() {} } }",
            "use a::{b, c}; impl A { const C: [u8; 2] = [1, 2]; type D = u8; #[requires] fn f() {} }",
            "const A: &str = r#\"}\"} \"#; impl A { #[requires] fn f() {} }",
            "impl ä { /* ü } /* } */ */ #[requires] fn f() {} }",
            "\u{feff}\nimpl A { #[requires] fn f() {} }",
        ] {
            assert_eq!(placements(source), [associated], "{source}");
        }
    }

    #[test]
    fn free_functions_are_not_in_an_impl() {
        for source in [
            "#[requires] fn f() {}",
            "impl A {} #[requires] fn f() {}",
            "impl A { fn g() { #[requires] fn f() {} } }",
            "fn g() -> impl A { #[requires] fn f() {} x }",
            "fn g(_: impl A) {} mod m { #[requires] fn f() {} }",
            "const C: char = '{'; impl A { const D: u8 = b'\\''; fn g<'a>() -> &'a str { \"}\" } } #[requires] fn f() {}",
            "impl A { fn g() { // }\n } } #[requires] fn f() {}",
            "macro_rules! m { () => { #[requires] fn f() {} } }",
            "} #[requires] fn f() {}",
        ] {
            assert_eq!(placements(source), [None], "{source}");
        }
    }

    #[test]
    fn debug_handler_is_found_above_the_attribute_only() {
        let below = Some(Placement::BelowDebugHandler);
        for (source, expected) in [
            ("#[axum::debug_handler] #[requires] fn f() {}", below),
            (
                "#[debug_handler(state = App)]\n/// F.\n#[allow(x)]\n#[requires] fn f() {}",
                below,
            ),
            ("#[requires] #[debug_handler] fn f() {}", None),
            ("#[debug_handler] fn g() {} #[requires] fn f() {}", None),
            ("#[debug_handler] fn g(); #[requires] fn f() {}", None),
            ("#[cfg_attr(x, debug_handler)] #[requires] fn f() {}", None),
            ("#[doc = \"debug_handler\"] #[requires] fn f() {}", None),
        ] {
            assert_eq!(placements(source), [expected], "{source}");
        }
    }
}
