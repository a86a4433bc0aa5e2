//! The documentation of the lints of `pinpoint-iam-core`.

rules! {
    ALLOW_WITH_NOT_PRINCIPAL: "allow-with-not-principal", Some("ALLOW_WITH_NOT_PRINCIPAL"), SecurityWarning, Resource,
        "`NotPrincipal` with `Allow` would allow everyone else, including anonymous callers. AWS rejects it; pinpoint-iam reads it as a statement that allows nothing.",
        statements!(r#""Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    ALLOW_NOT_ACTION: "allow-not-action", None, Warning, IdentityManaged,
        "`NotAction` with `Allow` allows every other action of every service, including those that AWS adds later.",
        statements!(r#""Effect": "Allow", "NotAction": "iam:*", "Resource": "*""#),
        statements!(r#""Effect": "Deny", "NotAction": "iam:*", "Resource": "*""#);
    ALLOW_NOT_RESOURCE: "allow-not-resource", None, Warning, IdentityManaged,
        "`NotResource` with `Allow` allows every other resource, of every account.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Deny", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b/*""#);
    PUBLIC_ALLOW: "public-allow", None, SecurityWarning, Resource,
        "The statement allows everyone, including anonymous callers, and has no condition.",
        statements!(r#""Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#);
    ANY_ARN: "any-arn", None, Warning, Resource,
        "A resource such as `arn:*` covers every ARN, but not everything that `*` covers.",
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:*""#),
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*""#);
    MISSING_ARN_FIELD: "missing-arn-field", Some("MISSING_ARN_FIELD"), Error, IdentityManaged,
        "An ARN has six components. IAM and pinpoint-iam accept some shorter ones and complete them, IAM Access Analyzer does not.",
        statements!(r#""Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:aws:sns:us-east-1""#),
        statements!(r#""Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:aws:sns:us-east-1:*:*""#);
    LEADING_SLASH: "leading-slash", None, Error, IdentityManaged,
        "Resources of Amazon Pinpoint and Amazon Mobile Analytics do not start with a slash, although an old version of AWS's guide has one.",
        statements!(r#""Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "arn:aws:mobiletargeting:us-east-1:111122223333:/apps/a1""#),
        statements!(r#""Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "arn:aws:mobiletargeting:us-east-1:111122223333:apps/a1""#);
    NULL_RESOURCE: "null-resource", None, Warning, IdentityManaged,
        "AWS ignores `null` in a list of resources. It is usually the result of an error in a template.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::b/*", null]"#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::b/*"]"#);
    DOCUMENT_ID: "document-id", None, Suggestion, IdentityManaged,
        "Policies of users, groups and roles have no `Id`, according to AWS's documentation.",
        r#"{"Version": "2012-10-17", "Id": "p1", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}"#,
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    WILDCARD_IN_SERVICE_NAME: "wildcard-in-service-name", Some("WILDCARD_IN_SERVICE_NAME"), Suggestion, Resource,
        "A wildcard in a service prefix covers other services with similar names. IAM rejects it.",
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "s*:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "s3:*Object", "Resource": "arn:aws:s3:::b/*""#);
    STAR_COLON_STAR: "star-colon-star", None, Suggestion, IdentityManaged,
        "The action `*:*` is the same as `*`, but AWS does not document it.",
        statements!(r#""Effect": "Deny", "Action": "*:*", "Resource": "*""#),
        statements!(r#""Effect": "Deny", "Action": "*", "Resource": "*""#);
    ARN_WITHOUT_COMPONENTS: "arn-without-components", None, Warning, IdentityManaged,
        "An ARN operator compares six components, so a value with fewer matches nothing.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam:*"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:*"}}"#);
    BOOL_WITHOUT_IF_EXISTS: "bool-without-if-exists", None, SecurityWarning, IdentityManaged,
        "Requests with long-term credentials do not have `aws:MultiFactorAuthPresent`, so a `Deny` that compares it by `Bool` does not deny them.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}"#);
    FOR_ALL_VALUES_ALLOW: "for-all-values-allow", None, Warning, IdentityManaged,
        "`ForAllValues` holds for requests without the key. If no other condition requires the key, an `Allow` also allows these requests.",
        statements!(r#""Effect": "Allow", "Action": "sqs:CreateQueue", "Resource": "*", "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}"#),
        statements!(r#""Effect": "Allow", "Action": "sqs:CreateQueue", "Resource": "*", "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}, "Null": {"aws:TagKeys": "false"}}"#);
    FORALLVALUES_WITH_SINGLE_VALUED_KEY: "forallvalues-with-single-valued-key", Some("FORALLVALUES_WITH_SINGLE_VALUED_KEY"), SecurityWarning, IdentityManaged,
        "`ForAllValues` holds for requests without the key, and the key never has several values. In a `Deny`, this is a warning.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"ForAllValues:StringEquals": {"aws:PrincipalTag/team": ["a"]}}"#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["a"]}}"#);
    SET_OF_SINGLE: "set-of-single", None, Suggestion, IdentityManaged,
        "`ForAnyValue` is for keys with several values; this key has at most one.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"ForAnyValue:StringEquals": {"aws:PrincipalTag/team": ["a"]}}"#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["a"]}}"#);
    MISSING_QUALIFIER: "missing-qualifier", Some("MISSING_QUALIFIER"), Error, IdentityManaged,
        "The key has several values, and the operator compares one. Use `ForAllValues` or `ForAnyValue`.",
        statements!(r#""Effect": "Allow", "Action": "sqs:CreateQueue", "Resource": "*", "Condition": {"StringEquals": {"aws:TagKeys": "team"}}"#),
        statements!(r#""Effect": "Allow", "Action": "sqs:CreateQueue", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}"#);
    IF_EXISTS_OF_SET: "if-exists-of-set", None, Suggestion, IdentityManaged,
        "`ForAllValues` and `ForAnyValue` determine the result for an absent key, so `IfExists` has no effect.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "team"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}"#);
    NULL_OF_BOTH: "null-of-both", None, Warning, IdentityManaged,
        "A `Null` condition with both `true` and `false` always holds.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"aws:TagKeys": ["true", "false"]}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"aws:TagKeys": ["true"]}}"#);
    NULL_WITH_QUALIFIER: "null-with-qualifier", Some("NULL_WITH_QUALIFIER"), Suggestion, IdentityManaged,
        "`Null` tests the key as a whole. With `ForAllValues` or `ForAnyValue`, the result does not depend on its values.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ForAllValues:Null": {"aws:TagKeys": "true"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"aws:TagKeys": "true"}}"#);
    IMPROVE_IP_RANGE: "improve-ip-range", Some("IMPROVE_IP_RANGE"), Suggestion, IdentityManaged,
        "The bits of an address after the prefix of its range are ignored.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.7/24"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#);
    MAPPED_RANGE: "mapped-range", None, Warning, IdentityManaged,
        "A range of IPv6 with an IPv4-mapped address is the range of IPv4, or contains no address of IPv4.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "::ffff:203.0.113.0/120"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "2001:db8::/32"}}"#);
}
