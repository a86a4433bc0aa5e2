//! Rules for `Principal` and `NotPrincipal`.

use pinpoint_iam_core::__private::{Quoted, is_oidc_provider, is_saml_provider};
use pinpoint_iam_core::policy::PolicyKind;

use super::is_identity_based;
use crate::checker::Checker;
use crate::glob::has_wildcard;
use crate::read::{Principal, Statement};

rules! {
    MISSING_PRINCIPAL: "missing-principal", Some("MISSING_PRINCIPAL"), Error, Resource,
        "A statement of a resource-based policy, a role trust policy or a resource control policy needs a `Principal` or a `NotPrincipal`.",
        statements!(r#""Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    UNSUPPORTED_PRINCIPAL: "unsupported-principal", Some("UNSUPPORTED_PRINCIPAL"), Error, IdentityManaged,
        "A policy of a user, group or role covers its owner and has no `Principal`.",
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    INVALID_PRINCIPAL: "invalid-principal", None, Error, Resource,
        "An entry that cannot be a principal of its type. AWS rejects it when the policy is stored.",
        statements!(r#""Effect": "Deny", "Principal": {"AWS": "12345678901"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::123456789012:role/app"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    UNSUPPORTED_WILDCARD_IN_PRINCIPAL: "unsupported-wildcard-in-principal", Some("UNSUPPORTED_WILDCARD_IN_PRINCIPAL"), Error, Resource,
        "The only wildcard in a `Principal` is `*` for everyone. A wildcard in an ARN belongs in a condition on `aws:PrincipalArn`.",
        statements!(r#""Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::123456789012:role/*"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    INVALID_ROLE_REFERENCE: "invalid-role-reference", Some("INVALID_ROLE_REFERENCE"), Warning, Resource,
        "A unique id that starts with `AROA` is what AWS shows for a role that was deleted. It matches no other role.",
        statements!(r#""Effect": "Deny", "Principal": {"AWS": "AROADBQP57FF2AEXAMPLE"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::123456789012:role/app"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    INVALID_USER_REFERENCE: "invalid-user-reference", Some("INVALID_USER_REFERENCE"), Warning, Resource,
        "A unique id that starts with `AIDA` is what AWS shows for a user that was deleted. It matches no other user.",
        statements!(r#""Effect": "Deny", "Principal": {"AWS": "AIDACKCEVSQ6C2EXAMPLE"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::123456789012:user/ana"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    FEDERATED_PRINCIPAL_NOT_SUPPORTED: "federated-principal-not-supported", Some("FEDERATED_PRINCIPAL_NOT_SUPPORTED"), Error, Resource,
        "Only role trust policies have `Federated` principals. A federated caller has the principal of its role session in other policies.",
        statements!(r#""Effect": "Deny", "Principal": {"Federated": "accounts.google.com"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::123456789012:role/web"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL: "restrict-access-to-service-principal", Some("RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL"), SecurityWarning, Resource,
        "A service acts for all of its customers. Without a condition on `aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOrgID` or `aws:SourceOrgPaths`, another account can make it use this permission (the confused deputy problem).",
        statements!(r#""Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}"#);
    RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL: "recommended-condition-key-for-service-principal", Some("RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL"), Suggestion, Resource,
        "A service's own key for the source of a request, or an old global one, is less reliable than `aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOrgID` and `aws:SourceOrgPaths`.",
        statements!(r#""Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": "arn:aws:sns:us-east-1:123456789012:t", "Condition": {"StringEquals": {"aws:SourceOwner": "123456789012"}}"#),
        statements!(r#""Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": "arn:aws:sns:us-east-1:123456789012:t", "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}"#);
    UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL: "unsupported-condition-key-for-service-principal", Some("UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL"), Error, Resource,
        "A service principal belongs to no organization or account of yours, so requests of it do not have the keys of the principal's organization, account or tags.",
        statements!(r#""Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": "arn:aws:sns:us-east-1:123456789012:t", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5", "aws:SourceAccount": "123456789012"}}"#),
        statements!(r#""Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": "arn:aws:sns:us-east-1:123456789012:t", "Condition": {"StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}}"#);
    DENY_NOT_PRINCIPAL: "deny-not-principal", None, Warning, Resource,
        "`NotPrincipal` with `Deny` also denies the sessions of a listed role and the account of a listed principal, unless both are listed, too. AWS recommends a condition on `aws:PrincipalArn` instead.",
        statements!(r#""Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:role/app"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/app"}}"#);
    REDUNDANT_PRINCIPAL: "redundant-principal", None, Suggestion, Resource,
        "A principal that is listed in addition to everyone, or twice, changes nothing.",
        statements!(r#""Effect": "Deny", "Principal": {"AWS": ["*", "123456789012"]}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#),
        statements!(r#""Effect": "Deny", "Principal": {"AWS": ["123456789012", "123456789013"]}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
}

/// The keys that identify for whom a service acts.
const SOURCE: [&str; 4] = [
    "aws:SourceArn",
    "aws:SourceAccount",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
];

pub(super) fn apply(statement: &Statement<'_>, check: &mut Checker<'_>) {
    let needs_principal = matches!(
        check.kind,
        PolicyKind::Resource | PolicyKind::RoleTrust | PolicyKind::ResourceControl
    );
    let Some(principal) = &statement.principal else {
        if needs_principal {
            check.report(
                &MISSING_PRINCIPAL,
                statement.at,
                "the statement has no `Principal`",
                "add the principals that the statement covers",
            );
        }
        return;
    };
    if is_identity_based(check.kind) {
        check.report(
            &UNSUPPORTED_PRINCIPAL,
            principal.at,
            format!("the statement has a `{}`", principal.name),
            "remove it; the policy covers the identity that it is attached to",
        );
    }
    entries(principal, check);
    if check.kind == PolicyKind::Resource {
        for entry in principal.of("Federated") {
            check.report(
                &FEDERATED_PRINCIPAL_NOT_SUPPORTED,
                entry.at,
                format!(
                    "the federated principal {} is not in a role trust policy",
                    Quoted(&entry.text)
                ),
                "list the role that federated callers assume, as an `AWS` principal",
            );
        }
        service(statement, principal, check);
    }
    if principal.is_negated && statement.denies() && check.kind == PolicyKind::Resource {
        check.report(
            &DENY_NOT_PRINCIPAL,
            principal.at,
            "`NotPrincipal` also denies the account and the sessions of the listed principals",
            "write `\"Principal\": \"*\"`, and a condition such as `ArnNotEquals` on `aws:PrincipalArn`",
        );
    }
    redundant(principal, check);
}

fn entries(principal: &Principal<'_>, check: &mut Checker<'_>) {
    for (kind, entry) in &principal.entries {
        let text = &*entry.text;
        // Variables have a rule of their own.
        if (*kind == "AWS" && text == "*") || text.contains("${") {
            continue;
        }
        if has_wildcard(text) {
            check.report(
                &UNSUPPORTED_WILDCARD_IN_PRINCIPAL,
                entry.at,
                format!("the principal {} contains a wildcard", Quoted(text)),
                "write `\"AWS\": \"*\"`, and a condition on `aws:PrincipalArn` with the wildcard",
            );
            continue;
        }
        if *kind == "AWS" && is_unique_id(text) {
            let (rule, what) = match text.get(..4) {
                Some("AROA") => (&INVALID_ROLE_REFERENCE, "role"),
                Some("AIDA") => (&INVALID_USER_REFERENCE, "user"),
                _ => continue,
            };
            check.report(
                rule,
                entry.at,
                format!(
                    "the principal {} is the unique id of a {what}",
                    Quoted(text)
                ),
                format!(
                    "write the ARN of the {what}; an id without an ARN belongs to a deleted {what}"
                ),
            );
            continue;
        }
        // Trust policies have a rule of their own for these.
        if *kind == "Federated" && check.kind == PolicyKind::RoleTrust {
            continue;
        }
        let (is_valid, help) = match *kind {
            "AWS" => (
                is_account(text) || is_principal_arn(text),
                "write an account id of twelve digits, or the ARN of an account, user, role or session",
            ),
            "Federated" => (
                is_oidc_provider(text) || is_saml_provider(text),
                "write the ARN of a SAML or OpenID Connect provider, or its domain",
            ),
            "Service" => (
                text.contains('.')
                    && text
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b".-_/".contains(&byte)),
                "write a service principal such as `pinpoint.amazonaws.com`",
            ),
            _ => (
                !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric()),
                "write the canonical user id of an account",
            ),
        };
        if !is_valid {
            let message = format!("{} is not a valid `{kind}` principal", Quoted(text));
            check.report(&INVALID_PRINCIPAL, entry.at, message, help);
        }
    }
}

pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_unique_id(text: &str) -> bool {
    (16..=128).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && text.starts_with('A')
}

fn is_principal_arn(text: &str) -> bool {
    let components: Vec<&str> = text.splitn(6, ':').collect();
    let &["arn", partition, service, "", account, resource] = components.as_slice() else {
        return false;
    };
    let (word, name) = resource.split_once('/').unwrap_or((resource, ""));
    !partition.is_empty()
        && !account.is_empty()
        && match (service, word) {
            ("iam", "root") => resource == "root",
            ("iam", "user" | "role") | ("sts", "federated-user") => !name.is_empty(),
            ("sts", "assumed-role") => {
                let session = name.split_once('/');
                session.is_some_and(|(role, session)| !role.is_empty() && !session.is_empty())
            }
            _ => false,
        }
}

fn service(statement: &Statement<'_>, principal: &Principal<'_>, check: &mut Checker<'_>) {
    let Some(first) = principal.of("Service").next() else {
        return;
    };
    if !statement.allows() || principal.is_negated {
        return;
    }
    let is_only_service = principal.entries.iter().all(|(kind, _)| *kind == "Service");
    for condition in statement.conditions.iter().filter(|_| is_only_service) {
        let key = condition.key.text.to_ascii_lowercase();
        let is_unsupported = key.starts_with("aws:principaltag/")
            || [
                "aws:principalorgid",
                "aws:principalorgpaths",
                "aws:principalaccount",
            ]
            .contains(&&*key);
        if is_unsupported {
            check.report(
                &UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL,
                condition.key.at,
                format!(
                    "requests of a service do not have {}",
                    Quoted(&condition.key.text)
                ),
                "use `aws:SourceOrgID`, `aws:SourceOrgPaths` or `aws:SourceAccount`",
            );
        }
    }
    if statement.has_key(&SOURCE) {
        return;
    }
    let other = statement.conditions.iter().find(|condition| {
        let key = condition.key.text.to_ascii_lowercase();
        let name = key.split_once(':').map_or(&*key, |(_, name)| name);
        ["sourceowner", "sourcearn", "sourceaccount", "calleraccount"].contains(&name)
    });
    if let Some(condition) = other {
        check.report(
            &RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL,
            condition.key.at,
            format!(
                "{} restricts for whom {} acts",
                Quoted(&condition.key.text),
                Quoted(&first.text)
            ),
            "use `aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOrgID` or `aws:SourceOrgPaths`",
        );
    } else {
        check.report(
            &RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL,
            first.at,
            format!("{} is allowed to act for every account", Quoted(&first.text)),
            "add a condition on `aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOrgID` or `aws:SourceOrgPaths`",
        );
    }
}

fn redundant(principal: &Principal<'_>, check: &mut Checker<'_>) {
    let is_everyone = principal.is_everyone();
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for (kind, entry) in &principal.entries {
        let text = &*entry.text;
        let is_covered = is_everyone && *kind == "AWS" && text != "*";
        let is_repeated = seen.contains(&(*kind, text));
        if is_covered || is_repeated {
            let why = if is_covered {
                "in addition to everyone"
            } else {
                "twice"
            };
            check.report(
                &REDUNDANT_PRINCIPAL,
                entry.at,
                format!("the principal {} is listed {why}", Quoted(text)),
                "remove one of them",
            );
        }
        seen.push((kind, text));
    }
}
