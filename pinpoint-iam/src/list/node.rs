//! The tree of a predicate: *and* and *or* over atoms, without *not*.

use std::collections::{BTreeMap, BTreeSet};

use super::atom::{Atom, Operand};
use super::row::{Row, RowError};
use crate::context::ConditionKey;

/// A condition over the columns of a row.
///
/// Without *not*, FALSE and UNKNOWN select the same rows, so the condition is either true of a row or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    False,
    True,
    Atom(Atom),
    All(Vec<Node>),
    Any(Vec<Node>),
    /// A part that columns cannot express and that is assumed to be true: the number of its statement, and the reason.
    Inexact(usize, Box<str>),
    /// A part that depends on an unknown key of the request.
    Unknown(ConditionKey),
}

impl From<Atom> for Node {
    fn from(atom: Atom) -> Self {
        Self::Atom(atom)
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl Node {
    pub(super) fn all(nodes: impl IntoIterator<Item = Self>) -> Self {
        nodes.into_iter().fold(Self::True, Self::and)
    }

    pub(super) fn any(nodes: impl IntoIterator<Item = Self>) -> Self {
        nodes.into_iter().fold(Self::False, Self::or)
    }

    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, node) | (node, Self::True) => node,
            (Self::All(mut nodes), Self::All(others)) => {
                nodes.extend(others);
                Self::All(nodes)
            }
            (Self::All(mut nodes), node) | (node, Self::All(mut nodes)) => {
                nodes.push(node);
                Self::All(nodes)
            }
            (left, right) => Self::All(vec![left, right]),
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::False, node) | (node, Self::False) => node,
            (Self::Any(mut nodes), Self::Any(others)) => {
                nodes.extend(others);
                Self::Any(nodes)
            }
            (Self::Any(mut nodes), node) | (node, Self::Any(mut nodes)) => {
                nodes.push(node);
                Self::Any(nodes)
            }
            (left, right) => Self::Any(vec![left, right]),
        }
    }

    /// Returns the same condition without repeated parts, with the texts of one column in one atom.
    pub(super) fn simplified(self) -> Self {
        match self {
            Self::All(nodes) => {
                let parts = Parts::of(nodes, Side::All).merged();
                let parts = without_prefixed(parts, |node| match node {
                    Self::Atom(Atom::NotStartsWith(operand, prefix)) => Some((operand, prefix)),
                    _ => None,
                });
                Self::all(parts.into_iter().map(|part| match part {
                    Merged::Texts(operand, texts) => Atom::NotIn(operand, texts).into(),
                    Merged::Other(node) => node,
                }))
            }
            Self::Any(nodes) => {
                let parts = Parts::of(nodes, Side::Any).merged();
                let parts = without_prefixed(parts, |node| match node {
                    Self::Atom(Atom::StartsWith(operand, prefix)) => Some((operand, prefix)),
                    _ => None,
                });
                Self::any(parts.into_iter().map(|part| match part {
                    Merged::Texts(operand, texts) => Atom::In(operand, texts).into(),
                    Merged::Other(node) => node,
                }))
            }
            other => other,
        }
    }

    /// Returns the condition with each inexact part replaced by true.
    pub(super) fn widened(self) -> Self {
        match self {
            Self::Inexact(..) => Self::True,
            Self::All(nodes) => Self::all(nodes.into_iter().map(Self::widened)),
            Self::Any(nodes) => Self::any(nodes.into_iter().map(Self::widened)),
            other => other,
        }
    }

    /// Calls `visit` with each leaf.
    pub(super) fn visit<'n>(&'n self, visit: &mut impl FnMut(&'n Self)) {
        match self {
            Self::All(nodes) | Self::Any(nodes) => {
                for node in nodes {
                    node.visit(visit);
                }
            }
            leaf => visit(leaf),
        }
    }

    /// The approximate size in bytes.
    pub(super) fn size(&self) -> usize {
        let mut size = 0;
        self.visit(&mut |leaf| {
            size += size_of::<Self>();
            if let Self::Atom(atom) = leaf {
                size += atom.size();
            }
        });
        size
    }

    /// Returns the first part that is inexact or unknown.
    pub(super) fn first_open(&self) -> Option<Self> {
        let mut first = None;
        self.visit(&mut |leaf| {
            if matches!(leaf, Self::Inexact(..) | Self::Unknown(_)) && first.is_none() {
                first = Some(leaf.clone());
            }
        });
        first
    }

    /// Calls `visit` with the name of each column, and whether the column contains lists.
    pub(super) fn visit_columns(&self, visit: &mut impl FnMut(&str, bool)) {
        self.visit(&mut |leaf| {
            if let Self::Atom(atom) = leaf {
                atom.visit_columns(&mut |name, is_list| visit(name, is_list));
            }
        });
    }

    pub(super) fn admits(&self, row: &dyn Row, element: Option<&str>) -> Result<bool, RowError> {
        match self {
            Self::False => Ok(false),
            Self::True | Self::Inexact(..) => Ok(true),
            // Not part of any predicate, because `constrain` returns an error instead.
            Self::Unknown(_) => Ok(false),
            Self::Atom(atom) => atom.admits(row, element),
            Self::All(nodes) => {
                for node in nodes {
                    if !node.admits(row, element)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(nodes) => {
                for node in nodes {
                    if node.admits(row, element)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }
}

/// Whether all parts of a condition must be true, or any of them.
#[derive(Clone, Copy)]
enum Side {
    All,
    Any,
}

/// The parts of a condition, each once. The texts of one operand are together.
struct Parts {
    side: Side,
    /// The texts that an operand is compared with: it is one of them, or, if all parts must be true, none of them.
    texts: BTreeMap<Operand, BTreeSet<Box<str>>>,
    others: BTreeSet<Node>,
}

enum Merged {
    Texts(Operand, BTreeSet<Box<str>>),
    Other(Node),
}

impl Parts {
    /// Simplifies the parts. Parts of the same kind as the whole are flattened.
    ///
    /// Parts without effect are left out: `a OR (a AND b)` is `a`, and so is `a AND (a OR b)`. A database would not use
    /// the index of `a` for the longer form.
    fn of(nodes: Vec<Node>, side: Side) -> Self {
        let mut texts: BTreeMap<Operand, Vec<Box<str>>> = BTreeMap::new();
        let mut others = BTreeSet::new();
        let mut add = |node: Node| match (side, node) {
            (Side::All, Node::Atom(Atom::NotIn(operand, own)))
            | (Side::Any, Node::Atom(Atom::In(operand, own))) => {
                texts.entry(operand).or_default().extend(own);
            }
            (_, node) => {
                others.insert(node);
            }
        };
        for node in nodes {
            match (side, node.simplified()) {
                (Side::All, Node::All(inner)) | (Side::Any, Node::Any(inner)) => {
                    inner.into_iter().for_each(&mut add);
                }
                (_, node) => add(node),
            }
        }
        // A set that is built from a list is sorted once.
        let texts = texts
            .into_iter()
            .map(|(operand, texts)| (operand, texts.into_iter().collect()));
        let mut parts = Self {
            side,
            texts: texts.collect(),
            others,
        };
        let without_effect: Vec<Node> = parts
            .others
            .iter()
            .filter(|part| parts.contain_part_of(part))
            .cloned()
            .collect();
        for part in without_effect {
            parts.others.remove(&part);
        }
        parts
    }

    /// Whether a part of `part` decides the whole, so that the rest of `part` has no effect.
    fn contain_part_of(&self, part: &Node) -> bool {
        // The whole is of the other kind, because parts of its own kind were flattened.
        let (Node::All(inner) | Node::Any(inner)) = part else {
            return false;
        };
        inner.iter().any(|node| match (self.side, node) {
            (Side::All, Node::Atom(Atom::NotIn(operand, own)))
            | (Side::Any, Node::Atom(Atom::In(operand, own))) => {
                let texts = self.texts.get(operand);
                texts.is_some_and(|texts| own.is_subset(texts))
            }
            (_, node) => self.others.contains(node),
        })
    }

    /// Returns the parts in the order of nodes.
    fn merged(self) -> Vec<Merged> {
        let Self {
            side,
            texts,
            others,
        } = self;
        let mut parts = others;
        parts.extend(texts.into_iter().map(|(operand, texts)| {
            Node::from(match side {
                Side::All => Atom::NotIn(operand, texts),
                Side::Any => Atom::In(operand, texts),
            })
        }));
        let parts = parts.into_iter().map(|part| match (side, part) {
            (Side::All, Node::Atom(Atom::NotIn(operand, texts)))
            | (Side::Any, Node::Atom(Atom::In(operand, texts))) => Merged::Texts(operand, texts),
            (_, node) => Merged::Other(node),
        });
        parts.collect()
    }
}

/// Leaves out texts and prefixes that start with a prefix of the same operand, which has the same effect.
fn without_prefixed(
    merged: Vec<Merged>,
    prefix_of: impl Fn(&Node) -> Option<(&Operand, &Box<str>)>,
) -> Vec<Merged> {
    let mut prefixes: BTreeMap<Operand, Vec<Box<str>>> = BTreeMap::new();
    for part in &merged {
        // Parts are sorted, so a prefix follows those that it starts with.
        if let Merged::Other(node) = part
            && let Some((operand, prefix)) = prefix_of(node)
        {
            let shorter = prefixes.entry(operand.clone()).or_default();
            if !shorter
                .last()
                .is_some_and(|last| prefix.starts_with(&**last))
            {
                shorter.push(prefix.clone());
            }
        }
    }
    let starts_with_another = |operand: &Operand, text: &str, is_prefix: bool| {
        let Some(prefixes) = prefixes.get(operand) else {
            return false;
        };
        // The last prefix that is not greater than the text is the only one that the text can start with.
        let after = prefixes.partition_point(|prefix| **prefix <= *text);
        let before = after.checked_sub(1).and_then(|before| prefixes.get(before));
        before
            .is_some_and(|prefix| text.starts_with(&**prefix) && !(is_prefix && **prefix == *text))
    };
    let mut left = Vec::new();
    for part in merged {
        match part {
            Merged::Texts(operand, mut texts) => {
                texts.retain(|text| !starts_with_another(&operand, text, false));
                if !texts.is_empty() {
                    left.push(Merged::Texts(operand, texts));
                }
            }
            Merged::Other(node) => {
                let is_redundant = prefix_of(&node)
                    .is_some_and(|(operand, prefix)| starts_with_another(operand, prefix, true));
                if !is_redundant {
                    left.push(Merged::Other(node));
                }
            }
        }
    }
    left
}
