//! The results of a comparison.

use std::collections::BTreeMap;
use std::fmt;

use pinpoint_iam::context::Context;
use pinpoint_iam::eval::Decision;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Arn, Principal};

/// The relation of the second policies to the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Both allow the same requests.
    Equal,
    /// The second policies allow fewer requests.
    Narrower,
    /// The second policies allow more requests.
    Wider,
    /// The second policies allow some requests that the first do not, and the reverse.
    Incomparable,
    /// The relation is undecided. [`Comparison::undecided`] contains the reasons.
    Undecided,
}

impl Verdict {
    /// Returns the verdict as a word: `equal`.
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
    /// The caller. Its condition keys are those in `context` and no others.
    pub principal: Principal,
    /// The caller as text: an ARN (for a session, that of its role), the name of a service, or `*`.
    pub principal_text: String,
    /// The action.
    pub action: String,
    /// The ARN of the resource, or `*` for an action without resources.
    pub resource: String,
    /// The account that owns the resource.
    pub resource_account: String,
    /// The relevant condition keys. All others are absent.
    pub context: BTreeMap<String, KeyValue>,
}

/// The value of a condition key in a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyValue {
    /// One value: the key is single-valued, unless AWS documents it as multivalued.
    One(String),
    /// A list of values: the key is multivalued, even if the list has one element.
    List(Vec<String>),
}

impl KeyValue {
    /// Returns the values.
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
    /// Calls `ask` with the request. Returns `None` if a part of it is invalid.
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

/// The request as one sentence, for a reviewer.
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

/// The requests that only one side allows, with an example.
#[derive(Clone, Debug)]
pub struct Difference {
    /// An example with few condition keys and short texts.
    pub witness: Witness,
    /// The decision of the first policies about the witness.
    pub first: Decision,
    /// The decision of the second policies about the witness.
    pub second: Decision,
    /// The requests that differ, by statement.
    pub cover: Vec<Cover>,
    /// Whether the request is only allowed if the resource's own policy delegates the decision to the account, as
    /// policies of KMS keys and roles must.
    pub needs_delegation: bool,
}

/// Requests that differ because of one statement: these actions on these resources, under the statement's conditions.
///
/// They include every request that differs because of the statement, but not all of them need to differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    /// The statement, with its policy, position and `Sid`.
    pub statement: Responsible,
    /// The action patterns, as written in the statement.
    pub actions: Vec<String>,
    /// The resource patterns, as written in the statement.
    pub resources: Vec<String>,
    /// The conditions, as written in the statement.
    pub conditions: Vec<String>,
}

/// The location of a statement, for a reader.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Responsible {
    /// The name of the policy.
    pub policy: String,
    /// The line of the document on which the statement starts.
    pub line: usize,
    /// The index of the statement in its document.
    pub index: usize,
    /// The `Sid` of the statement, if it has one.
    pub sid: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: &'static str,
    /// Whether the statement belongs to the second policies.
    pub is_second: bool,
}

impl fmt::Display for Responsible {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} statement {} of `{}`, line {}",
            self.effect,
            self.index + 1,
            self.policy,
            self.line
        )?;
        match &self.sid {
            Some(sid) => write!(formatter, " (`{sid}`)"),
            None => Ok(()),
        }
    }
}

/// The reason why something is undecided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undecided {
    /// The statement that causes this, if there is one.
    pub statement: Option<Responsible>,
    /// The reason, as a sentence without a full stop.
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
    /// The requests that only the second policies allow.
    pub newly_allowed: Option<Difference>,
    /// The requests that only the first policies allow.
    pub no_longer_allowed: Option<Difference>,
    /// Why there may be further differences. Empty if there are none.
    pub undecided: Vec<Undecided>,
    /// The amount of work. One step is one character read by a pattern, or a comparable amount of work.
    ///
    /// A comparison that needs more than [`MOST_STEPS`](Self::MOST_STEPS) is abandoned, and its result is undecided.
    pub steps: usize,
}

impl Comparison {
    /// The number of steps after which a comparison is abandoned: less than a second of work.
    pub const MOST_STEPS: usize = 20_000_000;

    /// Creates the result of a comparison that did not take place.
    pub(crate) fn not_decided(reason: String) -> Self {
        Self {
            newly_allowed: None,
            no_longer_allowed: None,
            undecided: vec![Undecided {
                statement: None,
                reason,
            }],
            steps: 0,
        }
    }

    /// Returns the relation of the second policies to the first.
    pub fn verdict(&self) -> Verdict {
        match (&self.newly_allowed, &self.no_longer_allowed) {
            // Undecided parts cannot change this.
            (Some(_), Some(_)) => Verdict::Incomparable,
            _ if !self.undecided.is_empty() => Verdict::Undecided,
            (Some(_), None) => Verdict::Wider,
            (None, Some(_)) => Verdict::Narrower,
            (None, None) => Verdict::Equal,
        }
    }
}
