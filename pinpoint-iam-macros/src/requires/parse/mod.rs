//! Parses the user's input: the arguments of the attribute, and the function after it.

mod attribute;
mod function;

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Expr, Ident, Pat, Path};

pub(crate) use self::attribute::{DEPENDENTS, KEYS, PERMIT, attribute};
pub(crate) use self::function::Function;
use crate::errors::Errors;
use crate::paths::{self, Root};
use crate::requirement::Requirement;

/// One `#[requires(..)]` as written by the user.
pub(crate) struct Requires {
    /// The requirement, unless it is missing or cannot be parsed.
    pub(crate) requirement: Option<Requirement<NamedAction>>,
    /// `key = expression`, in order of appearance.
    pub(crate) arguments: Vec<Argument>,
    /// `permit = pattern`, in order of appearance.
    pub(crate) permits: Vec<PermitArgument>,
    /// `dependents(..)` and `dependents = none`, in order of appearance.
    pub(crate) dependents: Vec<Dependents>,
}

/// An action and the content of its brackets.
pub(crate) struct NamedAction {
    pub(crate) path: Path,
    pub(crate) arguments: Vec<Argument>,
    /// `each(..)` around the action.
    pub(crate) each: Option<Each>,
    /// `dependents(..)` and `dependents = none`, in order of appearance.
    pub(crate) dependents: Vec<Dependents>,
}

/// A statement about the dependent actions of an action.
#[derive(Clone)]
pub(crate) struct Dependents {
    /// The word `dependents` as written.
    pub(crate) keyword: Ident,
    /// The entries of `dependents(..)`; `None` for `dependents = none`.
    pub(crate) entries: Option<Vec<NamedDependent>>,
    /// Whether an entry is missing because it could not be parsed.
    pub(crate) is_broken: bool,
}

/// One entry of `dependents(..)`.
#[derive(Clone)]
pub(crate) struct NamedDependent {
    pub(crate) path: Path,
    /// The content of its brackets; `None` for `Action = none`.
    pub(crate) arguments: Option<Vec<Argument>>,
}

/// A check of several resources.
#[derive(Clone)]
pub(crate) struct Each {
    pub(crate) kind: EachKind,
    /// The word as written.
    pub(crate) keyword: Ident,
}

/// What a check of several resources requires.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum EachKind {
    /// The caller must be allowed all of them.
    All,
    /// The handler receives the permits of those that are allowed.
    Allowed,
    /// The handler receives the permits of those that precede the first one that is denied.
    UntilDenied,
}

impl Each {
    /// The check with the name `word`.
    fn of(word: &Ident) -> Option<Self> {
        let kinds = [EachKind::All, EachKind::Allowed, EachKind::UntilDenied];
        let kind = kinds.into_iter().find(|kind| word == kind.word())?;
        Some(Self {
            kind,
            keyword: word.clone(),
        })
    }
}

impl EachKind {
    /// The word for this check.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::All => "each",
            Self::Allowed => "each_allowed",
            Self::UntilDenied => "each_until_denied",
        }
    }
}

/// One `key = expression`.
#[derive(Clone)]
pub(crate) struct Argument {
    pub(crate) key: Ident,
    pub(crate) value: Expr,
    /// Whether it is a condition key of the request: an entry of `keys(..)`.
    pub(crate) is_condition_key: bool,
}

#[cfg(feature = "tonic")]
impl Argument {
    /// An argument that the user has not written.
    pub(crate) fn of_attribute(key: &str, value: Expr) -> Self {
        Self {
            key: Ident::new(key, Span::call_site()),
            value,
            is_condition_key: false,
        }
    }
}

/// One `permit = pattern`.
pub(crate) struct PermitArgument {
    pub(crate) key: Ident,
    pub(crate) pattern: Pat,
}

/// The span of the last segment of an action's path: the name itself.
pub(crate) fn span_of(action: &Path) -> Span {
    action
        .segments
        .last()
        .map_or_else(Span::call_site, |segment| segment.ident.span())
}

/// Takes the other `#[requires(..)]` from the attributes of the function and parses them.
///
/// The first attribute is expanded first, and is responsible for all of them. An attribute under another name is not
/// visible here: next to a type with the same name it fails to compile, and in a function's body it adds its own check.
/// It is not known here whether a bare name refers to our attribute. Therefore the path is also returned, for a
/// [probe](super::probe).
pub(crate) fn further(
    function: &mut Function,
    root: &Root,
    errors: &mut Errors,
) -> (Vec<Requires>, Vec<Path>) {
    let is_ours = |attribute: &Attribute| paths::is_attribute(attribute.path(), "requires", root);
    let (ours, others) = std::mem::take(&mut function.attributes)
        .into_iter()
        .partition::<Vec<_>, _>(is_ours);
    function.attributes = others;
    ours.into_iter()
        .map(|further| {
            let path = further.path().clone();
            let place = span_of(&path);
            let arguments = match further.meta {
                syn::Meta::List(list) => list.tokens,
                syn::Meta::Path(_) | syn::Meta::NameValue(_) => TokenStream::new(),
            };
            (attribute(arguments, place, errors), path)
        })
        .unzip()
}
