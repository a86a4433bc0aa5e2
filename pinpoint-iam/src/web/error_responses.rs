//! How requests that were not let through are answered.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::guard::{Denied, DeniedReason};
use crate::web::Rejection;

/// How an authorizer answers requests that were not let through, whatever the framework.
///
/// Given to [`AuthorizerBuilder::answers`](crate::AuthorizerBuilder::answers). Which status answers what is said by
/// [`Denied::status`].
///
/// ```
/// use pinpoint_iam::web::{ErrorResponses, Rejection};
///
/// // AWS's JSON with the exception that Pinpoint's own model names, and 404 in place of 403 for what has an ARN:
/// let answers = ErrorResponses::aws()
///     .with_forbidden_exception()
///     .with_challenge("Bearer")
///     .hiding_existence(|denied| {
///         denied.resource()?;
///         Some(Rejection::new(404).with_body("not found")) // byte for byte what the service says of its own accord
///     });
/// # drop(answers);
/// ```
///
/// No form writes `Retry-After`: nobody knows when a policy source or a database is back, and AWS's clients wait
/// longer from one 503 to the next by themselves.
#[derive(Clone)]
pub struct ErrorResponses {
    form: Form,
    access_denied: &'static str,
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

type Custom = dyn Fn(&Denied) -> Rejection + Send + Sync;
type Hidden = dyn Fn(&Denied) -> Option<Rejection> + Send + Sync;

impl ErrorResponses {
    /// What AWS's clients read: the header `x-amzn-ErrorType` and a JSON body with one member, `Message`.
    ///
    /// A refused caller is told who it is, what it asked for, and which type of policy refused it, but not which policy.
    pub const fn aws() -> Self {
        Self::of(Form::Aws)
    }

    /// The shape of [`aws`](Self::aws) with nothing in it that the status does not say: the answers to all requests of
    /// one status are equal.
    pub const fn terse() -> Self {
        Self::of(Form::Terse)
    }

    /// What `form` makes of each. It is told more than a caller should be: [`Denied::reason`] names policies, and
    /// `Display` of [`Denied`] is what [`aws`](Self::aws) would say.
    ///
    /// `form` decides on the wording only. It cannot let anybody in: see [`Rejection::new`].
    pub fn custom(form: impl Fn(&Denied) -> Rejection + Send + Sync + 'static) -> Self {
        Self::of(Form::Custom(Arc::new(form)))
    }

    const fn of(form: Form) -> Self {
        Self {
            form,
            access_denied: "AccessDeniedException",
            names_policies: false,
            challenge: None,
            hidden: None,
        }
    }

    /// Calls a refusal `ForbiddenException`, as Pinpoint's API model does, instead of `AccessDeniedException`. A custom
    /// form has its own names.
    #[must_use]
    pub const fn with_forbidden_exception(mut self) -> Self {
        self.access_denied = "ForbiddenException";
        self
    }

    /// Adds to AWS's sentence which statement of which policy refused the caller, for services whose callers may know
    /// their policies. Callers of other accounts are not told, and neither is anybody in another form.
    #[must_use]
    pub const fn naming_policies(mut self) -> Self {
        self.names_policies = true;
        self
    }

    /// Adds `WWW-Authenticate: challenge` to 401, which RFC 9110 demands of it. Without this there is none: only the
    /// application knows how its callers authenticate. A custom form writes its own.
    #[must_use]
    pub fn with_challenge(mut self, challenge: &str) -> Self {
        self.challenge = Some(challenge.into());
        self
    }

    /// Gives refusals the answer that `not_found` makes, which should be 404 and, in headers and body, what the
    /// service itself says of something that does not exist. `None` leaves the 403.
    ///
    /// Asked for requests that the policies refuse on one resource; [`Denied::resource`] and [`Denied::action`] tell
    /// which. Requests without a resource, such as those for a list, have nothing to hide.
    #[must_use]
    pub fn hiding_existence(
        mut self,
        not_found: impl Fn(&Denied) -> Option<Rejection> + Send + Sync + 'static,
    ) -> Self {
        self.hidden = Some(Arc::new(not_found));
        self
    }

    /// The answer to `denied`.
    pub fn respond(&self, denied: &Denied) -> Rejection {
        if denied.status() == 403
            && denied.resource().is_some()
            && let Some(not_found) = &self.hidden
            && let Some(rejection) = not_found(denied)
        {
            return rejection;
        }
        match &self.form {
            Form::Aws if self.names_policies => self.aws_shaped(denied, &denied.naming_policies()),
            Form::Aws => self.aws_shaped(denied, &denied.to_string()),
            Form::Terse => self.aws_shaped(denied, phrase(denied.status())),
            Form::Custom(form) => form(denied),
        }
    }

    fn aws_shaped(&self, denied: &Denied, message: &str) -> Rejection {
        let body = serde_json::to_vec(&Body { message }).unwrap_or_else(|_| b"{}".to_vec());
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
            DeniedReason::Refused(_) | DeniedReason::OtherScope => self.access_denied,
            DeniedReason::InvalidId(_) | DeniedReason::InvalidArn(_) | DeniedReason::Unreadable => {
                "BadRequestException"
            }
            DeniedReason::KeysUnavailable(_)
            | DeniedReason::TagsUnavailable(_)
            | DeniedReason::PoliciesUnavailable => "ServiceUnavailableException",
            DeniedReason::NoScope | DeniedReason::Misconfigured(_) => {
                "InternalServerErrorException"
            }
        }
    }
}

/// [`ErrorResponses::aws`].
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
    message: &'a str,
}

/// What a status says by itself.
const fn phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}
