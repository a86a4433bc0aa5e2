//! Policies of principals in memory.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use pinpoint_iam_core::__private::Quoted;

use crate::context::{ConditionKey, Context, ContextLookup, Lookup};
use crate::identity::{IdentityKey, IdentityKind, IdentityMap};
use crate::policy_stack::{Policy, PolicyStack};
use crate::principal::{EnrichedPrincipal, Principal};
#[cfg(feature = "page-tokens")]
use crate::source::digest::{Digest, Digester, digest_of};

/// The policies of all users and roles of a source.
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
    /// Boxed, because the map has space for one entry in itself.
    identities: Box<IdentityMap<PrincipalPolicies>>,
    groups: Groups,
    /// Whether callers that are not in the store have an empty permissions boundary, which allows nothing.
    bounds_others: bool,
}

/// The policies of groups by name.
pub(crate) type Groups = BTreeMap<Box<str>, GroupPolicies>;

/// The error for a text that is not the ARN of a user or role, or whose path differs from the path in the store.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidIdentity {
    arn: Box<str>,
    /// The ARN in the store for the user or role of this name.
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
                "the path of `{arn}` differs from that of `{}`: names are unique in an account regardless of the path",
                known.escape_debug()
            ),
        }
    }
}

impl fmt::Debug for InvalidIdentity {
    /// Uses the `Display` text, because `unwrap` and `main` print errors with `Debug`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for InvalidIdentity {}

impl PolicyStore {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the policies of the user or role of `principal`. Empty if it has none.
    ///
    /// A principal that was created with [a path](Principal::from_arn) has policies only if the store has the same
    /// path.
    pub fn policies(&self, principal: &Principal) -> &PrincipalPolicies {
        principal
            .identity()
            .and_then(|identity| self.identities.get(&identity))
            .unwrap_or(&NO_POLICIES)
    }

    /// Returns the policies of the user or role with the ARN `arn`, to be modified.
    ///
    /// # Errors
    ///
    /// Fails if `arn` is not the ARN of an IAM user or role, because no other principal has policies of its own. Also
    /// fails if the store has the user or role of this name with another path: names are unique in an account, so one
    /// of the two would get the policies of the other.
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

    /// Returns the policies of the group `name`, to be modified. They apply to principals with this group, see
    /// [`Principal::with_groups`].
    ///
    /// ```
    /// use pinpoint_iam::source::PolicyStore;
    /// use pinpoint_iam::{Policy, policy::Document};
    ///
    /// let document = Document::parse(
    ///     r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "mobiletargeting:Get*", "Resource": "*"}}"#,
    /// )?;
    /// let mut store = PolicyStore::new();
    /// store.group("reader").attach(Policy::new("reader", document));
    /// # Ok::<(), pinpoint_iam::policy::ParseError>(())
    /// ```
    pub fn group(&mut self, name: &str) -> &mut GroupPolicies {
        self.groups.entry(name.into()).or_default()
    }

    /// Returns the policies of the group `name`.
    pub(crate) fn get_group(&self, name: &str) -> Option<&GroupPolicies> {
        self.groups.get(name)
    }

