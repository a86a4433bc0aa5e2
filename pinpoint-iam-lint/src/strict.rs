//! The findings of the strict reader, the rules for the kind of the policy, the lints and the catalog.

use pinpoint_iam_core::condition::SetOperator;
use pinpoint_iam_core::policy::{Document, Lint, LintCode, ParseError, Partitions};

use crate::catalog::{self, Subject, limits_access};
use crate::checker::Checker;
use crate::finding::Class;
use crate::read::{Policy, Statement};
use crate::rule::Rule;
use crate::rules::{self, lint, of_catalog, source};

/// Adds the findings that need a parsed document.
pub(crate) fn apply(policy: Option<&Policy<'_>>, check: &mut Checker<'_>) {
    let source = check.source;
    match Document::parse(source) {
        Ok(document) => examine(&document, policy, check),
        Err(error) => {
            report_parse_error(&error, policy, check);
            let Some(policy) = policy else { return };
            for statement in &policy.statements {
                let (text, start) = alone(policy, statement);
                let result = Document::parse(&text);
                check.look_at(text, start, statement.range());
                match result {
                    Ok(document) => examine(&document, Some(policy), check),
                    Err(error) => report_parse_error(&error, Some(policy), check),
                }
                check.look_at_source();
            }
        }
    }
}

/// The text of a document with one statement, and where the statement starts in it.
fn alone(policy: &Policy<'_>, statement: &Statement<'_>) -> (String, usize) {
    // An invalid version is reported as such.
    let start = if policy.has_variables() || policy.has_invalid_version() {
        "{\"Version\":\"2012-10-17\",\"Statement\":"
    } else {
        "{\"Statement\":"
    };
    (format!("{start}{}}}", statement.written), start.len())
}

/// Reports an error of the strict reader, unless a rule has already reported one in the same statement.
fn report_parse_error(error: &ParseError, policy: Option<&Policy<'_>>, check: &mut Checker<'_>) {
    let at = check.offset(error.position());
    let errors = check
        .findings
        .iter()
        .filter(|finding| finding.class == Class::Error);
    let mut starts = errors.map(|finding| finding.span.start);
    let is_reported = match statement(policy, at) {
        Some(statement) => {
            let range = statement.range();
            starts.any(|start| range.contains(&start))
        }
        None => starts.any(|start| statement(policy, start).is_none()),
    };
    if !is_reported {
        check.report(
            &rules::document::REJECTED,
            at,
            error.message(),
            error.hint(),
        );
    }
}

/// The statement that contains an offset.
fn statement<'p>(policy: Option<&'p Policy<'_>>, at: usize) -> Option<&'p Statement<'p>> {
    policy?.statement_at(at)
}

fn examine(document: &Document, policy: Option<&Policy<'_>>, check: &mut Checker<'_>) {
    for lint in document.lints() {
        report_lint(&lint, policy, check);
    }
    for finding in catalog::findings(check.catalog, document) {
        // A service may have keys that no catalog defines.
        let is_declared = |key| check.sources.is_some_and(|sources| sources.declares(key));
        if matches!(&finding.subject, Subject::UnknownConditionKey(key) if is_declared(key)) {
            continue;
        }
        let at = check.offset(finding.position);
        let rule = match &finding.subject {
            Subject::UnknownAction => &of_catalog::INVALID_ACTION,
            Subject::UnmatchedWildcard => &of_catalog::UNMATCHED_WILDCARD,
            Subject::UnmatchedResource => &of_catalog::INVALID_ARN_RESOURCE,
            Subject::UnknownConditionKey(_) => &of_catalog::INVALID_SERVICE_CONDITION_KEY,
            Subject::KeyNeverPresent => &of_catalog::KEY_NEVER_PRESENT,
        };
        let class = match finding.subject {
            Subject::KeyNeverPresent if !finding.disables_limit(limits_access(check.kind)) => {
                Class::Warning
            }
            _ => rule.class,
        };
        // A more specific rule has reported the same resource.
        let is_reported = finding.subject == Subject::UnmatchedResource
            && check
                .findings
                .iter()
                .any(|other| other.span.start == at && other.class == Class::Error);
        if !is_reported {
            let fix = finding
                .suggestion
                .and_then(|name| check.string_fix(at, &name));
            check
                .report_as(rule, class, at, finding.message, finding.hint)
                .fix = fix;
        }
    }
    of_catalog::apply(document, check);
    source::apply(document, check);
    grammar(document, check);
}

