//! Two sources as one.

use std::path::Path;

use crate::arn::Scope;
use crate::freshness::Revision;
use crate::source::asynchronous::{
    AsyncPolicySource, FetchFuture, FetchRequest, Fetched, PolicySet,
};
use crate::source::error::SourceError;
use crate::source::files::PolicyFiles;
use crate::source::store::PolicyStore;

/// The permissions boundaries of an organization from one source, and its principals with their policies from another.
///
/// The owner of the boundaries limits what the owner of the principals can grant. Therefore:
///
/// - The first source contains only boundaries, and the second one none. Anything else is an error, and the set is
///   rejected.
/// - All requests of a user or role without a boundary in the first source are denied. The same applies to all callers
///   that the second source does not contain, also those with [groups](crate::Principal::with_groups) and root users.
/// - The policies are confirmed if both sources confirm them. If one fails, the fetch fails, and the age of the policies
///   grows.
///
/// ```
/// use std::time::Duration;
///
/// use pinpoint_iam::source::{Directory, Layers, SourceError};
/// use pinpoint_iam::{Authorizer, Scope};
///
/// # fn builder() -> Result<pinpoint_iam::AuthorizerBuilder, SourceError> {
/// let organization = Directory::open("/etc/organization/boundaries")?;
/// let principals = Directory::open("policies")?;
/// let builder = Authorizer::builder()
///     .scope(Scope::new("aws", "us-east-1", "123456789012"))
///     .async_source(Layers::new(organization, principals))
///     .max_age(Duration::from_secs(600));
/// # Ok(builder)
/// # }
/// # drop(builder());
/// ```
#[derive(Clone, Debug)]
pub struct Layers<B, P> {
    boundaries: B,
    principals: P,
}

/// The directories of the files in a combined set.
const BOUNDARIES: &str = "boundaries/";
const PRINCIPALS: &str = "principals/";

impl<B: AsyncPolicySource, P: AsyncPolicySource> Layers<B, P> {
    /// Combines a source of boundaries with a source of principals.
    ///
    /// Both have to return sets of [files](PolicySet::from_files).
    pub const fn new(boundaries: B, principals: P) -> Self {
        Self {
            boundaries,
            principals,
        }
    }

    fn merged(
        &self,
        boundaries: &PolicyStore,
        principals: PolicyStore,
    ) -> Result<PolicyStore, SourceError> {
        boundaries
            .check_boundaries()
            .and_then(|()| principals.bounded_by(boundaries))
            .map_err(|message| SourceError::of_file(Path::new(&self.name()), message))
    }
}

impl<B: AsyncPolicySource, P: AsyncPolicySource> AsyncPolicySource for Layers<B, P> {
    fn name(&self) -> String {
        format!("{} and {}", self.boundaries.name(), self.principals.name())
    }

    fn fetch<'a>(&'a self, request: FetchRequest<'a>) -> FetchFuture<'a> {
        Box::pin(async move {
            let known = request.known.and_then(split);
            let (known_boundaries, known_principals) = known.unzip();
            let scope = request.scope;
            let boundaries = fetch(&self.boundaries, known_boundaries.as_ref(), scope).await?;
            let principals = fetch(&self.principals, known_principals.as_ref(), scope).await?;
            let (boundaries, principals) = match (boundaries, principals) {
                (None, None) => return Ok(Fetched::Unchanged),
                (boundaries, principals) => (
                    or_again(boundaries, &self.boundaries, scope).await?,
                    or_again(principals, &self.principals, scope).await?,
                ),
            };
            let mut files = PolicyFiles::new();
            for (prefix, source, set) in [
                (BOUNDARIES, self.boundaries.name(), &boundaries),
                (PRINCIPALS, self.principals.name(), &principals),
            ] {
                let Some(of_source) = set.files() else {
                    let message = "returns a set without files, which a layer needs";
                    return Err(SourceError::of_file(Path::new(&source), message));
                };
                for (name, text) in of_source.iter() {
                    files.insert(format!("{prefix}{name}"), text)?;
                }
            }
            let revision = join(boundaries.revision(), principals.revision());
            Ok(Fetched::Changed(PolicySet::from_files(revision, files)))
        })
    }

