//! Each rule by itself: the signature is the right one for the request, and one rule rejects it.

use std::time::Duration;

use pinpoint_iam_sigv4::{
    Credentials, Error, ErrorKind, PathEncoding, PayloadHash, RequestHead, SecretKey, Verifier,
};

use crate::request::{KEY_ID, Request, SECRET, ana, credentials, vector_time};
use crate::signer::{Signer, at};

fn verifier() -> Verifier {
    Verifier::new("us-east-1", "mobiletargeting").with_clock(vector_time)
}

#[track_caller]
fn accepts(verifier: &Verifier, request: &Request) {
    let caller = request.verify(verifier, &credentials(None));
    assert_eq!(caller, Ok(Some(ana())));
}

/// Checks the kind of the error and a part of its message, and returns the error.
#[track_caller]
fn rejects(verifier: &Verifier, request: &Request, kind: ErrorKind, message: &str) -> Error {
    let error = request.verify(verifier, &credentials(None)).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.message().contains(message), "{error}");
    error
}

const INCOMPLETE: ErrorKind = ErrorKind::IncompleteSignature;
const INVALID: ErrorKind = ErrorKind::InvalidSignature;
const MISMATCH: &str = "signature we calculated does not match";

fn host() -> (&'static str, String) {
    ("host", "pinpoint.example.com".into())
}

#[test]
fn accepts_signatures_in_headers_and_queries() {
    let signer = Signer {
        segments: vec!["v1", "apps", "a b/ü%", "users", "..x"],
        query: vec![("page-size", "1+1 = 2/é".into()), ("token", String::new())],
        body: "{}",
        ..Signer::default()
    };
    for signer in [
        Signer {
            states_payload: true,
            ..signer.clone()
        },
        signer,
    ] {
        accepts(&verifier(), &signer.header());
        accepts(&verifier(), &signer.presigned());
    }
}

#[test]
fn rejects_a_path_in_the_other_encoding() {
    let signer = Signer {
        segments: vec!["a b", "c"],
        ..Signer::default()
    };
    let once = Signer {
        encodes_twice: false,
        ..signer.clone()
    };
    let single = verifier().with_path_encoding(PathEncoding::Single);
    for (rules, right, wrong) in [(verifier(), &signer, &once), (single, &once, &signer)] {
        accepts(&rules, &right.header());
        accepts(&rules, &right.presigned());
        rejects(&rules, &wrong.header(), INVALID, MISMATCH);
    }
}

#[test]
fn rejects_another_path_that_normalizes_to_the_signed_one() {
    let request = Signer {
        segments: vec!["apps", "b"],
        ..Signer::default()
    }
    .presigned();
    for path in ["/apps/a/../b", "//apps/b", "/apps/./b", "/apps//b"] {
        let other = Request {
            path: path.into(),
            ..request.clone()
        };
        rejects(&verifier(), &other, INVALID, MISMATCH);
        accepts(&verifier().with_normalized_paths(), &other);
    }
}

#[test]
fn rejects_an_encoded_slash_in_place_of_a_separator() {
    let request = Signer {
        segments: vec!["apps", "a/b"],
        encodes_twice: false,
        ..Signer::default()
    }
    .presigned();
    let single = verifier().with_path_encoding(PathEncoding::Single);
    accepts(&single, &request);
    let other = Request {
        path: "/apps/a/b".into(),
        ..request
    };
    rejects(&single, &other, INVALID, MISMATCH);
}

#[test]
fn rejects_malformed_percent_encoding() {
    let mut request = Signer::default().header();
    request.query = Some("a=%2".into());
    rejects(&verifier(), &request, INCOMPLETE, "two hexadecimal digits");
    let mut request = Signer::default().header();
    request.path = "/a%".into();
    let single = verifier().with_path_encoding(PathEncoding::Single);
    rejects(&single, &request, INCOMPLETE, "two hexadecimal digits");
    // Without a signature, the query is none of the verifier's business.
    let anonymous = Request::new("GET", "/?a=%");
    assert_eq!(anonymous.verify(&verifier(), &credentials(None)), Ok(None));
}

