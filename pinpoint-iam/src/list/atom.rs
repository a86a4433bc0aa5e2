//! The atoms of a predicate: comparisons of columns, each of which is either true of a row or not.
//!
//! Except for [`Atom::IsNull`], no atom is true of a row whose column is NULL. The opposite of an atom is an atom of
//! its own, so predicates do not need *not*.

use std::collections::BTreeSet;

use super::native::{Kind, NativeType, NativeValue};
use super::node::Node;
use super::row::{Cell, Row, RowError};

/// The operand of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operand {
    /// The text of a column.
    Column(Box<str>),
    /// The text of a whole number in a column.
    AsText(Box<str>),
    /// The text of a column after `skip` characters and then `colons` colons: up to the next colon or, for the `last`
    /// component, up to the end.
    Component {
        column: Box<str>,
        skip: usize,
        colons: usize,
        last: bool,
    },
    /// An element of the list to which the atom belongs.
    Element,
    /// A text of the request.
    Value(Box<str>),
}

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Piece {
    /// These characters.
    Text(Box<str>),
    /// The characters of another column.
    Column(Box<str>),
    /// `?`.
    AnyCharacter,
    /// `*`.
    AnyRun,
}

/// A value with an order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scalar {
    Integer(i64),
    Bool(bool),
    /// Compared byte by byte.
    Key(Box<str>),
    /// A value of one of the database's own types.
    Native(NativeType, NativeValue),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    pub(super) const fn opposite(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::GreaterOrEqual => Self::Less,
            Self::Greater => Self::LessOrEqual,
            Self::LessOrEqual => Self::Greater,
        }
    }

    pub(super) const fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Atom {
    IsNull(Box<str>),
    IsNotNull(Box<str>),
    /// The operand is one of these texts.
    In(Operand, BTreeSet<Box<str>>),
    NotIn(Operand, BTreeSet<Box<str>>),
    /// Exactly these pieces, some of which are columns; none is a wildcard.
    Equals(Operand, Vec<Piece>),
    NotEquals(Operand, Vec<Piece>),
    /// A prefix, compared byte by byte.
    StartsWith(Operand, Box<str>),
    NotStartsWith(Operand, Box<str>),
    /// A pattern with wildcards.
    Matches(Operand, Vec<Piece>),
    NotMatches(Operand, Vec<Piece>),
    /// One character of each set, in this order.
    Spelled(Operand, Vec<Vec<char>>),
    NotSpelled(Operand, Vec<Vec<char>>),
    /// Canonical base64.
    IsBase64(Operand),
    /// At most this many bytes, without control characters.
    IsShortAndPrintable(Operand, usize),
    Compare(Box<str>, Order, Scalar),
    /// The column, of one of the database's own types, has a value of this kind.
    IsOf(Box<str>, NativeType, Kind),
    /// Compares the number of elements of a list with a number.
    HasElements(Box<str>, Order, i64),
    /// A list with an element for which the node is true.
    AnyElement(Box<str>, Box<Node>),
    /// A list without such an element and without a NULL element.
    NoElement(Box<str>, Box<Node>),
}

impl Atom {
    pub(super) fn is(operand: Operand, text: &str) -> Self {
        Self::In(operand, BTreeSet::from([text.into()]))
    }

    pub(super) fn is_not(operand: Operand, text: &str) -> Self {
        Self::NotIn(operand, BTreeSet::from([text.into()]))
    }

