//! Converts the texts and patterns of policies to conditions over text operands.

use super::Lister;
use super::atom::{Atom, Operand, Piece};
use super::columns::ColumnKind;
use super::node::Node;
use crate::arn::MAX_ARN_LENGTH;
use crate::condition::residual::Class;
use crate::pattern::{Case, Filled, Match, Part, Pattern, Variable, alike_letters};

/// The rows in which something is true of an operand, and those in which it is not.
///
/// Rows in which the operand is NULL are in neither of them.
#[derive(Clone, Debug)]
pub(super) struct Split {
    pub(super) inside: Node,
    pub(super) outside: Node,
}

impl Split {
    pub(super) fn of(inside: impl Into<Node>, outside: impl Into<Node>) -> Self {
        Self {
            inside: inside.into(),
            outside: outside.into(),
        }
    }

    pub(super) fn everywhere(operand: &Operand) -> Self {
        Self::of(present(operand), Node::False)
    }

    pub(super) fn nowhere(operand: &Operand) -> Self {
        Self::of(Node::False, present(operand))
    }

    /// The same node for both, if it is not known which of them applies.
    pub(super) fn both(node: Node) -> Self {
        Self::of(node.clone(), node)
    }

    /// Inside where one of `splits` is inside.
    pub(super) fn any(operand: &Operand, splits: impl IntoIterator<Item = Self>) -> Self {
        let any = splits.into_iter().reduce(|all, split| {
            Self::of(all.inside.or(split.inside), all.outside.and(split.outside))
        });
        any.unwrap_or_else(|| Self::nowhere(operand))
    }

    /// Inside where all of `splits` are inside.
    pub(super) fn all(operand: &Operand, splits: impl IntoIterator<Item = Self>) -> Self {
        let all = splits.into_iter().reduce(|all, split| {
            Self::of(all.inside.and(split.inside), all.outside.or(split.outside))
        });
        all.unwrap_or_else(|| Self::everywhere(operand))
    }

    /// Returns the wanted rows: those inside, those outside, both, or none.
    pub(super) fn pick(self, operand: &Operand, inside: bool, outside: bool) -> Node {
        match (inside, outside) {
            (true, true) => present(operand),
            (true, false) => self.inside,
            (false, true) => self.outside,
            (false, false) => Node::False,
        }
    }
}

/// Returns the node that is true if the operand is not NULL.
pub(super) fn present(operand: &Operand) -> Node {
    match operand {
        Operand::Column(column) | Operand::AsText(column) | Operand::Component { column, .. } => {
            Atom::IsNotNull(column.clone()).into()
        }
        // The atoms that compare elements handle NULL within a list.
        Operand::Element | Operand::Value(_) => Node::True,
    }
}

/// The maximum number of stars in a pattern that a database matches.
const MOST_STARS: usize = 16;

/// The maximum number of variables of one pattern that are filled from rows.
const MOST_VARIABLES: usize = 3;

/// One way of filling the variables, and the rows to which it applies.
struct Filling {
    when: Node,
    /// `None` if a variable has no value, so that the pattern matches nothing.
    pieces: Option<Vec<Piece>>,
}

