//! Who asks: users, role sessions, federated users, root users, services and nobody in particular.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use once_cell::sync::OnceCell;

use crate::arn::{Arn, InvalidArn};
use crate::context::{ConditionKey, Context, Facts, Lookup, Value};
use crate::eval::Policy;
use crate::eval::compiled::{Program, TooLarge};
use crate::identity::{IdentityKind, IdentityName};
use crate::policy::Document;

/// The caller of a request, as the application's authentication has established it.
///
/// Cheap to clone. In a web service an authentication middleware puts it into the request's extensions.
///
/// ```
/// use pinpoint_iam::Principal;
///
/// let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?.with_tag("team", "growth");
/// assert_eq!(ana.account(), Some("123456789012"));
/// # Ok::<(), pinpoint_iam::principal::InvalidPrincipal>(())
/// ```
///
/// From the principal come the condition keys `aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:PrincipalType`,
/// `aws:PrincipalIsAWSService`, `aws:PrincipalServiceName`, `aws:PrincipalTag/…`, `aws:username` and `aws:userid`, as
/// far as the kind of principal has them. See
/// [principal key values](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable).
#[derive(Clone, PartialEq)]
pub struct Principal(Arc<Parts>);

#[derive(Clone, PartialEq)]
struct Parts {
    kind: PrincipalKind,
    /// The ARN that messages show; empty for services and anonymous callers.
    arn: Box<str>,
    /// The partition of the ARN; empty without one.
    partition: Box<str>,
    account: Option<Box<str>>,
    /// The ARN of the role, for a role session.
    role_arn: Option<Box<str>>,
    /// Whether `role_arn` came with the role's path.
    role_path_is_known: bool,
    /// The last segment of the user's, role's or federated user's name.
    name: Box<str>,
    unique_id: Option<Box<str>>,
    session_policies: Option<Vec<Policy>>,
    facts: Context,
    /// See [`IdentityName::hash_value`].
    identity_hash: u64,
    session_program: Kept<Program>,
    completed: Kept<Completion>,
}

/// What is made from the other parts when it is first needed. It is no part of what is copied or compared.
struct Kept<T>(OnceCell<Box<T>>);

impl<T> Kept<T> {
    const fn new() -> Self {
        Self(OnceCell::new())
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl<T> PartialEq for Kept<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A principal with what a policy source knew of it.
struct Completion {
    unique_id: Option<Box<str>>,
    role_arn: Option<Box<str>>,
    principal: Principal,
}

/// A principal with what a policy source knows of it.
pub(crate) type Completed<'a> = Cow<'a, Principal>;

/// The condition keys that [`Principal::completed`] may change, in lower case.
pub(crate) const COMPLETED_KEYS: [&str; 2] = ["aws:userid", "aws:principalarn"];

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
    /// A caller without credentials.
    Anonymous,
}

impl PrincipalKind {
    /// The value of `aws:PrincipalType`.
    const fn principal_type(self) -> Option<&'static str> {
        match self {
            Self::User => Some("User"),
            Self::RoleSession => Some("AssumedRole"),
            Self::FederatedUser => Some("FederatedUser"),
            Self::Root => Some("Account"),
            Self::Anonymous => Some("Anonymous"),
            Self::Service => None,
        }
    }
}

