//! The table `conformance/evaluation.toml`: requests, policies and expected results, with one rule for each case.
//!
//! The comment at the start of the table describes the format.

use std::collections::{BTreeMap, BTreeSet};

use pinpoint_iam::context::Context;
use pinpoint_iam::eval::{AllowReason, Decision, DenyReason, Evaluation, PolicyType, StatementId};
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Arn, Policy, Principal};
use serde::Deserialize;

use pinpoint_iam_test_policies::case::Evaluator;
use pinpoint_iam_test_policies::policies::Policies;

/// The whole table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Table {
    defaults: Defaults,
    principals: BTreeMap<String, Caller>,
    statements: BTreeMap<String, String>,
    /// The cases.
    #[serde(rename = "case")]
    pub cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Defaults {
    principal: String,
    action: String,
    resource: String,
    resources_start_with: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Caller {
    arn: Option<String>,
    role: Option<String>,
    session: Option<String>,
    service: Option<String>,
    web_identity: Option<String>,
    saml: Option<String>,
    #[serde(default)]
    anonymous: bool,
    unique_id: Option<String>,
}

/// One case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// The behavior that the case shows.
    pub name: String,
    /// The rules that the case covers, by their names in `RULES.toml`.
    pub rules: Vec<String>,
    /// The reason for the expected result.
    pub why: String,
    principal: Option<String>,
    action: Option<String>,
    resource: Option<String>,
    resource_account: Option<String>,
    #[serde(default)]
    context: BTreeMap<String, OneOrMany>,
    #[serde(default)]
    unknown: Vec<String>,
    version: Option<String>,
    identity: Option<OneOrMany>,
    boundary: Option<OneOrMany>,
    session: Option<OneOrMany>,
    resource_policy: Option<String>,
    vpc_endpoint: Option<String>,
    #[serde(default)]
    scps: Vec<Vec<String>>,
    #[serde(default)]
    rcps: Vec<Vec<String>>,
    expect: Option<Expected>,
    by: Option<String>,
    #[serde(default)]
    needs: BTreeSet<String>,
    #[serde(default)]
    actions: ErrorResponses,
    #[serde(default)]
    resources: ErrorResponses,
    #[serde(default)]
    principals: ErrorResponses,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn as_slice(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Expected {
    Allowed,
    Refused,
    Denied,
}

/// The requests of a case with the same policies.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorResponses {
    #[serde(default)]
    allowed: Vec<String>,
    #[serde(default)]
    refused: Vec<String>,
    #[serde(default)]
    denied: Vec<String>,
}

impl ErrorResponses {
    fn iter(&self) -> impl Iterator<Item = (&str, Expected)> {
        [
            (&self.allowed, Expected::Allowed),
            (&self.refused, Expected::Refused),
            (&self.denied, Expected::Denied),
        ]
        .into_iter()
        .flat_map(|(values, expected)| values.iter().map(move |value| (value.as_str(), expected)))
    }
}

/// One request of a case, with its expected result.
struct Question<'a> {
    principal: &'a str,
    action: &'a str,
    resource: &'a str,
    expected: Expected,
}

impl Table {
    /// Parses a table.
    ///
    /// # Errors
    ///
    /// If the text is not such a table.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Evaluates all requests of `case` with `evaluator`, and returns the errors in the results.
    pub fn check(&self, case: &Case, evaluator: Evaluator) -> Vec<String> {
        let questions = self.questions(case);
        if questions.is_empty() {
            return vec!["expects nothing".to_owned()];
        }
        let policies = match self.policies(case) {
            Ok(policies) => policies,
            Err(error) => return vec![error],
        };
        questions
            .iter()
            .filter_map(|question| {
                let fault = self.ask(case, question, &policies, evaluator).err()?;
                let Question {
                    principal,
                    action,
                    resource,
                    ..
                } = question;
                Some(format!("{principal} {action} {resource}: {fault}"))
            })
            .collect()
    }

