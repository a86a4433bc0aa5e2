//! A verdict of a matrix applies to every single request, tested with random policies and requests.

use std::collections::BTreeMap;

use pinpoint_iam::action::ActionMetadata;
use pinpoint_iam::context::Context;
use pinpoint_iam::request::Request;
use pinpoint_iam::resource::{IdFormat, RequestedResource, ResourceTypeMetadata};
use pinpoint_iam::web::{ActionRequirement, MountedRoute, Requirement, ResourceBinding};
use pinpoint_iam::{Authorizer, MismatchLevel, Principal};
use pinpoint_iam_docs::RouteVerdict;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::access::{Policies, allow, cell, scope};
use crate::declared::routes;

fn authorizer(policies: &Policies) -> Authorizer {
    // Random policies name actions and ARNs that do not belong together.
    let builder = Authorizer::builder()
        .scope(scope())
        .catalog_mismatches(MismatchLevel::Warn);
    let builder = builder.warn_about_keys_without_source();
    builder.source(policies.store()).build().unwrap()
}

/// The ids and keys of one request.
#[derive(Clone, Debug)]
struct Asked {
    ids: BTreeMap<&'static str, &'static str>,
    /// The index of the resource type, if there are several.
    kind: usize,
    keys: BTreeMap<&'static str, Option<&'static str>>,
}

/// Ids of each field: some occur in patterns and some do not.
const IDS: [&str; 5] = ["a1", "a2", "b", "a", "zz.top"];

fn asked() -> impl Strategy<Value = Asked> {
    let id = || select(IDS.to_vec());
    let fields = [
        "application_id",
        "campaign_id",
        "segment_id",
        "template_name",
    ];
    let ids = vec(id(), fields.len());
    let key = |values: &'static [&'static str]| option::of(select(values.to_vec()));
    let keys = (
        key(&["192.0.2.1", "198.51.100.1"]),
        key(&["true", "false"]),
        key(&["red", "blue"]),
        key(&["red", "a1"]),
    );
    (ids, 0..8_usize, keys).prop_map(move |(ids, kind, keys)| Asked {
        ids: fields.into_iter().zip(ids).collect(),
        kind,
        keys: BTreeMap::from([
            ("aws:SourceIp", keys.0),
            ("aws:SecureTransport", keys.1),
            ("aws:ResourceTag/team", keys.2),
            ("aws:PrincipalTag/project", keys.3),
        ]),
    })
}

impl Asked {
    fn resource(&self, action: &ActionMetadata, kind: &'static ResourceTypeMetadata) -> String {
        let values: Vec<&str> = kind
            .fields
            .iter()
            .map(|field| {
                let mut pinned = action.pinned.iter();
                match (
                    pinned.find(|(name, _)| *name == field.placeholder),
                    field.accepts,
                ) {
                    (Some((_, value)), _) => value,
                    (None, IdFormat::OneOf(names)) => names.last().unwrap(),
                    (None, _) => self.ids.get(field.name).copied().unwrap_or("b"),
                }
            })
            .collect();
        let part = kind.fill(&values).unwrap();
        kind.requested(&part, &scope()).to_string()
    }

    /// Returns the decision about one action, which is the same for both evaluators.
    fn action(
        &self,
        authorizer: &Authorizer,
        who: &Principal,
        required: &ActionRequirement,
    ) -> bool {
        let action = required.action;
        let mut context = Context::new();
        for (key, value) in &self.keys {
            if let (Some(value), false) = (value, key.starts_with("aws:Principal")) {
                context.insert(key, *value);
            }
        }
        let mut who = who.clone();
        if let Some(Some(project)) = self.keys.get("aws:PrincipalTag/project") {
            who = who.with_tag("project", project);
        }
        let types: Vec<_> = match &required.resource {
            ResourceBinding::Fields(bindings) => action
                .resource_types
                .iter()
                .filter(|kind| {
                    kind.fields.len() == bindings.len()
                        && kind
                            .fields
                            .iter()
                            .all(|field| bindings.iter().any(|binding| binding.field == field.name))
                })
                .copied()
                .collect(),
            _ => action.resource_types.to_vec(),
        };
        assert_eq!(
            types.is_empty(),
            action.resource_types.is_empty(),
            "{action}"
        );
        let text = types
            .get(self.kind % types.len().max(1))
            .map(|kind| self.resource(action, kind));
        let resource = match &text {
            Some(arn) => RequestedResource::Arn(pinpoint_iam::Arn::parse(arn).unwrap()),
            None => RequestedResource::All,
        };
        let request = Request::new(&who, action.into(), resource, &context);
        let allowed = authorizer.decide(&request).is_allowed();
        assert_eq!(allowed, authorizer.explain(&request).allowed);
        allowed
    }

