//! Where the service's resources stand.

use pinpoint_iam::Scope;

/// The partition, region and account of every resource that the service has; the policies of the demo name them.
pub(crate) fn scope() -> Scope {
    Scope::new("aws", "us-east-1", "123456789012")
}
