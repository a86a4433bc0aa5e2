//! The rule for condition keys that no source of the service supplies.
//!
//! It reports what an authorizer with these sources reports when it loads the policy.

use pinpoint_iam_core::__private::{GlobalKey, Quoted, is_of_identity_provider};
use pinpoint_iam_core::context::ConditionKey;
use pinpoint_iam_core::policy::{Document, Effect, PolicyKind, Statement};

use crate::catalog::{self, ParsedChecker, limits_access};
use crate::checker::Checker;
use crate::finding::Class;
use crate::rule::{Example, Rule};
use crate::rules::condition;
use crate::sources::KeySources;

pub(crate) static KEY_WITHOUT_SOURCE: Rule = Rule {
    code: "key-without-source",
    aws_code: None,
    class: Class::Error,
    description: "No source supplies the condition key: the table `sources` of the configuration does not contain it, and requests and principals do not have it by themselves. Its value is then unknown. A `Deny` or a permissions boundary denies requests that it should not deny, which is an error; an `Allow` does not match, which is a warning.",
    configuration: Some("[sources]\nkeys = [\"aws:PrincipalOrgID\"]"),
    example: Example {
        kind: PolicyKind::IdentityManaged,
        document: statements!(
            r#""Effect": "Deny", "Action": "mobiletargeting:DeleteApp", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/stage": "prod"}}"#
        ),
    },
    near_miss: Example {
        kind: PolicyKind::IdentityManaged,
        document: statements!(
            r#""Effect": "Deny", "Action": "mobiletargeting:DeleteApp", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/stage": "prod", "aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#
        ),
    },
};

pub(crate) static RULES: &[&Rule] = &[&KEY_WITHOUT_SOURCE];

pub(crate) fn apply(document: &Document, check: &mut Checker<'_>) {
    let Some(sources) = check.sources else { return };
    let catalogs = catalog::checker(check.catalog);
    for statement in document.statements() {
        for (position, key) in statement.condition_keys() {
            let at = check.offset(position);
            if !sources.declares(key)
                && lacks_source(key, statement, sources, &catalogs)
                && !is_reported(key, at, check)
            {
                report(key, statement.effect(), at, check);
            }
        }
    }
}

/// Whether requests for the statement's actions may have the key, and neither the library nor a preset supplies it.
fn lacks_source(
    key: &ConditionKey,
    statement: &Statement,
    sources: &KeySources,
    catalogs: &ParsedChecker<'_>,
) -> bool {
    let Some((prefix, _)) = key.folded().split_once(':') else {
        return false;
    };
    if is_of_identity_provider(prefix) {
        return false;
    }
    if prefix == "aws" {
        return GlobalKey::of(key.folded()).is_none_or(|global| !sources.has_global(global));
    }
    // `invalid-service-condition-key` reports a key that no catalog defines, and `key-never-present` one that requests for
    // these actions never have.
    catalogs.defines(key.as_str()) && {
        let covered = catalogs.covered(statement);
        let mut actions = covered.actions();
        actions.any(|known| known.can_have(key.as_str()))
    }
}

/// Whether another rule has reported the key as a global one that AWS does not define.
fn is_reported(key: &ConditionKey, at: usize, check: &Checker<'_>) -> bool {
    let rules = [
        &condition::INVALID_GLOBAL_CONDITION_KEY,
        &condition::UNSUPPORTED_GLOBAL_CONDITION_KEY,
        &condition::MISSING_TAG_KEY_IN_CONDITION,
    ];
    check.findings.iter().any(|finding| {
        // At the same position, variables in the values of the condition are reported as well.
        let written = check.source.get(finding.span.clone()).unwrap_or_default();
        finding.span.start == at
            && rules.iter().any(|rule| rule.code == finding.code)
            && written.trim_matches('"') == key.as_str()
    })
}

fn report(key: &ConditionKey, effect: Effect, at: usize, check: &mut Checker<'_>) {
    let (class, so) = match effect {
        Effect::Allow if !limits_access(check.kind) => {
            (Class::Warning, "requests that depend on it are not allowed")
        }
        Effect::Allow | Effect::Deny => (Class::Error, "requests may be denied that should not be"),
    };
    let global = GlobalKey::of(key.folded());
    let or = match global.is_some_and(|global| global.outside_aws.is_some()) {
        true => "set `outside-aws` there if the service does not run on AWS",
        false => "to its list `absent` if requests do not have it",
    };
    check.report_as(
        &KEY_WITHOUT_SOURCE,
        class,
        at,
        format!(
            "no source supplies the condition key {}, so {so}",
            Quoted(key.as_str())
        ),
        format!(
            "add it to `keys` in `sources` of the configuration if the service supplies it, or {or}"
        ),
    );
}
