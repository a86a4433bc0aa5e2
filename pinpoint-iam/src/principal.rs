//! Principals: users, role sessions, federated users, root users, callers from identity providers, services and
//! anonymous callers.

#[cfg(feature = "on-demand")]
use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
#[cfg(feature = "on-demand")]
use std::sync::{Mutex, Weak};

use once_cell::sync::OnceCell;
use pinpoint_iam_core::__private::{OneLine, is_oidc_provider, is_saml_provider};

use crate::arn::{Arn, InvalidArn, Scope};
use crate::context::{ConditionKey, Context, ContextLookup, Lookup, Value};
use crate::identity::{
    IdentityKey, IdentityKind, IdentityLookup, IdentityName, KnownSlot, is_name, is_path_segment,
    is_segment,
};
use crate::policy::Document;
use crate::policy_stack::Policy;
use crate::program::{Program, TooLarge};

/// The path of service-linked roles, which AWS reserves.
pub(crate) const SERVICE_LINKED_ROLE_PATH: &str = "aws-service-role/";

/// The caller of a request, as authenticated by the application.
///
/// Cheap to clone. In a web service, an authentication middleware inserts it into the request's extensions.
///
/// ```
/// use pinpoint_iam::Principal;
///
/// let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?.with_tag("team", "growth");
/// assert_eq!(ana.account(), Some("123456789012"));
/// # Ok::<(), pinpoint_iam::principal::InvalidPrincipal>(())
/// ```
///
/// The principal provides the condition keys `aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:PrincipalType`,
/// `aws:PrincipalIsAWSService`, `aws:PrincipalServiceName`, `aws:PrincipalTag/…`, `aws:username` and `aws:userid`,
/// depending on its kind. See
/// [principal key values](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable).
#[derive(Clone, PartialEq)]
pub struct Principal(Arc<Parts>);

#[derive(Clone, PartialEq)]
struct Parts {
    kind: PrincipalKind,
    /// The ARN for messages; empty for services and anonymous callers.
    arn: Box<str>,
    /// The partition of the ARN; empty without one.
    partition: Box<str>,
    account: Option<Box<str>>,
    /// Returns the ARN of the role, for a role session.
    role_arn: Option<Box<str>>,
    /// The path that the principal was created with: `team/red/` of `…:user/team/red/ana`. If `None`, the source
    /// determines it.
    path: Option<Box<str>>,
    /// Whether the ARN of the user or role includes its path. ARNs of sessions and names of users do not contain it.
    path_is_known: bool,
    /// The last segment of the user's, role's or federated user's name.
    name: Box<str>,
    unique_id: Option<Box<str>>,
    session_policies: Option<Vec<Policy>>,
    /// Sorted, without duplicates.
    groups: Box<[Box<str>]>,
    /// Sorted, without duplicates.
    roles: Box<[IdentityKey]>,
    facts: Context,
    /// See [`IdentityName::hash_value`]; zero without a user or role.
    identity_hash: u64,
    known_slot: Remembered<KnownSlot>,
    /// See [`Principal::known_policies`].
    #[cfg(feature = "on-demand")]
    known_policies: Remembered<Mutex<Option<Weak<AnyPolicies>>>>,
    session_program: Cached<Program>,
    session_check: Cached<SessionCheck>,
    completed: Cached<Completion>,
}

/// A value that follows from the other parts and is found on first use. It is ignored when principals are cloned or
/// compared.
#[derive(Default)]
struct Remembered<T>(T);

/// The policies of a principal that were loaded on demand. This module does not depend on their type.
#[cfg(feature = "on-demand")]
pub(crate) type AnyPolicies = dyn Any + Send + Sync;

/// A value that is computed on first use.
type Cached<T> = Remembered<OnceCell<Box<T>>>;

impl<T: Default> Clone for Remembered<T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<T> PartialEq for Remembered<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Whether an authorizer rejects the session policies.
struct SessionCheck {
    authorizer: u64,
    is_rejected: bool,
}

/// A principal, enriched with attributes from a policy source.
struct Completion {
    unique_id: Option<Box<str>>,
    arn: Option<Box<str>>,
    principal: Principal,
}

/// A principal, possibly enriched with attributes from a policy source.
pub(crate) type EnrichedPrincipal<'a> = Cow<'a, Principal>;

/// The kinds of principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PrincipalKind {
    /// An IAM user.
    User,
    /// A session of an assumed role.
    RoleSession,
    /// A session that a user's federation token opened.
    FederatedUser,
    /// The root user of an account.
    Root,
    /// A service that acts for itself.
    Service,
    /// A caller with a token of an OpenID Connect provider, which requests a session of a role.
    WebIdentityUser,
    /// A caller with an assertion of a SAML provider, which requests a session of a role.
    SamlUser,
    /// Creates a caller without credentials.
    Anonymous,
}

