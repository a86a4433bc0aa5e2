//! Who can do what: what a matrix says of all requests holds for every single one.

use std::collections::BTreeMap;

use pinpoint_iam::action::ActionMetadata;
use pinpoint_iam::context::Context;
use pinpoint_iam::docs::{AccessMatrix, AccessMatrixBuilder, Cell, Line, RouteVerdict, Table};
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::Request;
use pinpoint_iam::resource::{Accepts, RequestedResource, ResourceTypeMetadata};
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::{ActionRequirement, MountedRoute, Requirement, ResourceBinding};
use pinpoint_iam::{Authorizer, Policy, Principal, Scope};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::declared::routes;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const WORKER: &str = "arn:aws:iam::123456789012:role/worker";

fn scope() -> Scope {
    Scope::new("aws", "us-east-1", "123456789012")
}

/// What somebody has.
#[derive(Clone, Debug)]
struct Policies {
    identity: Vec<Value>,
    boundary: Option<Vec<Value>>,
    session: Option<Vec<Value>>,
    team: Option<&'static str>,
}

impl Policies {
    fn of(statements: impl IntoIterator<Item = Value>) -> Self {
        Self {
            identity: statements.into_iter().collect(),
            boundary: None,
            session: None,
            team: None,
        }
    }

    /// A session has a role, and anybody else is a user.
    fn principal(&self) -> Principal {
        match &self.session {
            Some(statements) => Principal::role_session(WORKER, "s")
                .unwrap()
                .with_session_policy("session", document(statements)),
            None => Principal::from_arn(ANA).unwrap(),
        }
    }

    fn store(&self) -> PolicyStore {
        let mut store = PolicyStore::new();
        let arn = if self.session.is_some() { WORKER } else { ANA };
        let policies = store.identity(arn).unwrap();
        for statement in &self.identity {
            policies.attach(Policy::new("p", document(std::slice::from_ref(statement))));
        }
        if let Some(statements) = &self.boundary {
            policies.set_permissions_boundary(Policy::new("b", document(statements)));
        }
        if let Some(team) = self.team {
            policies.set_tag("team", team);
        }
        store
    }

    fn matrix(&self) -> AccessMatrix {
        builder()
            .principal("ana", &self.principal())
            .build(&self.store())
            .unwrap()
    }

    fn authorizer(&self) -> Authorizer {
        let builder = Authorizer::builder().scope(scope());
        builder.source(self.store()).build().unwrap()
    }
}

fn builder() -> AccessMatrixBuilder {
    AccessMatrix::builder(&scope()).routes(&routes())
}

fn document(statements: &[Value]) -> Document {
    let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    Document::parse(&text).unwrap()
}

fn allow(actions: &[&str], resources: &[&str]) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resources })
}

fn arn(resource: &str) -> String {
    format!("arn:aws:mobiletargeting:us-east-1:123456789012:{resource}")
}

fn plain(cell: &Cell) -> Vec<String> {
    cell.iter().map(Line::plain).collect()
}

/// The cell of the only principal.
fn shown(policies: &Policies, route: &str) -> Vec<String> {
    let table = policies.matrix().table("access", "Access");
    cell(&table, route).unwrap()
}

fn cell(table: &Table, route: &str) -> Option<Vec<String>> {
    let row = table
        .rows()
        .iter()
        .find(|row| plain(&row.cells()[0]) == [route])?;
    Some(plain(&row.cells()[2]))
}

// One request of everything that a route can get.

/// The ids and keys of one request.
#[derive(Clone, Debug)]
struct Asked {
    ids: BTreeMap<&'static str, &'static str>,
    /// Which of several resource types it is about.
    kind: usize,
    keys: BTreeMap<&'static str, Option<&'static str>>,
}

/// An id of each field: some that patterns name, and some that none does.
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
                    (None, Accepts::OneOf(names)) => names.last().unwrap(),
                    (None, _) => self.ids.get(field.name).copied().unwrap_or("b"),
                }
            })
            .collect();
        let part = kind.fill(&values).unwrap();
        kind.requested(&part, &scope()).to_string()
    }

    /// What both evaluators say of one action.
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

    /// Whether the route lets the request in; a public one does.
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
    )
        .prop_map(|(identity, boundary, session, team)| Policies {
            identity,
            boundary,
            session,
            team,
        })
}

