//! Rules for the policies of an organization: service control policies and resource control policies.

use pinpoint_iam_core::__private::Quoted;
use pinpoint_iam_core::condition::BaseOperator;
use pinpoint_iam_core::policy::PolicyKind;

use crate::checker::Checker;
use crate::glob::has_wildcard;
use crate::read::Statement;
use crate::rule::Rule;

rules! {
    SCP_SYNTAX_ERROR_PRINCIPAL: "scp-syntax-error-principal", Some("SCP_SYNTAX_ERROR_PRINCIPAL"), Error, ServiceControl,
        "A service control policy covers the principals of its accounts and has no `Principal`.",
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*""#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}"#);
    SCP_SYNTAX_ERROR_ACTION_WILDCARD: "scp-syntax-error-action-wildcard", Some("SCP_SYNTAX_ERROR_ACTION_WILDCARD"), Error, ServiceControl,
        "A service prefix has no wildcard. Since 2025, service control policies may have wildcards anywhere else in an action.",
        statements!(r#""Effect": "Deny", "Action": "s*:GetObject", "Resource": "*""#),
        statements!(r#""Effect": "Deny", "Action": "s3:*Object", "Resource": "*""#);
    RCP_SYNTAX_ERROR_ALLOW: "rcp-syntax-error-allow", Some("RCP_SYNTAX_ERROR_ALLOW"), Error, ResourceControl,
        "A resource control policy only denies. AWS attaches `RCPFullAWSAccess` itself.",
        statements!(r#""Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*""#),
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*""#);
    RCP_SYNTAX_ERROR_NOTACTION: "rcp-syntax-error-notaction", Some("RCP_SYNTAX_ERROR_NOTACTION"), Error, ResourceControl,
        "A resource control policy lists its actions in `Action`.",
        statements!(r#""Effect": "Deny", "Principal": "*", "NotAction": "s3:GetObject", "Resource": "*""#),
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*""#);
    RCP_SYNTAX_ERROR_ACTION: "rcp-syntax-error-action", Some("RCP_SYNTAX_ERROR_ACTION"), Error, ResourceControl,
        "A resource control policy names the services of its actions. `*` would include services that do not support these policies.",
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*""#),
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*""#);
    RCP_SYNTAX_ERROR_PRINCIPAL: "rcp-syntax-error-principal", Some("RCP_SYNTAX_ERROR_PRINCIPAL"), Error, ResourceControl,
        "The principal of a resource control policy is `*`. Conditions narrow it.",
        statements!(r#""Effect": "Deny", "Principal": {"AWS": "111122223333"}, "Action": "s3:*", "Resource": "*""#),
        statements!(r#""Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*", "Resource": "*""#);
    RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY: "rcp-missing-related-principal-condition-key", Some("RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY"), Warning, ResourceControl,
        "A service principal belongs to no organization. Without an exception by `aws:PrincipalIsAWSService`, the statement also denies AWS services.",
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}"#);
    RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY: "rcp-missing-related-service-principal-condition-key", Some("RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY"), Warning, ResourceControl,
        "Only requests of services have the source's organization or account. Without a condition on `aws:PrincipalIsAWSService`, the statement also denies all other principals.",
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:SourceOrgID": "o-a1b2c3d4e5"}, "Null": {"aws:SourceAccount": "false"}}"#),
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:SourceOrgID": "o-a1b2c3d4e5"}, "Null": {"aws:SourceAccount": "false"}, "Bool": {"aws:PrincipalIsAWSService": "true"}}"#);
    RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK: "rcp-missing-service-condition-key-null-check", Some("RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK"), Warning, ResourceControl,
        "Some requests of services have no source. Without a `Null` condition on `aws:SourceAccount` or `aws:SourceArn`, the statement denies them, too.",
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:SourceOrgID": "o-a1b2c3d4e5"}, "Bool": {"aws:PrincipalIsAWSService": "true"}}"#),
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:SourceOrgID": "o-a1b2c3d4e5"}, "Bool": {"aws:PrincipalIsAWSService": "true"}, "Null": {"aws:SourceAccount": "false"}}"#);
}

pub(super) fn apply(statement: &Statement<'_>, check: &mut Checker<'_>) {
    match check.kind {
        PolicyKind::ServiceControl => service_control(statement, check),
        PolicyKind::ResourceControl => resource_control(statement, check),
        _ => {}
    }
}

fn service_control(statement: &Statement<'_>, check: &mut Checker<'_>) {
    if let Some(principal) = &statement.principal {
        check.report(
            &SCP_SYNTAX_ERROR_PRINCIPAL,
            principal.at,
            format!("the statement has a `{}`", principal.name),
            "remove it, and use a condition on `aws:PrincipalArn`",
        );
    }
    for action in statement.action.iter().flat_map(|element| &element.items) {
        let prefix = action.text.split_once(':').map_or("", |(prefix, _)| prefix);
        if has_wildcard(prefix) && action.text != "*:*" {
            check.report(
                &SCP_SYNTAX_ERROR_ACTION_WILDCARD,
                action.at,
                format!(
                    "the action {} has a wildcard in its service prefix",
                    Quoted(&action.text)
                ),
                "list the services, or write `*`",
            );
        }
    }
}

fn resource_control(statement: &Statement<'_>, check: &mut Checker<'_>) {
    if let Some((_, at)) = statement.effect.filter(|_| statement.allows()) {
        check.report(
            &RCP_SYNTAX_ERROR_ALLOW,
            at,
            "the statement allows",
            "write `\"Effect\": \"Deny\"`",
        );
    }
    if let Some(principal) = &statement.principal {
        let is_everyone_alone = principal.is_everyone()
            && principal
                .entries
                .iter()
                .all(|(kind, entry)| *kind == "AWS" && entry.text == "*");
        if principal.is_negated || !is_everyone_alone {
            check.report(
                &RCP_SYNTAX_ERROR_PRINCIPAL,
                principal.at,
                format!("the `{}` is not `\"*\"`", principal.name),
                "write `\"Principal\": \"*\"`, and conditions on the principal",
            );
        }
    }
    if let Some(element) = &statement.action {
        if element.is_negated {
            check.report(
                &RCP_SYNTAX_ERROR_NOTACTION,
                element.at,
                "the statement has a `NotAction`",
                "list the actions in `Action`",
            );
        }
        for action in element
            .items
            .iter()
            .filter(|action| matches!(&*action.text, "*" | "*:*"))
        {
            check.report(
                &RCP_SYNTAX_ERROR_ACTION,
                action.at,
                format!("the action {} covers all services", Quoted(&action.text)),
                "name the service, as in `s3:*`",
            );
        }
    }
    if statement.denies() {
        perimeter(statement, check);
    }
}

/// The conditions that a data perimeter needs, see [Establishing a data perimeter on
/// AWS](https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html).
fn perimeter(statement: &Statement<'_>, check: &mut Checker<'_>) {
    let excluding = |names: &[&str]| {
        let condition = statement.conditions.iter().find(|condition| {
            let is_negated = condition
                .parsed
                .is_some_and(|operator| operator.base().is_negated());
            is_negated
                && names
                    .iter()
                    .any(|name| condition.key.text.eq_ignore_ascii_case(name))
        })?;
        Some((condition.key.text.clone(), condition.key.at))
    };
    let mut report = |rule: &'static Rule,
                      (key, at): (std::borrow::Cow<'_, str>, usize),
                      what: &str,
                      help: &str| {
        check.report(
            rule,
            at,
            format!("the condition on {} {what}", Quoted(&key)),
            help,
        );
    };
    let has_service_key =
        statement.has_key(&["aws:PrincipalIsAWSService", "aws:PrincipalServiceName"]);
    if let Some(found) = excluding(&[
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalAccount",
    ])
    .filter(|_| !has_service_key)
    {
        report(
            &RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY,
            found,
            "also denies AWS services",
            "add `\"BoolIfExists\": {\"aws:PrincipalIsAWSService\": \"false\"}`",
        );
    }
    let Some(found) = excluding(&["aws:SourceOrgID", "aws:SourceOrgPaths", "aws:SourceAccount"])
    else {
        return;
    };
    if !has_service_key {
        report(
            &RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY,
            found.clone(),
            "also denies principals that are not services",
            "add `\"Bool\": {\"aws:PrincipalIsAWSService\": \"true\"}`",
        );
    }
    let has_null = statement.conditions.iter().any(|condition| {
        condition
            .parsed
            .is_some_and(|operator| operator.base() == BaseOperator::Null)
            && condition
                .key
                .text
                .to_ascii_lowercase()
                .starts_with("aws:source")
    });
    if !has_null {
        report(
            &RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK,
            found,
            "also denies requests of services without a source",
            "add `\"Null\": {\"aws:SourceAccount\": \"false\"}`",
        );
    }
}