impl PrincipalKind {
    /// Returns the value of `aws:PrincipalType`.
    const fn principal_type(self) -> Option<&'static str> {
        match self {
            Self::User => Some("User"),
            Self::RoleSession => Some("AssumedRole"),
            Self::FederatedUser => Some("FederatedUser"),
            Self::Root => Some("Account"),
            Self::Anonymous => Some("Anonymous"),
            // AWS does not document a value for requests made by services or authenticated by an identity provider.
            Self::Service | Self::WebIdentityUser | Self::SamlUser => None,
        }
    }
}

impl Principal {
    /// Whether both are clones of one principal.
    #[cfg(feature = "decision-log")]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Creates a principal from an ARN: `…:iam::ACCOUNT:user/NAME`, `…:iam::ACCOUNT:root`,
    /// `…:sts::ACCOUNT:assumed-role/ROLE/SESSION` or `…:sts::ACCOUNT:federated-user/NAME`.
    ///
    /// # Paths
    ///
    /// An ARN with a path, such as `…:user/team/ana`, identifies a user with exactly this path: the principal has no
    /// policies unless the policy source has the user with the same path. For an ARN without a path, the source
    /// determines the path, because names of users are unique in an account regardless of the path. The ARN of a
    /// session never contains the path of its role. In both cases `aws:PrincipalArn` is the ARN in the source;
    /// [`Principal::role_session`] accepts a role ARN with a path.
    ///
    /// # Names from a login
    ///
    /// Never format a login name into an ARN: a user who signs in as `evil/admin` would get an ARN with a path that the
    /// application has not chosen. [`Principal::user`] takes a name, and rejects a value that is not a single name.
    ///
    /// # Errors
    ///
    /// Fails if the text is not an ARN, or is the ARN of something that cannot make requests. Roles make requests
    /// through their sessions: see [`Principal::role_session`].
    pub fn from_arn(text: &str) -> Result<Self, InvalidPrincipal> {
        let arn = Arn::parse(text).map_err(|reason| InvalidPrincipal::not_an_arn(text, reason))?;
        let invalid = || match (arn.service(), arn.resource().split_once('/')) {
            ("iam", Some(("role", _))) => InvalidPrincipal::new(text, Reason::Role),
            ("iam", Some(("oidc-provider" | "saml-provider", _))) => {
                InvalidPrincipal::new(text, Reason::Provider)
            }
            _ => InvalidPrincipal::new(text, Reason::NoCaller),
        };
        if !is_name(arn.partition()) || !is_name(arn.account()) || !arn.region().is_empty() {
            return Err(invalid());
        }
        let mut segments = arn.resource().split('/');
        let word = segments.next().unwrap_or_default();
        let names: Vec<&str> = segments.collect();
        let Some((name, path)) = names.split_last() else {
            return match (arn.service(), word) {
                ("iam", "root") => Ok(Self::build(
                    PrincipalKind::Root,
                    text,
                    arn.account(),
                    word,
                    None,
                )),
                _ => Err(invalid()),
            };
        };
        if !is_segment(name) || !path.iter().all(|segment| is_path_segment(segment)) {
            return Err(invalid());
        }
        let account = arn.account();
        match (arn.service(), word, path) {
            ("iam", "user", path) => {
                let user = Self::build(PrincipalKind::User, text, account, name, None);
                Ok(user.with_path(path))
            }
            ("sts", "federated-user", []) => Ok(Self::build(
                PrincipalKind::FederatedUser,
                text,
                account,
                name,
                None,
            )),
            ("sts", "assumed-role", [role]) if is_segment(role) => {
                let role_arn = format!("arn:{}:iam::{account}:role/{role}", arn.partition());
                Ok(Self::build(
                    PrincipalKind::RoleSession,
                    text,
                    account,
                    role,
                    Some(role_arn),
                ))
            }
            _ => Err(invalid()),
        }
    }

    /// Creates the user `name` in the account of `scope`, with any path.
    ///
    /// For names that come from a login: `name` is a single name, never a path. Names of users are unique in an
    /// account, and `aws:PrincipalArn` is the ARN of the user in the policy source. If no source has the path, a `Deny`
    /// of a resource-based policy for a user of this name applies, with any path.
    ///
    /// ```
    /// use pinpoint_iam::{Principal, Scope};
    ///
    /// let scope = Scope::new("aws", "us-east-1", "123456789012");
    /// let ana = Principal::user(&scope, "ana")?;
    /// assert_eq!(ana.arn(), Some("arn:aws:iam::123456789012:user/ana"));
    /// assert!(Principal::user(&scope, "evil/admin").is_err());
    /// # Ok::<(), pinpoint_iam::principal::InvalidPrincipal>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if `name` contains a character that is not allowed in
    /// [names of users](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html), or if `scope` has no
    /// account.
    pub fn user(scope: &Scope, name: &str) -> Result<Self, InvalidPrincipal> {
        if !is_segment(name) {
            return Err(InvalidPrincipal::new(name, Reason::UserName));
        }
        let (partition, account) = (scope.partition(), scope.account());
        let user = Self::from_arn(&format!("arn:{partition}:iam::{account}:user/{name}"))?;
        Ok(user.change(|parts| parts.path_is_known = false))
    }

