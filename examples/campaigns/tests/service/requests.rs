//! Invalid requests.

use super::harness::{ADMINISTRATOR, ANALYST, CAMPAIGN_ANALYST, Scratch, Service};

/// Path segments that are not valid ids, as they are sent.
const NO_IDS: [&str; 20] = [
    "%2F",
    "a%2Fb",
    "welcome%2F",
    "welcome%2f..%2fsummer-sale",
    "welcome%2Fkpis%2Fdaterange%2Funique-deliveries",
    "*",
    "%2A",
    "welcome*",
    "%3F",
    "%24%7Baws:username%7D",
    "a:b",
    "arn%3Aaws",
    ".",
    "..",
    "%2e%2e",
    "%2E.",
    "%00",
    "welcome%20",
    "%25",
    "w%C3%A9lcome",
];

#[test]
fn invalid_ids_are_rejected_for_every_caller() {
    let scratch = Scratch::new("ids");
    let service = Service::start(&scratch);
    let long = "x".repeat(129);
    for id in NO_IDS.into_iter().chain([long.as_str()]) {
        for token in [ADMINISTRATOR, ANALYST, CAMPAIGN_ANALYST] {
            for path in [
                format!("/v1/apps/{id}"),
                format!("/v1/apps/{id}/campaigns/welcome"),
                format!("/v1/apps/demo/campaigns/{id}"),
                format!("/v1/apps/demo/campaigns/{id}/kpis/daterange/unique-deliveries"),
                format!("/v1/apps/demo/campaigns/welcome/kpis/daterange/{id}"),
                format!("/v1/apps/demo/segments/{id}"),
            ] {
                let answer = service.get(token, &path);
                assert_eq!(answer.status, 400, "{path}: {answer:?}");
                answer.assert_error(400, "BadRequestException");
            }
            let deletion = service.call(
                Some(token),
                "DELETE",
                &format!("/v1/apps/demo/campaigns/{id}"),
                None,
            );
            assert_eq!(deletion.status, 400, "{id}");
        }
        assert_eq!(
            service
                .call(None, "GET", &format!("/v1/apps/{id}"), None)
                .status,
            401,
            "{id}"
        );
    }
    for campaign in ["welcome", "summer-sale"] {
        assert_eq!(
            service
                .get(ANALYST, &format!("/v1/apps/demo/campaigns/{campaign}"))
                .status,
            200
        );
    }
}

#[test]
fn a_segment_that_is_not_utf_8_is_rejected() {
    let scratch = Scratch::new("utf-8");
    let service = Service::start(&scratch);
    assert_eq!(
        service
            .get(ADMINISTRATOR, "/v1/apps/demo/campaigns/%FF")
            .status,
        400
    );
}

#[test]
fn dots_are_never_resolved() {
    let scratch = Scratch::new("dots");
    let service = Service::start(&scratch);
    for path in [
        "/v1/apps/demo/campaigns/summer-sale/../welcome",
        "/v1/apps/other/../demo/campaigns/welcome",
        "/v1/apps/demo/campaigns//welcome",
        "/v1/apps/demo/./campaigns/welcome",
        "//v1/apps/demo/campaigns/welcome",
        "/v1/apps/demo/campaigns/welcome/",
    ] {
        service
            .get(ADMINISTRATOR, path)
            .assert_error(404, "NotFoundException");
    }
}

#[test]
fn unknown_paths_and_methods_are_reported() {
    let scratch = Scratch::new("not-served");
    let service = Service::start(&scratch);
    for path in ["/", "/v1", "/v1/apps/demo/endpoints/e1", "/v2/apps"] {
        let answer = service.get(ADMINISTRATOR, path);
        answer.assert_error(404, "NotFoundException");
        assert_eq!(
            Some(answer.text("RequestID").as_str()),
            answer.header("x-amzn-requestid")
        );
    }
    for (method, path) in [
        ("PUT", "/v1/apps"),
        ("POST", "/v1/apps/demo"),
        ("PATCH", "/v1/apps/demo/segments/everyone"),
    ] {
        service
            .call(Some(ADMINISTRATOR), method, path, Some("{}"))
            .assert_error(405, "MethodNotAllowedException");
    }
}

