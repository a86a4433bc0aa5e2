//! Sources of the policies of single principals, which are asked when a request needs them.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use pinpoint_iam_core::__private::Quoted;

use crate::arn::Scope;
use crate::freshness::Revision;
use crate::identity::IdentityKey;
use crate::source::error::SourceError;

/// A place from which the policies of single principals are loaded when a request needs them, such as a database with
/// more principals than fit into memory.
///
/// An authorizer with such a source keeps the policies of recent principals in a
/// [bounded cache](crate::PrincipalCache). See
/// [`AuthorizerBuilder::principal_source`](crate::AuthorizerBuilder::principal_source).
///
/// The source must read all records of one request from one state: a record of a user before a change, with a record of
/// a group after it, could allow what no state of the source allows. It must also not read from a replica that may be
/// older than its [invalidations](Invalidation).
///
/// ```
/// use pinpoint_iam::freshness::Revision;
/// use pinpoint_iam::source::{
///     IdentityRecord, PolicyRecord, PrincipalFuture, PrincipalRecords, PrincipalRequest, PrincipalSource,
/// };
///
/// struct Directory;
///
/// # impl Directory {
/// #     async fn policies(&self, _: &str) -> Vec<(String, String)> { Vec::new() }
/// # }
/// impl PrincipalSource for Directory {
///     fn name(&self) -> String {
///         "the directory".to_owned()
///     }
///
///     fn policies_of<'a>(&'a self, request: PrincipalRequest<'a>) -> PrincipalFuture<'a> {
///         Box::pin(async move {
///             let mut records = PrincipalRecords::new(Revision::new("1"));
///             for arn in request.identities {
///                 let mut record = IdentityRecord::new(arn);
///                 for (name, document) in self.policies(arn).await {
///                     record.policies.push(PolicyRecord::inline(name, document));
///                 }
///                 records.identities.push(record);
///             }
///             Ok(records)
///         })
///     }
/// }
/// ```
pub trait PrincipalSource: Send + Sync + 'static {
    /// Returns a name of the source for logs and errors, such as an address. It must not contain secrets.
    fn name(&self) -> String;

    /// Returns the records of the users, roles and groups of `request`, and of the groups of the users.
    ///
    /// Users, roles and groups that do not exist have no record: they have no policies. The future is dropped if it takes
    /// longer than the [load timeout](crate::PrincipalCache::load_timeout).
    ///
    /// # Errors
    ///
    /// Fails if the records cannot be read completely. The requests that wait for them are then denied with 503.
    fn policies_of<'a>(&'a self, request: PrincipalRequest<'a>) -> PrincipalFuture<'a>;

    /// Returns the documents of managed policies, in any order. Called for those whose [record](PolicyRecord::managed) has
    /// no document and that are not compiled yet.
    ///
    /// The document of a name and a version never changes. A version that does not exist any more is omitted; the records
    /// are then loaded again.
    ///
    /// # Errors
    ///
    /// Fails if the documents cannot be read. The default fails always, for sources whose records have documents.
    fn documents<'a>(&'a self, policies: &'a [ManagedPolicy]) -> DocumentsFuture<'a> {
        let names: Vec<String> = policies.iter().map(ManagedPolicy::to_string).collect();
        let message = format!("returned no document of {}", names.join(", "));
        let error = SourceError::of_file(self.name().as_ref(), message);
        Box::pin(std::future::ready(Err(error)))
    }
}

/// The future that [`PrincipalSource::policies_of`] returns.
pub type PrincipalFuture<'a> =
    Pin<Box<dyn Future<Output = Result<PrincipalRecords, SourceError>> + Send + 'a>>;

/// The future that [`PrincipalSource::documents`] returns.
pub type DocumentsFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<(ManagedPolicy, String)>, SourceError>> + Send + 'a>>;

/// What an authorizer asks of a [`PrincipalSource`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PrincipalRequest<'a> {
    /// The ARNs of users and roles, without their paths, which the source determines: `arn:aws:iam::ACCOUNT:user/NAME` or
    /// `…:role/NAME`. The principal of a request is one of them, and the roles that were
    /// [added](crate::Principal::with_roles) to it are others.
    pub identities: &'a [String],
    /// The names of the groups that were [added](crate::Principal::with_groups) to the principal.
    pub groups: &'a [String],
    /// The partition, region and account of the deployment.
    pub scope: &'a Scope,
}

