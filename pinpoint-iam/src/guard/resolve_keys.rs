//! Repeats checks with the keys of resources that they need.

use std::collections::HashSet;

use crate::arn::Scope;
use crate::authorizer::Authorizer;
use crate::denial::{Denied, Pending};
use crate::guard::Guard;
#[cfg(feature = "_web")]
use crate::guard::key_loads::Load;
use crate::source::resource_keys::{FetchedKeys, NeededKeys, Origin, SourceFailure};

/// Runs `check`, and repeats it with further keys as long as it depends on keys of a resource.
///
/// Ready at once if no keys are needed. Every repetition fetches the keys of another resource. `fetched` keeps them for
/// later checks of the same request.
pub(crate) async fn check_with_keys<T>(
    guard: Guard<'_>,
    fetched: &mut FetchedKeys,
    mut check: impl FnMut(&Guard<'_>) -> Result<T, Denied>,
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
        // In memory of its own, because the future of every handler contains this one, and few checks wait.
        Box::pin(fetch_keys(&guard, needed, fetched)).await?;
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

/// The maximum number of resources whose keys are fetched by one call of their source.
const LARGEST_BATCH: usize = 1_000;

/// Fetches keys of resources, in batches of resources of one type, and adds them to `fetched`.
///
/// `needed` may come from several checks. Keys that were fetched before are not fetched again, and those that another
/// check of the same [`RequestGuard`](crate::web::RequestGuard) is fetching are waited for.
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
    // With the number of the group.
    let mut seen: HashSet<(usize, &str)> = HashSet::new();
    for keys in needed.iter().filter(|keys| !fetched.contains(keys)) {
        let known = groups.iter().position(|(origin, _)| *origin == keys.origin);
        let group = known.unwrap_or(groups.len());
        if !seen.insert((group, &keys.arn)) {
            continue;
        }
        match groups.get_mut(group) {
            Some((_, arns)) => arns.push(&keys.arn),
            None => groups.push((keys.origin, vec![&keys.arn])),
        }
    }
    let authorizer = guard.authorizer();
    for (origin, arns) in groups {
        let outcome = fetch_group(guard, origin, &arns, fetched).await;
        outcome.map_err(|error| {
            authorizer.count_failure(origin);
            Denied::source_failed(error)
        })?;
    }
    Ok(())
}

/// Fetches keys of resources with the same origin.
async fn fetch_group(
    guard: &Guard<'_>,
    origin: Origin,
    arns: &[&str],
    fetched: &mut FetchedKeys,
) -> Result<(), SourceFailure> {
    let authorizer = guard.authorizer();
    #[cfg(feature = "_web")]
    if let Some(loads) = guard.loads {
        let load = |arns: &[String]| {
            let (authorizer, scope) = (authorizer.clone(), guard.scope().clone());
            let arns = arns.to_vec();
            let load: Load = Box::pin(async move {
                let arns: Vec<&str> = arns.iter().map(String::as_str).collect();
                let mut fetched = FetchedKeys::default();
                fetch_batch(&authorizer, origin, &arns, &scope, &mut fetched).await?;
                Ok(fetched)
            });
            load
        };
        for joined in loads.join(origin, arns, fetched, load, LARGEST_BATCH) {
            fetched.extend(joined.await?);
        }
        return Ok(());
    }
    for batch in arns.chunks(LARGEST_BATCH) {
        fetch_batch(authorizer, origin, batch, guard.scope(), fetched).await?;
    }
    Ok(())
}

async fn fetch_batch(
    authorizer: &Authorizer,
    origin: Origin,
    arns: &[&str],
    scope: &Scope,
    fetched: &mut FetchedKeys,
) -> Result<(), SourceFailure> {
    authorizer.count_fetch(origin);
    let sources = authorizer.resource_key_sources();
    sources.fetch(origin, arns, scope, fetched).await
}
