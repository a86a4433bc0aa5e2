//! Repeats checks with the keys of resources that they need.

use crate::denial::{Denied, Pending};
use crate::guard::Guard;
use crate::source::resource_keys::{FetchedKeys, NeededKeys, Origin};

/// Runs `check`, and repeats it with further keys as long as it depends on keys of a resource.
///
/// Ready at once if no keys are needed. Every repetition fetches the keys of another resource. `fetched` keeps them for
/// later checks of the same request.
pub(crate) async fn check_with_keys<T>(
    guard: Guard<'_>,
    fetched: &mut FetchedKeys,
    check: impl Fn(&Guard<'_>) -> Result<T, Denied>,
) -> Result<T, Denied> {
    for _ in 0..MOST_RESOURCES {
        let authorizer = guard.authorizer();
        let outcome = authorizer.recording_last(|| check(&guard.borrowed().with_fetched(fetched)));
        let Err(denied) = &outcome else {
            return outcome;
        };
        let needed = needed_keys(denied);
        if needed.is_empty() {
            return outcome;
        }
        fetch_keys(&guard, needed, fetched).await?;
    }
    Err(Denied::misconfigured(
        "the check names another resource every time that it is made",
    ))
}

/// The maximum number of times that a check is repeated. A check with a different resource each time, such as a random
/// one, would otherwise never finish.
const MOST_RESOURCES: usize = 100;

/// Like [`check_with_keys`], but returns `None` if the check would have to wait for keys.
#[cfg(feature = "actix")]
pub(crate) fn check_without_waiting<T>(
    guard: Guard<'_>,
    check: impl Fn(&Guard<'_>) -> Result<T, Denied>,
) -> Option<Result<T, Denied>> {
    let outcome = guard.authorizer().recording_last(|| check(&guard));
    match &outcome {
        Err(denied) if !needed_keys(denied).is_empty() => None,
        _ => Some(outcome),
    }
}

/// Returns the keys of resources that the check needs, and that sources can supply.
pub(crate) fn needed_keys(denied: &Denied) -> &[NeededKeys] {
    match denied.pending() {
        Some(Pending::ResourceKeys(needed)) => needed,
        _ => &[],
    }
}

/// Fetches keys of resources, with one call for all resources of a type, and adds them to `fetched`.
///
/// `needed` may come from several checks. Keys that were fetched before are not fetched again.
///
/// # Errors
///
/// Fails with 503 if a source fails.
pub(crate) async fn fetch_keys(
    guard: &Guard<'_>,
    needed: &[NeededKeys],
    fetched: &mut FetchedKeys,
) -> Result<(), Denied> {
    let mut groups: Vec<(Origin, Vec<&str>)> = Vec::new();
    for keys in needed.iter().filter(|keys| !fetched.contains(keys)) {
        match groups.iter_mut().find(|(origin, _)| *origin == keys.origin) {
            Some((_, arns)) if arns.contains(&&*keys.arn) => {}
            Some((_, arns)) => arns.push(&keys.arn),
            None => groups.push((keys.origin, vec![&keys.arn])),
        }
    }
    let authorizer = guard.authorizer();
    let sources = authorizer.resource_key_sources();
    for (origin, arns) in groups {
        authorizer.count_fetch(origin);
        let outcome = sources.fetch(origin, &arns, guard.scope(), fetched).await;
        outcome.map_err(|error| {
            authorizer.count_failure(origin);
            Denied::source_failed(error)
        })?;
    }
    Ok(())
}
