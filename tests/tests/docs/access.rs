//! Who can do what, and the effects of a policy change.

use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::RouteTable;
use pinpoint_iam::{Policy, Principal, Scope};
use pinpoint_iam_docs::{
    AccessMatrix, AccessMatrixBuilder, AccessMatrixError, Cell, LeastPrivilege, Line, Table,
};
use serde_json::{Value, json};

use crate::declared::{OTHER, route, routes};

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const HELPER: &str = "arn:aws:iam::123456789012:role/team/helper";
const WORKER: &str = "arn:aws:iam::123456789012:role/worker";

pub(crate) fn scope() -> Scope {
    Scope::new("aws", "us-east-1", "123456789012")
}

/// The policies and tags of a principal.
#[derive(Clone, Debug)]
pub(crate) struct Policies {
    pub(crate) identity: Vec<Value>,
    pub(crate) boundary: Option<Vec<Value>>,
    pub(crate) session: Option<Vec<Value>>,
    /// Policies of a group and of a role that the application adds to the principal, and the boundary of the role.
    pub(crate) group: Vec<Value>,
    pub(crate) role: Vec<Value>,
    pub(crate) role_boundary: Option<Vec<Value>>,
    pub(crate) team: Option<&'static str>,
}

impl Policies {
    fn of(statements: impl IntoIterator<Item = Value>) -> Self {
        Self {
            identity: statements.into_iter().collect(),
            boundary: None,
            session: None,
            group: Vec::new(),
            role: Vec::new(),
            role_boundary: None,
            team: None,
        }
    }

    /// Returns a session if there are session policies, and a user otherwise.
    pub(crate) fn principal(&self) -> Principal {
        let principal = match &self.session {
            Some(statements) => Principal::role_session(WORKER, "s")
                .unwrap()
                .with_session_policy("session", document(statements)),
            None => Principal::from_arn(ANA).unwrap(),
        };
        let principal = match self.group.is_empty() {
            true => principal,
            false => principal.with_groups(["readers"]),
        };
        match self.has_role() {
            true => principal.with_roles(["helper"]),
            false => principal,
        }
    }

    fn has_role(&self) -> bool {
        !self.role.is_empty() || self.role_boundary.is_some()
    }

    pub(crate) fn store(&self) -> PolicyStore {
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
        for statement in &self.group {
            let policy = Policy::new("g", document(std::slice::from_ref(statement)));
            store.group("readers").attach(policy);
        }
        if self.has_role() {
            let role = store.identity(HELPER).unwrap();
            role.set_tag("team", "of-the-role");
            for statement in &self.role {
                role.attach(Policy::new("r", document(std::slice::from_ref(statement))));
            }
            if let Some(statements) = &self.role_boundary {
                role.set_permissions_boundary(Policy::new("rb", document(statements)));
            }
        }
        store
    }

    pub(crate) fn matrix(&self) -> AccessMatrix {
        builder()
            .principal("ana", &self.principal())
            .build(&self.store())
            .unwrap()
    }
}

fn builder() -> AccessMatrixBuilder {
    AccessMatrix::builder(&scope()).routes(&routes())
}

fn document(statements: &[Value]) -> Document {
    let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    Document::parse(&text).unwrap()
}

pub(crate) fn allow(actions: &[&str], resources: &[&str]) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resources })
}

fn arn(resource: &str) -> String {
    format!("arn:aws:mobiletargeting:us-east-1:123456789012:{resource}")
}

fn plain(cell: &Cell) -> Vec<String> {
    cell.iter().map(Line::plain).collect()
}

/// Returns the cell of the only principal.
fn shown(policies: &Policies, route: &str) -> Vec<String> {
    let table = policies.matrix().table("access", "Access");
    cell(&table, route).unwrap()
}

pub(crate) fn cell(table: &Table, route: &str) -> Option<Vec<String>> {
    let row = table
        .rows()
        .iter()
        .find(|row| plain(&row.cells()[0]) == [route])?;
    Some(plain(&row.cells()[2]))
}

