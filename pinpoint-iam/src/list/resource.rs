//! Converts the resource element of a statement to conditions over the columns that ARNs consist of.

use std::collections::BTreeSet;

use super::Lister;
use super::atom::{Atom, Operand, Piece};
use super::columns::{Segment, SegmentFormat};
use super::node::Node;
use super::text::Split;
use crate::context::Context;
use crate::eval::Truth;
use crate::pattern::{BorrowedPattern, Case, Filled, Match, Part};
use crate::policy::{ResourceElement, ResourcePattern};
use crate::resource::IdFormat;

/// A step of a pattern: one character or one wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Character(char),
    AnyCharacter,
    AnyRun,
}

/// The part of the pattern for each column of an ARN's component, in the order of the template.
type Alignment = Vec<Vec<Step>>;

/// The part of a pattern for a column: a range of its steps and, if the following star begins in the column, a star.
#[derive(Clone, Copy)]
struct Extent {
    start: usize,
    end: usize,
    has_star: bool,
}

/// The maximum number of alignments of one pattern with a template.
const MOST_ALIGNMENTS: usize = 64;

/// The maximum number of steps in the search for alignments.
const MOST_TRIES: usize = 20_000;

impl Lister<'_> {
    /// Returns the rows in which the element matches (`Truth::True`), or those in which it does not.
    pub(super) fn resource(&self, element: &ResourceElement, wanted: Truth) -> Node {
        let patterns = element.patterns().iter();
        let split = patterns
            .map(|pattern| self.resource_pattern(pattern))
            .reduce(|all, split| {
                Split::of(all.inside.or(split.inside), all.outside.and(split.outside))
            });
        let split = split.unwrap_or(Split::of(false, true));
        match (wanted == Truth::True) != element.is_negated() {
            true => split.inside,
            false => split.outside,
        }
    }

    fn resource_pattern(&self, pattern: &ResourcePattern) -> Split {
        if pattern.is_everything() {
            return Split::of(true, false);
        }
        let layouts = pattern.layouts();
        let layouts = layouts.iter().map(|layout| {
            let components = layout
                .iter()
                .zip(self.columns.components.iter().zip(self.templates));
            components.fold(Split::of(true, false), |all, (pattern, template)| {
                let Some(pattern) = pattern else {
                    return all;
                };
                let split = self.component(*pattern, template);
                Split::of(all.inside.and(split.inside), all.outside.or(split.outside))
            })
        });
        layouts.fold(Split::of(false, true), |all, split| {
            Split::of(all.inside.or(split.inside), all.outside.and(split.outside))
        })
    }

    fn component(
        &self,
        pattern: BorrowedPattern<'_>,
        (segments, elements): (&Vec<Segment>, &Vec<Element>),
    ) -> Split {
        match segments.as_slice() {
            [] => self.of_known(pattern, ""),
            [Segment::Text(text)] => self.of_known(pattern, text),
            [Segment::Column(column, SegmentFormat::Component)] => {
                let operand = Operand::Column(column.clone());
                self.pattern(pattern.parts(), &operand, Case::Sensitive, false)
            }
            segments => self.aligned(pattern, segments, elements),
        }
    }

    /// A component that is the same in every row.
    fn of_known(&self, pattern: BorrowedPattern<'_>, text: &str) -> Split {
        match pattern.matches(text, Case::Sensitive, self.facts) {
            Match::Yes => Split::of(true, false),
            Match::No | Match::Unresolved => Split::of(false, true),
            Match::Unknown(key) if !self.is_row_key(key) => Split::both(Node::Unknown(key.clone())),
            Match::Unknown(_) => {
                let operand = Operand::Value(text.into());
                self.pattern(pattern.parts(), &operand, Case::Sensitive, false)
            }
        }
    }

    /// A component that consists of texts and columns.
    ///
    /// A star also matches the slashes of a component, so the pattern can be aligned with the template in several ways.
    /// Ids have no slash in an ARN, so there are few of them.
    fn aligned(
        &self,
        pattern: BorrowedPattern<'_>,
        segments: &[Segment],
        elements: &[Element],
    ) -> Split {
        let mut steps = Vec::new();
        for part in pattern.parts() {
            match part {
                Part::Text(text) => steps.extend(text.chars().map(Step::Character)),
                Part::AnyCharacter => steps.push(Step::AnyCharacter),
                Part::AnyRun if steps.last() == Some(&Step::AnyRun) => {}
                Part::AnyRun => steps.push(Step::AnyRun),
                Part::Variable(variable) if self.is_row_key(variable.key()) => {
                    return self.inexact("the ARN contains a variable that is filled from rows");
                }
                Part::Variable(variable) => match variable.fill(self.facts) {
                    Filled::Value(text) => steps.extend(text.chars().map(Step::Character)),
                    Filled::Unresolved => return Split::of(false, true),
                    Filled::Unknown => return Split::both(Node::Unknown(variable.key().clone())),
                },
            }
        }
        let mut search = Search {
            steps: &steps,
            found: BTreeSet::new(),
            tries: 0,
        };
        search.from(0, elements, &mut Vec::new());
        if search.tries > MOST_TRIES || search.found.len() > MOST_ALIGNMENTS {
            return self.inexact("a pattern of the ARN can be read in too many ways");
        }
        let columns: Vec<_> = segments
            .iter()
            .filter_map(|segment| match segment {
                Segment::Column(column, format) => Some((column, *format)),
                Segment::Text(_) => None,
            })
            .collect();
        let found = search.found.into_iter();
        found.fold(Split::of(false, true), |any, alignment| {
            let ids = columns.iter().zip(&alignment);
            let all = ids.fold(Split::of(true, false), |all, ((column, format), steps)| {
                let split = self.id(column, *format, steps);
                Split::of(all.inside.and(split.inside), all.outside.or(split.outside))
            });
            Split::of(any.inside.or(all.inside), any.outside.and(all.outside))
        })
    }

    /// Returns the rows whose id matches, as it is spelled in the ARN.
    fn id(&self, column: &str, format: SegmentFormat, steps: &[Step]) -> Split {
        if steps == [Step::AnyRun] {
            return Split::of(true, false);
        }
        let operand = Operand::Column(column.into());
        let SegmentFormat::Id(format) = format else {
            return self.inexact("a column contains only a part of a component of the ARN");
        };
        match format {
            IdFormat::Identifier => {
                self.pieces(&pieces_of(steps), &operand, Case::Sensitive, false)
            }
            IdFormat::OneOf(names) => {
                let text = pattern_of(steps);
                let pattern = BorrowedPattern::without_variables(&text);
                let is_one = |name: &&&str| {
                    pattern.matches(name, Case::Sensitive, Context::empty()) == Match::Yes
                };
                let literal = steps.iter().all(|step| matches!(step, Step::Character(_)));
                if !literal
                    && steps
                        .iter()
                        .any(|step| matches!(step, Step::Character('*' | '?')))
                {
                    return self
                        .inexact("a pattern contains a literal wildcard besides other wildcards");
                }
                let fits = |name: &&&str| match literal {
                    true => **name == text,
                    false => is_one(name),
                };
                // Columns contain names as the catalog spells them or in lower case, as constructors accept them.
                let texts: BTreeSet<Box<str>> = names
                    .iter()
                    .filter(fits)
                    .flat_map(|name| [(*name).into(), name.to_ascii_lowercase().into()])
                    .collect();
                if texts.is_empty() {
                    return Split::of(false, true);
                }
                Split::of(
                    Atom::In(operand.clone(), texts.clone()),
                    Atom::NotIn(operand, texts),
                )
            }
            IdFormat::Opaque => self.opaque(&operand, steps),
        }
    }

    /// An id that is percent-encoded in the ARN, but not in the column.
    fn opaque(&self, operand: &Operand, steps: &[Step]) -> Split {
        let (literal, rest) = match steps {
            [literal @ .., Step::AnyRun] => (literal, "*"),
            literal => (literal, ""),
        };
        let text: Option<String> = literal
            .iter()
            .map(|step| match step {
                Step::Character(character) => Some(*character),
                Step::AnyCharacter | Step::AnyRun => None,
            })
            .collect();
        let Some(text) = text else {
            return self
                .inexact("the id is encoded in the ARN, and the pattern has a wildcard within");
        };
        let raw = pinpoint_iam_core::__private::decode(&text).filter(|raw| {
            // Another spelling of the encoding is not a valid id.
            !raw.chars().any(char::is_control) && encoded(raw) == text
        });
        match (raw, rest) {
            (Some(raw), "") => Split::of(
                Atom::is(operand.clone(), &raw),
                Atom::is_not(operand.clone(), &raw),
            ),
            (Some(raw), _) => Split::of(
                Atom::StartsWith(operand.clone(), raw.as_ref().into()),
                Atom::NotStartsWith(operand.clone(), raw.as_ref().into()),
            ),
            (None, "") => Split::of(false, true),
            (None, _) => self
                .inexact("the id is encoded in the ARN, and the pattern ends within a character"),
        }
    }
}