#[test]
fn allows_five_minutes_between_date_and_clock() {
    let request = Signer::default().header();
    let presigned = Signer::default().presigned();
    let clock = |clock| verifier().with_clock(at(clock));
    for time in ["20150830T123100Z", "20150830T123600Z", "20150830T124100Z"] {
        accepts(&clock(time), &request);
        accepts(&clock(time), &presigned);
    }
    let early = clock("20150830T123059Z");
    let late = clock("20150830T124101Z");
    let text = "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z";
    rejects(&early, &request, INVALID, text);
    rejects(&early, &presigned, INVALID, text);
    let text = "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z";
    rejects(&late, &request, INVALID, text);
    accepts(&late, &presigned);

    let narrow = |time| clock(time).with_clock_window(Duration::from_secs(10));
    accepts(&narrow("20150830T123610Z"), &request);
    rejects(&narrow("20150830T123611Z"), &request, INVALID, "expired");
    let wide = clock("20150830T125100Z").with_clock_window(Duration::MAX);
    accepts(&wide, &request);
}

#[test]
fn accepts_presigned_requests_for_as_long_as_they_state() {
    let presigned = |expires| {
        Signer {
            expires,
            ..Signer::default()
        }
        .presigned()
    };
    let clock = |clock| verifier().with_clock(at(clock));
    accepts(&clock("20150830T123700Z"), &presigned("60"));
    rejects(
        &clock("20150830T123701Z"),
        &presigned("60"),
        INVALID,
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z",
    );
    accepts(&clock("20150906T123600Z"), &presigned("604800"));
    rejects(
        &clock("20150906T123601Z"),
        &presigned("604800"),
        INVALID,
        "Signature expired",
    );
    for expires in [
        "0",
        "604801",
        "-1",
        "+60",
        "",
        "6e2",
        "99999999999999999999",
    ] {
        let text = "X-Amz-Expires must be a number of seconds from 1 to 604800";
        rejects(&verifier(), &presigned(expires), INCOMPLETE, text);
    }
}

#[test]
fn reads_the_date_header_if_it_is_signed() {
    let signer = Signer {
        date_header: "date",
        ..Signer::default()
    };
    accepts(&verifier(), &signer.header());
    let unsigned = Signer {
        signs_date: false,
        ..signer
    };
    let text = "'date' must be a signed header";
    rejects(&verifier(), &unsigned.header(), INVALID, text);
    let unsigned = Signer {
        signs_date: false,
        ..Signer::default()
    };
    let text = "'x-amz-date' must be a signed header";
    rejects(&verifier(), &unsigned.header(), INVALID, text);
    let missing = Signer::default().header().without_header("x-amz-date");
    rejects(
        &verifier(),
        &missing,
        INCOMPLETE,
        "'X-Amz-Date' or a 'Date'",
    );
}

#[test]
fn rejects_other_scopes() {
    let cases = [
        (
            ["20150830", "eu-west-1", "mobiletargeting", "aws4_request"],
            "valid region: 'us-east-1'",
        ),
        (
            ["20150830", "US-EAST-1", "mobiletargeting", "aws4_request"],
            "valid region",
        ),
        (
            ["20150830", "us-east-1", "s3", "aws4_request"],
            "correct service: 'mobiletargeting'",
        ),
        (
            ["20150830", "us-east-1", "mobiletargeting", "aws5_request"],
            "terminator: 'aws4_request'",
        ),
        (
            ["20150831", "us-east-1", "mobiletargeting", "aws4_request"],
            "Date in Credential scope",
        ),
        (
            ["2015083", "us-east-1", "mobiletargeting", "aws4_request"],
            "Date in Credential scope",
        ),
    ];
    for (scope, text) in cases {
        let signer = Signer {
            scope,
            ..Signer::default()
        };
        rejects(&verifier(), &signer.header(), INVALID, text);
        rejects(&verifier(), &signer.presigned(), INVALID, text);
    }
}

#[test]
fn rejects_malformed_credentials() {
    for key_id in ["", "A/B", "A B", "a".repeat(129).leak()] {
        let signer = Signer {
            key_id,
            ..Signer::default()
        };
        for request in [signer.header(), signer.presigned()] {
            rejects(
                &verifier(),
                &request,
                INCOMPLETE,
                "Credential must have exactly 5",
            );
        }
    }
}

