//! Rules for the values of conditions.

use pinpoint_iam_core::__private::{Quoted, ValueType, nearest};
use pinpoint_iam_core::condition::{BaseOperator, ConditionValue};
use pinpoint_iam_core::json::Type;
use pinpoint_iam_core::policy::Version;

use super::condition::global_type;
use super::resource::{REGIONS, is_region};
use crate::checker::Checker;
use crate::glob::has_wildcard;
use crate::read::{Condition, Policy, Statement, Value};

rules! {
    INVALID_CONDITION_DATA_TYPE: "invalid-condition-data-type", Some("INVALID_CONDITION_DATA_TYPE"), Error, IdentityManaged,
        "The values of one condition key have the same JSON type.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["a", true]}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["a", "true"]}}"#);
    INVALID_CONDITION_MULTIPLE_BOOLEAN: "invalid-condition-multiple-boolean", Some("INVALID_CONDITION_MULTIPLE_BOOLEAN"), Error, IdentityManaged,
        "A Boolean key is compared with one value. With both, the condition always holds.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": ["true", "false"]}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": ["false"]}}"#);
    INVALID_VARIABLE_FOR_OPERATOR: "invalid-variable-for-operator", Some("INVALID_VARIABLE_FOR_OPERATOR"), Error, IdentityManaged,
        "Only string and ARN operators have policy variables.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "${aws:PrincipalTag/secure}"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "${aws:ResourceTag/team}"}}"#);
    TYPE_MISMATCH: "type-mismatch", Some("TYPE_MISMATCH"), Warning, IdentityManaged,
        "The operator is for another type than that of the key's values.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"NumericEquals": {"aws:SourceIp": "10"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}"#);
    TYPE_MISMATCH_BOOLEAN: "type-mismatch-boolean", Some("TYPE_MISMATCH_BOOLEAN"), Warning, IdentityManaged,
        "The value of a Boolean operator is `true` or `false`.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "no"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": false}}"#);
    TYPE_MISMATCH_DATE: "type-mismatch-date", Some("TYPE_MISMATCH_DATE"), Warning, IdentityManaged,
        "The value of a date operator is a date in the form of ISO 8601.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"DateGreaterThan": {"aws:CurrentTime": "tomorrow"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}"#);
    INVALID_DATE_VALUE: "invalid-date-value", Some("INVALID_DATE_VALUE"), Warning, IdentityManaged,
        "A date as seconds since 1970 is hard to read, and a number with four digits is a year. AWS recommends the form of ISO 8601.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"DateGreaterThan": {"aws:CurrentTime": "1893456000"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2030-01-01"}}"#);
    TYPE_MISMATCH_NUMBER: "type-mismatch-number", Some("TYPE_MISMATCH_NUMBER"), Warning, IdentityManaged,
        "The value of a numeric operator is a number.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "1h"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": 3600}}"#);
    TYPE_MISMATCH_STRING: "type-mismatch-string", Some("TYPE_MISMATCH_STRING"), Warning, IdentityManaged,
        "The value of `BinaryEquals` is in base64.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"BinaryEquals": {"kms:RecipientAttestation": "a b"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"BinaryEquals": {"kms:RecipientAttestation": "YWI="}}"#);
    TYPE_MISMATCH_IP_RANGE: "type-mismatch-ip-range", Some("TYPE_MISMATCH_IP_RANGE"), Error, IdentityManaged,
        "The value of an IP address operator is an address or a range in CIDR form.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/33"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#);
    INVALID_VALUE: "invalid-value", None, Error, IdentityManaged,
        "The operator cannot compare the value.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"aws:PrincipalTag/team": "yes"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"aws:PrincipalTag/team": "true"}}"#);
    WILDCARD_WITHOUT_LIKE_OPERATOR: "wildcard-without-like-operator", Some("WILDCARD_WITHOUT_LIKE_OPERATOR"), Warning, IdentityManaged,
        "Under `StringEquals`, `*` and `?` are plain characters. `StringLike` has wildcards.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red-*"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {"aws:PrincipalTag/team": "red-*"}}"#);
    INVALID_REGION: "invalid-region", Some("INVALID_REGION"), Error, IdentityManaged,
        "AWS has no region with this name, so no request contains it.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-centrl-1"]}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotLike": {"aws:RequestedRegion": ["eu-*"]}}"#);
    INVALID_VPC_FORMAT: "invalid-vpc-format", Some("INVALID_VPC_FORMAT"), Error, IdentityManaged,
        "The id of a VPC is `vpc-` with 8 or 17 hexadecimal digits.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpce-0a1b2c3d"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}}"#);
    INVALID_VPCE_FORMAT: "invalid-vpce-format", Some("INVALID_VPCE_FORMAT"), Error, IdentityManaged,
        "The id of a VPC endpoint is `vpce-` with 8 or 17 hexadecimal digits.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"}}"#);
    INVALID_SERVICE_PRINCIPAL_FORMAT: "invalid-service-principal-format", Some("INVALID_SERVICE_PRINCIPAL_FORMAT"), Error, IdentityManaged,
        "The key contains service principals, such as `ec2.amazonaws.com`.",
        statements!(r#""Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/app", "Condition": {"StringEquals": {"iam:PassedToService": "ec2"}}"#),
        statements!(r#""Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/app", "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}"#);
    DUPLICATE_VALUE: "duplicate-value", None, Suggestion, IdentityManaged,
        "The same value is listed twice.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["a", "b", "a"]}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["a", "b", "A"]}}"#);
    REDUNDANT_CONDITION_VALUE_NUM: "redundant-condition-value-num", Some("REDUNDANT_CONDITION_VALUE_NUM"), Suggestion, IdentityManaged,
        "One of several limits decides: the greatest for \"less than\", the least for \"greater than\".",
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": ["2700", "3600"]}}"#),
        statements!(r#""Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"NumericEquals": {"aws:MultiFactorAuthAge": ["2700", "3600"]}}"#);
    EMPTY_TIME_WINDOW: "empty-time-window", None, Warning, IdentityManaged,
        "The end of the time window is not after its start, so the statement has no effect.",
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2030-02-01"}, "DateLessThan": {"aws:CurrentTime": "2030-01-01"}}"#),
        statements!(r#""Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2030-01-01"}, "DateLessThan": {"aws:CurrentTime": "2030-02-01"}}"#);
}

pub(super) fn apply(policy: &Policy<'_>, statement: &Statement<'_>, check: &mut Checker<'_>) {
    let version = match policy.has_variables() {
        true => Version::V2012_10_17,
        false => Version::V2008_10_17,
    };
    for condition in &statement.conditions {
        same_type(condition, check);
        repeated(condition, check);
        let Some(operator) = condition.parsed else {
            continue;
        };
        let base = operator.base();
        key_type(condition, base, check);
        numeric_limits(condition, base, check);
        for value in &condition.values {
            if value.text.contains("${")
                && policy.has_variables()
                && !matches!(family(base), Some(ValueType::Text | ValueType::Arn))
            {
                check.report(
                    &INVALID_VARIABLE_FOR_OPERATOR,
                    value.at,
                    format!("{} has no policy variables", Quoted(base.as_str())),
                    "write the value, or compare with a string operator",
                );
                continue;
            }
            comparable(condition, value, base, version, check);
            wildcard(condition, value, base, check);
            format_of_key(condition, value, check);
        }
    }
    time_window(statement, check);
}

/// The type that an operator compares; `None` for `Null`.
fn family(base: BaseOperator) -> Option<ValueType> {
    let name = base.as_str();
    Some(match () {
        () if name.starts_with("String") => ValueType::Text,
        () if name.starts_with("Numeric") => ValueType::Number,
        () if name.starts_with("Date") => ValueType::Date,
        () if name.starts_with("Arn") => ValueType::Arn,
        () if name.contains("IpAddress") => ValueType::Ip,
        () if name.starts_with("Binary") => ValueType::Binary,
        () if name == "Bool" => ValueType::Bool,
        () => return None,
    })
}

fn same_type(condition: &Condition<'_>, check: &mut Checker<'_>) {
    let is_bool = |json: Type| matches!(json, Type::Bool(_));
    let differs = |one: Type, other: Type| one != other && !(is_bool(one) && is_bool(other));
    let Some((first, others)) = condition.values.split_first() else {
        return;
    };
    if let Some(other) = others.iter().find(|value| differs(value.json, first.json)) {
        let message = format!(
            "the values of {} have different JSON types",
            Quoted(&condition.key.text)
        );
        check.report(
            &INVALID_CONDITION_DATA_TYPE,
            other.at,
            message,
            "write all of them as strings",
        );
    }
    let is_boolean = condition
        .parsed
        .is_some_and(|operator| operator.base() == BaseOperator::Bool && operator.set().is_none());
    if let Some(second) = others.first().filter(|_| is_boolean) {
        let message = format!(
            "{} is compared with several Boolean values",
            Quoted(&condition.key.text)
        );
        check.report(
            &INVALID_CONDITION_MULTIPLE_BOOLEAN,
            second.at,
            message,
            "write one value",
        );
    }
}

fn repeated(condition: &Condition<'_>, check: &mut Checker<'_>) {
    let mut seen: Vec<&str> = Vec::new();
    for value in &condition.values {
        if seen.contains(&&*value.text) {
            let message = format!("the value {} is listed twice", Quoted(&value.text));
            check.report(&DUPLICATE_VALUE, value.at, message, "remove one of them");
        }
        seen.push(&value.text);
    }
}

/// The type of a key's values, from AWS's list of global keys or a catalog.
fn type_of_key(key: &str, check: &Checker<'_>) -> Option<ValueType> {
    if let Some(value_type) = global_type(key) {
        return Some(value_type);
    }
    let mut services = check.catalog.services().iter();
    let defined = services.find_map(|service| service.condition_key(key))?;
    let name = defined
        .value_type
        .strip_prefix("ArrayOf")
        .unwrap_or(&defined.value_type);
    Some(match name {
        "ARN" => ValueType::Arn,
        "Bool" | "Boolean" => ValueType::Bool,
        "Numeric" | "Long" => ValueType::Number,
        "Date" => ValueType::Date,
        "IPAddress" => ValueType::Ip,
        "Binary" => ValueType::Binary,
        _ => ValueType::Text,
    })
}

fn key_type(condition: &Condition<'_>, base: BaseOperator, check: &mut Checker<'_>) {
    let (Some(wanted), Some(used)) = (type_of_key(&condition.key.text, check), family(base)) else {
        return;
    };
    let fits = match (wanted, used) {
        // Strings compare ARNs, and times in seconds are numbers.
        (ValueType::Arn, ValueType::Text) => true,
        // Keys of services and tags may contain ARNs, although their type is String.
        (ValueType::Text, ValueType::Arn) => {
            let key = &*condition.key.text;
            key.contains('/') || global_type(key).is_none()
        }
        (ValueType::Date, ValueType::Number) => is_epoch_time(&condition.key.text),
        // Many keys of the type String contain numbers or Booleans, for example tags.
        (ValueType::Text, ValueType::Number | ValueType::Date | ValueType::Bool) => {
            condition.key.text.contains('/')
        }
        (wanted, used) => wanted == used,
    };
    if !fits {
        let operators = match wanted {
            ValueType::Arn => "`ArnLike`",
            ValueType::Binary => "`BinaryEquals`",
            ValueType::Bool => "`Bool`",
            ValueType::Date => "a date operator such as `DateLessThan`",
            ValueType::Ip => "`IpAddress` or `NotIpAddress`",
            ValueType::Number => "a numeric operator such as `NumericLessThan`",
            ValueType::Text => "a string operator such as `StringEquals`",
        };
        check.report(
            &TYPE_MISMATCH,
            condition.operator.at,
            format!(
                "{} does not compare values of the type of {}",
                Quoted(&condition.operator.text),
                Quoted(&condition.key.text)
            ),
            format!("use {operators}"),
        );
    }
}

/// Whether the values of the key are seconds since 1970.
fn is_epoch_time(key: &str) -> bool {
    key.eq_ignore_ascii_case("aws:EpochTime")
}

fn comparable(
    condition: &Condition<'_>,
    value: &Value<'_>,
    base: BaseOperator,
    version: Version,
    check: &mut Checker<'_>,
) {
    let text = &*value.text;
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty();
    let is_epoch_time = is_epoch_time(&condition.key.text);
    if family(base) == Some(ValueType::Date) && is_number && text.len() != 4 && !is_epoch_time {
        check.report(
            &INVALID_DATE_VALUE,
            value.at,
            format!("the date {} is a number of seconds", Quoted(text)),
            "write it as in `2030-01-31T12:00:00Z`",
        );
    }
    // Errors in strings are errors of variables, which have rules of their own.
    if matches!(family(base), Some(ValueType::Text | ValueType::Arn)) {
        return;
    }
    let is_boolean = text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false");
    let parsed = match value.json {
        Type::Bool(value) => ConditionValue::Bool(value),
        Type::Number => ConditionValue::Number(text.to_owned()),
        _ => ConditionValue::Text(text.to_owned()),
    };
    let key = &*condition.key.text;
    let name = if key.is_empty() || key.contains("${") {
        "aws:username"
    } else {
        key
    };
    let result = pinpoint_iam_core::condition::Condition::parse(
        &condition.operator.text,
        name,
        &[parsed],
        true,
        version,
    );
    let (message, help) = match result {
        Err(error) => (error.message().to_owned(), error.hint().to_owned()),
        Ok(_) if base == BaseOperator::Bool && !is_boolean => (
            format!("{} is not a Boolean value", Quoted(text)),
            "write `true` or `false`".to_owned(),
        ),
        Ok(_) => return,
    };
    let rule = match family(base) {
        Some(ValueType::Bool) => &TYPE_MISMATCH_BOOLEAN,
        Some(ValueType::Date) => &TYPE_MISMATCH_DATE,
        Some(ValueType::Number) => &TYPE_MISMATCH_NUMBER,
        Some(ValueType::Binary) => &TYPE_MISMATCH_STRING,
        Some(ValueType::Ip) => &TYPE_MISMATCH_IP_RANGE,
        _ => &INVALID_VALUE,
    };
    check.report(rule, value.at, message, help);
}

fn wildcard(
    condition: &Condition<'_>,
    value: &Value<'_>,
    base: BaseOperator,
    check: &mut Checker<'_>,
) {
    let is_exact = matches!(
        base,
        BaseOperator::StringEquals
            | BaseOperator::StringNotEquals
            | BaseOperator::StringEqualsIgnoreCase
            | BaseOperator::StringNotEqualsIgnoreCase
    );
    // `${*}` is a way to write the character itself.
    let plain = value.text.replace("${*}", "").replace("${?}", "");
    if !is_exact || !has_wildcard(&plain) {
        return;
    }
    let operator = condition.operator.text.replace(base.as_str(), like(base));
    check.report(
        &WILDCARD_WITHOUT_LIKE_OPERATOR,
        value.at,
        format!(
            "the wildcard in {} is a plain character under {}",
            Quoted(&value.text),
            Quoted(&condition.operator.text)
        ),
        format!("write {} if it is a wildcard", Quoted(&operator)),
    );
}

/// The operator with wildcards instead of one without.
pub(crate) const fn like(base: BaseOperator) -> &'static str {
    match base.is_negated() {
        true => "StringNotLike",
        false => "StringLike",
    }
}

/// The form of the values of some global keys.
fn format_of_key(condition: &Condition<'_>, value: &Value<'_>, check: &mut Checker<'_>) {
    let text = &*value.text;
    let base = condition.parsed.map(|operator| operator.base());
    let is_string = base.and_then(family) == Some(ValueType::Text);
    if !is_string || has_wildcard(text) || text.contains("${") {
        return;
    }
    match &*condition.key.text.to_ascii_lowercase() {
        "aws:requestedregion" if !is_region(text) => {
            let near = nearest(text, REGIONS);
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "write a region of AWS, such as `us-east-1`".to_owned(),
            };
            let message = format!("AWS has no region {}", Quoted(text));
            let fix = near.and_then(|near| check.string_fix(value.at, near));
            check.report(&INVALID_REGION, value.at, message, help).fix = fix;
        }
        "aws:sourcevpc" if !is_id(text, "vpc-") => {
            let message = format!("{} is not the id of a VPC", Quoted(text));
            check.report(
                &INVALID_VPC_FORMAT,
                value.at,
                message,
                "write `vpc-` and 8 or 17 hexadecimal digits",
            );
        }
        "aws:sourcevpce" if !is_id(text, "vpce-") => {
            let message = format!("{} is not the id of a VPC endpoint", Quoted(text));
            check.report(
                &INVALID_VPCE_FORMAT,
                value.at,
                message,
                "write `vpce-` and 8 or 17 hexadecimal digits",
            );
        }
        "aws:calledvia"
        | "aws:calledviafirst"
        | "aws:calledvialast"
        | "aws:principalservicename"
        | "aws:principalservicenameslist"
        | "iam:passedtoservice"
        | "iam:awsservicename"
            if !text.contains('.') =>
        {
            let message = format!("{} is not a service principal", Quoted(text));
            let help = format!(
                "write it as in `{}.amazonaws.com`",
                if text.is_empty() { "ec2" } else { text }
            );
            check.report(&INVALID_SERVICE_PRINCIPAL_FORMAT, value.at, message, help);
        }
        // The region is a part of this one: `ec2.us-east-1.amazonaws.com`.
        "kms:viaservice" if text.split('.').count() < 4 => {
            let service = text.split('.').next().filter(|service| !service.is_empty());
            check.report(
                &INVALID_SERVICE_PRINCIPAL_FORMAT,
                value.at,
                format!("{} is not a service principal with a region", Quoted(text)),
                format!(
                    "write it as in `{}.us-east-1.amazonaws.com`",
                    service.unwrap_or("ec2")
                ),
            );
        }
        _ => {}
    }
}

fn is_id(text: &str, start: &str) -> bool {
    let digits = text.strip_prefix(start);
    digits.is_some_and(|digits| {
        matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// The limit that decides, if a numeric condition has several.
pub(crate) fn decisive_limit<'c, 's>(condition: &'c Condition<'s>) -> Option<&'c Value<'s>> {
    let wants_greatest = wants_greatest(condition.parsed?.base())?;
    if condition.values.len() < 2 {
        return None;
    }
    let numbers = condition
        .values
        .iter()
        .filter_map(|value| Some((value.text.parse::<f64>().ok()?, value)));
    let decisive = numbers.reduce(|best, next| {
        let is_better = if wants_greatest {
            next.0 > best.0
        } else {
            next.0 < best.0
        };
        if is_better { next } else { best }
    });
    decisive.map(|(_, value)| value)
}

/// Whether the greatest of several values decides; `None` if all of them matter.
const fn wants_greatest(base: BaseOperator) -> Option<bool> {
    match base {
        BaseOperator::NumericLessThan | BaseOperator::NumericLessThanEquals => Some(true),
        BaseOperator::NumericGreaterThan | BaseOperator::NumericGreaterThanEquals => Some(false),
        _ => None,
    }
}

fn numeric_limits(condition: &Condition<'_>, base: BaseOperator, check: &mut Checker<'_>) {
    if let (Some(value), Some(wants_greatest)) = (decisive_limit(condition), wants_greatest(base)) {
        let which = if wants_greatest { "greatest" } else { "least" };
        check.report(
            &REDUNDANT_CONDITION_VALUE_NUM,
            condition.key.at,
            format!(
                "only the {which} of the values of {} matters",
                Quoted(&condition.key.text)
            ),
            format!("write {} alone", Quoted(&value.text)),
        );
    }
}

fn time_window(statement: &Statement<'_>, check: &mut Checker<'_>) {
    use BaseOperator::{DateGreaterThan, DateGreaterThanEquals, DateLessThan, DateLessThanEquals};
    let limit = |wanted: [BaseOperator; 2]| {
        statement.conditions.iter().find_map(|condition| {
            let operator = condition.parsed?;
            let is_plain = operator.set().is_none()
                && !operator.if_exists()
                && wanted.contains(&operator.base());
            let [value] = condition.values.as_slice() else {
                return None;
            };
            let is_time = condition.key.text.eq_ignore_ascii_case("aws:CurrentTime");
            (is_plain && is_time).then_some((timestamp(&value.text)?, value.at))
        })
    };
    let start = limit([DateGreaterThan, DateGreaterThanEquals]);
    let end = limit([DateLessThan, DateLessThanEquals]);
    if let (Some((start, start_at)), Some((end, end_at))) = (start, end)
        && end < start
    {
        let other = check.related(start_at, "the start of the time window");
        check
            .report(
                &EMPTY_TIME_WINDOW,
                end_at,
                "the time window ends before it starts, so the statement has no effect",
                "swap the dates, or deny with `DateLessThan` and `DateGreaterThan` in two statements",
            )
            .related
            .push(other);
    }
}

/// A date, or a date with a time and an offset.
fn timestamp(text: &str) -> Option<jiff::Timestamp> {
    text.parse().ok().or_else(|| {
        let date: jiff::civil::Date = text.parse().ok()?;
        date.to_zoned(jiff::tz::TimeZone::UTC)
            .ok()
            .map(|zoned| zoned.timestamp())
    })
}