    /// Creates the session `session` of the role with the ARN `role_arn`, including its path.
    ///
    /// [Paths](Self::from_arn) work as in the ARN of a user: the session has no policies unless the policy source has
    /// the role with the same path. For an ARN without a path, the source determines the path.
    ///
    /// # Errors
    ///
    /// Fails if `role_arn` is not the ARN of an IAM role, or if `session` contains a character that is not allowed in
    /// names of sessions.
    pub fn role_session(role_arn: &str, session: &str) -> Result<Self, InvalidPrincipal> {
        let no_role = || InvalidPrincipal::new(role_arn, Reason::NoRole);
        let arn = Arn::parse(role_arn)
            .map_err(|reason| InvalidPrincipal::not_an_arn(role_arn, reason))?;
        let names: Vec<&str> = match arn.resource().split_once('/') {
            Some(("role", names)) if arn.service() == "iam" && arn.region().is_empty() => {
                names.split('/').collect()
            }
            _ => return Err(no_role()),
        };
        let (role, path) = names.split_last().ok_or_else(no_role)?;
        if !path.iter().all(|segment| is_path_segment(segment)) {
            return Err(no_role());
        }
        let text = format!(
            "arn:{}:sts::{}:assumed-role/{role}/{session}",
            arn.partition(),
            arn.account()
        );
        Ok(Self::from_arn(&text)?
            .with_iam_arn(role_arn)
            .with_path(path))
    }

    /// Adds groups, for example from the claims of a token. The identity-based policies that the source attaches to all of
    /// these groups apply to the principal, next to its own.
    ///
    /// The names are those of [`PolicyStore::group`](crate::source::PolicyStore::group). A group that the source does not
    /// have grants nothing. Groups in which the source itself has the user do not need to be added.
    ///
    /// Any code that can add groups can grant their permissions: take the names only from a verified token.
    ///
    /// ```
    /// use pinpoint_iam::{Principal, Scope};
    ///
    /// let scope = Scope::new("aws", "us-east-1", "123456789012");
    /// let ana = Principal::user(&scope, "ana")?.with_groups(["editor", "reviewer"]);
    /// assert!(ana.groups().eq(["editor", "reviewer"]));
    /// # Ok::<(), pinpoint_iam::principal::InvalidPrincipal>(())
    /// ```
    #[must_use]
    pub fn with_groups<G: Into<String>>(self, groups: impl IntoIterator<Item = G>) -> Self {
        let added = groups.into_iter().map(|name| name.into().into_boxed_str());
        let added: Vec<Box<str>> = added.collect();
        self.change(|parts| {
            let mut groups = std::mem::take(&mut parts.groups).into_vec();
            groups.extend(added);
            groups.sort_unstable();
            groups.dedup();
            parts.groups = groups.into();
        })
    }

