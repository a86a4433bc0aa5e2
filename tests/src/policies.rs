//! The policies of one request, by type.

use pinpoint_iam::{Policy, PolicyStack};

/// What a [`PolicyStack`] borrows.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    /// Identity-based policies.
    pub identity: Vec<Policy>,
    /// The permissions boundary, where there is one.
    pub boundary: Option<Vec<Policy>>,
    /// The session policies, where there are any.
    pub session: Option<Vec<Policy>>,
    /// The policy of the resource.
    pub resource: Option<Policy>,
    /// The policy of the VPC endpoint.
    pub vpc_endpoint: Option<Policy>,
    /// The service control policies of each level.
    pub scps: Vec<Vec<Policy>>,
    /// The resource control policies of each level.
    pub rcps: Vec<Vec<Policy>>,
}

impl Policies {
    /// The policies, as the evaluators take them.
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
