//! `aws:SourceIp`: the peer, or the address that trusted proxies report.

use pinpoint_iam::AuthorizerBuilder;
use pinpoint_iam::web::TrustedProxies;
use proptest::prelude::*;

use super::{PROXIES, UNKNOWN, allow_if, builder, request, status};

/// Responds 200 to a request from `203.0.113.7`, 403 to one from another address, and 503 if the address is unknown.
fn only_from_home() -> AuthorizerBuilder {
    builder(&allow_if(
        r#""IpAddress": {"aws:SourceIp": "203.0.113.7/32"}"#,
    ))
}

const HOME: u16 = 200;
const ELSEWHERE: u16 = 403;

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
async fn the_source_is_the_rightmost_address_that_is_not_a_proxy() {
    let proxies = || TrustedProxies::writing_x_forwarded_for(PROXIES).unwrap();
    for (peer, lines, expected) in [
        ("10.0.0.1", &["203.0.113.7"][..], HOME),
        ("10.0.0.1", &["198.51.100.1"], ELSEWHERE),
        ("192.0.2.1", &["203.0.113.7"], HOME),
        ("2001:db8:1::9", &["203.0.113.7"], HOME),
        ("::ffff:10.0.0.1", &["203.0.113.7"], HOME),
        // A peer that is not a proxy may send any header.
        ("198.51.100.1", &["203.0.113.7"], ELSEWHERE),
        ("10.0.1.1", &["203.0.113.7"], ELSEWHERE),
        ("192.0.2.2", &["203.0.113.7"], ELSEWHERE),
        ("203.0.113.7", &["198.51.100.1"], HOME),
        ("203.0.113.7", &["nonsense"], HOME),
        // The caller's own values are to the left of the value that the proxy added.
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
        // Different spellings.
        ("10.0.0.1", &["203.0.113.7:4711"], HOME),
        ("10.0.0.1", &[" \t203.0.113.7 \t"], HOME),
        ("10.0.0.1", &["::ffff:203.0.113.7"], HOME),
        ("10.0.0.1", &["[::ffff:203.0.113.7]:4711"], HOME),
        ("10.0.0.1", &["[::ffff:203.0.113.7]"], HOME),
        ("10.0.0.1", &["2001:db8::7"], ELSEWHERE),
        // Without a readable client address, the source is unknown. The address of the proxy would be wrong.
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
        // A quote that is opened on the left does not extend to the right.
        (&["for=203.0.113.7;by=\", for=198.51.100.1"], ELSEWHERE),
        (&["for=203.0.113.7;by=\"", "for=198.51.100.1"], ELSEWHERE),
        // Text of the caller that a proxy quotes is not parsed as the proxy's own value.
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
        // A proxy that writes one of the headers forwards the other as the caller sent it.
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
    /// The proxy's own value is to the right of the caller's text, and determines the source.
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
            error.starts_with(&format!("`{text}` is not a valid network")),
            "{error}"
        );
        assert!(error.contains(why), "{error}");
    }
}
