//! The words in random policies and requests.

use pinpoint_iam::condition::BaseOperator;

/// The condition keys of the requests.
pub const KEYS: [&str; 11] = [
    "aws:username",
    "aws:PrincipalTag/team",
    "aws:ResourceTag/team",
    "aws:TagKeys",
    "aws:PrincipalArn",
    "aws:SourceArn",
    "aws:SecureTransport",
    "aws:SourceIp",
    "aws:CurrentTime",
    "x:count",
    "x:digest",
];

/// The callers of the requests: ARNs (that of a role represents one of its sessions), an identity provider, a service
/// and a caller without credentials.
pub const CALLERS: [&str; 11] = [
    "arn:aws:iam::111122223333:user/ana",
    "arn:aws:sts::111122223333:assumed-role/worker/monday",
    "arn:aws:sts::111122223333:assumed-role/worker/tuesday",
    "arn:aws:sts::111122223333:federated-user/guest",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::999988887777:user/bob",
    "arn:aws:iam::999988887777:root",
    "arn:aws:iam::111122223333:role/aws-service-role/sns.amazonaws.com/AWSServiceRoleForSns",
    PROVIDER,
    "sns.amazonaws.com",
    "",
];

/// An identity provider.
pub(super) const PROVIDER: &str = "accounts.google.com";

/// The actions of the requests.
pub const ACTIONS: [&str; 4] = [
    "mobiletargeting:GetCampaign",
    "mobiletargeting:DeleteCampaign",
    "mobiletargeting:GetApps",
    "s3:GetObject",
];

/// The resources of the requests.
pub const RESOURCES: [&str; 7] = [
    "arn:aws:mobiletargeting:us-east-1:111122223333:apps/a1/campaigns/c1",
    "arn:aws:mobiletargeting:us-east-1:111122223333:apps/a2/campaigns/c1",
    "arn:aws:mobiletargeting:us-east-1:111122223333:apps/*",
    "arn:aws:mobiletargeting:eu-west-1:999988887777:apps/a1",
    "arn:aws:s3:::bucket/red/key",
    "arn:aws:kms:us-east-1:111122223333:key/k1",
    "*",
];

/// Patterns for actions. The first ones have no wildcard in the service prefix.
pub const ACTION_PATTERNS: [&str; 12] = [
    "*",
    "*:*",
    "mobiletargeting:*",
    "mobiletargeting:Get*",
    "MobileTargeting:getcampaign",
    "mobiletargeting:*Campaign",
    "mobiletargeting:GetApp?",
    "s3:*",
    "S3:getobject",
    "mobile*:GetCampaign",
    "*:Get*",
    "??:*",
];

/// The number of [`ACTION_PATTERNS`] without a wildcard in the service prefix.
pub const PLAIN_ACTION_PATTERNS: usize = 9;

/// Patterns for resources. The first ones have no variables. Only its service can complete the last one.
pub const RESOURCE_PATTERNS: [&str; 22] = [
    "*",
    "arn:*",
    "arn:aws:mobiletargeting:*:*:*",
    "arn:aws:mobiletargeting:us-east-1:111122223333:apps/*",
    "arn:aws:mobiletargeting:us-east-1:111122223333:apps/a1*",
    "arn:aws:mobiletargeting:us-east-1:111122223333:apps/a1/campaigns/c1",
    "arn:aws:mobiletargeting:us-east-1:111122223333:apps/a1/campaigns/c",
    "arn:aws:mobiletargeting:us-????-?:1111*:apps/a2/*",
    "arn:aws:mobiletargeting:*:111122223333:apps/?1/campaigns/c1",
    "arn:aws:mobiletargeting:us-east-1:111122223333:apps/?",
    "arn:aws:mobiletargeting:*:apps/a1",
    "arn:aws:mobiletargeting",
    "arn:aws:s3:::*",
    "arn:aws:s3:::bucket/r*d/key",
    "arn:aws:kms:us-east-1:111122223333:key/*",
    "arn:aws:mobiletargeting:us-east-1:111122223333:apps/${aws:username}/*",
    "arn:aws:mobiletargeting:us-east-1:111122223333:apps/${aws:ResourceTag/team}*",
    "arn:aws:mobiletargeting:us-east-1:111122223333:apps/${aws:TagKeys, 'a1'}/*",
    "arn:aws:mobiletargeting:us-east-1:111122223333:apps/${aws:PrincipalTag/team, 'a2'}/*",
    "arn:aws:mobiletargeting:us-east-1:111122223333:apps/${*}",
    "arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*",
    "execute-api:/*",
];

/// The number of [`RESOURCE_PATTERNS`] that are `*` or ARNs without variables.
pub const PLAIN_RESOURCE_PATTERNS: usize = 15;

