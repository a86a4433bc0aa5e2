//! Places of a request that are not parts of its path.

use super::Scope;
use crate::reader::entries::Text;

/// Whether the location is a member of the body (`$.tags`) or a parameter of the query (`query:tagKeys`); reports
/// anything else.
pub(super) fn is_place(place: &Text, what: &str, scope: &Scope<'_>) -> bool {
    let text = place.get_ref();
    let member = text
        .strip_prefix("$.")
        .or_else(|| text.strip_prefix("query:"));
    let good = member.is_some_and(is_member);
    if !good {
        scope.report(
            &place.span(),
            format!("`{text}` is not a valid location of {what}"),
            "write `$.member` for the body or `query:parameter` for the query",
        );
    }
    good
}

/// Whether the location is that of a placeholder's value: as [`is_place`], or the elements of a list in the body or one
/// of their members (`$.PoolIds[]`, `$.Senders[].Id`); reports anything else.
pub(super) fn is_place_of_ids(place: &Text, scope: &Scope<'_>) -> bool {
    let in_list = place
        .get_ref()
        .strip_prefix("$.")
        .and_then(|member| member.split_once("[]"));
    match in_list {
        Some((list, rest)) if is_name(list) => {
            rest.is_empty() || rest.strip_prefix('.').is_some_and(is_name)
        }
        _ => is_place(place, "a placeholder's value", scope),
    }
}

fn is_name(text: &str) -> bool {
    is_member(text) && !text.contains('.')
}

fn is_member(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}