    /// Returns the added groups, sorted by name.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.0.groups.iter().map(|name| &**name)
    }

    /// Adds roles, for example from the claims of a token. The identity-based policies that the source attaches to all of
    /// these roles apply to the principal, next to its own and those of its groups. A `Deny` in any of them applies.
    ///
    /// A role is given by its name in the principal's account, or by its ARN. A role that the source does not have, and one
    /// of another account, grants nothing. Tags and ids of the roles are not those of the principal: `aws:PrincipalArn`
    /// remains its own ARN.
    ///
    /// A permissions boundary of a role limits the principal as a whole. If the principal and its roles have different
    /// boundaries, all requests are denied ([`DenyReason::SeveralBoundaries`](crate::eval::DenyReason::SeveralBoundaries)),
    /// because IAM has no rule for combining them.
    ///
    /// This is not a session of a role, see [`role_session`](Self::role_session). Any code that can add roles can grant
    /// their permissions: take the names only from a verified token.
    ///
    /// ```
    /// use pinpoint_iam::{Principal, Scope};
    ///
    /// let scope = Scope::new("aws", "us-east-1", "123456789012");
    /// let ana = Principal::user(&scope, "ana")?.with_roles(["editor", "reviewer"]);
    /// assert!(ana.roles().eq(["editor", "reviewer"]));
    /// # Ok::<(), pinpoint_iam::principal::InvalidPrincipal>(())
    /// ```
    #[must_use]
    pub fn with_roles<R: AsRef<str>>(self, roles: impl IntoIterator<Item = R>) -> Self {
        let partition = self.partition();
        let account = self.account().unwrap_or_default();
        let role = |given: R| {
            let given = given.as_ref();
            let role = if given.starts_with("arn:") {
                IdentityKey::parse(given)
            } else {
                IdentityKey::role(partition, account, given)
            };
            role.filter(|role| role.kind() == IdentityKind::Role && role.is_in(partition, account))
        };
        let added: Vec<IdentityKey> = roles.into_iter().filter_map(role).collect();
        self.change(|parts| {
            let mut roles = std::mem::take(&mut parts.roles).into_vec();
            roles.extend(added);
            roles.sort_unstable();
            roles.dedup();
            parts.roles = roles.into();
        })
    }

    /// Returns the names of the added roles, sorted.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.0.roles.iter().map(IdentityKey::name)
    }

    /// The added roles, as they are looked up.
    pub(crate) fn added_roles(&self) -> impl Iterator<Item = IdentityLookup<'_>> {
        self.0.roles.iter().map(IdentityKey::lookup)
    }

    /// Returns the address of the parts: equal for clones, distinct among other principals that live.
    #[doc(hidden)]
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Returns the policies that were [remembered](Self::remember_policies) last, if they are still in memory. They were
    /// loaded for a principal with the same names, groups and roles, and may be out of date. Never waits: `None` also
    /// while another thread uses what is remembered.
    #[cfg(feature = "on-demand")]
    #[inline]
    pub(crate) fn known_policies(&self) -> Option<Arc<AnyPolicies>> {
        let known = self.0.known_policies.0.try_lock().ok()?;
        known.as_ref()?.upgrade()
    }

    /// Remembers the policies of the principal, without keeping them in memory.
    #[cfg(feature = "on-demand")]
    pub(crate) fn remember_policies(&self, policies: Weak<AnyPolicies>) {
        if let Ok(mut known) = self.0.known_policies.0.try_lock() {
            *known = Some(policies);
        }
    }

    /// Whether the policies depend on the user or role, or on groups or roles that were added.
    #[cfg(feature = "on-demand")]
    #[inline]
    pub(crate) fn has_policies(&self) -> bool {
        self.identity().is_some() || self.has_additions()
    }

    /// The hash of the user or role whose policies apply; zero without one.
    #[cfg(feature = "on-demand")]
    pub(crate) fn identity_hash(&self) -> u64 {
        self.0.identity_hash
    }

    /// The names of the added groups.
    #[cfg(feature = "on-demand")]
    pub(crate) fn group_names(&self) -> &[Box<str>] {
        &self.0.groups
    }

    /// The added roles.
    #[cfg(feature = "on-demand")]
    pub(crate) fn role_keys(&self) -> &[IdentityKey] {
        &self.0.roles
    }

    /// Returns the ARN of a session's role, if the application knows its path.
    #[cfg(feature = "decision-log")]
    pub(crate) fn role_with_path(&self) -> Option<&str> {
        self.role_arn().filter(|_| self.path_is_known())
    }

    /// Whether groups or roles were added.
    #[inline]
    pub(crate) fn has_additions(&self) -> bool {
        !self.0.groups.is_empty() || !self.0.roles.is_empty()
    }

    /// Creates a service that acts for itself, for example `sns.amazonaws.com`.
    pub fn service(name: &str) -> Self {
        let principal = Self::build(PrincipalKind::Service, "", "", name, None);
        principal.change(|parts| parts.facts.insert("aws:PrincipalServiceName", name))
    }

    /// Creates a caller with a token of the OpenID Connect provider `provider`: the caller of
    /// `sts:AssumeRoleWithWebIdentity`, which the trust policy of the role names as `{"Federated": provider}`.
    ///
    /// `provider` is written as in the trust policy: the ARN of the provider in IAM, or the domain of a provider that
    /// does not need to be created in IAM. The claims of the token are condition keys. The application adds them under
    /// AWS's names after it has verified the token:
    ///
    /// ```
    /// use pinpoint_iam::Principal;
    ///
    /// let provider = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
    /// let workflow = Principal::web_identity(provider)?
    ///     .with_key("token.actions.githubusercontent.com:aud", "sts.amazonaws.com")
    ///     .with_key("token.actions.githubusercontent.com:sub", "repo:octo/app:ref:refs/heads/main");
    /// assert_eq!(workflow.account(), None);
    /// # Ok::<(), pinpoint_iam::principal::InvalidPrincipal>(())
    /// ```
    ///
    /// `aws:FederatedProvider` is the provider. The caller does not belong to an account, so the trust policy decides
    /// alone. The permissions of a session of the role are those of the session, see
    /// [`role_session`](Self::role_session). See
    /// [keys of OpenID Connect federation](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif).
    ///
    /// # Errors
    ///
    /// Fails if `provider` is neither.
    pub fn web_identity(provider: &str) -> Result<Self, InvalidPrincipal> {
        if !is_oidc_provider(provider) {
            return Err(InvalidPrincipal::new(provider, Reason::OidcProvider));
        }
        Ok(Self::from_provider(
            PrincipalKind::WebIdentityUser,
            provider,
        ))
    }

    /// Creates a caller with an assertion of the SAML provider with the ARN `provider`: the caller of
    /// `sts:AssumeRoleWithSAML`, which the trust policy of the role names as `{"Federated": provider}`.
    ///
    /// Add the values of the assertion under AWS's names, such as `saml:aud` and `saml:sub`, with
    /// [`with_key`](Self::with_key). Everything else is as for a [web identity](Self::web_identity). See
    /// [keys of SAML federation](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-saml).
    ///
    /// # Errors
    ///
    /// Fails if `provider` is not the ARN of a SAML provider.
    pub fn saml(provider: &str) -> Result<Self, InvalidPrincipal> {
        if !is_saml_provider(provider) {
            return Err(InvalidPrincipal::new(provider, Reason::SamlProvider));
        }
        Ok(Self::from_provider(PrincipalKind::SamlUser, provider))
    }

    fn from_provider(kind: PrincipalKind, provider: &str) -> Self {
        let principal = Self::build(kind, "", "", provider, None);
        principal.change(|parts| parts.facts.insert("aws:FederatedProvider", provider))
    }

    /// Creates a caller without credentials.
    pub fn anonymous() -> Self {
        Self::build(PrincipalKind::Anonymous, "", "", "", None)
    }

    fn build(
        kind: PrincipalKind,
        arn: &str,
        account: &str,
        name: &str,
        role_arn: Option<String>,
    ) -> Self {
        let mut facts = Context::new();
        // Requests without AWS credentials do not have this key, so a condition that requires `false` does not match
        // them.
        if !matches!(
            kind,
            PrincipalKind::Anonymous | PrincipalKind::WebIdentityUser | PrincipalKind::SamlUser
        ) {
            facts.insert("aws:PrincipalIsAWSService", kind == PrincipalKind::Service);
        }
        if let Some(principal_type) = kind.principal_type() {
            facts.insert("aws:PrincipalType", principal_type);
        }
        if !arn.is_empty() {
            facts.insert("aws:PrincipalArn", role_arn.as_deref().unwrap_or(arn));
            facts.insert("aws:PrincipalAccount", account);
        }
        match kind {
            PrincipalKind::User => facts.insert("aws:username", name),
            PrincipalKind::Root => facts.insert("aws:userid", account),
            PrincipalKind::FederatedUser => facts.insert("aws:userid", format!("{account}:{name}")),
            PrincipalKind::RoleSession
            | PrincipalKind::Service
            | PrincipalKind::WebIdentityUser
            | PrincipalKind::SamlUser
            | PrincipalKind::Anonymous => {}
        }
        if kind == PrincipalKind::Anonymous {
            facts.insert("aws:userid", "anonymous");
        }
        let partition = arn.split(':').nth(1).unwrap_or_default();
        let identity = identity(kind, partition, account, name);
        Self(Arc::new(Parts {
            kind,
            arn: arn.into(),
            partition: partition.into(),
            account: (!account.is_empty()).then(|| account.into()),
            role_arn: role_arn.map(String::into_boxed_str),
            path: None,
            path_is_known: kind != PrincipalKind::RoleSession,
            name: name.into(),
            unique_id: None,
            session_policies: None,
            groups: Box::default(),
            roles: Box::default(),
            facts,
            identity_hash: identity.map_or(0, |identity| identity.hash_value()),
            known_slot: Remembered::default(),
            #[cfg(feature = "on-demand")]
            known_policies: Remembered::default(),
            session_program: Cached::default(),
            session_check: Cached::default(),
            completed: Cached::default(),
        }))
    }

    fn change(mut self, change: impl FnOnce(&mut Parts)) -> Self {
        let parts = Arc::make_mut(&mut self.0);
        change(parts);
        // Discards values that were computed from the previous parts.
        parts.known_slot = Remembered::default();
        #[cfg(feature = "on-demand")]
        {
            parts.known_policies = Remembered::default();
        }
        parts.session_program = Cached::default();
        parts.session_check = Cached::default();
        parts.completed = Cached::default();
        self
    }

    /// Adds the tag `key`, which conditions see as `aws:PrincipalTag/key`.
    #[must_use]
    pub fn with_tag(self, key: &str, value: &str) -> Self {
        self.change(|parts| {
            parts
                .facts
                .replace(&format!("aws:PrincipalTag/{key}"), value)
        })
    }

    /// Adds a condition key that the application's authentication has established, such as `aws:PrincipalOrgID` or
    /// `aws:MultiFactorAuthPresent`. It replaces a previous value of this key.
    #[must_use]
    pub fn with_key(self, key: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.change(|parts| parts.facts.replace(key, value))
    }

    /// Sets the unique id of the principal's user (`AIDA…`) or role (`AROA…`), from which `aws:userid` is derived.
    #[must_use]
    pub fn with_unique_id(self, id: &str) -> Self {
        self.change(|parts| {
            parts.unique_id = Some(id.into());
            match parts.kind {
                PrincipalKind::User => parts.facts.replace("aws:userid", id),
                PrincipalKind::RoleSession => {
                    let session = parts.arn.rsplit('/').next().unwrap_or_default();
                    parts.facts.replace("aws:userid", format!("{id}:{session}"));
                }
                _ => {}
            }
        })
    }

    /// Sets the path of the principal's user or role. Without segments, the source determines it.
    fn with_path(self, path: &[&str]) -> Self {
        if path.is_empty() {
            return self;
        }
        let path = format!("{}/", path.join("/"));
        self.change(|parts| parts.path = Some(path.into_boxed_str()))
    }

    /// Leaves the path of the user to the policy source.
    #[cfg(feature = "decision-log")]
    pub(crate) fn with_unknown_path(self) -> Self {
        self.change(|parts| parts.path_is_known = false)
    }

    /// Sets the ARN of the principal's user or role in IAM.
    fn with_iam_arn(self, arn: &str) -> Self {
        self.change(|parts| {
            match parts.kind {
                PrincipalKind::RoleSession => parts.role_arn = Some(arn.into()),
                _ => parts.arn = arn.into(),
            }
            parts.path_is_known = true;
            parts.facts.replace("aws:PrincipalArn", arn);
        })
    }

    /// Adds a session policy, which limits all permissions of the session.
    ///
    /// An authorizer compares it with the registered catalogs, and denies all requests of the session if a mistake in it
    /// may disable a limit; see [`Authorizer::check_session`](crate::Authorizer::check_session).
    #[must_use]
    pub fn with_session_policy(self, name: &str, document: Document) -> Self {
        self.change(|parts| {
            let policies = parts.session_policies.get_or_insert_default();
            policies.push(Policy::new(name, document));
        })
    }

    /// Replaces the condition keys that follow from the kind, the ARN and the tags of the principal by `keys`.
    ///
    /// For tools that specify every key of a request themselves, such as a test suite or a policy simulator.
    #[must_use]
    pub fn with_keys(self, keys: Context) -> Self {
        self.change(|parts| parts.facts = keys)
    }

    /// Returns the kind of principal.
    pub fn kind(&self) -> PrincipalKind {
        self.0.kind
    }

    /// Returns the ARN; `None` for services, callers from identity providers and anonymous callers.
    pub fn arn(&self) -> Option<&str> {
        Some(&*self.0.arn).filter(|arn| !arn.is_empty())
    }

    /// Returns the account; `None` for services, callers from identity providers and anonymous callers.
    pub fn account(&self) -> Option<&str> {
        self.0.account.as_deref()
    }

    /// Whether the caller comes from the identity provider whose condition keys have this prefix, in lower case.
    pub(crate) fn is_from_provider(&self, prefix: &str) -> bool {
        match self.kind() {
            PrincipalKind::SamlUser => prefix == "saml",
            PrincipalKind::WebIdentityUser => {
                // The domain of the provider, or an ARN that ends in it.
                let provider = &*self.0.name;
                let start = provider.len().checked_sub(prefix.len());
                start
                    .and_then(|start| provider.split_at_checked(start))
                    .is_some_and(|(before, domain)| {
                        domain.eq_ignore_ascii_case(prefix)
                            && (before.is_empty() || before.ends_with('/'))
                    })
            }
            _ => false,
        }
    }

    /// Returns the ARN of the role, for a role session.
    pub fn role_arn(&self) -> Option<&str> {
        self.0.role_arn.as_deref()
    }

    /// Whether the ARN of the user or role includes its path.
    pub(crate) fn path_is_known(&self) -> bool {
        self.0.path_is_known
    }

    /// Whether the principal is a session of a service-linked role, as far as the role's path is known.
    pub(crate) fn has_service_linked_role(&self) -> bool {
        let path = |arn: &str| {
            let (_, role) = arn.split_once(":role/")?;
            Some(role.starts_with(SERVICE_LINKED_ROLE_PATH))
        };
        self.path_is_known() && self.role_arn().and_then(path) == Some(true)
    }

    /// Enriches the principal with attributes of a policy source: the unique id, and the ARN of the user or of a
    /// session's role.
    ///
    /// The result is cached in the principal, because web services keep a principal for a session and use it for every
    /// decision.
    pub(crate) fn completed(
        &self,
        unique_id: Option<&str>,
        arn: Option<&str>,
    ) -> EnrichedPrincipal<'_> {
        if unique_id.is_none() && arn.is_none() {
            return Cow::Borrowed(self);
        }
        let complete = || {
            let mut completed = self.clone();
            if let Some(id) = unique_id {
                completed = completed.with_unique_id(id);
            }
            if let Some(arn) = arn {
                completed = completed.with_iam_arn(arn);
            }
            completed
        };
        let kept = self.0.completed.0.get_or_init(|| {
            Box::new(Completion {
                unique_id: unique_id.map(Into::into),
                arn: arn.map(Into::into),
                principal: complete(),
            })
        });
        // Another source, or the same one after a change, may have other values.
        if kept.unique_id.as_deref() == unique_id && kept.arn.as_deref() == arn {
            Cow::Borrowed(&kept.principal)
        } else {
            Cow::Owned(complete())
        }
    }

    /// The session policies, compiled on first use.
    pub(crate) fn session_program(&self) -> Result<Option<&Program>, TooLarge> {
        let Some(policies) = self.session_policies() else {
            return Ok(None);
        };
        let program = self
            .0
            .session_program
            .0
            .get_or_try_init(|| Program::compile(policies).map(Box::new))?;
        Ok(Some(program))
    }

    /// Whether the authorizer with the number `authorizer` rejects the session policies. The first authorizer computes
    /// it with `check` once, every other one each time.
    pub(crate) fn is_session_rejected(&self, authorizer: u64, check: impl Fn() -> bool) -> bool {
        let kept = self.0.session_check.0.get_or_init(|| {
            Box::new(SessionCheck {
                authorizer,
                is_rejected: check(),
            })
        });
        match kept.authorizer == authorizer {
            true => kept.is_rejected,
            false => check(),
        }
    }

    /// Returns the partition of the ARN; empty for services and anonymous callers.
    pub(crate) fn partition(&self) -> &str {
        &self.0.partition
    }

    /// The slot of the user or role that has policies of its own, in the last map in which it was found.
    #[inline]
    pub(crate) fn known_slot(&self) -> &KnownSlot {
        &self.0.known_slot.0
    }

    /// The user or role that has policies of its own, as they are looked up; `None` where there is none.
    #[inline]
    pub(crate) fn identity(&self) -> Option<IdentityLookup<'_>> {
        let account = self.account().unwrap_or_default();
        let name = identity(self.kind(), self.partition(), account, self.name())?;
        Some(IdentityLookup {
            name,
            hash: self.0.identity_hash,
            path: self.0.path.as_deref(),
        })
    }

    /// Returns the name without the path: of the user, of the role of a session, of the federated user, or of the
    /// service. For a caller from an identity provider, returns the provider.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the unique id of the user or role, if the application has set it.
    pub fn unique_id(&self) -> Option<&str> {
        self.0.unique_id.as_deref()
    }

    /// Returns the session policies; `None` if the principal has none.
    pub fn session_policies(&self) -> Option<&[Policy]> {
        self.0.session_policies.as_deref()
    }
}

