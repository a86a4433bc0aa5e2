//! What is checked of a server of either framework, over TCP.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use pinpoint_iam::policy::Document;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Policy, Principal, Scope};
use pinpoint_iam_sigv4::{AccessKey, Credentials, KeyError, SecretKey, Verifier};

use crate::request::{KEY_ID, Request, SECRET, ana, vector_time};
use crate::signer::Signer;

pub(crate) const BODY_LIMIT: usize = 100;

pub(crate) fn authorizer() -> Authorizer {
    let document = Document::parse(
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow",
            "Action": ["mobiletargeting:GetCampaign", "mobiletargeting:UpdateCampaign"],
            "Resource": "*"
        }}"#,
    )
    .unwrap();
    let mut store = PolicyStore::new();
    let ana = store
        .identity("arn:aws:iam::123456789012:user/ana")
        .unwrap();
    ana.attach(Policy::new("reader", document));
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .build()
        .unwrap()
}

pub(crate) fn verifier() -> Verifier {
    Verifier::new("us-east-1", "mobiletargeting")
        .with_clock(vector_time)
        .with_body_limit(BODY_LIMIT)
}

/// `AKIDEXAMPLE` is Ana's, `BEN` is of a user without policies, and the database of `BROKEN` does not respond.
pub(crate) async fn find_key(key: AccessKey) -> Result<Option<Credentials>, KeyError> {
    let principal = match key.id() {
        KEY_ID => ana(),
        "BEN" => Principal::from_arn("arn:aws:iam::123456789012:user/ben")?,
        "BROKEN" => return Err("the database at 10.0.0.1 does not respond".into()),
        _ => return Ok(None),
    };
    Ok(Some(Credentials::new(SecretKey::new(SECRET), principal)))
}

struct Response {
    status: u16,
    head: String,
    body: String,
}

impl Response {
    fn of(address: SocketAddr, request: &Request) -> Self {
        let target = match &request.query {
            Some(query) => format!("{}?{query}", request.path),
            None => request.path.clone(),
        };
        let mut bytes = format!(
            "{} {target} HTTP/1.1\r\nconnection: close\r\n",
            request.method
        );
        let is_chunked = request
            .headers
            .iter()
            .any(|(name, _)| name == "transfer-encoding");
        if !is_chunked {
            bytes += &format!("content-length: {}\r\n", request.body.len());
        }
        for (name, value) in &request.headers {
            bytes += &format!("{name}: {}\r\n", String::from_utf8_lossy(value));
        }
        let mut bytes = (bytes + "\r\n").into_bytes();
        bytes.extend(&request.body);
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(&bytes).unwrap();
        let mut text = Vec::new();
        // A server that has not read a whole body may reset the connection after its response.
        drop(stream.read_to_end(&mut text));
        let text = String::from_utf8(text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
        Self {
            status: head
                .get(9..12)
                .and_then(|it| it.parse().ok())
                .unwrap_or_default(),
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }
}

#[track_caller]
pub(crate) fn responds(address: SocketAddr, request: &Request, status: u16, code: &str) {
    let response = Response::of(address, request);
    let (head, body) = (&response.head, &response.body);
    assert_eq!(response.status, status, "{head}\n{body}");
    if status == 200 {
        assert_eq!(body, code);
        return;
    }
    let header = format!("x-amzn-errortype: {}", code.to_lowercase());
    assert!(head.contains(&header), "{head}\n{body}");
    assert!(head.contains("content-type: application/json"), "{head}");
    assert!(!body.contains("10.0.0.1"), "{body}");
}

/// Checks a server whose handler `GetCampaign` returns `NAME of APPLICATION` and whose handler `UpdateCampaign` returns the body.
pub(crate) fn check(address: SocketAddr) {
    let get = || Signer {
        segments: vec!["v1", "apps", "a1", "campaigns", "c1"],
        ..Signer::default()
    };
    let put = |body| Signer {
        method: "PUT",
        body,
        ..get()
    };

    // Signed requests are allowed, and the handler gets the body.
    for request in [get().header(), get().presigned()] {
        responds(address, &request, 200, "c1 of a1");
    }
    for states_payload in [true, false] {
        let signer = Signer {
            states_payload,
            ..put("a small body")
        };
        responds(address, &signer.header(), 200, "a small body");
        responds(address, &signer.presigned(), 200, "a small body");
        let mut request = signer.header();
        request.body[0] = b'A';
        responds(address, &request, 403, "InvalidSignatureException");
    }

    // A caller without permission is authenticated.
    let ben = Signer {
        key_id: "BEN",
        ..get()
    };
    responds(address, &ben.header(), 403, "AccessDeniedException");

    // Wrong and unknown keys, and a provider that fails.
    let wrong = Signer {
        secret: "wrong",
        ..get()
    };
    responds(address, &wrong.header(), 403, "InvalidSignatureException");
    responds(
        address,
        &wrong.presigned(),
        403,
        "InvalidSignatureException",
    );
    let unknown = Signer {
        key_id: "UNKNOWN",
        ..get()
    };
    responds(
        address,
        &unknown.header(),
        403,
        "UnrecognizedClientException",
    );
    let broken = Signer {
        key_id: "BROKEN",
        ..get()
    };
    responds(
        address,
        &broken.header(),
        503,
        "ServiceUnavailableException",
    );

    // Requests without a signature.
    let anonymous = Request::new("GET", "/v1/apps/a1/campaigns/c1").with_header("host", "a");
    let code = "MissingAuthenticationTokenException";
    responds(address, &anonymous, 401, code);
    let bearer = anonymous.with_header("authorization", "Bearer x");
    responds(address, &bearer, 401, code);

    // A signature for another path, and an ambiguous request.
    let other = Request {
        path: "/v1/apps/a1/campaigns/c2".into(),
        ..get().header()
    };
    responds(address, &other, 403, "InvalidSignatureException");
    let both = Request {
        query: get().presigned().query,
        ..get().header()
    };
    responds(address, &both, 400, "IncompleteSignatureException");

    // Bodies up to the limit, with a length and without one.
    let text: &'static str = "x".repeat(BODY_LIMIT + 1).leak();
    for (body, status) in [(&text[1..], 200), (text, 413)] {
        let code = if status == 200 {
            body
        } else {
            "PayloadTooLargeException"
        };
        responds(address, &put(body).header(), status, code);
        let mut chunked = put(body)
            .header()
            .with_header("transfer-encoding", "chunked");
        chunked.body = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).into();
        responds(address, &chunked, status, code);
    }
}