#[test]
fn every_response_has_its_own_request_id() {
    let scratch = Scratch::new("request-id");
    let service = Service::start(&scratch);
    let id = |token| {
        service
            .get(token, "/v1/apps")
            .header("x-amzn-requestid")
            .map(str::to_owned)
    };
    assert!(id(ADMINISTRATOR).is_some());
    assert_ne!(id(ADMINISTRATOR), id(ADMINISTRATOR));
    assert!(id(CAMPAIGN_ANALYST).is_some());
}

#[test]
fn unusable_bodies_are_bad_requests() {
    let scratch = Scratch::new("bodies");
    let service = Service::start(&scratch);
    for (path, body) in [
        ("/v1/apps", ""),
        ("/v1/apps", "[\"Name\"]"),
        ("/v1/apps", "{}"),
        ("/v1/apps", "{\"Name\": \"\"}"),
        ("/v1/apps", "{\"Name\": 7}"),
        ("/v1/apps", "{\"Name\": \"a\", \"Name\": \"b\"}"),
        ("/v1/apps", "{\"Name\": \"a\"} {}"),
        (
            "/v1/apps",
            "{\"Name\": \"a\", \"tags\": {\"aws:x\": \"y\"}}",
        ),
        (
            "/v1/apps/demo/segments",
            "{\"Name\": \"a\", \"Dimensions\": []}",
        ),
        ("/v1/apps/demo/campaigns", "{\"Name\": \"a\"}"),
        (
            "/v1/apps/demo/campaigns",
            "{\"Name\": \"a\", \"SegmentId\": \"nobody\"}",
        ),
        (
            "/v1/apps/demo/campaigns",
            "{\"Name\": \"a\", \"SegmentId\": \"everyone\", \"SegmentVersion\": 2}",
        ),
        (
            "/v1/apps/demo/campaigns",
            "{\"Name\": \"a\", \"SegmentId\": \"everyone\", \"HoldoutPercent\": 101}",
        ),
    ] {
        let answer = service.call(Some(ADMINISTRATOR), "POST", path, Some(body));
        assert_eq!(answer.status, 400, "{path} {body}: {answer:?}");
        answer.assert_error(400, "BadRequestException");
    }
}

#[test]
fn a_body_that_is_too_long_is_rejected() {
    let scratch = Scratch::new("long-body");
    let service = Service::start(&scratch);
    let body = |length: usize| format!("{{\"Name\": \"{}\"}}", "n".repeat(length - 12));
    let post = |body: &str| service.call(Some(ADMINISTRATOR), "POST", "/v1/apps", Some(body));
    // A body of the maximum length is read; then the name in it is too long.
    post(&body(256 * 1024)).assert_error(400, "BadRequestException");
    post(&body(256 * 1024 + 1)).assert_error(413, "PayloadTooLargeException");
}

#[test]
fn query_parameters_are_checked() {
    let scratch = Scratch::new("query");
    let service = Service::start(&scratch);
    for path in [
        "/v1/apps?page-size=0",
        "/v1/apps?page-size=-1",
        "/v1/apps?page-size=501",
        "/v1/apps?page-size=x",
        "/v1/apps/demo/campaigns?page-size=",
        "/v1/apps/demo/kpis/daterange/unique-deliveries?start-time=yesterday",
        "/v1/apps/demo/kpis/daterange/unique-deliveries?start-time=2026-01-01T00:00:00Z&end-time=2026-03-01T00:00:00Z",
        "/v1/apps/demo/kpis/daterange/deliveries",
    ] {
        service
            .get(ADMINISTRATOR, path)
            .assert_error(400, "BadRequestException");
    }
}
