//! Rules that compare a document with the catalogs of its services.

use pinpoint_iam_catalog::{Action, LifecycleState, Service};
use pinpoint_iam_core::__private::{Quoted, nearest};
use pinpoint_iam_core::catalog::{ActionEntry, ServiceCatalog};
use pinpoint_iam_core::condition::{BaseOperator, SetOperator};
use pinpoint_iam_core::context::TagKey;
use pinpoint_iam_core::policy::{Document, Effect, Statement};

use crate::catalog::{self, ParsedChecker};
use crate::checker::Checker;
use crate::glob::has_wildcard;

rules! {
    INVALID_ACTION: "invalid-action", Some("INVALID_ACTION"), Error, IdentityManaged,
        "The catalog of the service has no such action, so the entry matches nothing.",
        statements!(r#""Effect": "Allow", "Action": "mobiletargeting:GetCampagin", "Resource": "*""#),
        statements!(r#""Effect": "Allow", "Action": "mobiletargeting:GetSegment", "Resource": "*""#);
    UNMATCHED_WILDCARD: "unmatched-wildcard", Some("INVALID_ACTION"), Error, IdentityManaged,
        "The pattern matches no action in the catalog of the service, so the entry has no effect.",
        statements!(r#""Effect": "Deny", "Action": "mobiletargeting:Purge*", "Resource": "*""#),
        statements!(r#""Effect": "Deny", "Action": "mobiletargeting:Delete*", "Resource": "*""#);
    INVALID_ARN_RESOURCE: "invalid-arn-resource", Some("INVALID_ARN_RESOURCE"), Error, IdentityManaged,
        "No action of the statement acts on such a resource, according to the catalog.",
        statements!(r#""Effect": "Deny", "Action": "mobiletargeting:DeleteApp", "Resource": "arn:aws:mobiletargeting:us-east-1:111122223333:app/a1""#),
        statements!(r#""Effect": "Deny", "Action": "mobiletargeting:DeleteApp", "Resource": "arn:aws:mobiletargeting:us-east-1:111122223333:apps/a1""#);
    INVALID_SERVICE_CONDITION_KEY: "invalid-service-condition-key", Some("INVALID_SERVICE_CONDITION_KEY"), Error, IdentityManaged,
        "The key has the prefix of a service whose catalog does not define it, so no request contains it.",
        statements!(r#""Effect": "Deny", "Action": "mobiletargeting:*", "Resource": "*", "Condition": {"StringEquals": {"mobiletargeting:Team": "a"}}"#),
        statements!(r#""Effect": "Deny", "Action": "mobiletargeting:*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "a"}}"#);
    SIMILAR_SERVICE: "similar-service", Some("INVALID_SERVICE_IN_ACTION"), Warning, IdentityManaged,
        "No catalog has this service, but one has a similar name. Another service may have this name, so this is not an error.",
        statements!(r#""Effect": "Deny", "Action": "mobiletargetting:DeleteApp", "Resource": "*""#),
        statements!(r#""Effect": "Deny", "Action": "iotanalytics:DeleteChannel", "Resource": "*""#);
    ENDED_ACTION: "ended-action", None, Suggestion, IdentityManaged,
        "AWS has ended the API of the action, so AWS no longer performs it. A service of your own may still perform it.",
        statements!(r#""Effect": "Allow", "Action": "mobileanalytics:PutEvents", "Resource": "*""#),
        statements!(r#""Effect": "Deny", "Action": "mobileanalytics:PutEvents", "Resource": "*""#);
    KEY_NEVER_PRESENT: "key-never-present", Some("UNSUPPORTED_ACTION_FOR_CONDITION_KEY"), Error, IdentityManaged,
        "No request for the statement's actions contains the condition key, so the condition never holds, or always: a `Deny` may deny nothing, which is an error. In an `Allow`, this is a warning.",
        statements!(r#""Effect": "Deny", "Action": "mobiletargeting:GetApp", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestTag/team": "a"}}"#),
        statements!(r#""Effect": "Deny", "Action": "mobiletargeting:CreateApp", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestTag/team": "a"}}"#);
    DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE: "deny-with-unsupported-tag-condition-key-for-service", Some("DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"), SecurityWarning, IdentityManaged,
        "Requests for some of the actions do not have the tags of a resource, so the statement does not deny them.",
        statements!(r#""Effect": "Deny", "Action": ["mobiletargeting:DeleteCampaign", "mobiletargeting:DeleteEventStream"], "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/stage": "prod"}}"#),
        statements!(r#""Effect": "Deny", "Action": "mobiletargeting:DeleteCampaign", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/stage": "prod"}}"#);
    ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE: "allow-with-unsupported-tag-condition-key-for-service", Some("ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"), Suggestion, IdentityManaged,
        "Requests for some of the actions do not have the tags of a resource, so the statement does not allow them.",
        statements!(r#""Effect": "Allow", "Action": ["mobiletargeting:GetCampaign", "mobiletargeting:GetEventStream"], "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/stage": "test"}}"#),
        statements!(r#""Effect": "Allow", "Action": "mobiletargeting:GetCampaign", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/stage": "test"}}"#);
    MISSING_DEPENDENT_ACTION: "missing-dependent-action", None, Suggestion, IdentityManaged,
        "The caller of the action also needs another one, which no statement of the document allows. Another policy may allow it.",
        statements!(r#""Effect": "Allow", "Action": "mobiletargeting:CreateExportJob", "Resource": "*""#),
        statements!(
            r#""Effect": "Allow", "Action": "mobiletargeting:CreateExportJob", "Resource": "*""#,
            r#""Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/export""#
        );
    ACTION_CASE: "action-case", None, Suggestion, IdentityManaged,
        "The case of an action does not matter, but a search for the name in AWS's spelling does not find it.",
        statements!(r#""Effect": "Deny", "Action": "mobiletargeting:getcampaign", "Resource": "*""#),
        statements!(r#""Effect": "Deny", "Action": "mobiletargeting:GetCampaign", "Resource": "*""#);
}

pub(crate) fn apply(document: &Document, check: &mut Checker<'_>) {
    let catalogs = catalog::checker(check.catalog);
    for statement in document.statements() {
        ended_actions(statement, check);
        spelling(statement, check);
        similar_services(statement, check);
        resource_tags(statement, &catalogs, check);
        dependent_actions(document, statement, check);
    }
}

/// The service and the actions of the catalog that an entry matches.
fn matched<'c>(entry: &str, check: &Checker<'c>) -> Option<(&'c Service, Vec<&'c Action>)> {
    let (prefix, name) = entry.split_once(':')?;
    let mut services = check.catalog.services().iter();
    let service = services.find(|service| service.prefix.eq_ignore_ascii_case(prefix))?;
    let actions: Vec<&Action> = service.actions_matching(name).collect();
    (!actions.is_empty()).then_some((service, actions))
}

fn ended_actions(statement: &Statement, check: &mut Checker<'_>) {
    if statement.effect() == Effect::Deny || statement.action().is_negated() {
        return;
    }
    for pattern in statement.action().patterns() {
        let Some((_, actions)) = matched(pattern.as_str(), check) else {
            continue;
        };
        if !actions
            .iter()
            .all(|action| action.lifecycle.state == LifecycleState::Ended)
        {
            continue;
        }
        let last = actions
            .iter()
            .filter_map(|action| action.lifecycle.ended.as_deref())
            .max();
        let when = last.map_or("has ended".to_owned(), |day| format!("ended on {day}"));
        let at = check.offset(pattern.position());
        check.report(
            &ENDED_ACTION,
            at,
            format!(
                "{} belongs to an API that AWS {when}",
                Quoted(pattern.as_str())
            ),
            "remove it, unless a service of your own has this API",
        );
    }
}

fn spelling(statement: &Statement, check: &mut Checker<'_>) {
    for pattern in statement.action().patterns() {
        let text = pattern.as_str();
        if has_wildcard(text) {
            continue;
        }
        let Some((service, actions)) = matched(text, check) else {
            continue;
        };
        let [action] = actions.as_slice() else {
            continue;
        };
        let name = format!("{}:{}", service.prefix, action.name);
        if name != text {
            let at = check.offset(pattern.position());
            let fix = check.string_fix(at, &name);
            let message = format!(
                "{} is spelled {} in the catalog",
                Quoted(text),
                Quoted(&name)
            );
            check
                .report(
                    &ACTION_CASE,
                    at,
                    message,
                    format!("write {}", Quoted(&name)),
                )
                .fix = fix;
        }
    }
}

/// Services that no catalog has, and whose names differ from those of a catalog by one or two letters.
fn similar_services(statement: &Statement, check: &mut Checker<'_>) {
    const SHORTEST: usize = 6;
    let catalog = check.catalog;
    for pattern in statement.action().patterns() {
        let Some(prefix) = pattern.prefix().filter(|prefix| !has_wildcard(prefix)) else {
            continue;
        };
        let prefix = prefix.to_ascii_lowercase();
        let names = catalog
            .services()
            .iter()
            .map(|service| service.prefix.as_str());
        if prefix.len() < SHORTEST || names.clone().any(|name| name == prefix) {
            continue;
        }
        // Short names, and those with another start, usually belong to other services: `sns` and `sqs`.
        let near = nearest(&prefix, names).filter(|name| {
            name.len() >= SHORTEST
                && name.len().abs_diff(prefix.len()) <= 2
                && name.get(..1) == prefix.get(..1)
        });
        if let Some(near) = near {
            let at = check.offset(pattern.position());
            let name = pattern
                .as_str()
                .split_once(':')
                .map_or("", |(_, name)| name);
            let suggestion = format!("{near}:{name}");
            let fix = check.string_fix(at, &suggestion);
            let message = format!("no catalog has the service {}", Quoted(&prefix));
            let help = format!("did you mean {}?", Quoted(&suggestion));
            check.report(&SIMILAR_SERVICE, at, message, help).fix = fix;
        }
    }
}

/// The tags of resources that requests for some of the statement's actions do not have.
fn resource_tags(statement: &Statement, catalogs: &ParsedChecker<'_>, check: &mut Checker<'_>) {
    let covered = catalogs.covered(statement);
    if covered.others() || covered.is_empty() {
        return;
    }
    let conditions = statement
        .conditions()
        .iter()
        .zip(statement.condition_positions());
    for (condition, position) in conditions {
        let key = condition.key().as_str();
        // The comparison must fail for requests without the key.
        let operator = condition.operator();
        let needs_key = match (operator.base(), operator.set()) {
            (BaseOperator::Null, _) | (_, Some(SetOperator::ForAllValues)) => false,
            (_, Some(SetOperator::ForAnyValue)) => true,
            (base, None) => !base.is_negated() && !operator.if_exists(),
        };
        if TagKey::of(key) != Some(TagKey::Resource) || !needs_key || !catalogs.defines(key) {
            continue;
        }
        let unsupported: Vec<String> = covered
            .actions()
            .filter(|known| !known.can_have(key))
            .map(|known| format!("{}:{}", known.service.prefix(), known.action.name()))
            .collect();
        let Some(first) = unsupported.first() else {
            continue;
        };
        let (rule, verb) = match statement.effect() {
            Effect::Deny => (&DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE, "deny"),
            Effect::Allow => (
                &ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE,
                "allow",
            ),
        };
        let others = match unsupported.len() {
            1 => String::new(),
            number => format!(" and {} others", number - 1),
        };
        let at = check.offset(position);
        let shown = Quoted(key);
        check.report(
            rule,
            at,
            format!("requests for `{first}`{others} never have {shown}, so the statement does not {verb} them"),
            "move these actions to a statement without the condition",
        );
    }
}

fn dependent_actions(document: &Document, statement: &Statement, check: &mut Checker<'_>) {
    if statement.effect() == Effect::Deny || statement.action().is_negated() {
        return;
    }
    for pattern in statement.action().patterns() {
        if has_wildcard(pattern.as_str()) {
            continue;
        }
        let Some((_, actions)) = matched(pattern.as_str(), check) else {
            continue;
        };
        for dependent in actions.iter().flat_map(|action| &action.dependent_actions) {
            let Some((prefix, name)) = dependent.action.split_once(':') else {
                continue;
            };
            let is_allowed = document.statements().iter().any(|other| {
                let element = other.action();
                let mut patterns = element.patterns().iter();
                let is_listed = patterns.any(|pattern| pattern.matches(prefix, name, Effect::Deny));
                other.effect() == Effect::Allow && is_listed != element.is_negated()
            });
            if !is_allowed {
                let at = check.offset(pattern.position());
                check.report(
                    &MISSING_DEPENDENT_ACTION,
                    at,
                    format!(
                        "{} also needs `{}`: {}",
                        Quoted(pattern.as_str()),
                        dependent.action,
                        dependent.when
                    ),
                    format!("allow `{}`, here or in another policy", dependent.action),
                );
            }
        }
    }
}
