//! Rules for permissions that let their holder gain more permissions: `iam:PassRole` and `iam:CreateServiceLinkedRole`.

use pinpoint_iam_core::__private::Quoted;
use pinpoint_iam_core::policy::PolicyKind;

use crate::checker::Checker;
use crate::glob::{action_covers, has_wildcard};
use crate::read::Statement;
use crate::rule::Rule;

rules! {
    PASS_ROLE_WITH_NOT_RESOURCE: "pass-role-with-not-resource", Some("PASS_ROLE_WITH_NOT_RESOURCE"), SecurityWarning, IdentityManaged,
        "The statement allows passing a role to a service with `NotResource`. A principal that may pass every role can use the permissions of every role through a service.",
        statements!(r#""Effect": "Allow", "Action": "iam:PassRole", "NotResource": "arn:aws:iam::111122223333:role/admin""#),
        statements!(r#""Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/app""#);
    PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE: "pass-role-with-star-in-action-and-not-resource", Some("PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE"), SecurityWarning, IdentityManaged,
        "The statement allows passing a role to a service by an action with a wildcard, with `NotResource`. A principal that may pass every role can use the permissions of every role through a service.",
        statements!(r#""Effect": "Allow", "Action": "iam:*", "NotResource": "arn:aws:iam::111122223333:role/admin""#),
        statements!(r#""Effect": "Allow", "Action": "iam:Get*", "NotResource": "arn:aws:iam::111122223333:role/admin""#);
    PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE: "pass-role-with-not-action-and-not-resource", Some("PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE"), SecurityWarning, IdentityManaged,
        "The statement allows passing a role to a service by `NotAction`, with `NotResource`. A principal that may pass every role can use the permissions of every role through a service.",
        statements!(r#""Effect": "Allow", "NotAction": "s3:*", "NotResource": "arn:aws:iam::111122223333:role/admin""#),
        statements!(r#""Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:iam::111122223333:role/admin""#);
    PASS_ROLE_WITH_STAR_IN_RESOURCE: "pass-role-with-star-in-resource", Some("PASS_ROLE_WITH_STAR_IN_RESOURCE"), SecurityWarning, IdentityManaged,
        "The statement allows passing a role to a service for every role. A principal that may pass every role can use the permissions of every role through a service.",
        statements!(r#""Effect": "Allow", "Action": "iam:PassRole", "Resource": "*""#),
        statements!(r#""Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}"#);
    PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE: "pass-role-with-star-in-action-and-resource", Some("PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE"), SecurityWarning, IdentityManaged,
        "The statement allows passing a role to a service by an action with a wildcard, for every role. A principal that may pass every role can use the permissions of every role through a service.",
        statements!(r#""Effect": "Allow", "Action": "iam:*", "Resource": "*""#),
        statements!(r#""Effect": "Allow", "Action": "iam:Get*", "Resource": "*""#);
    PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION: "pass-role-with-star-in-resource-and-not-action", Some("PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION"), SecurityWarning, IdentityManaged,
        "The statement allows passing a role to a service by `NotAction`, for every role. A principal that may pass every role can use the permissions of every role through a service.",
        statements!(r#""Effect": "Allow", "NotAction": "s3:*", "Resource": "*""#),
        statements!(r#""Effect": "Allow", "NotAction": "iam:*", "Resource": "*""#);
    CREATE_SLR_WITH_NOT_RESOURCE: "create-slr-with-not-resource", Some("CREATE_SLR_WITH_NOT_RESOURCE"), Warning, IdentityManaged,
        "The statement allows creating a service-linked role with `NotResource`. A principal that may create every service-linked role can enable services without approval.",
        statements!(r#""Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "NotResource": "arn:aws:iam::111122223333:role/admin""#),
        statements!(r#""Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "arn:aws:iam::111122223333:role/app""#);
    CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE: "create-slr-with-star-in-action-and-not-resource", Some("CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE"), Warning, IdentityManaged,
        "The statement allows creating a service-linked role by an action with a wildcard, with `NotResource`. A principal that may create every service-linked role can enable services without approval.",
        statements!(r#""Effect": "Allow", "Action": "iam:*", "NotResource": "arn:aws:iam::111122223333:role/admin""#),
        statements!(r#""Effect": "Allow", "Action": "iam:Get*", "NotResource": "arn:aws:iam::111122223333:role/admin""#);
    CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE: "create-slr-with-not-action-and-not-resource", Some("CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE"), Warning, IdentityManaged,
        "The statement allows creating a service-linked role by `NotAction`, with `NotResource`. A principal that may create every service-linked role can enable services without approval.",
        statements!(r#""Effect": "Allow", "NotAction": "s3:*", "NotResource": "arn:aws:iam::111122223333:role/admin""#),
        statements!(r#""Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:iam::111122223333:role/admin""#);
    CREATE_SLR_WITH_STAR_IN_RESOURCE: "create-slr-with-star-in-resource", Some("CREATE_SLR_WITH_STAR_IN_RESOURCE"), Warning, IdentityManaged,
        "The statement allows creating a service-linked role for every role. A principal that may create every service-linked role can enable services without approval.",
        statements!(r#""Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*""#),
        statements!(r#""Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*", "Condition": {"StringEquals": {"iam:AWSServiceName": "ec2.amazonaws.com"}}"#);
    CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE: "create-slr-with-star-in-action-and-resource", Some("CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE"), Warning, IdentityManaged,
        "The statement allows creating a service-linked role by an action with a wildcard, for every role. A principal that may create every service-linked role can enable services without approval.",
        statements!(r#""Effect": "Allow", "Action": "iam:*", "Resource": "*""#),
        statements!(r#""Effect": "Allow", "Action": "iam:Get*", "Resource": "*""#);
    CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION: "create-slr-with-star-in-resource-and-not-action", Some("CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION"), Warning, IdentityManaged,
        "The statement allows creating a service-linked role by `NotAction`, for every role. A principal that may create every service-linked role can enable services without approval.",
        statements!(r#""Effect": "Allow", "NotAction": "s3:*", "Resource": "*""#),
        statements!(r#""Effect": "Allow", "NotAction": "iam:*", "Resource": "*""#);
}

/// A permission that gives others, and the rules for it, by how the statement contains it.
struct Permission {
    action: &'static str,
    /// The condition keys that limit it; the first is the one to recommend.
    keys: &'static [&'static str],
    /// The resource part that covers every role of the action.
    all: &'static str,
    /// For an exact action, an action with a wildcard, and `NotAction`.
    with_not_resource: [&'static Rule; 3],
    with_star: [&'static Rule; 3],
}

static PERMISSIONS: [Permission; 2] = [
    Permission {
        action: "iam:PassRole",
        keys: &["iam:PassedToService", "iam:AssociatedResourceArn"],
        all: "role/*",
        with_not_resource: [
            &PASS_ROLE_WITH_NOT_RESOURCE,
            &PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE,
            &PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE,
        ],
        with_star: [
            &PASS_ROLE_WITH_STAR_IN_RESOURCE,
            &PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE,
            &PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION,
        ],
    },
    Permission {
        action: "iam:CreateServiceLinkedRole",
        keys: &["iam:AWSServiceName"],
        all: "role/aws-service-role/*",
        with_not_resource: [
            &CREATE_SLR_WITH_NOT_RESOURCE,
            &CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE,
            &CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE,
        ],
        with_star: [
            &CREATE_SLR_WITH_STAR_IN_RESOURCE,
            &CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE,
            &CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION,
        ],
    },
];

pub(super) fn apply(statement: &Statement<'_>, check: &mut Checker<'_>) {
    // The other kinds limit permissions and grant none.
    let grants = matches!(
        check.kind,
        PolicyKind::IdentityManaged
            | PolicyKind::IdentityInlineUser
            | PolicyKind::IdentityInlineRole
            | PolicyKind::IdentityInlineGroup
    );
    if statement.allows() && grants {
        for permission in &PERMISSIONS {
            examine(permission, statement, check);
        }
    }
}

fn examine(permission: &Permission, statement: &Statement<'_>, check: &mut Checker<'_>) {
    let (Some(actions), Some(resources)) = (&statement.action, &statement.resource) else {
        return;
    };
    let mut covering = actions
        .items
        .iter()
        .filter(|item| action_covers(&item.text, permission.action));
    let (form, at) = match (actions.is_negated, covering.next()) {
        (true, None) => (2, actions.at),
        (false, Some(first)) => {
            // The exact action is the clearest of several that cover it.
            let exact = covering
                .chain([first])
                .find(|item| !has_wildcard(&item.text));
            match exact {
                Some(exact) => (0, exact.at),
                None => (1, first.at),
            }
        }
        _ => return,
    };
    let (table, place) = if resources.is_negated {
        (
            &permission.with_not_resource,
            "every role except those in `NotResource`",
        )
    } else {
        let covers_every_role = resources.items.iter().any(|item| {
            let resource = item.text.splitn(6, ':').last().unwrap_or_default();
            let is_iam = matches!(item.text.split(':').nth(2), None | Some("iam" | "*"));
            let is_every =
                matches!(resource, "*" | "role/*" | "role*") || resource == permission.all;
            is_iam && is_every
        });
        if !covers_every_role || statement.has_key(permission.keys) {
            return;
        }
        (&permission.with_star, "every role")
    };
    if let Some(rule) = table.get(form) {
        let shown = Quoted(permission.action);
        check.report(
            rule,
            at,
            format!("the statement allows {shown} for {place}"),
            format!(
                "list the roles in `Resource`, or add a condition on `{}`",
                permission.keys.first().copied().unwrap_or_default()
            ),
        );
    }
}
