//! No request makes the verifier panic.

use pinpoint_iam_sigv4::{PathEncoding, PayloadHash, RequestHead, Verifier};
use proptest::prelude::*;

use crate::request::{credentials, vector_time};

fn verifiers() -> [Verifier; 3] {
    let verifier = || Verifier::new("us-east-1", "service").with_clock(vector_time);
    [
        verifier(),
        verifier()
            .with_path_encoding(PathEncoding::Single)
            .allow_unsigned_payload()
            .with_token_added_after_signing(),
        verifier().with_normalized_paths().reject_anonymous(),
    ]
}

/// Texts around those that the verifier reads.
fn text() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "",
        "20150830T123600Z",
        "Sun, 30 Aug 2015 12:36:00 GMT",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/service/aws4_request, SignedHeaders=host, Signature=0",
        "A/20150830/us-east-1/service/aws4_request",
        "Credential=////, SignedHeaders=;, Signature=",
        "host;x-amz-date",
        "3600",
        "UNSIGNED-PAYLOAD",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "99999999999999999999",
    ]);
    prop_oneof![
        2 => known.prop_map(str::to_owned),
        1 => ".{0,40}",
        1 => "[a-zA-Z0-9 =,;/%&?é-]{0,40}",
    ]
}

fn header() -> impl Strategy<Value = (String, Vec<u8>)> {
    let name = prop_oneof![
        3 => prop::sample::select(vec![
            "Authorization",
            "Host",
            "X-Amz-Date",
            "Date",
            "X-Amz-Security-Token",
            "X-Amz-Content-Sha256",
            "X-Amz-Other",
        ])
        .prop_map(str::to_owned),
        1 => ".{0,10}",
    ];
    let value = prop_oneof![
        3 => text().prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ];
    (name, value)
}

fn query() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "X-Amz-Security-Token",
        "X-Amz-Content-Sha256",
        "x-amz-signature",
        "%",
        "a",
    ]);
    let parameter = (name, text()).prop_map(|(name, value)| format!("{name}={value}"));
    prop::collection::vec(parameter, 0..10).prop_map(|parameters| parameters.join("&"))
}

proptest! {
    #[test]
    fn never_panics(
        method in prop_oneof![Just("GET".to_owned()), ".{0,5}"],
        path in prop_oneof!["(/[a-z.%é ]{0,4}){0,5}", ".{0,20}"],
        query in prop::option::of(query()),
        authority in prop::option::of(text()),
        headers in prop::collection::vec(header(), 0..8),
    ) {
        let head = RequestHead::new(&method, &path, query.as_deref())
            .with_authority(authority.as_deref());
        let head = headers.iter().fold(head, |head, (name, value)| head.with_header(name, value));
        for verifier in verifiers() {
            if let Ok(Some(signed)) = verifier.read(&head) {
                // The signature is arbitrary as well.
                let credentials = credentials(signed.access_key().session_token());
                prop_assert!(signed.verify(&credentials, Some(&PayloadHash::of(""))).is_err());
                prop_assert!(signed.verify(&credentials, None).is_err());
            }
        }
    }
}