/// Returns the user or role of a principal.
fn identity<'a>(
    kind: PrincipalKind,
    partition: &'a str,
    account: &'a str,
    name: &'a str,
) -> Option<IdentityName<'a>> {
    let kind = match kind {
        PrincipalKind::User => IdentityKind::User,
        PrincipalKind::RoleSession => IdentityKind::Role,
        _ => return None,
    };
    Some(IdentityName {
        kind,
        partition,
        account,
        name,
    })
}

/// Whether `key`, in lower case, describes the principal.
pub(crate) fn is_principal_key(key: &str) -> bool {
    key.starts_with("aws:principal")
        || matches!(key, "aws:username" | "aws:userid" | "aws:federatedprovider")
}

impl ContextLookup for Principal {
    fn lookup(&self, key: &ConditionKey) -> Lookup<'_> {
        self.0.facts.lookup(key)
    }
}

impl fmt::Display for Principal {
    /// Writes the ARN, the name of the service or identity provider, or `anonymous`, on one line with control
    /// characters escaped.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind {
            PrincipalKind::Anonymous => formatter.write_str("anonymous"),
            PrincipalKind::Service | PrincipalKind::WebIdentityUser | PrincipalKind::SamlUser => {
                OneLine(&self.0.name).fmt(formatter)
            }
            _ => OneLine(&self.0.arn).fmt(formatter),
        }
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Principal({self})")
    }
}

