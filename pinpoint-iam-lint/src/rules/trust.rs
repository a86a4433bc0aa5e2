//! Rules for role trust policies.

use pinpoint_iam_core::__private::{Quoted, is_oidc_provider, is_saml_provider, list};
use pinpoint_iam_core::condition::{BaseOperator, SetOperator};
use pinpoint_iam_core::policy::PolicyKind;

use crate::checker::Checker;
use crate::glob::{action_covers, has_wildcard};
use crate::read::{Condition, Principal, Statement};

rules! {
    ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE: "role-trust-policy-syntax-error-resource", Some("ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE"), Error, RoleTrust,
        "The resource of a role trust policy is the role that it belongs to.",
        statements!(r#""Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole", "Resource": "*""#),
        statements!(r#""Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole""#);
    ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL: "role-trust-policy-syntax-error-notprincipal", Some("ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL"), Error, RoleTrust,
        "A role trust policy lists who may assume the role. `NotPrincipal` with `Allow` would let everyone else assume it.",
        statements!(r#""Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole""#),
        statements!(r#""Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole""#);
    ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL: "role-trust-policy-unsupported-wildcard-in-principal", Some("ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL"), Error, RoleTrust,
        "IAM rejects the string `*` as the principal of a role trust policy.",
        statements!(r#""Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
        statements!(r#""Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#);
    UNSUPPORTED_ACTION_IN_POLICY: "unsupported-action-in-policy", Some("UNSUPPORTED_ACTION_IN_POLICY"), Error, RoleTrust,
        "A role trust policy has only actions of `sts` that a principal performs on a role.",
        statements!(r#""Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": ["sts:AssumeRole", "s3:GetObject"]"#),
        statements!(r#""Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": ["sts:AssumeRole", "sts:TagSession"]"#);
    INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY: "invalid-federated-principal-syntax-in-role-trust-policy", Some("INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY"), Error, RoleTrust,
        "A federated principal is the ARN of a SAML or OpenID Connect provider, or the domain of a well-known provider.",
        statements!(r#""Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:provider/idp"}, "Action": "sts:AssumeRoleWithSAML""#),
        statements!(r#""Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/idp"}, "Action": "sts:AssumeRoleWithSAML""#);
    MISMATCHED_ACTION_FOR_PRINCIPAL: "mismatched-action-for-principal", Some("MISMATCHED_ACTION_FOR_PRINCIPAL"), Error, RoleTrust,
        "A SAML provider performs `sts:AssumeRoleWithSAML`, an OpenID Connect provider `sts:AssumeRoleWithWebIdentity`, and all other principals `sts:AssumeRole`.",
        statements!(r#""Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/idp"}, "Action": "sts:AssumeRole""#),
        statements!(r#""Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole""#);
    MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL: "missing-condition-key-for-oidc-principal", Some("MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL"), SecurityWarning, RoleTrust,
        "An OpenID Connect provider has many users. Without a condition on its keys, all of them can assume the role.",
        statements!(r#""Effect": "Allow", "Principal": {"Federated": "accounts.google.com"}, "Action": "sts:AssumeRoleWithWebIdentity""#),
        statements!(r#""Effect": "Allow", "Principal": {"Federated": "accounts.google.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"accounts.google.com:sub": "1"}}"#);
    MISSING_GITHUB_REPO_CONDITION_KEY: "missing-github-repo-condition-key", Some("MISSING_GITHUB_REPO_CONDITION_KEY"), SecurityWarning, RoleTrust,
        "Without a condition on `token.actions.githubusercontent.com:sub`, workflows of every repository on GitHub can assume the role.",
        statements!(r#""Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}"#),
        statements!(r#""Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:org/app:ref:refs/heads/main"}}"#);
    SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED: "specific-github-repo-and-branch-recommended", Some("SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED"), Warning, RoleTrust,
        "A wildcard in `token.actions.githubusercontent.com:sub` lets other repositories or branches assume the role.",
        statements!(r#""Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:org/*"}}"#),
        statements!(r#""Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:org/app:ref:refs/heads/main"}}"#);
    FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE: "foranyvalue-with-audience-claim-type", Some("FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE"), SecurityWarning, RoleTrust,
        "With `ForAnyValue`, a token for several audiences is accepted if one of them matches, even if the token was issued for another application.",
        statements!(r#""Effect": "Allow", "Principal": {"Federated": "accounts.google.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"ForAnyValue:StringEquals": {"accounts.google.com:aud": "app"}}"#),
        statements!(r#""Effect": "Allow", "Principal": {"Federated": "accounts.google.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"accounts.google.com:aud": "app"}}"#);
    CONFIRM_AUDIENCE_CLAIM_TYPE: "confirm-audience-claim-type", Some("CONFIRM_AUDIENCE_CLAIM_TYPE"), Suggestion, RoleTrust,
        "`ForAllValues` on the audience is right only for a provider whose tokens have several audiences. It also holds for a token without one.",
        statements!(r#""Effect": "Allow", "Principal": {"Federated": "accounts.google.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"ForAllValues:StringEquals": {"accounts.google.com:aud": "app"}}"#),
        statements!(r#""Effect": "Allow", "Principal": {"Federated": "accounts.google.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"accounts.google.com:aud": "app"}}"#);
    MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY: "missing-action-for-roles-anywhere-trust-policy", Some("MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY"), Error, RoleTrust,
        "IAM Roles Anywhere needs `sts:AssumeRole`, `sts:SetSourceIdentity` and `sts:TagSession`.",
        statements!(r#""Effect": "Allow", "Principal": {"Service": "rolesanywhere.amazonaws.com"}, "Action": "sts:AssumeRole""#),
        statements!(r#""Effect": "Allow", "Principal": {"Service": "rolesanywhere.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]"#);
    MISSING_ACTION_FOR_CONDITION_KEY: "missing-action-for-condition-key", Some("MISSING_ACTION_FOR_CONDITION_KEY"), Error, RoleTrust,
        "A session can have tags or a source identity only if the policy also allows `sts:TagSession` or `sts:SetSourceIdentity`.",
        statements!(r#""Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:SourceIdentity": "ana"}}"#),
        statements!(r#""Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"], "Condition": {"StringEquals": {"sts:SourceIdentity": "ana"}}"#);
    REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY: "redundant-principal-in-role-trust-policy", Some("REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY"), Suggestion, RoleTrust,
        "A role includes all of its sessions.",
        statements!(r#""Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:role/app", "arn:aws:sts::111122223333:assumed-role/app/s1"]}, "Action": "sts:AssumeRole""#),
        statements!(r#""Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:role/app", "arn:aws:sts::111122223333:assumed-role/web/s1"]}, "Action": "sts:AssumeRole""#);
}

const GITHUB: &str = "token.actions.githubusercontent.com";

pub(super) fn apply(statement: &Statement<'_>, check: &mut Checker<'_>) {
    if check.kind != PolicyKind::RoleTrust {
        return;
    }
    if let Some(resource) = &statement.resource {
        check.report(
            &ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE,
            resource.at,
            format!("the statement has a `{}`", resource.name),
            "remove it; the policy covers the role that it belongs to",
        );
    }
    actions(statement, check);
    let Some(principal) = &statement.principal else {
        return;
    };
    if principal.is_negated && statement.allows() {
        check.report(
            &ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL,
            principal.at,
            "`NotPrincipal` is in a statement that allows",
            "list who may assume the role in `Principal`",
        );
    }
    if principal.is_star {
        check.report(
            &ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL,
            principal.at,
            "the principal of a role trust policy cannot be the string `*`",
            "list principals, or write `{\"AWS\": \"*\"}` and a condition",
        );
    }
    if !statement.allows() || principal.is_negated {
        return;
    }
    federated(statement, principal, check);
    mismatched(statement, principal, check);
    missing_actions(statement, principal, check);
    redundant(principal, check);
    for condition in &statement.conditions {
        audience(condition, check);
    }
}

fn actions(statement: &Statement<'_>, check: &mut Checker<'_>) {
    let Some(element) = &statement.action else {
        return;
    };
    for action in element
        .items
        .iter()
        .filter(|action| !action.text.contains("${"))
    {
        let prefix = action.text.split_once(':').map_or("", |(prefix, _)| prefix);
        if !prefix.eq_ignore_ascii_case("sts") {
            check.report(
                &UNSUPPORTED_ACTION_IN_POLICY,
                action.at,
                format!(
                    "a role trust policy cannot have the action {}",
                    Quoted(&action.text)
                ),
                "list actions such as `sts:AssumeRole`",
            );
        }
    }
}

/// Whether the statement covers an action.
fn has_action(statement: &Statement<'_>, action: &str) -> bool {
    let element = statement.action.as_ref();
    element.is_some_and(|element| {
        element
            .items
            .iter()
            .any(|item| action_covers(&item.text, action))
    })
}

/// The domain of an OpenID Connect provider.
fn oidc_domain(entry: &str) -> Option<&str> {
    if is_saml_provider(entry) || !is_oidc_provider(entry) {
        return None;
    }
    Some(
        entry
            .split_once(":oidc-provider/")
            .map_or(entry, |(_, domain)| domain),
    )
}

fn federated(statement: &Statement<'_>, principal: &Principal<'_>, check: &mut Checker<'_>) {
    for entry in principal.of("Federated") {
        let text = &*entry.text;
        if has_wildcard(text) || text.contains("${") {
            continue;
        }
        if !is_saml_provider(text) && !is_oidc_provider(text) {
            check.report(
                &INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY,
                entry.at,
                format!("{} is not a federated principal", Quoted(text)),
                "write the ARN of a SAML or OpenID Connect provider, or its domain",
            );
            continue;
        }
        let Some(domain) = oidc_domain(text) else {
            continue;
        };
        let start = format!("{}:", domain.to_ascii_lowercase());
        let has_key = |start: &str| {
            let mut conditions = statement.conditions.iter();
            conditions.any(|condition| {
                let key = condition.key.text.to_ascii_lowercase();
                key.starts_with(start) && selects(condition)
            })
        };
        if domain.eq_ignore_ascii_case(GITHUB) {
            github(statement, entry.at, check);
        } else if !has_key(&start) {
            check.report(
                &MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL,
                entry.at,
                format!("every user of {} can assume the role", Quoted(domain)),
                format!("add conditions on keys such as `{domain}:aud` and `{domain}:sub`"),
            );
        }
    }
}

/// Whether the condition holds for some tokens only: it requires the key, and its values are not only wildcards.
fn selects(condition: &Condition<'_>) -> bool {
    let requires_key = condition.parsed.is_some_and(|operator| {
        !operator.base().is_negated()
            && operator.base() != BaseOperator::Null
            && !operator.if_exists()
            && operator.set() != Some(SetOperator::ForAllValues)
    });
    let is_open = |text: &str| {
        let text = text.strip_prefix("repo:").unwrap_or(text);
        !text.is_empty() && text.bytes().all(|byte| b"*?/:".contains(&byte))
    };
    requires_key && !condition.values.iter().any(|value| is_open(&value.text))
}

fn github(statement: &Statement<'_>, at: usize, check: &mut Checker<'_>) {
    let key = format!("{GITHUB}:sub");
    let condition = statement
        .conditions
        .iter()
        .find(|condition| condition.key.text.eq_ignore_ascii_case(&key) && selects(condition));
    let Some(condition) = condition else {
        check.report(
            &MISSING_GITHUB_REPO_CONDITION_KEY,
            at,
            "workflows of every repository on GitHub can assume the role",
            format!("add a condition on `{key}` with your repository"),
        );
        return;
    };
    for value in condition
        .values
        .iter()
        .filter(|value| has_wildcard(&value.text))
    {
        check.report(
            &SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED,
            value.at,
            format!("{} covers more than one branch of one repository", Quoted(&value.text)),
            "write the repository and the branch, as in `repo:OWNER/REPOSITORY:ref:refs/heads/main`",
        );
    }
}

fn mismatched(statement: &Statement<'_>, principal: &Principal<'_>, check: &mut Checker<'_>) {
    let Some(element) = statement
        .action
        .as_ref()
        .filter(|element| !element.is_negated)
    else {
        return;
    };
    let mut possible: Vec<&str> = Vec::new();
    if principal.is_star {
        return;
    }
    for (kind, entry) in &principal.entries {
        possible.push(match *kind {
            "Federated" if is_saml_provider(&entry.text) => "sts:AssumeRoleWithSAML",
            "Federated" if oidc_domain(&entry.text).is_some() => "sts:AssumeRoleWithWebIdentity",
            // An invalid one is reported as such.
            "Federated" => return,
            _ => "sts:AssumeRole",
        });
    }
    if possible.is_empty() {
        return;
    }
    let all = [
        "sts:AssumeRole",
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
    ];
    for action in &element.items {
        let exact = all
            .iter()
            .find(|name| name.eq_ignore_ascii_case(&action.text));
        if exact.is_some_and(|exact| !possible.contains(exact)) {
            possible.dedup();
            check.report(
                &MISMATCHED_ACTION_FOR_PRINCIPAL,
                action.at,
                format!("the principals cannot perform {}", Quoted(&action.text)),
                format!("write {}", list("and", &possible)),
            );
        }
    }
}

fn missing_actions(statement: &Statement<'_>, principal: &Principal<'_>, check: &mut Checker<'_>) {
    let Some(element) = statement
        .action
        .as_ref()
        .filter(|element| !element.is_negated)
    else {
        return;
    };
    let is_roles_anywhere = principal
        .of("Service")
        .any(|entry| entry.text == "rolesanywhere.amazonaws.com");
    let needed = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"];
    let missing: Vec<&str> = needed
        .into_iter()
        .filter(|action| !has_action(statement, action))
        .collect();
    if is_roles_anywhere && !missing.is_empty() {
        check.report(
            &MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY,
            element.at,
            format!("IAM Roles Anywhere also needs {}", list("and", &missing)),
            "add the actions",
        );
    }
    for condition in &statement.conditions {
        let key = condition.key.text.to_ascii_lowercase();
        let action = match &*key {
            "sts:sourceidentity" => "sts:SetSourceIdentity",
            "aws:tagkeys" | "sts:transitivetagkeys" => "sts:TagSession",
            key if key.starts_with("aws:requesttag/") => "sts:TagSession",
            _ => continue,
        };
        if !has_action(statement, action) {
            check.report(
                &MISSING_ACTION_FOR_CONDITION_KEY,
                condition.key.at,
                format!(
                    "requests have {} only if `{action}` is allowed",
                    Quoted(&condition.key.text)
                ),
                format!("add `{action}` to `Action`"),
            );
        }
    }
}

fn redundant(principal: &Principal<'_>, check: &mut Checker<'_>) {
    for entry in principal.of("AWS") {
        let Some((start, session)) = entry.text.split_once(":assumed-role/") else {
            continue;
        };
        let Some((role, _)) = session.split_once('/') else {
            continue;
        };
        let arn = format!("{}:role/{role}", start.replacen(":sts:", ":iam:", 1));
        let parent = principal.of("AWS").find(|other| other.text == arn);
        if let Some(parent) = parent {
            let reference = check.related(parent.at, "the role");
            check
                .report(
                    &REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY,
                    entry.at,
                    format!(
                        "the role of the session {} is listed, too",
                        Quoted(&entry.text)
                    ),
                    "remove the session, or the role",
                )
                .related
                .push(reference);
        }
    }
}

fn audience(condition: &Condition<'_>, check: &mut Checker<'_>) {
    if !condition.key.text.to_ascii_lowercase().ends_with(":aud") {
        return;
    }
    match condition.parsed.and_then(|operator| operator.set()) {
        Some(SetOperator::ForAnyValue) => {
            check.report(
                &FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE,
                condition.operator.at,
                format!(
                    "one matching audience of {} is sufficient",
                    Quoted(&condition.key.text)
                ),
                "remove the `ForAnyValue:`",
            );
        }
        Some(SetOperator::ForAllValues) => {
            check.report(
                &CONFIRM_AUDIENCE_CLAIM_TYPE,
                condition.operator.at,
                format!("the condition also holds for tokens without {}", Quoted(&condition.key.text)),
                "remove the `ForAllValues:`, unless the tokens of your provider have several audiences",
            );
        }
        None => {}
    }
}