impl Principal {
    /// The principal of an ARN: `…:iam::ACCOUNT:user/NAME`, `…:iam::ACCOUNT:root`,
    /// `…:sts::ACCOUNT:assumed-role/ROLE/SESSION` or `…:sts::ACCOUNT:federated-user/NAME`.
    ///
    /// A session's ARN does not tell the path of its role. An authorizer takes the role's ARN from its policy source, when
    /// that knows the role; [`Principal::role_session`] gives it from the start.
    ///
    /// # Errors
    ///
    /// When the text is no ARN, or the ARN of something that cannot make requests, such as a role without a session.
    pub fn from_arn(text: &str) -> Result<Self, InvalidPrincipal> {
        let arn = Arn::parse(text).map_err(|reason| InvalidPrincipal::not_an_arn(text, reason))?;
        let invalid = || InvalidPrincipal::no_caller(text);
        if !is_name(arn.partition()) || !is_name(arn.account()) || !arn.region().is_empty() {
            return Err(invalid());
        }
        let mut segments = arn.resource().split('/');
        let word = segments.next().unwrap_or_default();
        let names: Vec<&str> = segments.collect();
        if !names.iter().all(|name| is_name(name)) {
            return Err(invalid());
        }
        let account = arn.account();
        match (arn.service(), word, names.as_slice()) {
            ("iam", "root", []) => Ok(Self::build(
                PrincipalKind::Root,
                text,
                account,
                "root",
                None,
            )),
            ("iam", "user", [.., name]) => {
                Ok(Self::build(PrincipalKind::User, text, account, name, None))
            }
            ("sts", "federated-user", [name]) => Ok(Self::build(
                PrincipalKind::FederatedUser,
                text,
                account,
                name,
                None,
            )),
            ("sts", "assumed-role", [role, _session]) => {
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

    /// A session called `session` of the role with the ARN `role_arn`, path included.
    ///
    /// # Errors
    ///
    /// When `role_arn` is not the ARN of an IAM role, or `session` holds a character that session names cannot have.
    pub fn role_session(role_arn: &str, session: &str) -> Result<Self, InvalidPrincipal> {
        let arn = Arn::parse(role_arn)
            .map_err(|reason| InvalidPrincipal::not_an_arn(role_arn, reason))?;
        let role = match arn.resource().split_once('/') {
            Some(("role", path)) if arn.service() == "iam" && arn.region().is_empty() => {
                path.rsplit('/').next().unwrap_or_default()
            }
            _ => return Err(InvalidPrincipal::no_caller(role_arn)),
        };
        let text = format!(
            "arn:{}:sts::{}:assumed-role/{role}/{session}",
            arn.partition(),
            arn.account()
        );
        Ok(Self::from_arn(&text)?.with_role_arn(role_arn))
    }

    /// A service that acts for itself, for example `sns.amazonaws.com`.
    pub fn service(name: &str) -> Self {
        let principal = Self::build(PrincipalKind::Service, "", "", name, None);
        principal.change(|parts| parts.facts.insert("aws:PrincipalServiceName", name))
    }

    /// A caller without credentials.
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
        // Requests that nobody signed do not have this key, so that a condition on `false` keeps them out.
        if kind != PrincipalKind::Anonymous {
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
            PrincipalKind::RoleSession | PrincipalKind::Service | PrincipalKind::Anonymous => {}
        }
        if kind == PrincipalKind::Anonymous {
            facts.insert("aws:userid", "anonymous");
        }
        let partition = arn.split(':').nth(1).unwrap_or_default();
        let identity = identity(kind, partition, account, name);
        Self(Arc::new(Parts {
            kind,
            identity_hash: identity.map_or(0, |identity| identity.hash_value()),
            arn: arn.into(),
            partition: partition.into(),
            account: (!account.is_empty()).then(|| account.into()),
            role_arn: role_arn.map(String::into_boxed_str),
            role_path_is_known: false,
            name: name.into(),
            unique_id: None,
            session_policies: None,
            facts,
            session_program: Kept::new(),
            completed: Kept::new(),
        }))
    }

    fn change(mut self, change: impl FnOnce(&mut Parts)) -> Self {
        let parts = Arc::make_mut(&mut self.0);
        change(parts);
        // What was made from the parts as they were is out of date.
        parts.session_program = Kept::new();
        parts.completed = Kept::new();
        self
    }

    /// The principal with the tag `key`, which conditions see as `aws:PrincipalTag/key`.
    #[must_use]
    pub fn with_tag(self, key: &str, value: &str) -> Self {
        self.change(|parts| {
            parts
                .facts
                .replace(&format!("aws:PrincipalTag/{key}"), value)
        })
    }

    /// The principal with one more condition key that the application's authentication has established, such as
    /// `aws:PrincipalOrgID` or `aws:MultiFactorAuthPresent`. It takes the place of what the principal said of that key.
    #[must_use]
    pub fn with_key(self, key: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.change(|parts| parts.facts.replace(key, value))
    }

    /// The principal with the unique id of its user (`AIDA…`) or role (`AROA…`); `aws:userid` is made from it.
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

    /// The session of a role whose path was not known, with the role's ARN as IAM has it.
    pub(crate) fn with_role_arn(self, role_arn: &str) -> Self {
        self.change(|parts| {
            parts.role_arn = Some(role_arn.into());
            parts.role_path_is_known = true;
            parts.facts.replace("aws:PrincipalArn", role_arn);
        })
    }

    /// The principal with a session policy: what the session was opened with limits everything it does.
    #[must_use]
    pub fn with_session_policy(self, name: &str, document: Document) -> Self {
        self.change(|parts| {
            let policies = parts.session_policies.get_or_insert_default();
            policies.push(Policy::new(name, document));
        })
    }

    /// The principal with `keys` in place of the condition keys that its kind, ARN and tags give.
    ///
    /// For tools that state every key of a request themselves, such as a test suite or a policy simulator.
    #[must_use]
    pub fn with_keys(self, keys: Context) -> Self {
        self.change(|parts| parts.facts = keys)
    }

    /// The kind of principal.
    pub fn kind(&self) -> PrincipalKind {
        self.0.kind
    }

    /// The ARN; `None` for services and anonymous callers.
    pub fn arn(&self) -> Option<&str> {
        Some(&*self.0.arn).filter(|arn| !arn.is_empty())
    }

    /// The account that the principal belongs to; `None` for services and anonymous callers.
    pub fn account(&self) -> Option<&str> {
        self.0.account.as_deref()
    }

    /// The ARN of the role, for a role session.
    pub fn role_arn(&self) -> Option<&str> {
        self.0.role_arn.as_deref()
    }

    pub(crate) fn role_path_is_known(&self) -> bool {
        self.0.role_path_is_known
    }

    /// The principal with what a policy source knows of it: the unique id, and the ARN of a session's role.
    ///
    /// A web service keeps a principal for a session and asks for it at every decision, so it is kept here.
    pub(crate) fn completed(
        &self,
        unique_id: Option<&str>,
        role_arn: Option<&str>,
    ) -> Completed<'_> {
        if unique_id.is_none() && role_arn.is_none() {
            return Cow::Borrowed(self);
        }
        let complete = || {
            let mut completed = self.clone();
            if let Some(id) = unique_id {
                completed = completed.with_unique_id(id);
            }
            if let Some(arn) = role_arn {
                completed = completed.with_role_arn(arn);
            }
            completed
        };
        let kept = self.0.completed.0.get_or_init(|| {
            Box::new(Completion {
                unique_id: unique_id.map(Into::into),
                role_arn: role_arn.map(Into::into),
                principal: complete(),
            })
        });
        // Another source, or the same one after a change, may know something else.
        if kept.unique_id.as_deref() == unique_id && kept.role_arn.as_deref() == role_arn {
            Cow::Borrowed(&kept.principal)
        } else {
            Cow::Owned(complete())
        }
    }

    /// The session policies, compiled when they are first asked for.
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

    /// The partition of the ARN; empty for services and anonymous callers.
    pub(crate) fn partition(&self) -> &str {
        &self.0.partition
    }

    /// The user or role that has policies of its own; `None` where there is none.
    pub(crate) fn identity(&self) -> Option<IdentityName<'_>> {
        let account = self.account().unwrap_or_default();
        identity(self.kind(), self.partition(), account, self.name())
    }

