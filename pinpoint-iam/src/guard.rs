//! The one door from handlers to the evaluator.

use std::fmt;

use crate::action::ActsOn;
use crate::authorizer::Authorizer;
use crate::context::Context;
use crate::eval::{AccessDenied, Answer, Decision, DeniedBy, NeededKeys};
use crate::principal::Principal;
use crate::request::Request;
use crate::resource::{InvalidId, Resource};

/// Checks what one caller may do, in one request.
///
/// Made by [`Authorizer::guard`]; in web handlers `#[requires]` makes it.
#[derive(Clone, Copy, Debug)]
pub struct Guard<'a> {
    authorizer: &'a Authorizer,
    principal: &'a Principal,
    context: &'a Context,
}

impl<'a> Guard<'a> {
    pub(crate) const fn new(
        authorizer: &'a Authorizer,
        principal: &'a Principal,
        context: &'a Context,
    ) -> Self {
        Self {
            authorizer,
            principal,
            context,
        }
    }

    /// The caller.
    pub const fn principal(&self) -> &'a Principal {
        self.principal
    }

    /// Checks that the caller may do `action` to `resource`.
    ///
    /// An action with a resource that it does not act on does not compile.
    ///
    /// # Errors
    ///
    /// When the policies do not allow it, when `resource` has another value than the one that the action fixes (an
    /// `SMS` template under `GetEmailTemplate`), and when a condition key is needed that is not known.
    pub fn check<A, R>(&self, action: A, resource: &R) -> Result<(), Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        action.check_pinned(resource)?;
        let scope = self.authorizer.scope();
        let requested = resource.requested(scope);
        let request = Request::new(self.principal, A::METADATA.into(), requested, self.context)
            .in_scope(scope);
        match self.authorizer.answer(&request) {
            Answer::Decided(Decision::Allow(_)) => Ok(()),
            Answer::Decided(Decision::Deny(by)) => Err(Denied::refused(&request, by)),
            Answer::Needs(keys) => Err(Denied::new(DeniedReason::KeysUnavailable(keys))),
        }
    }
}

/// A request that was not let through, and why.
///
/// `Display` writes what the caller may be told. [`Denied::reason`] is for the log.
#[derive(Clone, Debug)]
pub struct Denied(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    reason: DeniedReason,
    message: String,
}

/// Why a request was not let through.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DeniedReason {
    /// Nobody was authenticated: the request has no [`Principal`].
    NoPrincipal,
    /// The policies do not allow it.
    Refused(DeniedBy),
    /// An id of the request cannot stand in an ARN.
    InvalidId(InvalidId),
    /// The parts of the request that name the resource cannot be read, such as a path that is not UTF-8.
    Unreadable,
    /// The decision depends on condition keys that could not be had.
    KeysUnavailable(NeededKeys),
}

impl Denied {
    /// Nobody was authenticated, which only a web layer finds out.
    #[cfg(feature = "axum")]
    pub(crate) fn no_principal() -> Self {
        Self::new(DeniedReason::NoPrincipal)
    }

    /// What names the resource cannot be read.
    #[cfg(feature = "axum")]
    pub(crate) fn unreadable() -> Self {
        Self::new(DeniedReason::Unreadable)
    }

    fn refused(request: &Request<'_>, by: DeniedBy) -> Self {
        let message = AccessDenied::new(request, &by).to_string();
        Self(Box::new(Inner {
            reason: DeniedReason::Refused(by),
            message,
        }))
    }

    fn new(reason: DeniedReason) -> Self {
        let message = match &reason {
            DeniedReason::NoPrincipal => "Missing Authentication Token".to_owned(),
            DeniedReason::InvalidId(error) => error.to_string(),
            DeniedReason::Unreadable => {
                "What names the resource in the request cannot be read.".to_owned()
            }
            DeniedReason::KeysUnavailable(_) => {
                "The request could not be authorized for now.".to_owned()
            }
            DeniedReason::Refused(_) => "Access denied.".to_owned(),
        };
        Self(Box::new(Inner { reason, message }))
    }

    /// Why the request was not let through. For the log: it names policies and statements.
    pub fn reason(&self) -> &DeniedReason {
        &self.0.reason
    }

    /// The HTTP status that answers the request: 401 without a principal, 403 refused, 400 for an id that cannot stand
    /// in an ARN, 503 when a condition key could not be had.
    pub fn status(&self) -> u16 {
        match self.reason() {
            DeniedReason::NoPrincipal => 401,
            DeniedReason::Refused(_) => 403,
            DeniedReason::InvalidId(_) | DeniedReason::Unreadable => 400,
            DeniedReason::KeysUnavailable(_) => 503,
        }
    }
}

impl From<InvalidId> for Denied {
    fn from(error: InvalidId) -> Self {
        Self::new(DeniedReason::InvalidId(error))
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)
    }
}

impl std::error::Error for Denied {}

impl fmt::Display for DeniedReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPrincipal => formatter.write_str("the request has no principal"),
            Self::Refused(by) => by.fmt(formatter),
            Self::InvalidId(error) => error.fmt(formatter),
            Self::Unreadable => formatter.write_str("what names the resource cannot be read"),
            Self::KeysUnavailable(keys) => write!(formatter, "the decision needs {keys}"),
        }
    }
}
