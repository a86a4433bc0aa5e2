//! Amazon Resource Names and the scope a deployment gives to them.

use std::fmt;
use std::sync::Arc;

/// The longest ARN that is looked at, in bytes.
///
/// AWS documents 2,048 characters as the largest ARN that a policy may name. Anything longer is refused before it is
/// matched, so that the cost of a decision has a bound.
pub const MAX_ARN_LENGTH: usize = 2048;

/// A borrowed ARN, split at its first five colons.
///
/// `arn:partition:service:region:account:resource`. The last component keeps its own colons and slashes. Any of the
/// components may be empty; which of them must not be is for the resource type to say.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Arn<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits `text` into its six components.
    ///
    /// # Errors
    ///
    /// When `text` does not start with `arn:`, has fewer than six components, is longer than [`MAX_ARN_LENGTH`] or
    /// holds a control character.
    pub fn parse(text: &'a str) -> Result<Self, InvalidArn> {
        if text.len() > MAX_ARN_LENGTH {
            return Err(InvalidArn::TooLong);
        }
        if holds_control_character(text) {
            return Err(InvalidArn::ControlCharacter);
        }
        let mut components = text.splitn(6, ':');
        if components.next() != Some("arn") {
            return Err(InvalidArn::NoPrefix);
        }
        let mut next = || components.next().ok_or(InvalidArn::TooFewComponents);
        Ok(Self {
            partition: next()?,
            service: next()?,
            region: next()?,
            account: next()?,
            resource: next()?,
        })
    }

    /// Puts an ARN together from components that are already known to be free of colons.
    pub(crate) const fn from_components(
        partition: &'a str,
        service: &'a str,
        region: &'a str,
        account: &'a str,
        resource: &'a str,
    ) -> Self {
        Self {
            partition,
            service,
            region,
            account,
            resource,
        }
    }

    /// The partition: `aws`, `aws-cn`, or a name of your own.
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

impl fmt::Display for Arn<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "arn:{}:{}:{}:{}:{}",
            self.partition, self.service, self.region, self.account, self.resource
        )
    }
}

/// Whether `text` holds a control character.
///
/// Of the characters beyond ASCII only some whose first byte is `C2` are control characters, so that nearly every text is
/// judged by its bytes, many at a time.
pub fn holds_control_character(text: &str) -> bool {
    const FIRST_OF_HIGH_CONTROLS: u8 = 0xc2;
    let suspicious = text.bytes().fold(false, |suspicious, byte| {
        suspicious | (byte < b' ') | (byte == 0x7f) | (byte == FIRST_OF_HIGH_CONTROLS)
    });
    suspicious && text.chars().any(char::is_control)
}

/// Why a text is not an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidArn {
    /// It does not start with `arn:`.
    NoPrefix,
    /// It has fewer than six components.
    TooFewComponents,
    /// It is longer than [`MAX_ARN_LENGTH`].
    TooLong,
    /// It holds a control character.
    ControlCharacter,
}

impl fmt::Display for InvalidArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPrefix => formatter.write_str("an ARN starts with `arn:`"),
            Self::TooFewComponents => formatter.write_str(
                "an ARN has six components, `arn:partition:service:region:account:resource`",
            ),
            Self::TooLong => write!(formatter, "an ARN is at most {MAX_ARN_LENGTH} bytes long"),
            Self::ControlCharacter => formatter.write_str("an ARN holds no control characters"),
        }
    }
}

impl std::error::Error for InvalidArn {}

/// The partition, region and account that a deployment's resources stand in.
///
/// A resource type knows its own part of the ARN; the scope gives the rest.
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
/// A service whose tenants are accounts has no account of its own. Its scope [leaves the account open](Self::of_tenants),
/// and each request brings its own, [`with_account`](Self::with_account). What does not know its account yet is refused.
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope(Arc<ScopeParts>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct ScopeParts {
    partition: Box<str>,
    region: Box<str>,
    /// Empty where every request brings its own.
    account: Box<str>,
    /// The first part that cannot stand in an ARN. Found once, so that a request can ask again for nothing.
    unusable: Option<Part>,
}

/// A part of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    Partition,
    Region,
    Account,
}

impl Scope {
    /// A scope from its partition, region and account id; `region` may be empty.
    ///
    /// The values come from the deployment's own configuration. A character that has a meaning in ARNs or policies
    /// (`:`, `*`, `?`, `$`, a control character) can be part of none of them: an authorizer with such a scope is
    /// refused when it is built, see [`Scope::check`].
    pub fn new(partition: &str, region: &str, account: &str) -> Self {
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
        }))
    }

    /// A scope whose account every request brings itself, see [`with_account`](Self::with_account).
    ///
    /// An authorizer takes it. It [checks](Self::check) as incomplete all the same: with it alone no ARN can be told.
    pub fn of_tenants(partition: &str, region: &str) -> Self {
        Self::new(partition, region, "")
    }

    /// The same partition and region with another account: that of one request.
    ///
    /// The account comes from the application's authentication. Where it cannot stand in an ARN,
    /// [`check`](Self::check) says so, and a request in such a scope is refused.
    #[must_use]
    pub fn with_account(&self, account: &str) -> Self {
        Self::new(self.partition(), self.region(), account)
    }

    /// Says whether every part of the scope can stand in an ARN, and the account is known.
    ///
    /// # Errors
    ///
    /// Names the first part that cannot.
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

    /// [`check`](Self::check) for a deployment: its account may be left open.
    ///
    /// # Errors
    ///
    /// Names the first part that cannot stand in an ARN.
    pub fn check_deployment(&self) -> Result<(), InvalidScope> {
        match self.check() {
            Err(error) if error.part == Part::Account && error.value.is_empty() => Ok(()),
            checked => checked,
        }
    }

    /// Whether every part can stand in an ARN, and the account is known: [`check`](Self::check) without the reason.
    pub fn is_complete(&self) -> bool {
        self.0.unusable.is_none()
    }

    /// The partition, `aws` for the standard AWS regions.
    pub fn partition(&self) -> &str {
        &self.0.partition
    }

    /// The region; empty where the service has none.
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

/// A part of a [`Scope`] that cannot stand in an ARN.
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
            "the scope's {part} `{}` cannot stand in an ARN: use ASCII letters, digits, `-`, `_` and `.`",
            self.value.escape_debug()
        )
    }
}

impl std::error::Error for InvalidScope {}

#[cfg(test)]
mod tests {
    use super::*;

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
