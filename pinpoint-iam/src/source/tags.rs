//! The tags of users and roles.

use std::collections::HashSet;

use crate::source::error::SourceError;
use crate::source::json::Text;

/// Rejects tags whose keys differ only in case. Condition keys such as `aws:PrincipalTag/team` and `…/Team` are equal
/// in IAM, so one of the values would be lost.
pub(super) fn check_tags(tags: &[(Text<'_>, Text<'_>)]) -> Result<(), SourceError> {
    let mut keys = HashSet::with_capacity(tags.len());
    for (key, _) in tags {
        if !keys.insert(key.as_str().to_ascii_lowercase()) {
            return Err(key.fault(format!(
                "duplicate tag {key}: tag keys are case-insensitive"
            )));
        }
    }
    Ok(())
}
