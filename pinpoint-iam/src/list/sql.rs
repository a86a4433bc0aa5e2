//! Predicates as SQL.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::atom::{Atom, BASE64, BEFORE_ONE, BEFORE_TWO, Operand, Order, Piece, Scalar};
use super::node::Node;

/// A database for which predicates are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL, in a database with the encoding UTF-8.
    Postgres,
    /// SQLite from 3.38 on, which has JSON functions.
    Sqlite,
}

/// A value that a statement binds.
#[derive(Clone, Debug, PartialEq)]
pub enum BindValue {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A list of texts: an array in PostgreSQL. For SQLite, lists are bound as a [`Text`](Self::Text) with a JSON
    /// array.
    TextList(Vec<String>),
}

/// Receives the text of a statement and the values that it binds.
///
/// [`Predicate::to_sql`](super::Predicate::to_sql) collects both. Implement this trait to write a predicate into the
/// query builder of a database library: its two methods correspond to `push` and `push_bind` of sqlx.
pub trait SqlSink {
    /// Appends text of the statement. It never contains a value.
    fn push(&mut self, sql: &str);

    /// Binds a value, and appends its placeholder.
    fn push_bind(&mut self, value: BindValue);
}

/// Collects a statement with numbered placeholders.
pub(super) struct Statement {
    pub(super) dialect: Dialect,
    pub(super) next: usize,
    pub(super) sql: String,
    pub(super) binds: Vec<BindValue>,
}

impl SqlSink for Statement {
    fn push(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    fn push_bind(&mut self, value: BindValue) {
        let sign = match self.dialect {
            Dialect::Postgres => '$',
            Dialect::Sqlite => '?',
        };
        // INVARIANT: writing to a `String` does not fail.
        let _ = write!(self.sql, "{sign}{}", self.next);
        self.next += 1;
        self.binds.push(value);
    }
}

/// Returns a quoted name. SQLite reads a name in double quotes as a text if there is no such column, so a misspelled name
/// would be compared as a constant. A name in backticks is always a name.
pub(super) fn quoted(dialect: Dialect, name: &str) -> String {
    let quote = match dialect {
        Dialect::Postgres => "\"",
        Dialect::Sqlite => "`",
    };
    let parts = name.split('.').map(|part| {
        let part = part.replace(quote, &quote.repeat(2));
        format!("{quote}{part}{quote}")
    });
    parts.collect::<Vec<_>>().join(".")
}

pub(super) struct Writer<'w> {
    pub(super) dialect: Dialect,
    pub(super) sink: &'w mut dyn SqlSink,
}

/// The maximum number of adjacent parts: SQLite limits the depth of expressions, and each operator is one more.
const MOST_IN_A_ROW: usize = 64;

