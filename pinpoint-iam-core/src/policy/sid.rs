//! What AWS asks of a `Sid`, which depends on the kind of the policy.

use std::collections::HashSet;

use super::document::Document;
use super::error::Place;

/// Whether the name is made of the characters that the
/// [grammar of identity-based policies](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html)
/// has: ASCII letters and digits.
pub(super) fn is_plain(sid: &str) -> bool {
    sid.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The names that an earlier statement has as well, the empty one left out, which several may have.
pub(super) fn repeated(document: &Document) -> impl Iterator<Item = (&str, Place)> {
    let mut seen = HashSet::with_capacity(document.statements().len());
    let sids = document.statements().iter().filter_map(|statement| {
        let (sid, place) = statement.sid.as_ref()?;
        Some((&**sid, *place))
    });
    sids.filter(move |(sid, _)| !sid.is_empty() && !seen.insert(*sid))
}
