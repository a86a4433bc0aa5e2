//! Errors of requests that were rejected or denied.

use std::fmt;
use std::sync::Arc;

use crate::action::ActionMetadata;
use crate::denial::{ErrorResponses, Rejection};
use crate::eval::{AccessDenied, DeniedBy, DenyReason, Explanation, MissingKeys};
use crate::principal::Principal;
use crate::request::Request;
use crate::resource::{InvalidId, RequestedResource, ResourceMismatch};
use crate::source::resource_keys::{KeysUnavailable, NeededKeys, SourceFailure};
use crate::source::resource_tags::TagsUnavailable;

/// The error of a request that was rejected or denied.
///
/// `Display` writes the message for the caller. [`Denied::reason`] is for the log.
#[derive(Clone)]
pub struct Denied(Box<Inner>);

#[derive(Clone)]
struct Inner {
    reason: DeniedReason,
    message: String,
    /// Whether the caller may see which policy denied the request, if the service shows this at all.
    may_name_policies: bool,
    principal: Option<Principal>,
    action: Option<&'static ActionMetadata>,
    /// The ARN of the single requested resource.
    resource: Option<String>,
    pending: Option<Pending>,
    /// The response format of the authorizer.
    answers: Option<Arc<ErrorResponses>>,
    /// The request and the policies that denied it.
    explain: Option<Explain>,
}

/// Explains a denial.
#[derive(Clone)]
struct Explain(Arc<ExplainResource>);

/// Explains the denial of a request for the resource with this ARN.
type ExplainResource = dyn Fn(Option<&str>) -> Option<Explanation> + Send + Sync;

/// The reason why a request was rejected or denied.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DeniedReason {
    /// The request has no [`Principal`](crate::Principal).
    NoPrincipal,
    /// The policies do not allow it.
    Refused(DeniedBy),
    /// An id in the request is not valid in an ARN.
    InvalidId(InvalidId),
    /// The request identifies its resource by an ARN that does not match the action.
    InvalidArn(ResourceMismatch),
    /// The request identifies its resource by an ARN of another partition, region or account.
    OtherScope,
    /// The parts of the request that identify the resource cannot be parsed, such as a path that is not UTF-8.
    Unreadable,
    /// The request names more than 1,000 resources for `#[requires(each(..))]`.
    TooManyResources,
    /// The token of the requested page is invalid, has expired, or belongs to another list.
    InvalidPageToken,
    /// The request has a method or a path that no check covers, or a path that others may read as a different one; the text
    /// describes what is wrong. For checks by method and path (`web::tower`).
    UnknownRoute(&'static str),
    /// The path does not identify the resource, and the policies do not allow the action on all resources. For checks by
    /// method and path (`web::tower`).
    UnknownResource,
    /// The decision depends on condition keys whose values are unavailable.
    KeysUnavailable(MissingKeys),
    /// The decision depends on tags of the resource, and their source failed.
    TagsUnavailable(TagsUnavailable),
    /// The decision depends on keys of the resource, and their source failed.
    ResourceKeysUnavailable(KeysUnavailable),
    /// A policy of the caller could not be read when the policies were last loaded, see
    /// [`Authorizer::reload`](crate::Authorizer::reload).
    PoliciesUnavailable,
    /// The source has not confirmed the policies within [`max_age`](crate::AuthorizerBuilder::max_age).
    PoliciesExpired,
    /// The policies of the caller come from a source on demand (`source::PrincipalSource`), and are not loaded: the
    /// source failed, or the code could not wait for it.
    PoliciesNotLoaded,
    /// The account of the resource is unknown or not valid in an ARN. This happens if the accounts are those of
    /// tenants, and the request has no [scope](crate::Guard::in_scope) of its own.
    NoScope,
    /// The application is misconfigured; the text describes how.
    Misconfigured(&'static str),
}

/// The missing information for a check that could not be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pending {
    /// Keys of resources.
    ResourceKeys(Vec<NeededKeys>),
    /// The parts of the body that the check depends on.
    Body,
}

impl Denied {
    /// The request has no principal: 401 ([`DeniedReason::NoPrincipal`]).
    ///
    /// For code that looks for the caller itself and has to report that there is none, such as a function that makes the
    /// guard of `#[requires(.., guard = ..)]`. It is answered in the form of [`ErrorResponses::aws`]; for the authorizer's own form
    /// see [`Authorizer::rejection`](crate::Authorizer::rejection).
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

