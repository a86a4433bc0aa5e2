//! The callers with their tokens and access keys, from the configuration file.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use pinpoint_iam::Principal;
use pinpoint_iam_sigv4::{AccessKey, Credentials, KeyFuture, KeyProvider, SecretKey, Verifier};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;
use toml::Spanned;

use crate::authentication::bearer_token;
use crate::body::MAX_BODY_LENGTH;
use crate::deployment::scope;

/// The minimum length of a token. Shorter ones could be guessed.
const SHORTEST_TOKEN: usize = 16;

/// The length of an access key ID, as AWS limits it.
const ACCESS_KEY_LENGTH: std::ops::RangeInclusive<usize> = 16..=128;

/// All callers, in the order of the file.
pub(crate) struct Callers(Vec<Caller>);

/// A caller.
pub(crate) struct Caller {
    name: String,
    token: String,
    /// The access key ID and the secret key with which the caller signs requests.
    keys: Option<(String, String)>,
    principal: Principal,
}

/// The configuration file. Unknown members are errors, because a misspelled one would otherwise be ignored silently.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    caller: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    name: Spanned<String>,
    token: Spanned<String>,
    access_key: Option<Spanned<String>>,
    secret_key: Option<Spanned<String>>,
    principal: Spanned<String>,
}

impl Callers {
    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// One line that names the file and, for an error in its text, the line and column.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| {
            format!("cannot read the callers from `{}`: {error}", path.display())
        })?;
        Self::parse(&text).map_err(|fault| {
            let (line, column) = position(&text, fault.offset);
            format!("{}:{line}:{column}: {}", path.display(), fault.message)
        })
    }

    fn parse(text: &str) -> Result<Self, CallerError> {
        let file: File = toml::from_str(text).map_err(|error| CallerError {
            offset: error.span().map_or(0, |span| span.start),
            // The parser's messages may span several lines.
            message: error
                .message()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
        })?;
        let mut callers = Self(Vec::new());
        for Entry {
            name,
            token,
            access_key,
            secret_key,
            principal,
        } in file.caller
        {
            if name.as_ref().is_empty() || name.as_ref().chars().any(char::is_control) {
                return Err(CallerError::at(
                    &name,
                    "the name of a caller is not empty and has no control characters",
                ));
            }
            if callers.0.iter().any(|caller| caller.name == *name.as_ref()) {
                return Err(CallerError::at(
                    &name,
                    format!("another caller is called `{}` too", name.as_ref()),
                ));
            }
            if token.as_ref().len() < SHORTEST_TOKEN {
                return Err(CallerError::at(
                    &token,
                    format!("a token has at least {SHORTEST_TOKEN} characters"),
                ));
            }
            if !token.as_ref().bytes().all(may_stand_in_token) {
                return Err(CallerError::at(
                    &token,
                    "a token consists of letters, digits and `-` `.` `_` `~` `+` `/` `=`",
                ));
            }
            // A shared token would identify two callers.
            if callers.find(token.as_ref()).is_some() {
                return Err(CallerError::at(&token, "another caller has the same token"));
            }
            let keys = match (access_key, secret_key) {
                (None, None) => None,
                (Some(id), Some(secret)) => Some(callers.keys(id, secret)?),
                (Some(key), None) | (None, Some(key)) => {
                    return Err(CallerError::at(
                        &key,
                        "a caller has both `access-key` and `secret-key`, or neither",
                    ));
                }
            };
            callers.0.push(Caller {
                keys,
                principal: Principal::from_arn(principal.as_ref())
                    .map_err(|error| CallerError::at(&principal, error.to_string()))?,
                name: name.into_inner(),
                token: token.into_inner(),
            });
        }
        if callers.0.is_empty() {
            return Err(CallerError {
                offset: 0,
                message: "there are no callers; add a `[[caller]]`".to_owned(),
            });
        }
        Ok(callers)
    }

    /// Checks the keys of a caller that is added to the others.
    fn keys(
        &self,
        id: Spanned<String>,
        secret: Spanned<String>,
    ) -> Result<(String, String), CallerError> {
        let is_id = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        if !ACCESS_KEY_LENGTH.contains(&id.as_ref().len()) || !id.as_ref().bytes().all(is_id) {
            return Err(CallerError::at(
                &id,
                "an access key consists of 16 to 128 upper-case letters and digits",
            ));
        }
        if secret.as_ref().len() < SHORTEST_TOKEN {
            return Err(CallerError::at(
                &secret,
                format!("a secret key has at least {SHORTEST_TOKEN} characters"),
            ));
        }
        // A shared key would identify two callers.
        if self.with_access_key(id.as_ref()).is_some() {
            return Err(CallerError::at(
                &id,
                "another caller has the same access key",
            ));
        }
        Ok((id.into_inner(), secret.into_inner()))
    }

    /// Returns the caller with this access key, and the secret key. An access key is not a secret.
    fn with_access_key(&self, id: &str) -> Option<(&Caller, &str)> {
        self.0.iter().find_map(|caller| {
            let (own, secret) = caller.keys.as_ref()?;
            (own == id).then_some((caller, secret.as_str()))
        })
    }

    /// Returns the principal for the values of the request's `Authorization` headers, or `None` if they do not contain
    /// the token of a caller.
    pub(crate) fn authenticate<'v>(
        &self,
        authorization: impl IntoIterator<Item = &'v [u8]>,
    ) -> Option<&Principal> {
        let token = bearer_token(authorization)?;
        self.find(token).map(Caller::principal)
    }

    /// Returns the caller with this token.
    ///
    /// The time does not depend on which caller it is, nor on how much of a wrong token is correct. The length of the
    /// tokens is not kept secret.
    fn find(&self, token: &str) -> Option<&Caller> {
        self.0.iter().fold(None, |found, caller| {
            let same: bool = caller.token.as_bytes().ct_eq(token.as_bytes()).into();
            if same { Some(caller) } else { found }
        })
    }

    /// Returns all callers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Caller> {
        self.0.iter()
    }
}

