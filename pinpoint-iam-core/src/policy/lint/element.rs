//! Lints on documents, and on the principals, actions and resources of statements.

use memchr::{memchr, memchr2};

use super::{Finding, LintCode, Report, why_no_variables};
use crate::effect::Effect;
use crate::pattern::BorrowedPattern;
use crate::policy::action::ActionPattern;
use crate::policy::document::Document;
use crate::policy::resource::ResourceElement;
use crate::policy::resource_pattern::ResourcePattern;
use crate::policy::sid;
use crate::policy::statement::Statement;
use crate::position::Position;
use crate::quoted::Quoted;

type ActionRule = fn(&Statement, &ActionPattern) -> Option<Finding>;
type ResourceRule = fn(&Document, &ResourcePattern) -> Option<Finding>;

const ACTION_RULES: &[(LintCode, ActionRule)] = &[
    (LintCode::PrefixWildcard, prefix_wildcard),
    (LintCode::StarColonStar, star_colon_star),
];

const RESOURCE_RULES: &[(LintCode, ResourceRule)] = &[
    (LintCode::AnyArn, any_arn),
    (LintCode::EarlyVariable, early_variable),
    (LintCode::LeadingSlash, leading_slash),
    (LintCode::LiteralVariable, literal_variable),
    (LintCode::ServiceShortForm, service_short_form),
    (LintCode::ShortArn, short_arn),
];

/// Applies the rules to everything except conditions.
pub(super) fn examine(document: &Document, report: &mut Report<'_>) {
    if let Some((_, place)) = &document.id {
        report(place.0, LintCode::DocumentId, document_id(document));
    }
    let version = document
        .version
        .map_or(Position::START, |(_, place)| place.0);
    report(version, LintCode::OldVersion, old_version(document));
    for (sid, place) in sid::repeated(document) {
        report(place.0, LintCode::RepeatedSid, repeated_sid(sid));
    }
    for statement in document.statements() {
        if let Some((sid, place)) = &statement.sid {
            report(
                place.0,
                LintCode::SidCharacters,
                sid_characters(document, sid),
            );
        }
        if let Some(principal) = statement.principal() {
            let finding = public_allow(statement);
            report(principal.position(), LintCode::PublicAllow, finding);
            let finding = allow_not_principal(statement);
            report(principal.position(), LintCode::AllowNotPrincipal, finding);
        }
        let action = statement.action();
        let finding = allow_not_action(statement);
        report(action.position(), LintCode::AllowNotAction, finding);
        for pattern in action.patterns() {
            for (code, rule) in ACTION_RULES {
                report(pattern.position(), *code, rule(statement, pattern));
            }
        }
        let Some(resource) = statement.resource() else {
            continue;
        };
        let finding = allow_not_resource(statement);
        report(resource.position(), LintCode::AllowNotResource, finding);
        for (_, place) in resource.values.nulls() {
            report(place.0, LintCode::NullResource, null_resource(resource));
        }
        for pattern in resource.patterns() {
            for (code, rule) in RESOURCE_RULES {
                report(pattern.position(), *code, rule(document, pattern));
            }
        }
    }
}

/// The kind of the policy is unknown, but only resource-based policies have principals.
fn document_id(document: &Document) -> Option<Finding> {
    (!has_principals(document)).then(|| {
        Finding::new(
            "the document has an `Id` but no principals",
            "remove it; according to AWS's documentation, identity-based policies have no `Id`",
        )
    })
}

fn has_principals(document: &Document) -> bool {
    let mut statements = document.statements().iter();
    statements.any(|statement| statement.principal().is_some())
}

fn old_version(document: &Document) -> Option<Finding> {
    let why = why_no_variables(document)?;
    Some(Finding::new(
        format!("{why}, so the document has no policy variables"),
        "write `\"Version\": \"2012-10-17\"`, unless `${` is meant as plain text",
    ))
}

fn repeated_sid(sid: &str) -> Option<Finding> {
    Some(Finding::new(
        format!("two statements have the `Sid` {}", Quoted(sid)),
        "use a different name for each statement; IAM and AWS Organizations reject the document, and explanations cannot distinguish the two",
    ))
}

fn sid_characters(document: &Document, sid: &str) -> Option<Finding> {
    let is_unusual = !sid::is_plain(sid) && !has_principals(document);
    is_unusual.then(|| {
        Finding::new(
            format!(
                "the `Sid` {} contains characters other than letters and digits",
                Quoted(sid)
            ),
            "use ASCII letters and digits; IAM rejects other characters in policies of users, groups and roles",
        )
    })
}

fn allow_not_principal(statement: &Statement) -> Option<Finding> {
    let is_unsupported = statement.effect() == Effect::Allow && statement.principal()?.is_negated();
    is_unsupported.then(|| {
        Finding::new(
            "`NotPrincipal` with `\"Effect\": \"Allow\"` allows nothing, because AWS does not support it",
            "list the allowed principals in `Principal`",
        )
    })
}

