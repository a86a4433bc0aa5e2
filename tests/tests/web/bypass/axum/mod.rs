//! Attempts to bypass the guard of a handler. None of them succeeds. Each fails for a different reason.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

mod service;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{HeaderName, Method, Request};
use pinpoint_iam::testing::allow_all;
use pinpoint_iam::{Principal, Scope};

use self::service::Service;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

/// Ana may read everything in the application `a1`, and nothing else.
const READS_A1: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "mobiletargeting:Get*",
    "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1*"}}"#;

/// Returns a request of Ana.
fn by_ana(method: &str, target: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = by_nobody(method, target, headers);
    let ana = Principal::from_arn(ANA).unwrap();
    request.extensions_mut().insert(ana);
    request
}

fn by_nobody(method: &str, target: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
    *request.uri_mut() = target.parse().unwrap();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        request.headers_mut().append(name, value.parse().unwrap());
    }
    request
}

const MAY_NOT_GET: &str = "is not authorized to perform: mobiletargeting:GetCampaign on resource: \
    arn:aws:mobiletargeting:us-east-1:123456789012:apps/a2/campaigns/c1 because no identity-based policy allows";
const MAY_NOT_DELETE: &str = "is not authorized to perform: mobiletargeting:DeleteCampaign on resource: \
    arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1 because no identity-based policy allows";
const UNREADABLE: &str = "The id of the resource is missing or cannot be read.";
/// The router does not have a route for the request, and responds without a text.
const NO_HANDLER: &str = "";