/// Returns an id as it is spelled in an ARN.
fn encoded(raw: &str) -> String {
    let mut text = String::new();
    for character in raw.chars() {
        if IdFormat::Opaque.keeps(character) {
            text.push(character);
        } else {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                text.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    text
}

/// The components of the ARNs of a table, by character.
pub(super) type Templates = [Vec<Element>; 5];

/// An element of a template: a character or a column.
#[derive(Clone, Copy, Debug)]
pub(super) enum Element {
    Character(char),
    Column(SegmentFormat),
}

/// Returns the elements of each component.
pub(super) fn templates(components: &[Vec<Segment>; 5]) -> Templates {
    components.each_ref().map(|segments| {
        let mut elements = Vec::new();
        for segment in segments {
            match segment {
                Segment::Text(text) => elements.extend(text.chars().map(Element::Character)),
                Segment::Column(_, format) => elements.push(Element::Column(*format)),
            }
        }
        elements
    })
}

/// Finds the alignments of a pattern with a template.
struct Search<'s> {
    steps: &'s [Step],
    found: BTreeSet<Alignment>,
    tries: usize,
}

impl Search<'_> {
    /// Aligns the rest of the pattern with the rest of the template.
    fn from(&mut self, place: usize, template: &[Element], columns: &mut Vec<Extent>) {
        self.tries += 1;
        if self.tries > MOST_TRIES || self.found.len() > MOST_ALIGNMENTS {
            return;
        }
        let Some((element, rest)) = template.split_first() else {
            let left = self.steps.get(place..).unwrap_or_default();
            if left.iter().all(|step| *step == Step::AnyRun) {
                let alignment = columns.iter().map(|extent| self.steps_of(*extent));
                let alignment = alignment.collect();
                self.found.insert(alignment);
            }
            return;
        };
        match element {
            Element::Character(character) => match self.steps.get(place) {
                Some(Step::Character(wanted)) if wanted == character => {
                    self.from(place + 1, rest, columns);
                }
                Some(Step::AnyCharacter) => self.from(place + 1, rest, columns),
                Some(Step::AnyRun) => {
                    // The star matches the character, or ends before it.
                    self.from(place, rest, columns);
                    self.from(place + 1, template, columns);
                }
                _ => {}
            },
            Element::Column(format) => self.column(place, *format, rest, columns),
        }
    }

    fn column(
        &mut self,
        place: usize,
        format: SegmentFormat,
        rest: &[Element],
        columns: &mut Vec<Extent>,
    ) {
        for end in place..=self.steps.len() {
            let own = self.steps.get(place..end).unwrap_or_default();
            if own.last().is_some_and(|step| !can_be_in(*step, format)) {
                return;
            }
            let extent = Extent {
                start: place,
                end,
                has_star: false,
            };
            columns.push(extent);
            self.from(end, rest, columns);
            columns.pop();
            // If a star follows, it may match the end of the id and the text after it.
            if self.steps.get(end) == Some(&Step::AnyRun) && !rest.is_empty() {
                columns.push(Extent {
                    has_star: true,
                    ..extent
                });
                self.from(end, rest, columns);
                columns.pop();
            }
        }
    }

    fn steps_of(&self, extent: Extent) -> Vec<Step> {
        let steps = self.steps.get(extent.start..extent.end);
        let mut steps = steps.unwrap_or_default().to_vec();
        steps.extend(extent.has_star.then_some(Step::AnyRun));
        steps
    }
}

fn can_be_in(step: Step, format: SegmentFormat) -> bool {
    let Step::Character(character) = step else {
        return true;
    };
    match format {
        SegmentFormat::Component => true,
        SegmentFormat::Id(IdFormat::Opaque) => {
            character == '%' || IdFormat::Opaque.keeps(character)
        }
        SegmentFormat::Id(format) => format.keeps(character),
    }
}

/// The steps of a pattern, as its pieces.
fn pieces_of(steps: &[Step]) -> Vec<Piece> {
    let literal = |step: &Step| matches!(step, Step::Character(_));
    let runs = steps.chunk_by(|step, next| literal(step) && literal(next));
    let pieces = runs.map(|run| match run {
        [Step::AnyRun] => Piece::AnyRun,
        [Step::AnyCharacter] => Piece::AnyCharacter,
        run => Piece::Text(pattern_of(run).into()),
    });
    pieces.collect()
}

/// Returns the pattern as a text, in which literal wildcards look like other wildcards.
fn pattern_of(steps: &[Step]) -> String {
    let characters = steps.iter().map(|step| match step {
        Step::Character(character) => *character,
        Step::AnyCharacter => '?',
        Step::AnyRun => '*',
    });
    characters.collect()
}
