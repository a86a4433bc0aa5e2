//! OpenAPI documents that contain the requirements of each operation.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use pinpoint_iam::mobiletargeting::Action;
use pinpoint_iam::web::{
    Access, ActionRequirement, BindingSource, Declaration, FieldBinding, MountedRoute, Requirement,
    ResourceBinding, RouteTable,
};
use pinpoint_iam_docs::{IAM_MEMBER, OpenApiAnnotator, PERMISSIONS_MEMBER};
use serde_json::{Value, json};

const fn declaration(access: Access) -> Declaration {
    Declaration {
        handler: "handler",
        module_path: "api",
        file: "src/api.rs",
        line: 1,
        access,
        path_parameters: &[],
    }
}

const fn requires(requirement: Requirement, after_body: bool) -> Declaration {
    declaration(Access::Requires {
        requirement,
        after_body,
    })
}

const fn action(action: Action) -> Requirement {
    Requirement::Action(ActionRequirement {
        action: action.metadata(),
        keys: &[],
        dependents: &[],
        resource: ResourceBinding::All,
    })
}

static GET_CAMPAIGN: Declaration = requires(
    Requirement::Action(ActionRequirement {
        action: Action::GetCampaign.metadata(),
        keys: &[],
        dependents: &[],
        resource: ResourceBinding::Fields(&[
            FieldBinding {
                field: "application_id",
                from: BindingSource::Parameter("application_id"),
            },
            FieldBinding {
                field: "campaign_id",
                from: BindingSource::Parameter("campaign_id"),
            },
        ]),
    }),
    false,
);
static EXPORT: Declaration = requires(
    Requirement::All(&[
        action(Action::CreateExportJob),
        Requirement::Any(&[action(Action::GetReports), action(Action::GetApps)]),
    ]),
    true,
);
static HEALTH: Declaration = declaration(Access::Public {
    reason: "asked by the load balancer",
});

fn routes() -> RouteTable {
    let route = |method, path: &'static str, declaration| MountedRoute {
        method,
        path: path.into(),
        declaration,
    };
    RouteTable::new([
        route(
            "GET",
            "/v1/apps/{application-id}/campaigns/{campaign-id}",
            &GET_CAMPAIGN,
        ),
        route("POST", "/v1/apps/{application-id}/jobs/export", &EXPORT),
        route("GET", "/health", &HEALTH),
    ])
}

fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Campaigns", "version": "1" },
        "paths": {
            "/health": { "get": { "summary": "Health" } },
            "/v1/apps/{app}/campaigns/{campaign}": {
                "summary": "One campaign",
                "parameters": [],
                "get": { "operationId": "getCampaign", "x-other": 1 },
                "delete": {
                    "operationId": "deleteCampaign",
                    "x-required-permissions": ["stale:Action"],
                    "x-iam": { "access": "public", "reason": "stale" },
                },
            },
            "/v1/elsewhere": { "$ref": "#/components/pathItems/elsewhere" },
            "x-paths": "an extension",
        },
        "webhooks": { "started": { "post": {} } },
    })
}

