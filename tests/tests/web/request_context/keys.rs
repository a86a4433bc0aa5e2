//! Keys that the application, its authentication and its tenants add.

use pinpoint_iam::web::{ContextBuilder, ContextProvider, RequestHead};
use pinpoint_iam::{Principal, Scope};

use super::{ANA, allow_if, builder, request, status};

#[derive(Clone)]
struct Session {
    second_factor: bool,
}

struct Ours;

impl ContextProvider for Ours {
    fn add(&self, request: &dyn RequestHead, keys: &mut ContextBuilder) {
        let session = request.extension::<Session>();
        keys.insert(
            "aws:MultiFactorAuthPresent",
            session.is_some_and(|session| session.second_factor),
        );
        keys.insert("our:Method", request.method());
        keys.insert("our:Path", request.path());
        keys.insert("our:Query", request.query().unwrap_or_default());
        let peer = request.peer().map(|peer| peer.to_string());
        keys.insert("our:Peer", peer.unwrap_or_default());
        for value in request.header("x-team") {
            keys.insert("our:Team", String::from_utf8_lossy(value).into_owned());
        }
        keys.insert_unknown("our:Late");
    }
}

#[tokio::test]
async fn the_application_adds_keys_from_the_request_head() {
    let all = r#""Bool": {"aws:MultiFactorAuthPresent": "true"}, "StringEquals": {
        "our:Method": "GET", "our:Path": "/v1/apps/a1", "our:Query": "tenant=t1", "our:Peer": "10.0.0.1"},
        "ForAllValues:StringEquals": {"our:Team": ["red", "blue"]}"#;
    for (second_factor, teams, expected) in [
        (Some(true), &["red", "blue"][..], 200),
        (Some(true), &["red", "green"], 403),
        (Some(false), &["red", "blue"], 403),
        (None, &["red", "blue"], 403),
    ] {
        let headers: Vec<_> = teams.iter().map(|team| ("x-team", *team)).collect();
        let mut request = request(Some("10.0.0.1"), &headers);
        if let Some(second_factor) = second_factor {
            request.extensions_mut().insert(Session { second_factor });
        }
        let status = status(builder(&allow_if(all)).request_keys(Ours), request).await;
        assert_eq!(status, expected, "{second_factor:?} {teams:?}");
    }
    let late = allow_if(r#""StringEquals": {"our:Late": "x"}"#);
    let late = status(builder(&late).request_keys(Ours), request(None, &[])).await;
    assert_eq!(late, 503);
}

