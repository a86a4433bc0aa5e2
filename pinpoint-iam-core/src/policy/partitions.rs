//! The partitions that the ARNs of a policy may name.

use std::borrow::Cow;

use crate::arn::Scope;

/// The partitions of AWS.
const OF_AWS: [&str; 8] = [
    "aws",
    "aws-cn",
    "aws-us-gov",
    "aws-eusc",
    "aws-iso",
    "aws-iso-b",
    "aws-iso-e",
    "aws-iso-f",
];

/// The partitions that the ARNs of a policy may name.
///
/// AWS rejects a new policy with ARNs of a partition that does not exist, because such an ARN matches nothing: a `Deny`
/// for it would deny nothing. The same is true for a deployment with its own partition, which only the deployment's own
/// list can contain.
///
/// ```
/// use pinpoint_iam::Scope;
/// use pinpoint_iam::policy::{Document, Partitions, PolicyKind};
///
/// let document = Document::parse(
///     r#"{
///         "Version": "2012-10-17",
///         "Statement": {
///             "Effect": "Deny",
///             "Action": "widgets:DeleteWidget",
///             "Resource": "arn:acme:widgets::tenant-7:shops/*"
///         }
///     }"#,
/// )?;
/// let acme = Partitions::of(&Scope::new("acme", "", "tenant-7"));
/// assert!(document.validate_grammar(PolicyKind::IdentityManaged, &acme).is_ok());
/// assert!(document.validate_grammar(PolicyKind::IdentityManaged, &Partitions::AWS).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// See the [IAM User Guide on ARNs](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partitions {
    of_aws: bool,
    others: Cow<'static, [Box<str>]>,
}

impl Partitions {
    /// The partitions of AWS: `aws`, `aws-cn`, `aws-us-gov` and the others.
    pub const AWS: Self = Self {
        of_aws: true,
        others: Cow::Borrowed(&[]),
    };

    /// The partitions that policies of a deployment with this `scope` may name.
    ///
    /// In a partition of AWS, these are all partitions of AWS, as for AWS itself. In any other partition, it is only
    /// that partition: a policy's ARNs of other partitions match nothing there. [`with`](Self::with) adds more.
    pub fn of(scope: &Scope) -> Self {
        Self::named([scope.partition()])
    }

    /// The partitions with these names. A partition of AWS includes all others of AWS.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let none = Self {
            of_aws: false,
            others: Cow::Borrowed(&[]),
        };
        names.into_iter().fold(none, Self::with)
    }

    /// Adds a partition. A partition of AWS includes all others of AWS.
    #[must_use]
    pub fn with(mut self, name: &str) -> Self {
        if OF_AWS.contains(&name) {
            self.of_aws = true;
        } else if !self.contains(name) {
            self.others.to_mut().push(name.into());
        }
        self
    }

    /// Whether `name` is one of these partitions; case-sensitive.
    pub fn contains(&self, name: &str) -> bool {
        (self.of_aws && OF_AWS.contains(&name)) || self.others.iter().any(|other| **other == *name)
    }

    /// The suggestion for replacing an unknown partition.
    pub(crate) fn hint(&self) -> String {
        let others = self.others.iter().map(|name| format!("`{name}`"));
        let mut names: Vec<String> = others.collect();
        if self.of_aws {
            names.push("`aws`, or another partition of AWS".to_owned());
        }
        names.push("`*`".to_owned());
        format!("write {}", names.join(", or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_of_aws_brings_the_others_and_no_more() {
        let aws = Partitions::of(&Scope::new("aws-cn", "cn-north-1", "123456789012"));
        assert_eq!(aws, Partitions::AWS);
        assert!(aws.contains("aws-us-gov"));
        for name in ["acme", "AWS", "", "aws-"] {
            assert!(!aws.contains(name), "{name}");
        }
    }

    #[test]
    fn another_partition_stands_alone_unless_more_are_named() {
        let acme = Partitions::of(&Scope::new("acme", "", "tenant-7"));
        assert!(acme.contains("acme"));
        assert!(!acme.contains("aws"));
        assert_eq!(acme.hint(), "write `acme`, or `*`");
        let both = acme.with("aws").with("acme");
        assert!(both.contains("acme") && both.contains("aws-cn"));
        assert_eq!(
            both.hint(),
            "write `acme`, or `aws`, or another partition of AWS, or `*`"
        );
        assert!(!Partitions::named([]).contains("aws"));
    }
}
