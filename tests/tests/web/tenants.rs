//! Tenants as accounts, in a partition that does not exist in AWS: each request determines its account.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use axum::body::Body;
use axum::extract::Path;
use axum::http::StatusCode;
use pinpoint_iam::context::Context;
use pinpoint_iam::guard::DeniedReason;
use pinpoint_iam::policy::{Document, Partitions};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::source::{Directory, PolicySource, PolicyStore};
use pinpoint_iam::{Authorizer, Decision, Guard, Policy, Principal, Request};
use pinpoint_iam::{Resource, Scope};
use tower::ServiceExt;

/// A catalog whose ARNs have no region.
#[allow(dead_code, missing_docs, reason = "generated, and used in part")]
mod shelf {
    include!("../../../catalog/tests/golden/shelf.rs");
}

use shelf::{LendBook, Loan, ReadRules};

fn service() -> Scope {
    Scope::of_tenants("acme", "")
}

/// Each of two tenants has a user who may lend books of the same tenant, and read the rules.
fn authorizer(scope: Scope) -> Authorizer {
    let mut store = PolicyStore::new();
    for tenant in ["tenant-7", "tenant-8"] {
        let document = Document::parse(
            r#"{
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": "shelf:LendBook", "Resource": "arn:acme:shelf::*:books/*"},
                    {"Effect": "Allow", "Action": "shelf:ReadRules", "Resource": "*"}
                ]
            }"#,
        )
        .unwrap();
        store
            .identity(&format!("arn:acme:iam::{tenant}:user/ana"))
            .unwrap()
            .attach(Policy::new("lender", document));
    }
    Authorizer::builder()
        .scope(scope)
        .source(store)
        .build()
        .unwrap()
}

fn ana_of(tenant: &str) -> Principal {
    Principal::from_arn(&format!("arn:acme:iam::{tenant}:user/ana")).unwrap()
}

fn lend(guard: Guard<'_>) -> Result<(), String> {
    let loan = Loan::new("b1", "print", "ada").unwrap();
    guard
        .check(LendBook, &loan)
        .map_err(|denied| format!("{} {}", denied.status(), denied.reason()))
}

#[test]
fn the_account_is_that_of_the_request() {
    let authorizer = authorizer(service());
    let context = Context::new();
    for (caller, tenant, allowed) in [
        ("tenant-7", "tenant-7", true),
        ("tenant-8", "tenant-8", true),
        // The policies of an account do not grant anything in another one.
        ("tenant-7", "tenant-8", false),
        ("tenant-9", "tenant-9", false),
    ] {
        let principal = ana_of(caller);
        let scope = authorizer.scope().with_account(tenant);
        let guard = authorizer.guard(&principal, &context).in_scope(&scope);
        assert_eq!(lend(guard.clone()).is_ok(), allowed, "{caller} in {tenant}");
        let rules = guard.check(ReadRules, &pinpoint_iam::AllResources);
        assert_eq!(
            rules.is_ok(),
            allowed,
            "{caller} reads the rules of {tenant}"
        );
    }
}

#[test]
fn a_request_without_account_is_rejected() {
    let authorizer = authorizer(service());
    let (context, principal) = (Context::new(), ana_of("tenant-7"));
    let guard = authorizer.guard(&principal, &context);
    let refused = "500 the account of the resource is unknown: the authorizer's scope has none, and the request has no \
                   `Scope` with a valid account";
    assert_eq!(lend(guard.clone()), Err(refused.to_owned()));
    for account in ["", "tenant-7:books/b1", "*", "a b", "tenant-7\n"] {
        let scope = authorizer.scope().with_account(account);
        assert_eq!(
            lend(guard.clone().in_scope(&scope)),
            Err(refused.to_owned()),
            "{account:?}"
        );
        let denied = guard
            .clone()
            .in_scope(&scope)
            .check(ReadRules, &pinpoint_iam::AllResources)
            .unwrap_err();
        assert!(matches!(denied.reason(), DeniedReason::NoScope));
    }
}

#[test]
fn an_untyped_request_without_account_is_denied() {
    let authorizer = authorizer(service());
    let (context, principal) = (Context::new(), ana_of("tenant-7"));
    let action = "shelf:ReadRules";
    let action = pinpoint_iam::request::RequestedAction::parse(action).unwrap();
    let request = Request::new(&principal, action, RequestedResource::All, &context);
    assert!(matches!(authorizer.decide(&request), Decision::Deny(_)));
    let scope = service().with_account("tenant-7");
    let request = request.in_scope(&scope);
    assert!(matches!(authorizer.decide(&request), Decision::Allow(_)));
}

#[pinpoint_iam::requires(GetApp)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

/// Like the middleware of an application, sets the tenant from the authentication.
async fn ask(tenant: Option<&str>) -> StatusCode {
    let document = r#"{"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "arn:acme:mobiletargeting::tenant-7:apps/*"}}"#;
    let mut store = PolicyStore::new();
    store
        .identity("arn:acme:iam::tenant-7:user/ana")
        .unwrap()
        .attach(Policy::new("reader", Document::parse(document).unwrap()));
    let authorizer = Authorizer::builder()
        .scope(service())
        .source(store)
        .build()
        .unwrap();
    let scope = tenant.map(|tenant| authorizer.scope().with_account(tenant));
    let router = axum::Router::new()
        .route("/v1/apps/{application-id}", axum::routing::get(get_app))
        .with_state(authorizer);
    let mut request = axum::http::Request::get("/v1/apps/a1")
        .body(Body::empty())
        .unwrap();
    request.extensions_mut().insert(ana_of("tenant-7"));
    if let Some(scope) = scope {
        request.extensions_mut().insert(scope);
    }
    router.oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn a_handlers_request_brings_its_tenant() {
    assert_eq!(ask(Some("tenant-7")).await, StatusCode::OK);
    assert_eq!(ask(Some("tenant-8")).await, StatusCode::FORBIDDEN);
    assert_eq!(
        ask(Some("tenant-7/apps")).await,
        StatusCode::INTERNAL_SERVER_ERROR
    );
    assert_eq!(ask(None).await, StatusCode::INTERNAL_SERVER_ERROR);
}

#[test]
fn arns_are_read_back_in_the_tenants_scope() {
    let loan = Loan::new("b1", "print", "ada").unwrap();
    let seven = service().with_account("tenant-7");
    let text = loan.arn(&seven);
    assert_eq!(text, "arn:acme:shelf::tenant-7:books/b1/PRINT/loans/ada");
    let arn = pinpoint_iam::Arn::parse(&text).unwrap();
    assert_eq!(Loan::from_arn(arn, &seven), Ok(loan));
    assert!(Loan::from_arn(arn, &service().with_account("tenant-8")).is_err());
}

#[test]
fn a_scope_that_is_merely_wrong_builds_no_authorizer() {
    let build = |scope| {
        Authorizer::builder()
            .scope(scope)
            .source(PolicyStore::new())
            .build()
    };
    assert!(build(service()).is_ok());
    assert!(build(Scope::new("aws", "us-east-1", "123456789012")).is_ok());
    for (partition, region, account) in [
        ("", "", ""),
        ("acme", "a:b", ""),
        ("acme", "", "a/b"),
        ("ac me", "", "tenant-7"),
    ] {
        assert!(
            build(Scope::new(partition, region, account)).is_err(),
            "{partition}"
        );
    }
}

/// Writes a directory with one document that contains `partition`.
fn directory(name: &str, partition: &str) -> Directory {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&path).unwrap();
    let document = format!(
        r#"{{"Version": "2012-10-17", "Statement":
            {{"Effect": "Deny", "Action": "shelf:*", "Resource": "arn:{partition}:shelf::*:books/*"}}}}"#
    );
    std::fs::write(path.join("deny.json"), document).unwrap();
    std::fs::write(path.join("attachments.json"), "{}").unwrap();
    Directory::open(path).unwrap()
}

#[test]
fn a_document_names_partitions_that_the_deployment_has() {
    let aws = Scope::new("aws", "us-east-1", "123456789012");
    let acme = directory("of-acme", "acme");
    let cn = directory("of-aws-cn", "aws-cn");
    assert!(acme.load_in(&service()).is_ok());
    assert!(cn.load_in(&aws).is_ok());
    // A document that would not deny anything is rejected.
    let fault = cn.load_in(&service()).unwrap_err().to_string();
    assert!(
        fault.contains("unknown partition `aws-cn`; write `acme`, or `*`"),
        "{fault}"
    );
    let fault = acme.load_in(&aws).unwrap_err().to_string();
    assert!(
        fault.contains("unknown partition `acme`; write `aws`, or another"),
        "{fault}"
    );
    // An authorizer loads the source for its scope.
    let build = |directory: Directory| {
        Authorizer::builder()
            .scope(service())
            .source(directory)
            .build()
            .map(|_| ())
    };
    assert_eq!(build(acme.clone()), Ok(()));
    assert!(build(cn.clone()).is_err());
    let both = Partitions::of(&service()).with("aws");
    assert_eq!(build(cn.with_partitions(both)), Ok(()));
}
