//! What a rule is, and the macros that write tables of rules.
//!
//! An entry of a table is the documentation of a rule, with a document that has the finding and a similar one that does
//! not. Tests check every entry, and `tests/wording.txt` contains the exact message for each.

use pinpoint_iam_core::policy::PolicyKind;

use crate::finding::Class;

/// A rule and its documentation.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rule {
    /// The code: `invalid-effect`.
    pub code: &'static str,
    /// The issue code of [IAM Access
    /// Analyzer](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html) for the
    /// same check, if it has one.
    pub aws_code: Option<&'static str>,
    /// The class of its findings. Some rules use another class, depending on the effect of the statement.
    pub class: Class,
    /// What the rule reports and why.
    pub description: &'static str,
    /// The configuration that the rule and its examples need; `None` if the rule always applies.
    pub configuration: Option<&'static str>,
    /// A document with the finding.
    pub example: Example,
    /// A similar document without it.
    pub near_miss: Example,
}

/// A document that illustrates a rule.
#[derive(Debug)]
#[non_exhaustive]
pub struct Example {
    /// The kind of the policy.
    pub kind: PolicyKind,
    /// The text of the document.
    pub document: &'static str,
}

macro_rules! rules {
    ($($name:ident: $code:literal, $aws_code:expr, $class:ident, $kind:ident, $description:literal, $example:expr, $near_miss:expr;)*) => {
        $(
            pub(crate) static $name: $crate::rule::Rule = $crate::rule::Rule {
                code: $code,
                aws_code: $aws_code,
                class: $crate::finding::Class::$class,
                description: $description,
                configuration: None,
                example: $crate::rule::Example {
                    kind: pinpoint_iam_core::policy::PolicyKind::$kind,
                    document: $example,
                },
                near_miss: $crate::rule::Example {
                    kind: pinpoint_iam_core::policy::PolicyKind::$kind,
                    document: $near_miss,
                },
            };
        )*
        pub(crate) static RULES: &[&$crate::rule::Rule] = &[$(&$name),*];
    };
}

/// A document of version 2012-10-17 with one statement, or several, that has these members.
macro_rules! statements {
    ($members:literal $(, $others:literal)*) => {
        concat!(
            "{\"Version\": \"2012-10-17\", \"Statement\": [{", $members, "}",
            $(", {", $others, "}",)*
            "]}"
        )
    };
}
