//! `Principal` and `NotPrincipal`.

use super::error::{Place, TextError};
use super::values::Values;
use crate::arn::Arn;
use crate::position::Position;
use crate::quoted::Quoted;

/// The principals that a statement of a resource-based policy covers: those that it lists or, if negated, all others.
///
/// The entries are data; the only wildcard is `*`, which means everyone. See
/// [Principal](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html) and
/// [NotPrincipal](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html).
#[derive(Clone, Debug, PartialEq)]
pub struct PrincipalElement {
    pub(super) is_negated: bool,
    pub(super) value: PrincipalValue,
    pub(super) place: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum PrincipalValue {
    /// `"*"`.
    Everyone,
    /// An object with a member for each principal type, in the order of the text.
    Listed(Box<[PrincipalEntries]>),
}

/// One member of a principal element.
pub(super) type PrincipalEntries = (PrincipalType, Values<Box<str>>);

/// The members of a principal element; their names are case-sensitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PrincipalType {
    Aws,
    Federated,
    Service,
    CanonicalUser,
}

impl PrincipalElement {
    /// Whether the element is `NotPrincipal`.
    pub const fn is_negated(&self) -> bool {
        self.is_negated
    }

    /// Whether the element lists everyone, including anonymous callers: `"*"` or `{"AWS": "*"}`.
    pub fn is_everyone(&self) -> bool {
        self.value == PrincipalValue::Everyone || self.aws().any(|entry| entry == "*")
    }

    /// The `AWS` entries: `*`, account ids, ARNs of accounts, users, roles and sessions, unique ids such as `AIDA…`.
    pub fn aws(&self) -> impl Iterator<Item = &str> {
        self.entries(PrincipalType::Aws)
    }

    /// The `Federated` entries: identity providers, by ARN or by domain.
    pub fn federated(&self) -> impl Iterator<Item = &str> {
        self.entries(PrincipalType::Federated)
    }

    /// The `Service` entries: service principals such as `pinpoint.amazonaws.com`.
    pub fn service(&self) -> impl Iterator<Item = &str> {
        self.entries(PrincipalType::Service)
    }

    /// The `CanonicalUser` entries: accounts, by their canonical user ids in Amazon S3.
    pub fn canonical_user(&self) -> impl Iterator<Item = &str> {
        self.entries(PrincipalType::CanonicalUser)
    }

    /// The position of the element's value in the document.
    pub const fn position(&self) -> Position {
        self.place.0
    }

    /// `Principal` or `NotPrincipal`.
    pub const fn name(&self) -> &'static str {
        if self.is_negated {
            "NotPrincipal"
        } else {
            "Principal"
        }
    }

    fn entries(&self, wanted: PrincipalType) -> impl Iterator<Item = &str> {
        let listed: &[_] = match &self.value {
            PrincipalValue::Everyone => &[],
            PrincipalValue::Listed(listed) => listed,
        };
        listed
            .iter()
            .filter(move |(listed, _)| *listed == wanted)
            .flat_map(|(_, entries)| entries.items().iter().map(|entry| &**entry))
    }
}

impl PrincipalType {
    /// Every type, in no particular order.
    pub(super) const ALL: [Self; 4] = [
        Self::Aws,
        Self::Federated,
        Self::Service,
        Self::CanonicalUser,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Federated => "Federated",
            Self::Service => "Service",
            Self::CanonicalUser => "CanonicalUser",
        }
    }

    /// Checks that `entry` can name a principal of this type.
    pub(super) fn check(self, entry: &str) -> Result<(), TextError> {
        if self == Self::Aws && entry == "*" {
            return Ok(());
        }
        if let Some(offset) = entry.find("${") {
            let flaw = TextError::new(
                "a principal cannot contain a policy variable",
                "use a condition on `aws:PrincipalArn` or `aws:PrincipalTag/…`",
            );
            return Err(flaw.at(offset));
        }
        if let Some(offset) = entry.find(['*', '?']) {
            let flaw = TextError::new(
                format!("the principal {} cannot contain a wildcard", Quoted(entry)),
                "write `\"AWS\": \"*\"` and a condition on `aws:PrincipalArn` with the wildcard",
            );
            return Err(flaw.at(offset));
        }
        let (is_one, hint) = match self {
            Self::Aws => (
                is_account(entry) || is_unique_id(entry) || is_aws_arn(entry),
                "write an account id of twelve digits, or the ARN of an account, user, role or session",
            ),
            Self::Federated => (
                is_oidc_provider(entry) || is_saml_provider(entry),
                "write the ARN of a SAML or OpenID Connect provider, or its domain",
            ),
            Self::Service => (
                is_domain(entry),
                "write a service principal such as `pinpoint.amazonaws.com`",
            ),
            Self::CanonicalUser => (
                is_plain(entry, ""),
                "write the canonical user id of an account",
            ),
        };
        if is_one {
            return Ok(());
        }
        Err(TextError::new(
            format!("{} names no `{}` principal", Quoted(entry), self.name()),
            hint,
        ))
    }
}

