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
        if text.chars().any(char::is_control) {
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope(Arc<ScopeParts>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct ScopeParts {
    partition: Box<str>,
    region: Box<str>,
    account: Box<str>,
}

impl Scope {
    /// A scope from its partition, region and account id; `region` may be empty.
    ///
    /// The values come from the deployment's own configuration. A character that has a meaning in ARNs or policies
    /// (`:`, `*`, `?`, `$`, a control character) can be part of none of them: an authorizer with such a scope is
    /// refused when it is built, see [`Scope::check`].
    pub fn new(partition: &str, region: &str, account: &str) -> Self {
        Self(Arc::new(ScopeParts {
            partition: partition.into(),
            region: region.into(),
            account: account.into(),
        }))
    }

    /// Says whether every part of the scope can stand in an ARN.
    ///
    /// # Errors
    ///
    /// Names the first part that cannot.
    pub fn check(&self) -> Result<(), InvalidScope> {
        let parts = [
            ("partition", self.partition(), false),
            ("region", self.region(), true),
            ("account", self.account(), false),
        ];
        for (part, value, may_be_empty) in parts {
            let usable = value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
            if !usable || (value.is_empty() && !may_be_empty) {
                return Err(InvalidScope {
                    part,
                    value: value.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// The partition, `aws` for the standard AWS regions.
    pub fn partition(&self) -> &str {
        &self.0.partition
    }

    /// The region; empty where the service has none.
    pub fn region(&self) -> &str {
        &self.0.region
    }

    /// The account id.
    pub fn account(&self) -> &str {
        &self.0.account
    }
}

/// A part of a [`Scope`] that cannot stand in an ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidScope {
    part: &'static str,
    value: String,
}

impl fmt::Display for InvalidScope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the scope's {} `{}` cannot stand in an ARN: use ASCII letters, digits, `-`, `_` and `.`",
            self.part,
            self.value.escape_debug()
        )
    }
}

impl std::error::Error for InvalidScope {}
