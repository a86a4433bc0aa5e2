//! What a web request tells conditions: where it comes from, by which transport, and what the application adds.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRef, Path};
use axum::http::{HeaderName, HeaderValue, Request};
use axum::routing::get;
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::{AddedKeys, RequestHead, RequestKeys, Transport, TrustedProxies};
use pinpoint_iam::{Authorizer, AuthorizerBuilder, BuildError, Policy, Principal, Scope, requires};
use proptest::prelude::*;
use tower::ServiceExt;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";

#[derive(Clone)]
struct AppState(Authorizer);

impl FromRef<AppState> for Authorizer {
    fn from_ref(state: &AppState) -> Self {
        state.0.clone()
    }
}

#[requires(GetApp)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

fn builder(statements: &str) -> AuthorizerBuilder {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let policy = Policy::new("policy", Document::parse(&document).unwrap());
    let mut store = PolicyStore::new();
    store.identity(ANA).unwrap().attach(policy);
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
}

fn allow_if(condition: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {{{condition}}}}}"#
    )
}

/// A request from `peer` with these headers.
fn request(peer: Option<&str>, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::get("/v1/apps/a1?tenant=t1")
        .body(Body::empty())
        .unwrap();
    let ana = Principal::from_arn(ANA).unwrap();
    request.extensions_mut().insert(ana);
    if let Some(peer) = peer {
        let peer: IpAddr = peer.parse().unwrap();
        let connection = ConnectInfo(SocketAddr::new(peer, 4711));
        request.extensions_mut().insert(connection);
    }
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        // Beyond ASCII too, as a caller may send it.
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        request.headers_mut().append(name, value);
    }
    request
}

async fn status(builder: AuthorizerBuilder, request: Request<Body>) -> u16 {
    let router = Router::new()
        .route("/v1/apps/{application-id}", get(get_app))
        .with_state(AppState(builder.build().unwrap()));
    let response = router.oneshot(request).await.unwrap();
    response.status().as_u16()
}

/// 200 for a request from `203.0.113.7`, 403 for one from elsewhere, 503 where it is not known.
fn only_from_home() -> AuthorizerBuilder {
    builder(&allow_if(
        r#""IpAddress": {"aws:SourceIp": "203.0.113.7/32"}"#,
    ))
}

const HOME: u16 = 200;
const ELSEWHERE: u16 = 403;
const UNKNOWN: u16 = 503;

const PROXIES: [&str; 3] = ["10.0.0.0/24", "192.0.2.1", "2001:db8:1::/48"];

#[tokio::test]
async fn without_trusted_proxies_the_peer_is_the_source() {
    let spoofed = [
        ("x-forwarded-for", "203.0.113.7"),
        ("forwarded", "for=203.0.113.7"),
        ("x-real-ip", "203.0.113.7"),
        ("true-client-ip", "203.0.113.7"),
        ("client-ip", "203.0.113.7"),
    ];
    for (peer, expected) in [
        (Some("203.0.113.7"), HOME),
        (Some("::ffff:203.0.113.7"), HOME),
        (Some("10.0.0.1"), ELSEWHERE),
        (Some("198.51.100.1"), ELSEWHERE),
        (Some("2001:db8::7"), ELSEWHERE),
        (None, UNKNOWN),
    ] {
        let status = status(only_from_home(), request(peer, &spoofed)).await;
        assert_eq!(status, expected, "{peer:?}");
    }
}