impl Writer<'_> {
    pub(super) fn node(&mut self, node: &Node) {
        match node {
            Node::True | Node::Inexact(..) => self.constant(true),
            Node::False | Node::Unknown(_) => self.constant(false),
            Node::Atom(atom) => self.atom(atom),
            Node::All(nodes) => self.joined(nodes, " AND "),
            Node::Any(nodes) => self.joined(nodes, " OR "),
        }
    }

    fn constant(&mut self, value: bool) {
        self.sink.push(match (self.dialect, value) {
            (Dialect::Postgres, true) => "TRUE",
            (Dialect::Postgres, false) => "FALSE",
            (Dialect::Sqlite, true) => "1",
            (Dialect::Sqlite, false) => "0",
        });
    }

    fn joined(&mut self, nodes: &[Node], word: &str) {
        self.sink.push("(");
        if nodes.len() > MOST_IN_A_ROW {
            let size = nodes.len().div_ceil(MOST_IN_A_ROW).max(MOST_IN_A_ROW);
            for (index, some) in nodes.chunks(size).enumerate() {
                self.between(index, word);
                self.joined(some, word);
            }
        } else {
            for (index, node) in nodes.iter().enumerate() {
                self.between(index, word);
                self.node(node);
            }
        }
        self.sink.push(")");
    }

    fn between(&mut self, index: usize, word: &str) {
        if index > 0 {
            self.sink.push(word);
        }
    }

    fn atom(&mut self, atom: &Atom) {
        match atom {
            Atom::IsNull(column) => {
                self.name(column);
                self.sink.push(" IS NULL");
            }
            Atom::IsNotNull(column) => {
                self.name(column);
                self.sink.push(" IS NOT NULL");
            }
            Atom::In(operand, texts) => self.texts(operand, texts, true),
            Atom::NotIn(operand, texts) => self.texts(operand, texts, false),
            Atom::Equals(operand, pieces) => self.concatenation(operand, " = ", pieces),
            Atom::NotEquals(operand, pieces) => self.concatenation(operand, " <> ", pieces),
            Atom::StartsWith(operand, start) => self.range(operand, start, true),
            Atom::NotStartsWith(operand, start) => self.range(operand, start, false),
            Atom::Matches(operand, pieces) => self.pattern(operand, pieces, true),
            Atom::NotMatches(operand, pieces) => self.pattern(operand, pieces, false),
            Atom::Spelled(operand, sets) => self.spelled(operand, sets, true),
            Atom::NotSpelled(operand, sets) => self.spelled(operand, sets, false),
            Atom::IsBase64(operand) => self.base64(operand),
            Atom::IsShortAndPrintable(operand, most) => self.short_and_printable(operand, *most),
            Atom::Compare(column, order, scalar) => self.compare(column, *order, scalar),
            Atom::IsOf(column, native, kind) => self.kind(column, *native, *kind),
            Atom::HasElements(column, order, count) => {
                self.sink.push(match self.dialect {
                    Dialect::Postgres => "cardinality(",
                    Dialect::Sqlite => "json_array_length(",
                });
                self.name(column);
                self.sink.push(")");
                self.order(*order);
                self.bind_integer(*count);
            }
            Atom::AnyElement(column, node) => {
                self.sink.push("EXISTS (");
                self.elements(column);
                self.node(node);
                self.sink.push(")");
            }
            Atom::NoElement(column, node) => {
                self.sink.push("(");
                self.name(column);
                self.sink.push(" IS NOT NULL AND NOT EXISTS (");
                self.elements(column);
                self.node(node);
                self.sink.push(" OR ");
                self.operand(&Operand::Element);
                self.sink.push(" IS NULL))");
            }
        }
    }

    fn elements(&mut self, column: &str) {
        match self.dialect {
            Dialect::Postgres => {
                self.sink.push("SELECT 1 FROM unnest(");
                self.name(column);
                self.sink.push(") AS \"element\"(\"value\") WHERE ");
            }
            Dialect::Sqlite => {
                self.sink.push("SELECT 1 FROM json_each(");
                self.name(column);
                self.sink.push(") AS `element` WHERE ");
            }
        }
    }

    /// Appends a quoted name.
    pub(super) fn name(&mut self, name: &str) {
        self.sink.push(&quoted(self.dialect, name));
    }

    fn operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Column(column) => self.name(column),
            Operand::AsText(column) => {
                self.sink.push("CAST(");
                self.name(column);
                self.sink.push(" AS TEXT)");
            }
            Operand::Component {
                column,
                skip,
                colons,
                last,
            } => self.component(column, *skip, *colons, *last),
            Operand::Element => self.sink.push(match self.dialect {
                Dialect::Postgres => "\"element\".\"value\"",
                Dialect::Sqlite => "`element`.`value`",
            }),
            Operand::Value(value) => self.bind_text(value),
        }
    }

    fn component(&mut self, column: &str, skip: usize, colons: usize, last: bool) {
        if last {
            self.rest(column, skip, colons);
            return;
        }
        if self.dialect == Dialect::Postgres {
            self.sink.push("split_part(");
            self.rest(column, skip, 0);
            self.sink.push(", ':', ");
            self.bind_integer(i64::try_from(colons).unwrap_or(i64::MAX - 1) + 1);
            self.sink.push(")");
            return;
        }
        self.sink.push("substr(");
        self.rest(column, skip, colons);
        self.sink.push(", 1, ");
        self.first_colon(column, skip, colons);
        self.sink.push(" - 1)");
    }

    fn rest(&mut self, column: &str, skip: usize, colons: usize) {
        self.sink.push("substr(");
        match colons.checked_sub(1) {
            None => {
                self.name(column);
                self.sink.push(", ");
                self.bind_integer(i64::try_from(skip).unwrap_or(i64::MAX - 1) + 1);
            }
            Some(fewer) => {
                self.rest(column, skip, fewer);
                self.sink.push(", ");
                self.first_colon(column, skip, fewer);
                self.sink.push(" + 1");
            }
        }
        self.sink.push(")");
    }

    fn first_colon(&mut self, column: &str, skip: usize, colons: usize) {
        self.sink.push(match self.dialect {
            Dialect::Postgres => "strpos(",
            Dialect::Sqlite => "instr(",
        });
        self.rest(column, skip, colons);
        self.sink.push(", ':')");
    }

    pub(super) fn bind_text(&mut self, text: &str) {
        match self.dialect {
            Dialect::Postgres => {
                self.sink.push("CAST(");
                self.sink.push_bind(BindValue::Text(text.to_owned()));
                self.sink.push(" AS text)");
            }
            Dialect::Sqlite => self.sink.push_bind(BindValue::Text(text.to_owned())),
        }
    }

    /// Binds a number of characters or bytes.
    fn bind_integer(&mut self, number: i64) {
        match self.dialect {
            Dialect::Postgres => {
                self.sink.push("CAST(CAST(");
                self.sink.push_bind(BindValue::Integer(number));
                self.sink.push(" AS bigint) AS integer)");
            }
            Dialect::Sqlite => self.sink.push_bind(BindValue::Integer(number)),
        }
    }

    /// In SQLite the collation is named, so that a column with another collation is compared byte by byte as well. In
    /// PostgreSQL this would prevent the use of indexes.
    fn bytes(&mut self) {
        if self.dialect == Dialect::Sqlite {
            self.sink.push(" COLLATE BINARY");
        }
    }

    /// The collation that orders texts by their bytes.
    const fn byte_order(&self) -> &'static str {
        match self.dialect {
            Dialect::Postgres => " COLLATE \"C\"",
            Dialect::Sqlite => " COLLATE BINARY",
        }
    }

    fn texts(&mut self, operand: &Operand, texts: &BTreeSet<Box<str>>, positive: bool) {
        let mut all = texts.iter();
        if let (Some(only), None) = (all.next(), all.next()) {
            self.operand(operand);
            self.bytes();
            self.sink.push(if positive { " = " } else { " <> " });
            self.bind_text(only);
            return;
        }
        let texts = texts.iter().map(ToString::to_string);
        self.operand(operand);
        self.bytes();
        match self.dialect {
            Dialect::Postgres => {
                self.sink.push(if positive {
                    " = ANY (CAST("
                } else {
                    " <> ALL (CAST("
                });
                self.sink.push_bind(BindValue::TextList(texts.collect()));
                self.sink.push(" AS text[]))");
            }
            Dialect::Sqlite => {
                self.sink.push(if positive { " IN " } else { " NOT IN " });
                self.sink.push("(SELECT value FROM json_each(");
                self.sink.push_bind(BindValue::Text(json_array(texts)));
                self.sink.push("))");
            }
        }
    }

    fn concatenation(&mut self, operand: &Operand, relation: &str, pieces: &[Piece]) {
        self.operand(operand);
        self.sink.push(self.byte_order());
        self.sink.push(relation);
        self.sink.push("(");
        for (index, piece) in pieces.iter().enumerate() {
            self.between(index, " || ");
            match piece {
                Piece::Text(text) => self.bind_text(text),
                Piece::Column(column) => self.name(column),
                Piece::AnyCharacter | Piece::AnyRun => self.bind_text(""),
            }
        }
        self.sink.push(")");
    }

    /// A prefix is compared as a range of texts, so that an index can be used.
    fn range(&mut self, operand: &Operand, start: &str, within: bool) {
        let collation = self.byte_order();
        let (from, word, to) = match within {
            true => (" >= ", " AND ", " < "),
            false => (" < ", " OR ", " >= "),
        };
        self.sink.push("(");
        self.operand(operand);
        self.sink.push(collation);
        self.sink.push(from);
        self.bind_text(start);
        if let Some(end) = behind(start) {
            self.sink.push(word);
            self.operand(operand);
            self.sink.push(collation);
            self.sink.push(to);
            self.bind_text(&end);
        }
        self.sink.push(")");
    }

    fn pattern(&mut self, operand: &Operand, pieces: &[Piece], positive: bool) {
        self.operand(operand);
        self.sink.push(match (self.dialect, positive) {
            (Dialect::Postgres, true) => " COLLATE \"C\" LIKE ",
            (Dialect::Postgres, false) => " COLLATE \"C\" NOT LIKE ",
            (Dialect::Sqlite, true) => " GLOB ",
            (Dialect::Sqlite, false) => " NOT GLOB ",
        });
        // Known text is one bind, between the columns.
        self.sink.push("(");
        let mut known = String::new();
        let mut is_first = true;
        for piece in pieces {
            match (self.dialect, piece) {
                (_, Piece::Text(text)) => known.push_str(&self.escaped(text)),
                (Dialect::Postgres, Piece::AnyCharacter) => known.push('_'),
                (Dialect::Postgres, Piece::AnyRun) => known.push('%'),
                (Dialect::Sqlite, Piece::AnyCharacter) => known.push('?'),
                (Dialect::Sqlite, Piece::AnyRun) => known.push('*'),
                (_, Piece::Column(column)) => {
                    if !known.is_empty() {
                        self.between(usize::from(!is_first), " || ");
                        self.bind_text(&std::mem::take(&mut known));
                        is_first = false;
                    }
                    self.between(usize::from(!is_first), " || ");
                    self.escaped_column(column);
                    is_first = false;
                }
            }
        }
        if !known.is_empty() || is_first {
            self.between(usize::from(!is_first), " || ");
            self.bind_text(&known);
        }
        self.sink.push(")");
        if self.dialect == Dialect::Postgres {
            self.sink.push(" ESCAPE '!'");
        }
    }

    fn escaped(&self, text: &str) -> String {
        let mut escaped = String::with_capacity(text.len());
        for character in text.chars() {
            match (self.dialect, character) {
                (Dialect::Postgres, '!' | '%' | '_') => escaped.extend(['!', character]),
                (Dialect::Sqlite, '*' | '?' | '[') => escaped.extend(['[', character, ']']),
                _ => escaped.push(character),
            }
        }
        escaped
    }

    /// The value of another column is data, never a pattern.
    fn escaped_column(&mut self, column: &str) {
        let replaced = match self.dialect {
            Dialect::Postgres => [("!", "!!"), ("%", "!%"), ("_", "!_")],
            Dialect::Sqlite => [("[", "[[]"), ("*", "[*]"), ("?", "[?]")],
        };
        for _ in replaced {
            self.sink.push("replace(");
        }
        self.name(column);
        for (character, with) in replaced {
            self.sink.push(", '");
            self.sink.push(character);
            self.sink.push("', '");
            self.sink.push(with);
            self.sink.push("')");
        }
    }

    fn spelled(&mut self, operand: &Operand, sets: &[Vec<char>], positive: bool) {
        self.operand(operand);
        self.sink.push(match (self.dialect, positive) {
            (Dialect::Postgres, true) => " COLLATE \"C\" ~ ",
            (Dialect::Postgres, false) => " COLLATE \"C\" !~ ",
            (Dialect::Sqlite, true) => " GLOB ",
            (Dialect::Sqlite, false) => " NOT GLOB ",
        });
        let mut pattern = String::new();
        if self.dialect == Dialect::Postgres {
            pattern.push('^');
        }
        for set in sets {
            match (self.dialect, set.as_slice()) {
                (Dialect::Sqlite, [only]) => pattern.push_str(&self.escaped(&only.to_string())),
                (Dialect::Sqlite, letters) => {
                    pattern.push('[');
                    pattern.extend(letters);
                    pattern.push(']');
                }
                // Each letter is written as its number, so that none has a special meaning.
                (Dialect::Postgres, letters) => {
                    pattern.push_str("(?:");
                    for (index, letter) in letters.iter().enumerate() {
                        let word = if index > 0 { "|" } else { "" };
                        // INVARIANT: writing to a `String` does not fail.
                        let _ = write!(pattern, "{word}\\U{:08x}", u32::from(*letter));
                    }
                    pattern.push(')');
                }
            }
        }
        if self.dialect == Dialect::Postgres {
            pattern.push('$');
        }
        self.bind_text(&pattern);
    }

    fn base64(&mut self, operand: &Operand) {
        if self.dialect == Dialect::Postgres {
            self.operand(operand);
            self.sink.push(" COLLATE \"C\" ~ '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$'");
            return;
        }
        // The length, the characters of the body, and its last character.
        self.sink.push("(length(");
        self.operand(operand);
        self.sink.push(") % 4 = 0 AND rtrim(");
        self.operand(operand);
        self.sink
            .push(&format!(", '=') NOT GLOB '*[^{BASE64}]*' AND ("));
        self.operand(operand);
        self.sink.push(" NOT GLOB '*=' OR ");
        self.operand(operand);
        self.sink
            .push(&format!(" GLOB '*[{BASE64}][{BEFORE_TWO}]==' OR "));
        self.operand(operand);
        self.sink.push(&format!(" GLOB '*[{BEFORE_ONE}]='))"));
    }

    fn short_and_printable(&mut self, operand: &Operand, most: usize) {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let controls: String = ('\u{1}'..'\u{a0}').filter(|one| one.is_control()).collect();
        match self.dialect {
            Dialect::Postgres => {
                self.sink.push("(octet_length(");
                self.operand(operand);
                self.sink.push(") <= ");
                self.bind_integer(most);
                self.sink.push(" AND translate(");
                self.operand(operand);
                self.sink.push(", ");
                self.bind_text(&controls);
                self.sink.push(", '') = ");
                self.operand(operand);
                self.sink.push(")");
            }
            Dialect::Sqlite => {
                self.sink.push("(length(CAST(");
                self.operand(operand);
                self.sink.push(" AS BLOB)) <= ");
                self.bind_integer(most);
                self.sink.push(" AND ");
                self.operand(operand);
                self.sink.push(" NOT GLOB ");
                self.bind_text(&format!("*[{controls}]*"));
                self.sink.push(")");
            }
        }
    }

    fn order(&mut self, order: Order) {
        self.sink.push(match order {
            Order::Equal => " = ",
            Order::NotEqual => " <> ",
            Order::Less => " < ",
            Order::LessOrEqual => " <= ",
            Order::Greater => " > ",
            Order::GreaterOrEqual => " >= ",
        });
    }

    fn compare(&mut self, column: &str, order: Order, scalar: &Scalar) {
        self.name(column);
        if matches!(scalar, Scalar::Key(_)) {
            self.sink.push(self.byte_order());
        }
        self.order(order);
        match scalar {
            Scalar::Integer(number) => match self.dialect {
                Dialect::Postgres => {
                    self.sink.push("CAST(");
                    self.sink.push_bind(BindValue::Integer(*number));
                    self.sink.push(" AS bigint)");
                }
                Dialect::Sqlite => self.sink.push_bind(BindValue::Integer(*number)),
            },
            Scalar::Bool(value) => self.constant(*value),
            Scalar::Key(key) => self.bind_text(key),
            Scalar::Native(native, value) => self.native(*native, value),
        }
    }
}

/// Returns the first text, in byte order, after all texts with this prefix; `None` if there is none.
fn behind(start: &str) -> Option<String> {
    let mut characters: Vec<char> = start.chars().collect();
    while let Some(last) = characters.pop() {
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

fn json_array(texts: impl Iterator<Item = String>) -> String {
    serde_json::Value::from_iter(texts).to_string()
}
