//! Repeats checks with the tags that they need.

use crate::denial::{Denied, Pending};
use crate::guard::Guard;
use crate::source::resource_tags::{FetchedTags, ResourceTagSource};

/// Runs `check`, and repeats it with further tags as long as it depends on tags of a resource.
///
/// Ready at once if no tags are needed. Every repetition fetches the tags of another resource. `fetched` keeps them for
/// later checks of the same request.
pub(crate) async fn check_with_tags<T>(
    guard: Guard<'_>,
    fetched: &mut FetchedTags,
    check: impl Fn(&Guard<'_>) -> Result<T, Denied>,
) -> Result<T, Denied> {
    for _ in 0..MOST_RESOURCES {
        let outcome = check(&guard.borrowed().with_resource_tags(fetched));
        let Err(denied) = &outcome else {
            return outcome;
        };
        let Some((source, arn)) = pending_tags(&guard, denied) else {
            return outcome;
        };
        guard.authorizer().count_tag_fetch();
        match source.tags(arn).await {
            Ok(tags) => fetched.insert(arn.to_owned(), &tags),
            Err(error) => {
                guard.authorizer().count_tag_failure();
                return Err(Denied::tags_unavailable(error));
            }
        }
    }
    Err(Denied::misconfigured(
        "the check names another resource every time that it is made",
    ))
}

/// The maximum number of resources whose tags one check may fetch. A check with a different resource each time, such as
/// a random one, would otherwise never finish.
const MOST_RESOURCES: usize = 100;

/// Like [`check_with_tags`], but returns `None` if the check would have to wait for tags.
#[cfg(feature = "actix")]
pub(crate) fn check_without_waiting<T>(
    guard: Guard<'_>,
    check: impl Fn(&Guard<'_>) -> Result<T, Denied>,
) -> Option<Result<T, Denied>> {
    let outcome = check(&guard);
    match &outcome {
        Err(denied) if pending_tags(&guard, denied).is_some() => None,
        _ => Some(outcome),
    }
}

/// Returns the resource whose tags the check needs, and their source.
fn pending_tags<'a, 'd>(
    guard: &Guard<'a>,
    denied: &'d Denied,
) -> Option<(&'a dyn ResourceTagSource, &'d str)> {
    match denied.pending() {
        Some(Pending::ResourceTags(arn)) => {
            let source = guard.authorizer().resource_tag_source()?;
            Some((source, arn))
        }
        _ => None,
    }
}
