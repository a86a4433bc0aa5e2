//! The behavior of `#[requires]` in every framework.
//!
//! Each test module that includes this has an `App` with the same handlers on the same routes. The tests of the adapter in
//! `examples/poem` include it as well, so it depends only on `pinpoint-iam`, and on the `Answer` of the module above.

use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Policy, Scope};

use super::{Answer, App};

/// The caller with a policy.
pub(crate) const ANA: &str = "arn:aws:iam::123456789012:user/ana";

/// Allows all actions that read.
pub(crate) const READ_EVERYTHING: &str =
    r#"{"Effect": "Allow", "Action": "mobiletargeting:Get*", "Resource": "*"}"#;

/// Allows everything.
pub(crate) const ALLOW_EVERYTHING: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;

const DENY_EVERYTHING: &str = r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#;

/// Creates an authorizer for a deployment in which Ana has one policy with these statements.
pub(crate) fn authorizer(statements: &str) -> Authorizer {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let mut store = PolicyStore::new();
    let policy = Policy::new("test", Document::parse(&document).unwrap());
    store.identity(ANA).unwrap().attach(policy);
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .build()
        .unwrap()
}

/// A request whose content type is JSON.
#[derive(Clone, Copy)]
pub(crate) struct Sent<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) caller: Option<&'a str>,
    pub(crate) user_agent: Option<&'a str>,
    pub(crate) body: &'a str,
}

/// Creates a request of Ana without a body.
pub(crate) const fn by_ana<'a>(method: &'a str, path: &'a str) -> Sent<'a> {
    Sent {
        method,
        path,
        caller: Some(ANA),
        user_agent: None,
        body: "",
    }
}

/// Returns the response to a request of Ana.
pub(crate) async fn get(app: &App, path: &str) -> Answer {
    app.send(by_ana("GET", path)).await
}

#[tokio::test]
async fn an_allowed_request_reaches_its_handler() {
    let app = App::with(READ_EVERYTHING).await;
    let answer = get(&app, "/v1/apps/a1/campaigns/c1").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text, "a1 c1");
    assert!(app.handler_ran());
}

#[tokio::test]
async fn the_body_of_an_allowed_request_reaches_its_handler() {
    let app = App::with(ALLOW_EVERYTHING).await;
    let request = Sent {
        body: "[1, 2]",
        ..by_ana("POST", "/v1/apps/a1/campaigns")
    };
    let answer = app.send(request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text, "a1 [1,2]");
}

#[tokio::test]
async fn a_denied_caller_receives_the_message_of_aws() {
    let app = App::with(READ_EVERYTHING).await;
    let answer = app.send(by_ana("DELETE", "/v1/apps/a1/campaigns/c1")).await;
    assert_eq!(answer.status, 403);
    assert_eq!(
        answer.header("x-amzn-errortype"),
        Some("AccessDeniedException")
    );
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(
        answer.text,
        "{\"Message\":\"User: arn:aws:iam::123456789012:user/ana is not authorized to perform: \
         mobiletargeting:DeleteCampaign on resource: \
         arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1 because no identity-based policy allows \
         the mobiletargeting:DeleteCampaign action\"}"
    );
}

#[tokio::test]
async fn an_explicit_deny_is_reported_without_the_policy() {
    let app = App::with(
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*"},
           {"Sid": "secretName", "Effect": "Deny", "Action": "mobiletargeting:GetCampaign", "Resource": "*"}"#,
    )
    .await;
    let answer = get(&app, "/v1/apps/a1/campaigns/c1").await;
    assert_eq!(answer.status, 403);
    let body = answer.text;
    assert!(
        body.ends_with("with an explicit deny in an identity-based policy\"}"),
        "{body}"
    );
    assert!(
        !body.contains("secretName") && !body.contains("test"),
        "{body}"
    );
    assert!(!app.handler_ran());
}

