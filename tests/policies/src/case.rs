//! Cases of an evaluation suite: one request, the applicable policies, and the result.
//!
//! `conformance/FORMAT.md` describes the format. The program `decide` and the conformance tests read it.

#![expect(clippy::panic, reason = "a test fails by panicking, its helpers too")]

use std::collections::BTreeMap;
use std::fmt;

use pinpoint_iam::context::{Context, Value};
use pinpoint_iam::eval::compiled::Compiled;
use pinpoint_iam::eval::{AllowReason, Decision, DenyReason, Evaluation, reference};
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Arn, Policy, PolicyStack, Principal};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::policies::Policies;

/// One case in its written form.
#[derive(Deserialize)]
#[serde(expecting = "an object with the members of a case")]
pub struct Case<'a> {
    /// The name, which is repeated in the result.
    pub name: String,
    principal: PrincipalText,
    action: String,
    resource: String,
    #[serde(default)]
    resource_account: Option<String>,
    #[serde(default)]
    context: BTreeMap<String, ContextValue>,
    #[serde(default)]
    unknown_keys: Vec<String>,
    #[serde(borrow, default)]
    identity_policies: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    boundary: Option<OneOrMany<'a>>,
    #[serde(borrow, default)]
    session_policy: Option<OneOrMany<'a>>,
    #[serde(borrow, default)]
    resource_policy: Option<&'a RawValue>,
    #[serde(borrow, default)]
    vpc_endpoint_policy: Option<&'a RawValue>,
    #[serde(borrow, default)]
    scps: Vec<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    rcps: Vec<Vec<&'a RawValue>>,
    /// The result that the suite expects, if it contains one.
    #[serde(default)]
    pub expected: Option<String>,
}

/// A caller: an ARN, or an object with a type.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum PrincipalText {
    /// An ARN, or `*` for an anonymous caller.
    Arn(String),
    /// An object with a type.
    Typed {
        /// The type: `Service`, `Anonymous`, or that of an ARN.
        #[serde(rename = "type")]
        kind: String,
        /// The name of a service, or an identity provider.
        #[serde(
            default,
            alias = "service",
            alias = "provider",
            alias = "value",
            alias = "id"
        )]
        name: Option<String>,
        /// The ARN.
        #[serde(default)]
        arn: Option<String>,
    },
}

/// The value of a condition key: one, or a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum ContextValue {
    /// One value.
    One(Scalar),
    /// A list, for a multivalued key.
    Many(Vec<Scalar>),
}

/// One value, as JSON has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// A Boolean.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// The null value.
    Null(()),
}

impl From<&Scalar> for Value {
    fn from(scalar: &Scalar) -> Self {
        match scalar {
            Scalar::Text(text) => text.as_str().into(),
            Scalar::Bool(value) => (*value).into(),
            Scalar::Number(number) => number.to_string().into(),
            Scalar::Null(()) => "".into(),
        }
    }
}

/// Every condition key of a request.
pub fn context(keys: &BTreeMap<String, ContextValue>) -> Context {
    let mut context = Context::new();
    for (key, value) in keys {
        insert(&mut context, key, value);
    }
    context
}

/// Gives a key of a request what a case says of it.
pub fn insert(context: &mut Context, key: &str, value: &ContextValue) {
    match value {
        ContextValue::One(value) => context.insert(key, value),
        ContextValue::Many(values) => context.insert_all(key, values),
    }
}

/// A document, or a list of them.
pub struct OneOrMany<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for OneOrMany<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        if raw.get().starts_with('[') {
            serde_json::from_str(raw.get())
                .map(Self)
                .map_err(serde::de::Error::custom)
        } else {
            Ok(Self(vec![raw]))
        }
    }
}

/// The available evaluators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evaluator {
    /// Evaluates every statement.
    Reference,
    /// Compiles the policies first, like an authorizer that loads them.
    Compiled,
}

impl Evaluator {
    /// All evaluators, for tests that run a case with each.
    pub const ALL: [Self; 2] = [Self::Reference, Self::Compiled];

