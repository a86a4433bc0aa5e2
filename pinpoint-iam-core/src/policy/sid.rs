//! AWS's rules for a `Sid`, which depend on the kind of the policy.

use std::collections::HashSet;

use super::document::Document;
use super::error::Place;

/// Whether the name has only the characters of the [grammar of identity-based
/// policies](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html): ASCII letters and
/// digits.
pub(super) fn is_plain(sid: &str) -> bool {
    sid.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The names that an earlier statement also has, except the empty name, which may be repeated.
pub(super) fn repeated(document: &Document) -> impl Iterator<Item = (&str, Place)> {
    let mut seen = HashSet::with_capacity(document.statements().len());
    let sids = document.statements().iter().filter_map(|statement| {
        let (sid, place) = statement.sid.as_ref()?;
        Some((&**sid, *place))
    });
    sids.filter(move |(sid, _)| !sid.is_empty() && !seen.insert(*sid))
}
