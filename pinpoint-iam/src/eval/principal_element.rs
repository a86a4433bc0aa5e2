//! Whether a statement's `Principal` or `NotPrincipal` names the caller.
//!
//! See [the Principal element](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).

use crate::policy::{Effect, PrincipalElement};
use crate::principal::{Principal, PrincipalKind};

/// How closely a principal element names the caller.
///
/// The order is by what an `Allow` is worth in the resource's own account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PrincipalSpecificity {
    /// It names the caller's account: that delegates, and grants nothing by itself.
    Account,
    /// It names the role of the caller's session.
    Role,
    /// It names the caller itself: by its ARN, or as one of everyone.
    ///
    /// AWS describes what an `Allow` for a user, a session or a federated user is worth in one account, and for `"*"` only
    /// under a condition on `aws:PrincipalArn`: neither a permissions boundary nor a session policy limits it by not
    /// allowing. It does not describe `"*"` without such a condition. We decided that it is worth the same, because a
    /// condition narrows an `Allow` and never widens it, and because callers without credentials, who have no boundary,
    /// are let in by the same statement. A `Deny` in the boundary or the session policy still denies. See
    /// [resource-based policies](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html).
    Caller,
}

impl PrincipalSpecificity {
    /// Every one, in their order.
    pub(crate) const ALL: [Self; 3] = [Self::Account, Self::Role, Self::Caller];
}

/// How the element of a statement with `effect` names `principal`; `None` when it does not.
///
/// Where the element cannot be compared with what is known of the caller, an `Allow` does not name it and a `Deny` does.
pub(crate) fn names(
    element: &PrincipalElement,
    principal: &Principal,
    effect: Effect,
    has_boundary: bool,
) -> Option<PrincipalSpecificity> {
    if element.is_negated() {
        let spared = !has_boundary && spares(element, principal);
        // AWS rejects `NotPrincipal` with `Allow` and does not say what a stored one grants: nothing, here.
        let matches = effect == Effect::Deny && !spared;
        return matches.then_some(PrincipalSpecificity::Caller);
    }
    closest(element, principal, effect)
}

/// Whether a `NotPrincipal` spares the caller: it must list everything that the caller is known by.
///
/// A role session is spared only when its account, its role and the session are all listed.
fn spares(element: &PrincipalElement, principal: &Principal) -> bool {
    // What cannot be compared must not spare anyone, as in an `Allow`.
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

/// How each entry of the element names the caller.
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
    // Which canonical user an account is, only the account knows.
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
            // A role session does not tell which identity provider it was opened through, if any.
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

/// Whether `entry` is a user or role of the caller's account and name under some path, while the caller's own path is
/// not known: neither a session's ARN nor the name of a user has it.
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

/// Whether `entry` is the unique id into which AWS turns the ARN of a user or role, such as `AIDA…`.
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