#[tokio::test]
async fn the_source_is_the_first_address_from_the_right_that_is_no_proxy() {
    let proxies = || TrustedProxies::writing_x_forwarded_for(PROXIES).unwrap();
    for (peer, lines, expected) in [
        ("10.0.0.1", &["203.0.113.7"][..], HOME),
        ("10.0.0.1", &["198.51.100.1"], ELSEWHERE),
        ("192.0.2.1", &["203.0.113.7"], HOME),
        ("2001:db8:1::9", &["203.0.113.7"], HOME),
        ("::ffff:10.0.0.1", &["203.0.113.7"], HOME),
        // A peer that is no proxy can write what it likes.
        ("198.51.100.1", &["203.0.113.7"], ELSEWHERE),
        ("10.0.1.1", &["203.0.113.7"], ELSEWHERE),
        ("192.0.2.2", &["203.0.113.7"], ELSEWHERE),
        ("203.0.113.7", &["198.51.100.1"], HOME),
        ("203.0.113.7", &["nonsense"], HOME),
        // What the caller wrote stands to the left of what the proxy saw.
        ("10.0.0.1", &["203.0.113.7, 198.51.100.1"], ELSEWHERE),
        ("10.0.0.1", &["203.0.113.7", "198.51.100.1"], ELSEWHERE),
        ("10.0.0.1", &["198.51.100.1", "203.0.113.7"], HOME),
        (
            "10.0.0.1",
            &["203.0.113.7, 10.0.0.9, 198.51.100.1"],
            ELSEWHERE,
        ),
        (
            "10.0.0.1",
            &["\"203.0.113.7\",,\u{fc} nonsense, 203.0.113.7"],
            HOME,
        ),
        // Several proxies, in one line or two.
        ("10.0.0.1", &["198.51.100.1, 203.0.113.7, 192.0.2.1"], HOME),
        ("10.0.0.1", &["203.0.113.7", "192.0.2.1,10.0.0.8"], HOME),
        ("10.0.0.1", &["203.0.113.7", "2001:db8:1::2"], HOME),
        ("10.0.0.1", &["203.0.113.7, ::ffff:10.0.0.3"], HOME),
        // Spellings.
        ("10.0.0.1", &["203.0.113.7:4711"], HOME),
        ("10.0.0.1", &[" \t203.0.113.7 \t"], HOME),
        ("10.0.0.1", &["::ffff:203.0.113.7"], HOME),
        ("10.0.0.1", &["[::ffff:203.0.113.7]:4711"], HOME),
        ("10.0.0.1", &["[::ffff:203.0.113.7]"], HOME),
        ("10.0.0.1", &["2001:db8::7"], ELSEWHERE),
        // No client, or none that can be read: the proxy's own address would be a lie.
        ("10.0.0.1", &[], UNKNOWN),
        ("10.0.0.1", &[""], UNKNOWN),
        ("10.0.0.1", &["10.0.0.7"], UNKNOWN),
        ("10.0.0.1", &["10.0.0.7, 192.0.2.1"], UNKNOWN),
        ("10.0.0.1", &["203.0.113.7,"], UNKNOWN),
        ("10.0.0.1", &["203.0.113.7, , 10.0.0.7"], UNKNOWN),
        ("10.0.0.1", &["203.0.113.7", ""], UNKNOWN),
        ("10.0.0.1", &["203.0.113.7, unknown"], UNKNOWN),
        ("10.0.0.1", &["203.0.113.7, _hidden"], UNKNOWN),
        ("10.0.0.1", &["203.0.113.7 10.0.0.7"], UNKNOWN),
        ("10.0.0.1", &["203.0.113.07"], UNKNOWN),
        ("10.0.0.1", &["203.0.113"], UNKNOWN),
        ("10.0.0.1", &["3405803783"], UNKNOWN),
        ("10.0.0.1", &["0xcb.0.113.7"], UNKNOWN),
        ("10.0.0.1", &["203.0.113.7/32"], UNKNOWN),
        ("10.0.0.1", &["203.0.113.7:"], UNKNOWN),
        ("10.0.0.1", &["203.0.113.7:99999"], UNKNOWN),
        ("10.0.0.1", &["[203.0.113.7]"], UNKNOWN),
        ("10.0.0.1", &["[::ffff:203.0.113.7"], UNKNOWN),
        ("10.0.0.1", &["fe80::1%eth0"], UNKNOWN),
        ("10.0.0.1", &["[fe80::1%1]:80"], UNKNOWN),
        ("10.0.0.1", &["\"203.0.113.7\""], UNKNOWN),
        ("10.0.0.1", &["for=203.0.113.7"], UNKNOWN),
        ("10.0.0.1", &["\u{fc}"], UNKNOWN),
        ("10.0.0.1", &["home.example"], UNKNOWN),
    ] {
        let headers: Vec<_> = lines
            .iter()
            .map(|line| ("x-forwarded-for", *line))
            .collect();
        let builder = only_from_home().trusted_proxies(proxies());
        let status = status(builder, request(Some(peer), &headers)).await;
        assert_eq!(status, expected, "{peer} {lines:?}");
    }
}

