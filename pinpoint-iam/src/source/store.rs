//! Which principal has which policies, in memory.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use pinpoint_iam_core::internal::Quoted;

use crate::arn::Arn;
use crate::context::Context;
use crate::eval::{Policy, PolicyStack};
use crate::principal::{Principal, PrincipalKind};

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
    principals: HashMap<Key, PrincipalPolicies>,
}

/// The kinds of identity that have policies of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum IdentityKind {
    User,
    Role,
}

impl IdentityKind {
    /// The word by which ARNs and messages call it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Role => "role",
        }
    }
}

/// What identifies a user or role: IAM's names are unique within an account, whatever their path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    kind: IdentityKind,
    partition: Box<str>,
    account: Box<str>,
    name: Box<str>,
}

impl Key {
    /// The user or role behind `principal`; `None` for one that has no policies of its own.
    ///
    /// IAM compares the names of users and roles without case when it creates them, and with case in ARNs; the second
    /// is what counts here.
    fn of(principal: &Principal) -> Option<Self> {
        let kind = match principal.kind() {
            PrincipalKind::User => IdentityKind::User,
            PrincipalKind::RoleSession => IdentityKind::Role,
            _ => return None,
        };
        Some(Self {
            kind,
            partition: Arn::parse(principal.arn()?).ok()?.partition().into(),
            account: principal.account()?.into(),
            name: principal.name().into(),
        })
    }

    /// The user or role of an IAM ARN.
    ///
    /// The path may hold any visible ASCII character, more than a principal's ARN may: it takes no part in finding
    /// policies. The rest is for the principal to judge.
    fn parse(arn: &str) -> Option<Self> {
        let parsed = Arn::parse(arn).ok()?;
        let (word, path) = parsed.resource().split_once('/')?;
        let name = path.rsplit('/').next()?;
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) || !parsed.region().is_empty() {
            return None;
        }
        let (partition, service, account) =
            (parsed.partition(), parsed.service(), parsed.account());
        let without_path = format!("arn:{partition}:{service}::{account}:{word}/{name}");
        let principal = match word {
            "user" => Principal::from_arn(&without_path),
            // The session's name does not count.
            "role" => Principal::role_session(&without_path, "session"),
            _ => return None,
        };
        Self::of(&principal.ok()?)
    }
}

/// A text that is not the ARN of a user or role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidIdentity(String);

impl fmt::Display for InvalidIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` is not the ARN of a user or role: expected `arn:aws:iam::ACCOUNT:user/NAME` or `…:role/NAME`",
            self.0.escape_debug()
        )
    }
}

impl std::error::Error for InvalidIdentity {}

impl PolicyStore {
    /// A store that knows nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// The policies of the user or role behind `principal`, or none.
    pub fn policies(&self, principal: &Principal) -> &PrincipalPolicies {
        Key::of(principal)
            .and_then(|key| self.principals.get(&key))
            .unwrap_or(&NO_POLICIES)
    }

    /// The policies of the user or role with the ARN `arn`, to be filled.
    ///
    /// # Errors
    ///
    /// When `arn` is not the ARN of an IAM user or role. Nobody else has policies of their own.
    pub fn identity(&mut self, arn: &str) -> Result<&mut PrincipalPolicies, InvalidIdentity> {
        let key = Key::parse(arn).ok_or_else(|| InvalidIdentity(arn.to_owned()))?;
        Ok(self
            .principals
            .entry(key)
            .or_insert_with(|| PrincipalPolicies::of(arn)))
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
        match Key::parse(arn) {
            Some(key) if key.kind == kind => match self.principals.entry(key) {
                Entry::Vacant(entry) => Ok(entry.insert(PrincipalPolicies::of(arn))),
                Entry::Occupied(entry) => {
                    let name = Quoted(&entry.key().name);
                    Err(format!(
                        "the {word} {name} stands twice: the names of an account's {word}s are unique, whatever their path"
                    ))
                }
            },
            _ => Err(format!(
                "{} is not the ARN of a {word}: expected `arn:aws:iam::ACCOUNT:{word}/NAME`",
                Quoted(arn)
            )),
        }
    }

    /// The number of users and roles.
    pub fn len(&self) -> usize {
        self.principals.len()
    }

    /// Whether the store knows nobody.
    pub fn is_empty(&self) -> bool {
        self.principals.is_empty()
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

static NO_POLICIES: PrincipalPolicies = PrincipalPolicies {
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

    /// The identity-based policies.
    pub fn identity(&self) -> &[Policy] {
        &self.identity
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
    /// the path of a session's role.
    pub(crate) fn complete<'a>(&self, principal: &'a Principal) -> Cow<'a, Principal> {
        let unique_id = self
            .unique_id
            .as_deref()
            .filter(|_| principal.unique_id().is_none());
        let is_session = principal.kind() == PrincipalKind::RoleSession;
        let role_arn = self
            .arn
            .as_deref()
            .filter(|_| is_session && !principal.role_path_is_known());
        let mut completed = Cow::Borrowed(principal);
        if let Some(id) = unique_id {
            completed = Cow::Owned(completed.into_owned().with_unique_id(id));
        }
        if let Some(arn) = role_arn {
            completed = Cow::Owned(completed.into_owned().with_role_arn(arn));
        }
        completed
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