#[test]
fn a_grant_on_some_resources_is_not_called_allowed() {
    let one = arn("apps/a1/campaigns/c1");
    let policies = Policies::of([allow(
        &["mobiletargeting:GetCampaign"],
        &[&one, &arn("apps/a1")],
    )]);
    let route = "GET /v1/apps/{application-id}/campaigns/{campaign-id}";
    // The second pattern does not match any resource of the route.
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

/// The policies of added groups and roles are those with which an authorizer decides.
#[test]
fn groups_and_roles_are_evaluated() {
    let route = "GET /v1/apps/{application-id}";
    let all = || allow(&["mobiletargeting:GetApp"], &["*"]);
    let deny = || {
        let mut statement = all();
        statement["Effect"] = json!("Deny");
        statement
    };
    let of = |group: &[Value], role: &[Value], role_boundary: Option<Value>| {
        let mut policies = Policies::of([]);
        policies.group = group.to_vec();
        policies.role = role.to_vec();
        policies.role_boundary = role_boundary.map(|statement| vec![statement]);
        policies
    };
    let other = || allow(&["mobiletargeting:DeleteApp"], &["*"]);
    for (policies, expected) in [
        (of(&[], &[], None), "implicit deny"),
        (of(&[all()], &[], None), "allowed"),
        (of(&[], &[all()], None), "allowed"),
        (of(&[all()], &[deny()], None), "explicit deny"),
        (of(&[deny()], &[all()], None), "explicit deny"),
        (of(&[all()], &[], Some(all())), "allowed"),
        (of(&[all()], &[], Some(other())), "implicit deny"),
    ] {
        assert_eq!(shown(&policies, route), [expected], "{policies:#?}");
    }
    // Different boundaries deny everything, even if both allow it.
    let mut policies = of(&[], &[all()], Some(all()));
    assert_eq!(shown(&policies, route), ["allowed"]);
    policies.boundary = Some(vec![allow(&["mobiletargeting:*"], &["*"])]);
    assert_eq!(shown(&policies, route), ["implicit deny"]);

    // A change of their policies is a change, whose requests are not searched.
    let (before, after) = (of(&[all()], &[], None), of(&[deny()], &[], None));
    let table = before
        .matrix()
        .difference(&after.matrix(), "change", "Change");
    assert_eq!(
        cell(&table, route).unwrap(),
        [
            "before:",
            "allowed",
            "after:",
            "explicit deny",
            "not decided whether there are other requests"
        ]
    );
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
    // A session could have the tag.
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

/// A complete ARN can be of any type that the action acts on.
#[test]
fn resource_types_are_distinguished() {
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
        [
            "before:",
            "implicit deny",
            "after:",
            "allowed",
            "newly allowed: mobiletargeting:GetApps on arn:aws:mobiletargeting:us-east-1:123456789012:apps/*",
            "because of Allow statement 1 of `p`, line 1"
        ]
    );
    assert_eq!(cell(&table, "GET /health"), None);
    let same = before
        .matrix()
        .difference(&before.matrix(), "change", "Change");
    assert_eq!(same.rows(), []);
}

/// The keys are the same, but requests from another address are allowed.
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
            "aws:SourceIp",
            "newly allowed: mobiletargeting:GetApp on arn:aws:mobiletargeting:us-east-1:123456789012:apps/a with aws:SourceIp = 0.0.0.0",
            "because of Allow statement 1 of `p`, line 1"
        ]
    );
}

/// The statements differ, and they allow the same requests.
#[test]
fn a_difference_shows_that_no_request_is_decided_differently() {
    let on = |resources: &[&str]| {
        let mut statement = allow(&["mobiletargeting:GetApp"], resources);
        statement["Condition"] = json!({ "Bool": { "aws:SecureTransport": "true" } });
        Policies::of([statement])
    };
    let before = on(&[&arn("apps/a"), &arn("apps/*")]);
    let after = on(&[&arn("apps/*")]);
    let route = "GET /v1/apps/{application-id}";
    let lines = |before: &Policies, after: &Policies| {
        let table = before
            .matrix()
            .difference(&after.matrix(), "change", "Change");
        cell(&table, route).unwrap()
    };
    assert_eq!(
        lines(&before, &after).last().unwrap(),
        "no request is decided differently"
    );
    let narrower = lines(&before, &on(&[&arn("apps/a")]));
    assert!(
        narrower
            .iter()
            .any(|line| line.starts_with("no longer allowed: mobiletargeting:GetApp on ")),
        "{narrower:#?}"
    );
    // A tag of the caller that both depend on differs.
    let by_team = |team: &'static str| {
        let mut statement = allow(&["mobiletargeting:GetApp"], &["*"]);
        statement["Condition"] =
            json!({ "StringEquals": { "aws:PrincipalTag/team": ["red", "green"] } });
        let mut policies = Policies::of([statement]);
        policies.team = Some(team);
        policies
    };
    assert_eq!(
        lines(&by_team("red"), &by_team("blue")).last().unwrap(),
        "not decided whether there are other requests"
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

/// The policies that are granted for a set of routes allow each of them, and nothing more than the routes need in one
/// project.
#[test]
fn least_privilege_for_routes_allows_the_routes() {
    let least = |only: Option<&str>| {
        let builder = LeastPrivilege::builder(&scope()).routes(&routes());
        let builder = match only {
            Some(project) => builder.only("application_id", project),
            None => builder,
        };
        let documents = builder.build().unwrap();
        let mut store = PolicyStore::new();
        for document in documents.documents() {
            let policies = store.identity(ANA).unwrap();
            policies.attach(Policy::new("least", document.clone()));
        }
        let ana = Principal::from_arn(ANA).unwrap();
        builder_of_all()
            .principal("ana", &ana)
            .build(&store)
            .unwrap()
    };
    for (route, verdicts) in least(None).rows() {
        assert_eq!(verdicts[0].is_allowed(), route != "GET /other", "{route}");
    }
    let one = least(Some("a1"));
    let app = one.verdict("ana", "GET /v1/apps/{application-id}").unwrap();
    assert!(!app.is_allowed() && !app.is_denied(), "{app:?}");
    assert!(one.verdict("ana", "GET /v1/apps").unwrap().is_allowed());
}

/// Returns a builder with the routes of the test and an additional one.
fn builder_of_all() -> AccessMatrixBuilder {
    builder().routes(&RouteTable::new([route("GET", "/other", &OTHER)]))
}

/// Without an account, every principal would belong to another one.
#[test]
fn rejects_a_scope_without_account() {
    let scope = Scope::of_tenants("aws", "us-east-1");
    let refused = AccessMatrix::builder(&scope).build(&PolicyStore::new());
    assert!(matches!(refused, Err(AccessMatrixError::Scope(_))));
}