    /// The approximate size in bytes of the texts.
    pub(super) fn size(&self) -> usize {
        let of = |text: &str| text.len() + 32;
        match self {
            Self::In(_, texts) | Self::NotIn(_, texts) => texts.iter().map(|text| of(text)).sum(),
            Self::StartsWith(_, text) | Self::NotStartsWith(_, text) => of(text),
            Self::Equals(_, pieces)
            | Self::NotEquals(_, pieces)
            | Self::Matches(_, pieces)
            | Self::NotMatches(_, pieces) => {
                let texts = pieces.iter().map(|piece| match piece {
                    Piece::Text(text) | Piece::Column(text) => of(text),
                    Piece::AnyCharacter | Piece::AnyRun => of(""),
                });
                texts.sum()
            }
            Self::Spelled(_, sets) | Self::NotSpelled(_, sets) => {
                let letters = sets.iter().map(|set| set.len() * size_of::<char>());
                letters.map(|size| size + 32).sum()
            }
            Self::AnyElement(_, node) | Self::NoElement(_, node) => node.size(),
            Self::IsNull(_)
            | Self::IsNotNull(_)
            | Self::IsBase64(_)
            | Self::IsShortAndPrintable(..)
            | Self::Compare(..)
            | Self::IsOf(..)
            | Self::HasElements(..) => 0,
        }
    }

    /// Calls `visit` with the name of each column, and whether the column contains lists.
    pub(super) fn visit_columns(&self, visit: &mut dyn FnMut(&str, bool)) {
        let (operand, pieces): (&Operand, &[Piece]) = match self {
            Self::IsNull(column)
            | Self::IsNotNull(column)
            | Self::Compare(column, ..)
            | Self::IsOf(column, ..) => {
                return visit(column, false);
            }
            Self::HasElements(column, ..) => return visit(column, true),
            Self::AnyElement(column, node) | Self::NoElement(column, node) => {
                visit(column, true);
                return node.visit_columns(&mut |name, is_list| visit(name, is_list));
            }
            Self::In(operand, _)
            | Self::NotIn(operand, _)
            | Self::StartsWith(operand, _)
            | Self::NotStartsWith(operand, _)
            | Self::Spelled(operand, _)
            | Self::NotSpelled(operand, _)
            | Self::IsBase64(operand)
            | Self::IsShortAndPrintable(operand, _) => (operand, &[]),
            Self::Equals(operand, pieces)
            | Self::NotEquals(operand, pieces)
            | Self::Matches(operand, pieces)
            | Self::NotMatches(operand, pieces) => (operand, pieces),
        };
        match operand {
            Operand::Column(column)
            | Operand::AsText(column)
            | Operand::Component { column, .. } => {
                visit(column, false);
            }
            Operand::Element | Operand::Value(_) => {}
        }
        for piece in pieces {
            if let Piece::Column(column) = piece {
                visit(column, false);
            }
        }
    }

    /// Returns the column of one of the database's own types that the atom compares, and the type.
    pub(super) fn native(&self) -> Option<(&str, NativeType)> {
        match self {
            Self::Compare(column, _, Scalar::Native(native, _)) | Self::IsOf(column, native, _) => {
                Some((column, *native))
            }
            _ => None,
        }
    }

