//! Where policies come from, and who has which.
//!
//! - [`AccountDetails`] reads what `aws iam get-account-authorization-details` prints.
//! - [`Directory`] reads a directory of documents with a file that attaches them.
//! - [`PolicyStore`] holds policies that a program puts together itself.
//!
//! A source is taken whole or not at all, and its faults name the file, the line and the column.

mod account_details;
#[doc(hidden)]
pub mod any_resource;
mod attachments;
mod directory;
mod error;
mod file;
mod identity_based;
mod json;
mod store;
mod tags;
mod written;

pub use account_details::AccountDetails;
pub use directory::Directory;
pub use error::SourceError;
pub(crate) use store::NO_POLICIES;
pub use store::{InvalidIdentity, PolicyStore, PrincipalPolicies};

use crate::arn::Scope;

/// A place that policies are loaded from.
///
/// A source of one's own makes its policies with [`Policy::parse`](crate::Policy::parse), which applies the rules of
/// [`Directory`] to what people write.
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
    /// When anything in the source cannot be read or understood. A source is taken whole or not at all: a policy that
    /// is left out could be the one that denies.
    fn load(&self) -> Result<PolicyStore, SourceError>;

    /// Reads every policy and attachment for a deployment in `scope`, as an authorizer does.
    ///
    /// For sources whose documents are written by hand: which partitions a document may name follows from the scope, see
    /// [`Partitions`](crate::policy::Partitions) and [`Policy::parse`](crate::Policy::parse). Others need not care, and have
    /// [`load`](Self::load).
    ///
    /// # Errors
    ///
    /// Those of [`load`](Self::load).
    fn load_in(&self, scope: &Scope) -> Result<PolicyStore, SourceError> {
        let _ = scope;
        self.load()
    }
}

impl PolicySource for PolicyStore {
    fn load(&self) -> Result<PolicyStore, SourceError> {
        Ok(self.clone())
    }
}
