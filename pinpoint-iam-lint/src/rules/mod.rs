//! The rules: one table for each subject, and the code that applies them.
//!
//! An entry of a table is the documentation of a rule, with a document that has the finding and a similar one that does
//! not. Tests check every entry, and `tests/wording.txt` contains the exact message for each.

use pinpoint_iam_core::policy::PolicyKind;

use crate::checker::Checker;
use crate::grammar;
use crate::read::Policy;
use crate::rule::Rule;

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
pub(crate) mod source;
pub(crate) mod statement;
pub(crate) mod trust;
pub(crate) mod value;
pub(crate) mod variable;

static TABLES: [&[&Rule]; 17] = [
    grammar::RULES,
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
    source::RULES,
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
