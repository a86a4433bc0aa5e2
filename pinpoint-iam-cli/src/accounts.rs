//! The users and roles of accounts, in the output of `aws iam get-account-authorization-details`, and of directories.

use std::path::Path;

use pinpoint_iam::Principal;
use pinpoint_iam::principal::PrincipalKind;
use pinpoint_iam::source::{
    AccountDetails, Directory, PolicySource, PolicyStore, PrincipalPolicies,
};
use pinpoint_iam_catalog::nearest;
use pinpoint_iam_tools::principals;

use crate::failure::Failure;

/// Reads the users and roles in a text for which [`is_account`](pinpoint_iam_tools::parts::is_account) is true.
pub(crate) fn parse(name: &str, text: &str) -> Result<PolicyStore, Failure> {
    let details = AccountDetails::from_json(name, text);
    details
        .load()
        .map_err(|error| Failure::new(format!("error: {error}")))
}

/// The file that makes a directory a source of policies with their users, groups and roles.
pub(crate) const ATTACHMENTS: &str = "attachments.json";

/// Reads the users and roles of a directory; `None` if the directory only contains documents.
pub(crate) fn of_directory(path: &Path) -> Option<Result<PolicyStore, Failure>> {
    path.join(ATTACHMENTS).exists().then(|| {
        let loaded = Directory::open(path).and_then(|directory| directory.load());
        loaded.map_err(|error| Failure::new(format!("error: {error}")))
    })
}

/// Every user and role of the accounts, with its ARN.
pub(crate) fn identities(
    accounts: &[PolicyStore],
) -> impl Iterator<Item = (&str, &PrincipalPolicies)> {
    accounts.iter().flat_map(PolicyStore::iter)
}

/// Finds a caller in accounts.
///
/// The text is the name of a user or role, the same with `user/` or `role/`, or anything that [`principals::parse`]
/// accepts. The principal has the tags and the unique id of the account details. Callers that are neither users nor
/// roles have no policies of their own.
///
/// # Errors
///
/// If the text is the name of several users and roles, or of a user or role that the accounts do not contain: without
/// its policies, the decision would be wrong.
pub(crate) fn find<'a>(
    accounts: &'a [PolicyStore],
    text: &str,
) -> Result<(Principal, Option<&'a PrincipalPolicies>), String> {
    let named: Vec<(&str, &PrincipalPolicies)> = identities(accounts)
        .filter(|(arn, _)| has_name(arn, text))
        .collect();
    match named.as_slice() {
        [] => {}
        [(arn, own)] => return Ok((own.complete(&principals::parse(arn)?), Some(own))),
        several => {
            let arns = several.iter().map(|(arn, _)| format!("`{arn}`"));
            let arns: Vec<String> = arns.collect();
            return Err(format!(
                "`{}` is the name of {}; write the ARN",
                text.escape_debug(),
                arns.join(" and ")
            ));
        }
    }
    let unknown = || unknown(accounts, text);
    let is_name = |text: &str| !text.starts_with("arn:") && text != "*";
    let principal = match principals::parse(text) {
        Ok(principal) => principal,
        Err(_) if is_name(text) => return Err(unknown()),
        Err(error) => return Err(error),
    };
    match principal.kind() {
        PrincipalKind::User | PrincipalKind::RoleSession => {
            match own_policies(accounts, &principal) {
                Some(own) => Ok((own.complete(&principal), Some(own))),
                None => Err(unknown()),
            }
        }
        // A user `ana.lopez` that is misspelled is not a service.
        PrincipalKind::Service
            if !nearest(text, identities(accounts).map(|(arn, _)| name(arn))).is_empty() =>
        {
            Err(unknown())
        }
        _ => Ok((principal, None)),
    }
}

/// Finds the policies of the caller of a record, whose ARN is `arn`.
///
/// # Errors
///
/// If the accounts do not contain this user or role.
pub(crate) fn find_principal<'a>(
    accounts: &'a [PolicyStore],
    principal: &Principal,
    arn: &str,
) -> Result<Option<&'a PrincipalPolicies>, String> {
    match principal.kind() {
        PrincipalKind::User | PrincipalKind::RoleSession => match own_policies(accounts, principal)
        {
            Some(own) => Ok(Some(own)),
            None => Err(unknown(accounts, arn)),
        },
        _ => Ok(None),
    }
}

fn own_policies<'a>(
    accounts: &'a [PolicyStore],
    principal: &Principal,
) -> Option<&'a PrincipalPolicies> {
    accounts.iter().find_map(|account| {
        let own = account.policies(principal);
        let mut known = account.iter();
        known
            .any(|(_, known)| std::ptr::eq(known, own))
            .then_some(own)
    })
}

fn unknown(accounts: &[PolicyStore], text: &str) -> String {
    let names = identities(accounts).flat_map(|(arn, _)| [arn, name(arn)]);
    let near = nearest(text, names);
    let hint = match near.first() {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write its name or its ARN".to_owned(),
    };
    format!(
        "the account details or attachments contain no user or role `{}`; {hint}",
        text.escape_debug()
    )
}

/// The part of an ARN after the account: `user/team/ana`.
fn resource(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or_default()
}

/// The name of a user or role without its path.
fn name(arn: &str) -> &str {
    resource(arn).rsplit('/').next().unwrap_or_default()
}

/// Whether a text is the name of a user or role: `ana`, `user/ana` or `user/team/ana`.
fn has_name(arn: &str, text: &str) -> bool {
    let resource = resource(arn);
    let (kind, _) = resource.split_once('/').unwrap_or_default();
    match text.split_once('/') {
        None => text == name(arn),
        Some((start, rest)) => text == resource || (start == kind && rest == name(arn)),
    }
}
