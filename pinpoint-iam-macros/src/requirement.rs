//! Requirements that are combined from others.

use syn::Ident;

/// One requirement, or several combined.
pub(crate) enum Requirement<L> {
    Leaf(L),
    Several(Composition<L>),
}

/// Several requirements combined by `all(..)` or `any(..)`.
pub(crate) struct Composition<L> {
    pub(crate) kind: Combinator,
    /// The word `all` or `any` as written.
    pub(crate) keyword: Ident,
    pub(crate) entries: Vec<Requirement<L>>,
    /// Whether an entry is missing because it could not be parsed.
    pub(crate) is_broken: bool,
}

/// The number of requirements that must hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Combinator {
    All,
    Any,
}

impl Combinator {
    /// The combinator with the name `word`, and the word itself.
    pub(crate) fn of(word: &Ident) -> Option<(Self, Ident)> {
        let kind = [Self::All, Self::Any]
            .into_iter()
            .find(|kind| word == kind.word())?;
        Some((kind, word.clone()))
    }

    /// The word for this combinator.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Any => "any",
        }
    }
}

impl<L> Requirement<L> {
    /// Every leaf, in order of appearance.
    pub(crate) fn leaves(&self) -> Vec<&L> {
        match self {
            Self::Leaf(leaf) => vec![leaf],
            Self::Several(several) => several.entries.iter().flat_map(Self::leaves).collect(),
        }
    }

    /// Calls `each` for every leaf.
    pub(crate) fn for_each(&mut self, each: &mut impl FnMut(&mut L)) {
        match self {
            Self::Leaf(leaf) => each(leaf),
            Self::Several(several) => {
                for entry in &mut several.entries {
                    entry.for_each(each);
                }
            }
        }
    }

    /// Converts each leaf. All of them are processed, even after one for which the conversion fails.
    pub(crate) fn try_map<M>(
        self,
        each: &mut impl FnMut(L) -> Option<M>,
    ) -> Option<Requirement<M>> {
        match self {
            Self::Leaf(leaf) => each(leaf).map(Requirement::Leaf),
            Self::Several(Composition {
                kind,
                keyword,
                entries,
                is_broken,
            }) => {
                let count = entries.len();
                let entries: Vec<Requirement<M>> = entries
                    .into_iter()
                    .filter_map(|entry| entry.try_map(each))
                    .collect();
                (entries.len() == count).then_some(Requirement::Several(Composition {
                    kind,
                    keyword,
                    entries,
                    is_broken,
                }))
            }
        }
    }

    /// Every composition, outermost first.
    pub(crate) fn compositions(&self) -> Vec<&Composition<L>> {
        match self {
            Self::Leaf(_) => Vec::new(),
            Self::Several(several) => {
                let inner = several.entries.iter().flat_map(Self::compositions);
                [several].into_iter().chain(inner).collect()
            }
        }
    }
}