fn public_allow(statement: &Statement) -> Option<Finding> {
    let principal = statement.principal()?;
    let is_public = statement.effect() == Effect::Allow
        && principal.is_everyone()
        && !principal.is_negated()
        && statement.conditions().is_empty();
    is_public.then(|| {
        Finding::new(
            "the statement allows everyone, anonymous callers included",
            "list principals, or add a condition on a key such as `aws:PrincipalOrgID`",
        )
    })
}

fn allow_not_action(statement: &Statement) -> Option<Finding> {
    let grants_the_rest = statement.effect() == Effect::Allow && statement.action().is_negated();
    grants_the_rest.then(|| {
        Finding::new(
            "the statement allows every action of every service except those in `NotAction`",
            "list the allowed actions in `Action`",
        )
    })
}

fn allow_not_resource(statement: &Statement) -> Option<Finding> {
    let grants_the_rest = statement.effect() == Effect::Allow && statement.resource()?.is_negated();
    grants_the_rest.then(|| {
        Finding::new(
            "the statement allows every resource except those in `NotResource`",
            "list the allowed resources in `Resource`",
        )
    })
}

fn prefix_wildcard(statement: &Statement, pattern: &ActionPattern) -> Option<Finding> {
    let prefix = pattern.prefix()?;
    if pattern.is_everything() || memchr2(b'*', b'?', prefix.as_bytes()).is_none() {
        return None;
    }
    let is_honoured = (statement.effect() == Effect::Deny) != statement.action().is_negated();
    Some(Finding::new(
        format!(
            "the action {} has a wildcard in its service prefix, and {}",
            Quoted(pattern.as_str()),
            if is_honoured {
                "matches these services, because this makes the policy stricter"
            } else {
                "matches nothing, because a match would make the policy less strict"
            }
        ),
        "list the services, or write `*`; AWS rejects the wildcard",
    ))
}

fn star_colon_star(_: &Statement, pattern: &ActionPattern) -> Option<Finding> {
    let is_spelled_out = pattern.is_everything() && pattern.prefix().is_some();
    is_spelled_out.then(|| {
        Finding::new(
            format!(
                "the action {} is read as `*`, which AWS does not document",
                Quoted(pattern.as_str())
            ),
            "write `*`",
        )
    })
}

fn null_resource(resource: &ResourceElement) -> Option<Finding> {
    Some(Finding::new(
        format!("a `null` in `{}` is skipped", resource.name()),
        "write the resource that is meant, or remove the `null`",
    ))
}

fn any_arn(_: &Document, pattern: &ResourcePattern) -> Option<Finding> {
    covers_every_arn(pattern).then(|| {
        Finding::new(
            format!("the resource {} covers every ARN", Quoted(pattern.as_str())),
            "name the service, or write `*`, which also covers actions that act on no single resource",
        )
    })
}

fn short_arn(_: &Document, pattern: &ResourcePattern) -> Option<Finding> {
    // A pattern with all components has a last one.
    if resource_part(pattern).is_some() {
        return None;
    }
    let components = pattern.components().count();
    let is_short = (1..COMPONENTS).contains(&components);
    // Both of these lints are more specific about the same pattern.
    if !is_short || covers_every_arn(pattern) || has_early_variable(pattern) {
        return None;
    }
    let readings: Vec<String> = readings(pattern)
        .iter()
        .map(|reading| Quoted(reading).to_string())
        .collect();
    Some(Finding::new(
        format!(
            "the resource {} has {} of the 6 components of an ARN, and is read as {}",
            Quoted(pattern.as_str()),
            components + 1,
            readings.join(" and as ")
        ),
        "write all six components",
    ))
}

fn service_short_form(_: &Document, pattern: &ResourcePattern) -> Option<Finding> {
    pattern.is_left_to_its_service().then(|| {
        Finding::new(
            format!(
                "the resource {} is not an ARN, and only the service that stores the policy can complete it: \
                 it matches in a `Deny` and not in an `Allow`",
                Quoted(pattern.as_str())
            ),
            "write the ARN that the service returns for the stored policy",
        )
    })
}

fn early_variable(_: &Document, pattern: &ResourcePattern) -> Option<Finding> {
    has_early_variable(pattern).then(|| {
        Finding::new(
            format!(
                "the resource {} has a `${{` before its fifth colon, where it is plain text",
                Quoted(pattern.as_str())
            ),
            "write `*` here, and compare the variable in a condition",
        )
    })
}