/// The error for a text that does not identify a caller.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidPrincipal {
    text: String,
    reason: Reason,
}

/// The reason for rejecting a text.
#[derive(Clone, PartialEq, Eq)]
enum Reason {
    NotAnArn(InvalidArn),
    /// The ARN of something that does not make requests.
    NoCaller,
    /// The ARN of a role, where that of a caller is expected.
    Role,
    /// Another ARN, where that of a role is expected.
    NoRole,
    UserName,
    /// The ARN of an identity provider, where that of a caller is expected.
    Provider,
    OidcProvider,
    SamlProvider,
}

impl InvalidPrincipal {
    fn not_an_arn(text: &str, reason: InvalidArn) -> Self {
        Self::new(text, Reason::NotAnArn(reason))
    }

    fn new(text: &str, reason: Reason) -> Self {
        Self {
            text: text.to_owned(),
            reason,
        }
    }
}

impl fmt::Display for InvalidPrincipal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = match self.reason {
            Reason::NoRole => "the ARN of a role",
            Reason::UserName => "the name of a user",
            Reason::OidcProvider => "an OpenID Connect provider",
            Reason::SamlProvider => "the ARN of a SAML provider",
            Reason::NotAnArn(_) | Reason::NoCaller | Reason::Role | Reason::Provider => {
                "the ARN of a caller"
            }
        };
        write!(
            formatter,
            "`{}` is not {expected}: ",
            self.text.escape_debug()
        )?;
        match &self.reason {
            Reason::NotAnArn(reason) => reason.fmt(formatter),
            Reason::NoCaller => formatter.write_str(
                "expected `arn:aws:iam::ACCOUNT:user/NAME`, `…:iam::ACCOUNT:root`, \
                 `…:sts::ACCOUNT:assumed-role/ROLE/SESSION` or `…:sts::ACCOUNT:federated-user/NAME`",
            ),
            Reason::Role => formatter.write_str(
                "a role makes requests through its sessions; use `Principal::role_session` with this ARN",
            ),
            Reason::Provider => formatter.write_str(
                "callers from an identity provider are made with `Principal::web_identity` and `Principal::saml`",
            ),
            Reason::OidcProvider => formatter.write_str(
                "expected `arn:aws:iam::ACCOUNT:oidc-provider/ISSUER`, or a domain such as `accounts.google.com`",
            ),
            Reason::SamlProvider => {
                formatter.write_str("expected `arn:aws:iam::ACCOUNT:saml-provider/NAME`")
            }
            Reason::NoRole => formatter.write_str("expected `arn:aws:iam::ACCOUNT:role/NAME`"),
            Reason::UserName => formatter.write_str(
                "use ASCII letters, digits and `+=,.@-_`, without a path",
            ),
        }
    }
}