impl Caller {
    /// Returns the name in the configuration file.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the token that authenticates the caller.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Returns the access key and the secret key, if the caller signs requests.
    pub(crate) fn keys(&self) -> Option<(&str, &str)> {
        let (id, secret) = self.keys.as_ref()?;
        Some((id, secret))
    }

    /// Returns the caller's principal, which the policies refer to.
    pub(crate) const fn principal(&self) -> &Principal {
        &self.principal
    }
}

/// The rules by which signatures are verified. Clients sign for the Region of the demo and for Amazon Pinpoint's name.
pub(crate) fn verifier() -> Verifier {
    Verifier::new(scope().region(), "mobiletargeting").with_body_limit(MAX_BODY_LENGTH)
}

/// The keys with which callers sign requests.
pub(crate) struct Keys(pub(crate) Arc<Callers>);

impl KeyProvider for Keys {
    fn find(&self, key: &AccessKey) -> KeyFuture<'_> {
        let known = self.0.with_access_key(key.id());
        // No caller of the demo has temporary credentials, so the verifier rejects any session token.
        let found = known.map(|(caller, secret)| {
            Credentials::new(SecretKey::new(secret), caller.principal().clone())
        });
        Box::pin(async { Ok(found) })
    }
}

/// An error in the text of the configuration file, and its position.
#[derive(Debug)]
struct CallerError {
    offset: usize,
    message: String,
}

impl CallerError {
    fn at<T>(value: &Spanned<T>, message: impl Into<String>) -> Self {
        Self {
            offset: value.span().start,
            message: message.into(),
        }
    }
}

/// Returns the line and column of a byte, both counted from 1.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count().saturating_add(1);
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        .saturating_add(1);
    (line, column)
}

