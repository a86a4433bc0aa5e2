//! Rules for the document as a whole.

use std::collections::HashMap;

use pinpoint_iam_core::__private::{Quoted, nearest};
use pinpoint_iam_core::policy::PolicyKind;

use super::is_identity_based;
use crate::checker::Checker;
use crate::read::Policy;

rules! {
    INVALID_VERSION: "invalid-version", Some("INVALID_VERSION"), Error, IdentityManaged,
        "The versions of the policy language are `2012-10-17` and `2008-10-17`. A policy's own version has no place in the document.",
        r#"{"Version": "2012-10-18", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}"#,
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    MISSING_VERSION: "missing-version", Some("MISSING_VERSION"), Warning, IdentityInlineRole,
        "Without `Version`, a document has version 2008-10-17, in which `${` does not start a policy variable.",
        r#"{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}"#,
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    OLD_VERSION: "old-version", None, Warning, Resource,
        "A document of version 2008-10-17 has no policy variables. Default policies of some services have this version.",
        r#"{"Version": "2008-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}"#,
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    UNIQUE_SIDS_REQUIRED: "unique-sids-required", Some("UNIQUE_SIDS_REQUIRED"), Error, IdentityManaged,
        "IAM and AWS Organizations reject a policy in which two statements have the same `Sid`.",
        statements!(
            r#""Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*""#,
            r#""Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#
        ),
        statements!(
            r#""Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*""#,
            r#""Sid": "read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#
        );
    UNIQUE_SIDS_RECOMMENDED: "unique-sids-recommended", Some("UNIQUE_SIDS_RECOMMENDED"), Warning, Resource,
        "A resource-based policy may repeat a `Sid`, but then a decision does not show which statement it comes from.",
        statements!(
            r#""Sid": "Read", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*""#,
            r#""Sid": "Read", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#
        ),
        statements!(
            r#""Sid": "ReadA", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*""#,
            r#""Sid": "ReadB", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#
        );
    POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA: "policy-size-exceeds-identity-policy-quota", Some("POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"), Warning, IdentityInlineUser,
        "The document has more characters than IAM accepts for a policy of this kind: 6,144 for a managed policy, and 2,048, 10,240 or 5,120 for the inline policies of a user, role or group. White space is not counted.",
        include_str!("../../tests/documents/identity-2049.json"),
        include_str!("../../tests/documents/identity-2048.json");
    POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA: "policy-size-exceeds-role-trust-policy-quota", Some("POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA"), Warning, RoleTrust,
        "The document has more characters than IAM's default quota for a role trust policy: 2,048, without white space.",
        include_str!("../../tests/documents/trust-2049.json"),
        include_str!("../../tests/documents/trust-2048.json");
    POLICY_SIZE_EXCEEDS_SCP_QUOTA: "policy-size-exceeds-scp-quota", Some("POLICY_SIZE_EXCEEDS_SCP_QUOTA"), Error, ServiceControl,
        "The document has more characters than AWS Organizations accepts for a service control policy: 10,240, with white space.",
        include_str!("../../tests/documents/scp-10241.json"),
        include_str!("../../tests/documents/scp-10240.json");
    POLICY_SIZE_EXCEEDS_RCP_QUOTA: "policy-size-exceeds-rcp-quota", Some("POLICY_SIZE_EXCEEDS_RCP_QUOTA"), Error, ResourceControl,
        "The document has more characters than AWS Organizations accepts for a resource control policy: 5,120, with white space.",
        include_str!("../../tests/documents/rcp-5121.json"),
        include_str!("../../tests/documents/rcp-5120.json");
    REJECTED: "rejected-document", None, Error, IdentityManaged,
        "The strict reader of pinpoint-iam rejects the document, for a reason that no other rule reports.",
        "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Deny\", \"Action\": \"s3:a:b\", \"Resource\": \"*\"}}",
        statements!(r#""Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
    NOT_ACCEPTED: "not-accepted", None, Error, IdentityManaged,
        "AWS does not accept the document as a new policy of this kind, for a reason that no other rule reports.",
        r#"{"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::日/*"}}"#,
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#);
}

pub(super) fn apply(policy: &Policy<'_>, check: &mut Checker<'_>) {
    version(policy, check);
    repeated_sids(policy, check);
    size(policy, check);
}

fn version(policy: &Policy<'_>, check: &mut Checker<'_>) {
    let Some(version) = &policy.version else {
        if policy.name_at > 0 && !check.source.contains("\"Version\"") {
            check.report(
                &MISSING_VERSION,
                policy.at,
                "the document has no `Version`, so it has no policy variables",
                "write `\"Version\": \"2012-10-17\"`",
            );
        }
        return;
    };
    match &*version.text {
        "2012-10-17" => {}
        "2008-10-17" => {
            check.report(
                &OLD_VERSION,
                version.at,
                "the version is `2008-10-17`, which has no policy variables",
                "write `2012-10-17`",
            );
        }
        other => {
            let fix =
                nearest(other, ["2012-10-17"]).and_then(|near| check.string_fix(version.at, near));
            let message = format!("unknown version {}", Quoted(other));
            let help = "the versions of the policy language are `2012-10-17` and `2008-10-17`";
            check
                .report(&INVALID_VERSION, version.at, message, help)
                .fix = fix;
        }
    }
}

fn repeated_sids(policy: &Policy<'_>, check: &mut Checker<'_>) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let sids = policy
        .statements
        .iter()
        .filter_map(|statement| statement.sid.as_ref());
    for sid in sids.filter(|sid| !sid.text.is_empty()) {
        let Some(first) = seen.get(&*sid.text).copied() else {
            seen.insert(&sid.text, sid.at);
            continue;
        };
        let (rule, help) = match check.kind {
            PolicyKind::Resource => (
                &UNIQUE_SIDS_RECOMMENDED,
                "give each statement its own name, which decisions then show",
            ),
            _ => (
                &UNIQUE_SIDS_REQUIRED,
                "give each statement its own name, or remove the `Sid`",
            ),
        };
        let other = check.related(first, "the first statement with this `Sid`");
        let message = format!("two statements have the `Sid` {}", Quoted(&sid.text));
        check
            .report(rule, sid.at, message, help)
            .related
            .push(other);
    }
}

fn size(policy: &Policy<'_>, check: &mut Checker<'_>) {
    let Some(quota) = check.kind.quota() else {
        return;
    };
    let rule = match check.kind {
        PolicyKind::ServiceControl => &POLICY_SIZE_EXCEEDS_SCP_QUOTA,
        PolicyKind::ResourceControl => &POLICY_SIZE_EXCEEDS_RCP_QUOTA,
        PolicyKind::RoleTrust => &POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA,
        _ => &POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA,
    };
    let counts_white_space = !is_identity_based(check.kind) && check.kind != PolicyKind::RoleTrust;
    let size = match counts_white_space {
        true => check.source.chars().count(),
        false => without_white_space(check.source),
    };
    if size > quota {
        let note = if counts_white_space {
            ""
        } else {
            " without white space"
        };
        check.report(
            rule,
            policy.at,
            format!("the document has {size} characters{note}, and the quota is {quota}"),
            "split the policy",
        );
    }
}

/// The number of characters without the white space between JSON tokens.
fn without_white_space(source: &str) -> usize {
    let (mut size, mut in_string, mut is_escaped) = (0, false, false);
    for character in source.chars() {
        match character {
            ' ' | '\t' | '\r' | '\n' if !in_string => continue,
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = in_string,
            '"' => in_string = !in_string,
            _ => {}
        }
        size += 1;
    }
    size
}
