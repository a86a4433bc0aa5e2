//! Messages about dependent actions.

use proc_macro2::Ident;
use syn::Path;

use super::{did_you_mean, list, path};

pub(crate) const DEPENDENTS_VALUE: &str = "expected `none`\n\
    help: write `dependents(Action, ..)`, or `dependents = none` if this handler never needs these actions";
pub(crate) const DEPENDENT_VALUE: &str = "expected `none`\n\
    help: write `Action(..)`, or `Action = none` if this handler never needs the action";
pub(crate) const EMPTY_DEPENDENTS: &str = "`dependents()` names no action\n\
    help: write `dependents(Action, ..)`, or `dependents = none` if this handler never needs these actions";
pub(crate) const EXPECTED_DEPENDENT: &str =
    "expected the name of a dependent action, as in `dependents(TagResource)`";
pub(crate) const NESTED_DEPENDENTS: &str = "a dependent action has no `dependents` of its own\n\
    help: name all of them in the `dependents(..)` of the action";
pub(crate) const NO_DEPENDENTS_OF_THESE: &str =
    "these actions have no dependent actions\nhelp: remove `dependents`";

/// A dependent action as the messages present it.
pub(crate) struct DependentText<'a> {
    /// The path by which the attribute names it, `iam::PassRole`.
    pub(crate) path: &'a str,
    /// An entry of `dependents(..)` for it, `iam::PassRole(role_arn = expression)`.
    pub(crate) entry: &'a str,
    /// The catalog's description of when it is needed.
    pub(crate) when: &'a str,
}

fn each(dependents: &[DependentText<'_>], text: impl Fn(&DependentText<'_>) -> String) -> String {
    let all: Vec<String> = dependents.iter().map(text).collect();
    all.join(", ")
}

pub(crate) fn dependents_needed(action: &Ident, missing: &[DependentText<'_>]) -> String {
    let needs = each(missing, |dependent| {
        format!("`{}` {}", dependent.path, dependent.when)
    });
    let entries = each(missing, |dependent| dependent.entry.to_owned());
    format!(
        "the caller of `{action}` also needs its dependent actions: {needs}\n\
        help: write `{action}, dependents({entries})`, or `dependents = none` if this handler never does what needs them"
    )
}

pub(crate) fn dependent_missing(action: &Ident, missing: &DependentText<'_>) -> String {
    let DependentText { path, entry, when } = missing;
    format!(
        "`dependents` does not contain `{path}`, a dependent action of `{action}`: {when}\n\
        help: add `{entry}`, or `{path} = none` if this handler never does what needs it"
    )
}

pub(crate) fn no_dependents(action: &Ident) -> String {
    format!("`{action}` has no dependent actions\nhelp: remove `dependents`")
}

pub(crate) fn not_a_dependent(
    named: &Path,
    action: &str,
    listed: &[String],
    near: &[String],
) -> String {
    format!(
        "`{}` is not a dependent action of {action}; the catalog lists {}{}",
        path(named),
        list("and", listed),
        did_you_mean(near)
    )
}

pub(crate) fn duplicate_dependent(named: &Path) -> String {
    format!(
        "duplicate dependent action `{}`\nhelp: remove one of the two",
        path(named)
    )
}

pub(crate) fn dependent_without_tags(named: &Path, action: &Ident) -> String {
    format!(
        "`{action}` needs `{}` only for requests with tags, and this request has none\nhelp: remove it",
        path(named)
    )
}

pub(crate) fn whole_arn_of_dependent(named: &Path, entry: &str) -> String {
    format!(
        "`{}` is of a service without a catalog, and needs the whole ARN of its resource\nhelp: write `{entry}`",
        path(named)
    )
}

pub(crate) fn argument_of_dependent(key: &Ident, named: &Path, entry: &str) -> String {
    format!(
        "unexpected argument `{key}`: `{}` is of a service without a catalog, and has only the whole ARN of its resource\n\
        help: write `{entry}`",
        path(named)
    )
}
