//! Amazon Resource Names, and the scope that a deployment adds to them.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::short::split_once;

/// The maximum length of an ARN, in bytes.
///
/// AWS documents 2,048 characters as the maximum for an ARN in a policy. Longer ARNs are rejected before matching, so
/// that the cost of a decision is bounded.
pub const MAX_ARN_LENGTH: usize = 2048;

/// A borrowed ARN, split at its first five colons.
///
/// `arn:partition:service:region:account:resource`. The last component keeps its own colons and slashes. Components may
/// be empty here; each resource type checks the components that it requires.
///
/// ```
/// use pinpoint_iam::Arn;
///
/// let arn = Arn::parse("arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1")?;
/// assert_eq!(arn.service(), "mobiletargeting");
/// assert_eq!(arn.resource(), "apps/a1/campaigns/c1");
/// # Ok::<(), pinpoint_iam::arn::InvalidArn>(())
/// ```
///
/// See the [IAM User Guide on ARNs](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html).
#[derive(Clone, Copy, Debug)]
pub struct Arn<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
    /// The number of the scope that supplied partition, region and account; the service is then the text of a catalog.
    scope: Option<ScopeNumber>,
}

/// Identifies a scope in this process. Two scopes never have the same number.
type ScopeNumber = NonZeroU64;

/// Identifies the components of an ARN before the resource part: two ARNs with the same id have the same components.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArnPrefixId {
    scope: ScopeNumber,
    /// The address and the length of the service's text, which is never freed.
    service: (usize, usize),
}

impl<'a> Arn<'a> {
    /// Splits `text` into its six components.
    ///
    /// # Errors
    ///
    /// Returns an error if `text` does not start with `arn:`, has fewer than six components, is longer than
    /// [`MAX_ARN_LENGTH`] or contains a control character.
    pub fn parse(text: &'a str) -> Result<Self, InvalidArn> {
        if text.len() > MAX_ARN_LENGTH {
            return Err(InvalidArn::TooLong);
        }
        if holds_control_character(text) {
            return Err(InvalidArn::ControlCharacter);
        }
        let few = InvalidArn::TooFewComponents;
        let rest = match text.strip_prefix("arn") {
            Some("") => return Err(few),
            Some(rest) => rest.strip_prefix(':').ok_or(InvalidArn::NoPrefix)?,
            None => return Err(InvalidArn::NoPrefix),
        };
        let (partition, rest) = split_once(rest, b':').ok_or(few)?;
        let (service, rest) = split_once(rest, b':').ok_or(few)?;
        let (region, rest) = split_once(rest, b':').ok_or(few)?;
        let (account, resource) = split_once(rest, b':').ok_or(few)?;
        Ok(Self {
            partition,
            service,
            region,
            account,
            resource,
            scope: None,
        })
    }

    /// Creates the ARN of a resource in `scope`, whose template may fix some components. No component contains a colon.
    #[inline]
    pub(crate) fn in_scope(
        [partition, region, account]: [&'a str; 3],
        service: &'static str,
        resource: &'a str,
        scope: &'a Scope,
    ) -> Self {
        // The same text in memory.
        let is_from_scope = std::ptr::eq(partition, scope.partition())
            && std::ptr::eq(region, scope.region())
            && std::ptr::eq(account, scope.account());
        Self {
            partition,
            service,
            region,
            account,
            resource,
            scope: scope.0.number.filter(|_| is_from_scope),
        }
    }

    /// The id of the components before the resource part; `None` if they are not those of a numbered scope.
    #[doc(hidden)]
    #[inline]
    pub fn prefix_id(&self) -> Option<ArnPrefixId> {
        // INVARIANT: an ARN with a scope was created with the service of a catalog, which is static.
        Some(ArnPrefixId {
            scope: self.scope?,
            service: (self.service.as_ptr().addr(), self.service.len()),
        })
    }

    /// The components.
    const fn components(&self) -> [&'a str; 5] {
        let Self {
            partition,
            service,
            region,
            account,
            resource,
            // It follows from the components.
            scope: _,
        } = *self;
        [partition, service, region, account, resource]
    }

    /// The partition: `aws`, `aws-cn`, or a custom name.
    pub const fn partition(&self) -> &'a str {
        self.partition
    }

    /// The service prefix, for example `mobiletargeting`.
    pub const fn service(&self) -> &'a str {
        self.service
    }

    /// The region; empty for a service without regions.
    pub const fn region(&self) -> &'a str {
        self.region
    }

    /// The account id.
    pub const fn account(&self) -> &'a str {
        self.account
    }

    /// Everything after the fifth colon.
    pub const fn resource(&self) -> &'a str {
        self.resource
    }
}

/// An ARN that was parsed is equal to that of a resource in a scope.
impl PartialEq for Arn<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.components() == other.components()
    }
}

impl Eq for Arn<'_> {}

impl Hash for Arn<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.components().hash(state);
    }
}

impl fmt::Display for Arn<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("arn")?;
        for component in self.components() {
            formatter.write_str(":")?;
            formatter.write_str(component)?;
        }
        Ok(())
    }
}

