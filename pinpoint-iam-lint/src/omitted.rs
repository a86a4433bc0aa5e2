//! The issue codes of IAM Access Analyzer that no rule reports.

/// An issue code of [IAM Access
/// Analyzer](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html) that no rule
/// reports, and the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Omitted {
    /// The issue code.
    pub aws_code: &'static str,
    /// Why no rule reports it.
    pub reason: &'static str,
}

macro_rules! omitted {
    ($($aws_code:literal: $reason:literal,)*) => {
        /// Every code that no rule reports.
        pub static OMITTED: &[Omitted] = &[$(Omitted { aws_code: $aws_code, reason: $reason }),*];
    };
}

omitted! {
    "INVALID_KMS_KEY_VALUE": "the form of one key's values in Amazon S3, which belongs in a catalog of that service",
    "INVALID_SERVICE": "needs a list of all services; nothing is known about a service without a catalog",
    "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA": "the quota depends on the service that stores the policy, which is not known",
    "UNSUPPORTED_RESOURCE_ARN_IN_POLICY": "depends on the resource to which the policy is attached, which is not known",
    "USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES": "needs a list of the services that set each global key, which changes over time",
    "VARIABLE_USAGE_TOO_PERMISSIVE": "AWS does not document which variables in which elements it reports",
    "WILDCARD_USAGE_TOO_PERMISSIVE": "AWS does not document which wildcards in which elements it reports",
}