/// The characters of a bearer token, [RFC 6750, section 2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1).
fn may_stand_in_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, token: &str, principal: &str) -> String {
        format!("[[caller]]\nname = \"{name}\"\ntoken = \"{token}\"\nprincipal = \"{principal}\"\n")
    }

    const ANA: &str = "arn:aws:iam::123456789012:user/ana";
    const BEN: &str = "arn:aws:iam::123456789012:user/ben";

    fn two() -> String {
        entry("ana", "0123456789abcdef", ANA) + &entry("ben", "fedcba9876543210", BEN)
    }

    #[test]
    fn a_token_identifies_only_its_caller() {
        let callers = Callers::parse(&two()).unwrap();
        assert_eq!(
            callers.find("0123456789abcdef").map(Caller::name),
            Some("ana")
        );
        assert_eq!(
            callers
                .find("fedcba9876543210")
                .and_then(|ben| ben.principal().arn()),
            Some(BEN)
        );
        for wrong in [
            "",
            "0123456789abcde",
            "0123456789abcdeF",
            "0123456789abcdef0",
            "0123456789abcdee",
        ] {
            assert!(callers.find(wrong).is_none(), "{wrong}");
        }
    }

    /// The entry of a caller with two more lines.
    fn with_keys(access_key: &str, secret_key: &str) -> String {
        let keys = format!("access-key = \"{access_key}\"\nsecret-key = \"{secret_key}\"\n");
        entry("ana", "0123456789abcdef", ANA) + &keys
    }

    #[test]
    fn an_access_key_identifies_only_its_caller() {
        let text = with_keys("ABCDEFGHIJKLMNOP", "a-secret-of-16-characters");
        let callers = Callers::parse(&(text + &entry("ben", "fedcba9876543210", BEN))).unwrap();
        let (caller, secret) = callers.with_access_key("ABCDEFGHIJKLMNOP").unwrap();
        assert_eq!(
            (caller.name(), secret),
            ("ana", "a-secret-of-16-characters")
        );
        for wrong in [
            "",
            "ABCDEFGHIJKLMNO",
            "ABCDEFGHIJKLMNOPQ",
            "abcdefghijklmnop",
        ] {
            assert!(callers.with_access_key(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn errors_are_reported_with_their_position() {
        let fault = |text: &str| match Callers::parse(text) {
            Ok(_) => panic!("must be rejected: {text}"),
            Err(CallerError { offset, message }) => (position(text, offset).0, message),
        };
        for (text, line, said) in [
            (String::new(), 1, "no callers"),
            ("caller = 1".to_owned(), 1, "invalid type"),
            ("[[caller]]\nname = ".to_owned(), 2, ""),
            (entry("", "0123456789abcdef", ANA), 2, "not empty"),
            (entry("ana", "short", ANA), 3, "at least 16"),
            (entry("ana", "0123456789 abcdef", ANA), 3, "consists of"),
            (entry("ana", "0123456789abcdef", "ana"), 4, "`ana`"),
            (
                two() + &entry("ana", "0000000000000000", ANA),
                10,
                "called `ana`",
            ),
            (
                two() + &entry("eve", "0123456789abcdef", ANA),
                11,
                "same token",
            ),
            (with_keys("SHORT", "0123456789abcdef"), 5, "16 to 128"),
            (
                with_keys("abcdefghijklmnop", "0123456789abcdef"),
                5,
                "upper-case",
            ),
            (with_keys("ABCDEFGHIJKLMNOP", "short"), 6, "at least 16"),
            (
                entry("ana", "0123456789abcdef", ANA) + "secret-key = \"0123456789abcdef\"\n",
                5,
                "or neither",
            ),
            (
                with_keys("ABCDEFGHIJKLMNOP", "0123456789abcdef")
                    + &with_keys("ABCDEFGHIJKLMNOP", "0123456789abcdef")
                        .replace("\"ana\"", "\"ben\"")
                        .replace("token = \"0", "token = \"1"),
                11,
                "same access key",
            ),
            (
                entry("ana", "0123456789abcdef", ANA) + "tokn = \"x\"\n",
                5,
                "tokn",
            ),
            (
                entry("ana", "0123456789abcdef", ANA) + "[callers]\nname = \"x\"\n",
                5,
                "callers",
            ),
        ] {
            let (at, message) = fault(&text);
            assert!(message.contains(said), "{message}");
            assert!(!message.contains('\n'), "{message}");
            assert_eq!(at, line, "{message}");
        }
    }
}