impl Lister<'_> {
    /// Returns the rows in which a text matches a pattern.
    pub(super) fn pattern<'p>(
        &self,
        parts: impl Iterator<Item = Part<'p>>,
        operand: &Operand,
        case: Case,
        may_hold_nul: bool,
    ) -> Split {
        let mut fillings = vec![Filling {
            when: Node::True,
            pieces: Some(Vec::new()),
        }];
        for part in parts {
            let piece = match part {
                Part::Text(text) => Piece::Text(text.into()),
                Part::AnyCharacter => Piece::AnyCharacter,
                Part::AnyRun => Piece::AnyRun,
                Part::Variable(variable) => match self.fill(variable) {
                    Ok(filled) => {
                        if let Filled::Value(text) = filled {
                            Piece::Text(text.into())
                        } else {
                            return Split::nowhere(operand);
                        }
                    }
                    Err(RowVariable::Column(column)) => {
                        if fillings.len() >= 1 << MOST_VARIABLES {
                            return self.inexact(
                                "a value has too many variables that are filled from rows",
                            );
                        }
                        fillings = fillings
                            .into_iter()
                            .flat_map(|filling| filling.by_column(&column, variable.default()))
                            .collect();
                        continue;
                    }
                    Err(RowVariable::Empty) => match variable.default() {
                        Some(default) => Piece::Text(default.into()),
                        None => return Split::nowhere(operand),
                    },
                    Err(RowVariable::Nowhere(reason)) => return self.inexact(&reason),
                    Err(RowVariable::Unknown) => {
                        return Split::both(Node::Unknown(variable.key().clone()));
                    }
                },
            };
            for filling in &mut fillings {
                filling.push(&piece);
            }
        }
        let mut all = Split::of(Node::False, Node::False);
        let is_filled_by_rows = fillings.len() > 1;
        for filling in fillings {
            let split = match filling.pieces {
                None => Split::nowhere(operand),
                Some(pieces) => self.pieces(&pieces, operand, case, may_hold_nul),
            };
            all.inside = all.inside.or(filling.when.clone().and(split.inside));
            let outside = match is_filled_by_rows {
                true => present(operand).and(split.outside),
                false => split.outside,
            };
            all.outside = all.outside.or(filling.when.and(outside));
        }
        all
    }

    fn fill<'v>(&'v self, variable: &'v Variable) -> Result<Filled<'v>, RowVariable> {
        if self.is_row_key(variable.key()) {
            let column = self.columns.column(variable.key());
            return Err(match column.map(|column| &column.kind) {
                Some(ColumnKind::Text { name, .. }) => RowVariable::Column(name.clone()),
                Some(ColumnKind::TextList {
                    may_hold_one: false,
                    ..
                }) => RowVariable::Empty,
                _ => RowVariable::Nowhere(format!(
                    "no text column contains the variable `{}`",
                    variable.key()
                )),
            });
        }
        match variable.fill(self.facts) {
            Filled::Unknown => Err(RowVariable::Unknown),
            filled => Ok(filled),
        }
    }

    /// Returns the rows in which a text matches a pattern whose variables are filled, with texts or with columns that
    /// are not NULL.
    pub(super) fn pieces(
        &self,
        pieces: &[Piece],
        operand: &Operand,
        case: Case,
        may_hold_nul: bool,
    ) -> Split {
        let pieces = joined(pieces);
        let holds_nul = |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains('\0'));
        if pieces.iter().any(holds_nul) {
            return match may_hold_nul {
                true => self.inexact("a value contains the character U+0000"),
                false => Split::nowhere(operand),
            };
        }
        if case != Case::Sensitive {
            return self.spelled(&pieces, operand, case, may_hold_nul);
        }
        let has_columns = pieces.iter().any(|piece| matches!(piece, Piece::Column(_)));
        let stars = pieces
            .iter()
            .filter(|piece| **piece == Piece::AnyRun)
            .count();
        let any = pieces.contains(&Piece::AnyCharacter);
        match pieces.as_slice() {
            [] => Split::of(
                Atom::is(operand.clone(), ""),
                Atom::is_not(operand.clone(), ""),
            ),
            [Piece::Text(text)] => Split::of(
                Atom::is(operand.clone(), text),
                Atom::is_not(operand.clone(), text),
            ),
            [Piece::AnyRun] => Split::everywhere(operand),
            [Piece::Text(start), Piece::AnyRun] => Split::of(
                Atom::StartsWith(operand.clone(), start.clone()),
                Atom::NotStartsWith(operand.clone(), start.clone()),
            ),
            _ if has_columns && *operand == Operand::Element => {
                self.inexact("elements of a list are compared with another column")
            }
            _ if stars == 0 && !any => Split::of(
                Atom::Equals(operand.clone(), pieces.clone()),
                Atom::NotEquals(operand.clone(), pieces),
            ),
            _ if may_hold_nul => {
                self.inexact("its column may contain U+0000, where patterns of a database end")
            }
            _ if stars > MOST_STARS => self.inexact("a pattern has too many wildcards"),
            _ => Split::of(
                Atom::Matches(operand.clone(), pieces.clone()),
                Atom::NotMatches(operand.clone(), pieces),
            ),
        }
    }

    /// Returns the rows in which a text is equal to a text without wildcards, apart from case.
    fn spelled(
        &self,
        pieces: &[Piece],
        operand: &Operand,
        case: Case,
        may_hold_nul: bool,
    ) -> Split {
        let text = match pieces {
            [] => "",
            [Piece::Text(text)] => text,
            _ => return self.inexact("another column is compared without regard to case"),
        };
        let sets: Vec<Vec<char>> = text
            .chars()
            .map(|letter| alike_letters(letter, case))
            .collect();
        if sets.iter().all(|set| set.len() == 1) {
            return Split::of(
                Atom::is(operand.clone(), text),
                Atom::is_not(operand.clone(), text),
            );
        }
        if may_hold_nul {
            return self.inexact("its column may contain U+0000, where patterns of a database end");
        }
        Split::of(
            Atom::Spelled(operand.clone(), sets.clone()),
            Atom::NotSpelled(operand.clone(), sets),
        )
    }

    /// Returns the rows in which a text is equal to `text`, apart from the case of ASCII letters.
    pub(super) fn any_case(&self, text: &str, operand: &Operand, may_hold_nul: bool) -> Split {
        let pieces = [Piece::Text(text.into())];
        self.spelled(&pieces, operand, Case::IgnoreAscii, may_hold_nul)
    }

    /// Returns the rows in which a text is of a wanted class, for a condition that compares ARNs.
    pub(super) fn arns(
        &self,
        patterns: &[Option<[Pattern; 6]>],
        operand: &Operand,
        may_hold_nul: bool,
        is: &dyn Fn(Class) -> bool,
    ) -> Node {
        let Operand::Column(column) = operand else {
            return self
                .inexact("elements of a list are compared with ARNs")
                .inside;
        };
        if may_hold_nul {
            return self
                .inexact("its column may contain U+0000, where patterns of a database end")
                .inside;
        }
        let shape = [
            Piece::Text("arn:".into()),
            Piece::AnyRun,
            Piece::Text(":".into()),
            Piece::AnyRun,
            Piece::Text(":".into()),
            Piece::AnyRun,
            Piece::Text(":".into()),
            Piece::AnyRun,
            Piece::Text(":".into()),
            Piece::AnyRun,
        ];
        let is_usable = Node::from(Atom::IsShortAndPrintable(operand.clone(), MAX_ARN_LENGTH));
        let is_arn = Node::from(Atom::Matches(operand.clone(), shape.to_vec()));
        let is_none = Node::from(Atom::NotMatches(operand.clone(), shape.to_vec()));
        let met = Split::any(
            operand,
            patterns
                .iter()
                .flatten()
                .map(|pattern| self.arn(pattern, operand, column)),
        );
        let mut wanted = Node::False;
        if is(Class::Met) || is(Class::NotMet) {
            let compared = met.pick(operand, is(Class::Met), is(Class::NotMet));
            wanted = wanted.or(is_usable.clone().and(is_arn).and(compared));
        }
        if is(Class::NotAnArn) {
            wanted = wanted.or(is_usable.and(is_none));
        }
        if is(Class::Undecidable) {
            wanted = wanted.or(self
                .inexact("ARNs that are too long or not printable")
                .inside);
        }
        wanted
    }

    /// Returns the rows in which an ARN matches one pattern.
    fn arn(&self, pattern: &[Pattern; 6], operand: &Operand, column: &str) -> Split {
        let [first, middle @ .., last] = pattern;
        match first.matches("arn", Case::Sensitive, self.facts) {
            Match::Yes => {}
            Match::No | Match::Unresolved => return Split::nowhere(operand),
            Match::Unknown(_) => {
                return self.inexact("the first component of an ARN pattern is a variable");
            }
        }
        // The start of the ARN that the pattern determines.
        let mut start = String::from("arn:");
        let mut rest = middle.iter().peekable();
        while let Some(text) = rest.peek().and_then(|component| self.known_text(component)) {
            if text.contains(':') {
                return Split::nowhere(operand);
            }
            start.push_str(&text);
            start.push(':');
            rest.next();
        }
        let start_pieces = [Piece::Text(start.as_str().into()), Piece::AnyRun];
        let begins = self.pieces(&start_pieces, operand, Case::Sensitive, false);
        let skip = start.chars().count();
        let mut parts = vec![begins];
        let mut colons = 0;
        for component in rest {
            let part = Operand::Component {
                column: column.into(),
                skip,
                colons,
                last: false,
            };
            parts.push(self.pattern(component.parts(), &part, Case::Sensitive, false));
            colons += 1;
        }
        if colons == 0 {
            // Only the last component is open, so the whole text is one pattern.
            let whole = std::iter::once(Part::Text(&start)).chain(last.parts());
            return self.pattern(whole, operand, Case::Sensitive, false);
        }
        let part = Operand::Component {
            column: column.into(),
            skip,
            colons,
            last: true,
        };
        parts.push(self.pattern(last.parts(), &part, Case::Sensitive, false));
        Split::all(operand, parts)
    }

    /// Returns the text of a pattern that has neither wildcards nor variables that are filled from rows.
    fn known_text(&self, pattern: &Pattern) -> Option<String> {
        let mut text = String::new();
        for part in pattern.parts() {
            match part {
                Part::Text(known) => text.push_str(known),
                Part::Variable(variable) => match self.fill(variable) {
                    Ok(Filled::Value(known)) => text.push_str(&known),
                    _ => return None,
                },
                Part::AnyCharacter | Part::AnyRun => return None,
            }
        }
        Some(text)
    }
}

