//! Dependent actions and condition keys of `#[requires]` in documents.

use std::collections::HashMap;

use axum::Json;
use axum::extract::Path;
use pinpoint_iam::mobiletargeting::Action;
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::web::{
    Access, ActionRequirement, Declaration, MountedRoute, Requirement, ResourceBinding, RouteTable,
};
use pinpoint_iam::{Authorizer, Policy, Principal, Scope, requires, routes};
use pinpoint_iam_docs::{
    AccessMatrix, Cell, LeastPrivilege, Line, OpenApiAnnotator, RoutesDocument,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::declared::handler;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const EXPORT: &str = "POST /v1/apps/{application-id}/jobs/export";
const CREATE: &str = "POST /v1/apps/{application-id}/campaigns";
const CHANNEL: &str = "PUT /v1/apps/{application-id}/channels/email";

#[derive(Deserialize)]
struct Sent {
    role_arn: String,
    tags: HashMap<String, String>,
}

#[requires(CreateExportJob, dependents(iam::PassRole(role_arn = body.role_arn)))]
async fn export(Path(application_id): Path<String>, Json(body): Json<Sent>) -> String {
    application_id + &body.role_arn
}

#[requires(CreateCampaign, request_tags = body.tags, dependents(TagResource))]
async fn create(Path(application_id): Path<String>, Json(body): Json<Sent>) -> String {
    let _ = body;
    application_id
}

/// This one never passes a role.
#[requires(UpdateEmailChannel, dependents = none)]
async fn channel(Path(application_id): Path<String>) -> String {
    application_id
}

fn table() -> RouteTable {
    let routes: Routes<Authorizer> = routes![export, create, channel];
    routes.table().clone()
}

fn only_channel() -> RouteTable {
    let routes: Routes<Authorizer> = routes![channel];
    routes.table().clone()
}

fn scope() -> Scope {
    Scope::new("aws", "us-east-1", "123456789012")
}

fn plain(cell: &Cell) -> Vec<String> {
    cell.iter().map(Line::plain).collect()
}

#[test]
fn rows_name_dependent_actions() {
    let page = RoutesDocument::new("Routes", &table()).page();
    let table = page
        .tables()
        .iter()
        .find(|table| table.name() == "routes")
        .unwrap();
    let row = |route: &str| {
        let mut rows = table.rows().iter();
        let row = rows.find(|row| plain(&row.cells()[0]) == [route]).unwrap();
        (plain(&row.cells()[1]).concat(), plain(&row.cells()[2]))
    };
    let project = "arn:${Partition}:mobiletargeting:${Region}:${Account}:apps/${AppId}";
    assert_eq!(
        row(EXPORT),
        (
            "mobiletargeting:CreateExportJob(dependents(iam:PassRole))".to_owned(),
            vec![
                format!("CreateExportJob: {project}"),
                "${AppId} from application_id".to_owned(),
                "PassRole: the ARN from body.role_arn".to_owned(),
            ]
        )
    );
    assert_eq!(
        row(CREATE),
        (
            "mobiletargeting:CreateCampaign(dependents(mobiletargeting:TagResource))".to_owned(),
            vec![
                format!("CreateCampaign: {project}"),
                "${AppId} from application_id".to_owned(),
                format!("TagResource, only with tags: {project}/campaigns/${{CampaignId}}"),
            ]
        )
    );
    assert_eq!(row(CHANNEL).0, "mobiletargeting:UpdateEmailChannel");
}

/// Returns the cell of a route for a caller with these statements.
fn verdict(statements: &[Value], route: &str) -> Vec<String> {
    let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let mut store = PolicyStore::new();
    let policy = Policy::new("p", Document::parse(&text).unwrap());
    store.identity(ANA).unwrap().attach(policy);
    let matrix = AccessMatrix::builder(&scope())
        .routes(&table())
        .principal("ana", &Principal::from_arn(ANA).unwrap())
        .build(&store)
        .unwrap();
    let table = matrix.table("access", "Access");
    let mut rows = table.rows().iter();
    let row = rows.find(|row| plain(&row.cells()[0]) == [route]).unwrap();
    plain(&row.cells()[2])
}

#[test]
fn a_verdict_includes_dependent_actions() {
    let allow = |action: &str, resource: &str| json!({ "Effect": "Allow", "Action": action, "Resource": resource });
    let deny = |action: &str| json!({ "Effect": "Deny", "Action": action, "Resource": "*" });
    let arn = |part: &str| format!("arn:aws:mobiletargeting:us-east-1:123456789012:{part}");
    let ours = allow("mobiletargeting:*", "*");
    let create = allow("mobiletargeting:CreateCampaign", "*");
    let role = "arn:aws:iam::123456789012:role/export";
    for (route, statements, expected) in [
        (EXPORT, vec![ours.clone()], &["implicit deny"][..]),
        (
            EXPORT,
            vec![ours.clone(), allow("iam:PassRole", "*")],
            &["allowed"],
        ),
        (
            EXPORT,
            vec![
                ours.clone(),
                allow("iam:PassRole", "arn:aws:iam::123456789012:role/*"),
            ],
            &["allowed"],
        ),
        (
            EXPORT,
            vec![ours.clone(), allow("iam:PassRole", role)],
            &[
                "depends on:",
                "the resource: Allow on arn:aws:iam::123456789012:role/export",
            ],
        ),
        (
            EXPORT,
            vec![ours.clone(), allow("iam:*", "*"), deny("iam:PassRole")],
            &["explicit deny"],
        ),
        (EXPORT, vec![allow("iam:PassRole", "*")], &["implicit deny"]),
        // Requests without tags need nothing else.
        (CREATE, vec![ours.clone()], &["allowed"]),
        (
            CREATE,
            vec![create.clone()],
            &["depends on:", "aws:TagKeys"],
        ),
        (
            CREATE,
            vec![ours, deny("mobiletargeting:TagResource")],
            &["depends on:", "aws:TagKeys"],
        ),
        (
            CREATE,
            vec![allow("mobiletargeting:TagResource", "*")],
            &["implicit deny"],
        ),
        (
            CREATE,
            vec![
                create.clone(),
                allow("mobiletargeting:TagResource", &arn("apps/*/campaigns/*")),
            ],
            &["allowed"],
        ),
        // No pattern for a single campaign covers one that does not exist yet.
        (
            CREATE,
            vec![
                create,
                allow("mobiletargeting:TagResource", &arn("apps/*/campaigns/c1")),
            ],
            &["depends on:", "aws:TagKeys"],
        ),
        (
            CHANNEL,
            vec![allow("mobiletargeting:UpdateEmailChannel", "*")],
            &["allowed"],
        ),
    ] {
        assert_eq!(
            verdict(&statements, route),
            expected,
            "{route} {statements:?}"
        );
    }
}

#[test]
fn least_privilege_grants_the_stated_dependent_actions() {
    let built = |table: &RouteTable| {
        LeastPrivilege::builder(&scope())
            .routes(table)
            .build()
            .unwrap()
    };
    let policies = built(&table());
    let document: Value = serde_json::from_str(&policies.documents()[0].to_string()).unwrap();
    let statements = document.get("Statement").unwrap().as_array().unwrap();
    let resources = |action: &str| {
        let statement = statements.iter().find(|statement| {
            let actions = statement.get("Action").unwrap();
            *actions == json!(action)
                || actions
                    .as_array()
                    .is_some_and(|all| all.contains(&json!(action)))
        });
        statement.map(|statement| statement.get("Resource").unwrap().clone())
    };
    let one = |value: &str| Some(json!(value));
    assert_eq!(
        resources("mobiletargeting:TagResource"),
        one("arn:aws:mobiletargeting:us-east-1:123456789012:apps/*/campaigns/*")
    );
    assert_eq!(
        resources("iam:PassRole"),
        one("arn:aws:iam::123456789012:role/*")
    );
    assert_eq!(
        policies.remarks(),
        [
            "`mobiletargeting:CreateExportJob` needs `iam:PassRole`; it is granted on `arn:aws:iam::123456789012:role/*`, \
             and `dependent_resource` narrows that"
        ]
    );
    // What a handler never does is not granted.
    let alone = built(&only_channel());
    assert!(!alone.documents()[0].to_string().contains("PassRole"));
    // An action that was requested as well brings all of its dependent actions.
    let requested = LeastPrivilege::builder(&scope())
        .action(Action::UpdateEmailChannel.metadata())
        .routes(&only_channel())
        .build()
        .unwrap();
    assert!(requested.documents()[0].to_string().contains("PassRole"));
    let narrowed = LeastPrivilege::builder(&scope())
        .routes(&table())
        .dependent_resource("iam:PassRole", "arn:aws:iam::123456789012:role/export")
        .build()
        .unwrap();
    assert!(narrowed.documents()[0].to_string().contains("role/export"));
    assert!(narrowed.remarks().is_empty(), "{:?}", narrowed.remarks());
}

#[test]
fn operations_contain_dependent_actions() {
    let mut document = json!({ "openapi": "3.1.0", "paths": {
        "/v1/apps/{a}/jobs/export": { "post": {} },
        "/v1/apps/{a}/campaigns": { "post": {} },
        "/v1/apps/{a}/channels/email": { "put": {} },
    }});
    let routes = table();
    OpenApiAnnotator::new(&routes)
        .annotate(&mut document)
        .unwrap();
    let at = |pointer: &str| document.pointer(pointer);
    let export = "/paths/~1v1~1apps~1{a}~1jobs~1export/post";
    let create = "/paths/~1v1~1apps~1{a}~1campaigns/post";
    assert_eq!(
        at(&format!("{export}/x-required-permissions")),
        Some(&json!(["iam:PassRole", "mobiletargeting:CreateExportJob"]))
    );
    assert_eq!(
        at(&format!("{export}/x-iam/requires/dependents")),
        Some(&json!([{ "action": "iam:PassRole", "resources": [], "onlyWithTags": false }]))
    );
    assert_eq!(
        at(&format!("{create}/x-required-permissions")),
        Some(&json!(["mobiletargeting:CreateCampaign"]))
    );
    assert_eq!(
        at(&format!("{create}/x-iam/requires/dependents/0/resources/0")),
        Some(&json!(
            "arn:${Partition}:mobiletargeting:${Region}:${Account}:apps/${AppId}/campaigns/${CampaignId}"
        ))
    );
    assert_eq!(
        at("/paths/~1v1~1apps~1{a}~1channels~1email/put/x-iam/requires/dependents"),
        None
    );
}

/// The condition keys that a handler supplies.
#[test]
fn supplied_keys_are_shown() {
    static MOVE: Declaration = handler(
        "move_document",
        Access::Requires {
            requirement: Requirement::Action(ActionRequirement {
                action: Action::GetApps.metadata(),
                keys: &["archive:TargetFolder"],
                dependents: &[],
                resource: ResourceBinding::All,
            }),
            after_body: true,
        },
    );
    let table = RouteTable::new([MountedRoute {
        method: "GET",
        path: "/v1/apps".into(),
        declaration: &MOVE,
    }]);
    let page = RoutesDocument::new("Routes", &table).page();
    let shown = format!("{page:?}");
    assert!(
        shown.contains("mobiletargeting:GetApps(keys(archive:TargetFolder))"),
        "{shown}"
    );
    let mut document = json!({ "openapi": "3.1.0", "paths": { "/v1/apps": { "get": {} } } });
    OpenApiAnnotator::new(&table)
        .annotate(&mut document)
        .unwrap();
    assert_eq!(
        document.pointer("/paths/~1v1~1apps/get/x-iam/requires/suppliedKeys"),
        Some(&json!(["archive:TargetFolder"]))
    );
    let policies = LeastPrivilege::builder(&scope())
        .routes(&table)
        .build()
        .unwrap();
    assert_eq!(
        policies.remarks(),
        [
            "requests for `mobiletargeting:GetApps` have the condition key `archive:TargetFolder`, with which a condition narrows it"
        ]
    );
}