#[tokio::test]
async fn forwarded_is_read_in_the_same_way() {
    let proxies = || TrustedProxies::writing_forwarded(PROXIES).unwrap();
    for (lines, expected) in [
        (&["for=203.0.113.7"][..], HOME),
        (&["For=\"203.0.113.7:4711\";Proto=https;by=_p"], HOME),
        (&["for=\"[::ffff:203.0.113.7]\""], HOME),
        (&["proto=http ; for=203.0.113.7 ; by=10.0.0.1"], HOME),
        (&["for=198.51.100.1, for=203.0.113.7, for=192.0.2.1"], HOME),
        (&["for=203.0.113.7, for=198.51.100.1"], ELSEWHERE),
        (&["for=203.0.113.7", "for=198.51.100.1"], ELSEWHERE),
        (&["for=\"[2001:db8::7]:80\""], ELSEWHERE),
        // What opens a quote to the left does not reach to the right.
        (&["for=203.0.113.7;by=\", for=198.51.100.1"], ELSEWHERE),
        (&["for=203.0.113.7;by=\"", "for=198.51.100.1"], ELSEWHERE),
        // What a proxy quotes from a caller is not taken for a word of its own.
        (&["for=198.51.100.1;host=\"x, for=203.0.113.7\""], UNKNOWN),
        (
            &["for=198.51.100.1;host=\"x,for=203.0.113.7;y=\\\"\""],
            UNKNOWN,
        ),
        (&["for=198.51.100.1;host=\"x;for=203.0.113.7\""], UNKNOWN),
        (&["for=203.0.113.7;for=198.51.100.1"], UNKNOWN),
        (&["for=203.0.113.7;FOR=203.0.113.7"], UNKNOWN),
        (&["for=unknown"], UNKNOWN),
        (&["for=_hidden"], UNKNOWN),
        (&["for="], UNKNOWN),
        (&["for=\"203.0.113.7"], UNKNOWN),
        (&["for=203.0.113.7\""], UNKNOWN),
        (&["for=\""], UNKNOWN),
        (&["for = 203.0.113.7"], UNKNOWN),
        (&["=203.0.113.7"], UNKNOWN),
        (&["proto=https"], UNKNOWN),
        (&["203.0.113.7"], UNKNOWN),
        (&["for=203.0.113.7;"], UNKNOWN),
        (&[], UNKNOWN),
    ] {
        let mut headers: Vec<_> = lines.iter().map(|line| ("forwarded", *line)).collect();
        // A proxy that writes one of the headers passes the other on as the caller wrote it.
        headers.push(("x-forwarded-for", "203.0.113.7"));
        let builder = only_from_home().trusted_proxies(proxies());
        let status = status(builder, request(Some("10.0.0.1"), &headers)).await;
        assert_eq!(status, expected, "{lines:?}");
    }
    let headers = [
        ("forwarded", "for=203.0.113.7"),
        ("x-forwarded-for", "198.51.100.1"),
    ];
    let proxies = TrustedProxies::writing_x_forwarded_for(PROXIES).unwrap();
    let builder = only_from_home().trusted_proxies(proxies);
    let status = status(builder, request(Some("10.0.0.1"), &headers)).await;
    assert_eq!(status, ELSEWHERE);
}