#[tokio::test]
async fn a_request_without_principal_is_401() {
    let app = App::with(ALLOW_EVERYTHING).await;
    for path in [
        "/v1/apps/a1/campaigns/c1",
        "/v1/apps/a1/campaigns/%2F",
        "/v1/apps/a1/campaigns/%FF",
    ] {
        let request = Sent {
            caller: None,
            ..by_ana("GET", path)
        };
        let answer = app.send(request).await;
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(
            answer.header("x-amzn-errortype"),
            Some("MissingAuthenticationTokenException")
        );
    }
    assert!(!app.handler_ran());
}

#[tokio::test]
async fn a_stranger_has_no_policies() {
    let app = App::with(ALLOW_EVERYTHING).await;
    for stranger in [
        "arn:aws:iam::123456789012:user/bob",
        "arn:aws:iam::123456789012:user/Ana",
        "arn:aws:iam::999988887777:user/ana",
        "arn:aws:sts::123456789012:assumed-role/ana/session",
        "arn:aws:sts::123456789012:federated-user/ana",
    ] {
        let request = Sent {
            caller: Some(stranger),
            ..by_ana("GET", "/v1/apps/a1/campaigns/c1")
        };
        assert_eq!(app.send(request).await.status, 403, "{stranger}");
    }
}

#[tokio::test]
async fn a_broken_body_of_a_denied_caller_is_403_and_unread() {
    let request = Sent {
        body: "{",
        ..by_ana("POST", "/v1/apps/a1/campaigns")
    };
    let app = App::with(READ_EVERYTHING).await;
    assert_eq!(app.send(request).await.status, 403);
    assert!(!app.body_was_read(), "the body of a denied caller was read");

    // The same body is a bad request for an allowed caller, and is read in that case.
    let app = App::with(ALLOW_EVERYTHING).await;
    assert_eq!(app.send(request).await.status, 400);
    assert!(app.body_was_read());
}

#[tokio::test]
async fn an_id_that_is_not_valid_in_an_arn_is_400_with_any_policies() {
    for statement in [ALLOW_EVERYTHING, DENY_EVERYTHING] {
        let app = App::with(statement).await;
        let long = "c".repeat(129);
        for id in [
            "%2F",
            "c1%2Fkpis",
            "*",
            "%2A",
            "..",
            ".",
            "%2e%2e",
            "a:b",
            "a%00b",
            "$",
            "%3F",
            "%25",
            &long,
        ] {
            let answer = get(&app, &format!("/v1/apps/a1/campaigns/{id}")).await;
            assert_eq!(answer.status, 400, "{id}");
            assert_eq!(
                answer.header("x-amzn-errortype"),
                Some("BadRequestException"),
                "{id}"
            );
            assert!(
                answer.text.contains("`campaign_id`"),
                "{id}: {}",
                answer.text
            );
        }
        assert!(!app.handler_ran());
    }
}

#[tokio::test]
async fn a_path_that_cannot_be_read_is_400_in_the_same_shape() {
    let app = App::with(ALLOW_EVERYTHING).await;
    let answer = get(&app, "/v1/apps/a1/campaigns/%FF").await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.header("x-amzn-errortype"),
        Some("BadRequestException")
    );
    assert!(!app.handler_ran());
}

#[tokio::test]
async fn a_parameter_of_another_type_is_400_in_the_same_shape() {
    let app = App::with(ALLOW_EVERYTHING).await;
    assert_eq!(get(&app, "/v1/apps/a1/segments/7").await.text, "a1 7");
    let answer = get(&app, "/v1/apps/a1/segments/seven").await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.text,
        r#"{"Message":"The id of the resource is missing or cannot be read."}"#
    );
}

#[tokio::test]
async fn an_id_of_an_application_is_encoded_and_reaches_the_handler_as_it_was() {
    let one = r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/endpoints/e%2F1%20x"}"#;
    let app = App::with(one).await;
    let answer = get(&app, "/v1/apps/a1/endpoints/e%2F1%20x").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text, "a1 e/1 x");
    for other in ["e%252F1%2520x", "e1x", "e%2F1x", "e%2F1%2520x"] {
        let answer = get(&app, &format!("/v1/apps/a1/endpoints/{other}")).await;
        assert_eq!(answer.status, 403, "{other}");
    }
}

