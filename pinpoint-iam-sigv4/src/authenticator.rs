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

    /// A body whose chunks have these lengths.
    struct Chunks<'a>(&'a [usize]);

    impl Stream for Chunks<'_> {
        type Item = Result<Vec<u8>, ()>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            let Some((first, rest)) = self.0.split_first() else {
                return Poll::Ready(None);
            };
            self.0 = rest;
            Poll::Ready(Some(Ok(vec![b'x'; *first])))
        }
    }

    /// Reads bodies of up to ten bytes.
    fn authenticator() -> Authenticator {
        let verifier = Verifier::new("us-east-1", "mobiletargeting").with_body_limit(10);
        let keys = |_: AccessKey| async { Ok::<Option<Credentials>, KeyError>(None) };
        Authenticator::new(verifier, keys)
    }

    #[test]
    fn a_body_is_read_up_to_the_limit() {
        let authenticator = authenticator();
        let mut context = Context::from_waker(Waker::noop());
        for (chunks, length, expected, reason) in [
            (&[][..], None, Some(0), "no chunk"),
            (&[9], None, Some(9), "shorter"),
            (&[10], None, Some(10), "exactly as long"),
            (
                &[4, 6],
                Some(10),
                Some(10),
                "exactly as long, in two chunks",
            ),
            (&[10, 0], None, Some(10), "an empty chunk at the limit"),
            (&[11], None, None, "one chunk that is too long"),
            (&[10, 1], None, None, "one byte more"),
            (&[4, 6, 1], Some(10), None, "one byte more than stated"),
            (&[11], Some(1), None, "a false length"),
        ] {
            let mut reading = pin!(authenticator.read_body(Chunks(chunks), length));
            let Poll::Ready(outcome) = reading.as_mut().poll(&mut context) else {
                panic!("{reason}: the body is complete");
            };
            match (outcome, expected) {
                (Ok((bytes, _)), Some(expected)) => assert_eq!(bytes.len(), expected, "{reason}"),
                (Err(error), None) => {
                    assert_eq!(error.kind(), ErrorKind::PayloadTooLarge, "{reason}");
                }
                (Ok((bytes, _)), None) => panic!("{reason}: read {} bytes", bytes.len()),
                (Err(error), Some(_)) => panic!("{reason}: {error}"),
            }
        }
    }

    #[test]
    fn a_body_whose_stated_length_is_too_large_is_not_waited_for() {
        let authenticator = authenticator();
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