    /// Returns the names in `[principals]` and `[statements]` that no case uses.
    pub fn unused(&self) -> Vec<&str> {
        let mut used = BTreeSet::from([self.defaults.principal.as_str()]);
        for case in &self.cases {
            used.extend(
                self.questions(case)
                    .iter()
                    .map(|question| question.principal),
            );
            used.extend(case.policy_texts());
        }
        let names = self.principals.keys().chain(self.statements.keys());
        names
            .map(String::as_str)
            .filter(|name| !used.contains(name))
            .collect()
    }

    fn questions<'a>(&'a self, case: &'a Case) -> Vec<Question<'a>> {
        let default = |expected| Question {
            principal: case
                .principal
                .as_deref()
                .unwrap_or(&self.defaults.principal),
            action: case.action.as_deref().unwrap_or(&self.defaults.action),
            resource: case.resource.as_deref().unwrap_or(&self.defaults.resource),
            expected,
        };
        let mut questions: Vec<_> = case.expect.map(default).into_iter().collect();
        questions.extend(case.actions.iter().map(|(action, expected)| Question {
            action,
            ..default(expected)
        }));
        questions.extend(case.resources.iter().map(|(resource, expected)| Question {
            resource,
            ..default(expected)
        }));
        questions.extend(
            case.principals
                .iter()
                .map(|(principal, expected)| Question {
                    principal,
                    ..default(expected)
                }),
        );
        questions
    }

    fn ask(
        &self,
        case: &Case,
        question: &Question<'_>,
        policies: &Policies,
        evaluator: Evaluator,
    ) -> Result<(), String> {
        let principal = self
            .principal(question.principal)?
            .with_keys(Context::new());
        let action = RequestedAction::parse(question.action).map_err(|error| error.to_string())?;
        let resource = match question.resource {
            full if full == "*" || full.starts_with("arn:") => full.to_owned(),
            rest => format!("{}{rest}", self.defaults.resources_start_with),
        };
        let resource = match resource.as_str() {
            "*" => RequestedResource::All,
            arn => RequestedResource::Arn(Arn::parse(arn).map_err(|error| error.to_string())?),
        };
        let context = case.context();
        let mut request = Request::new(&principal, action, resource, &context);
        if let Some(account) = &case.resource_account {
            request = request.with_resource_account(account);
        }
        case.judge(question, evaluator.answer(&policies.stack(), &request))
    }

    fn principal(&self, name: &str) -> Result<Principal, String> {
        let caller = self.principals.get(name).ok_or("no such principal")?;
        let principal = match caller {
            Caller { arn: Some(arn), .. } => Principal::from_arn(arn),
            Caller {
                role: Some(role),
                session: Some(session),
                ..
            } => Principal::role_session(role, session),
            Caller {
                service: Some(service),
                ..
            } => Ok(Principal::service(service)),
            Caller {
                web_identity: Some(provider),
                ..
            } => Principal::web_identity(provider),
            Caller {
                saml: Some(provider),
                ..
            } => Principal::saml(provider),
            Caller {
                anonymous: true, ..
            } => Ok(Principal::anonymous()),
            _ => {
                return Err(
                    "neither arn, role with session, service, web-identity, saml nor anonymous"
                        .to_owned(),
                );
            }
        };
        let principal = principal.map_err(|error| error.to_string())?;
        Ok(match &caller.unique_id {
            Some(id) => principal.with_unique_id(id),
            None => principal,
        })
    }