#[tokio::test]
async fn an_action_without_resource_types_is_checked_against_everything() {
    let app =
        App::with(r#"{"Effect": "Allow", "Action": "mobileanalytics:PutEvents", "Resource": "*"}"#)
            .await;
    assert_eq!(app.send(by_ana("POST", "/events")).await.status, 200);

    let app = App::with(
        r#"{"Effect": "Allow", "Action": "mobileanalytics:PutEvents",
            "Resource": "arn:aws:mobileanalytics:us-east-1:123456789012:apps/*"}"#,
    )
    .await;
    assert_eq!(app.send(by_ana("POST", "/events")).await.status, 403);
}

/// 503 if a retry may help, and 403 if no source supplies the key.
#[tokio::test]
async fn a_decision_that_needs_an_unknown_key_is_denied() {
    for (statement, status) in [
        (
            r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "growth"}}}"#,
            403,
        ),
        (
            r#"{"Effect": "Allow", "Action": "*", "Resource": "*"},
               {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#,
            503,
        ),
        (
            r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}"#,
            503,
        ),
    ] {
        let app = App::with(statement).await;
        let answer = get(&app, "/v1/apps/a1/campaigns/c1").await;
        assert_eq!(answer.status, status, "{statement}");
        assert!(!app.handler_ran(), "{statement}");
    }
}

#[tokio::test]
async fn the_clock_and_the_region_are_filled_in() {
    let app = App::with(
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {
            "DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"},
            "NumericGreaterThan": {"aws:EpochTime": "1577836800"},
            "StringEquals": {"aws:RequestedRegion": "us-east-1"}}}"#,
    )
    .await;
    assert_eq!(get(&app, "/v1/apps/a1/campaigns/c1").await.status, 200);
}

#[tokio::test]
async fn a_header_is_matched_up_to_a_length_and_unknown_beyond_it() {
    let app = App::with(
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"aws:UserAgent": "client*"}}}"#,
    )
    .await;
    let longest = format!("client{}", "a".repeat(2042));
    let longer = format!("client{}", "a".repeat(2043));
    for (agent, status) in [
        ("client/1.0", 200),
        ("other/1.0", 403),
        (&*longest, 200),
        (&*longer, 503),
    ] {
        let request = Sent {
            user_agent: Some(agent),
            ..by_ana("GET", "/v1/apps/a1/campaigns/c1")
        };
        assert_eq!(app.send(request).await.status, status, "{}", agent.len());
    }
}

/// Only one of the two is a resource that Ana may read.
#[tokio::test]
async fn a_permit_is_for_the_resource_that_the_parameters_name() {
    let app = App::with(
        r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:mobiletargeting:*:*:apps/a1/campaigns/c1"}"#,
    )
    .await;
    let answer = get(&app, "/permit/a1/c1").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.text,
        "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1"
    );
    for (path, status) in [
        ("/permit/a1/c2", 403),
        ("/permit/c1/a1", 403),
        ("/permit/a1/c1%2F", 400),
        ("/permit/a1/%2A", 400),
        ("/misnamed/a1/c1", 500),
    ] {
        assert_eq!(get(&app, path).await.status, status, "{path}");
    }
    let request = Sent {
        caller: None,
        ..by_ana("GET", "/permit/a1/c1")
    };
    assert_eq!(app.send(request).await.status, 401);
}

/// A route of the `App` with a request that Ana may make.
struct Route {
    method: &'static str,
    path: &'static str,
    body: &'static str,
    /// The path with an id that is not valid.
    invalid_path: Option<&'static str>,
}

