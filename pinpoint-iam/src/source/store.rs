//! Which principal has which policies, in memory.

use std::fmt;

use pinpoint_iam_core::internal::Quoted;

use crate::context::Context;
use crate::eval::{Policy, PolicyStack};
use crate::identity::{IdentityKey, IdentityKind, IdentityMap};
use crate::principal::{EnrichedPrincipal, Principal};

/// The policies of every user and role that a source knows.
///
/// ```
/// use pinpoint_iam::source::PolicyStore;
/// use pinpoint_iam::{Policy, Principal, policy::Document};
///
/// let document = Document::parse(
///     r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "mobiletargeting:*", "Resource": "*"}}"#,
/// )?;
/// let mut store = PolicyStore::new();
/// store
///     .identity("arn:aws:iam::123456789012:user/ana")?
///     .attach(Policy::new("administrator", document));
///
/// let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
/// assert_eq!(store.policies(&ana).identity().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct PolicyStore {
    identities: IdentityMap<PrincipalPolicies>,
}

/// A text that is not the ARN of a user or role, or one with another path than the store has.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidIdentity {
    arn: Box<str>,
    /// The ARN that the store has for the user or role of this name.
    known: Option<Box<str>>,
}

impl fmt::Display for InvalidIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arn = self.arn.escape_debug();
        match &self.known {
            None => write!(
                formatter,
                "`{arn}` is not the ARN of a user or role: expected `arn:aws:iam::ACCOUNT:user/NAME` or `…:role/NAME`"
            ),
            Some(known) => write!(
                formatter,
                "`{arn}` has another path than `{}`: names are unique in an account, whatever their path",
                known.escape_debug()
            ),
        }
    }
}

impl fmt::Debug for InvalidIdentity {
    /// Writes the sentence, so that `unwrap` and `main` show it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for InvalidIdentity {}

impl PolicyStore {
    /// A store that knows nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// The policies of the user or role behind `principal`, or none.
    ///
    /// A principal that was made with [a path](Principal::from_arn) has none unless the store has the same path.
    pub fn policies(&self, principal: &Principal) -> &PrincipalPolicies {
        self.identities.get(principal).unwrap_or(&NO_POLICIES)
    }

    /// The policies of the user or role with the ARN `arn`, to be filled.
    ///
    /// # Errors
    ///
    /// When `arn` is not the ARN of an IAM user or role. Nobody else has policies of their own. And when the store has the
    /// user or role of this name under another path: names are unique in an account, and one of the two would get the
    /// policies of the other.
    pub fn identity(&mut self, arn: &str) -> Result<&mut PrincipalPolicies, InvalidIdentity> {
        let invalid = |known: Option<&str>| InvalidIdentity {
            arn: arn.into(),
            known: known.map(Into::into),
        };
        let key = IdentityKey::parse(arn).ok_or_else(|| invalid(None))?;
        let new = || PrincipalPolicies::of(arn);
        let (policies, _) = self
            .identities
            .get_or_insert_with(key, new)
            .ok_or_else(|| invalid(None))?;
        match policies.arn.as_deref() {
            Some(known) if known != arn => Err(invalid(Some(known))),
            _ => Ok(policies),
        }
    }

    /// The policies of a user or role that the store does not know yet.
    ///
    /// # Errors
    ///
    /// When `arn` is not the ARN of such an identity, or stands for one that the store knows. Two entries for one
    /// identity are a mistake, and merging them would let the second take the boundary of the first away.
    pub(super) fn define(
        &mut self,
        kind: IdentityKind,
        arn: &str,
    ) -> Result<&mut PrincipalPolicies, String> {
        let word = kind.word();
        let invalid = || {
            format!(
                "{} is not the ARN of a {word}: expected `arn:aws:iam::ACCOUNT:{word}/NAME`",
                Quoted(arn)
            )
        };
        let key = IdentityKey::parse(arn)
            .filter(|key| key.kind() == kind)
            .ok_or_else(invalid)?;
        let name = key.name().to_owned();
        let new = || PrincipalPolicies::of(arn);
        match self.identities.get_or_insert_with(key, new) {
            Some((policies, false)) => Ok(policies),
            Some((_, true)) => Err(format!(
                "the {word} {} stands twice: the names of an account's {word}s are unique, whatever their path",
                Quoted(&name)
            )),
            None => Err(invalid()),
        }
    }

    /// What the store has for `key`, whatever its path.
    pub(crate) fn get_by_key(&self, key: &IdentityKey) -> Option<&PrincipalPolicies> {
        self.identities.get_by_key(key)
    }