/// If one text is too long, the whole key is unknown. The other values alone would have another meaning.
#[tokio::test]
async fn an_added_value_that_is_too_long_makes_its_key_unknown() {
    let (long, longest) = ("a".repeat(2049), "a".repeat(2048));
    for (values, expected) in [
        (vec!["red"], 200),
        (vec![&longest], 403),
        (vec![&long], 503),
        (vec!["red", &long], 503),
        (vec![&long, "red"], 503),
    ] {
        let owned: Vec<String> = values.iter().map(ToString::to_string).collect();
        let keys = move |_: &dyn RequestHead, keys: &mut ContextBuilder| {
            for value in &owned {
                keys.insert("our:Team", value.as_str());
            }
        };
        let red = allow_if(r#""ForAllValues:StringEquals": {"our:Team": "red"}"#);
        let status = status(builder(&red).request_keys(keys), request(None, &[])).await;
        assert_eq!(status, expected, "{}", values.len());
    }
}

/// The number of values of a key, and of keys that callers name, is limited.
#[tokio::test]
async fn more_added_keys_and_values_than_there_may_be_are_unknown() {
    let red = allow_if(r#""ForAllValues:StringEquals": {"our:Team": "red"}"#);
    let absent = allow_if(r#""Null": {"our:Other": "true"}"#);
    for (statements, keys, values, expected) in [
        (&red, 0, 50, 200),
        (&red, 0, 51, 503),
        (&red, 199, 50, 200),
        (&absent, 199, 1, 200),
        (&absent, 200, 1, 503),
        (&absent, 5_000, 1, 503),
    ] {
        let add = move |_: &dyn RequestHead, added: &mut ContextBuilder| {
            for _ in 0..values {
                added.insert("our:Team", "red");
            }
            for number in 0..keys {
                added.insert(&format!("our:Header/{number}"), "x");
            }
        };
        let status = status(builder(statements).request_keys(add), request(None, &[])).await;
        assert_eq!(status, expected, "{keys} keys, {values} values");
    }
}

/// A header with more values than that is unknown too.
#[tokio::test]
async fn a_header_that_comes_too_often_is_unknown() {
    let good = allow_if(r#""ForAllValues:StringEquals": {"aws:UserAgent": "good"}"#);
    for (count, expected) in [(50, 200), (51, 503)] {
        let headers = vec![("user-agent", "good"); count];
        let status = status(builder(&good), request(None, &headers)).await;
        assert_eq!(status, expected, "{count}");
    }
}

/// The application cannot override keys of the web layer, regardless of their case, even if the web layer marked them
/// as unknown.
#[tokio::test]
async fn added_keys_do_not_overwrite_those_of_the_request() {
    let insert = |key: &'static str, value: &'static str| {
        move |_: &dyn RequestHead, keys: &mut ContextBuilder| {
            keys.insert(key, value);
            keys.insert_unknown(key);
        }
    };
    for (condition, key, value, expected) in [
        (
            r#""IpAddress": {"aws:SourceIp": "203.0.113.7"}"#,
            "AWS:sourceip",
            "203.0.113.7",
            403,
        ),
        (
            r#""IpAddress": {"aws:SourceIp": "198.51.100.1"}"#,
            "aws:SourceIp",
            "203.0.113.7",
            200,
        ),
        (
            r#""Bool": {"aws:SecureTransport": "true"}"#,
            "aws:SecureTransport",
            "true",
            503,
        ),
        (
            r#""StringEquals": {"aws:UserAgent": "good"}"#,
            "aws:UserAgent",
            "good",
            403,
        ),
        (
            r#""StringEquals": {"aws:Referer": "good"}"#,
            "aws:Referer",
            "good",
            403,
        ),
        (
            r#""StringEquals": {"aws:RequestedRegion": "eu-west-1"}"#,
            "aws:RequestedRegion",
            "eu-west-1",
            403,
        ),
        (
            r#""DateLessThan": {"aws:CurrentTime": "2001-01-01T00:00:00Z"}"#,
            "aws:CurrentTime",
            "2000-01-01T00:00:00Z",
            403,
        ),
        (
            r#""NumericLessThan": {"aws:EpochTime": "1"}"#,
            "aws:EpochTime",
            "0",
            403,
        ),
        (
            r#""StringEquals": {"aws:ResourceTag/team": "red"}"#,
            "aws:ResourceTag/team",
            "red",
            403,
        ),
        (
            r#""StringEquals": {"aws:RequestTag/team": "red"}"#,
            "aws:RequestTag/team",
            "red",
            403,
        ),
        (
            r#""Null": {"aws:TagKeys": "false"}"#,
            "AWS:TAGKEYS",
            "team",
            403,
        ),
    ] {
        let builder = builder(&allow_if(condition)).request_keys(insert(key, value));
        let request = request(Some("198.51.100.1"), &[("user-agent", "bad")]);
        let status = status(builder, request).await;
        assert_eq!(status, expected, "{key}");
    }
}

/// Keys about the principal that the principal does not have are unknown. The application's values are not used, but
/// the keys do not become absent either.
#[tokio::test]
async fn added_keys_do_not_determine_the_caller() {
    for (key, value) in [
        ("aws:userid", "AIDAEXAMPLE"),
        ("AWS:UserId", "AIDAEXAMPLE"),
        ("aws:PrincipalOrgID", "o-example"),
        ("aws:PrincipalTag/team", "red"),
        ("aws:principalservicename", "sns.amazonaws.com"),
    ] {
        let keys = move |_: &dyn RequestHead, keys: &mut ContextBuilder| keys.insert(key, value);
        let condition = format!(r#""StringEquals": {{"{key}": "{value}"}}"#);
        let allow = allow_if(&condition);
        let deny = format!(
            r#"{{"Effect": "Allow", "Action": "*", "Resource": "*"}}, {}"#,
            allow.replace("Allow", "Deny")
        );
        for statements in [allow, deny] {
            let builder = builder(&statements).request_keys(keys);
            let status = status(builder, request(None, &[])).await;
            assert_eq!(status, 503, "{key}: {statements}");
        }
    }
    // The principal's own keys are unchanged.
    let keys = |_: &dyn RequestHead, keys: &mut ContextBuilder| keys.insert("aws:username", "root");
    for (name, expected) in [("ana", 200), ("root", 403)] {
        let condition = format!(r#""StringEquals": {{"aws:username": "{name}"}}"#);
        let builder = builder(&allow_if(&condition)).request_keys(keys);
        assert_eq!(
            status(builder, request(None, &[])).await,
            expected,
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_principal_brings_what_authentication_knows() {
    let organisation = allow_if(r#""StringEquals": {"aws:PrincipalOrgID": "o-example"}"#);
    for (id, expected) in [("o-example", 200), ("o-other", 403)] {
        let mut request = request(None, &[]);
        let ana = Principal::from_arn(ANA)
            .unwrap()
            .with_key("aws:PrincipalOrgID", id);
        request.extensions_mut().insert(ana);
        assert_eq!(
            status(builder(&organisation), request).await,
            expected,
            "{id}"
        );
    }
}

#[tokio::test]
async fn the_region_is_that_of_the_tenant() {
    let ireland = allow_if(r#""StringEquals": {"aws:RequestedRegion": "eu-west-1"}"#);
    for (region, expected) in [("eu-west-1", 200), ("us-east-1", 403)] {
        let mut request = request(None, &[]);
        let scope = Scope::new("aws", region, "123456789012");
        request.extensions_mut().insert(scope);
        assert_eq!(
            status(builder(&ireland), request).await,
            expected,
            "{region}"
        );
    }
}