fn findings(annotator: &OpenApiAnnotator<'_>, document: &mut Value) -> Vec<String> {
    let findings = annotator.annotate(document).unwrap();
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn operations_contain_their_requirements() {
    let routes = routes();
    let mut annotated = document();
    assert_eq!(
        findings(&OpenApiAnnotator::new(&routes), &mut annotated),
        [
            "`DELETE /v1/apps/{app}/campaigns/{campaign}` has no requirement: no route serves it",
            "`/v1/elsewhere` is a reference; write its operations in its place",
            "`POST /v1/apps/{application-id}/jobs/export` is not in the document",
        ]
    );
    let mut expected = document();
    let paths = expected.get_mut("paths").unwrap();
    *paths.pointer_mut("/~1health/get").unwrap() = json!({
        "summary": "Health",
        "x-required-permissions": [],
        "x-iam": { "access": "public", "reason": "asked by the load balancer" },
    });
    let campaign = paths
        .get_mut("/v1/apps/{app}/campaigns/{campaign}")
        .unwrap();
    *campaign.get_mut("get").unwrap() = json!({
        "operationId": "getCampaign",
        "x-other": 1,
        "x-required-permissions": ["mobiletargeting:GetCampaign"],
        "x-iam": {
            "access": "authorized",
            "checked": "before-body",
            "requires": {
                "action": "mobiletargeting:GetCampaign",
                "accessLevel": "Read",
                "resources": [
                    "arn:${Partition}:mobiletargeting:${Region}:${Account}:apps/${AppId}/campaigns/${CampaignId}"
                ],
                "conditionKeys": ["aws:ResourceTag/${TagKey}"],
                "dependentActions": [],
            },
        },
    });
    *campaign.get_mut("delete").unwrap() = json!({ "operationId": "deleteCampaign" });
    assert_eq!(annotated, expected);
}

#[test]
fn combinations_keep_their_brackets() {
    let routes = routes();
    let mut document = json!({
        "openapi": "3.2.0",
        "paths": { "/v1/apps/{id}/jobs/export": { "additionalOperations": { "POST": {} } } },
    });
    OpenApiAnnotator::new(&routes)
        .annotate(&mut document)
        .unwrap();
    let operation = document
        .pointer("/paths/~1v1~1apps~1{id}~1jobs~1export/additionalOperations/POST")
        .unwrap();
    assert_eq!(
        operation.get(PERMISSIONS_MEMBER),
        Some(&json!([
            "mobiletargeting:CreateExportJob",
            "mobiletargeting:GetApps",
            "mobiletargeting:GetReports"
        ]))
    );
    let iam = operation.get(IAM_MEMBER).unwrap();
    assert_eq!(iam.get("checked"), Some(&json!("after-body")));
    let name = |pointer: &str| iam.pointer(&format!("/requires/{pointer}/action")).cloned();
    assert_eq!(
        name("allOf/0"),
        Some(json!("mobiletargeting:CreateExportJob"))
    );
    assert_eq!(
        name("allOf/1/anyOf/0"),
        Some(json!("mobiletargeting:GetReports"))
    );
    assert_eq!(
        name("allOf/1/anyOf/1"),
        Some(json!("mobiletargeting:GetApps"))
    );
    assert_eq!(
        iam.pointer("/requires/allOf/0/dependentActions/0/action"),
        Some(&json!("iam:PassRole"))
    );
}

#[test]
fn annotating_twice_changes_nothing() {
    let routes = routes();
    let annotator = OpenApiAnnotator::new(&routes);
    let mut once = document();
    let first = findings(&annotator, &mut once);
    let mut twice = once.clone();
    assert_eq!(findings(&annotator, &mut twice), first);
    assert_eq!(twice.to_string(), once.to_string());
}

#[test]
fn a_document_below_a_base_path_is_found() {
    let routes = routes();
    let mut document = json!({
        "openapi": "3.0.3",
        "paths": { "/apps/{app}/campaigns/{campaign}": { "get": {} } },
    });
    let annotator = OpenApiAnnotator::new(&routes);
    assert_eq!(findings(&annotator, &mut document).len(), 4);
    let annotator = annotator.with_base_path("/v1/");
    assert_eq!(findings(&annotator, &mut document).len(), 2);
}

#[test]
fn two_routes_for_one_operation_are_ambiguous() {
    let routes = RouteTable::new(routes().iter().chain(routes().iter()).cloned());
    let mut document =
        json!({ "openapi": "3.1.0", "paths": { "/health": { "get": { "x-iam": {} } } } });
    let found = findings(&OpenApiAnnotator::new(&routes), &mut document);
    assert_eq!(
        found.first().unwrap(),
        "`GET /health` is matched by several routes"
    );
    assert_eq!(document.pointer("/paths/~1health/get"), Some(&json!({})));
    assert!(!found.contains(&"`GET /health` is not in the document".to_owned()));
}

#[test]
fn rejects_values_that_are_not_openapi_documents() {
    let routes = routes();
    for document in [
        json!(null),
        json!([]),
        json!({}),
        json!({ "swagger": "2.0" }),
        json!({ "openapi": "4.0.0" }),
        json!({ "openapi": 3 }),
        json!({ "openapi": "3.1.0", "paths": [] }),
        json!({ "openapi": "3.1.0", "paths": { "/health": [] } }),
        json!({ "openapi": "3.1.0", "paths": { "/health": { "get": "x" } } }),
        json!({ "openapi": "3.2.0", "paths": { "/health": { "additionalOperations": [] } } }),
    ] {
        let mut annotated = document.clone();
        assert!(
            OpenApiAnnotator::new(&routes)
                .annotate(&mut annotated)
                .is_err(),
            "{document}"
        );
    }
    let mut without_paths = json!({ "openapi": "3.1.0" });
    assert_eq!(
        findings(&OpenApiAnnotator::new(&routes), &mut without_paths).len(),
        3
    );
}

/// `utoipa` and the JSON that it writes are annotated in the same way.
#[test]
fn utoipa_is_annotated_like_its_json() {
    use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem};
    use utoipa::openapi::{InfoBuilder, OpenApiBuilder, PathsBuilder};

    let operation = |id: &str| OperationBuilder::new().operation_id(Some(id)).build();
    let methods = vec![HttpMethod::Get, HttpMethod::Delete];
    let paths = PathsBuilder::new()
        .path(
            "/v1/apps/{app}/campaigns/{campaign}",
            PathItem::from_http_methods(methods, operation("campaign")),
        )
        .path(
            "/health",
            PathItem::new(HttpMethod::Get, operation("health")),
        )
        .build();
    let info = InfoBuilder::new().title("Campaigns").version("1").build();
    let mut collected = OpenApiBuilder::new().info(info).paths(paths).build();
    let mut written = serde_json::to_value(&collected).unwrap();

    let routes = routes();
    let annotator = OpenApiAnnotator::new(&routes);
    let findings = annotator.annotate(&mut written).unwrap();
    assert_eq!(findings.len(), 2);
    for _ in 0..2 {
        let mut of_collected = annotator.annotate_utoipa(&mut collected);
        of_collected.sort_by_key(ToString::to_string);
        let mut of_written = findings.clone();
        of_written.sort_by_key(ToString::to_string);
        assert_eq!(of_collected, of_written);
        assert_eq!(serde_json::to_value(&collected).unwrap(), written);
    }

    // Annotations are removed from operations that no route serves anymore.
    let none = RouteTable::default();
    OpenApiAnnotator::new(&none).annotate_utoipa(&mut collected);
    assert!(!serde_json::to_string(&collected).unwrap().contains("x-"));
}