impl fmt::Debug for InvalidPrincipal {
    /// Uses the `Display` text, because `unwrap` and `main` print errors with `Debug`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for InvalidPrincipal {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::ENRICHED_KEYS;

    /// Programs request an enriched principal only if a policy uses one of these keys.
    #[test]
    fn completing_changes_no_other_key() -> Result<(), InvalidPrincipal> {
        let user = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
        let session = Principal::from_arn("arn:aws:sts::123456789012:assumed-role/worker/monday")?;
        let role_arn = "arn:aws:iam::123456789012:role/night/worker";
        let user_arn = "arn:aws:iam::123456789012:user/night/ana";
        for (principal, arn, expected) in [
            (user.clone(), None, &ENRICHED_KEYS[..1]),
            (user, Some(user_arn), &ENRICHED_KEYS[..]),
            (session, Some(role_arn), &ENRICHED_KEYS[..]),
        ] {
            let completed = principal.completed(Some("AIDAEXAMPLE"), arn);
            let mut changed: Vec<&str> = completed
                .0
                .facts
                .iter()
                .filter(|(key, _)| {
                    let key = ConditionKey::new(key);
                    principal.lookup(&key) != completed.lookup(&key)
                })
                .map(|(key, _)| key)
                .collect();
            changed.reverse();
            assert_eq!(changed, expected, "{principal}");
        }
        Ok(())
    }

