//! Partitions: which ones the ARNs of a policy may name.

use std::borrow::Cow;

use crate::arn::Scope;

/// The partitions that AWS has.
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
/// AWS refuses a new policy whose ARNs stand in a partition that it does not have, because such an ARN matches nothing:
/// a `Deny` on it would deny nothing. A deployment with a partition of its own has the same interest, and only its own
/// list can tell.
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
    /// Those of AWS: `aws`, `aws-cn`, `aws-us-gov` and the others.
    pub const AWS: Self = Self {
        of_aws: true,
        others: Cow::Borrowed(&[]),
    };

    /// Those that policies of a deployment in `scope` may name.
    ///
    /// In a partition of AWS these are all of AWS's, as AWS itself has it. In any other one it is that partition alone:
    /// what a policy says of another matches nothing there. [`with`](Self::with) adds more.
    pub fn of(scope: &Scope) -> Self {
        Self::named([scope.partition()])
    }

    /// These partitions. One of AWS's stands for all of them.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let none = Self {
            of_aws: false,
            others: Cow::Borrowed(&[]),
        };
        names.into_iter().fold(none, Self::with)
    }

    /// These and one more. One of AWS's stands for all of them.
    #[must_use]
    pub fn with(mut self, name: &str) -> Self {
        if OF_AWS.contains(&name) {
            self.of_aws = true;
        } else if !self.contains(name) {
            self.others.to_mut().push(name.into());
        }
        self
    }

    /// Whether `name` is one of them; upper and lower case differ.
    pub fn contains(&self, name: &str) -> bool {
        (self.of_aws && OF_AWS.contains(&name)) || self.others.iter().any(|other| **other == *name)
    }

    /// What to write in place of an unknown partition.
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