/// Whether `text` contains a control character.
///
/// Outside ASCII, only characters whose first byte is `C2` can be control characters. Almost every string can therefore
/// be checked bytewise, many bytes at a time.
pub fn holds_control_character(text: &str) -> bool {
    const FIRST_OF_HIGH_CONTROLS: u8 = 0xc2;
    let suspicious = text.bytes().fold(false, |suspicious, byte| {
        suspicious | (byte < b' ') | (byte == 0x7f) | (byte == FIRST_OF_HIGH_CONTROLS)
    });
    suspicious && text.chars().any(char::is_control)
}

/// The reason why a string is not an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidArn {
    /// It does not start with `arn:`.
    NoPrefix,
    /// It has fewer than six components.
    TooFewComponents,
    /// It is longer than [`MAX_ARN_LENGTH`].
    TooLong,
    /// It contains a control character.
    ControlCharacter,
}

impl fmt::Display for InvalidArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPrefix => formatter.write_str("an ARN must start with `arn:`"),
            Self::TooFewComponents => formatter.write_str(
                "an ARN must have six components: `arn:partition:service:region:account:resource`",
            ),
            Self::TooLong => write!(
                formatter,
                "an ARN must not be longer than {MAX_ARN_LENGTH} bytes"
            ),
            Self::ControlCharacter => {
                formatter.write_str("an ARN must not contain control characters")
            }
        }
    }
}

impl std::error::Error for InvalidArn {}

/// The partition, region and account of a deployment's resources.
///
/// A resource type defines only the last component of its ARNs; the scope supplies the others.
///
/// ```
/// use pinpoint_iam::Scope;
///
/// let scope = Scope::new("aws", "us-east-1", "123456789012");
/// assert_eq!(scope.account(), "123456789012");
/// ```
///
/// # Tenants
///
/// A service whose tenants are accounts does not have an account of its own. Its scope [leaves the account
/// open](Self::of_tenants), and each request sets it by [`with_account`](Self::with_account). Requests whose account is
/// not known are denied.
///
/// ```
/// use pinpoint_iam::Scope;
///
/// let service = Scope::of_tenants("acme", "");
/// let request = service.with_account("tenant-7");
/// assert_eq!(request, Scope::new("acme", "", "tenant-7"));
/// assert!(request.check().is_ok());
/// assert!(service.with_account("tenant-7:shops/*").check().is_err());
/// ```
#[derive(Clone, Debug)]
pub struct Scope(Arc<ScopeParts>);

#[derive(Debug)]
struct ScopeParts {
    partition: Box<str>,
    region: Box<str>,
    /// Empty if every request sets its own account.
    account: Box<str>,
    /// The first part that is not valid in an ARN. Computed once, so that the check for each request is cheap.
    unusable: Option<Part>,
    /// The number; `None` for the scope of one request, which no other request has.
    number: Option<ScopeNumber>,
}

impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Scope {}

impl Hash for Scope {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

/// A part of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    Partition,
    Region,
    Account,
}

impl Scope {
    /// Creates a scope from its partition, region and account id; `region` may be empty.
    ///
    /// The values come from the deployment's own configuration. No part may contain a character that has a meaning in
    /// ARNs or policies (`:`, `*`, `?`, `$`, a control character): building an authorizer with such a scope fails, see
    /// [`Scope::check`].
    pub fn new(partition: &str, region: &str, account: &str) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed).checked_add(1);
        Self::numbered(partition, region, account, number.and_then(NonZeroU64::new))
    }

    fn numbered(partition: &str, region: &str, account: &str, number: Option<ScopeNumber>) -> Self {
        let unusable = if !can_stand_in_arn(partition) || partition.is_empty() {
            Some(Part::Partition)
        } else if !can_stand_in_arn(region) {
            Some(Part::Region)
        } else if !can_stand_in_arn(account) || account.is_empty() {
            Some(Part::Account)
        } else {
            None
        };
        Self(Arc::new(ScopeParts {
            partition: partition.into(),
            region: region.into(),
            account: account.into(),
            unusable,
            number,
        }))
    }

    fn parts(&self) -> [&str; 3] {
        [self.partition(), self.region(), self.account()]
    }

    /// Creates a scope whose account is set for each request, see [`with_account`](Self::with_account).
    ///
    /// An authorizer accepts such a scope, although it [checks](Self::check) as incomplete, because ARNs cannot be
    /// built without an account.
    pub fn of_tenants(partition: &str, region: &str) -> Self {
        Self::new(partition, region, "")
    }

    /// The same partition and region with another account: the account of one request.
    ///
    /// The account comes from the application's authentication. If it is not valid in an ARN, [`check`](Self::check)
    /// returns an error, and requests with this scope are denied.
    #[must_use]
    pub fn with_account(&self, account: &str) -> Self {
        Self::numbered(self.partition(), self.region(), account, None)
    }

    /// Checks that every part of the scope is valid in an ARN, and that the account is known.
    ///
    /// # Errors
    ///
    /// Returns an error that names the first part for which this is not the case.
    pub fn check(&self) -> Result<(), InvalidScope> {
        match self.0.unusable {
            None => Ok(()),
            Some(part) => Err(InvalidScope {
                part,
                value: match part {
                    Part::Partition => self.partition(),
                    Part::Region => self.region(),
                    Part::Account => self.account(),
                }
                .to_owned(),
            }),
        }
    }

    /// [`check`](Self::check) for a deployment, whose account may be left open.
    ///
    /// # Errors
    ///
    /// Returns an error that names the first part that is not valid in an ARN.
    pub fn check_deployment(&self) -> Result<(), InvalidScope> {
        match self.check() {
            Err(error) if error.part == Part::Account && error.value.is_empty() => Ok(()),
            checked => checked,
        }
    }

    /// Whether every part is valid in an ARN and the account is known: [`check`](Self::check) without the reason.
    pub fn is_complete(&self) -> bool {
        self.0.unusable.is_none()
    }

    /// The partition; `aws` for the standard AWS Regions.
    pub fn partition(&self) -> &str {
        &self.0.partition
    }

    /// The region; empty if the service has no regions.
    pub fn region(&self) -> &str {
        &self.0.region
    }

    /// The account id; empty for a scope [of tenants](Self::of_tenants).
    pub fn account(&self) -> &str {
        &self.0.account
    }
}