#[test]
fn requires_that_the_host_is_signed() {
    let signer = Signer {
        signs_host: false,
        ..Signer::default()
    };
    let text = "'host' must be a signed header";
    rejects(&verifier(), &signer.header(), INVALID, text);
    let with_another = Signer {
        headers: vec![host(), ("accept", "*/*".into())],
        ..signer
    };
    rejects(&verifier(), &with_another.presigned(), INVALID, text);
}

#[test]
fn requires_that_amz_headers_are_signed() {
    for request in [Signer::default().header(), Signer::default().presigned()] {
        for name in ["X-Amz-Target", "x-amz-meta-a", "x-amz-content-sha256"] {
            let hash = PayloadHash::of("");
            let request = request.clone().with_header(name, hash.as_str());
            let text = format!("'{}' must be a signed header", name.to_lowercase());
            rejects(&verifier(), &request, INVALID, &text);
        }
        // Other headers can be added on the way.
        accepts(&verifier(), &request.with_header("x-amzn-trace-id", "1"));
    }
    let signed = Signer {
        headers: vec![host(), ("x-amz-target", "A.B".into())],
        ..Signer::default()
    };
    accepts(&verifier(), &signed.header());
    accepts(&verifier(), &signed.presigned());
}

#[test]
fn exempts_named_headers_only() {
    let rules = verifier().allow_unsigned_header("X-Amz-Cf-Id");
    let request = Signer::default().header();
    accepts(&rules, &request.clone().with_header("X-Amz-Cf-Id", "1"));
    let other = request.with_header("X-Amz-Cf-Id2", "1");
    rejects(
        &rules,
        &other,
        INVALID,
        "'x-amz-cf-id2' must be a signed header",
    );

    // The headers of the signature cannot be exempted.
    let rules = verifier()
        .allow_unsigned_header("x-amz-date")
        .allow_unsigned_header("x-amz-security-token")
        .allow_unsigned_header("x-amz-content-sha256")
        .allow_unsigned_header("host");
    let unsigned_date = Signer {
        signs_date: false,
        ..Signer::default()
    };
    rejects(&rules, &unsigned_date.header(), INVALID, "'x-amz-date'");
    let unsigned_host = Signer {
        signs_host: false,
        ..Signer::default()
    };
    rejects(&rules, &unsigned_host.header(), INVALID, "'host'");
    for name in ["x-amz-security-token", "x-amz-content-sha256"] {
        let request = Signer::default().header();
        let request = request.with_header(name, PayloadHash::of("").as_str());
        rejects(&rules, &request, INVALID, name);
    }
}

#[test]
fn requires_more_signed_headers_on_request() {
    let rules = verifier().require_signed_header("Content-Type");
    accepts(&rules, &Signer::default().header());
    let unsigned = Signer::default()
        .header()
        .with_header("content-type", "a/b");
    accepts(&verifier(), &unsigned);
    let text = "'content-type' must be a signed header";
    rejects(&rules, &unsigned, INVALID, text);
    let signed = Signer {
        headers: vec![host(), ("content-type", "a/b".into())],
        ..Signer::default()
    };
    accepts(&rules, &signed.header());
}

#[test]
fn rejects_signed_headers_that_are_missing() {
    let signer = Signer {
        headers: vec![host(), ("accept", "*/*".into())],
        ..Signer::default()
    };
    let text = "The signed header 'accept' is missing";
    for request in [signer.header(), signer.presigned()] {
        rejects(
            &verifier(),
            &request.without_header("accept"),
            INVALID,
            text,
        );
    }
}

#[test]
fn rejects_lists_of_signed_headers_that_are_not_sorted_names() {
    let request = Signer::default().header();
    for list in [
        "x-amz-date;host",
        "host;host;x-amz-date",
        "Host;x-amz-date",
        "host;;x-amz-date",
        "",
        "host;x-amz-date;",
    ] {
        let mut request = request.clone();
        let authorization = request.header_mut("authorization");
        let text = String::from_utf8(authorization.clone()).unwrap();
        *authorization = text.replace("host;x-amz-date", list).into();
        rejects(
            &verifier(),
            &request,
            INCOMPLETE,
            "SignedHeaders must be names",
        );
    }
}