    #[test]
    fn what_is_kept_of_a_principal_follows_its_changes() -> Result<(), InvalidPrincipal> {
        let id = ConditionKey::new("aws:userid");
        let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
        for unique_id in ["AIDAFIRST", "AIDASECOND", "AIDAFIRST"] {
            let completed = ana.completed(Some(unique_id), None);
            assert_eq!(completed.lookup(&id), Lookup::Present(&unique_id.into()));
        }
        let tagged = ana.with_tag("team", "red");
        let completed = tagged.completed(Some("AIDAFIRST"), None);
        let tag = ConditionKey::new("aws:PrincipalTag/team");
        assert_eq!(completed.lookup(&tag), Lookup::Present(&"red".into()));

        let session = tagged.with_session_policy("first", Document::deny_everything());
        assert!(
            session
                .session_program()
                .is_ok_and(|program| program.is_some())
        );
        let session = session.with_session_policy("second", Document::deny_everything());
        let program = session.session_program().unwrap().unwrap();
        assert!(
            program
                .place(1)
                .is_some_and(|(policy, _)| policy.name() == "second")
        );
        Ok(())
    }

    #[test]
    fn only_signed_requests_say_whether_a_service_made_them() -> Result<(), InvalidPrincipal> {
        let key = ConditionKey::new("aws:PrincipalIsAWSService");
        let user = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
        let service = Principal::service("sns.amazonaws.com");
        for (principal, expected) in [(user, false), (service, true)] {
            assert_eq!(
                principal.lookup(&key),
                Lookup::Present(&expected.into()),
                "{principal}"
            );
        }
        assert_eq!(Principal::anonymous().lookup(&key), Lookup::Absent);
        Ok(())
    }
}
