//! Verifies [AWS Signature Version 4](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html) on incoming requests, for
//! services whose clients are AWS SDKs, boto3 or the AWS CLI.
//!
//! A middleware verifies the signature of each request and puts the [`Principal`](pinpoint_iam::Principal) of the caller into it.
//! `#[requires]` of [`pinpoint_iam`] then decides what the caller is allowed to do.
#![cfg_attr(
    feature = "axum",
    doc = r#"
```
use axum::Router;
use axum::extract::{FromRef, Path};
use axum::routing::get;
use pinpoint_iam::{Authorizer, Principal, requires};
use pinpoint_iam_sigv4::axum::SigV4Layer;
use pinpoint_iam_sigv4::{AccessKey, Credentials, KeyError, SecretKey, Verifier};

#[derive(Clone, FromRef)]
struct AppState {
    authorizer: Authorizer,
}

#[requires(GetCampaign)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    format!("{campaign_id} of {application_id}")
}

/// A service asks its database here.
async fn find_key(key: AccessKey) -> Result<Option<Credentials>, KeyError> {
    if key.id() != "AKIAIOSFODNN7EXAMPLE" {
        return Ok(None);
    }
    let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
    let secret = SecretKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    Ok(Some(Credentials::new(secret, ana)))
}

fn app(authorizer: Authorizer) -> Router {
    // The Region and the signing name that clients use: `boto3.client("pinpoint", region_name="us-east-1")`.
    let verifier = Verifier::new("us-east-1", "mobiletargeting");
    Router::new()
        .route("/v1/apps/{application_id}/campaigns/{campaign_id}", get(get_campaign))
        .layer(SigV4Layer::new(verifier, find_key))
        .with_state(AppState { authorizer })
}
# drop(app);
```
"#
)]
//!
//! # What is verified
//!
//! - Signatures in the `Authorization` header and in the query of presigned requests. A request with both, or with a presigned query
//!   and any `Authorization` header, is rejected.
//! - The scope: the date of the signature, the Region and the service of the [`Verifier`], and `aws4_request`.
//! - The date: at most [five minutes](Verifier::with_clock_window) from the clock. A presigned request is valid for as long as it states, up
//!   to seven days.
//! - The host, and every header `x-amz-…` that is present, must be signed. A header that can have one value only must not be repeated.
//! - The payload: the body is read up to [a limit](Verifier::with_body_limit), hashed and handed on. If the request states the hash in
//!   `x-amz-content-sha256`, the signature is verified before the body is read. `UNSIGNED-PAYLOAD` is rejected unless it is
//!   [allowed](Verifier::allow_unsigned_payload). Bodies that are signed chunk by chunk (`STREAMING-…`) are not supported.
//! - The session token and the end of temporary [`Credentials`].
//!
//! Signatures and session tokens are compared in constant time.
//!
//! # What is not
//!
//! A signature can be used again while it is valid: AWS's services do not remember signatures either. Headers that the client has not
//! signed can be changed on the way, and the order of query parameters is not part of a signature. Serve over TLS.
//!
//! # Requests without a signature
//!
//! They are passed on as they are, so that another middleware can authenticate `Authorization: Bearer …`, and `#[requires]` responds
//! 401 if none does. [`Verifier::reject_anonymous`] rejects them instead.
//!
//! # Errors
//!
//! [`Error`] has the status, the code and the message that AWS's clients expect, in the header `x-amzn-ErrorType` and in a JSON body with
//! `__type` and `message`. [`ErrorKind`] lists them.
//!
//! # Other frameworks
//!
//! The [`Verifier`] needs a [`RequestHead`], which can be made of any request, and the [`PayloadHash`] of the body:
//!
//! ```
//! use pinpoint_iam::Principal;
//! use pinpoint_iam_sigv4::{Error, KeyProvider, PayloadHash, RequestHead, Verifier};
//!
//! async fn authenticate(
//!     verifier: &Verifier,
//!     keys: &dyn KeyProvider,
//!     request: &http::Request<Vec<u8>>,
//! ) -> Result<Option<Principal>, Error> {
//!     let Some(signed) = verifier.read(&RequestHead::from(request))? else {
//!         return Ok(None);
//!     };
//!     let found = keys.find(signed.access_key()).await;
//!     let found = found.map_err(|_| Error::keys_unavailable())?;
//!     let credentials = found.ok_or_else(Error::unrecognized)?;
//!     let hash = PayloadHash::of(request.body());
//!     signed.verify(&credentials, Some(&hash)).map(Some)
//! }
//! ```
//!
//! # Why its own implementation
//!
//! Verification is small: a canonical form, five HMACs and a comparison. This crate uses `hmac` and `sha2` of RustCrypto, `subtle` and `zeroize`.
//!
//! - [`aws-sigv4`](https://docs.rs/aws-sigv4) signs requests. To verify with it means to sign again, with the headers that the client has
//!   chosen, while the crate chooses itself which headers it signs. It depends on about 70 crates, and versions after 1.3 need a newer compiler
//!   than this workspace.
//! - [`scratchstack-aws-signature`](https://docs.rs/scratchstack-aws-signature) verifies signatures. It depends on about 70 crates, and has principals
//!   of its own.
//! - [`s3s-sigv4`](https://docs.rs/s3s-sigv4) needs Rust 1.96.
//!
//! The implementation is tested with the vectors of AWS's own signer and with requests of boto3, see `tests/vectors`.

#![cfg_attr(docsrs, feature(doc_cfg), doc(auto_cfg(hide(feature = "_web"))))]

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "_web")]
mod authenticator;
#[cfg(feature = "axum")]
pub mod axum;
mod canonical;
mod credentials;
mod date;
mod error;
mod hash;
mod head;
mod keys;
mod presented;
mod verifier;

pub use self::canonical::PathEncoding;
pub use self::credentials::{AccessKey, Credentials, SecretKey};
pub use self::error::{Error, ErrorKind};
pub use self::hash::PayloadHash;
pub use self::head::RequestHead;
pub use self::keys::{KeyError, KeyFuture, KeyProvider};
pub use self::verifier::{SignedRequest, Verifier};