fn can_stand_in_arn(value: &str) -> bool {
    value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// A part of a [`Scope`] that is not valid in an ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidScope {
    part: Part,
    value: String,
}

impl fmt::Display for InvalidScope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.part {
            Part::Partition => "partition",
            Part::Region => "region",
            Part::Account => "account",
        };
        write!(
            formatter,
            "the scope's {part} `{}` is not valid in an ARN: use ASCII letters, digits, `-`, `_` and `.`",
            self.value.escape_debug()
        )
    }
}

impl std::error::Error for InvalidScope {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// The ARN of a resource whose type fixes no component.
    fn arn<'a>(scope: &'a Scope, service: &'static str, resource: &'a str) -> Arn<'a> {
        Arn::in_scope(scope.parts(), service, resource, scope)
    }

    /// An id stands for exactly one partition, service, region and account.
    #[test]
    fn an_arn_has_a_prefix_id_if_its_scope_has_a_number() {
        let id_of = |scope: &Scope, service| arn(scope, service, "apps/a1").prefix_id();
        let [one, equal] = [(); 2].map(|()| Scope::new("aws", "eu-west-1", "1"));
        let id = id_of(&one, "sns").unwrap();
        assert_eq!(id_of(&one.clone(), "sns"), Some(id));
        for (other, reason) in [
            (id_of(&one, "sms"), "another service"),
            (id_of(&equal, "sns"), "another scope"),
        ] {
            assert_ne!(other, Some(id), "{reason}");
        }
        // The scope of one request.
        assert_eq!(id_of(&one.with_account("1"), "sns"), None);
        for place in 0..3 {
            let mut components = one.parts();
            components[place] = "fixed";
            let arn = Arn::in_scope(components, "sns", "apps/a1", &one);
            assert_eq!(arn.prefix_id(), None, "{arn} has a component of its type");
        }
        let parsed = Arn::parse("arn:aws:sns:eu-west-1:1:apps/a1").unwrap();
        assert_eq!(parsed.prefix_id(), None);
    }

    #[test]
    fn equality_ignores_numbers() {
        let scope = Scope::new("aws", "eu-west-1", "1");
        let tenant = Scope::of_tenants("aws", "eu-west-1").with_account("1");
        assert_eq!(HashSet::from([scope.clone(), tenant.clone()]).len(), 1);
        let arns = [
            arn(&scope, "sns", "apps/a1"),
            arn(&tenant, "sns", "apps/a1"),
            Arn::parse("arn:aws:sns:eu-west-1:1:apps/a1").unwrap(),
        ];
        assert_eq!(HashSet::from(arns).len(), 1);
        for different in [
            Scope::new("aws-cn", "eu-west-1", "1"),
            Scope::new("aws", "eu-west-2", "1"),
            Scope::new("aws", "eu-west-1", "2"),
        ] {
            assert_ne!(different, scope);
            let arn = arn(&different, "sns", "apps/a1");
            assert!(!arns.contains(&arn), "{arn}");
        }
        for (service, resource) in [("sms", "apps/a1"), ("sns", "apps/a2")] {
            let arn = arn(&scope, service, resource);
            assert!(!arns.contains(&arn), "{arn}");
        }
    }

    #[test]
    fn control_characters_are_found_by_their_bytes() {
        for character in ('\0'..='\u{3000}').chain(['\u{10ffff}']) {
            for text in [format!("{character}"), format!("arn:{character}:x")] {
                assert_eq!(
                    holds_control_character(&text),
                    character.is_control(),
                    "{character:?}"
                );
            }
        }
    }
}