    fn policies(&self, case: &Case) -> Result<Policies, String> {
        let version = match case.version.as_deref() {
            None => r#""Version": "2012-10-17", "#.to_owned(),
            Some("none") => String::new(),
            Some(version) => format!(r#""Version": "{version}", "#),
        };
        let policy = |name: String, text: &str| {
            let statements = self.statements.get(text).map_or(text, String::as_str);
            let document = format!(r#"{{{version}"Statement": {statements}}}"#);
            match Document::parse(&document) {
                Ok(document) => Ok(Policy::new(&name, document)),
                Err(error) => Err(format!("{name}: {error} in {document}")),
            }
        };
        let all = |name: &str, texts: &[String]| {
            let numbered = texts.iter().zip(1..);
            numbered
                .map(|(text, number)| policy(format!("{name}{number}"), text))
                .collect::<Result<Vec<_>, _>>()
        };
        let limit = |name: &str, texts: &Option<OneOrMany>| {
            let texts = texts.as_ref();
            texts.map(|texts| all(name, texts.as_slice())).transpose()
        };
        let single = |name: &str, text: &Option<String>| {
            let text = text.as_ref();
            text.map(|text| policy(format!("{name}1"), text))
                .transpose()
        };
        let levels = |name: &str, levels: &[Vec<String>]| {
            let numbered = levels.iter().zip(1..);
            numbered
                .map(|(texts, number)| all(&format!("{name}{number}."), texts))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Policies {
            identity: limit("identity ", &case.identity)?.unwrap_or_default(),
            boundary: limit("boundary ", &case.boundary)?,
            session: limit("session ", &case.session)?,
            resource: single("resource-policy ", &case.resource_policy)?,
            vpc_endpoint: single("vpc-endpoint ", &case.vpc_endpoint)?,
            scps: levels("scp ", &case.scps)?,
            rcps: levels("rcp ", &case.rcps)?,
        })
    }
}

impl Case {
    fn context(&self) -> Context {
        let mut context = Context::new();
        for (key, values) in &self.context {
            match values {
                OneOrMany::One(value) => context.insert(key, value.as_str()),
                OneOrMany::Many(values) => {
                    context.insert_all(key, values.iter().map(String::as_str));
                }
            }
        }
        for key in &self.unknown {
            context.insert_unknown(key);
        }
        context
    }

    fn policy_texts(&self) -> impl Iterator<Item = &str> {
        let lists = [&self.identity, &self.boundary, &self.session];
        let levels = self.scps.iter().chain(&self.rcps);
        lists
            .into_iter()
            .flatten()
            .flat_map(OneOrMany::as_slice)
            .chain(&self.resource_policy)
            .chain(&self.vpc_endpoint)
            .chain(levels.flatten())
            .map(String::as_str)
    }

    fn judge(&self, question: &Question<'_>, answer: Evaluation) -> Result<(), String> {
        let needs: BTreeSet<String> = match &answer {
            Evaluation::Indeterminate(keys) => {
                keys.iter().map(|key| key.folded().to_owned()).collect()
            }
            Evaluation::Decided(_) => BTreeSet::new(),
        };
        let decision = answer.into_decision();
        let (found, by) = match &decision {
            Decision::Allow(by) => match by.reason() {
                AllowReason::Statement(statement) => (Expected::Allowed, place(statement)),
                _ => (Expected::Allowed, "root user".to_owned()),
            },
            Decision::Deny(by) => match by.reason() {
                DenyReason::ExplicitDeny(statement) => (Expected::Denied, place(statement)),
                DenyReason::ImplicitDeny(policy_type) => {
                    (Expected::Refused, policy_member(*policy_type).to_owned())
                }
                _ => (Expected::Refused, "unknown keys".to_owned()),
            },
        };
        if found != question.expected {
            return Err(format!("expected {:?}, {decision}", question.expected));
        }
        let wanted: BTreeSet<String> = match found {
            Expected::Refused => self
                .needs
                .iter()
                .map(|key| key.to_ascii_lowercase())
                .collect(),
            Expected::Allowed | Expected::Denied => BTreeSet::new(),
        };
        if needs != wanted {
            return Err(format!("needs {needs:?} instead of {wanted:?}"));
        }
        match &self.by {
            Some(wanted) if *wanted != by => Err(format!("decided by {by} instead of {wanted}")),
            _ => Ok(()),
        }
    }
}

/// Returns the policy and statement, such as `identity 2.1`. The names of policies contain the position.
fn place(statement: &StatementId) -> String {
    format!("{}.{}", statement.policy().name(), statement.index() + 1)
}

/// Returns the member of a case that contains the policies of a type.
const fn policy_member(policy_type: PolicyType) -> &'static str {
    match policy_type {
        PolicyType::ResourceControl => "rcp",
        PolicyType::ServiceControl => "scp",
        PolicyType::VpcEndpoint => "vpc-endpoint",
        PolicyType::Resource => "resource-policy",
        PolicyType::Identity => "identity",
        PolicyType::PermissionsBoundary => "boundary",
        PolicyType::Session => "session",
    }
}