    /// Returns the evaluator called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|evaluator| evaluator.name() == name)
    }

    /// Returns the name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Compiled => "compiled",
        }
    }

    /// Evaluates a request.
    ///
    /// # Panics
    ///
    /// If the policies are too large to be compiled, which takes gigabytes.
    pub fn answer(self, stack: &PolicyStack<'_>, request: &Request<'_>) -> Evaluation {
        match self {
            Self::Reference => reference::decide(stack, request),
            Self::Compiled => match Compiled::of(stack) {
                Ok(compiled) => compiled.decide(request),
                Err(error) => panic!("{error}"),
            },
        }
    }
}

/// The result of a case, as printed by `decide`.
#[derive(Debug, Serialize)]
pub struct CaseAnswer {
    /// The name of the case.
    pub name: String,
    /// `Allowed`, `ImplicitlyDenied` or `ExplicitlyDenied`.
    pub decision: &'static str,
    /// The statement or rule that determined the decision.
    pub by: String,
    /// The unknown condition keys that the decision depends on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
}

/// The reason why a case could not be decided.
#[derive(Debug)]
pub struct CaseError(pub String);

impl fmt::Display for CaseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for CaseError {}

impl Case<'_> {
    /// Decides the case.
    ///
    /// # Errors
    ///
    /// If a policy cannot be parsed, or if the principal, action or resource is invalid.
    pub fn decide(&self, evaluator: Evaluator) -> Result<CaseAnswer, CaseError> {
        let policies = Documents {
            identity: &self.identity_policies,
            boundary: self.boundary.as_ref(),
            session: self.session_policy.as_ref(),
            resource: self.resource_policy,
            vpc_endpoint: self.vpc_endpoint_policy,
            scps: &self.scps,
            rcps: &self.rcps,
        }
        .parse()?;
        // A case contains all condition keys. The principal must not add any.
        let principal = self
            .principal
            .read(self.role_arn())?
            .with_keys(Context::new());
        let mut context = context(&self.context);
        for key in &self.unknown_keys {
            context.insert_unknown(key);
        }
        let action =
            RequestedAction::parse(&self.action).map_err(|error| CaseError(error.to_string()))?;
        let resource = match self.resource.as_str() {
            "*" => RequestedResource::All,
            arn => RequestedResource::Arn(
                Arn::parse(arn).map_err(|error| CaseError(format!("resource `{arn}`: {error}")))?,
            ),
        };
        let mut request = Request::new(&principal, action, resource, &context);
        if let Some(account) = &self.resource_account {
            request = request.with_resource_account(account);
        }
        let answer = evaluator.answer(&policies.stack(), &request);
        Ok(self.answer(answer))
    }

    /// Returns `aws:PrincipalArn`. For a session it is the ARN of the role, including its path.
    fn role_arn(&self) -> Option<&str> {
        let mut keys = self.context.iter();
        let (_, value) = keys.find(|(key, _)| key.eq_ignore_ascii_case("aws:PrincipalArn"))?;
        match value {
            ContextValue::One(Scalar::Text(arn)) => Some(arn),
            _ => None,
        }
    }

    fn answer(&self, answer: Evaluation) -> CaseAnswer {
        let needs = match &answer {
            Evaluation::Indeterminate(keys) => keys.iter().map(ToString::to_string).collect(),
            Evaluation::Decided(_) => Vec::new(),
        };
        let (decision, by) = match answer.into_decision() {
            Decision::Allow(by) => match by.reason() {
                AllowReason::Statement(statement) => ("Allowed", statement.to_string()),
                _ => ("Allowed", by.to_string()),
            },
            Decision::Deny(by) => match by.reason() {
                DenyReason::ExplicitDeny(statement) => ("ExplicitlyDenied", statement.to_string()),
                _ => ("ImplicitlyDenied", by.to_string()),
            },
        };
        CaseAnswer {
            name: self.name.clone(),
            decision,
            by,
            needs,
        }
    }
}