    fn requirement(
        &self,
        authorizer: &Authorizer,
        who: &Principal,
        required: &Requirement,
    ) -> bool {
        let asks = |part: &Requirement| self.requirement(authorizer, who, part);
        match required {
            Requirement::Action(action) => self.action(authorizer, who, action),
            Requirement::All(parts) => parts.iter().all(asks),
            Requirement::Any(parts) => parts.iter().any(asks),
        }
    }

    /// Returns whether the route allows the request. A public route always does.
    fn is_let_in(&self, authorizer: &Authorizer, who: &Principal, route: &MountedRoute) -> bool {
        let requirement = route.declaration.requirement();
        requirement.is_none_or(|requirement| self.requirement(authorizer, who, requirement))
    }
}

const ACTIONS: [&str; 9] = [
    "*",
    "mobiletargeting:*",
    "mobiletargeting:Get*",
    "mobiletargeting:GetCampaign",
    "mobiletargeting:*Campaign",
    "mobiletargeting:GetApp?",
    "mobiletargeting:GetSegment",
    "mobiletargeting:[delete]",
    "mobiletargeting:ListTagsForResource",
];

const RESOURCES: [&str; 16] = [
    "*",
    "arn:*",
    "arn:aws:mobiletargeting",
    "arn:aws:mobiletargeting:*:*:apps/*",
    "arn:aws:mobiletargeting:us-east-1:123456789012:apps/?*",
    "arn:aws:mobiletargeting:us-east-1:123456789012:apps/*/campaigns/*",
    "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1*",
    "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/b",
    "arn:aws:mobiletargeting:us-east-1:123456789012:apps/*a*",
    "arn:aws:mobiletargeting:us-east-1:123456789012:apps/??",
    "arn:aws:mobiletargeting:us-east-1:123456789012:apps/${aws:PrincipalTag/team}*",
    "arn:aws:mobiletargeting:us-east-1:123456789012:apps/${aws:PrincipalTag/project, 'a2'}*",
    "arn:aws:mobiletargeting:us-east-1:123456789012:templates/*/EMAIL",
    "arn:aws:mobiletargeting:us-east-1:123456789012:templates/*/S*",
    "arn:aws:mobiletargeting:eu-west-1:*:*",
    "arn:aws:mobiletargeting:*:apps/a1",
];

fn statement() -> impl Strategy<Value = Value> {
    let condition = prop_oneof![
        6 => Just(None),
        1 => Just(Some(json!({ "IpAddress": { "aws:SourceIp": "192.0.2.0/24" } }))),
        1 => Just(Some(json!({ "Bool": { "aws:SecureTransport": "true" } }))),
        1 => Just(Some(json!({ "StringEqualsIfExists": { "aws:ResourceTag/team": "red" } }))),
        1 => Just(Some(json!({ "StringEquals": { "aws:PrincipalTag/team": "a1" } }))),
        1 => Just(Some(json!({ "Null": { "aws:PrincipalTag/project": "true" } }))),
        1 => Just(Some(json!({ "StringEquals": { "aws:username": "ana" } }))),
    ];
    let negated = || prop::bool::weighted(0.12);
    (
        prop_oneof![4 => Just("Allow"), 1 => Just("Deny")],
        (negated(), vec(select(ACTIONS.to_vec()), 1..3)),
        (negated(), vec(select(RESOURCES.to_vec()), 1..3)),
        condition,
    )
        .prop_map(|(effect, actions, resources, condition)| {
            let name = |negated, name: &str| {
                if negated {
                    format!("Not{name}")
                } else {
                    name.to_owned()
                }
            };
            let actions_: Vec<String> = actions
                .1
                .iter()
                .map(|action| action.replace("[delete]", "DeleteCampaign"))
                .collect();
            let mut statement = json!({ "Effect": effect });
            statement[name(actions.0, "Action")] = json!(actions_);
            statement[name(resources.0, "Resource")] = json!(resources.1);
            if let Some(condition) = condition {
                statement["Condition"] = condition;
            }
            statement
        })
}

fn policies() -> impl Strategy<Value = Policies> {
    let limit = || option::weighted(0.15, vec(statement(), 1..3));
    (
        vec(statement(), 0..4),
        limit(),
        limit(),
        option::of(select(vec!["a1", "b"])),
        option::weighted(0.3, statement()),
        option::weighted(0.3, statement()),
        option::weighted(0.1, vec![statement()]),
    )
        .prop_map(
            |(identity, boundary, session, team, group, role, role_boundary)| Policies {
                identity,
                boundary,
                session,
                team,
                group: group.into_iter().collect(),
                role: role.into_iter().collect(),
                role_boundary,
            },
        )
}

