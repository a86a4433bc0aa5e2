//! What a comparison finds.

use std::collections::BTreeMap;
use std::fmt;

use pinpoint_iam::context::Context;
use pinpoint_iam::eval::Decision;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Arn, Principal};

/// What the second policies allow, relative to the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The same requests.
    Equal,
    /// Fewer requests.
    Narrower,
    /// More requests.
    Wider,
    /// Some requests that the first do not allow, but not all that they do.
    Incomparable,
    /// It was not decided; [`Comparison::undecided`] says why.
    Undecided,
}

impl Verdict {
    /// The word: `equal`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Narrower => "narrower",
            Self::Wider => "wider",
            Self::Incomparable => "incomparable",
            Self::Undecided => "undecided",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A request that shows a difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Witness {
    /// The caller. Its condition keys are those of `context`, and no others.
    pub principal: Principal,
    /// The caller as a text: an ARN, that of a role for one of its sessions, the name of a service, or `*`.
    pub principal_text: String,
    /// The action.
    pub action: String,
    /// The ARN of the resource, or `*` for an action without resources.
    pub resource: String,
    /// The account that owns the resource.
    pub resource_account: String,
    /// The condition keys that matter; all others are absent.
    pub context: BTreeMap<String, KeyValue>,
}

/// What a request has for a condition key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyValue {
    /// One value: the key is single-valued, unless AWS documents it as multivalued.
    One(String),
    /// A list of values: the key is multivalued, even if the list has one element.
    List(Vec<String>),
}

impl KeyValue {
    /// The values.
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::List(values) => values,
        }
    }

    pub(crate) fn insert_into(&self, context: &mut Context, key: &str) {
        match self {
            Self::One(value) => context.insert(key, value.as_str()),
            Self::List(values) => context.insert_all(key, values.iter().map(String::as_str)),
        }
    }
}

impl Witness {
    /// Calls `ask` with the request; `None` when a part of it is none.
    pub fn put<T>(&self, ask: impl FnOnce(&Request<'_>) -> T) -> Option<T> {
        let action = RequestedAction::parse(&self.action).ok()?;
        let resource = match self.resource.as_str() {
            "*" => RequestedResource::All,
            arn => RequestedResource::Arn(Arn::parse(arn).ok()?),
        };
        let mut context = Context::new();
        for (key, value) in &self.context {
            value.insert_into(&mut context, key);
        }
        let request = Request::new(&self.principal, action, resource, &context)
            .with_resource_account(&self.resource_account);
        Some(ask(&request))
    }
}

/// The request in one sentence, as a reader of a review wants it.
impl fmt::Display for Witness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.principal_text.as_str() {
            "*" => formatter.write_str("an anonymous caller")?,
            text => formatter.write_str(text)?,
        }
        write!(formatter, " may call {} on {}", self.action, self.resource)?;
        if self
            .principal
            .account()
            .is_some_and(|account| account != self.resource_account)
        {
            write!(
                formatter,
                ", a resource of account {},",
                self.resource_account
            )?;
        }
        for (index, (key, values)) in self.context.iter().enumerate() {
            let joint = if index == 0 { " with" } else { "," };
            let values: Vec<String> = values
                .as_slice()
                .iter()
                .map(|value| format!("`{value}`"))
                .collect();
            write!(formatter, "{joint} {key} = {}", values.join(" and "))?;
        }
        Ok(())
    }
}

/// Requests that one side allows and the other does not, with one of them.
#[derive(Clone, Debug)]
pub struct Difference {
    /// One of the requests, with few condition keys and short texts.
    pub witness: Witness,
    /// What the first policies decide about it.
    pub first: Decision,
    /// What the second policies decide about it.
    pub second: Decision,
    /// Which requests differ, statement by statement.
    pub cover: Vec<Cover>,
    /// Whether the request is only allowed where the resource's own policy lets the account decide, as the policies of KMS
    /// keys and of roles must.
    pub needs_delegation: bool,
}

/// Requests that differ because of one statement: these actions on these resources, under the statement's conditions.
///
/// All requests that differ because of the statement are among them; not every one of them has to differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    /// The statement: policy, place and `Sid`.
    pub statement: Responsible,
    /// The patterns of actions, as the statement writes them.
    pub actions: Vec<String>,
    /// The patterns of resources, as the statement writes them.
    pub resources: Vec<String>,
    /// The conditions, as the statement writes them.
    pub conditions: Vec<String>,
}

/// A statement, by which a reader finds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Responsible {
    /// The name of the policy.
    pub policy: String,
    /// The line of the document on which the statement starts.
    pub line: usize,
    /// The index among the statements.
    pub index: usize,
    /// The name of the statement, if it has one.
    pub sid: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: &'static str,
    /// Whether it is one of the second policies.
    pub is_second: bool,
}

impl fmt::Display for Responsible {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} statement {} of `{}`, line {}",
            self.effect, self.index, self.policy, self.line
        )?;
        match &self.sid {
            Some(sid) => write!(formatter, " (`{sid}`)"),
            None => Ok(()),
        }
    }
}

/// Why something could not be decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undecided {
    /// The statement in question, where it is one.
    pub statement: Option<Responsible>,
    /// The reason, as a sentence without full stop.
    pub reason: String,
}

impl fmt::Display for Undecided {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.statement {
            Some(statement) => write!(formatter, "{statement}: {}", self.reason),
            None => formatter.write_str(&self.reason),
        }
    }
}

/// The result of a comparison.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Requests that the second policies allow and the first do not.
    pub newly_allowed: Option<Difference>,
    /// Requests that the first policies allow and the second do not.
    pub no_longer_allowed: Option<Difference>,
    /// Why there may be further differences; empty when there are none.
    pub undecided: Vec<Undecided>,
}

impl Comparison {
    /// What the second policies allow, relative to the first.
    pub fn verdict(&self) -> Verdict {
        match (&self.newly_allowed, &self.no_longer_allowed) {
            // Nothing that was left out could change this.
            (Some(_), Some(_)) => Verdict::Incomparable,
            _ if !self.undecided.is_empty() => Verdict::Undecided,
            (Some(_), None) => Verdict::Wider,
            (None, Some(_)) => Verdict::Narrower,
            (None, None) => Verdict::Equal,
        }
    }
}