impl PrincipalText {
    /// Returns the caller. The ARN of a session does not contain the path of its role, but `role_arn` may contain it.
    ///
    /// # Errors
    ///
    /// If it is not the ARN of a caller.
    pub fn read(&self, role_arn: Option<&str>) -> Result<Principal, CaseError> {
        let from_arn = |arn: &str| {
            if let Some(principal) = role_arn.and_then(|role| session_of(role, arn)) {
                return Ok(principal);
            }
            let principal = Principal::from_arn(arn).or_else(|error| {
                // A suite may use the ARN of a role for one of its sessions, or of an identity provider for one of its
                // callers.
                let others = Principal::role_session(arn, "session")
                    .or_else(|_| Principal::saml(arn))
                    .or_else(|_| Principal::web_identity(arn));
                others.map_err(|_| error)
            });
            principal.map_err(|error| CaseError(error.to_string()))
        };
        match self {
            Self::Arn(arn) if arn == "*" => Ok(Principal::anonymous()),
            Self::Arn(arn) => from_arn(arn),
            Self::Typed { kind, name, arn } => {
                match (kind.as_str(), name.as_deref(), arn.as_deref()) {
                    ("Anonymous", ..) => Ok(Principal::anonymous()),
                    ("Service", Some(name), _) => Ok(Principal::service(name)),
                    (_, _, Some(arn)) | (_, Some(arn), None) => from_arn(arn),
                    (kind, None, None) => Err(CaseError(format!(
                        "principal of the type `{kind}` without an ARN or a name"
                    ))),
                }
            }
        }
    }
}

/// Returns the session `arn` of the role `role`, or `None` if `arn` is not a session of that role.
fn session_of(role: &str, arn: &str) -> Option<Principal> {
    let (_, session) = arn.split_once(":assumed-role/")?;
    let (name, session) = session.split_once('/')?;
    let principal = Principal::role_session(role, session).ok()?;
    (principal.arn() == Some(arn) && principal.name() == name).then_some(principal)
}

/// The documents of a case, by type.
#[derive(Default)]
pub struct Documents<'c, 'a> {
    /// Identity-based policies.
    pub identity: &'c [&'a RawValue],
    /// The permissions boundary.
    pub boundary: Option<&'c OneOrMany<'a>>,
    /// The session policies.
    pub session: Option<&'c OneOrMany<'a>>,
    /// The policy of the resource.
    pub resource: Option<&'a RawValue>,
    /// The policy of the VPC endpoint.
    pub vpc_endpoint: Option<&'a RawValue>,
    /// The service control policies of each level.
    pub scps: &'c [Vec<&'a RawValue>],
    /// The resource control policies of each level.
    pub rcps: &'c [Vec<&'a RawValue>],
}

impl Documents<'_, '_> {
    /// The policies.
    ///
    /// # Errors
    ///
    /// When a document does not parse.
    pub fn parse(&self) -> Result<Policies, CaseError> {
        let levels = |member: &str, levels: &[Vec<&RawValue>]| {
            levels
                .iter()
                .enumerate()
                .map(|(index, documents)| parse_all(&format!("{member}[{index}]"), documents))
                .collect::<Result<Vec<_>, _>>()
        };
        let limit = |member: &str, documents: Option<&OneOrMany<'_>>| {
            documents
                .map(|OneOrMany(documents)| parse_all(member, documents))
                .transpose()
        };
        let single = |member: &str, document: Option<&RawValue>| {
            document.map(|document| parse(member, document)).transpose()
        };
        Ok(Policies {
            identity: parse_all("identity_policies", self.identity)?,
            boundary: limit("boundary", self.boundary)?,
            session: limit("session_policy", self.session)?,
            resource: single("resource_policy", self.resource)?,
            vpc_endpoint: single("vpc_endpoint_policy", self.vpc_endpoint)?,
            scps: levels("scps", self.scps)?,
            rcps: levels("rcps", self.rcps)?,
        })
    }
}

fn parse_all(member: &str, documents: &[&RawValue]) -> Result<Vec<Policy>, CaseError> {
    documents
        .iter()
        .enumerate()
        .map(|(index, document)| parse(&format!("{member}[{index}]"), document))
        .collect()
}

fn parse(name: &str, document: &RawValue) -> Result<Policy, CaseError> {
    let parsed =
        Document::parse(document.get()).map_err(|error| CaseError(format!("{name}: {error}")))?;
    Ok(Policy::new(name, parsed))
}
