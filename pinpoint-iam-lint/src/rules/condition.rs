//! Rules for condition operators and condition keys that need no catalog.

use pinpoint_iam_core::__private::{GLOBAL_KEYS, GlobalKey, Quoted, ValueType, nearest};
use pinpoint_iam_core::condition::{BaseOperator, SetOperator};
use pinpoint_iam_core::context::ConditionKey;
use pinpoint_iam_core::policy::PolicyKind;

use crate::catalog;
use crate::checker::Checker;
use crate::finding::Class;
use crate::read::{Condition, Statement};
use crate::sources::KeySources;

rules! {
    INVALID_CONDITION_KEY_FORMAT: "invalid-condition-key-format", Some("INVALID_CONDITION_KEY_FORMAT"), Error, IdentityManaged,
        "A condition key has a prefix, a colon and a name.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"SourceVpc": "vpc-0a1b2c3d"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}}"#);
    INVALID_GLOBAL_CONDITION_KEY: "invalid-global-condition-key", Some("INVALID_GLOBAL_CONDITION_KEY"), Error, IdentityManaged,
        "AWS has no global condition key with this name, so no request contains it.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipleAccount": "111122223333"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:principalaccount": "111122223333"}}"#);
    UNSUPPORTED_GLOBAL_CONDITION_KEY: "unsupported-global-condition-key", Some("UNSUPPORTED_GLOBAL_CONDITION_KEY"), Error, IdentityManaged,
        "`aws:ARN` was never supported: no request contains it.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ArnLike": {"aws:ARN": "arn:aws:iam::111122223333:role/app"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/app"}}"#);
    DEPRECATED_GLOBAL_CONDITION_KEY: "deprecated-global-condition-key", Some("DEPRECATED_GLOBAL_CONDITION_KEY"), Warning, Resource,
        "AWS has replaced the key. `aws:SourceOwner` became `aws:SourceAccount`, and `aws:ARN` became `aws:PrincipalArn` and `aws:SourceArn`.",
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": "arn:aws:sns:us-east-1:111122223333:t", "Condition": {"StringNotEquals": {"aws:SourceOwner": "111122223333"}}"#),
        statements!(r#""Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": "arn:aws:sns:us-east-1:111122223333:t", "Condition": {"StringNotEquals": {"aws:SourceAccount": "111122223333"}}"#);
    MISSING_TAG_KEY_IN_CONDITION: "missing-tag-key-in-condition", Some("MISSING_TAG_KEY_IN_CONDITION"), Error, IdentityManaged,
        "A condition key for the value of a tag contains the key of the tag after a slash.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag": "a"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "a"}}"#);
    MISSING_PAIRED_CONDITION_KEYS: "missing-paired-condition-keys", Some("MISSING_PAIRED_CONDITION_KEYS"), SecurityWarning, IdentityManaged,
        "Many networks use the same private addresses. `aws:VpcSourceIp` identifies a caller only together with the VPC or its endpoint.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"IpAddress": {"aws:VpcSourceIp": "10.1.0.0/16"}}"#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"IpAddress": {"aws:VpcSourceIp": "10.1.0.0/16"}, "StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}}"#);
    UNTRUSTWORTHY_CONDITION_KEY: "untrustworthy-condition-key", Some("UNTRUSTWORTHY_CONDITION_KEY"), SecurityWarning, IdentityManaged,
        "The caller chooses the value of this key, so a condition on it does not keep anyone out.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringLike": {"aws:Referer": "https://example.com/*"}}"#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringLike": {"aws:PrincipalTag/team": "a*"}}"#);
    DYNAMODB_ATTRIBUTES_WITHOUT_SELECT: "dynamodb-attributes-without-select", Some("DYNAMODB_ATTRIBUTES_WITHOUT_SELECT"), SecurityWarning, IdentityManaged,
        "A request that names no attributes returns all of them. A condition on `dynamodb:Attributes` needs one on `dynamodb:Select` (or `dynamodb:ReturnValues`), too.",
        statements!(r#""Effect": "Allow", "Action": "dynamodb:Query", "Resource": "arn:aws:dynamodb:us-east-1:111122223333:table/t", "Condition": {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id"]}}"#),
        statements!(r#""Effect": "Allow", "Action": "dynamodb:Query", "Resource": "arn:aws:dynamodb:us-east-1:111122223333:table/t", "Condition": {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id"]}, "StringEquals": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}}"#);
    S3_PREFIX_IN_NEGATIVE_CONTEXT: "s3-prefix-in-negative-context", Some("S3_PREFIX_IN_NEGATIVE_CONTEXT"), SecurityWarning, IdentityManaged,
        "A list of a bucket with a shorter prefix, or none, contains the same objects. Excluding some values of `s3:prefix` does not hide them.",
        statements!(r#""Effect": "Deny", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b", "Condition": {"StringLike": {"s3:prefix": "secret/*"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b", "Condition": {"StringNotLike": {"s3:prefix": "public/*"}}"#);
    DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE: "deny-notaction-with-unsupported-tag-condition-key-for-service", Some("DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"), SecurityWarning, IdentityManaged,
        "Requests for many actions do not have the tags of a resource. A `Deny` with `NotAction` and a condition on such a tag does not deny them.",
        statements!(r#""Effect": "Deny", "NotAction": "iam:GetRole", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/stage": "prod"}}"#),
        statements!(r#""Effect": "Deny", "Action": "ec2:TerminateInstances", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/stage": "prod"}}"#);
    ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE: "allow-notaction-with-unsupported-tag-condition-key-for-service", Some("ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"), Suggestion, IdentityManaged,
        "Requests for many actions do not have the tags of a resource. An `Allow` with `NotAction` and a condition on such a tag does not allow them.",
        statements!(r#""Effect": "Allow", "NotAction": "iam:*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/stage": "test"}}"#),
        statements!(r#""Effect": "Allow", "Action": "ec2:StartInstances", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/stage": "test"}}"#);
    STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS: "string-like-operator-with-arn-condition-keys", Some("STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS"), SecurityWarning, IdentityManaged,
        "A wildcard under `StringLike` also matches colons, so a pattern for one component of an ARN can match another. `ArnLike` compares component by component.",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}"#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}"#);
    SESSION_ARN: "session-arn", None, Warning, IdentityManaged,
        "For a role session, `aws:PrincipalArn` is the ARN of the role, never that of the session. If requests are denied or excluded by the comparison, this is a security warning.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:sts::111122223333:assumed-role/app/*"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/app"}}"#);
    CONTRADICTORY_NULL: "contradictory-null", None, Warning, IdentityManaged,
        "One condition requires that the key is absent, and another one that it has a value. They never hold together, so the statement has no effect. In a `Deny`, this is a security warning.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"aws:PrincipalTag/team": "true"}, "StringEquals": {"aws:PrincipalTag/team": "a"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"aws:PrincipalTag/team": "true"}, "StringNotEquals": {"aws:PrincipalTag/team": "a"}}"#);
    EQUIVALENT_TO_NULL_FALSE: "equivalent-to-null-false", Some("EQUIVALENT_TO_NULL_FALSE"), Suggestion, IdentityManaged,
        "`StringLike` with `*` holds for every request that has the key. `Null` with `false` expresses this.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {"aws:PrincipalTag/team": "*"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {"aws:PrincipalTag/team": "?*"}}"#);
    EQUIVALENT_TO_NULL_TRUE: "equivalent-to-null-true", Some("EQUIVALENT_TO_NULL_TRUE"), Suggestion, IdentityManaged,
        "`StringNotLike` with `*` holds only for requests without the key. `Null` with `true` expresses this.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotLike": {"aws:PrincipalTag/team": "*"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotLike": {"aws:PrincipalTag/team": "a*"}}"#);
    REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION: "redundant-key-due-to-wildcard-in-condition", Some("REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION"), Suggestion, IdentityManaged,
        "With `IfExists` or `ForAllValues`, a comparison with `*` holds for every request.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringLikeIfExists": {"aws:PrincipalTag/team": "*"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringLikeIfExists": {"aws:PrincipalTag/team": "a*"}}"#);
    REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION: "redundant-statement-due-to-wildcard-in-condition", Some("REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION"), Suggestion, IdentityManaged,
        "`ForAnyValue:StringNotLike` with `*` holds for no request, so the statement has no effect.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ForAnyValue:StringNotLike": {"aws:TagKeys": "*"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"ForAnyValue:StringNotLike": {"aws:TagKeys": "team*"}}"#);
    IRRELEVANT_CONDITION_KEY_IN_POLICY: "irrelevant-condition-key-in-policy", Some("IRRELEVANT_CONDITION_KEY_IN_POLICY"), Suggestion, ServiceControl,
        "The key always has the same value in requests that a policy of this kind applies to: the principal of a service control policy and the resource of a resource control policy belong to the organization.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:ResourceOrgID": "o-a1b2c3d4e5"}}"#);
}

/// Names that AWS has replaced, with the type of their values. They have rules of their own.
const REPLACED: [(&str, ValueType); 2] = [
    ("aws:ARN", ValueType::Arn),
    ("aws:SourceOwner", ValueType::Text),
];

/// The [global condition keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html)
/// of AWS. The name of a tag follows those that end with `/`.
pub fn global_condition_keys() -> impl Iterator<Item = &'static str> {
    GLOBAL_KEYS.iter().map(|key| key.name)
}

/// The type of a global key's values.
pub(crate) fn global_type(key: &str) -> Option<ValueType> {
    if let Some(global) = GlobalKey::of(&key.to_ascii_lowercase()) {
        return Some(global.value_type);
    }
    let mut replaced = REPLACED.iter();
    let found = replaced.find(|(name, _)| name.eq_ignore_ascii_case(key));
    found.map(|(_, value_type)| *value_type)
}

pub(super) fn apply(statement: &Statement<'_>, check: &mut Checker<'_>) {
    for condition in &statement.conditions {
        if !condition.key.text.contains("${") {
            key(condition, check);
        }
        untrustworthy(condition, check);
        session_arn(statement, condition, check);
        negative_prefix(statement, condition, check);
        arn_operator(statement, condition, check);
        only_wildcard(condition, check);
        irrelevant(condition, check);
    }
    pairs(statement, check);
    tags_and_not_action(statement, check);
    contradiction(statement, check);
}

fn key(condition: &Condition<'_>, check: &mut Checker<'_>) {
    let text = &*condition.key.text;
    let at = condition.key.at;
    let folded = text.to_ascii_lowercase();
    let Some((prefix, _)) = folded.split_once(':') else {
        let message = format!("the condition key {} has no prefix", Quoted(text));
        let known = global_condition_keys().filter_map(|name| name.strip_prefix("aws:"));
        let help = match nearest(text, known) {
            Some(near) => format!("did you mean `aws:{near}`?"),
            None => "write a global key such as `aws:SourceIp`, or the prefix of its service and a colon".to_owned(),
        };
        check.report(&INVALID_CONDITION_KEY_FORMAT, at, message, help);
        return;
    };
    let tags = ["aws:resourcetag", "aws:requesttag", "aws:principaltag"];
    let is_tag = |folded: &str| tags.contains(&folded.strip_suffix('/').unwrap_or(folded));
    if is_tag(&folded) {
        let name = text.strip_suffix('/').unwrap_or(text);
        check.report(
            &MISSING_TAG_KEY_IN_CONDITION,
            at,
            format!("the condition key {} does not name a tag", Quoted(text)),
            format!("write the key of the tag after a slash, as in `{name}/team`"),
        );
    } else if folded == "aws:arn" {
        let help = "use `aws:PrincipalArn` for the principal, or `aws:SourceArn` for the source of a service's request";
        check.report(
            &UNSUPPORTED_GLOBAL_CONDITION_KEY,
            at,
            "no request has the condition key `aws:ARN`",
            help,
        );
        check.report(
            &DEPRECATED_GLOBAL_CONDITION_KEY,
            at,
            "the condition key `aws:ARN` is deprecated",
            help,
        );
    } else if folded == "aws:sourceowner" {
        check.report(
            &DEPRECATED_GLOBAL_CONDITION_KEY,
            at,
            "the condition key `aws:SourceOwner` is deprecated",
            "use `aws:SourceAccount`",
        );
    } else if prefix == "aws" && global_type(text).is_none() && !is_defined(text, check) {
        let near = nearest(text, global_condition_keys());
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "use one of AWS's global condition keys".to_owned(),
        };
        let message = format!("unknown global condition key {}", Quoted(text));
        check.report(&INVALID_GLOBAL_CONDITION_KEY, at, message, help);
    }
}

/// Whether a catalog or the configuration defines the key.
fn is_defined(key: &str, check: &Checker<'_>) -> bool {
    let is_declared = |sources: &KeySources| sources.declares(&ConditionKey::new(key));
    catalog::checker(check.catalog).defines(key) || check.sources.is_some_and(is_declared)
}

fn untrustworthy(condition: &Condition<'_>, check: &mut Checker<'_>) {
    let is_chosen =
        ["aws:referer", "aws:useragent"].contains(&&*condition.key.text.to_ascii_lowercase());
    if is_chosen {
        check.report(
            &UNTRUSTWORTHY_CONDITION_KEY,
            condition.key.at,
            format!(
                "callers choose the value of {}",
                Quoted(&condition.key.text)
            ),
            "use a key that AWS determines, such as `aws:PrincipalArn` or `aws:SourceVpce`",
        );
    }
}

fn base(condition: &Condition<'_>) -> Option<BaseOperator> {
    condition.parsed.map(|operator| operator.base())
}

fn is_key(condition: &Condition<'_>, name: &str) -> bool {
    condition.key.text.eq_ignore_ascii_case(name)
}

fn session_arn(statement: &Statement<'_>, condition: &Condition<'_>, check: &mut Checker<'_>) {
    if !is_key(condition, "aws:PrincipalArn") {
        return;
    }
    let Some(base) = base(condition) else { return };
    let compares = base.as_str().starts_with("Arn") || base.as_str().starts_with("String");
    for value in condition.values.iter().filter(|_| compares) {
        let components: Vec<&str> = value.text.splitn(6, ':').collect();
        let is_session = matches!(components.as_slice(), &[_, _, "sts", _, _, resource] if resource.starts_with("assumed-role/"));
        if !is_session {
            continue;
        }
        // A comparison that never holds: a `Deny` denies nothing, and an exception excludes nothing.
        let is_hole = statement.denies() != base.is_negated();
        let class = if is_hole {
            Class::SecurityWarning
        } else {
            Class::Warning
        };
        check.report_as(
            &SESSION_ARN,
            class,
            value.at,
            format!(
                "`aws:PrincipalArn` is never the ARN of a session, such as {}",
                Quoted(&value.text)
            ),
            "write the ARN of the role, `arn:aws:iam::ACCOUNT:role/ROLE`, or compare `aws:userid`",
        );
    }
}

fn negative_prefix(statement: &Statement<'_>, condition: &Condition<'_>, check: &mut Checker<'_>) {
    let Some(base) = base(condition).filter(|_| is_key(condition, "s3:prefix")) else {
        return;
    };
    let excludes = statement.denies() != base.is_negated() && statement.effect.is_some();
    if excludes && base != BaseOperator::Null {
        check.report(
            &S3_PREFIX_IN_NEGATIVE_CONTEXT,
            condition.key.at,
            "a request with a shorter `s3:prefix` lists the same objects",
            "allow the prefixes that may be listed, and nothing else",
        );
    }
}

fn arn_operator(statement: &Statement<'_>, condition: &Condition<'_>, check: &mut Checker<'_>) {
    let is_like = matches!(
        base(condition),
        Some(BaseOperator::StringLike | BaseOperator::StringNotLike)
    );
    let is_arn = global_type(&condition.key.text) == Some(ValueType::Arn);
    let has_wildcards = condition
        .values
        .iter()
        .any(|value| crate::glob::has_wildcard(&value.text) && value.text != "*");
    let is_negated = base(condition).is_some_and(BaseOperator::is_negated);
    // A wildcard that matches more is harmless in a `Deny`, unless it makes an exception larger.
    let widens = statement.allows() != is_negated;
    if is_like && is_arn && has_wildcards && widens {
        let operator = condition.operator.text.replace("String", "Arn");
        let fix = check.string_fix(condition.operator.at, &operator);
        check
            .report(
                &STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS,
                condition.operator.at,
                format!(
                    "a wildcard under {} also matches colons of {}",
                    Quoted(&condition.operator.text),
                    Quoted(&condition.key.text)
                ),
                format!("write {}", Quoted(&operator)),
            )
            .fix = fix;
    }
}

fn only_wildcard(condition: &Condition<'_>, check: &mut Checker<'_>) {
    let Some(operator) = condition.parsed else {
        return;
    };
    let is_negated = match operator.base() {
        BaseOperator::StringLike => false,
        BaseOperator::StringNotLike => true,
        _ => return,
    };
    let all = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte == b'*');
    let Some(value) = condition.values.iter().find(|value| all(&value.text)) else {
        return;
    };
    let key = Quoted(&condition.key.text);
    let null = |value: &str| {
        let condition = format!("\"Null\": {{\"{}\": \"{value}\"}}", condition.key.text);
        format!("write {} instead", Quoted(&condition))
    };
    let (rule, message, help) = match (operator.set(), operator.if_exists(), is_negated) {
        (None, false, false) | (Some(SetOperator::ForAnyValue), _, false) => (
            &EQUIVALENT_TO_NULL_FALSE,
            format!("the condition holds for every request that has {key}"),
            null("false"),
        ),
        (None, _, true) | (Some(SetOperator::ForAllValues), _, true) => (
            &EQUIVALENT_TO_NULL_TRUE,
            format!("the condition holds only for requests without {key}"),
            null("true"),
        ),
        (None, true, false) | (Some(SetOperator::ForAllValues), _, false) => (
            &REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION,
            format!("the condition on {key} holds for every request"),
            "remove it".to_owned(),
        ),
        (Some(SetOperator::ForAnyValue), _, true) => (
            &REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION,
            format!("the condition on {key} holds for no request, so the statement has no effect"),
            "change the value, or remove the statement".to_owned(),
        ),
    };
    check.report(rule, value.at, message, help);
}

fn irrelevant(condition: &Condition<'_>, check: &mut Checker<'_>) {
    let key = condition.key.text.to_ascii_lowercase();
    let (is_irrelevant, what, other) = match check.kind {
        PolicyKind::ServiceControl => (
            key == "aws:principalorgid",
            "principals",
            "aws:ResourceOrgID",
        ),
        PolicyKind::ResourceControl => (
            key == "aws:resourceorgid",
            "resources",
            "aws:PrincipalOrgID",
        ),
        _ => return,
    };
    if is_irrelevant {
        check.report(
            &IRRELEVANT_CONDITION_KEY_IN_POLICY,
            condition.key.at,
            format!(
                "the policy applies only to {what} of the organization, so {} is always the same",
                Quoted(&condition.key.text)
            ),
            format!("remove the condition, or use `{other}`"),
        );
    }
}

fn pairs(statement: &Statement<'_>, check: &mut Checker<'_>) {
    for (name, others, rule, help) in [
        (
            "aws:VpcSourceIp",
            ["aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn"].as_slice(),
            &MISSING_PAIRED_CONDITION_KEYS,
            "add a condition on `aws:SourceVpc` or `aws:SourceVpce`",
        ),
        (
            "dynamodb:Attributes",
            ["dynamodb:Select", "dynamodb:ReturnValues"].as_slice(),
            &DYNAMODB_ATTRIBUTES_WITHOUT_SELECT,
            "add a condition on `dynamodb:Select` with `SPECIFIC_ATTRIBUTES`",
        ),
    ] {
        let condition = statement
            .conditions
            .iter()
            .find(|condition| is_key(condition, name));
        if let Some(condition) = condition.filter(|_| !statement.has_key(others)) {
            let message = format!("`{name}` alone does not restrict requests");
            check.report(rule, condition.key.at, message, help);
        }
    }
}

fn tags_and_not_action(statement: &Statement<'_>, check: &mut Checker<'_>) {
    let is_negated = statement
        .action
        .as_ref()
        .is_some_and(|element| element.is_negated);
    let tag = statement.conditions.iter().find(|condition| {
        let key = condition.key.text.to_ascii_lowercase();
        key.starts_with("aws:resourcetag/")
    });
    let Some(condition) = tag.filter(|_| is_negated) else {
        return;
    };
    let (rule, verb) = match statement.denies() {
        true => (
            &DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE,
            "denied",
        ),
        false => (
            &ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE,
            "allowed",
        ),
    };
    check.report(
        rule,
        condition.key.at,
        format!(
            "requests without {} are not {verb}, and many actions never have it",
            Quoted(&condition.key.text)
        ),
        "list the actions that support the key in `Action`",
    );
}

fn contradiction(statement: &Statement<'_>, check: &mut Checker<'_>) {
    let conditions = &statement.conditions;
    let requires_absence = |condition: &&Condition<'_>| {
        base(condition) == Some(BaseOperator::Null)
            && condition
                .parsed
                .is_some_and(|operator| operator.set().is_none())
            && !condition.values.is_empty()
            && condition
                .values
                .iter()
                .all(|value| value.text.eq_ignore_ascii_case("true"))
    };
    for absent in conditions.iter().filter(requires_absence) {
        let present = conditions.iter().find(|condition| {
            let needs_value = condition.parsed.is_some_and(|operator| {
                operator.base() != BaseOperator::Null
                    && match operator.set() {
                        Some(SetOperator::ForAnyValue) => true,
                        Some(SetOperator::ForAllValues) => false,
                        None => !operator.base().is_negated() && !operator.if_exists(),
                    }
            });
            needs_value && condition.key.text.eq_ignore_ascii_case(&absent.key.text)
        });
        let Some(present) = present else { continue };
        let class = if statement.denies() {
            Class::SecurityWarning
        } else {
            Class::Warning
        };
        let other = check.related(absent.key.at, "requires that the key is absent");
        check
            .report_as(
                &CONTRADICTORY_NULL,
                class,
                present.key.at,
                format!(
                    "{} must be absent and have a value, so the statement has no effect",
                    Quoted(&present.key.text)
                ),
                "remove one of the conditions",
            )
            .related
            .push(other);
    }
}
