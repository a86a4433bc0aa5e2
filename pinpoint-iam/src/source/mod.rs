//! Policy sources, which provide policies and attach them to users and roles.
//!
//! - [`AccountDetails`] reads the output of `aws iam get-account-authorization-details`.
//! - [`Directory`] reads a directory of documents with a file that attaches them.
//! - [`PolicyStore`] contains policies that a program assembles itself.
//!
//! A source either loads completely or fails to load. Its errors contain the file, the line and the column.

mod account_details;
#[cfg(feature = "refresh")]
mod asynchronous;
mod attachments;
#[cfg(feature = "page-tokens")]
pub(crate) mod digest;
mod directory;
mod error;
mod file;
#[cfg(feature = "refresh")]
mod files;
mod identity_based;
mod json;
#[cfg(feature = "refresh")]
pub(crate) mod last_good;
#[cfg(feature = "refresh")]
mod layers;
#[cfg(feature = "on-demand")]
mod on_demand;
pub(crate) mod resource_keys;
pub(crate) mod resource_tags;
mod store;
mod tags;
#[cfg(feature = "refresh")]
pub(crate) mod thread;
mod written;

pub use account_details::AccountDetails;
#[cfg(feature = "refresh")]
pub use asynchronous::{
    AsyncPolicySource, FetchFuture, FetchRequest, Fetched, FromFn, PolicySet, from_fn,
};
pub use directory::Directory;
pub use error::SourceError;
#[cfg(feature = "refresh")]
pub use files::PolicyFiles;
#[cfg(feature = "refresh")]
pub use layers::Layers;
#[cfg(feature = "on-demand")]
pub(crate) use on_demand::Change;
#[cfg(feature = "on-demand")]
pub use on_demand::{
    DocumentsFuture, GroupRecord, IdentityRecord, Invalidation, ManagedPolicy, PolicyRecord,
    PrincipalFuture, PrincipalRecords, PrincipalRequest, PrincipalSource,
};
pub(crate) use store::NO_POLICIES;
pub use store::{GroupPolicies, InvalidIdentity, PolicyStore, PrincipalPolicies};

use crate::arn::Scope;

/// A place that policies are loaded from.
///
/// Implementations for policies written by hand parse them with [`Policy::parse`](crate::Policy::parse), which applies
/// the rules of [`Directory`].
///
/// ```
/// use pinpoint_iam::arn::Scope;
/// use pinpoint_iam::policy::Partitions;
/// use pinpoint_iam::source::{PolicySource, PolicyStore, SourceError};
/// use pinpoint_iam::Policy;
///
/// /// Rows of a database: the ARN of a user or role, the name of a policy, and its text.
/// struct Rows(Vec<(String, String, String)>);
///
/// impl PolicySource for Rows {
///     fn load(&self) -> Result<PolicyStore, SourceError> {
///         self.load_in(&Scope::of_tenants("aws", ""))
///     }
///
///     fn load_in(&self, scope: &Scope) -> Result<PolicyStore, SourceError> {
///         let partitions = Partitions::of(scope);
///         let mut store = PolicyStore::new();
///         for (arn, name, text) in &self.0 {
///             let policy = Policy::parse(name, text, &partitions)?;
///             let identity = store
///                 .identity(arn)
///                 .map_err(|error| SourceError::of_file(name.as_ref(), error.to_string()))?;
///             identity.attach(policy);
///         }
///         Ok(store)
///     }
/// }
/// ```
pub trait PolicySource: Send + Sync {
    /// Reads every policy and attachment.
    ///
    /// # Errors
    ///
    /// Fails if any part of the source cannot be read or parsed. A source must not omit the faulty parts, because an
    /// omitted policy could be the one that denies.
    fn load(&self) -> Result<PolicyStore, SourceError>;

    /// Reads every policy and attachment for a deployment in `scope`. Authorizers call this method.
    ///
    /// Override it if documents are written by hand. The partitions that a document may name follow from the scope; see
    /// [`Partitions`](crate::policy::Partitions) and [`Policy::parse`](crate::Policy::parse). Other sources only
    /// implement [`load`](Self::load).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`load`](Self::load).
    fn load_in(&self, scope: &Scope) -> Result<PolicyStore, SourceError> {
        let _ = scope;
        self.load()
    }

    /// Whether the policies were written for AWS, and are copied from an AWS account. They use condition keys that only
    /// AWS supplies, so that an authorizer only warns about [keys without a source](crate::KeyWithoutSource). The
    /// default is `false`.
    fn is_from_aws_account(&self) -> bool {
        false
    }
}

impl PolicySource for PolicyStore {
    fn load(&self) -> Result<PolicyStore, SourceError> {
        Ok(self.clone())
    }
}
