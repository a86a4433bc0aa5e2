//! Identifies callers by their signatures.

use pinpoint_iam::Principal;
use pinpoint_iam_sigv4::axum::SigV4Layer;
use pinpoint_iam_sigv4::{AccessKey, Credentials, KeyError, SecretKey, Verifier};

/// Every access key belongs to the user of the same name, and has this secret.
const SECRET: &str = "the secret of every user of this test";

/// Verifies signatures for the Region and the signing name that clients of the service use.
pub(crate) fn signatures() -> SigV4Layer {
    SigV4Layer::new(Verifier::new("us-east-1", crate::SERVICE.prefix), find_key)
}

async fn find_key(key: AccessKey) -> Result<Option<Credentials>, KeyError> {
    let user = format!("arn:aws:iam::123456789012:user/{}", key.id());
    let user = Principal::from_arn(&user)?;
    Ok(Some(Credentials::new(SecretKey::new(SECRET), user)))
}
