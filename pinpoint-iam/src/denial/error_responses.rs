//! Responses to requests that were rejected or denied.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::denial::{Denied, DeniedReason, Rejection};

/// How an authorizer responds to requests that are rejected or denied, for all frameworks.
///
/// Passed to [`AuthorizerBuilder::error_responses`](crate::AuthorizerBuilder::error_responses). The status is that of
/// [`Denied::status`].
///
/// ```
/// use pinpoint_iam::web::{ErrorResponses, Rejection};
///
/// // AWS's format with the error type of Pinpoint's API model, and 404 instead of 403 for resources with an ARN:
/// let answers = ErrorResponses::aws()
///     .with_forbidden_exception()
///     .with_challenge("Bearer")
///     .hiding_existence(|denied| {
///         denied.resource()?;
///         Some(Rejection::new(404).with_body("not found")) // identical to the service's own 404
///     });
/// # drop(answers);
/// ```
///
/// No format writes `Retry-After`, because it is unknown when a policy source or database will recover. AWS clients
/// back off by themselves after a 503.
#[derive(Clone)]
pub struct ErrorResponses {
    form: Form,
    access_denied: &'static str,
    has_type_in_body: bool,
    names_policies: bool,
    challenge: Option<Box<str>>,
    hidden: Option<Arc<Hidden>>,
}

#[derive(Clone)]
enum Form {
    Aws,
    Terse,
    Custom(Arc<Custom>),
}

/// The content of a response.
enum Shaped {
    /// A message in AWS's format.
    Message(Cow<'static, str>),
    /// A response that the application has created.
    Whole(Rejection),
}

type Custom = dyn Fn(&Denied) -> Rejection + Send + Sync;
type Hidden = dyn Fn(&Denied) -> Option<Rejection> + Send + Sync;

impl ErrorResponses {
    /// The format that AWS clients parse: the header `x-amzn-ErrorType` and a JSON body with one member, `Message`.
    ///
    /// The message for a denied caller contains the caller, the action, the resource, and the type of the policy that
    /// caused the denial, but not the policy itself.
    pub const fn aws() -> Self {
        Self::of(Form::Aws)
    }

    /// The format of [`aws`](Self::aws), without any information beyond the status: all responses with one status are
    /// equal.
    pub const fn terse() -> Self {
        Self::of(Form::Terse)
    }

    /// A custom format. `form` receives more than a caller should see: [`Denied::reason`] contains policies, and
    /// `Display` of [`Denied`] is the message of [`aws`](Self::aws).
    ///
    /// `form` only determines the content of the response. It cannot let a request through; see [`Rejection::new`].
    pub fn custom(form: impl Fn(&Denied) -> Rejection + Send + Sync + 'static) -> Self {
        Self::of(Form::Custom(Arc::new(form)))
    }

    const fn of(form: Form) -> Self {
        Self {
            form,
            access_denied: "AccessDeniedException",
            has_type_in_body: false,
            names_policies: false,
            challenge: None,
            hidden: None,
        }
    }

    /// Uses the error type `ForbiddenException`, as in Pinpoint's API model, instead of `AccessDeniedException`. This
    /// does not apply to a custom format.
    #[must_use]
    pub const fn with_forbidden_exception(mut self) -> Self {
        self.access_denied = "ForbiddenException";
        self
    }

    /// Adds the error type to the body, as the member `__type`.
    ///
    /// Clients of AWS's JSON protocols, whose requests name their operation by the header `X-Amz-Target`, read it there and
    /// not in the header. Clients of REST protocols ignore it. This does not apply to a custom format.
    #[must_use]
    pub const fn with_type_in_body(mut self) -> Self {
        self.has_type_in_body = true;
        self
    }

    /// Adds the statement and policy that caused the denial to AWS's message, for services whose callers may know their
    /// policies. This does not apply to callers of other accounts, or to other formats.
    #[must_use]
    pub const fn naming_policies(mut self) -> Self {
        self.names_policies = true;
        self
    }

    /// Adds `WWW-Authenticate: challenge` to 401 responses, as RFC 9110 requires. Without this the header is missing,
    /// because only the application knows how its callers authenticate. A custom format writes its own header.
    #[must_use]
    pub fn with_challenge(mut self, challenge: &str) -> Self {
        self.challenge = Some(challenge.into());
        self
    }

