//! Asking a check again, with the tags that it needs.

use crate::guard::{Denied, FetchedTags, Guard, Pending, ResourceTagSource};

/// Runs `check`, and runs it again with the tags of a resource for as long as it depends on such tags.
///
/// Ready at once where no tags are needed. Every round fetches the tags of another resource; `fetched` keeps them for a
/// later check of the same request.
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

/// How many resources one check may ask for the tags of: a check whose resource is another one each time, such as a random
/// one, would not come to an end.
const MOST_RESOURCES: usize = 100;

/// What [`settle`] answers where it is ready at once; `None` where it would wait for tags.
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

/// The resource whose tags the check waits for, and who is asked for them.
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
