//! The check that recorded requests are decided as before.

use std::fmt;

use pinpoint_iam_core::__private::OneLine;

use super::change::{ChangeCheck, CheckFailed, PolicyChange};
use crate::arn::Arn;
use crate::context::Context;
#[cfg(feature = "decision-log")]
use crate::decision_log::RecordedRequest;
use crate::eval::{Decision, Evaluation};
use crate::principal::Principal;
use crate::request::{Request, RequestedAction};
use crate::resource::RequestedResource;

/// A request that was decided before, as plain data.
///
/// With the feature `decision-log`, it is also made of the
/// [`RecordedRequest`](crate::decision_log::RecordedRequest) of a decision log. A condition key that is masked, or that
/// the decision has not read, is then unknown.
#[derive(Clone, Debug)]
pub struct PastRequest(Parts);

#[derive(Clone, Debug)]
enum Parts {
    Given(Box<Given>),
    #[cfg(feature = "decision-log")]
    Recorded(Box<RecordedRequest<'static>>),
}

#[derive(Clone, Debug)]
struct Given {
    principal: Principal,
    action: String,
    resource: String,
    resource_account: Option<String>,
    context: Context,
}

impl PastRequest {
    /// Creates a request: the `action` with its prefix, the ARN of the `resource` or `*`, and the condition keys on which
    /// the decision may depend.
    ///
    /// # Errors
    ///
    /// Fails if the action or the resource is invalid.
    pub fn new(
        principal: Principal,
        action: &str,
        resource: &str,
        context: Context,
    ) -> Result<Self, InvalidPastRequest> {
        RequestedAction::parse(action).map_err(|error| InvalidPastRequest(error.to_string()))?;
        parse(resource).map_err(|error| InvalidPastRequest(error.to_string()))?;
        Ok(Self(Parts::Given(Box::new(Given {
            principal,
            action: action.to_owned(),
            resource: resource.to_owned(),
            resource_account: None,
            context,
        }))))
    }

    /// Sets the account that owns the resource, for an ARN without an account.
    #[must_use]
    pub fn with_resource_account(mut self, account: &str) -> Self {
        match &mut self.0 {
            Parts::Given(given) => given.resource_account = Some(account.to_owned()),
            #[cfg(feature = "decision-log")]
            Parts::Recorded(recorded) => recorded.set_resource_account(account),
        }
        self
    }

    /// Calls `ask` with the request; `None` if it is invalid, which [`new`](Self::new) has excluded.
    fn put<T>(&self, ask: impl FnOnce(&Request<'_>) -> T) -> Option<T> {
        match &self.0 {
            Parts::Given(given) => given.put(ask),
            #[cfg(feature = "decision-log")]
            Parts::Recorded(recorded) => Some(ask(&recorded.as_request())),
        }
    }
}

#[cfg(feature = "decision-log")]
impl From<RecordedRequest<'_>> for PastRequest {
    fn from(recorded: RecordedRequest<'_>) -> Self {
        Self(Parts::Recorded(Box::new(recorded.into_owned())))
    }
}

impl Given {
    fn put<T>(&self, ask: impl FnOnce(&Request<'_>) -> T) -> Option<T> {
        let action = RequestedAction::parse(&self.action).ok()?;
        let resource = parse(&self.resource).ok()?;
        let request = Request::new(&self.principal, action, resource, &self.context);
        Some(ask(&match &self.resource_account {
            Some(account) => request.with_resource_account(account),
            None => request,
        }))
    }
}

impl fmt::Display for PastRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Parts::Given(given) => {
                let Given {
                    principal,
                    action,
                    resource,
                    ..
                } = &**given;
                write!(formatter, "{action} on {resource} by {principal}")
            }
            #[cfg(feature = "decision-log")]
            Parts::Recorded(recorded) => recorded.fmt(formatter),
        }
    }
}