fn is_account(entry: &str) -> bool {
    entry.len() == 12 && entry.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `entry` is a unique id, which AWS shows instead of the ARN of a deleted user or role.
fn is_unique_id(entry: &str) -> bool {
    (16..=128).contains(&entry.len())
        && entry.starts_with('A')
        && entry
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn is_aws_arn(entry: &str) -> bool {
    let Some(arn) = arn_without_region(entry) else {
        return false;
    };
    let (word, name) = arn
        .resource()
        .split_once('/')
        .unwrap_or((arn.resource(), ""));
    match (arn.service(), word) {
        ("iam", "root") => arn.resource() == word,
        ("iam", "user" | "role") | ("sts", "federated-user") => !name.is_empty(),
        ("sts", "assumed-role") => name
            .split_once('/')
            .is_some_and(|(role, session)| !role.is_empty() && !session.is_empty()),
        _ => false,
    }
}

/// Whether `entry` is the ARN of a SAML provider.
pub fn is_saml_provider(entry: &str) -> bool {
    is_provider_arn(entry, "saml-provider")
}

/// Whether `entry` is an OpenID Connect provider: its ARN, or the domain of a provider that does not need an entry in IAM.
pub fn is_oidc_provider(entry: &str) -> bool {
    is_provider_arn(entry, "oidc-provider") || is_domain(entry)
}

fn is_provider_arn(entry: &str, word: &str) -> bool {
    arn_without_region(entry).is_some_and(|arn| {
        arn.service() == "iam"
            && matches!(
                arn.resource().split_once('/'),
                Some((found, name)) if found == word && !name.is_empty()
            )
    })
}

fn arn_without_region(entry: &str) -> Option<Arn<'_>> {
    Arn::parse(entry).ok().filter(|arn| {
        !arn.partition().is_empty() && !arn.account().is_empty() && arn.region().is_empty()
    })
}

fn is_domain(entry: &str) -> bool {
    is_plain(entry, ".-_/") && entry.contains('.')
}

fn is_plain(entry: &str, also: &str) -> bool {
    !entry.is_empty()
        && entry
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || also.contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries() {
        use PrincipalType::{Aws, CanonicalUser, Federated, Service};
        for (principal_type, entry, expected) in [
            (Aws, "*", true),
            (Aws, "123456789012", true),
            (Aws, "arn:aws:iam::123456789012:root", true),
            (Aws, "arn:aws:iam::123456789012:user/staff/ana", true),
            (Aws, "arn:aws-cn:iam::123456789012:role/app", true),
            (Aws, "arn:aws:sts::123456789012:assumed-role/app/s1", true),
            (Aws, "arn:aws:sts::123456789012:federated-user/ana", true),
            (
                Aws,
                "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1",
                true,
            ),
            (Aws, "AIDAEXAMPLEEXAMPLE123", true),
            (Aws, "", false),
            (Aws, "12345678901", false),
            (Aws, "**", false),
            (Aws, "arn:aws:iam::123456789012:*", false),
            (Aws, "arn:aws:iam::123456789012:root/x", false),
            (Aws, "arn:aws:iam::123456789012:user/", false),
            (Aws, "arn:aws:iam::123456789012:user/ana?", false),
            (Aws, "arn:aws:iam::123456789012:group/staff", false),
            (Aws, "arn:aws:iam:us-east-1:123456789012:user/ana", false),
            (Aws, "arn:aws:iam:::user/ana", false),
            (Aws, "arn:aws:sts::123456789012:assumed-role/app", false),
            (Aws, "arn:aws:sts::123456789012:assumed-role/app/", false),
            (Aws, "arn:aws:s3:::bucket", false),
            (Aws, "aidaexampleexample123", false),
            (Aws, "pinpoint.amazonaws.com", false),
            (Federated, "accounts.google.com", true),
            (
                Federated,
                "arn:aws:iam::123456789012:saml-provider/idp",
                true,
            ),
            (
                Federated,
                "arn:aws:iam::123456789012:oidc-provider/idp.example/x",
                true,
            ),
            (Federated, "arn:aws:iam::123456789012:user/ana", false),
            (Federated, "*", false),
            (Service, "pinpoint.amazonaws.com", true),
            (Service, "pinpoint", false),
            (Service, "*.amazonaws.com", false),
            (Service, "a b.amazonaws.com", false),
            (
                CanonicalUser,
                "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be",
                true,
            ),
            (CanonicalUser, "", false),
            (CanonicalUser, "a:b", false),
        ] {
            assert_eq!(
                principal_type.check(entry).is_ok(),
                expected,
                "{principal_type:?} {entry}"
            );
        }
    }
}
