//! `aws:SecureTransport`: set by the application, or by the outermost proxy.

use pinpoint_iam::web::{Transport, TrustedProxies};
use pinpoint_iam::{AuthorizerBuilder, BuildError};

use super::{PROXIES, UNKNOWN, allow_if, builder, request, status};

/// Responds 200 to a secure request, 403 to an insecure one, and 503 if the transport is unknown.
fn only_secure() -> AuthorizerBuilder {
    builder(&allow_if(r#""Bool": {"aws:SecureTransport": "true"}"#))
}

const SECURE: u16 = 200;
const PLAIN: u16 = 403;

#[tokio::test]
async fn the_transport_is_the_one_that_the_application_sets() {
    let spoofed = [
        ("x-forwarded-proto", "https"),
        ("forwarded", "for=203.0.113.7;proto=https"),
    ];
    for (transport, expected) in [
        (None, UNKNOWN),
        (Some(Transport::Unknown), UNKNOWN),
        (Some(Transport::Insecure), PLAIN),
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
async fn the_outermost_proxy_reports_the_transport() {
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
        // Headers are ignored if the request did not come through the proxies.
        ("198.51.100.1", &[client, (scheme, "https")], UNKNOWN),
        ("198.51.100.1", &[(scheme, "https")], UNKNOWN),
    ] {
        let builder = only_secure()
            .trusted_proxies(x_forwarded())
            .transport(Transport::FromProxy);
        let status = status(builder, request(Some(peer), headers)).await;
        assert_eq!(status, expected, "{peer} {headers:?}");
    }
    for (line, expected) in [
        ("for=203.0.113.7;proto=https", SECURE),
        ("proto=\"https\";for=203.0.113.7", SECURE),
        ("for=203.0.113.7;proto=http", PLAIN),
        // Neither the transport between the proxies nor the caller's own values count.
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
            .transport(Transport::FromProxy);
        let headers = [("forwarded", line), (scheme, "https")];
        let status = status(builder, request(Some("10.0.0.1"), &headers)).await;
        assert_eq!(status, expected, "{line}");
    }
}

#[test]
fn the_transport_from_a_proxy_requires_a_trusted_proxy() {
    let built = only_secure().transport(Transport::FromProxy).build();
    assert_eq!(built.unwrap_err(), BuildError::NoTrustedProxies);
}