/// Compares every verdict with requests, and requires enough of each kind for the test to be meaningful.
#[test]
fn a_verdict_on_all_requests_applies_to_each() {
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..120 {
        let policies = policies().new_tree(&mut runner).unwrap().current();
        let (matrix, authorizer) = (policies.matrix(), authorizer(&policies));
        let who = policies.principal();
        let requests: Vec<Asked> = (0..10)
            .map(|_| asked().new_tree(&mut runner).unwrap().current())
            .collect();
        for (route, (name, verdicts)) in routes().iter().zip(matrix.rows()) {
            assert_eq!(route.to_string(), name);
            let let_in = requests
                .iter()
                .map(|asked| asked.is_let_in(&authorizer, &who, route));
            let (kind, expected) = match &verdicts[0] {
                RouteVerdict::Public => ("public", Some(true)),
                RouteVerdict::Allowed => ("allowed", Some(true)),
                RouteVerdict::ImplicitDeny => ("implicit", Some(false)),
                RouteVerdict::ExplicitDeny => ("explicit", Some(false)),
                _ => ("depends", None),
            };
            *seen.entry(kind).or_default() += 1;
            for (let_in, asked) in let_in.zip(&requests) {
                if let Some(expected) = expected {
                    assert_eq!(let_in, expected, "{route} {kind}\n{policies:#?}\n{asked:?}");
                }
            }
        }
    }
    for (kind, least) in [
        ("allowed", 30),
        ("implicit", 150),
        ("explicit", 30),
        ("depends", 100),
    ] {
        assert!(seen[kind] > least, "{seen:?}");
    }
}

/// An allowed route does not need a further policy, and a further policy cannot override an explicit deny.
#[test]
fn a_further_policy_lifts_implicit_denials_only() {
    let mut runner = TestRunner::deterministic();
    for _ in 0..60 {
        let before = policies().new_tree(&mut runner).unwrap().current();
        let mut after = before.clone();
        after.boundary = None;
        after.role_boundary = None;
        after.session = after.session.map(|_| vec![allow(&["*"], &["*"])]);
        after.identity.push(allow(&["*"], &["*"]));
        let after = after.matrix();
        for ((route, verdicts), (_, lifted)) in before.matrix().rows().zip(after.rows()) {
            // Explicit denials of a boundary or session policy are gone, because `after` removes these limits.
            let is_own = before.boundary.is_none()
                && before.role_boundary.is_none()
                && before.session.is_none();
            match &verdicts[0] {
                RouteVerdict::ExplicitDeny if is_own => {
                    assert_eq!(lifted[0], RouteVerdict::ExplicitDeny, "{route} {before:#?}");
                }
                RouteVerdict::Allowed => assert!(lifted[0].is_allowed(), "{route} {before:#?}"),
                _ => {}
            }
        }
    }
}

/// If the difference does not contain a change, every request is decided as before.
#[test]
fn what_does_not_change_decides_alike() {
    let mut runner = TestRunner::deterministic();
    let (mut same, mut changed) = (0, 0);
    for _ in 0..100 {
        let before = policies().new_tree(&mut runner).unwrap().current();
        let mut after = before.clone();
        if let Some(statement) = after.identity.first_mut() {
            let other = self::statement().new_tree(&mut runner).unwrap().current();
            statement["Resource"] = other.get("Resource").cloned().unwrap_or(json!("*"));
            statement.as_object_mut().unwrap().remove("NotResource");
            if let Some(condition) = other.get("Condition") {
                statement["Condition"] = condition.clone();
            }
        }
        let difference = before.matrix().difference(&after.matrix(), "d", "D");
        let who = before.principal();
        let (first, second) = (authorizer(&before), authorizer(&after));
        for route in routes().iter() {
            if cell(&difference, &route.to_string()).is_some() {
                changed += 1;
                continue;
            }
            same += 1;
            for _ in 0..4 {
                let asked = asked().new_tree(&mut runner).unwrap().current();
                assert_eq!(
                    asked.is_let_in(&first, &who, route),
                    asked.is_let_in(&second, &who, route),
                    "{route}\n{before:#?}\n{after:#?}\n{asked:?}"
                );
            }
        }
    }
    assert!(same > 150 && changed > 60, "{same} {changed}");
}