proptest! {
    /// Whatever a caller writes, the proxy's own word to the right of it decides.
    #[test]
    fn nothing_to_the_left_changes_the_source(invented in "[ -~]{0,40}", same_line: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (header, word) in [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=198.51.100.1")] {
            let joined = format!("{invented},{word}");
            let headers = if same_line {
                vec![(header, joined.as_str())]
            } else {
                vec![(header, invented.as_str()), (header, word)]
            };
            let proxies = if header == "forwarded" {
                TrustedProxies::writing_forwarded(PROXIES)
            } else {
                TrustedProxies::writing_x_forwarded_for(PROXIES)
            };
            let builder = only_from_home().trusted_proxies(proxies.unwrap());
            let request = request(Some("10.0.0.1"), &headers);
            prop_assert_eq!(runtime.block_on(status(builder, request)), ELSEWHERE);
        }
    }
}

#[test]
fn a_network_that_would_be_misread_is_an_error() {
    for (text, why) in [
        ("", "expected an address or a network"),
        ("10.0.0.0/33", "expected an address or a network"),
        ("10.0.0.0/24 ", "expected an address or a network"),
        ("proxy.example", "expected an address or a network"),
        ("0.0.0.0/0", "everybody would be believed"),
        ("10.0.0.1/0", "everybody would be believed"),
        ("::/0", "everybody would be believed"),
        ("::ffff:10.0.0.1", "write the IPv4 network"),
        ("::ffff:10.0.0.0/120", "write the IPv4 network"),
    ] {
        let error = TrustedProxies::writing_forwarded(["10.0.0.1", text]).unwrap_err();
        let error = error.to_string();
        assert!(
            error.starts_with(&format!("`{text}` is no network")),
            "{error}"
        );
        assert!(error.contains(why), "{error}");
    }
}