/// The records of one principal, and of everything that applies to it.
#[derive(Clone, Debug)]
pub struct PrincipalRecords {
    /// The revision of the source, or of the records. Decisions are attributed to it.
    pub revision: Revision,
    /// The users and roles of the request that exist.
    pub identities: Vec<IdentityRecord>,
    /// The groups of the request that exist, and those of its users.
    pub groups: Vec<GroupRecord>,
    /// The time for which the records may be used, if it is shorter than the
    /// [time to live](crate::PrincipalCache::time_to_live), for example because no changes are reported at the moment.
    pub time_to_live: Option<Duration>,
}

impl PrincipalRecords {
    /// Creates records without a user, role or group.
    pub const fn new(revision: Revision) -> Self {
        Self {
            revision,
            identities: Vec::new(),
            groups: Vec::new(),
            time_to_live: None,
        }
    }
}

/// The policies and attributes of a user or role.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct IdentityRecord {
    /// The ARN, with the path.
    pub arn: String,
    /// The identity-based policies, without those of groups.
    pub policies: Vec<PolicyRecord>,
    /// The names of the user's groups, which must have [records](PrincipalRecords::groups).
    pub groups: Vec<String>,
    /// The permissions boundary. `None` if the [boundaries](crate::AuthorizerBuilder::principal_source) come from another
    /// source.
    pub boundary: Option<PolicyRecord>,
    /// The tags: keys and values.
    pub tags: Vec<(String, String)>,
    /// The unique id of the user (`AIDA…`) or role (`AROA…`).
    pub unique_id: Option<String>,
}

impl IdentityRecord {
    /// Creates the record of a user or role without policies and attributes.
    pub fn new(arn: impl Into<String>) -> Self {
        Self {
            arn: arn.into(),
            ..Self::default()
        }
    }
}

/// The policies of a group.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GroupRecord {
    /// The name.
    pub name: String,
    /// The identity-based policies.
    pub policies: Vec<PolicyRecord>,
}

impl GroupRecord {
    /// Creates the record of a group without policies.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            policies: Vec::new(),
        }
    }
}

/// A policy in a record.
#[derive(Clone, Debug)]
pub struct PolicyRecord {
    pub(crate) policy: ManagedPolicy,
    /// Whether other principals share it.
    pub(crate) is_managed: bool,
    pub(crate) document: Option<String>,
}

impl PolicyRecord {
    /// Creates a policy that only one principal has.
    pub fn inline(name: impl Into<String>, document: impl Into<String>) -> Self {
        Self {
            policy: ManagedPolicy::new(name, ""),
            is_managed: false,
            document: Some(document.into()),
        }
    }

    /// Creates a reference to a policy that principals share. It is compiled once for each name and version.
    pub fn managed(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            policy: ManagedPolicy::new(name, version),
            is_managed: true,
            document: None,
        }
    }

    /// Adds the document of a [managed](Self::managed) policy, for sources that do not implement
    /// [`documents`](PrincipalSource::documents).
    #[must_use]
    pub fn with_document(mut self, document: impl Into<String>) -> Self {
        self.document = Some(document.into());
        self
    }
}

/// The name and version of a policy that principals share.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ManagedPolicy {
    name: String,
    version: String,
}

impl ManagedPolicy {
    /// Creates the name and version of a policy.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
        }
    }

    /// Returns the name, by which decisions cite the policy.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the version.
    pub fn version(&self) -> &str {
        &self.version
    }
}

impl fmt::Display for ManagedPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "version {} of the policy {}",
            Quoted(&self.version),
            Quoted(&self.name)
        )
    }
}

/// What has changed in a [`PrincipalSource`], see
/// [`Authorizer::invalidate`](crate::Authorizer::invalidate).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Invalidation {
    /// The user or role with this ARN was added, changed or removed. The path may be missing.
    Principal(String),
    /// The policies of the group with this name have changed, or it was added or removed. A change of its members is a
    /// change of these users.
    Group(String),
    /// The managed policy with this name has another version, or was removed.
    Policy(String),
    /// Anything may have changed, for example because notifications were lost.
    Everything,
}

/// An [`Invalidation`] in the form in which it is compared.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Identity(IdentityKey),
    Group(Box<str>),
    Policy(Box<str>),
    Everything,
}

impl From<&Invalidation> for Change {
    fn from(invalidation: &Invalidation) -> Self {
        match invalidation {
            // A text that does not identify a user or role may concern any.
            Invalidation::Principal(arn) => IdentityKey::parse(arn)
                .map_or(Self::Everything, |key| Self::Identity(key.without_path())),
            Invalidation::Group(name) => Self::Group(name.as_str().into()),
            Invalidation::Policy(name) => Self::Policy(name.as_str().into()),
            Invalidation::Everything => Self::Everything,
        }
    }
}
