//! A request as a test case for `pinpoint-iam test`.

use std::collections::{BTreeMap, BTreeSet};

use pinpoint_iam_tools::requests::{Expectation, deciding};
use pinpoint_iam_tools::{parts, principals};
use serde::Serialize;

use crate::decide::{self, RequestInput};
use crate::input::{PolicyInput, PolicyType, WrittenRequest};
use crate::policies::Policies;

/// The name of the file with the test.
const TEST_FILE: &str = "playground.test.json";

#[derive(Debug, Serialize)]
pub(crate) struct Output {
    /// The test and the policies that apply to its caller. All of them belong into one folder.
    files: Vec<File>,
}

#[derive(Debug, Serialize)]
struct File {
    name: String,
    text: String,
}

/// The test file.
#[derive(Debug, Serialize)]
struct Suite<'a> {
    policies: Files,
    test: [Test<'a>; 1],
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Files {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    identity: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    boundary: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    session: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_policy: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scp: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rcp: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Test<'a> {
    name: String,
    #[serde(flatten)]
    request: &'a WrittenRequest,
    expect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<Citation<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Citation<'a> {
    Sid(&'a str),
    Number(usize),
}

pub(crate) fn test(input: &decide::Input) -> Result<Output, String> {
    let RequestInput::Written(request) = &input.request else {
        return Err(
            "the request of a record cannot be a test case, because its other condition keys are unknown; write a request instead"
                .to_owned(),
        );
    };
    let policies = Policies::parse(&input.policies)?;
    let answer = decide::written(&policies, request)?;
    let result = Expectation::of(&answer.evaluation).name();
    let statement = deciding(&answer.evaluation);
    let caller = principals::parse(&request.principal)?;
    let applicable = policies.attached_to(&caller)?;

    let mut files = Files::default();
    let mut documents = Vec::new();
    let mut names = BTreeSet::new();
    let mut levels = BTreeMap::new();
    for (policy, _) in applicable {
        let name = file_name(&policy.name, &mut names);
        if let PolicyType::Scp | PolicyType::Rcp = policy.policy_type {
            let is_scp = policy.policy_type == PolicyType::Scp;
            let level = (is_scp, policy.level.unwrap_or_default());
            if levels.insert(level, name.clone()).is_some() {
                return Err(format!(
                    "two policies of the organization have the level {}, and a test file has one file for each level; combine their statements",
                    level.1
                ));
            }
        }
        match policy.policy_type {
            PolicyType::Identity => files.identity.push(name.clone()),
            PolicyType::Boundary => files.boundary.push(name.clone()),
            PolicyType::Session => files.session.push(name.clone()),
            PolicyType::Resource => files.resource_policy = Some(name.clone()),
            PolicyType::Scp | PolicyType::Rcp => {}
        }
        documents.push(File {
            text: document(policy),
            name,
        });
    }
    for ((is_scp, _), name) in levels {
        let levels = if is_scp {
            &mut files.scp
        } else {
            &mut files.rcp
        };
        levels.push(name);
    }
    let suite = Suite {
        policies: files,
        test: [Test {
            name: format!("{} is {}", request.action, result.replace('-', " ")),
            request,
            expect: result,
            statement: statement.map(|statement| match statement.sid() {
                Some(sid) => Citation::Sid(sid),
                None => Citation::Number(statement.index() + 1),
            }),
        }],
    };
    let text = serde_json::to_string_pretty(&suite).map_err(|error| error.to_string())? + "\n";
    let suite = File {
        name: TEST_FILE.to_owned(),
        text,
    };
    Ok(Output {
        files: std::iter::once(suite).chain(documents).collect(),
    })
}

/// The document without what surrounds it, which `pinpoint-iam test` could take for the details of an account.
fn document(policy: &PolicyInput) -> String {
    match parts::documents(&policy.text).as_slice() {
        [part] => part.document.to_string(),
        _ => policy.text.clone(),
    }
}

/// The name of the file of a policy. It differs from all others, also where letter case does not matter, and is not that
/// of a test.
fn file_name(policy: &str, names: &mut BTreeSet<String>) -> String {
    let stem = policy.strip_suffix(".json").unwrap_or(policy);
    let is_accepted =
        |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    let mut name = match stem.len() {
        1..=100 if stem.chars().all(is_accepted) => format!("{stem}.json"),
        _ => "policy.json".to_owned(),
    };
    let mut number = 1;
    while !names.insert(name.to_ascii_lowercase()) {
        number += 1;
        name = format!("policy-{number}.json");
    }
    name
}