/// Lines that are joined with commas have the same signature as one line, so that only this rule rejects them.
#[test]
fn rejects_repeated_headers() {
    for name in [
        "host",
        "content-type",
        "content-length",
        "date",
        "x-amz-target",
        "x-amz-other",
    ] {
        let mut headers = vec![(name, "a".to_owned()), (name, "b".to_owned())];
        if name != "host" {
            headers.push(host());
        }
        let signer = Signer {
            headers,
            ..Signer::default()
        };
        let text = format!("'{name}' is repeated");
        rejects(&verifier(), &signer.header(), INCOMPLETE, &text);
        rejects(&verifier(), &signer.presigned(), INCOMPLETE, &text);
    }
    for name in ["x-amz-meta-a", "accept"] {
        let signer = Signer {
            headers: vec![host(), (name, "a".into()), (name, "b".into())],
            ..Signer::default()
        };
        accepts(&verifier(), &signer.header());
    }
    let request = Signer::default().header();
    for name in ["authorization", "x-amz-date"] {
        let value = String::from_utf8(request.clone().header_mut(name).clone()).unwrap();
        let repeated = request.clone().with_header(name, &value);
        rejects(&verifier(), &repeated, INCOMPLETE, "is repeated");
    }
    let mixed = request.with_header("Authorization", "Bearer x");
    rejects(
        &verifier(),
        &mixed,
        INCOMPLETE,
        "'authorization' is repeated",
    );
}

#[test]
fn rejects_repeated_query_parameters_of_the_signature() {
    let presigned = Signer {
        states_payload: true,
        ..Signer::default()
    }
    .presigned();
    let query = presigned.query.clone().unwrap();
    for parameter in query.split('&') {
        let name = parameter.split('=').next().unwrap();
        for name in [
            name.to_owned(),
            name.to_lowercase(),
            name.replace("X-", "%58-"),
        ] {
            let request = Request {
                query: Some(format!("{query}&{name}=x")),
                ..presigned.clone()
            };
            rejects(&verifier(), &request, INCOMPLETE, "is repeated");
        }
    }
}

#[test]
fn rejects_incomplete_signatures() {
    let presigned = Signer::default().presigned();
    let query = presigned.query.clone().unwrap();
    let parameters: Vec<_> = query.split('&').collect();
    for missing in &parameters {
        let kept: Vec<_> = parameters
            .iter()
            .copied()
            .filter(|it| it != missing)
            .collect();
        let request = Request {
            query: Some(kept.join("&")),
            ..presigned.clone()
        };
        let name = missing.split('=').next().unwrap();
        let text = format!("must include '{name}'");
        rejects(&verifier(), &request, INCOMPLETE, &text);
        // One parameter alone is an attempt as well.
        let alone = Request {
            query: Some((*missing).to_owned()),
            ..presigned.clone()
        };
        assert!(alone.verify(&verifier(), &credentials(None)).is_err());
        let lower = Request {
            query: Some(query.replace(name, &name.to_lowercase())),
            ..presigned.clone()
        };
        rejects(&verifier(), &lower, INCOMPLETE, "another case");
    }

    let request = Signer::default().header();
    let authorization =
        String::from_utf8(request.clone().header_mut("authorization").clone()).unwrap();
    let fields = authorization.strip_prefix("AWS4-HMAC-SHA256 ").unwrap();
    let fields: Vec<_> = fields.split(", ").collect();
    let [credential, signed_headers, signature] = fields[..] else {
        panic!("{fields:?}");
    };
    let with = |fields: &str| {
        let mut request = request.clone();
        *request.header_mut("authorization") = format!("AWS4-HMAC-SHA256 {fields}").into();
        request
    };
    for (fields, text) in [
        (
            format!("{signed_headers}, {signature}"),
            "requires 'Credential'",
        ),
        (
            format!("{credential}, {signature}"),
            "requires 'SignedHeaders'",
        ),
        (
            format!("{credential}, {signed_headers}"),
            "requires 'Signature'",
        ),
        (String::new(), "missing equal-sign"),
        (
            format!("{credential}, {signed_headers}, {signature},"),
            "missing equal-sign",
        ),
        (
            format!("{credential}, {signed_headers}, {signature}, {signature}"),
            "repeated or unknown",
        ),
        (
            format!("{credential}, {signed_headers}, {signature}, Other=1"),
            "repeated or unknown",
        ),
    ] {
        rejects(&verifier(), &with(&fields), INCOMPLETE, text);
    }
    // Clients may write them in another order, and without spaces.
    accepts(
        &verifier(),
        &with(&format!("{signature},{signed_headers},{credential}")),
    );
}