    /// Adds a user or role that must not be in the store yet, and returns its policies.
    ///
    /// # Errors
    ///
    /// Fails if `arn` is not the ARN of a user or role, or identifies one that is already in the store. Two entries for
    /// one identity are a mistake. If they were merged, the second could remove the boundary of the first.
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
                "duplicate {word} {}: names are unique in an account regardless of the path",
                Quoted(&name)
            )),
            None => Err(invalid()),
        }
    }

    /// Returns the entry for `key`, regardless of its path.
    pub(crate) fn get_by_key(&self, key: &IdentityKey) -> Option<&PrincipalPolicies> {
        self.identities.get_by_key(key)
    }

    /// Logs the lints of all policies, once per policy.
    #[cfg(feature = "_web")]
    pub(crate) fn log_lints(&self) {
        for (policy, _) in self.distinct_policies() {
            for lint in policy.document().lints() {
                tracing::warn!(policy = policy.name(), "{lint}");
            }
        }
    }

    /// Returns every policy once, and whether it is the permissions boundary of a user or role.
    pub(crate) fn distinct_policies(&self) -> Vec<(&Policy, bool)> {
        let boundaries = self.all().flat_map(PrincipalPolicies::boundary);
        let boundaries: HashSet<usize> = boundaries.map(Policy::address).collect();
        let mut seen = HashSet::new();
        self.all()
            .flat_map(|policies| policies.identity().iter().chain(policies.boundary()))
            .filter(|policy| seen.insert(policy.address()))
            .map(|policy| (policy, boundaries.contains(&policy.address())))
            .collect()
    }

    /// Returns the policies of every user, role and group.
    pub(crate) fn all(&self) -> impl Iterator<Item = &PrincipalPolicies> {
        let groups = self.groups.values().map(|group| &group.0);
        self.identities.values().chain(groups)
    }

    /// Returns every group with its name, ordered by the names.
    pub fn groups(&self) -> impl Iterator<Item = (&str, &GroupPolicies)> {
        let groups = self.groups.iter();
        groups.map(|(name, group)| (&**name, group))
    }

    /// Whether callers that are not in the store have an empty permissions boundary, which allows nothing. This is so if
    /// boundaries have a source of their own, see `Layers`.
    pub const fn bounds_others(&self) -> bool {
        self.bounds_others
    }

    /// Checks that the store contains nothing but permissions boundaries.
    ///
    /// # Errors
    ///
    /// Fails if it contains a group, or anything else of a user or role.
    #[cfg(any(feature = "refresh", feature = "on-demand"))]
    pub(crate) fn check_boundaries(&self) -> Result<(), String> {
        if let Some(name) = self.groups.keys().next() {
            return Err(format!("the group {} has no boundary", Quoted(name)));
        }
        for (arn, policies) in self.iter() {
            let is_boundary_only = policies.identity.is_empty()
                && policies.unique_id.is_none()
                && policies.tags.iter().next().is_none();
            if !is_boundary_only {
                return Err(format!(
                    "{} has more than a boundary in the source of the boundaries",
                    Quoted(arn)
                ));
            }
        }
        Ok(())
    }

    /// Gives callers that the store does not contain an empty permissions boundary.
    #[cfg(feature = "on-demand")]
    pub(crate) const fn bounding_others(mut self) -> Self {
        self.bounds_others = true;
        self
    }

    /// Sets the permissions boundary of every caller to that in `boundaries`, which
    /// [are nothing else](Self::check_boundaries). Users and roles that it does not contain have one that denies
    /// everything, and callers that the store does not contain an empty one.
    ///
    /// # Errors
    ///
    /// Fails if a user or role already has a boundary.
    #[cfg(any(feature = "refresh", feature = "on-demand"))]
    pub(crate) fn bounded_by(self, boundaries: &Self) -> Result<Self, String> {
        let mut fault = None;
        let missing = Policy::missing_boundary();
        let identities = self.identities.map(|mut policies| {
            let arn = policies.arn.as_deref().unwrap_or_default();
            let found = IdentityKey::parse(arn).and_then(|key| boundaries.get_by_key(&key));
            if policies.permissions_boundary.is_some() {
                fault = Some(format!(
                    "{} has a boundary in the source of the principals; boundaries come from the other source",
                    Quoted(arn)
                ));
            } else if let Some(other) = found.and_then(|found| found.arn.as_deref())
                && other != arn
            {
                fault = Some(format!(
                    "the path of {} differs from that of {} in the source of the boundaries",
                    Quoted(arn),
                    Quoted(other)
                ));
            }
            let boundary = found.and_then(|found| found.permissions_boundary.clone());
            policies.permissions_boundary = boundary.or_else(|| Some(vec![missing.clone()]));
            policies
        });
        match fault {
            Some(fault) => Err(fault),
            None => Ok(Self {
                identities: Box::new(identities),
                groups: self.groups,
                bounds_others: true,
            }),
        }
    }

    /// Whether both contain the same users, roles and groups with the same policies, in any order.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let mut groups = self.groups.iter();
        let mut identities = self.identities.iter();
        self.bounds_others == other.bounds_others
            && self.groups.len() == other.groups.len()
            && self.identities.len() == other.identities.len()
            && groups.all(|(name, group)| {
                let found = other.groups.get(name);
                found.is_some_and(|found| found.is_same(group))
            })
            && identities.all(|(key, policies)| {
                let found = other.get_by_key(key);
                found.is_some_and(|found| found.is_same(policies))
            })
    }

    /// Returns every user and role with its policies, and the groups.
    pub(crate) fn into_parts(self) -> (IdentityMap<PrincipalPolicies>, Groups) {
        (*self.identities, self.groups)
    }

    /// Returns every user and role with its ARN, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &PrincipalPolicies)> {
        let policies = self.identities.values();
        policies.filter_map(|policies| Some((policies.arn.as_deref()?, policies)))
    }

    /// Returns the number of users and roles.
    pub fn len(&self) -> usize {
        self.identities.len()
    }

    /// Whether the store contains no users and roles.
    pub fn is_empty(&self) -> bool {
        self.identities.len() == 0
    }
}