    /// The identification of the resource is missing or cannot be parsed. The response is that for any other invalid
    /// id.
    ///
    /// For an id that a request may omit:
    /// `#[requires(GetCampaign, campaign_id = query.campaign.as_ref().ok_or_else(Denied::unreadable)?)]`.
    pub fn unreadable() -> Self {
        Self::new(DeniedReason::Unreadable)
    }

    /// The request names more resources than `each(..)` accepts.
    pub(crate) fn too_many_resources() -> Self {
        Self::new(DeniedReason::TooManyResources)
    }

    /// The request has a token of a page that is not valid for it.
    #[cfg(feature = "page-tokens")]
    pub(crate) fn invalid_page_token() -> Self {
        Self::new(DeniedReason::InvalidPageToken)
    }

    /// Adds the keys that another check needs.
    pub(crate) fn also_needs(&mut self, other: &Self) {
        if let (Some(Pending::ResourceKeys(needed)), Some(Pending::ResourceKeys(further))) =
            (&mut self.0.pending, &other.0.pending)
        {
            needed.extend_from_slice(further);
        }
    }

    pub(crate) fn no_scope() -> Self {
        Self::new(DeniedReason::NoScope)
    }

    pub(crate) fn misconfigured(how: &'static str) -> Self {
        Self::new(DeniedReason::Misconfigured(how))
    }

    /// The route does not contain the parameters that the check needs.
    pub(crate) fn misrouted() -> Self {
        Self::misconfigured(
            "the path of the request does not contain the ids of the action's resource; mount the check only on routes that have them",
        )
    }

    /// No check covers the method or the path of the request.
    #[cfg(feature = "tower")]
    pub(crate) fn unknown_route(what: &'static str) -> Self {
        Self::new(DeniedReason::UnknownRoute(what))
    }

    /// The path does not identify the resource of the request.
    #[cfg(feature = "tower")]
    pub(crate) fn unknown_resource(request: &Request<'_>) -> Self {
        Self::new(DeniedReason::UnknownResource).about(request)
    }

    pub(crate) fn source_failed(error: SourceFailure) -> Self {
        Self::new(match error {
            SourceFailure::Tags(error) => DeniedReason::TagsUnavailable(error),
            SourceFailure::Keys(error) => DeniedReason::ResourceKeysUnavailable(error),
        })
    }

    pub(crate) fn refused(request: &Request<'_>, by: DeniedBy) -> Self {
        let unavailable = match by.reason() {
            DenyReason::PoliciesUnavailable => Some(DeniedReason::PoliciesUnavailable),
            DenyReason::PoliciesExpired => Some(DeniedReason::PoliciesExpired),
            DenyReason::PoliciesNotLoaded => Some(DeniedReason::PoliciesNotLoaded),
            _ => None,
        };
        if let Some(reason) = unavailable {
            return Self::new(reason).about(request);
        }
        let message = text(MESSAGE_LENGTH, &AccessDenied::new(request, &by));
        let mut denied = Self::new(DeniedReason::Refused(by));
        denied.0.message = message;
        denied.0.may_name_policies = request.is_same_account();
        denied.about(request)
    }

    pub(crate) fn undecided(
        request: &Request<'_>,
        keys: MissingKeys,
        pending: Option<Pending>,
    ) -> Self {
        let mut denied = Self::new(DeniedReason::KeysUnavailable(keys));
        denied.0.pending = pending;
        denied.about(request)
    }

    fn about(mut self, request: &Request<'_>) -> Self {
        self.0.principal = Some(request.principal().clone());
        self.0.action = request.action().metadata();
        self.0.resource = match request.resource() {
            RequestedResource::All => None,
            RequestedResource::Arn(arn) => Some(text(ARN_LENGTH, &arn)),
        };
        self
    }

    /// Adds the action and the ARN of the resource.
    pub(crate) fn on(mut self, action: &'static ActionMetadata, arn: String) -> Self {
        self.0.action = Some(action);
        self.0.resource = Some(arn);
        self
    }

    /// The same, for a response by `responses`.
    pub(crate) fn responding_by(mut self, responses: &Arc<ErrorResponses>) -> Self {
        self.0.answers = Some(Arc::clone(responses));
        self
    }

