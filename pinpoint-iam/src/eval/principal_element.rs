//! Matches a statement's `Principal` or `NotPrincipal` element with the caller.
//!
//! See [the Principal element](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).

use crate::policy::{Effect, PrincipalElement};
use crate::principal::{Principal, PrincipalKind};

/// How specifically a principal element names the caller.
///
/// The variants are ordered by the effect of an `Allow` in the account of the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PrincipalSpecificity {
    /// It names the caller's account, which delegates to the account's policies but does not grant access by itself.
    Account,
    /// It names the role of the caller's session.
    Role,
    /// It names the caller itself, by its ARN or by `"*"`.
    ///
    /// AWS documents the effect of an `Allow` in one account for a user, a session or a federated user, and for `"*"`
    /// only with a condition on `aws:PrincipalArn`: an implicit deny in a permissions boundary or session policy does
    /// not limit it. For `"*"` without such a condition the effect is not documented. We decided that it is the same,
    /// because a condition narrows an `Allow` and never widens it, and because the same statement admits callers
    /// without credentials, who have no boundary. An explicit deny in the boundary or the session policy still applies.
    /// See
    /// [resource-based policies](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html).
    Caller,
}

impl PrincipalSpecificity {
    /// All variants, in order.
    pub(crate) const ALL: [Self; 3] = [Self::Account, Self::Role, Self::Caller];
}

/// Returns how the element of a statement with `effect` names `principal`; `None` if it does not.
///
/// If the element cannot be compared with the known properties of the caller, a `Deny` names the caller and an `Allow`
/// does not.
pub(crate) fn names(
    element: &PrincipalElement,
    principal: &Principal,
    effect: Effect,
    has_boundary: bool,
) -> Option<PrincipalSpecificity> {
    if element.is_negated() {
        let spared = !has_boundary && spares(element, principal);
        // AWS rejects `NotPrincipal` with `Allow`, and does not document the effect of a stored one. Here it grants
        // nothing.
        let matches = effect == Effect::Deny && !spared;
        return matches.then_some(PrincipalSpecificity::Caller);
    }
    closest(element, principal, effect)
}

/// Whether a `NotPrincipal` excludes the caller. For this it must list every principal that identifies the caller.
///
/// A role session is excluded only if its account, its role and the session are all listed.
fn spares(element: &PrincipalElement, principal: &Principal) -> bool {
    // As in an `Allow`, an entry that cannot be compared must not exclude a caller.
    let lists = |closeness| {
        entries(element, principal, Effect::Allow).any(|found| found == Some(closeness))
    };
    element.is_everyone()
        || match principal.kind() {
            PrincipalKind::RoleSession => {
                lists(PrincipalSpecificity::Account)
                    && lists(PrincipalSpecificity::Role)
                    && lists(PrincipalSpecificity::Caller)
            }
            PrincipalKind::Root => lists(PrincipalSpecificity::Account),
            _ => lists(PrincipalSpecificity::Caller),
        }
}

fn closest(
    element: &PrincipalElement,
    principal: &Principal,
    effect: Effect,
) -> Option<PrincipalSpecificity> {
    entries(element, principal, effect).flatten().max()
}

/// Returns how each entry of the element names the caller.
fn entries<'a>(
    element: &'a PrincipalElement,
    principal: &'a Principal,
    effect: Effect,
) -> impl Iterator<Item = Option<PrincipalSpecificity>> + 'a {
    let everyone = element
        .is_everyone()
        .then_some(Some(PrincipalSpecificity::Caller));
    let aws = element
        .aws()
        .map(move |entry| names_aws_principal(entry, principal, effect));
    let services = element.service().map(move |service| {
        let named = principal.kind() == PrincipalKind::Service && service == principal.name();
        named.then_some(PrincipalSpecificity::Caller)
    });
    // Only the account knows its canonical user id, so the id cannot be compared here.
    let canonical_users = element.canonical_user().map(move |_| {
        (effect == Effect::Deny && principal.account().is_some())
            .then_some(PrincipalSpecificity::Account)
    });
    let providers = element
        .federated()
        .map(move |provider| match principal.kind() {
            PrincipalKind::WebIdentityUser | PrincipalKind::SamlUser => {
                (provider == principal.name()).then_some(PrincipalSpecificity::Caller)
            }
            // The session does not record which identity provider opened it, if any.
            PrincipalKind::RoleSession => {
                (effect == Effect::Deny).then_some(PrincipalSpecificity::Role)
            }
            _ => None,
        });
    everyone
        .into_iter()
        .chain(aws)
        .chain(services)
        .chain(canonical_users)
        .chain(providers)
}

fn names_aws_principal(
    entry: &str,
    principal: &Principal,
    effect: Effect,
) -> Option<PrincipalSpecificity> {
    let account = principal.account()?;
    if entry == account || is_root_of(entry, principal, account) {
        return Some(PrincipalSpecificity::Account);
    }
    if principal.arn() == Some(entry) {
        return Some(PrincipalSpecificity::Caller);
    }
    if principal.role_arn() == Some(entry) {
        return Some(PrincipalSpecificity::Role);
    }
    if entry.contains(':') {
        let may_be_it = effect == Effect::Deny && names_with_a_path(entry, principal);
        return may_be_it.then_some(match principal.kind() {
            PrincipalKind::RoleSession => PrincipalSpecificity::Role,
            _ => PrincipalSpecificity::Caller,
        });
    }
    names_unique_id(entry, principal, effect)
}

/// Whether `entry` is the ARN of the root user of the caller's account.
fn is_root_of(entry: &str, principal: &Principal, account: &str) -> bool {
    let words = ["arn", principal.partition(), "iam", "", account, "root"];
    entry.split(':').eq(words)
}

/// Whether `entry` is a user or role with the caller's account and name under any path, while the path of the caller is
/// unknown. Neither the ARN of a session nor the name of a user contains it.
fn names_with_a_path(entry: &str, principal: &Principal) -> bool {
    let known = principal.role_arn().or(principal.arn());
    let Some(without_path) = known.filter(|_| !principal.path_is_known()) else {
        return false;
    };
    let (Some((known, name)), Some((prefix, path))) =
        (without_path.split_once('/'), entry.split_once('/'))
    else {
        return false;
    };
    known == prefix && path.rsplit('/').next() == Some(name)
}

/// Whether `entry` is a unique id, such as `AIDA…`, into which AWS transforms the ARN of a user or role.
fn names_unique_id(
    entry: &str,
    principal: &Principal,
    effect: Effect,
) -> Option<PrincipalSpecificity> {
    let looks_like_one = entry.len() >= 16
        && entry.starts_with('A')
        && !entry.bytes().all(|byte| byte.is_ascii_digit());
    if !looks_like_one {
        return None;
    }
    let closeness = match principal.kind() {
        PrincipalKind::User => PrincipalSpecificity::Caller,
        PrincipalKind::RoleSession => PrincipalSpecificity::Role,
        _ => return None,
    };
    match principal.unique_id() {
        Some(id) => (id == entry).then_some(closeness),
        None => (effect == Effect::Deny).then_some(closeness),
    }
}
