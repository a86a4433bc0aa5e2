//! Rules for the elements that a statement must and must not have.

use pinpoint_iam_core::__private::Quoted;
use pinpoint_iam_core::policy::PolicyKind;

use crate::checker::Checker;
use crate::read::Statement;

rules! {
    MISSING_RESOURCE: "missing-resource", Some("MISSING_RESOURCE"), Error, IdentityManaged,
        "Every statement needs a `Resource` or a `NotResource`, except in role trust policies, which have neither, and in resource-based policies.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject""#),
        statements!(r#""Effect": "Deny", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::b/*""#);
    UNSUPPORTED_SID: "unsupported-sid", Some("UNSUPPORTED_SID"), Error, IdentityManaged,
        "A `Sid` consists of ASCII letters and digits, except in resource-based policies.",
        statements!(r#""Sid": "Read objects", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Sid": "ReadObjects2", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    EMPTY_SID_VALUE: "empty-sid-value", Some("EMPTY_SID_VALUE"), Suggestion, IdentityManaged,
        "An empty `Sid` identifies nothing.",
        statements!(r#""Sid": "", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
}

pub(super) fn apply(statement: &Statement<'_>, check: &mut Checker<'_>) {
    if let Some(sid) = &statement.sid {
        let is_plain = sid.text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if sid.text.is_empty() {
            check.report(
                &EMPTY_SID_VALUE,
                sid.at,
                "the `Sid` is empty",
                "write a name, or remove it",
            );
        } else if !is_plain && check.kind != PolicyKind::Resource {
            check.report(
                &UNSUPPORTED_SID,
                sid.at,
                format!(
                    "the `Sid` {} contains characters other than letters and digits",
                    Quoted(&sid.text)
                ),
                "use ASCII letters and digits",
            );
        }
    }
    let is_optional = matches!(check.kind, PolicyKind::Resource | PolicyKind::RoleTrust);
    if statement.resource.is_none() && !is_optional {
        check.report(
            &MISSING_RESOURCE,
            statement.at,
            "the statement has neither `Resource` nor `NotResource`",
            "add the resources that the statement covers, or `\"Resource\": \"*\"`",
        );
    }
}

/// The characters of a `Sid` that every kind of policy accepts.
pub(crate) fn plain_sid(sid: &str) -> String {
    sid.chars().filter(char::is_ascii_alphanumeric).collect()
}
