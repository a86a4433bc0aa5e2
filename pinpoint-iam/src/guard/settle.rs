//! Asking a check again, with the tags that it needs.

use crate::guard::{Denied, FetchedTags, Guard, Pending};

/// Runs `check`, and runs it again with the tags of a resource for as long as it depends on such tags.
///
/// Ready at once where no tags are needed. Every round fetches the tags of another resource, so that it comes to an
/// end; `fetched` keeps them for a later check of the same request.
pub(crate) async fn settle<T>(
    guard: Guard<'_>,
    fetched: &mut FetchedTags,
    check: impl Fn(&Guard<'_>) -> Result<T, Denied>,
) -> Result<T, Denied> {
    loop {
        let outcome = check(&guard.with_resource_tags(fetched));
        let Err(denied) = outcome else { return outcome };
        let Some(Pending::ResourceTags(arn)) = denied.pending() else {
            return Err(denied);
        };
        let Some(source) = guard.authorizer().resource_tag_source() else {
            return Err(denied);
        };
        match source.tags(arn).await {
            Ok(tags) => fetched.insert(arn.clone(), &tags),
            Err(error) => {
                guard.authorizer().count_tag_failure();
                return Err(Denied::tags_unavailable(error));
            }
        }
    }
}