    /// Returns whether the atom is true of the row. `element` is the element of the enclosing list.
    pub(super) fn admits(&self, row: &dyn Row, element: Option<&str>) -> Result<bool, RowError> {
        let text = |operand: &Operand| operand.text(row, element);
        let is_some_and = |operand: &Operand, test: &dyn Fn(&str) -> bool| {
            Ok(text(operand)?.is_some_and(|text| test(&text)))
        };
        match self {
            Self::IsNull(column) => Ok(cell(row, column)? == Cell::Null),
            Self::IsNotNull(column) => Ok(cell(row, column)? != Cell::Null),
            Self::In(operand, texts) => is_some_and(operand, &|text| texts.contains(text)),
            Self::NotIn(operand, texts) => is_some_and(operand, &|text| !texts.contains(text)),
            Self::Equals(operand, pieces) => {
                let other = concatenated(pieces, row)?;
                is_some_and(operand, &|text| other.as_deref() == Some(text))
            }
            Self::NotEquals(operand, pieces) => {
                let other = concatenated(pieces, row)?;
                is_some_and(operand, &|text| {
                    other.as_deref().is_some_and(|other| other != text)
                })
            }
            Self::StartsWith(operand, start) => {
                is_some_and(operand, &|text| text.starts_with(&**start))
            }
            Self::NotStartsWith(operand, start) => {
                is_some_and(operand, &|text| !text.starts_with(&**start))
            }
            Self::Matches(operand, pieces) => {
                let pattern = filled(pieces, row)?;
                is_some_and(operand, &|text| {
                    pattern
                        .as_deref()
                        .is_some_and(|pattern| matches(pattern, text))
                })
            }
            Self::NotMatches(operand, pieces) => {
                let pattern = filled(pieces, row)?;
                is_some_and(operand, &|text| {
                    pattern
                        .as_deref()
                        .is_some_and(|pattern| !matches(pattern, text))
                })
            }
            Self::Spelled(operand, sets) => is_some_and(operand, &|text| is_spelled(sets, text)),
            Self::NotSpelled(operand, sets) => {
                is_some_and(operand, &|text| !is_spelled(sets, text))
            }
            Self::IsBase64(operand) => is_some_and(operand, &is_base64),
            Self::IsShortAndPrintable(operand, most) => is_some_and(operand, &|text| {
                text.len() <= *most && !text.chars().any(char::is_control)
            }),
            Self::Compare(column, order, scalar) => {
                compare(cell(row, column)?, *order, scalar).ok_or_else(|| RowError::of_type(column))
            }
            Self::IsOf(column, native, kind) => match cell(row, column)? {
                Cell::Null => Ok(false),
                cell => {
                    let value = native.value(cell);
                    let value = value.ok_or_else(|| RowError::of_type(column))?;
                    Ok(value.kind() == *kind)
                }
            },
            Self::HasElements(column, order, count) => Ok(list(row, column)?.is_some_and(|all| {
                let elements = i64::try_from(all.len()).unwrap_or(i64::MAX);
                order.holds(elements.cmp(count))
            })),
            Self::AnyElement(column, node) => {
                for element in list(row, column)?.unwrap_or_default() {
                    if node.admits(row, Some(element))? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::NoElement(column, node) => {
                let Some(elements) = list(row, column)? else {
                    return Ok(false);
                };
                for element in elements {
                    if node.admits(row, Some(element))? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }
}

impl Operand {
    fn text(&self, row: &dyn Row, element: Option<&str>) -> Result<Option<String>, RowError> {
        match self {
            Self::Column(column) => text(row, column),
            Self::AsText(column) => match cell(row, column)? {
                Cell::Null => Ok(None),
                Cell::Integer(number) => Ok(Some(number.to_string())),
                _ => Err(RowError::of_type(column)),
            },
            Self::Component {
                column,
                skip,
                colons,
                last,
            } => Ok(text(row, column)?.and_then(|text| component(&text, *skip, *colons, *last))),
            Self::Element => Ok(element.map(str::to_owned)),
            Self::Value(value) => Ok(Some(value.to_string())),
        }
    }
}

fn component(text: &str, skip: usize, colons: usize, last: bool) -> Option<String> {
    let mut characters = text.chars();
    for _ in 0..skip {
        characters.next();
    }
    let mut rest = characters.as_str();
    for _ in 0..colons {
        // If no colon is left, the result is the whole text, as in the database.
        rest = rest.split_once(':').map_or(rest, |(_, after)| after);
    }
    match last {
        true => Some(rest.to_owned()),
        false => rest
            .split_once(':')
            .map(|(component, _)| component.to_owned()),
    }
}

fn cell<'r>(row: &'r dyn Row, column: &str) -> Result<Cell<'r>, RowError> {
    row.cell(column).ok_or_else(|| RowError::missing(column))
}

fn text(row: &dyn Row, column: &str) -> Result<Option<String>, RowError> {
    match cell(row, column)? {
        Cell::Null => Ok(None),
        Cell::Text(text) => Ok(Some(text.to_owned())),
        _ => Err(RowError::of_type(column)),
    }
}

fn list<'r>(row: &'r dyn Row, column: &str) -> Result<Option<&'r [String]>, RowError> {
    match cell(row, column)? {
        Cell::Null => Ok(None),
        Cell::List(elements) => Ok(Some(elements)),
        _ => Err(RowError::of_type(column)),
    }
}

/// Returns `None` for a value of another type.
fn compare(cell: Cell<'_>, order: Order, scalar: &Scalar) -> Option<bool> {
    let ordering = match (cell, scalar) {
        (Cell::Null, _) => return Some(false),
        (Cell::Integer(number), Scalar::Integer(other)) => number.cmp(other),
        (Cell::Bool(value), Scalar::Bool(other)) => value.cmp(other),
        (Cell::Text(text), Scalar::Key(other)) => text.cmp(other),
        (cell, Scalar::Native(native, other)) => {
            return Some(
                native
                    .value(cell)?
                    .compare(other)
                    .is_some_and(|it| order.holds(it)),
            );
        }
        _ => return None,
    };
    Some(order.holds(ordering))
}

/// Returns `None` if one of the columns is NULL.
fn concatenated(pieces: &[Piece], row: &dyn Row) -> Result<Option<String>, RowError> {
    let mut whole = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => whole.push_str(text),
            Piece::Column(column) => match text(row, column)? {
                Some(text) => whole.push_str(&text),
                None => return Ok(None),
            },
            Piece::AnyCharacter | Piece::AnyRun => {}
        }
    }
    Ok(Some(whole))
}

