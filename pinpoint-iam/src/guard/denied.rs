//! Requests that were not let through.

use std::fmt;
use std::sync::Arc;

use crate::action::ActionMetadata;
use crate::authorizer::Authorizer;
use crate::eval::{AccessDenied, DeniedBy, DenyReason, MissingKeys};
use crate::guard::TagsUnavailable;
use crate::request::Request;
use crate::resource::{InvalidId, RequestedResource, ResourceMismatch};
use crate::web::{ErrorResponses, Rejection};

/// A request that was not let through, and why.
///
/// `Display` writes what the caller may be told. [`Denied::reason`] is for the log.
#[derive(Clone, Debug)]
pub struct Denied(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    reason: DeniedReason,
    message: String,
    /// Whether the caller may be told which policy refused it, where the service tells that at all.
    may_name_policies: bool,
    action: Option<&'static ActionMetadata>,
    /// The ARN of the single resource that the request names.
    resource: Option<String>,
    pending: Option<Pending>,
    /// How the authorizer that was asked answers.
    answers: Option<Arc<ErrorResponses>>,
}

/// Why a request was not let through.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DeniedReason {
    /// Nobody was authenticated: the request has no [`Principal`](crate::Principal).
    NoPrincipal,
    /// The policies do not allow it.
    Refused(DeniedBy),
    /// An id of the request cannot stand in an ARN.
    InvalidId(InvalidId),
    /// The request names its resource by an ARN that is none of the action's.
    InvalidArn(ResourceMismatch),
    /// The request names its resource by an ARN of another partition, region or account.
    OtherScope,
    /// The parts of the request that name the resource cannot be read, such as a path that is not UTF-8.
    Unreadable,
    /// The decision depends on condition keys that could not be had.
    KeysUnavailable(MissingKeys),
    /// The decision depends on tags of the resource, and their source failed.
    TagsUnavailable(TagsUnavailable),
    /// A policy of the caller could not be read when it was last loaded, see
    /// [`Authorizer::reload`](crate::Authorizer::reload).
    PoliciesUnavailable,
    /// The account that the resource belongs to is not known, or cannot stand in an ARN: the deployment is one of
    /// tenants, and the request came without a [scope](crate::Guard::in_scope) of its own.
    NoScope,
    /// The application is put together wrongly; the text says how.
    Misconfigured(&'static str),
}

/// What a check that could not be decided waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pending {
    /// The tags of the resource with this ARN.
    ResourceTags(String),
    /// What only the body tells.
    Body,
}

