//! Which principal has which policies, in memory.

use std::collections::HashMap;
use std::fmt;

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

/// What identifies a user or role: IAM's names are unique within an account, whatever their path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    is_role: bool,
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
        let is_role = match principal.kind() {
            PrincipalKind::User => false,
            PrincipalKind::RoleSession => true,
            _ => return None,
        };
        Some(Self {
            is_role,
            partition: Arn::parse(principal.arn()?).ok()?.partition().into(),
            account: principal.account()?.into(),
            name: principal.name().into(),
        })
    }

    /// The user or role of an IAM ARN.
    fn parse(arn: &str) -> Option<Self> {
        let parsed = Arn::parse(arn).ok()?;
        let is_role = match parsed.resource().split_once('/')? {
            ("role", _) => true,
            ("user", _) => false,
            _ => return None,
        };
        // The session's name does not count; whether the role's ARN is well-formed is for the principal to say.
        let principal = if is_role {
            Principal::role_session(arn, "session")
        } else {
            Principal::from_arn(arn)
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
        Ok(self.principals.entry(key).or_default())
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
    identity: Vec<Policy>,
    permissions_boundary: Option<Vec<Policy>>,
    tags: Context,
}

static NO_POLICIES: PrincipalPolicies = PrincipalPolicies {
    identity: Vec::new(),
    permissions_boundary: None,
    tags: Context::new(),
};

impl PrincipalPolicies {
    /// Adds an identity-based policy.
    pub fn attach(&mut self, policy: Policy) {
        self.identity.push(policy);
    }

    /// Sets the permissions boundary.
    pub fn set_permissions_boundary(&mut self, policy: Policy) {
        self.permissions_boundary = Some(vec![policy]);
    }

    /// Sets the tag `key`, which conditions see as `aws:PrincipalTag/key`.
    pub fn set_tag(&mut self, key: &str, value: &str) {
        self.tags.replace(&format!("aws:PrincipalTag/{key}"), value);
    }

    /// The identity-based policies.
    pub fn identity(&self) -> &[Policy] {
        &self.identity
    }

    /// The tags, as condition keys.
    pub(crate) const fn tags(&self) -> &Context {
        &self.tags
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