    /// The [hash](IdentityName::hash_value) of [`identity`](Self::identity).
    pub(crate) fn identity_hash(&self) -> u64 {
        self.0.identity_hash
    }

    /// The name without path: of the user, of the role of a session, of the federated user, of the service.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The unique id of the user or role, when the application gave one.
    pub fn unique_id(&self) -> Option<&str> {
        self.0.unique_id.as_deref()
    }

    /// The session policies; `None` where the principal has no session or opened it without any.
    pub fn session_policies(&self) -> Option<&[Policy]> {
        self.0.session_policies.as_deref()
    }
}

/// The user or role behind a principal.
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

/// Whether a text can be the name of a user, group, role, session or policy.
pub(crate) fn is_name(text: &str) -> bool {
    text.chars()
        .all(|character| character.is_ascii_alphanumeric() || "+=,.@-_".contains(character))
        && !text.is_empty()
}

/// Whether `key`, in lower case, tells who asks.
pub(crate) fn is_principal_key(key: &str) -> bool {
    key.starts_with("aws:principal") || key == "aws:username" || key == "aws:userid"
}

impl Facts for Principal {
    fn lookup(&self, key: &ConditionKey) -> Lookup<'_> {
        self.0.facts.lookup(key)
    }
}

impl fmt::Display for Principal {
    /// Writes the ARN, the name of the service, or `anonymous`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind {
            PrincipalKind::Anonymous => formatter.write_str("anonymous"),
            PrincipalKind::Service => formatter.write_str(&self.0.name),
            _ => formatter.write_str(&self.0.arn),
        }
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Principal({self})")
    }
}