/// A step of a pattern: one character or one wildcard.
enum Step {
    Character(char),
    AnyCharacter,
    AnyRun,
}

/// Returns `None` if one of the columns is NULL.
fn filled(pieces: &[Piece], row: &dyn Row) -> Result<Option<Vec<Step>>, RowError> {
    let mut steps = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => steps.extend(text.chars().map(Step::Character)),
            Piece::Column(column) => match text(row, column)? {
                Some(text) => steps.extend(text.chars().map(Step::Character)),
                None => return Ok(None),
            },
            Piece::AnyCharacter => steps.push(Step::AnyCharacter),
            Piece::AnyRun => steps.push(Step::AnyRun),
        }
    }
    Ok(Some(steps))
}

/// Matches as `LIKE` and `GLOB` do: after a mismatch, the last star takes one more character.
fn matches(pattern: &[Step], text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    let (mut at, mut step) = (0, 0);
    let mut retry = None;
    while let Some(character) = characters.get(at) {
        match pattern.get(step) {
            Some(Step::AnyRun) => {
                retry = Some((at, step));
                step += 1;
            }
            Some(Step::Character(wanted)) if wanted == character => (at, step) = (at + 1, step + 1),
            Some(Step::AnyCharacter) => (at, step) = (at + 1, step + 1),
            _ => match retry {
                Some((start, star)) => {
                    retry = Some((start + 1, star));
                    (at, step) = (start + 1, star + 1);
                }
                None => return false,
            },
        }
    }
    let rest = pattern.get(step..).unwrap_or_default();
    rest.iter().all(|step| matches!(step, Step::AnyRun))
}

fn is_spelled(sets: &[Vec<char>], text: &str) -> bool {
    let mut characters = text.chars();
    sets.iter()
        .all(|set| characters.next().is_some_and(|one| set.contains(&one)))
        && characters.next().is_none()
}

/// The characters of base64, in the order of their values.
pub(super) const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Characters that are valid before `==`, because their unused bits are zero.
pub(super) const BEFORE_TWO: &str = "AQgw";
/// Characters that are valid before `=`, because their unused bits are zero.
pub(super) const BEFORE_ONE: &str = "AEIMQUYcgkosw048";

fn is_base64(text: &str) -> bool {
    let (body, before) = match (text.strip_suffix("=="), text.strip_suffix('=')) {
        (Some(body), _) => (body, BEFORE_TWO),
        (None, Some(body)) => (body, BEFORE_ONE),
        (None, None) => (text, BASE64),
    };
    text.len().is_multiple_of(4)
        && body.chars().all(|character| BASE64.contains(character))
        && (text.is_empty() || body.ends_with(|last| before.contains(last)))
}