    /// Logs the lints of all policies, each policy once.
    #[cfg(any(feature = "axum", feature = "actix"))]
    pub(crate) fn log_lints(&self) {
        let mut seen = std::collections::HashSet::new();
        for policies in self.identities.values() {
            for policy in policies.identity.iter().chain(policies.boundary()) {
                if seen.insert(policy.address()) {
                    for lint in policy.document().lints() {
                        tracing::warn!(policy = policy.name(), "{lint}");
                    }
                }
            }
        }
    }

    /// Every user and role with its policies.
    pub(crate) fn into_identities(self) -> IdentityMap<PrincipalPolicies> {
        self.identities
    }

    /// The number of users and roles.
    pub fn len(&self) -> usize {
        self.identities.len()
    }

    /// Whether the store knows nobody.
    pub fn is_empty(&self) -> bool {
        self.identities.len() == 0
    }
}

/// What a source knows of one user or role.
#[derive(Clone, Debug, Default)]
pub struct PrincipalPolicies {
    arn: Option<Box<str>>,
    identity: Vec<Policy>,
    permissions_boundary: Option<Vec<Policy>>,
    unique_id: Option<Box<str>>,
    tags: Context,
}

/// What there is for a principal that the source does not know.
pub(crate) static NO_POLICIES: PrincipalPolicies = PrincipalPolicies {
    arn: None,
    identity: Vec::new(),
    permissions_boundary: None,
    unique_id: None,
    tags: Context::new(),
};

impl PrincipalPolicies {
    fn of(arn: &str) -> Self {
        Self {
            arn: Some(arn.into()),
            ..Self::default()
        }
    }

    /// Adds an identity-based policy. One that is there already, by way of a group perhaps, is not added again.
    pub fn attach(&mut self, policy: Policy) {
        if !self.identity.iter().any(|other| other.is(&policy)) {
            self.identity.push(policy);
        }
    }

    /// Sets the permissions boundary.
    pub fn set_permissions_boundary(&mut self, policy: Policy) {
        self.permissions_boundary = Some(vec![policy]);
    }

    /// Sets the tag `key`, which conditions see as `aws:PrincipalTag/key`.
    pub fn set_tag(&mut self, key: &str, value: &str) {
        self.tags.replace(&format!("aws:PrincipalTag/{key}"), value);
    }

    /// Sets the unique id of the user (`AIDA…`) or role (`AROA…`).
    ///
    /// `aws:userid` is made from it for principals that bring no [unique id](Principal::with_unique_id) of their own.
    pub fn set_unique_id(&mut self, id: &str) {
        self.unique_id = Some(id.into());
    }

    /// Whether both say the same of one user or role. The order of policies does not count.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let Self {
            arn,
            identity,
            permissions_boundary,
            unique_id,
            tags,
        } = self;
        *arn == other.arn
            && identity.len() == other.identity.len()
            && identity
                .iter()
                .all(|policy| other.identity.contains(policy))
            && *permissions_boundary == other.permissions_boundary
            && *unique_id == other.unique_id
            && *tags == other.tags
    }

    /// The identity-based policies.
    pub fn identity(&self) -> &[Policy] {
        &self.identity
    }

    /// The permissions boundary as a list; empty where there is none.
    pub(crate) fn boundary(&self) -> &[Policy] {
        self.permissions_boundary.as_deref().unwrap_or_default()
    }

    /// The permissions boundary.
    pub fn permissions_boundary(&self) -> Option<&Policy> {
        self.permissions_boundary.as_deref()?.first()
    }

    /// The unique id of the user or role.
    pub fn unique_id(&self) -> Option<&str> {
        self.unique_id.as_deref()
    }

    /// The tags, as condition keys.
    pub(crate) const fn tags(&self) -> &Context {
        &self.tags
    }

    /// `principal` with what the source knows of its user or role and the principal does not say: the unique id, and
    /// the ARN with the path.
    pub(crate) fn enrich<'a>(&self, principal: &'a Principal) -> EnrichedPrincipal<'a> {
        let unique_id = self
            .unique_id
            .as_deref()
            .filter(|_| principal.unique_id().is_none());
        let known = principal.role_arn().or(principal.arn());
        let arn = self
            .arn
            .as_deref()
            .filter(|arn| !principal.path_is_known() || known != Some(arn));
        principal.completed(unique_id, arn)
    }

    /// The policies that have a say in a request of `principal`.
    pub(crate) fn stack<'a>(&'a self, principal: &'a Principal) -> PolicyStack<'a> {
        PolicyStack {
            identity: &self.identity,
            permissions_boundary: self.permissions_boundary.as_deref(),
            session: principal.session_policies(),
            ..PolicyStack::default()
        }
    }
}
