//! Rules for `Action` and `NotAction` that need no catalog.

use pinpoint_iam_core::__private::Quoted;
use pinpoint_iam_core::policy::PolicyKind;

use crate::checker::Checker;
use crate::glob::has_wildcard;
use crate::read::Statement;

rules! {
    INVALID_SERVICE_IN_ACTION: "invalid-service-in-action", Some("INVALID_SERVICE_IN_ACTION"), Error, IdentityManaged,
        "An action is `*`, or the prefix of a service, a colon and a name. A prefix has letters, digits, `-` and `.`. AWS rejects everything else.",
        statements!(r#""Effect": "Deny", "Action": "s_3:GetObject", "Resource": "*""#),
        statements!(r#""Effect": "Deny", "Action": "s3-object-lambda:GetObject", "Resource": "*""#);
    MALFORMED_ACTION: "malformed-action", Some("INVALID_ACTION"), Error, IdentityManaged,
        "An action without a service prefix matches nothing: a `Deny` denies nothing.",
        statements!(r#""Effect": "Deny", "Action": "GetObject", "Resource": "*""#),
        statements!(r#""Effect": "Deny", "Action": "s3:GetObject", "Resource": "*""#);
    NEGATED_EVERYTHING: "negated-everything", None, Warning, IdentityManaged,
        "`NotAction` with `*` covers no action, and `NotResource` with `*` covers no resource, so the statement has no effect.",
        statements!(r#""Effect": "Deny", "NotAction": ["s3:GetObject", "*"], "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Deny", "NotAction": "s3:*", "Resource": "arn:aws:s3:::b/*""#);
}

pub(super) fn apply(statement: &Statement<'_>, check: &mut Checker<'_>) {
    for element in statement.action.iter().chain(&statement.resource) {
        let everything = element
            .items
            .iter()
            .find(|item| matches!(&*item.text, "*" | "*:*"));
        if let Some(item) = everything.filter(|_| element.is_negated) {
            let (name, at) = (element.name, item.at);
            check.report(
                &NEGATED_EVERYTHING,
                at,
                format!("`{name}` excludes everything, so the statement has no effect"),
                "list what is to be excluded",
            );
        }
    }
    let Some(element) = &statement.action else {
        return;
    };
    for action in &element.items {
        let text = &*action.text;
        // Variables have a rule of their own.
        if matches!(text, "*" | "*:*") || text.contains("${") {
            continue;
        }
        let Some((prefix, _)) = text.split_once(':') else {
            // Role trust policies have a rule of their own for actions of other services.
            if check.kind != PolicyKind::RoleTrust {
                check.report(
                    &MALFORMED_ACTION,
                    action.at,
                    format!("the action {} has no service prefix", Quoted(text)),
                    "write `*`, or an action such as `mobiletargeting:GetApp`",
                );
            }
            continue;
        };
        let is_valid = !prefix.is_empty()
            && prefix
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-.*?".contains(&byte));
        if !is_valid {
            check.report(
                &INVALID_SERVICE_IN_ACTION,
                action.at,
                format!("{} cannot be a service prefix", Quoted(prefix)),
                "a service prefix has ASCII letters, digits, `-` and `.`",
            );
        } else if has_wildcard(prefix) && check.kind != PolicyKind::ServiceControl {
            check.report(
                &INVALID_SERVICE_IN_ACTION,
                action.at,
                format!(
                    "the action {} has a wildcard in its service prefix",
                    Quoted(text)
                ),
                "list the services, or write `*`",
            );
        }
    }
}
