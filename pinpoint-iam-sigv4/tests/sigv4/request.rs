//! A request as data, which tests can change byte by byte.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pinpoint_iam::Principal;
use pinpoint_iam_sigv4::{Credentials, Error, PayloadHash, RequestHead, SecretKey, Verifier};

pub(crate) const KEY_ID: &str = "AKIDEXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn with_body(mut self, body: &str) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn header_mut(&mut self, name: &str) -> &mut Vec<u8> {
        let header = self
            .headers
            .iter_mut()
            .find(|(other, _)| other.eq_ignore_ascii_case(name));
        &mut header.unwrap().1
    }

    pub(crate) fn without_header(mut self, name: &str) -> Self {
        self.headers
            .retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn head(&self) -> RequestHead<'_> {
        let head = RequestHead::new(&self.method, &self.path, self.query.as_deref());
        self.headers
            .iter()
            .fold(head, |head, (name, value)| head.with_header(name, value))
    }

    /// The caller; `None` if the request counts as one without a signature.
    pub(crate) fn verify(
        &self,
        verifier: &Verifier,
        credentials: &Credentials,
    ) -> Result<Option<Principal>, Error> {
        let Some(signed) = verifier.read(&self.head())? else {
            return Ok(None);
        };
        if signed.access_key().id() != KEY_ID {
            return Err(Error::unrecognized());
        }
        let early = signed.verify_before_body(credentials);
        let result = signed.verify(credentials, Some(&PayloadHash::of(&self.body)));
        // The check before the body never rejects what the whole check accepts.
        assert!(early.is_ok() || result.is_err());
        result.map(Some)
    }
}

pub(crate) fn ana() -> Principal {
    Principal::from_arn("arn:aws:iam::123456789012:user/ana").unwrap()
}

pub(crate) fn credentials(session_token: Option<&str>) -> Credentials {
    let credentials = Credentials::new(SecretKey::new(SECRET), ana());
    match session_token {
        Some(token) => credentials.with_session_token(token),
        None => credentials,
    }
}

/// `20150830T123600Z`, the date of all of AWS's vectors.
pub(crate) fn vector_time() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_440_938_160)
}