    fn parse(&self, files: &PolicyFiles, scope: &Scope) -> Result<PolicyStore, SourceError> {
        let boundaries = self.boundaries.parse(&part(files, BOUNDARIES)?, scope);
        let principals = self.principals.parse(&part(files, PRINCIPALS)?, scope);
        match (boundaries, principals) {
            (Ok(boundaries), Ok(principals)) => self.merged(&boundaries, principals),
            (Ok(boundaries), Err(error)) => {
                Err(error.map_readable(|principals| self.merged(&boundaries, principals).ok()))
            }
            (Err(error), Ok(principals)) => {
                Err(error.map_readable(|boundaries| self.merged(&boundaries, principals).ok()))
            }
            (Err(error), Err(other)) => {
                let (error, other) = match error.readable() {
                    Some(_) => (error, other),
                    None => (other, error),
                };
                let mut others = error.others().to_vec();
                others.push(other.map_readable(|_| None));
                // Whose policies are unchanged is unknown.
                let error = error.map_readable(|_| Some(PolicyStore::new()));
                Err(error.with_others(others))
            }
        }
    }

    fn accept(&self, files: &PolicyFiles) -> Result<(), SourceError> {
        self.boundaries.accept(&part(files, BOUNDARIES)?)?;
        self.principals.accept(&part(files, PRINCIPALS)?)
    }

    fn has_order(&self) -> bool {
        self.boundaries.has_order() || self.principals.has_order()
    }

    fn resume(&self, files: &PolicyFiles) -> Result<(), SourceError> {
        self.boundaries.resume(&part(files, BOUNDARIES)?)?;
        self.principals.resume(&part(files, PRINCIPALS)?)
    }

    fn is_from_aws_account(&self) -> bool {
        self.boundaries.is_from_aws_account() && self.principals.is_from_aws_account()
    }
}

/// Fetches one layer; `None` if it is unchanged.
async fn fetch(
    source: &impl AsyncPolicySource,
    known: Option<&Revision>,
    scope: &Scope,
) -> Result<Option<PolicySet>, SourceError> {
    match source.fetch(FetchRequest::new(known, scope)).await? {
        Fetched::Changed(set) => Ok(Some(set)),
        Fetched::Unchanged if known.is_some() => Ok(None),
        Fetched::Unchanged => Err(SourceError::of_file(
            Path::new(&source.name()),
            "reports that nothing has changed, without having returned a set",
        )),
    }
}

/// Returns the set of a layer, and fetches it again if it is unchanged and the other layer is not.
async fn or_again(
    set: Option<PolicySet>,
    source: &impl AsyncPolicySource,
    scope: &Scope,
) -> Result<PolicySet, SourceError> {
    match set {
        Some(set) => Ok(set),
        None => {
            let again = fetch(source, None, scope).await?;
            again.ok_or_else(|| SourceError::of_file(Path::new(&source.name()), "returns no set"))
        }
    }
}

/// Returns the files of one layer.
fn part(files: &PolicyFiles, prefix: &str) -> Result<PolicyFiles, SourceError> {
    let mut part = PolicyFiles::new();
    for (name, text) in files.iter() {
        if let Some(name) = name.strip_prefix(prefix) {
            part.insert(name, text)?;
        }
    }
    Ok(part)
}

/// Combines two revisions. The length of the first is where the second starts.
fn join(boundaries: &Revision, principals: &Revision) -> Revision {
    let (first, second) = (boundaries.as_str(), principals.as_str());
    Revision::new(&format!("{}:{first}+{second}", first.len()))
}

/// Returns the revisions of which `revision` consists.
fn split(revision: &Revision) -> Option<(Revision, Revision)> {
    let (length, rest) = revision.as_str().split_once(':')?;
    let (first, rest) = rest.split_at_checked(length.parse().ok()?)?;
    let second = rest.strip_prefix('+')?;
    Some((Revision::new(first), Revision::new(second)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_split_where_they_were_joined() {
        for (first, second) in [("", ""), ("a", "b"), ("1:x+y", "+:2"), ("é", "+")] {
            let (first, second) = (Revision::new(first), Revision::new(second));
            let joined = join(&first, &second);
            assert_eq!(split(&joined), Some((first, second)), "{joined}");
        }
        for other in ["", "x", "1", "1:", "2:a+b", "1:é+b", "-1:a+b"] {
            assert_eq!(split(&Revision::new(other)), None, "{other}");
        }
    }
}