    fn new(reason: DeniedReason) -> Self {
        let message = match &reason {
            DeniedReason::NoPrincipal => "Missing Authentication Token".to_owned(),
            DeniedReason::InvalidId(error) => error.to_string(),
            DeniedReason::InvalidArn(error) => error.to_string(),
            DeniedReason::Unreadable => {
                "The id of the resource is missing or cannot be read.".to_owned()
            }
            DeniedReason::TooManyResources => "The request names too many resources.".to_owned(),
            DeniedReason::InvalidPageToken => {
                "The page token is invalid or has expired.".to_owned()
            }
            DeniedReason::KeysUnavailable(_)
            | DeniedReason::TagsUnavailable(_)
            | DeniedReason::ResourceKeysUnavailable(_)
            | DeniedReason::PoliciesUnavailable
            | DeniedReason::PoliciesExpired
            | DeniedReason::PoliciesNotLoaded => {
                "The request could not be authorized for now.".to_owned()
            }
            DeniedReason::NoScope | DeniedReason::Misconfigured(_) => {
                "The request could not be authorized.".to_owned()
            }
            DeniedReason::Refused(_)
            | DeniedReason::OtherScope
            | DeniedReason::UnknownRoute(_)
            | DeniedReason::UnknownResource => "Access denied.".to_owned(),
        };
        Self(Box::new(Inner {
            reason,
            message,
            may_name_policies: false,
            principal: None,
            action: None,
            resource: None,
            pending: None,
            answers: None,
            explain: None,
        }))
    }

    /// Returns the reason. For the log only, because it contains policies and statements.
    pub fn reason(&self) -> &DeniedReason {
        &self.0.reason
    }

    /// Returns the caller, if a policy was evaluated.
    #[cfg(feature = "_web")]
    pub(crate) const fn principal(&self) -> Option<&Principal> {
        self.0.principal.as_ref()
    }

