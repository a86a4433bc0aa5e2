//! AWS's message for denied requests.

use std::fmt;

use crate::eval::decision::{DeniedBy, DenyReason};
use crate::policy_stack::PolicyType;
use crate::principal::Principal;
use crate::request::{Request, RequestedAction};
use crate::resource::RequestedResource;

/// AWS's access-denied message, written by `Display`.
///
/// ```text
/// User: arn:aws:iam::123456789012:user/ana is not authorized to perform: mobiletargeting:DeleteCampaign on resource:
/// arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1 because no identity-based policy allows the
/// mobiletargeting:DeleteCampaign action
/// ```
///
/// The message contains the type of the policy, but not which policy it is. See
/// [troubleshooting access denied errors](https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html).
/// Two choices are ours. An explicit deny of a session policy reads `a session policy`, as in the responses of
/// services, although the guide prints `a sessions policy`. A caller from another account than the resource's gets the
/// short message, as AWS sends to callers from another organization.
#[derive(Clone, Copy, Debug)]
pub struct AccessDenied<'a> {
    principal: &'a Principal,
    action: RequestedAction<'a>,
    resource: RequestedResource<'a>,
    same_account: bool,
    by: &'a DeniedBy,
}

impl<'a> AccessDenied<'a> {
    /// Creates the message for `request`, which `by` denied.
    pub fn new(request: &Request<'a>, by: &'a DeniedBy) -> Self {
        Self {
            principal: request.principal(),
            action: request.action(),
            resource: request.resource(),
            same_account: request.is_same_account(),
            by,
        }
    }
}

impl fmt::Display for AccessDenied<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            principal,
            action,
            resource,
            ..
        } = self;
        // Every denial writes this. Calling `fmt` costs half of what `write!` does.
        formatter.write_str("User: ")?;
        principal.fmt(formatter)?;
        formatter.write_str(" is not authorized to perform: ")?;
        action.fmt(formatter)?;
        formatter.write_str(" on resource: ")?;
        resource.fmt(formatter)?;
        if !self.same_account {
            return Ok(());
        }
        match self.by.reason() {
            DenyReason::ExplicitDeny(statement) => {
                formatter.write_str(" with an explicit deny in ")?;
                formatter.write_str(with_article(statement.policy_type()))
            }
            DenyReason::ImplicitDeny(policy_type) => {
                formatter.write_str(" because no ")?;
                policy_type.fmt(formatter)?;
                formatter.write_str(" allows the ")?;
                action.fmt(formatter)?;
                formatter.write_str(" action")
            }
            DenyReason::Indeterminate(_)
            | DenyReason::PoliciesUnavailable
            | DenyReason::PoliciesExpired
            | DenyReason::PoliciesNotLoaded
            | DenyReason::SeveralBoundaries
            | DenyReason::SessionPoliciesRejected => Ok(()),
        }
    }
}

const fn with_article(policy_type: PolicyType) -> &'static str {
    match policy_type {
        PolicyType::Identity => "an identity-based policy",
        PolicyType::PermissionsBoundary => "a permissions boundary",
        PolicyType::Session => "a session policy",
        PolicyType::Resource => "a resource-based policy",
        PolicyType::ServiceControl => "a service control policy",
        PolicyType::ResourceControl => "a resource control policy",
        PolicyType::VpcEndpoint => "a VPC endpoint policy",
    }
}