impl Denied {
    /// The request has no principal: 401 ([`DeniedReason::NoPrincipal`]).
    ///
    /// For code that looks for the caller itself and has to report that there is none, such as a function that makes the
    /// guard of `#[requires(.., guard = ..)]`. It is answered in the form of [`ErrorResponses::aws`]; for the authorizer's own form
    /// see [`Authorizer::rejection`].
    ///
    /// ```
    /// use pinpoint_iam::{Authorizer, Denied, Guard, Principal, context::Context, requires};
    ///
    /// struct Session {
    ///     authorizer: Authorizer,
    ///     caller: Option<Principal>,
    ///     context: Context,
    /// }
    ///
    /// impl Session {
    ///     fn guard(&self) -> Result<Guard<'_>, Denied> {
    ///         let caller = self.caller.as_ref().ok_or_else(Denied::unauthenticated)?;
    ///         Ok(self.authorizer.guard(caller, &self.context))
    ///     }
    ///
    ///     #[requires(DeleteCampaign, guard = self.guard()?)]
    ///     fn delete(&self, application_id: &str, campaign_id: &str) -> Result<(), Denied> {
    ///         Ok(())
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(DeniedReason::NoPrincipal)
    }

    /// What names the resource is missing or cannot be read: the response is that to any other unusable id.
    ///
    /// For an id that a request may leave out: `#[requires(GetCampaign, campaign_id =
    /// query.campaign.as_ref().ok_or_else(Denied::unreadable)?)]`.
    pub fn unreadable() -> Self {
        Self::new(DeniedReason::Unreadable)
    }

    pub(super) fn no_scope() -> Self {
        Self::new(DeniedReason::NoScope)
    }

    pub(crate) fn misconfigured(how: &'static str) -> Self {
        Self::new(DeniedReason::Misconfigured(how))
    }

    /// The route does not carry what the check needs.
    pub(crate) fn misrouted() -> Self {
        Self::misconfigured("the route does not name the resource of the action")
    }

    pub(super) fn tags_unavailable(error: TagsUnavailable) -> Self {
        Self::new(DeniedReason::TagsUnavailable(error))
    }

    pub(super) fn refused(request: &Request<'_>, by: DeniedBy) -> Self {
        if *by.reason() == DenyReason::PoliciesUnavailable {
            return Self::new(DeniedReason::PoliciesUnavailable).about(request);
        }
        let message = AccessDenied::new(request, &by).to_string();
        let mut denied = Self::new(DeniedReason::Refused(by));
        denied.0.message = message;
        denied.0.may_name_policies = request.is_same_account();
        denied.about(request)
    }

    pub(super) fn undecided(
        request: &Request<'_>,
        keys: MissingKeys,
        pending: Option<Pending>,
    ) -> Self {
        let mut denied = Self::new(DeniedReason::KeysUnavailable(keys));
        denied.0.pending = pending;
        denied.about(request)
    }

    fn about(mut self, request: &Request<'_>) -> Self {
        self.0.action = request.action().metadata();
        self.0.resource = match request.resource() {
            RequestedResource::All => None,
            RequestedResource::Arn(arn) => Some(arn.to_string()),
        };
        self
    }

    /// The same of an action on the resource with this ARN.
    pub(super) fn on(mut self, action: &'static ActionMetadata, arn: String) -> Self {
        self.0.action = Some(action);
        self.0.resource = Some(arn);
        self
    }

    /// The same, to be answered in the form of `authorizer`.
    pub(crate) fn for_authorizer(mut self, authorizer: &Authorizer) -> Self {
        self.0.answers = Some(Arc::clone(&authorizer.web().error_responses));
        self
    }

    fn new(reason: DeniedReason) -> Self {
        let message = match &reason {
            DeniedReason::NoPrincipal => "Missing Authentication Token".to_owned(),
            DeniedReason::InvalidId(error) => error.to_string(),
            DeniedReason::InvalidArn(error) => error.to_string(),
            DeniedReason::Unreadable => {
                "What names the resource in the request cannot be read.".to_owned()
            }
            DeniedReason::KeysUnavailable(_)
            | DeniedReason::TagsUnavailable(_)
            | DeniedReason::PoliciesUnavailable => {
                "The request could not be authorized for now.".to_owned()
            }
            DeniedReason::NoScope | DeniedReason::Misconfigured(_) => {
                "The request could not be authorized.".to_owned()
            }
            DeniedReason::Refused(_) | DeniedReason::OtherScope => "Access denied.".to_owned(),
        };
        Self(Box::new(Inner {
            reason,
            message,
            may_name_policies: false,
            action: None,
            resource: None,
            pending: None,
            answers: None,
        }))
    }

    /// Why the request was not let through. For the log: it names policies and statements.
    pub fn reason(&self) -> &DeniedReason {
        &self.0.reason
    }

    /// The action that was asked for, where the request came so far.
    pub fn action(&self) -> Option<&'static ActionMetadata> {
        self.0.action
    }

    /// The ARN of the single resource that the request named; `None` for a request without one, and for one that was
    /// refused before its resource was known.
    pub fn resource(&self) -> Option<&str> {
        self.0.resource.as_deref()
    }

    /// The answer to the request, as the authorizer that was asked [gives it](crate::AuthorizerBuilder::answers). A
    /// request that failed before an authorizer was asked is answered in the form of [`ErrorResponses::aws`]; to answer it as
    /// the others, use [`Authorizer::rejection`](crate::Authorizer::rejection).
    pub fn rejection(&self) -> Rejection {
        match &self.0.answers {
            Some(answers) => answers.respond(self),
            None => ErrorResponses::aws().respond(self),
        }
    }

    /// What the caller may be told, with the statement that refused it.
    pub(crate) fn naming_policies(&self) -> String {
        match self.reason() {
            DeniedReason::Refused(by) if self.0.may_name_policies => match by.statement() {
                Some(statement) => format!("{self}: {statement}"),
                None => self.to_string(),
            },
            _ => self.to_string(),
        }
    }

    /// The HTTP status that answers the request: 401 without a principal, 403 refused, 400 for what cannot name a
    /// resource of the action, 503 when a condition key or a policy could not be had, 500 for a fault of the application.
    pub fn status(&self) -> u16 {
        match self.reason() {
            DeniedReason::NoPrincipal => 401,
            DeniedReason::Refused(_) | DeniedReason::OtherScope => 403,
            DeniedReason::InvalidId(_) | DeniedReason::InvalidArn(_) | DeniedReason::Unreadable => {
                400
            }
            DeniedReason::KeysUnavailable(_)
            | DeniedReason::TagsUnavailable(_)
            | DeniedReason::PoliciesUnavailable => 503,
            DeniedReason::NoScope | DeniedReason::Misconfigured(_) => 500,
        }
    }

    /// What the check waits for, where it could not be decided.
    pub(crate) fn pending(&self) -> Option<&Pending> {
        self.0.pending.as_ref()
    }

    /// Whether the request, or the application, is at fault and not the caller.
    pub(super) fn is_malformed(&self) -> bool {
        self.severity_among_all() > 2
    }

    /// How much the error counts where all checks must pass.
    ///
    /// What is still open counts least: it may pass, and then another error is what is wrong.
    pub(super) fn severity_among_all(&self) -> u8 {
        match self.status() {
            500 => 5,
            401 => 4,
            400 => 3,
            403 => 2,
            _ if self.pending().is_none() => 1,
            _ => 0,
        }
    }

    /// How much the error counts where one check must pass.
    ///
    /// What is still open counts more than a refusal: it may pass, and that is enough.
    pub(super) fn severity_among_any(&self) -> u8 {
        match self.severity_among_all() {
            grave @ 3.. => grave,
            refused_or_open => 2 - refused_or_open,
        }
    }
}

impl From<InvalidId> for Denied {
    fn from(error: InvalidId) -> Self {
        Self::new(DeniedReason::InvalidId(error))
    }
}

impl From<ResourceMismatch> for Denied {
    fn from(error: ResourceMismatch) -> Self {
        Self::new(match error {
            ResourceMismatch::OtherScope => DeniedReason::OtherScope,
            ResourceMismatch::InvalidId(error) => DeniedReason::InvalidId(error),
            error => DeniedReason::InvalidArn(error),
        })
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
            Self::InvalidArn(error) => error.fmt(formatter),
            Self::OtherScope => ResourceMismatch::OtherScope.fmt(formatter),
            Self::Unreadable => formatter.write_str("what names the resource cannot be read"),
            Self::KeysUnavailable(keys) => write!(formatter, "the decision needs {keys}"),
            Self::TagsUnavailable(error) => error.fmt(formatter),
            Self::PoliciesUnavailable => formatter
                .write_str("a policy of the caller could not be read when it was last loaded"),
            Self::NoScope => formatter.write_str(
                "the account of the resource is not known: the authorizer's scope leaves it open, and the request \
                 brought none that can stand in an ARN",
            ),
            Self::Misconfigured(how) => formatter.write_str(how),
        }
    }
}