#[test]
fn rejects_two_mechanisms() {
    let text = "Only one authentication mechanism is allowed";
    let both = {
        let header = Signer::default().header();
        Request {
            query: Signer::default().presigned().query,
            ..header
        }
    };
    rejects(&verifier(), &both, INCOMPLETE, text);
    let bearer = Signer::default()
        .presigned()
        .with_header("Authorization", "Bearer x");
    rejects(&verifier(), &bearer, INCOMPLETE, text);
    let empty = Signer::default()
        .presigned()
        .with_header("Authorization", "");
    rejects(&verifier(), &empty, INCOMPLETE, text);
    // A signed request whose query has a part of a presigned one.
    for name in [
        "X-Amz-Signature",
        "x-amz-credential",
        "X-Amz-Security-Token",
    ] {
        let signer = Signer {
            query: vec![(name, "x".into())],
            ..Signer::default()
        };
        rejects(&verifier(), &signer.header(), INCOMPLETE, text);
    }
    for name in ["x-amz-date", "x-amz-security-token"] {
        let signer = Signer {
            headers: vec![host(), (name, "20150830T123600Z".into())],
            ..Signer::default()
        };
        let text = format!("'{name}' is not allowed in a presigned request");
        rejects(&verifier(), &signer.presigned(), INCOMPLETE, &text);
    }
}

#[test]
fn rejects_other_algorithms() {
    let mut request = Signer::default().header();
    let right = String::from_utf8(request.header_mut("authorization").clone()).unwrap();
    for scheme in [
        "AWS4-ECDSA-P256-SHA256",
        "aws4-hmac-sha256",
        "AWS",
        "AWS3-HTTPS",
        "AWS4-HMAC-SHA256,",
    ] {
        *request.header_mut("authorization") = right.replace("AWS4-HMAC-SHA256", scheme).into();
        rejects(
            &verifier(),
            &request,
            INCOMPLETE,
            "Unsupported AWS 'algorithm'",
        );
    }
    let mut presigned = Signer::default().presigned();
    let query = presigned.query.unwrap();
    presigned.query = Some(query.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"));
    rejects(
        &verifier(),
        &presigned,
        INCOMPLETE,
        "Unsupported AWS 'algorithm'",
    );
}

#[test]
fn passes_on_requests_without_a_signature() {
    let requests = [
        Request::new("GET", "/"),
        Request::new("GET", "/?X-Amz=1&X-Amz-Target=2"),
        Request::new("GET", "/").with_header("Authorization", "Bearer AWS4-HMAC-SHA256"),
        Request::new("GET", "/").with_header("Authorization", "Basic YTpi"),
        Request::new("GET", "/").with_header("Authorization", ""),
        Request::new("GET", "/").with_header("Authorization", "Awsome x"),
    ];
    for request in requests {
        assert_eq!(request.verify(&verifier(), &credentials(None)), Ok(None));
        let error = rejects(
            &verifier().reject_anonymous(),
            &request,
            ErrorKind::MissingAuthenticationToken,
            "Missing Authentication Token",
        );
        assert_eq!(error.status(), 403);
    }
}

#[test]
fn compares_session_tokens() {
    let signer = Signer {
        token: Some("token"),
        ..Signer::default()
    };
    for (request, without) in [
        (signer.header(), Signer::default().header()),
        (signer.presigned(), Signer::default().presigned()),
    ] {
        let caller = |request: &Request, token| request.verify(&verifier(), &credentials(token));
        assert_eq!(caller(&request, Some("token")), Ok(Some(ana())));
        for (request, token) in [
            (&request, Some("other")),
            (&request, Some("toke")),
            (&request, None),
            (&without, Some("token")),
        ] {
            let error = caller(request, token).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnrecognizedClient);
            assert_eq!(error.status(), 403);
        }
    }
    let empty = Signer {
        token: Some(""),
        ..Signer::default()
    };
    rejects(&verifier(), &empty.header(), INCOMPLETE, "token is empty");
    rejects(
        &verifier(),
        &empty.presigned(),
        INCOMPLETE,
        "token is empty",
    );
}