fn literal_variable(document: &Document, pattern: &ResourcePattern) -> Option<Finding> {
    let why = why_no_variables(document)?;
    let is_meant = resource_part(pattern)?.contains("${");
    is_meant.then(|| {
        Finding::new(
            format!(
                "the `${{` in the resource {} is plain text, because {why}",
                Quoted(pattern.as_str())
            ),
            "write `\"Version\": \"2012-10-17\"` if it is a variable",
        )
    })
}

/// Services whose resources never start with a slash. Those of some other services do, for example `apigateway`.
///
/// Lints see one document and no catalog. For other services, `include_policy!` compares documents with the catalogs.
const WITHOUT_LEADING_SLASH: [&str; 2] = ["mobiletargeting", "mobileanalytics"];

fn leading_slash(_: &Document, pattern: &ResourcePattern) -> Option<Finding> {
    let name = resource_part(pattern)?.strip_prefix('/')?;
    let service = pattern.components().nth(1)?.as_str();
    WITHOUT_LEADING_SLASH.contains(&service).then(|| {
        Finding::new(
            format!(
                "the resource {} has a `/` after its fifth colon, but no resource of `{service}` starts with one",
                Quoted(pattern.as_str())
            ),
            format!("write {} after the colon", Quoted(name)),
        )
    })
}

/// The number of components of an ARN after `arn`.
const COMPONENTS: usize = 5;

fn resource_part(pattern: &ResourcePattern) -> Option<&str> {
    pattern.split_at_last().map(|(_, last)| last)
}

fn covers_every_arn(pattern: &ResourcePattern) -> bool {
    let is_all_stars = |component: BorrowedPattern<'_>| {
        let text = component.as_str();
        !text.is_empty() && text.bytes().all(|byte| byte == b'*')
    };
    !pattern.is_everything()
        && !pattern.is_left_to_its_service()
        && pattern.components().all(is_all_stars)
}

fn has_early_variable(pattern: &ResourcePattern) -> bool {
    // Finding one byte in the whole text is cheaper than taking it apart, and few patterns have variables.
    memchr(b'$', pattern.as_str().as_bytes()).is_some()
        && pattern
            .components()
            .take(COMPONENTS - 1)
            .any(|component| component.as_str().contains("${"))
}

/// The ARNs with six components that a short ARN can be read as, see [`ResourcePattern::matches`].
fn readings(short: &ResourcePattern) -> Vec<String> {
    let components: Vec<&str> = short.components().map(BorrowedPattern::as_str).collect();
    let missing = vec!["*"; COMPONENTS.saturating_sub(components.len())];
    let mut readings = Vec::new();
    for split in (1..=components.len()).rev() {
        let (front, back) = components.split_at(split);
        let may_be_split = back.is_empty() || front.last().is_some_and(|last| last.ends_with('*'));
        let reading = [&["arn"], front, &missing, back].concat().join(":");
        if may_be_split && !readings.contains(&reading) {
            readings.push(reading);
        }
    }
    readings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arn::Arn;
    use crate::context::Context;
    use crate::pattern::Match;
    use crate::resource::RequestedResource;

    fn pattern(text: &str) -> ResourcePattern {
        let document = format!(
            r#"{{"Statement": {{"Effect": "Deny", "Action": "*", "Resource": "{text}"}}}}"#
        );
        let document = Document::parse(&document).unwrap();
        document.statements()[0].resource().unwrap().patterns()[0].clone()
    }

    fn matches(pattern: &ResourcePattern, arn: &str) -> bool {
        let resource = RequestedResource::Arn(Arn::parse(arn).unwrap());
        pattern.matches(&resource, &Context::new()) == Match::Yes
    }

    /// Messages show these readings; matching must agree with them.
    #[test]
    fn readings_match_what_the_short_arn_matches() {
        let words = ["aws", "s3", "*", "a*"];
        let mut arns = Vec::new();
        for partition in ["aws", "a"] {
            for service in ["s3", "aws"] {
                for rest in ["::", "s3:aws:", "aws:a:s3", "a:s3:aws:s3"] {
                    let arn = format!("arn:{partition}:{service}:{rest}");
                    if Arn::parse(&arn).is_ok() {
                        arns.push(arn);
                    }
                }
            }
        }
        let mut shorts: Vec<String> = vec!["arn".to_owned()];
        for _ in 1..COMPONENTS {
            let longer: Vec<String> = shorts
                .iter()
                .flat_map(|short| words.map(|word| format!("{short}:{word}")))
                .collect();
            for short in &longer {
                let short = pattern(short);
                let readings: Vec<ResourcePattern> =
                    readings(&short).iter().map(|text| pattern(text)).collect();
                for arn in &arns {
                    let read = readings.iter().any(|reading| matches(reading, arn));
                    assert_eq!(matches(&short, arn), read, "{short} {arn}");
                }
            }
            shorts = longer;
        }
        assert!(arns.len() > 8);
    }
}