    /// Replaces denials by the response that `not_found` returns. It should be a 404 with the same headers and body as
    /// the service's own response for a resource that does not exist. `None` keeps the 403.
    ///
    /// `not_found` is called for requests for one resource that the policies deny, with the resource in
    /// [`Denied::resource`] and the action in [`Denied::action`]. It is not called for requests without a resource,
    /// such as those for a list, which have nothing to hide.
    #[must_use]
    pub fn hiding_existence(
        mut self,
        not_found: impl Fn(&Denied) -> Option<Rejection> + Send + Sync + 'static,
    ) -> Self {
        self.hidden = Some(Arc::new(not_found));
        self
    }

    /// Returns the response to `denied`.
    pub fn respond(&self, denied: &Denied) -> Rejection {
        match self.shaped(denied) {
            Shaped::Message(message) => self.aws_shaped(denied, &message),
            Shaped::Whole(rejection) => rejection,
        }
    }

    /// Returns the status of the response to `denied`, and its message without a format.
    #[cfg(feature = "tonic")]
    pub(crate) fn status_and_message(&self, denied: &Denied) -> (u16, String) {
        match self.shaped(denied) {
            Shaped::Message(message) => (denied.status(), message.into_owned()),
            Shaped::Whole(rejection) => {
                let status = rejection.status();
                let body = String::from_utf8(rejection.into_body()).unwrap_or_default();
                (status, body)
            }
        }
    }

    fn shaped(&self, denied: &Denied) -> Shaped {
        if denied.status() == 403
            && denied.resource().is_some()
            && let Some(not_found) = &self.hidden
            && let Some(rejection) = not_found(denied)
        {
            return Shaped::Whole(rejection);
        }
        match &self.form {
            Form::Aws if self.names_policies => Shaped::Message(denied.naming_policies().into()),
            Form::Aws => Shaped::Message(denied.to_string().into()),
            Form::Terse => Shaped::Message(phrase(denied.status()).into()),
            Form::Custom(form) => Shaped::Whole(form(denied)),
        }
    }

    fn aws_shaped(&self, denied: &Denied, message: &str) -> Rejection {
        let error_type = self.has_type_in_body.then(|| self.error_type(denied));
        let body = Body {
            error_type,
            message,
        };
        let body = serde_json::to_vec(&body).unwrap_or_else(|_| b"{}".to_vec());
        let rejection = Rejection::new(denied.status())
            .with_header("content-type", "application/json")
            .with_header(Rejection::ERROR_TYPE_HEADER, self.error_type(denied))
            .with_body(body);
        match &self.challenge {
            Some(challenge) if denied.status() == 401 => {
                rejection.with_header("www-authenticate", challenge)
            }
            _ => rejection,
        }
    }

    fn error_type(&self, denied: &Denied) -> &'static str {
        match denied.reason() {
            DeniedReason::NoPrincipal => "MissingAuthenticationTokenException",
            DeniedReason::Refused(_)
            | DeniedReason::OtherScope
            | DeniedReason::UnknownRoute(_)
            | DeniedReason::UnknownResource => self.access_denied,
            DeniedReason::InvalidId(_)
            | DeniedReason::InvalidArn(_)
            | DeniedReason::Unreadable
            | DeniedReason::TooManyResources
            | DeniedReason::InvalidPageToken => "BadRequestException",
            DeniedReason::KeysUnavailable(_)
            | DeniedReason::TagsUnavailable(_)
            | DeniedReason::ResourceKeysUnavailable(_)
            | DeniedReason::PoliciesUnavailable
            | DeniedReason::PoliciesExpired
            | DeniedReason::PoliciesNotLoaded => "ServiceUnavailableException",
            DeniedReason::NoScope | DeniedReason::Misconfigured(_) => {
                "InternalServerErrorException"
            }
        }
    }
}

impl Default for ErrorResponses {
    fn default() -> Self {
        Self::aws()
    }
}

impl fmt::Debug for ErrorResponses {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match self.form {
            Form::Aws => "aws",
            Form::Terse => "terse",
            Form::Custom(_) => "custom",
        };
        formatter
            .debug_struct("ErrorResponses")
            .field("form", &form)
            .field("names_policies", &self.names_policies)
            .field("hides_existence", &self.hidden.is_some())
            .finish_non_exhaustive()
    }
}

/// The body of an AWS error.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    #[serde(rename = "__type", skip_serializing_if = "Option::is_none")]
    error_type: Option<&'static str>,
    message: &'a str,
}

/// The standard text for a status.
const fn phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}