#[test]
fn accepts_tokens_added_after_signing_on_request() {
    let header = Signer::default()
        .header()
        .with_header("X-Amz-Security-Token", "token");
    let mut presigned = Signer::default().presigned();
    presigned.query = presigned
        .query
        .map(|query| query + "&X-Amz-Security-Token=token");
    let rules = verifier().with_token_added_after_signing();
    for request in [header, presigned] {
        let caller = |rules, token| request.verify(rules, &credentials(token));
        assert_eq!(caller(&rules, Some("token")), Ok(Some(ana())));
        assert!(caller(&rules, Some("other")).is_err());
        assert!(caller(&rules, None).is_err());
        let error = caller(&verifier(), Some("token")).unwrap_err();
        assert_eq!(error.kind(), INVALID);
    }
}

#[test]
fn rejects_expired_credentials() {
    let request = Signer::default().header();
    let caller = |end| {
        let credentials = credentials(None).expiring_at(end);
        request.verify(&verifier(), &credentials)
    };
    let second = Duration::from_secs(1);
    assert_eq!(caller(vector_time() + second), Ok(Some(ana())));
    for end in [vector_time(), vector_time() - second] {
        let error = caller(end).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ExpiredToken);
        assert_eq!(
            (error.status(), error.code()),
            (403, "ExpiredTokenException")
        );
    }
}

#[test]
fn rejects_other_secrets() {
    let request = Signer::default().header();
    for secret in ["", "x", &SECRET[1..], &SECRET.to_lowercase()] {
        let credentials = Credentials::new(SecretKey::new(secret), ana());
        let error = request.verify(&verifier(), &credentials).unwrap_err();
        assert_eq!(error.kind(), INVALID);
    }
    let long = Box::leak("k".repeat(200).into_boxed_str());
    let signer = Signer {
        secret: long,
        ..Signer::default()
    };
    let credentials = Credentials::new(SecretKey::new(&*long), ana());
    let caller = signer.header().verify(&verifier(), &credentials);
    assert_eq!(caller, Ok(Some(ana())));
}

#[test]
fn rejects_unsigned_payloads_unless_they_are_allowed() {
    let signer = Signer {
        payload: Some("UNSIGNED-PAYLOAD"),
        states_payload: true,
        body: "anything",
        ..Signer::default()
    };
    for request in [signer.header(), signer.presigned()] {
        rejects(
            &verifier(),
            &request,
            INVALID,
            "UNSIGNED-PAYLOAD is not allowed",
        );
        let rules = verifier().allow_unsigned_payload();
        accepts(&rules, &request);
        let signed = rules.read(&request.head()).unwrap().unwrap();
        assert!(!signed.needs_body());
        assert_eq!(signed.verify(&credentials(None), None), Ok(ana()));
    }
    // Where the payload may be unsigned, one that is signed is still verified.
    let signed = Signer {
        body: "text",
        ..Signer::default()
    };
    let rules = verifier().allow_unsigned_payload();
    for mut request in [signed.header(), signed.presigned()] {
        accepts(&rules, &request);
        request.body.push(b'x');
        rejects(&rules, &request, INVALID, MISMATCH);
    }
}

#[test]
fn reads_presigned_requests_of_s3_as_unsigned_if_that_is_allowed() {
    let signer = Signer {
        payload: Some("UNSIGNED-PAYLOAD"),
        body: "anything",
        encodes_twice: false,
        ..Signer::default()
    };
    let single = verifier().with_path_encoding(PathEncoding::Single);
    rejects(&single, &signer.presigned(), INVALID, MISMATCH);
    let allowed = single.allow_unsigned_payload();
    accepts(&allowed, &signer.presigned());
    rejects(&allowed, &signer.header(), INVALID, MISMATCH);
}