/// Every verdict against requests, and so many of each kind that the test says something.
#[test]
fn what_holds_for_all_requests_holds_for_each() {
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..120 {
        let policies = policies().new_tree(&mut runner).unwrap().current();
        let (matrix, authorizer) = (policies.matrix(), policies.authorizer());
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

/// Nothing that is allowed needs a further policy, and nothing that is denied explicitly is helped by one.
#[test]
fn a_further_policy_lifts_implicit_denials_only() {
    let mut runner = TestRunner::deterministic();
    for _ in 0..60 {
        let before = policies().new_tree(&mut runner).unwrap().current();
        let mut after = before.clone();
        after.boundary = None;
        after.session = after.session.map(|_| vec![allow(&["*"], &["*"])]);
        after.identity.push(allow(&["*"], &["*"]));
        let after = after.matrix();
        for ((route, verdicts), (_, lifted)) in before.matrix().rows().zip(after.rows()) {
            // What limits a session or a boundary denies is gone with it.
            let is_own = before.boundary.is_none() && before.session.is_none();
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

/// Where nothing is said to change, every request is decided as before.
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
        let (first, second) = (before.authorizer(), after.authorizer());
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

#[test]
fn a_grant_on_some_resources_is_not_called_allowed() {
    let one = arn("apps/a1/campaigns/c1");
    let policies = Policies::of([allow(
        &["mobiletargeting:GetCampaign"],
        &[&one, &arn("apps/a1")],
    )]);
    let route = "GET /v1/apps/{application-id}/campaigns/{campaign-id}";
    // The second pattern is about none of the resources of the route.
    let expected = ["depends on:", &format!("the resource: Allow on {one}")];
    assert_eq!(shown(&policies, route), expected);
    assert_eq!(
        shown(&policies, "GET /v1/apps/{application-id}"),
        ["implicit deny"]
    );
    assert_eq!(shown(&policies, "GET /health"), ["public"]);

    let all = [
        arn("apps/*"),
        arn("apps/*/campaigns/*"),
        arn("*"),
        "*".to_owned(),
    ];
    for pattern in all {
        let policies = Policies::of([allow(&["mobiletargeting:GetCampaign"], &[&pattern])]);
        assert_eq!(shown(&policies, route), ["allowed"], "{pattern}");
    }
}

#[test]
fn keys_are_named() {
    let mut statement = allow(&["*"], &["*"]);
    statement["Condition"] = json!({
        "IpAddress": { "aws:SourceIp": "192.0.2.0/24" },
        "StringEquals": { "aws:ResourceTag/team": "red" },
    });
    let deny = json!({ "Effect": "Deny", "Action": "*", "NotResource": arn("apps/a1*") });
    let shown = shown(
        &Policies::of([statement, deny]),
        "GET /v1/apps/{application-id}",
    );
    assert_eq!(
        shown,
        [
            "depends on:",
            "aws:ResourceTag/team",
            "aws:SourceIp",
            &format!("the resource: Deny on all but {}", arn("apps/a1*")),
        ]
    );
}

#[test]
fn what_the_source_knows_of_the_caller_counts() {
    let mut policies = Policies::of([allow(
        &["mobiletargeting:GetApp"],
        &[&arn("${aws:PrincipalTag/team}/*")],
    )]);
    let route = "GET /v1/apps/{application-id}";
    policies.team = Some("apps");
    assert_eq!(shown(&policies, route), ["allowed"]);
    policies.team = Some("segments");
    assert_eq!(shown(&policies, route), ["implicit deny"]);
    // A session could bring the tag.
    policies.team = None;
    assert_eq!(
        shown(&policies, route)[..2],
        ["depends on:", "aws:PrincipalTag/team"]
    );
}

#[test]
fn limits_limit() {
    let mut policies = Policies::of([allow(&["*"], &["*"])]);
    assert_eq!(shown(&policies, "GET /v1/apps"), ["allowed"]);
    policies.boundary = Some(vec![allow(&["mobiletargeting:GetApp"], &["*"])]);
    assert_eq!(shown(&policies, "GET /v1/apps"), ["implicit deny"]);
    assert_eq!(shown(&policies, "GET /either"), ["allowed"]);
    assert_eq!(shown(&policies, "GET /both"), ["implicit deny"]);
    policies.session = Some(vec![
        json!({ "Effect": "Deny", "Action": "*", "Resource": "*" }),
    ]);
    assert_eq!(shown(&policies, "GET /either"), ["explicit deny"]);
}

/// A whole ARN may be of any type that the action acts on.
#[test]
fn types_of_resource_are_told_apart() {
    let list = "mobiletargeting:ListTagsForResource";
    let route = "GET /v1/tags/{resource-arn}";
    let all = Policies::of([allow(&[list], &[&arn("*")])]);
    assert_eq!(shown(&all, route), ["allowed"]);
    let some = shown(
        &Policies::of([allow(&[list], &[&arn("apps/*/campaigns/*")])]),
        route,
    );
    assert_eq!(some[0], "depends on:");
    let template = "arn:${Partition}:mobiletargeting:${Region}:${Account}:apps/${AppId}/campaigns/${CampaignId}";
    assert!(
        some.contains(&format!("the resource: allowed on {template}")),
        "{some:#?}"
    );
    assert!(
        some.iter()
            .any(|line| line.starts_with("the resource: denied on ")),
        "{some:#?}"
    );
}

#[test]
fn a_difference_shows_before_and_after() {
    let before = Policies::of([allow(&["mobiletargeting:GetApp"], &["*"])]);
    let after = Policies::of([allow(&["mobiletargeting:GetApps"], &["*"])]);
    let table = before
        .matrix()
        .difference(&after.matrix(), "change", "Change");
    let remark = table.introduction()[0].plain();
    assert!(
        remark.starts_with("3 of 10 verdicts change, on 3 of 10 routes."),
        "{remark}"
    );
    assert_eq!(
        cell(&table, "GET /v1/apps").unwrap(),
        ["before:", "implicit deny", "after:", "allowed"]
    );
    assert_eq!(cell(&table, "GET /health"), None);
    let same = before
        .matrix()
        .difference(&before.matrix(), "change", "Change");
    assert_eq!(same.rows(), []);
}

/// The words are the same, and requests from another address are let in.
#[test]
fn another_condition_on_the_same_key_is_a_change() {
    let from = |network: &str| {
        let mut statement = allow(&["mobiletargeting:GetApp"], &["*"]);
        statement["Condition"] = json!({ "IpAddress": { "aws:SourceIp": network } });
        Policies::of([statement])
    };
    let (before, after) = (from("192.0.2.0/24"), from("0.0.0.0/0"));
    let route = "GET /v1/apps/{application-id}";
    assert_eq!(shown(&before, route), shown(&after, route));
    let table = before
        .matrix()
        .difference(&after.matrix(), "change", "Change");
    assert_eq!(
        cell(&table, route).unwrap(),
        [
            "other statements, or other facts of the caller, with the same:",
            "depends on:",
            "aws:SourceIp"
        ]
    );
}

#[test]
fn principals_and_routes_of_one_side_are_changes() {
    let ana = Principal::from_arn(ANA).unwrap();
    let store = PolicyStore::new();
    let one = builder().principal("ana", &ana).build(&store).unwrap();
    let two = builder()
        .principal("ana", &ana)
        .principal("ana", &ana)
        .build(&store)
        .unwrap();
    assert_eq!(two.principals().collect::<Vec<_>>(), ["ana", "ana-2"]);
    let table = one.difference(&two, "change", "Change");
    assert_eq!(table.rows().len(), routes().iter().count());
    let last = table.rows()[0].cells().last().unwrap();
    assert_eq!(
        plain(last),
        ["before:", "not there", "after:", "implicit deny"]
    );
}