/// The identity-based policies of a group. A group has no permissions boundary and no tags, as in IAM.
#[derive(Clone, Debug, Default)]
pub struct GroupPolicies(PrincipalPolicies);

impl GroupPolicies {
    /// Adds an identity-based policy. A policy that is already attached is not added again.
    pub fn attach(&mut self, policy: Policy) {
        self.0.attach(policy);
    }

    /// The identity-based policies.
    pub fn policies(&self) -> &[Policy] {
        self.0.identity()
    }

    /// Returns the digest of the group.
    #[cfg(feature = "page-tokens")]
    pub(crate) fn digest(&self, name: &str, digester: &mut Digester) -> Digest {
        self.0.digest(name, digester)
    }

    /// Whether both are equal, ignoring the order of the policies.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.0.is_same(&other.0)
    }
}

/// The policies and attributes of one user or role in a source.
#[derive(Clone, Debug, Default)]
pub struct PrincipalPolicies {
    arn: Option<Box<str>>,
    identity: Vec<Policy>,
    permissions_boundary: Option<Vec<Policy>>,
    unique_id: Option<Box<str>>,
    tags: Context,
}

/// The policies of a principal that is not in the source.
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

    /// No policies, and a permissions boundary that allows nothing.
    pub(crate) fn with_empty_boundary() -> Self {
        Self {
            permissions_boundary: Some(Vec::new()),
            ..Self::default()
        }
    }

    /// Adds an identity-based policy. A policy that is already attached, perhaps through a group, is not added again.
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
    /// Used for `aws:userid` if a principal has no [unique id](Principal::with_unique_id) of its own.
    pub fn set_unique_id(&mut self, id: &str) {
        self.unique_id = Some(id.into());
    }

    /// Whether both are equal, ignoring the order of the policies.
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
            // Two equal policies on one side could hide one that only the other side has.
            && other.identity.iter().all(|policy| identity.contains(policy))
            && *permissions_boundary == other.permissions_boundary
            && *unique_id == other.unique_id
            && *tags == other.tags
    }

    /// Returns the digest of what [`is_same`](Self::is_same) compares, for the user, role or group `name`.
    #[cfg(feature = "page-tokens")]
    pub(crate) fn digest(&self, name: &str, digester: &mut Digester) -> Digest {
        let Self {
            arn,
            identity,
            permissions_boundary,
            unique_id,
            tags,
        } = self;
        let identity = digester.of_policies(identity);
        let boundary = permissions_boundary.as_deref();
        let boundary = boundary.map(|boundary| digester.of_policies(boundary));
        let mut tags: Vec<String> = tags.iter().map(|tag| format!("{tag:?}")).collect();
        tags.sort_unstable();
        let attributes = format!("{:?}", (name, arn, unique_id, tags, boundary));
        digest_of([attributes.as_bytes(), &identity])
    }

    /// The identity-based policies.
    pub fn identity(&self) -> &[Policy] {
        &self.identity
    }

    /// The permissions boundary as a list. Empty if there is none.
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

    /// The tags, as condition keys `aws:PrincipalTag/KEY`.
    pub const fn tags(&self) -> &Context {
        &self.tags
    }

    /// Returns `principal` with everything that the source adds to it when an authorizer decides: the unique id, the path
    /// of the ARN, and the tags. What the principal has itself takes precedence.
    pub fn complete(&self, principal: &Principal) -> Principal {
        let completed = self.enrich(principal).into_owned();
        let tags = self.tags.iter();
        tags.fold(completed, |completed, (key, values)| {
            let key = ConditionKey::new(key);
            match (completed.lookup(&key), values.first()) {
                (Lookup::Absent, Some(value)) => completed.with_key(key.as_str(), value.clone()),
                _ => completed,
            }
        })
    }

    /// Adds the unique id and the path of the ARN to `principal`, if the source has them and the principal does not.
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

    /// The policies that apply to requests of `principal`.
    pub(crate) fn stack<'a>(&'a self, principal: &'a Principal) -> PolicyStack<'a> {
        PolicyStack {
            identity: &self.identity,
            permissions_boundary: self.permissions_boundary.as_deref(),
            session: principal.session_policies(),
            ..PolicyStack::default()
        }
    }
}