/// Principal elements.
pub(super) const PRINCIPALS: [&str; 13] = [
    r#""*""#,
    r#"{"AWS": "*"}"#,
    r#"{"AWS": "111122223333"}"#,
    r#"{"AWS": "arn:aws:iam::999988887777:root"}"#,
    r#"{"AWS": "arn:aws:iam::111122223333:user/ana"}"#,
    r#"{"AWS": "arn:aws:iam::111122223333:role/worker"}"#,
    r#"{"AWS": "arn:aws:iam::111122223333:role/night/worker"}"#,
    r#"{"AWS": ["111122223333", "arn:aws:iam::111122223333:role/worker", "arn:aws:sts::111122223333:assumed-role/worker/monday"]}"#,
    r#"{"AWS": ["arn:aws:iam::999988887777:user/bob", "arn:aws:sts::111122223333:federated-user/guest"]}"#,
    r#"{"Service": "sns.amazonaws.com"}"#,
    r#"{"AWS": "AROAEXAMPLEWORKER1234", "CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}"#,
    r#"{"Federated": "cognito-identity.amazonaws.com"}"#,
    r#"{"Federated": "accounts.google.com"}"#,
];

/// The values that an operator compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Text,
    Number,
    Date,
    Boolean,
    Binary,
    Address,
    Arn,
}

impl Family {
    pub(super) fn of(operator: BaseOperator) -> Self {
        let name = operator.as_str();
        if name.starts_with("String") {
            Self::Text
        } else if name.starts_with("Numeric") {
            Self::Number
        } else if name.starts_with("Date") {
            Self::Date
        } else if name.starts_with("Arn") {
            Self::Arn
        } else if name.ends_with("IpAddress") {
            Self::Address
        } else if name.starts_with("Binary") {
            Self::Binary
        } else {
            Self::Boolean
        }
    }

    pub(super) fn of_key(key: &str) -> Self {
        match key {
            "x:count" => Self::Number,
            "x:digest" => Self::Binary,
            "aws:CurrentTime" => Self::Date,
            "aws:SecureTransport" => Self::Boolean,
            "aws:SourceIp" => Self::Address,
            "aws:SourceArn" | "aws:PrincipalArn" => Self::Arn,
            _ => Self::Text,
        }
    }

    pub(super) fn keys(self) -> Vec<&'static str> {
        let own = KEYS
            .into_iter()
            .filter(move |key| Self::of_key(key) == self);
        own.collect()
    }

    /// Returns values for policies.
    pub(super) const fn written(self) -> &'static [&'static str] {
        match self {
            Self::Text => &[
                "a1",
                "red",
                "RED",
                "r*",
                "?1",
                "*",
                "",
                "${aws:username}",
                "${aws:ResourceTag/team}",
                "${aws:PrincipalTag/team, 'red'}",
                "${*}",
                "true",
            ],
            Self::Number => &["5", "5.0", "-1", "10", "1e1"],
            Self::Date => &["2026-01-01", "2026-01-01T00:00:00+01:00", "1767225600"],
            Self::Boolean => &["true", "false", "True"],
            Self::Binary => &["cmVk", "YTE="],
            Self::Address => &[
                "203.0.113.0/24",
                "203.0.113.5",
                "2001:db8::/32",
                "0.0.0.0/0",
                "::ffff:203.0.113.0/120",
            ],
            Self::Arn => &[
                "arn:aws:iam::111122223333:user/*",
                "arn:aws:iam::111122223333:user/ana",
                "arn:aws:iam::111122223333:user/${aws:username}",
                "arn:*:*:*:*:*",
                "arn:aws:sns:*:*:a?",
                "*",
            ],
        }
    }

    /// Returns values for requests. The last one is not comparable by any operator of the family, if such a value
    /// exists.
    pub(super) const fn brought(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["a1", "a2", "red", "Red", "*", "${aws:username}"],
            Self::Number => &["5", "4.5", "10", "many"],
            Self::Date => &["2026-01-01", "2025-12-31T23:00:00Z", "1767225601", "soon"],
            Self::Boolean => &["true", "false", "yes"],
            Self::Binary => &["cmVk", "YTI=", "-"],
            Self::Address => &[
                "203.0.113.5",
                "::ffff:203.0.113.5",
                "203.0.114.1",
                "2001:db8::1",
                "here",
            ],
            Self::Arn => &[
                "arn:aws:iam::111122223333:user/ana",
                "arn:aws:iam::111122223333:role/worker",
                "arn:aws:sns:us-east-1:111122223333:a1",
                "a1",
            ],
        }
    }
}