/// The reason why a variable has no known text.
enum RowVariable {
    /// The column that contains it.
    Column(Box<str>),
    /// Its key is multivalued in every row, and does not fill variables.
    Empty,
    /// No text column contains it.
    Nowhere(String),
    /// It is an unknown key of the request.
    Unknown,
}

impl Filling {
    fn push(&mut self, piece: &Piece) {
        if let Some(pieces) = &mut self.pieces {
            pieces.push(piece.clone());
        }
    }

    /// Returns the filling for rows with a text in the column, and that for rows without one.
    fn by_column(self, column: &str, default: Option<&str>) -> [Self; 2] {
        let operand = Operand::Column(column.into());
        let with = |when: Node, piece: Option<Piece>| Self {
            when: self.when.clone().and(when),
            pieces: self.pieces.clone().zip(piece).map(|(mut pieces, piece)| {
                pieces.push(piece);
                pieces
            }),
        };
        let filled = Node::from(Atom::is_not(operand.clone(), ""));
        let empty = Node::from(Atom::IsNull(column.into())).or(Atom::is(operand, "").into());
        [
            with(filled, Some(Piece::Column(column.into()))),
            with(empty, default.map(|default| Piece::Text(default.into()))),
        ]
    }
}

/// Joins adjacent texts, and adjacent stars.
fn joined(pieces: &[Piece]) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (joined.last_mut(), piece) {
            (_, Piece::Text(text)) if text.is_empty() => {}
            (Some(Piece::Text(last)), Piece::Text(text)) => *last = format!("{last}{text}").into(),
            (Some(Piece::AnyRun), Piece::AnyRun) => {}
            _ => joined.push(piece.clone()),
        }
    }
    joined
}