#[tokio::test]
async fn what_ana_may_do_she_can_do() {
    let service = Service::new();
    let allowed = by_ana("GET", "/v1/apps/a1/campaigns/c1", &[]);
    assert_eq!(
        service.answer(allowed).await,
        (200, "a1 c1 let in".to_owned())
    );
    let allowed = by_ana("GET", "/by-query?application_id=a1&campaign_id=c1", &[]);
    assert_eq!(service.answer(allowed).await.0, 200);
    assert_eq!(
        service.answer(by_ana("GET", "/twin/a1/c1", &[])).await.0,
        200
    );
    assert_eq!(service.runs.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn by_the_order_of_attributes() {
    let service = Service::new();
    for handler in [
        "above",
        "below",
        "above-debug-handler",
        "by-configuration",
        "allowed-first",
        "allowed-last",
    ] {
        let request = by_ana("POST", &format!("/{handler}/a1/c1"), &[]);
        service.refuses(handler, request, 403, MAY_NOT_DELETE).await;
    }
}

#[tokio::test]
async fn by_names_that_mean_something_else() {
    let service = Service::new();
    let shadowed = by_ana("POST", "/shadowed/a1/c1", &[]);
    service
        .refuses("shadowed names", shadowed, 403, MAY_NOT_DELETE)
        .await;
    let twin = by_ana("DELETE", "/twin/a1/c1", &[]);
    service
        .refuses("a handler of the same name", twin, 403, MAY_NOT_DELETE)
        .await;
}

#[tokio::test]
async fn by_separators_in_disguise() {
    let service = Service::new();
    for (id, reason) in [
        (
            "a1%2F..%2Fa2",
            "`application_id` of the resource type `campaign` contains the character `/`",
        ),
        (
            "a1%2f",
            "`application_id` of the resource type `campaign` contains the character `/`",
        ),
        (
            "%2Fa1",
            "`application_id` of the resource type `campaign` contains the character `/`",
        ),
        (
            "a1%252F",
            "`application_id` of the resource type `campaign` contains the character `%`",
        ),
        (
            "a1%5C",
            "`application_id` of the resource type `campaign` contains the character `\\\\\\\\`",
        ),
        (
            "a1%EF%BC%8F",
            "`application_id` of the resource type `campaign` contains the character `／`",
        ),
        (
            "a1%E2%88%95a2",
            "`application_id` of the resource type `campaign` contains the character `∕`",
        ),
        (
            "a1%3A",
            "`application_id` of the resource type `campaign` contains the character `:`",
        ),
        (
            "a1:",
            "`application_id` of the resource type `campaign` contains the character `:`",
        ),
        (
            "a1;x=y",
            "`application_id` of the resource type `campaign` contains the character `;`",
        ),
        (
            "a1%3F",
            "`application_id` of the resource type `campaign` contains the character `?`",
        ),
        (
            "a1%23",
            "`application_id` of the resource type `campaign` contains the character `#`",
        ),
        (
            "a1%20",
            "`application_id` of the resource type `campaign` contains the character ` `",
        ),
        (
            "a1+",
            "`application_id` of the resource type `campaign` contains the character `+`",
        ),
        (
            "a1,a2",
            "`application_id` of the resource type `campaign` contains the character `,`",
        ),
        (
            "a1%00",
            "`application_id` of the resource type `campaign` contains the character",
        ),
        (
            "a1%0D%0A",
            "`application_id` of the resource type `campaign` contains the character",
        ),
        (
            "a1*",
            "`application_id` of the resource type `campaign` contains the character `*`",
        ),
        (
            "$%7Baws:username%7D",
            "`application_id` of the resource type `campaign` contains the character `$`",
        ),
        ("%2e%2e", "`application_id` of the resource type `campaign`"),
        (".", "`application_id`"),
        (
            "",
            "`application_id` of the resource type `campaign` is empty",
        ),
        ("a1%C0%AF", UNREADABLE),
        ("a1%FF", UNREADABLE),
        ("%ED%A0%80", UNREADABLE),
    ] {
        let request = by_ana("GET", &format!("/v1/apps/{id}/campaigns/c1"), &[]);
        service.refuses(id, request, 400, reason).await;
    }
    // Paths with as many segments as the route, or without a route.
    for path in [
        "/v1/apps/a1/../a2/campaigns/c1",
        "/v1/apps/a1/campaigns/c1/../../../a2/campaigns/c1",
        "/v1/apps/a2/campaigns/",
        "/v1//apps/a2/campaigns/c1",
        "//v1/apps/a2/campaigns/c1",
        "/v1/apps/a2%2Fcampaigns%2Fc1",
    ] {
        let request = by_ana("GET", path, &[]);
        service.refuses(path, request, 404, NO_HANDLER).await;
    }
    // Parts of the URI other than the path do not matter.
    for target in [
        "/v1/apps/a2/campaigns/c1?",
        "/v1/apps/a2/campaigns/c1?/v1/apps/a1/campaigns/c1",
        "http://a1.example/v1/apps/a2/campaigns/c1",
        "/v1/apps/%61%32/campaigns/c1",
    ] {
        let request = by_ana("GET", target, &[]);
        service.refuses(target, request, 403, MAY_NOT_GET).await;
    }
}

#[tokio::test]
async fn by_the_same_parameter_twice() {
    let service = Service::new();
    for query in [
        "application_id=a1&application_id=a2&campaign_id=c1",
        "application_id=a2&application_id=a1&campaign_id=c1",
        "application_id=a1&campaign_id=c1&application%5Fid=a2",
        "application_id[]=a1&campaign_id=c1",
        "campaign_id=c1",
    ] {
        let request = by_ana("GET", &format!("/by-query?{query}"), &[]);
        service.refuses(query, request, 400, UNREADABLE).await;
    }
    // A parameter in the query is not a parameter of the path, and a parameter with another name is ignored.
    for target in [
        "/v1/apps/a2/campaigns/c1?application_id=a1&application-id=a1",
        "/by-query?application_id=a2&campaign_id=c1&applicationId=a1&Application_Id=a1",
    ] {
        let request = by_ana(
            "GET",
            target,
            &[("x-application-id", "a1"), ("application-id", "a1")],
        );
        service.refuses(target, request, 403, MAY_NOT_GET).await;
    }
}

#[tokio::test]
async fn by_another_method() {
    let service = Service::new();
    let path = "/v1/apps/a1/campaigns/c1";
    for header in [
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
    ] {
        let request = by_ana("DELETE", path, &[(header, "GET")]);
        service.refuses(header, request, 403, MAY_NOT_DELETE).await;
        let request = by_ana("POST", path, &[(header, "DELETE")]);
        service.refuses(header, request, 405, NO_HANDLER).await;
    }
    let request = by_ana("DELETE", &format!("{path}?_method=GET"), &[]);
    service
        .refuses("_method", request, 403, MAY_NOT_DELETE)
        .await;
    for method in [
        "OPTIONS", "TRACE", "CONNECT", "PATCH", "PROPFIND", "get", "delete",
    ] {
        let request = by_ana(method, path, &[]);
        service.refuses(method, request, 405, NO_HANDLER).await;
    }
    // HEAD is served by the handler of GET, with its check. The response never has a body.
    let head = by_ana("HEAD", "/v1/apps/a2/campaigns/c1", &[]);
    service.refuses("HEAD", head, 403, NO_HANDLER).await;
    let head = by_nobody("HEAD", "/v1/apps/a1/campaigns/c1", &[]);
    service
        .refuses("HEAD of nobody", head, 401, NO_HANDLER)
        .await;
}

#[tokio::test]
async fn by_another_spelling_of_the_path() {
    let service = Service::new();
    for path in [
        "/v1/apps/a2/campaigns/c1/",
        "/v1/apps/a2/campaigns/c1//",
        "/v1/apps/a2/campaigns/c1/.",
        "/V1/apps/a2/campaigns/c1",
        "/v1/APPS/a2/campaigns/c1",
        "/v1/apps/a2/campaigns/c1.json/x",
        "/v1/%61pps/a2/campaigns/c1",
    ] {
        let request = by_ana("GET", path, &[]);
        service.refuses(path, request, 404, NO_HANDLER).await;
    }
    let slash = by_ana("GET", "/v1/apps/a2/campaigns/c1%2F", &[]);
    service
        .refuses(
            "an encoded slash",
            slash,
            400,
            "`campaign_id` of the resource type `campaign` contains the character `/`",
        )
        .await;
}

#[tokio::test]
async fn by_ids_without_end() {
    let service = Service::new();
    for length in [129, 4_000, 60_000] {
        let long = "a".repeat(length);
        let request = by_ana("GET", &format!("/v1/apps/a1/campaigns/{long}"), &[]);
        service
            .refuses(
                "a long id",
                request,
                400,
                "`campaign_id` of the resource type `campaign` is longer than 128 bytes",
            )
            .await;
        let request = by_ana("GET", &format!("/v1/apps/{long}/campaigns/c1"), &[]);
        service
            .refuses(
                "a long id",
                request,
                400,
                "`application_id` of the resource type `campaign` is longer than 128 bytes",
            )
            .await;
    }
    let escapes = "%41".repeat(200);
    let request = by_ana("GET", &format!("/v1/apps/a1/campaigns/{escapes}"), &[]);
    service
        .refuses(
            "long by escapes",
            request,
            400,
            "`campaign_id` of the resource type `campaign` is longer than 128 bytes",
        )
        .await;
}

/// Only a `Principal` determines the caller, and only the application's state contains the authorizer.
#[tokio::test]
async fn by_what_else_a_request_carries() {
    let service = Service::new();
    let missing = "Missing Authentication Token";
    let path = "/v1/apps/a1/campaigns/c1";
    let root = Principal::from_arn("arn:aws:iam::123456789012:root").unwrap();
    let header = by_nobody(
        "GET",
        path,
        &[
            ("authorization", ANA),
            ("x-amzn-principal", ANA),
            ("x-forwarded-user", "root"),
        ],
    );
    service.refuses("a header", header, 401, missing).await;
    let mut wrapped = by_nobody("GET", path, &[]);
    wrapped.extensions_mut().insert(Some(root.clone()));
    wrapped.extensions_mut().insert(Arc::new(root.clone()));
    wrapped.extensions_mut().insert(Box::new(root));
    wrapped.extensions_mut().insert(ANA);
    wrapped.extensions_mut().insert(ANA.to_owned());
    service
        .refuses("a principal in disguise", wrapped, 401, missing)
        .await;

    let mut authorizer = by_ana("GET", "/v1/apps/a2/campaigns/c1", &[]);
    let allowing = allow_all(&service.authorizer);
    authorizer.extensions_mut().insert(allowing.clone());
    authorizer.extensions_mut().insert(Arc::new(allowing));
    service
        .refuses("an authorizer", authorizer, 403, MAY_NOT_GET)
        .await;

    // The middleware determines the tenant of a request. It also applies to the resource.
    let mut elsewhere = by_ana("GET", path, &[]);
    let scope = Scope::new("aws", "us-east-1", "999999999999");
    elsewhere.extensions_mut().insert(scope);
    let foreign = "arn:aws:mobiletargeting:us-east-1:999999999999:apps/a1/campaigns/c1";
    service
        .refuses("another scope", elsewhere, 403, foreign)
        .await;
}
