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
    let good = member.is_some_and(|member| {
        !member.is_empty()
            && member
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    });
    if !good {
        scope.report(
            &place.span(),
            format!("`{text}` is not a valid location of {what}"),
            "write `$.member` for the body or `query:parameter` for the query",
        );
    }
    good
}
