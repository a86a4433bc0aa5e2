//! What the user wrote: the arguments of the attribute and the function below it.

mod attribute;
mod function;

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Expr, Ident, Pat, Path};

pub(crate) use self::attribute::{PERMIT, attribute};
pub(crate) use self::function::Function;
use super::requirement::Requirement;
use crate::errors::Errors;
use crate::paths::{self, Root};

/// One `#[requires(..)]` as the user wrote it.
pub(crate) struct Requires {
    /// What is required, unless it is missing or cannot be read.
    pub(crate) requirement: Option<Requirement<NamedAction>>,
    /// `key = expression`, in the order of writing.
    pub(crate) arguments: Vec<Argument>,
    /// `permit = pattern`, in the order of writing.
    pub(crate) permits: Vec<PermitArgument>,
}

/// An action and what stands in its brackets.
pub(crate) struct NamedAction {
    pub(crate) path: Path,
    pub(crate) arguments: Vec<Argument>,
}

/// One `key = expression`.
#[derive(Clone)]
pub(crate) struct Argument {
    pub(crate) key: Ident,
    pub(crate) value: Expr,
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

/// Takes the other `#[requires(..)]` from the attributes of the function and reads them.
///
/// The first attribute is expanded first and answers for all of them. One that hides behind another name is not seen
/// here; beside a type of the same name it does not compile, and in a function's body it adds its own check. Of a bare name
/// it is not known here whether it is ours: the path comes back too, for a [probe](super::probe).
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
