//! The cases of AWS's own signer, and requests that boto3 has signed.

use pinpoint_iam_sigv4::{ErrorKind, PathEncoding, RequestHead, Verifier};
use serde::Deserialize;

use crate::request::{Request, ana, credentials, vector_time};
use crate::signer::at;

#[derive(Deserialize)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) normalize: bool,
    token_added_after_signing: bool,
    pub(crate) session_token: Option<String>,
    method: String,
    body: String,
    header: Signed,
    query: Signed,
}

#[derive(Deserialize)]
struct Signed {
    target: String,
    headers: Vec<(String, String)>,
}

impl Vector {
    pub(crate) fn all() -> Vec<Self> {
        let lines = include_str!("../vectors/vectors.jsonl").lines();
        let vectors: Vec<_> = lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(vectors.len(), 38);
        vectors
    }

    /// The request with the signature in its headers, and with the signature in its query.
    pub(crate) fn requests(&self) -> [Request; 2] {
        [&self.header, &self.query].map(|signed| {
            let request = Request::new(&self.method, &signed.target).with_body(&self.body);
            signed
                .headers
                .iter()
                .fold(request, |request, (name, value)| {
                    request.with_header(name, value)
                })
        })
    }

    pub(crate) fn verifier(&self) -> Verifier {
        let verifier = Verifier::new("us-east-1", "service").with_clock(vector_time);
        let verifier = if self.normalize {
            verifier.with_normalized_paths()
        } else {
            verifier
        };
        if self.token_added_after_signing {
            verifier.with_token_added_after_signing()
        } else {
            verifier
        }
    }
}

#[test]
fn verifies_every_vector() {
    for vector in Vector::all() {
        let credentials = credentials(vector.session_token.as_deref());
        for request in vector.requests() {
            let caller = request.verify(&vector.verifier(), &credentials);
            assert_eq!(caller, Ok(Some(ana())), "{}", vector.name);
        }
    }
}

#[test]
fn verifies_every_vector_as_a_request_of_the_crate_http() {
    for vector in Vector::all() {
        let credentials = credentials(vector.session_token.as_deref());
        for request in vector.requests() {
            // A target with a space cannot be sent: a client encodes it, and signs that as Amazon S3 does.
            let has_space = request.path.contains(' ');
            let verifier = if has_space {
                vector.verifier().with_path_encoding(PathEncoding::Single)
            } else {
                vector.verifier()
            };
            let path = request.path.replace(' ', "%20");
            let target = match &request.query {
                Some(query) => format!("{path}?{query}"),
                None => path,
            };
            let mut builder = http::Request::builder()
                .method(&*request.method)
                .uri(target);
            for (name, value) in &request.headers {
                builder = builder.header(name, value.as_slice());
            }
            let parts = builder.body(()).unwrap().into_parts().0;
            let signed = verifier.read(&RequestHead::from(&parts)).unwrap().unwrap();
            let hash = pinpoint_iam_sigv4::PayloadHash::of(&request.body);
            let caller = signed.verify(&credentials, Some(&hash));
            assert_eq!(caller, Ok(ana()), "{}", vector.name);
        }
    }
}

#[test]
fn rejects_paths_that_are_not_normalized_by_default() {
    let mut rejected = 0;
    for vector in Vector::all() {
        let credentials = credentials(vector.session_token.as_deref());
        for request in vector.requests() {
            let is_normalized = !request.path.contains("//") && !request.path.contains("/.");
            let verifier = Verifier::new("us-east-1", "service").with_clock(vector_time);
            if vector.normalize && !is_normalized {
                let error = request.verify(&verifier, &credentials).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidSignature, "{}", vector.name);
                rejected += 1;
            }
        }
    }
    assert_eq!(rejected, 12);
}

#[derive(Deserialize)]
struct Recorded {
    name: String,
    service: String,
    session_token: Option<String>,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Recorded {
    fn date(&self) -> String {
        let header = self.headers.iter().find(|(name, _)| name == "X-Amz-Date");
        match header {
            Some((_, date)) => date.clone(),
            None => self.target.split_once("X-Amz-Date=").unwrap().1[..16].to_owned(),
        }
    }
}

#[test]
fn verifies_requests_of_boto3() {
    let lines = include_str!("../vectors/boto3.jsonl").lines();
    let recorded: Vec<Recorded> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(recorded.len(), 10);
    for recorded in recorded {
        let mut request =
            Request::new(&recorded.method, &recorded.target).with_body(&recorded.body);
        for (name, value) in &recorded.headers {
            request = request.with_header(name, value);
        }
        let verifier =
            Verifier::new("eu-west-1", &recorded.service).with_clock(at(&recorded.date()));
        let verifier = if recorded.service == "s3" {
            verifier
                .with_path_encoding(PathEncoding::Single)
                .allow_unsigned_payload()
        } else {
            verifier
        };
        let credentials = credentials(recorded.session_token.as_deref());
        let caller = request.verify(&verifier, &credentials);
        assert_eq!(caller, Ok(Some(ana())), "{}", recorded.name);

        request.path.push('x');
        let error = request.verify(&verifier, &credentials).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::InvalidSignature,
            "{}",
            recorded.name
        );
    }
}
