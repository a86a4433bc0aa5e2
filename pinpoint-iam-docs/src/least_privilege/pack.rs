//! Statements, and their distribution over documents.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::LeastPrivilegeError;
use super::needed::Needed;
use super::wildcards;
use pinpoint_iam::action::ServiceMetadata;
use pinpoint_iam::arn::Scope;
use pinpoint_iam::policy::{Document, Partitions, PolicyKind};

/// An `Allow` statement.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    actions: Vec<String>,
    resources: Vec<String>,
}

/// Returns one statement for all actions on the same resources, in the order of the resources.
pub(super) fn group(needed: &Needed<'_>, wildcards: bool) -> Vec<Grant> {
    let mut groups: BTreeMap<Vec<&str>, Vec<(&str, Option<&'static ServiceMetadata>)>> =
        BTreeMap::new();
    for (action, entry) in needed.entries() {
        let resources = entry.patterns.iter().map(String::as_str).collect();
        let service = entry.metadata.map(|metadata| needed.service_of(metadata));
        groups.entry(resources).or_default().push((action, service));
    }
    groups
        .into_iter()
        .map(|(resources, actions)| Grant {
            actions: if wildcards {
                shortened(&actions)
            } else {
                actions
                    .iter()
                    .map(|(action, _)| (*action).to_owned())
                    .collect()
            },
            resources: resources.into_iter().map(str::to_owned).collect(),
        })
        .collect()
}

/// Shortens the actions of each service with wildcards. Actions of services without a catalog remain as they are.
fn shortened(actions: &[(&str, Option<&'static ServiceMetadata>)]) -> Vec<String> {
    let mut services: BTreeMap<&str, (&'static ServiceMetadata, BTreeSet<&str>)> = BTreeMap::new();
    let mut written = Vec::new();
    for (action, service) in actions {
        match (service, action.split_once(':')) {
            (Some(service), Some((prefix, name))) => {
                let names = services
                    .entry(prefix)
                    .or_insert_with(|| (service, BTreeSet::new()));
                names.1.insert(name);
            }
            _ => written.push((*action).to_owned()),
        }
    }
    for (prefix, (service, names)) in services {
        let all: Vec<&str> = service.actions.iter().map(|action| action.name).collect();
        let patterns = wildcards::shorten(&names, &all);
        written.extend(
            patterns
                .into_iter()
                .map(|pattern| format!("{prefix}:{pattern}")),
        );
    }
    written.sort_unstable();
    written
}

/// Distributes statements over documents of a kind, each into the first one that has room for it, and parses every
/// document.
pub(super) fn documents(
    grants: Vec<Grant>,
    kind: PolicyKind,
    scope: &Scope,
) -> Result<Vec<Document>, LeastPrivilegeError> {
    let mut documents: Vec<Vec<Grant>> = Vec::new();
    // Statements that have not been placed yet; the next one is last.
    let mut waiting: Vec<Grant> = grants.into_iter().rev().collect();
    while let Some(grant) = waiting.pop() {
        let fits = |others: &[Grant]| {
            let together = others.iter().chain(std::iter::once(&grant));
            kind.quota()
                .is_none_or(|quota| text(together).chars().count() <= quota)
        };
        if let Some(document) = documents.iter_mut().find(|document| fits(document)) {
            document.push(grant);
        } else if fits(&[]) {
            documents.push(vec![grant]);
        } else {
            let (first, second) = halves(grant, kind)?;
            waiting.extend([second, first]);
        }
    }
    let partitions = Partitions::of(scope);
    documents
        .iter()
        .map(|grants| {
            let document = Document::parse(&text(grants)).map_err(LeastPrivilegeError::Refused)?;
            document
                .validate_grammar(kind, &partitions)
                .map_err(LeastPrivilegeError::Refused)?;
            Ok(document)
        })
        .collect()
}

/// Splits a statement into two that grant the same.
fn halves(grant: Grant, kind: PolicyKind) -> Result<(Grant, Grant), LeastPrivilegeError> {
    let Grant {
        mut actions,
        mut resources,
    } = grant;
    if actions.len() > 1 {
        let second = actions.split_off(actions.len() / 2);
        let first = Grant {
            actions,
            resources: resources.clone(),
        };
        let second = Grant {
            actions: second,
            resources,
        };
        Ok((first, second))
    } else if resources.len() > 1 {
        let second = resources.split_off(resources.len() / 2);
        let first = Grant {
            actions: actions.clone(),
            resources,
        };
        let second = Grant {
            actions,
            resources: second,
        };
        Ok((first, second))
    } else {
        Err(LeastPrivilegeError::TooLong {
            action: actions.concat(),
            kind,
        })
    }
}

/// Writes a document without white space, so that its length is the one that every quota counts.
fn text<'g>(grants: impl IntoIterator<Item = &'g Grant>) -> String {
    let statements: Vec<Value> = grants
        .into_iter()
        .map(|grant| {
            json!({
                "Effect": "Allow",
                "Action": one_or_many(&grant.actions),
                "Resource": one_or_many(&grant.resources),
            })
        })
        .collect();
    json!({ "Version": "2012-10-17", "Statement": one_or_many(&statements) }).to_string()
}

fn one_or_many<T: serde::Serialize>(items: &[T]) -> Value {
    match items {
        [only] => json!(only),
        many => json!(many),
    }
}