/// A text that names no caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPrincipal {
    text: String,
    reason: Option<InvalidArn>,
}

impl InvalidPrincipal {
    fn not_an_arn(text: &str, reason: InvalidArn) -> Self {
        Self {
            text: text.to_owned(),
            reason: Some(reason),
        }
    }

    fn no_caller(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            reason: None,
        }
    }
}

impl fmt::Display for InvalidPrincipal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` is not the ARN of a caller: ",
            self.text.escape_debug()
        )?;
        match &self.reason {
            Some(reason) => reason.fmt(formatter),
            None => formatter.write_str(
                "expected `arn:aws:iam::ACCOUNT:user/NAME`, `…:iam::ACCOUNT:root`, \
                 `…:sts::ACCOUNT:assumed-role/ROLE/SESSION` or `…:sts::ACCOUNT:federated-user/NAME`",
            ),
        }
    }
}

impl std::error::Error for InvalidPrincipal {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Programs ask for a completed principal only where a policy looks at one of these keys.
    #[test]
    fn completing_changes_no_other_key() -> Result<(), InvalidPrincipal> {
        let user = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
        let session = Principal::from_arn("arn:aws:sts::123456789012:assumed-role/worker/monday")?;
        let role_arn = "arn:aws:iam::123456789012:role/night/worker";
        for (principal, role_arn, expected) in [
            (user, None, &COMPLETED_KEYS[..1]),
            (session, Some(role_arn), &COMPLETED_KEYS[..]),
        ] {
            let completed = principal.completed(Some("AIDAEXAMPLE"), role_arn);
            let mut changed: Vec<&str> = completed
                .0
                .facts
                .iter()
                .filter(|(key, values)| {
                    principal.lookup(&ConditionKey::new(key)) != Lookup::Present(values)
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
            assert_eq!(completed.lookup(&id), Lookup::Present(&[unique_id.into()]));
        }
        let tagged = ana.with_tag("team", "red");
        let completed = tagged.completed(Some("AIDAFIRST"), None);
        let tag = ConditionKey::new("aws:PrincipalTag/team");
        assert_eq!(completed.lookup(&tag), Lookup::Present(&["red".into()]));

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
                Lookup::Present(&[expected.into()]),
                "{principal}"
            );
        }
        assert_eq!(Principal::anonymous().lookup(&key), Lookup::Absent);
        Ok(())
    }
}