/// The partitions of AWS and of the catalog's services.
fn partitions(check: &Checker<'_>) -> Partitions {
    let services = check.catalog.services().iter();
    let names = services.flat_map(|service| &service.partitions);
    names.fold(Partitions::AWS, |partitions, name| partitions.with(name))
}

/// Rules that report less than an error for documents that AWS rejects, as IAM Access Analyzer does.
const LESS_SEVERE: [&str; 3] = ["missing-version", "old-version", "allow-with-not-principal"];

/// The rules for the kind of the policy that no rule here has already reported at the same position.
fn grammar(document: &Document, check: &mut Checker<'_>) {
    for error in document.grammar_faults(check.kind, &partitions(check)) {
        let at = check.offset(error.position());
        let is_reported = check.findings.iter().any(|finding| {
            let is_known = finding.class == Class::Error || LESS_SEVERE.contains(&finding.code);
            is_known && finding.span.contains(&at)
        });
        if !is_reported {
            check.report(
                &rules::document::NOT_ACCEPTED,
                at,
                error.message(),
                error.hint(),
            );
        }
    }
}

fn report_lint(found: &Lint, policy: Option<&Policy<'_>>, check: &mut Checker<'_>) {
    let at = check.offset(found.position());
    let Some(mut rule) = lint_rule(found.code()) else {
        return;
    };
    let mut class = rule.class;
    if found.code() == LintCode::SetOfSingle && is_for_all_values(policy, at) {
        rule = &lint::FORALLVALUES_WITH_SINGLE_VALUED_KEY;
        // `ForAllValues` also matches requests without the key, so an `Allow` with it allows too much.
        class = match statement(policy, at).is_some_and(Statement::allows) {
            true => rule.class,
            false => Class::Warning,
        };
    }
    check.report_as(rule, class, at, found.message(), found.hint());
}

/// Whether the condition key at an offset is compared with `ForAllValues`.
fn is_for_all_values(policy: Option<&Policy<'_>>, at: usize) -> bool {
    let conditions = statement(policy, at).map(|statement| statement.conditions.iter());
    let mut conditions = conditions.into_iter().flatten();
    conditions.any(|condition| {
        let set = condition.parsed.and_then(|operator| operator.set());
        condition.key.at == at && set == Some(SetOperator::ForAllValues)
    })
}

/// The rule for a lint of `pinpoint-iam-core`; `None` if rules of this crate report the same.
fn lint_rule(code: LintCode) -> Option<&'static Rule> {
    Some(match code {
        LintCode::AllowNotAction => &lint::ALLOW_NOT_ACTION,
        LintCode::AllowNotPrincipal => &lint::ALLOW_WITH_NOT_PRINCIPAL,
        LintCode::AllowNotResource => &lint::ALLOW_NOT_RESOURCE,
        LintCode::AnyArn => &lint::ANY_ARN,
        LintCode::ArnWithoutComponents => &lint::ARN_WITHOUT_COMPONENTS,
        LintCode::BoolWithoutIfExists => &lint::BOOL_WITHOUT_IF_EXISTS,
        LintCode::DocumentId => &lint::DOCUMENT_ID,
        LintCode::ForAllValuesAllow => &lint::FOR_ALL_VALUES_ALLOW,
        LintCode::HostBits => &lint::IMPROVE_IP_RANGE,
        LintCode::IfExistsOfSet => &lint::IF_EXISTS_OF_SET,
        LintCode::LeadingSlash => &lint::LEADING_SLASH,
        LintCode::MappedRange => &lint::MAPPED_RANGE,
        LintCode::MultivaluedWithoutSet => &lint::MISSING_QUALIFIER,
        LintCode::NullOfBoth => &lint::NULL_OF_BOTH,
        LintCode::NullOfSet => &lint::NULL_WITH_QUALIFIER,
        LintCode::NullResource => &lint::NULL_RESOURCE,
        LintCode::PrefixWildcard => &lint::WILDCARD_IN_SERVICE_NAME,
        LintCode::PublicAllow => &lint::PUBLIC_ALLOW,
        LintCode::SetOfSingle => &lint::SET_OF_SINGLE,
        LintCode::ShortArn => &lint::MISSING_ARN_FIELD,
        LintCode::StarColonStar => &lint::STAR_COLON_STAR,
        // Rules of this crate report these, also in documents that do not parse.
        LintCode::BoolVariable
        | LintCode::EarlyVariable
        | LintCode::EmptyCondition
        | LintCode::EmptyValues
        | LintCode::LiteralVariable
        | LintCode::OldVersion
        | LintCode::RepeatedSid
        | LintCode::ServiceShortForm
        | LintCode::SidCharacters => return None,
        _ => return None,
    })
}
