//! The rules: one table for each subject, and the code that applies them.
//!
//! An entry of a table is the documentation of a rule, with a document that has the finding and a similar one that does
//! not. Tests check every entry, and `tests/wording.txt` contains the exact message for each.

use pinpoint_iam_core::policy::PolicyKind;

use crate::checker::Checker;
use crate::finding::Class;
use crate::read::Policy;

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
            pub(crate) static $name: $crate::rules::Rule = $crate::rules::Rule {
                code: $code,
                aws_code: $aws_code,
                class: $crate::finding::Class::$class,
                description: $description,
                example: $crate::rules::Example {
                    kind: pinpoint_iam_core::policy::PolicyKind::$kind,
                    document: $example,
                },
                near_miss: $crate::rules::Example {
                    kind: pinpoint_iam_core::policy::PolicyKind::$kind,
                    document: $near_miss,
                },
            };
        )*
        pub(super) static RULES: &[&$crate::rules::Rule] = &[$(&$name),*];
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

pub(crate) mod action;
pub(crate) mod address;
pub(crate) mod condition;
pub(crate) mod document;
pub(crate) mod lint;
pub(crate) mod of_catalog;
pub(crate) mod organization;
pub(crate) mod permissive;
pub(crate) mod principal;
pub(crate) mod redundant;
pub(crate) mod resource;
pub(crate) mod statement;
pub(crate) mod trust;
pub(crate) mod value;
pub(crate) mod variable;

static TABLES: [&[&Rule]; 15] = [
    document::RULES,
    statement::RULES,
    principal::RULES,
    action::RULES,
    resource::RULES,
    variable::RULES,
    condition::RULES,
    value::RULES,
    address::RULES,
    permissive::RULES,
    redundant::RULES,
    trust::RULES,
    organization::RULES,
    lint::RULES,
    of_catalog::RULES,
];

/// Every rule.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    TABLES.iter().flat_map(|table| table.iter().copied())
}

/// The rule with this code, or with this issue code of IAM Access Analyzer.
pub fn rule(code: &str) -> Option<&'static Rule> {
    rules().find(|rule| {
        let is_aws_code = rule
            .aws_code
            .is_some_and(|aws_code| aws_code.eq_ignore_ascii_case(code));
        rule.code.eq_ignore_ascii_case(code) || is_aws_code
    })
}

/// Applies all rules that need no parsed document.
pub(crate) fn apply(policy: &Policy<'_>, check: &mut Checker<'_>) {
    document::apply(policy, check);
    for statement in &policy.statements {
        statement::apply(statement, check);
        principal::apply(statement, check);
        action::apply(statement, check);
        resource::apply(statement, check);
        variable::apply(policy, statement, check);
        condition::apply(statement, check);
        value::apply(policy, statement, check);
        address::apply(statement, check);
        permissive::apply(statement, check);
        trust::apply(statement, check);
        organization::apply(statement, check);
    }
    redundant::apply(policy, check);
}

/// Whether policies of this kind belong to users, groups, roles or their sessions.
pub(crate) const fn is_identity_based(kind: PolicyKind) -> bool {
    matches!(
        kind,
        PolicyKind::IdentityManaged
            | PolicyKind::IdentityInlineUser
            | PolicyKind::IdentityInlineRole
            | PolicyKind::IdentityInlineGroup
            | PolicyKind::Boundary
            | PolicyKind::Session
    )
}
