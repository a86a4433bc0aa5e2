//! Policies that have not been written as JSON yet.

use std::collections::BTreeMap;

use pinpoint_iam::Policy;
use pinpoint_iam::policy::{Document, Effect};
use serde_json::{Map, Value, json};

use crate::policies::Policies;

/// A policy that has not been written as JSON yet.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The version. `None` omits it.
    pub version: Option<&'static str>,
    /// The statements.
    pub statements: Vec<Statement>,
}

/// A statement that has not been written as JSON yet.
#[derive(Clone, Debug)]
pub struct Statement {
    /// `Allow` or `Deny`.
    pub effect: Effect,
    /// `Principal` or `NotPrincipal`, as JSON.
    pub principal: Option<(&'static str, &'static str)>,
    /// `Action` or `NotAction`.
    pub actions: Patterns,
    /// `Resource` or `NotResource`.
    pub resources: Patterns,
    /// The conditions. No two of them have the same operator and key.
    pub conditions: Vec<Condition>,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Clone, Debug)]
pub struct Patterns {
    /// Whether the element is the one with `Not`.
    pub negated: bool,
    /// The patterns.
    pub patterns: Vec<String>,
}

/// One operator with one key and its values.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The operator, including a set operator and `IfExists`.
    pub operator: String,
    /// The key.
    pub key: String,
    /// The values.
    pub values: Vec<String>,
}

/// The policies of one request.
#[derive(Clone, Debug)]
pub struct Layers {
    /// Identity-based policies.
    pub identity: Vec<Draft>,
    /// The permissions boundary.
    pub boundary: Option<Vec<Draft>>,
    /// The session policies.
    pub session: Option<Vec<Draft>>,
    /// The resource-based policy.
    pub resource: Option<Draft>,
    /// The VPC endpoint policy.
    pub vpc_endpoint: Option<Draft>,
    /// The service control policies of each level.
    pub scps: Vec<Vec<Draft>>,
    /// The resource control policies of each level.
    pub rcps: Vec<Vec<Draft>>,
}

/// Determines how lists with one element are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lists {
    /// Such a list is written as its element.
    WhereNeeded,
    /// Every list is written as a list.
    Always,
}

impl Layers {
    /// Returns all drafts, regardless of their type.
    pub fn drafts_mut(&mut self) -> impl Iterator<Item = &mut Draft> {
        let Self {
            identity,
            boundary,
            session,
            resource,
            vpc_endpoint,
            scps,
            rcps,
        } = self;
        identity
            .iter_mut()
            .chain(boundary.iter_mut().flatten())
            .chain(session.iter_mut().flatten())
            .chain(resource.iter_mut())
            .chain(vpc_endpoint.iter_mut())
            .chain(scps.iter_mut().flatten())
            .chain(rcps.iter_mut().flatten())
    }

    /// Returns the parsed policies.
    ///
    /// # Errors
    ///
    /// If one of them cannot be parsed, which is an error in the generators.
    pub fn policies(&self, lists: Lists) -> Result<Policies, String> {
        let one = |name: &str, draft: &Draft| draft.parse(name, lists);
        let all = |name: &str, drafts: &[Draft]| {
            drafts
                .iter()
                .map(|draft| one(name, draft))
                .collect::<Result<Vec<_>, _>>()
        };
        let levels = |name: &str, levels: &[Vec<Draft>]| {
            levels
                .iter()
                .map(|drafts| all(name, drafts))
                .collect::<Result<Vec<_>, _>>()
        };
        let limit = |name: &str, drafts: &Option<Vec<Draft>>| {
            drafts
                .as_deref()
                .map(|drafts| all(name, drafts))
                .transpose()
        };
        let single = |name: &str, draft: &Option<Draft>| {
            draft.as_ref().map(|draft| one(name, draft)).transpose()
        };
        Ok(Policies {
            identity: all("identity", &self.identity)?,
            boundary: limit("boundary", &self.boundary)?,
            session: limit("session", &self.session)?,
            resource: single("resource", &self.resource)?,
            vpc_endpoint: single("vpc-endpoint", &self.vpc_endpoint)?,
            scps: levels("scp", &self.scps)?,
            rcps: levels("rcp", &self.rcps)?,
        })
    }
}

impl Draft {
    /// Creates a policy of the current version.
    pub fn of(statements: Vec<Statement>) -> Self {
        Self {
            version: Some("2012-10-17"),
            statements,
        }
    }

    /// Returns the policy as JSON.
    pub fn to_json(&self, lists: Lists) -> Value {
        let statements = self
            .statements
            .iter()
            .map(|statement| statement.to_json(lists));
        let mut document = Map::new();
        if let Some(version) = self.version {
            document.insert("Version".to_owned(), json!(version));
        }
        document.insert(
            "Statement".to_owned(),
            one_or_list(statements.collect(), lists),
        );
        Value::Object(document)
    }

    fn parse(&self, name: &str, lists: Lists) -> Result<Policy, String> {
        let text = self.to_json(lists).to_string();
        match Document::parse(&text) {
            Ok(document) => Ok(Policy::new(name, document)),
            Err(error) => Err(format!("{error} in {text}")),
        }
    }
}

impl Statement {
    /// Creates a statement that applies to everything.
    pub fn everything(effect: Effect) -> Self {
        let everything = || Patterns {
            negated: false,
            patterns: vec!["*".to_owned()],
        };
        Self {
            effect,
            principal: None,
            actions: everything(),
            resources: everything(),
            conditions: Vec::new(),
        }
    }

    fn to_json(&self, lists: Lists) -> Value {
        let mut members = Map::new();
        let effect = match self.effect {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        };
        members.insert("Effect".to_owned(), json!(effect));
        if let Some((element, principal)) = self.principal {
            let principal = serde_json::from_str(principal).unwrap_or(Value::Null);
            members.insert(element.to_owned(), principal);
        }
        for (element, Patterns { negated, patterns }) in
            [("Action", &self.actions), ("Resource", &self.resources)]
        {
            let not = if *negated { "Not" } else { "" };
            let patterns = patterns.iter().map(|pattern| json!(pattern)).collect();
            members.insert(format!("{not}{element}"), one_or_list(patterns, lists));
        }
        let mut operators: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for Condition {
            operator,
            key,
            values,
        } in &self.conditions
        {
            let values = values.iter().map(|value| json!(value)).collect();
            operators
                .entry(operator)
                .or_default()
                .insert(key.clone(), one_or_list(values, lists));
        }
        if !operators.is_empty() || lists == Lists::Always {
            members.insert("Condition".to_owned(), json!(operators));
        }
        Value::Object(members)
    }
}

fn one_or_list(mut values: Vec<Value>, lists: Lists) -> Value {
    if values.len() == 1 && lists == Lists::WhereNeeded {
        values.remove(0)
    } else {
        Value::Array(values)
    }
}