    /// Returns the requested action, if it is known.
    pub fn action(&self) -> Option<&'static ActionMetadata> {
        self.0.action
    }

    /// Returns the ARN of the single requested resource; `None` for a request without one, and for a request that was
    /// rejected before its resource was known.
    pub fn resource(&self) -> Option<&str> {
        self.0.resource.as_deref()
    }

    /// Explains the denial: for every statement of the caller's policies, which part matched or not, and why. `None` if
    /// no policy was evaluated, for example because an id is invalid.
    ///
    /// The explanation is computed by this call, with the same request and the same policies as the denied check. Size
    /// and cost are limited: beyond 100 statements it contains only statements that apply to the action, and counts the
    /// others. [`Authorizer::explain`](crate::Authorizer::explain) has no limit.
    ///
    /// **For logs and administrators only**: it names policies, and quotes their patterns and the values of condition
    /// keys. It is not part of `Display` or of any response.
    ///
    /// ```
    /// # use pinpoint_iam::Guard;
    /// use pinpoint_iam::mobiletargeting::{Campaign, DeleteCampaign};
    ///
    /// # fn delete(guard: &Guard<'_>, campaign: &Campaign) {
    /// if let Err(denied) = guard.check(DeleteCampaign, campaign)
    ///     && let Some(explanation) = denied.explanation()
    /// {
    ///     eprintln!("{explanation}");
    /// }
    /// # }
    /// ```
    pub fn explanation(&self) -> Option<Explanation> {
        (self.0.explain.as_ref()?.0)(self.resource())
    }

    /// Adds the explanation, which is computed on demand.
    pub(crate) fn explained_by(
        mut self,
        explain: impl Fn(Option<&str>) -> Option<Explanation> + Send + Sync + 'static,
    ) -> Self {
        self.0.explain = Some(Explain(Arc::new(explain)));
        self
    }

    /// Returns the response, in the [format of the authorizer](crate::AuthorizerBuilder::error_responses) that denied
    /// the request. For a request that failed before it reached an authorizer, the format is that of
    /// [`ErrorResponses::aws`]. To use the authorizer's format for all requests, use
    /// [`Authorizer::rejection`](crate::Authorizer::rejection).
    pub fn rejection(&self) -> Rejection {
        match &self.0.answers {
            Some(answers) => answers.respond(self),
            None => ErrorResponses::aws().respond(self),
        }
    }

    /// Returns the status of [`rejection`](Self::rejection), and its message without a format.
    #[cfg(feature = "tonic")]
    pub(crate) fn status_and_message(&self) -> (u16, String) {
        match &self.0.answers {
            Some(answers) => answers.status_and_message(self),
            None => ErrorResponses::aws().status_and_message(self),
        }
    }

    /// Returns the message for the caller, with the statement that caused the denial.
    pub(crate) fn naming_policies(&self) -> String {
        match self.reason() {
            DeniedReason::Refused(by) if self.0.may_name_policies => match by.statement() {
                Some(statement) => format!("{self}: {statement}"),
                None => self.to_string(),
            },
            _ => self.to_string(),
        }
    }

    /// Returns the HTTP status: 401 without a principal, 403 if the policies deny the request, 400 for an invalid
    /// resource, 503 if a condition key or a policy is unavailable, 500 for an error of the application.
    pub fn status(&self) -> u16 {
        match self.reason() {
            DeniedReason::NoPrincipal => 401,
            DeniedReason::Refused(_)
            | DeniedReason::OtherScope
            | DeniedReason::UnknownRoute(_)
            | DeniedReason::UnknownResource => 403,
            DeniedReason::InvalidId(_)
            | DeniedReason::InvalidArn(_)
            | DeniedReason::Unreadable
            | DeniedReason::TooManyResources
            | DeniedReason::InvalidPageToken => 400,
            DeniedReason::KeysUnavailable(_)
            | DeniedReason::TagsUnavailable(_)
            | DeniedReason::ResourceKeysUnavailable(_)
            | DeniedReason::PoliciesUnavailable
            | DeniedReason::PoliciesExpired
            | DeniedReason::PoliciesNotLoaded => 503,
            DeniedReason::NoScope | DeniedReason::Misconfigured(_) => 500,
        }
    }

    /// Returns the missing information, if the check could not be decided.
    pub(crate) fn pending(&self) -> Option<&Pending> {
        self.0.pending.as_ref()
    }

    /// Whether the error is caused by the request or the application, not by the permissions of the caller.
    pub(crate) fn is_malformed(&self) -> bool {
        self.severity_among_all() > 2
    }

    /// The severity of the error if all checks must pass.
    ///
    /// What is still open counts least: it may pass, and then another error is what is wrong.
    pub(crate) fn severity_among_all(&self) -> u8 {
        match self.status() {
            500 => 5,
            401 => 4,
            400 => 3,
            403 => 2,
            _ if self.pending().is_none() => 1,
            _ => 0,
        }
    }

    /// The severity of the error if one check must pass.
    ///
    /// What is still open counts more than a refusal: it may pass, and that is enough.
    pub(crate) fn severity_among_any(&self) -> u8 {
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

/// The length in bytes of most messages.
const MESSAGE_LENGTH: usize = 320;

/// The length in bytes of most ARNs.
const ARN_LENGTH: usize = 96;

/// The text of `value`, in a string that grows only if the text is longer than most.
fn text(most: usize, value: &impl fmt::Display) -> String {
    use fmt::Write;

    let mut text = String::with_capacity(most);
    // Writing to a string does not fail.
    let _ = write!(text, "{value}");
    text
}

impl fmt::Debug for Denied {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Denied")
            .field("reason", self.reason())
            .field("action", &self.action().map(ToString::to_string))
            .field("resource", &self.resource())
            .finish_non_exhaustive()
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
            Self::Unreadable => formatter.write_str("the id of the resource is missing or cannot be read"),
            Self::TooManyResources => {
                formatter.write_str("the request names more than 1000 resources")
            }
            Self::InvalidPageToken => formatter.write_str(
                "the page token is invalid, has expired, or belongs to another list",
            ),
            Self::KeysUnavailable(keys) => write!(formatter, "the decision needs {keys}"),
            Self::TagsUnavailable(error) => error.fmt(formatter),
            Self::ResourceKeysUnavailable(error) => error.fmt(formatter),
            Self::PoliciesUnavailable => formatter
                .write_str("a policy of the caller could not be read when it was last loaded"),
            Self::PoliciesNotLoaded => {
                formatter.write_str("the policies of the caller are not loaded")
            }
            Self::PoliciesExpired => formatter.write_str(
                "the policies have expired: their source has not confirmed them within `max_age`",
            ),
            Self::NoScope => formatter.write_str(
                "the account of the resource is unknown: the authorizer's scope has none, and the request has no \
                 `Scope` with a valid account",
            ),
            Self::UnknownResource => formatter.write_str(
                "the path does not identify the resource, and the policies do not allow the action on all resources",
            ),
            Self::UnknownRoute(text) | Self::Misconfigured(text) => formatter.write_str(text),
        }
    }
}