/// 200 for a secure request, 403 for one in the clear, 503 where it is not known.
fn only_secure() -> AuthorizerBuilder {
    builder(&allow_if(r#""Bool": {"aws:SecureTransport": "true"}"#))
}

const SECURE: u16 = 200;
const PLAIN: u16 = 403;

#[tokio::test]
async fn the_transport_is_what_the_application_says() {
    let spoofed = [
        ("x-forwarded-proto", "https"),
        ("forwarded", "for=203.0.113.7;proto=https"),
    ];
    for (transport, expected) in [
        (None, UNKNOWN),
        (Some(Transport::Unknown), UNKNOWN),
        (Some(Transport::Plain), PLAIN),
        (Some(Transport::Secure), SECURE),
    ] {
        let mut builder = only_secure();
        if let Some(transport) = transport {
            builder = builder.transport(transport);
        }
        let status = status(builder, request(Some("10.0.0.1"), &spoofed)).await;
        assert_eq!(status, expected, "{transport:?}");
    }
}

#[tokio::test]
async fn the_outermost_proxy_tells_the_transport() {
    let x_forwarded = || TrustedProxies::writing_x_forwarded_for(PROXIES).unwrap();
    let client = ("x-forwarded-for", "203.0.113.7");
    let scheme = "x-forwarded-proto";
    for (peer, headers, expected) in [
        ("10.0.0.1", &[client, (scheme, "https")][..], SECURE),
        ("10.0.0.1", &[client, (scheme, " HTTPS ")], SECURE),
        ("10.0.0.1", &[client, (scheme, "http")], PLAIN),
        ("10.0.0.1", &[client], UNKNOWN),
        ("10.0.0.1", &[client, (scheme, "")], UNKNOWN),
        ("10.0.0.1", &[client, (scheme, "wss")], UNKNOWN),
        ("10.0.0.1", &[client, (scheme, "https,http")], UNKNOWN),
        ("10.0.0.1", &[client, (scheme, "http, https")], UNKNOWN),
        (
            "10.0.0.1",
            &[client, (scheme, "https"), (scheme, "https")],
            UNKNOWN,
        ),
        (
            "10.0.0.1",
            &[client, (scheme, "http"), (scheme, "https")],
            UNKNOWN,
        ),
        (
            "10.0.0.1",
            &[client, ("forwarded", "for=203.0.113.7;proto=https")],
            UNKNOWN,
        ),
        ("10.0.0.1", &[(scheme, "https")], UNKNOWN),
        // Who comes past the proxies is not believed.
        ("198.51.100.1", &[client, (scheme, "https")], UNKNOWN),
        ("198.51.100.1", &[(scheme, "https")], UNKNOWN),
    ] {
        let builder = only_secure()
            .trusted_proxies(x_forwarded())
            .transport(Transport::AsProxySays);
        let status = status(builder, request(Some(peer), headers)).await;
        assert_eq!(status, expected, "{peer} {headers:?}");
    }
    for (line, expected) in [
        ("for=203.0.113.7;proto=https", SECURE),
        ("proto=\"https\";for=203.0.113.7", SECURE),
        ("for=203.0.113.7;proto=http", PLAIN),
        // The transport between the proxies does not count, and neither does what the caller invents.
        (
            "for=203.0.113.7;proto=http, for=192.0.2.1;proto=https",
            PLAIN,
        ),
        (
            "for=192.0.2.1;proto=https, for=203.0.113.7;proto=http",
            PLAIN,
        ),
        (
            "for=203.0.113.7;proto=https, for=192.0.2.1;proto=http",
            SECURE,
        ),
        ("for=203.0.113.7", UNKNOWN),
        ("for=203.0.113.7;proto=", UNKNOWN),
        ("for=203.0.113.7;proto=http;proto=https", UNKNOWN),
        ("for=192.0.2.1;proto=https", UNKNOWN),
    ] {
        let builder = only_secure()
            .trusted_proxies(TrustedProxies::writing_forwarded(PROXIES).unwrap())
            .transport(Transport::AsProxySays);
        let headers = [("forwarded", line), (scheme, "https")];
        let status = status(builder, request(Some("10.0.0.1"), &headers)).await;
        assert_eq!(status, expected, "{line}");
    }
}

#[test]
fn somebody_has_to_be_trusted_to_tell_the_transport() {
    let built = only_secure().transport(Transport::AsProxySays).build();
    assert_eq!(built.unwrap_err(), BuildError::NoTrustedProxies);
}

#[derive(Clone)]
struct Session {
    second_factor: bool,
}

struct Ours;

impl RequestKeys for Ours {
    fn add(&self, request: &dyn RequestHead, keys: &mut AddedKeys) {
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
async fn the_application_adds_keys_of_what_the_head_tells() {
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

/// One text too long, and the whole key is unknown: the rest of it alone would be another statement.
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
        let keys = move |_: &dyn RequestHead, keys: &mut AddedKeys| {
            for value in &owned {
                keys.insert("our:Team", value.as_str());
            }
        };
        let red = allow_if(r#""ForAllValues:StringEquals": {"our:Team": "red"}"#);
        let status = status(builder(&red).request_keys(keys), request(None, &[])).await;
        assert_eq!(status, expected, "{}", values.len());
    }
}

/// What the web layer says stands, whatever spelling the application finds for the key, and also where it says that it
/// does not know.
#[tokio::test]
async fn added_keys_do_not_overwrite_what_the_request_says() {
    let insert = |key: &'static str, value: &'static str| {
        move |_: &dyn RequestHead, keys: &mut AddedKeys| {
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
            503,
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

/// Where the principal is silent, nobody speaks for it: what the application claims is neither believed nor forgotten.
#[tokio::test]
async fn added_keys_do_not_say_who_asks() {
    for (key, value) in [
        ("aws:userid", "AIDAEXAMPLE"),
        ("AWS:UserId", "AIDAEXAMPLE"),
        ("aws:PrincipalOrgID", "o-example"),
        ("aws:PrincipalTag/team", "red"),
        ("aws:principalservicename", "sns.amazonaws.com"),
    ] {
        let keys = move |_: &dyn RequestHead, keys: &mut AddedKeys| keys.insert(key, value);
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
    // What the principal says of itself stays as it is.
    let keys = |_: &dyn RequestHead, keys: &mut AddedKeys| keys.insert("aws:username", "root");
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