/// Every route of the `App`.
const ROUTES: [Route; 8] = [
    Route {
        method: "GET",
        path: "/v1/apps/a1/campaigns/c1",
        body: "",
        invalid_path: Some("/v1/apps/a1/campaigns/a:b"),
    },
    Route {
        method: "DELETE",
        path: "/v1/apps/a1/campaigns/c1",
        body: "",
        invalid_path: Some("/v1/apps/a1/campaigns/*"),
    },
    Route {
        method: "POST",
        path: "/v1/apps/a1/campaigns",
        body: "{}",
        invalid_path: Some("/v1/apps/a%2F1/campaigns"),
    },
    Route {
        method: "POST",
        path: "/v1/apps/a1/segments",
        body: r#"{"team": "growth"}"#,
        invalid_path: Some("/v1/apps/a%2F1/segments"),
    },
    Route {
        method: "GET",
        path: "/v1/apps/a1/endpoints/e1",
        body: "",
        invalid_path: Some("/v1/apps/a%2F1/endpoints/e1"),
    },
    Route {
        method: "GET",
        path: "/v1/apps/a1/segments/7",
        body: "",
        invalid_path: Some("/v1/apps/a1/segments/seven"),
    },
    Route {
        method: "POST",
        path: "/events",
        body: "",
        invalid_path: None,
    },
    Route {
        method: "GET",
        path: "/permit/a1/c1",
        body: "",
        invalid_path: Some("/permit/a1/%2A"),
    },
];

/// Every route × anonymous, unprivileged, allowed, denied, with an invalid id, and with an invalid body.
#[tokio::test]
async fn every_route_decides_about_every_caller_before_it_reads_anything_else() {
    const STRANGER: &str = "arn:aws:iam::123456789012:user/bob";
    let denied = format!("{ALLOW_EVERYTHING}, {DENY_EVERYTHING}");
    for route in ROUTES {
        let named = format!("{} {}", route.method, route.path);
        let valid = Sent {
            body: route.body,
            ..by_ana(route.method, route.path)
        };
        let by = |caller, sent: Sent<'static>| Sent { caller, ..sent };
        let bodies = match route.body {
            "" => vec![""],
            body => vec![body, "{"],
        };
        for body in bodies {
            let sent = Sent { body, ..valid };
            let app = App::with(ALLOW_EVERYTHING).await;
            for (caller, status) in [(None, 401), (Some(STRANGER), 403)] {
                let answer = app.send(by(caller, sent)).await;
                assert_eq!(answer.status, status, "{named} {caller:?} {body}");
            }
            assert!(!app.body_was_read(), "{named} {body}");
            let answer = app.send(sent).await;
            let expected = if body == "{" { 400 } else { 200 };
            assert_eq!(answer.status, expected, "{named} {body}: {}", answer.text);

            let app = App::with(&denied).await;
            assert_eq!(app.send(sent).await.status, 403, "{named} {body}");
            assert!(!app.handler_ran() && !app.body_was_read(), "{named} {body}");
        }
        if let Some(path) = route.invalid_path {
            let invalid = Sent { path, ..valid };
            for statements in [ALLOW_EVERYTHING, DENY_EVERYTHING] {
                let app = App::with(statements).await;
                let answer = app.send(invalid).await;
                assert_eq!(answer.status, 400, "{named} {path}: {}", answer.text);
                assert_eq!(app.send(by(None, invalid)).await.status, 401, "{path}");
                assert!(!app.handler_ran() && !app.body_was_read(), "{named} {path}");
            }
        }
    }
}

/// The tags are in the body, so the check continues after it.
#[tokio::test]
async fn a_check_that_needs_the_body_decides_about_what_the_handler_receives() {
    let app = App::with(
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestTag/team": "growth"}}}"#,
    )
    .await;
    for (body, status) in [
        (r#"{"team": "growth"}"#, 200),
        (r#"{"team": "other"}"#, 403),
        ("{}", 403),
    ] {
        let request = Sent {
            body,
            ..by_ana("POST", "/v1/apps/a1/segments")
        };
        let answer = app.send(request).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
        if status == 200 {
            assert_eq!(answer.text, "a1 1");
        }
    }
}