fn parse(resource: &str) -> Result<RequestedResource<'_>, crate::arn::InvalidArn> {
    match resource {
        "*" => Ok(RequestedResource::All),
        arn => Arn::parse(arn).map(RequestedResource::Arn),
    }
}

/// The error of a [`PastRequest`] whose action or resource is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPastRequest(String);

impl fmt::Display for InvalidPastRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        OneLine(&self.0).fmt(formatter)
    }
}

impl std::error::Error for InvalidPastRequest {}

/// A [`ChangeCheck`] that rejects new policies under which a recorded request would be decided differently, unless the
/// change is [approved](crate::Authorizer::approve_change).
///
/// A request that is allowed now and would be denied is reported as well as the reverse. A request that cannot be decided
/// because its record lacks a condition key is reported, too, because its decision may change. Without
/// [current](PolicyChange::current) policies, nothing is compared.
///
/// ```
/// use pinpoint_iam::change::{PastRequest, SameDecisions};
/// use pinpoint_iam::context::Context;
/// use pinpoint_iam::{Authorizer, Principal};
///
/// let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
/// let app = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1";
/// let record = PastRequest::new(ana, "mobiletargeting:GetApp", app, Context::new())?;
/// let builder = Authorizer::builder().check_changes(SameDecisions::new([record]));
/// # drop(builder);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SameDecisions {
    requests: Vec<PastRequest>,
}

/// The number of requests that an error shows.
const EXAMPLES: usize = 3;

impl SameDecisions {
    /// Creates a check for these requests.
    pub fn new(requests: impl IntoIterator<Item = PastRequest>) -> Self {
        Self {
            requests: requests.into_iter().collect(),
        }
    }
}

impl ChangeCheck for SameDecisions {
    fn check(&self, change: &PolicyChange<'_>) -> Result<(), CheckFailed> {
        if change.current().is_none() {
            return Ok(());
        }
        let mut changed = self.requests.iter().filter_map(|request| {
            let difference = difference(request, change)?;
            Some(format!("{request} {difference}"))
        });
        let examples: Vec<String> = changed.by_ref().take(EXAMPLES).collect();
        if examples.is_empty() {
            return Ok(());
        }
        let more = match changed.count() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        Err(CheckFailed::unless_approved(format!(
            "recorded requests would be decided differently: {}{more}",
            examples.join(", ")
        )))
    }
}

/// Returns how the decision changes; `None` if it does not.
fn difference(request: &PastRequest, change: &PolicyChange<'_>) -> Option<String> {
    let evaluations = request.put(|request| {
        let current = change.evaluate_current(request)?;
        Some((current, change.evaluate_new(request)))
    });
    let Some((current, new)) = evaluations.flatten() else {
        return Some("cannot be decided again".to_owned());
    };
    let is_allowed = |evaluation: &Evaluation| match evaluation {
        Evaluation::Decided(decision) => Some(decision.is_allowed()),
        Evaluation::Indeterminate(_) => None,
    };
    match (is_allowed(&current), is_allowed(&new)) {
        (Some(before), Some(after)) if before == after => None,
        (Some(true), Some(_)) => Some(match new {
            Evaluation::Decided(Decision::Deny(by)) => format!("would be denied: {by}"),
            _ => "would be denied".to_owned(),
        }),
        (Some(_), Some(_)) => Some("would be allowed".to_owned()),
        _ => {
            let missing = [&current, &new].into_iter().flat_map(|evaluation| {
                let keys = match evaluation {
                    Evaluation::Indeterminate(keys) => Some(keys.iter()),
                    Evaluation::Decided(_) => None,
                };
                keys.into_iter().flatten()
            });
            let mut missing: Vec<&str> = missing.map(|key| key.as_str()).collect();
            missing.sort_unstable();
            missing.dedup();
            Some(format!(
                "cannot be decided: the record has no value of {}",
                missing.join(", ")
            ))
        }
    }
}
