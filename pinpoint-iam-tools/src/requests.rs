//! Requests in their written form, and their evaluation.

use std::collections::BTreeMap;

use pinpoint_iam::context::{Context, Value};
use pinpoint_iam::eval::{Decision, DenyReason, Evaluation, Explanation, StatementId, reference};
use pinpoint_iam::request::RequestedAction;
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Arn, PolicyStack, Principal, Request};
use pinpoint_iam_compare::KeyValue;
use serde::{Deserialize, Serialize};

/// The values of condition keys.
pub type Keys = BTreeMap<String, KeyValues>;

/// The value of a condition key: one, or a list for a multivalued key.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum KeyValues {
    /// One value.
    One(Scalar),
    /// A list of values.
    Many(Vec<Scalar>),
}

/// One value.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Scalar {
    /// A Boolean value.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// Another number.
    Float(f64),
    /// A text.
    Text(String),
}

impl From<&KeyValue> for KeyValues {
    fn from(value: &KeyValue) -> Self {
        match value {
            KeyValue::One(value) => Self::One(Scalar::Text(value.clone())),
            KeyValue::List(values) => {
                Self::Many(values.iter().cloned().map(Scalar::Text).collect())
            }
        }
    }
}

impl From<&Scalar> for Value {
    fn from(scalar: &Scalar) -> Self {
        match scalar {
            Scalar::Bool(value) => (*value).into(),
            Scalar::Integer(value) => value.to_string().into(),
            Scalar::Float(value) => value.to_string().into(),
            Scalar::Text(text) => text.as_str().into(),
        }
    }
}

/// A request in its written form.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The caller.
    pub principal: &'a Principal,
    /// The action: `mobiletargeting:GetApp`.
    pub action: &'a str,
    /// An ARN, or `*`.
    pub resource: &'a str,
    /// The account of the resource, if its ARN does not contain it and it is not the caller's.
    pub resource_account: Option<&'a str>,
    /// The condition keys.
    pub keys: &'a Keys,
    /// Keys that exist, but whose values are not available.
    pub unknown_keys: &'a [String],
}

/// The evaluation of a request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The result.
    pub evaluation: Evaluation,
    /// The reason, statement by statement.
    pub explanation: Explanation,
}

impl Answer {
    /// Evaluates a request.
    pub fn of(stack: &PolicyStack<'_>, request: &Request<'_>) -> Self {
        Self {
            evaluation: reference::decide(stack, request),
            explanation: reference::explain(stack, request),
        }
    }
}

impl Question<'_> {
    /// Evaluates the request.
    ///
    /// # Errors
    ///
    /// A message, if the action or the resource is not valid.
    pub fn ask(&self, stack: &PolicyStack<'_>) -> Result<Answer, String> {
        let (action, resource) = check(self.action, self.resource)?;
        let mut context = Context::new();
        for (key, values) in self.keys {
            match values {
                KeyValues::One(value) => context.insert(key, value),
                KeyValues::Many(values) => context.insert_all(key, values),
            }
        }
        for key in self.unknown_keys {
            context.insert_unknown(key);
        }
        let mut request = Request::new(self.principal, action, resource, &context);
        if let Some(account) = self.resource_account {
            request = request.with_resource_account(account);
        }
        Ok(Answer::of(stack, &request))
    }
}

/// Parses an action and a resource.
///
/// # Errors
///
/// A message, if one of them is not valid.
pub fn check<'a>(
    action: &'a str,
    resource: &'a str,
) -> Result<(RequestedAction<'a>, RequestedResource<'a>), String> {
    let action = RequestedAction::parse(action).map_err(|error| error.to_string())?;
    let resource = match resource {
        "*" => RequestedResource::All,
        text => RequestedResource::Arn(Arn::parse(text).map_err(|error| {
            format!(
                "`{}` is not the ARN of a resource: {error}",
                text.escape_debug()
            )
        })?),
    };
    Ok((action, resource))
}

/// The result of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Expectation {
    /// The request is allowed.
    Allowed,
    /// The request is denied, for any reason.
    Denied,
    /// A `Deny` statement matches.
    ExplicitlyDenied,
    /// No `Allow` statement matches, although one must.
    ImplicitlyDenied,
    /// The decision depends on a key that is unknown. The request is denied.
    Undecided,
}

impl Expectation {
    /// The result of an evaluation; never [`Denied`](Self::Denied), which is only expected.
    pub fn of(evaluation: &Evaluation) -> Self {
        match evaluation {
            Evaluation::Indeterminate(_) => Self::Undecided,
            Evaluation::Decided(Decision::Allow(_)) => Self::Allowed,
            Evaluation::Decided(Decision::Deny(by)) => match by.reason() {
                DenyReason::ExplicitDeny(_) => Self::ExplicitlyDenied,
                DenyReason::Indeterminate(_) => Self::Undecided,
                _ => Self::ImplicitlyDenied,
            },
        }
    }

    /// Whether a result is as expected.
    pub fn is_met_by(self, result: Self) -> bool {
        match self {
            Self::Denied => result != Self::Allowed,
            expected => expected == result,
        }
    }

    /// The name: `explicitly-denied`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::ExplicitlyDenied => "explicitly-denied",
            Self::ImplicitlyDenied => "implicitly-denied",
            Self::Undecided => "undecided",
        }
    }
}

/// The statement that allows or denies a request.
pub fn deciding(evaluation: &Evaluation) -> Option<&StatementId> {
    match evaluation {
        Evaluation::Decided(Decision::Allow(by)) => by.statement(),
        Evaluation::Decided(Decision::Deny(by)) => by.statement(),
        Evaluation::Indeterminate(_) => None,
    }
}
