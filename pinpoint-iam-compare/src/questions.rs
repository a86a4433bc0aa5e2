//! Further analyses that are based on the comparison.

use pinpoint_iam::policy::Document;
use pinpoint_iam::{Policy, Principal};
use serde_json::Value;

use crate::fold::Fold;
use crate::result::{Difference, Undecided, Verdict, Witness};
use crate::{Comparer, PolicySet};

/// The callers that may do something.
#[derive(Clone, Debug)]
pub struct Access {
    /// A request for each allowed caller, one for each class of callers that the policies distinguish.
    pub requests: Vec<Witness>,
    /// Why there may be further callers. Empty if there are none.
    pub undecided: Vec<Undecided>,
}

/// A part of a document that can be removed without changing which requests the document allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redundant {
    /// The index of the statement.
    pub statement: usize,
    /// The part that could be removed.
    pub part: RedundantPart,
}

/// A removable part of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedundantPart {
    /// The whole statement.
    Statement,
    /// A pattern of `Action` or `NotAction`.
    Action(String),
    /// A pattern of `Resource` or `NotResource`.
    Resource(String),
    /// A condition, by operator and key.
    Condition(String, String),
}

impl Comparer {
    /// Returns who may call `action` on `resource`, which is an ARN or `*`, according to these policies.
    ///
    /// The callers represent the classes that the policies distinguish. Each witness contains the condition keys that its
    /// caller needs.
    pub fn who_can(&self, policies: &PolicySet, action: &str, resource: &str) -> Access {
        let mut space = self.space.clone();
        space.actions = vec![action.to_owned()];
        space.resources = vec![resource.to_owned()];
        let nothing = nothing_like(policies);
        let (comparison, requests) =
            Fold::new(nothing.stack(), policies.stack(), &space).compare_each_caller();
        Access {
            requests,
            undecided: comparison.undecided,
        }
    }

    /// Returns a request that anyone may make: an anonymous caller, or a caller of an account that the policies do not name.
    ///
    /// `None` means that no such request exists. A witness without condition keys is allowed unconditionally. Otherwise its
    /// `context` shows the keys that a stranger needs, such as an address.
    ///
    /// # Errors
    ///
    /// If it is undecided whether there is such a request, the reasons.
    pub fn public_access(
        &self,
        policies: &PolicySet,
    ) -> Result<Option<Box<Difference>>, Vec<Undecided>> {
        let mut space = self.space.clone();
        let stranger = Principal::from_arn("arn:aws:iam::000000000000:root").ok();
        space.callers = std::iter::once(Principal::anonymous())
            .chain(stranger)
            .collect();
        space.callers_are_strangers = true;
        let nothing = nothing_like(policies);
        let comparison = Fold::new(nothing.stack(), policies.stack(), &space).compare();
        match comparison.newly_allowed {
            Some(difference) => Ok(Some(Box::new(difference))),
            None if comparison.undecided.is_empty() => Ok(None),
            None => Err(comparison.undecided),
        }
    }

    /// Returns the parts of a document that could each be removed without changing which requests the document allows.
    ///
    /// It may not be possible to remove two of them together: if two statements are equal, each of them is redundant.
    /// Undecided parts are not listed. The document is evaluated together with `others`, as an additional identity-based
    /// policy.
    pub fn redundant(&self, document: &Document, others: &PolicySet) -> Vec<Redundant> {
        let whole = with(others, document.clone());
        let Ok(written) = serde_json::from_str::<Value>(&document.to_string()) else {
            return Vec::new();
        };
        let mut redundant = Vec::new();
        for statement in 0..document.statements().len() {
            for (part, edited) in edits(&written, statement) {
                let Ok(edited) = Document::parse(&edited.to_string()) else {
                    continue;
                };
                if self.compare(&whole, &with(others, edited)).verdict() == Verdict::Equal {
                    redundant.push(Redundant { statement, part });
                }
            }
        }
        redundant
    }
}

/// Returns policies that allow nothing and have the same limits as these.
fn nothing_like(policies: &PolicySet) -> PolicySet {
    PolicySet {
        identity: vec![Policy::new("nothing", Document::deny_everything())],
        resource: None,
        ..policies.clone()
    }
}

fn with(others: &PolicySet, document: Document) -> PolicySet {
    let kind = PolicySet::kind_of(&document);
    let policy = Policy::new("document", document);
    let mut set = others.clone();
    if kind == pinpoint_iam::policy::PolicyKind::Resource {
        set.resource = Some(policy);
    } else {
        set.identity.push(policy);
    }
    set
}

/// Returns the document without the statement, and without each part of the statement.
fn edits(document: &Value, index: usize) -> Vec<(RedundantPart, Value)> {
    let mut edits = Vec::new();
    let statements: Vec<Value> = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(statement) => vec![statement.clone()],
        None => Vec::new(),
    };
    let Some(statement) = statements.get(index) else {
        return edits;
    };
    let put = |statements: Vec<Value>| {
        let mut document = document.clone();
        if let Some(members) = document.as_object_mut() {
            members.insert("Statement".to_owned(), Value::Array(statements));
        }
        document
    };
    if statements.len() > 1 {
        let mut fewer = statements.clone();
        fewer.remove(index);
        edits.push((RedundantPart::Statement, put(fewer)));
    }
    let replace = |changed: Value| {
        let mut statements = statements.clone();
        if let Some(statement) = statements.get_mut(index) {
            *statement = changed;
        }
        put(statements)
    };
    type Part = fn(String) -> RedundantPart;
    let lists: [(&str, Part); 4] = [
        ("Action", RedundantPart::Action),
        ("NotAction", RedundantPart::Action),
        ("Resource", RedundantPart::Resource),
        ("NotResource", RedundantPart::Resource),
    ];
    for (member, part) in lists {
        let Some(Value::Array(patterns)) = statement.get(member) else {
            continue;
        };
        if patterns.len() < 2 {
            continue;
        }
        for (position, pattern) in patterns.iter().enumerate() {
            let mut fewer = patterns.clone();
            fewer.remove(position);
            let mut changed = statement.clone();
            if let Some(members) = changed.as_object_mut() {
                members.insert(member.to_owned(), Value::Array(fewer));
            }
            let text = pattern.as_str().unwrap_or_default().to_owned();
            edits.push((part(text), replace(changed)));
        }
    }
    let operators = statement.get("Condition").and_then(Value::as_object);
    for (operator, keys) in operators.into_iter().flatten() {
        for key in keys.as_object().into_iter().flat_map(|keys| keys.keys()) {
            let mut changed = statement.clone();
            let condition = changed
                .get_mut("Condition")
                .and_then(|condition| condition.get_mut(operator));
            if let Some(keys) = condition.and_then(Value::as_object_mut) {
                keys.remove(key);
            }
            edits.push((
                RedundantPart::Condition(operator.clone(), key.clone()),
                replace(changed),
            ));
        }
    }
    edits
}
