//! What the middlewares of all frameworks have in common.

use std::future::poll_fn;
use std::pin::pin;

use futures_core::Stream;

use crate::hash::PayloadHasher;
use crate::{Credentials, Error, KeyProvider, PayloadHash, SignedRequest, Verifier};

/// A verifier with the keys that it needs.
pub(crate) struct Authenticator {
    pub(crate) verifier: Verifier,
    keys: Box<dyn KeyProvider>,
}

impl Authenticator {
    pub(crate) fn new(verifier: Verifier, keys: impl KeyProvider) -> Self {
        Self {
            verifier,
            keys: Box::new(keys),
        }
    }

    /// Finds the credentials of a request, and checks what can be checked before its body is read.
    pub(crate) async fn credentials(&self, signed: &SignedRequest) -> Result<Credentials, Error> {
        let credentials = self
            .keys
            .find(signed.access_key())
            .await
            .map_err(|error| {
                // In the form of `Debug`, which escapes line breaks.
                let error = error.to_string();
                tracing::error!(?error, "the provider of keys has failed");
                Error::keys_unavailable()
            })?
            .ok_or_else(Error::unrecognized)?;
        signed.verify_before_body(&credentials)?;
        Ok(credentials)
    }

    /// Reads a body up to the limit. `length` is the value of `Content-Length`.
    pub(crate) async fn read_body<S, B, E>(
        &self,
        body: S,
        length: Option<u64>,
    ) -> Result<(Vec<u8>, PayloadHash), Error>
    where
        S: Stream<Item = Result<B, E>>,
        B: AsRef<[u8]>,
    {
        let limit = self.verifier.body_limit();
        let too_large = || Error::payload_too_large(limit);
        if length.is_some_and(|length| usize::try_from(length).map_or(true, |it| it > limit)) {
            return Err(too_large());
        }
        let mut body = pin!(body);
        let mut bytes = Vec::new();
        let mut hasher = PayloadHasher::default();
        while let Some(chunk) = poll_fn(|context| body.as_mut().poll_next(context)).await {
            let chunk = chunk.map_err(|_| Error::unreadable_body())?;
            let chunk = chunk.as_ref();
            if chunk.len() > limit.saturating_sub(bytes.len()) {
                return Err(too_large());
            }
            hasher.update(chunk);
            bytes.extend_from_slice(chunk);
        }
        Ok((bytes, hasher.finish()))
    }
}

/// Logs that a request was rejected.
pub(crate) fn log_rejection(error: &Error) {
    tracing::info!(
        code = error.code(),
        message = error.message(),
        "request rejected"
    );
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::{AccessKey, ErrorKind, KeyError};

    /// A body of which nothing arrives.
    struct Late;

    impl Stream for Late {
        type Item = Result<Vec<u8>, ()>;

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Pending
        }
    }

    #[test]
    fn a_body_whose_stated_length_is_too_large_is_not_waited_for() {
        let verifier = Verifier::new("us-east-1", "mobiletargeting").with_body_limit(10);
        let keys = |_: AccessKey| async { Ok::<Option<Credentials>, KeyError>(None) };
        let authenticator = Authenticator::new(verifier, keys);
        let mut context = Context::from_waker(Waker::noop());
        for (length, is_rejected) in [
            (None, false),
            (Some(10), false),
            (Some(11), true),
            (Some(u64::MAX), true),
        ] {
            let mut reading = pin!(authenticator.read_body(Late, length));
            match reading.as_mut().poll(&mut context) {
                Poll::Ready(Err(error)) => {
                    assert!(is_rejected, "{length:?}");
                    assert_eq!(error.kind(), ErrorKind::PayloadTooLarge);
                }
                Poll::Ready(Ok(_)) | Poll::Pending => assert!(!is_rejected, "{length:?}"),
            }
        }
    }
}