#[test]
fn compares_the_stated_hash_with_the_body() {
    let signer = Signer {
        states_payload: true,
        body: "text",
        ..Signer::default()
    };
    for mut request in [signer.header(), signer.presigned()] {
        accepts(&verifier(), &request);
        // The signature itself is right, and is verified before the body.
        let signed = verifier().read(&request.head()).unwrap().unwrap();
        assert_eq!(signed.verify_before_body(&credentials(None)), Ok(()));
        assert!(signed.needs_body());
        assert!(signed.verify(&credentials(None), None).is_err());
        request.body.push(b'x');
        rejects(
            &verifier(),
            &request,
            INVALID,
            "does not match what was computed",
        );
    }
    for payload in [
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "unsigned-payload",
        "",
        "982D9E3EB996F559E633F4D194DEF3761D909F5A3B647D1A851FEAD67C32C9D1",
    ] {
        let signer = Signer {
            payload: Some(payload),
            ..signer.clone()
        };
        let text = "must be the SHA-256 of the payload";
        let rules = verifier().allow_unsigned_payload();
        rejects(&rules, &signer.header(), INVALID, text);
        rejects(&rules, &signer.presigned(), INVALID, text);
    }
    let twice = Signer {
        headers: vec![host(), ("x-amz-content-sha256", signer.payload_hash())],
        ..signer
    };
    rejects(&verifier(), &twice.presigned(), INCOMPLETE, "stated twice");
}

#[test]
fn verifies_early_only_what_is_certain() {
    let request = Signer {
        states_payload: true,
        secret: "other",
        ..Signer::default()
    }
    .header();
    let signed = verifier().read(&request.head()).unwrap().unwrap();
    assert!(signed.verify_before_body(&credentials(None)).is_err());
    let request = Signer::default().header();
    let signed = verifier().read(&request.head()).unwrap().unwrap();
    assert!(
        signed
            .verify_before_body(&credentials(Some("token")))
            .is_err()
    );
    assert_eq!(signed.access_key().id(), KEY_ID);
}

#[test]
fn takes_the_host_from_the_authority() {
    let request = Signer::default().header();
    let without = request.clone().without_header("host");
    let caller = |request: &Request, authority: Option<&str>| {
        let head = request.head();
        let authority = authority.map(str::to_owned);
        let head: RequestHead<'_> = head.with_authority(authority.as_deref());
        let signed = verifier().read(&head)?.unwrap();
        signed.verify(&credentials(None), Some(&PayloadHash::of("")))
    };
    assert_eq!(caller(&request, Some("pinpoint.example.com")), Ok(ana()));
    assert_eq!(caller(&without, Some("pinpoint.example.com")), Ok(ana()));
    let error = caller(&request, Some("other.example.com")).unwrap_err();
    assert_eq!(error.kind(), INCOMPLETE);
    assert!(error.message().contains("differs from the authority"));
    let error = caller(&without, Some("other.example.com")).unwrap_err();
    assert_eq!(error.kind(), INVALID);
    let error = caller(&without, None).unwrap_err();
    assert!(error.message().contains("'host' is missing"), "{error}");
}

#[test]
fn writes_errors_as_aws_clients_read_them() {
    let cases = [
        (
            ErrorKind::MissingAuthenticationToken,
            403,
            "MissingAuthenticationTokenException",
        ),
        (
            ErrorKind::IncompleteSignature,
            400,
            "IncompleteSignatureException",
        ),
        (
            ErrorKind::InvalidSignature,
            403,
            "InvalidSignatureException",
        ),
        (
            ErrorKind::UnrecognizedClient,
            403,
            "UnrecognizedClientException",
        ),
        (ErrorKind::ExpiredToken, 403, "ExpiredTokenException"),
        (ErrorKind::PayloadTooLarge, 413, "PayloadTooLargeException"),
        (ErrorKind::UnreadableBody, 400, "BadRequestException"),
        (
            ErrorKind::KeysUnavailable,
            503,
            "ServiceUnavailableException",
        ),
    ];
    for (kind, status, code) in cases {
        assert_eq!((kind.status(), kind.code()), (status, code));
    }
    let request = Request::new("GET", "/").with_header("X-Amz-Date\"", "");
    let error = rejects(
        &verifier().reject_anonymous(),
        &request,
        ErrorKind::MissingAuthenticationToken,
        "",
    );
    assert_eq!(
        error.to_json(),
        r#"{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}"#
    );
}
