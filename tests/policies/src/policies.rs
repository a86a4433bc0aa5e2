//! The policies of one request, by type.

use pinpoint_iam::{Policy, PolicyStack};

/// The policies that a [`PolicyStack`] borrows.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    /// Identity-based policies.
    pub identity: Vec<Policy>,
    /// The permissions boundary, if there is one.
    pub boundary: Option<Vec<Policy>>,
    /// The session policies, if there are any.
    pub session: Option<Vec<Policy>>,
    /// The resource-based policy.
    pub resource: Option<Policy>,
    /// The VPC endpoint policy.
    pub vpc_endpoint: Option<Policy>,
    /// The service control policies of each level.
    pub scps: Vec<Vec<Policy>>,
    /// The resource control policies of each level.
    pub rcps: Vec<Vec<Policy>>,
}

impl Policies {
    /// Returns the policies as the evaluators accept them.
    pub fn stack(&self) -> PolicyStack<'_> {
        PolicyStack {
            identity: &self.identity,
            permissions_boundary: self.boundary.as_deref(),
            session: self.session.as_deref(),
            resource: self.resource.as_ref(),
            vpc_endpoint: self.vpc_endpoint.as_ref(),
            service_control: &self.scps,
            resource_control: &self.rcps,
        }
    }
}
