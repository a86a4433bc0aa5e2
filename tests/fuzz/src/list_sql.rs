//! The SQL of a list consists of the same tokens for all values, which are bound, and both databases get valid
//! placeholders.
//!
//! The first line of an input contains the numbers of conditions, and the other lines are values.

use std::collections::HashSet;
use std::sync::LazyLock;

use pinpoint_iam::context::Context;
use pinpoint_iam::list::{BindValue, Column, Columns, Constraint, Dialect, Predicate, constrain};
use pinpoint_iam::mobiletargeting::Campaign;
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Policy, PolicyStack, Principal, Scope};
use serde_json::{Value, json};

/// The members of a statement about two values.
type Form = fn(&str, &str) -> Value;

/// Conditions on texts, which have the same form for all ordinary values.
const CONDITIONS: [Form; 20] = [
    |one, _| json!({"StringEquals": {"archive:Owner": one}}),
    |one, two| json!({"StringEquals": {"archive:Owner": [one, two]}}),
    |one, _| json!({"StringNotEquals": {"archive:Owner": one}}),
    |one, two| json!({"StringNotEqualsIfExists": {"archive:Owner": [one, two]}}),
    |one, _| json!({"StringLike": {"archive:Owner": format!("{one}*")}}),
    |one, _| json!({"StringNotLike": {"archive:Owner": format!("{one}*")}}),
    |one, two| json!({"StringLike": {"archive:Owner": format!("*{one}?{two}")}}),
    |one, two| json!({"StringNotLike": {"archive:Owner": format!("?{one}*{two}")}}),
    |one, _| json!({"StringEquals": {"archive:Owner": format!("{one}${{archive:Approver}}")}}),
    |one, _| json!({"StringLike": {"archive:Owner": format!("{one}?${{archive:Approver}}*")}}),
    |one, two| json!({"ForAnyValue:StringEquals": {"archive:Labels": [one, two]}}),
    |one, two| json!({"ForAllValues:StringNotEquals": {"archive:Labels": [one, two]}}),
    |one, _| json!({"ForAllValues:StringLike": {"archive:Labels": format!("{one}*")}}),
    |one, _| json!({"ForAnyValue:StringLike": {"archive:Labels": format!("*{one}*")}}),
    |one, _| json!({"BinaryEquals": {"archive:Owner": one}}),
    |one, two| json!({"ArnLike": {"archive:Owner": format!("arn:aws:iam::*:user/{one}*{two}")}}),
    |one, two| json!({"ArnNotLike": {"archive:Owner": format!("arn:*:iam::*:user/{one}?{two}")}}),
    |one, _| json!({"StringEquals": {"archive:Place": one}}),
    |_, _| json!({"Null": {"archive:Labels": "false"}, "Bool": {"archive:Owner": "true"}}),
    |_, _| json!({"NumericLessThan": {"archive:Size": "7"}, "DateLessThan": {"archive:Date": "2026-01-01T00:00:00Z"}}),
];

/// Resources of an ARN, whose values are ids.
const RESOURCES: [Form; 4] = [
    |one, _| json!(format!("arn:aws:mobiletargeting:*:*:apps/{one}/*")),
    |one, two| {
        json!(format!(
            "arn:aws:mobiletargeting:*:*:apps/{one}/campaigns/{two}"
        ))
    },
    |one, two| {
        json!(format!(
            "arn:aws:mobiletargeting:*:*:apps/{one}*/campaigns/{two}"
        ))
    },
    |one, two| json!(format!("arn:aws:mobiletargeting:*:*:*{one}?{two}")),
];

const FORMS: usize = CONDITIONS.len() + RESOURCES.len();

/// The number of the condition on base64.
const BINARY: usize = 14;

/// The number of forms with each effect.
pub const SINGLE: usize = 2 * FORMS;

/// Values that mean nothing in SQL, in patterns or in base64.
const ORDINARY: [&str; 2] = ["ordinary", "another"];

static COLUMNS: LazyLock<Columns> = LazyLock::new(|| {
    let scope = Scope::new("aws", "us-east-1", "111122223333");
    Columns::of_type(Campaign::METADATA, &scope, &["t.application", "id"])
        .expect("two ids")
        .key("archive:Owner", Column::text("owner"))
        .key("archive:Approver", Column::text("t.approver"))
        .key("archive:Place", Column::text("place`\"").with_nul())
        .key("archive:Labels", Column::text_list("labels"))
        .key("archive:Size", Column::integer("size"))
        .key(
            "archive:Date",
            Column::text("date").with_date_key("date_key"),
        )
});

/// Every token of the SQL about ordinary values.
static TOKENS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    // A pattern such as `*` is true of every element.
    let constants = ["TRUE", "FALSE", "1", "0"].map(str::to_owned);
    let mut all = HashSet::from(constants);
    for number in 0..SINGLE {
        let ordinary = predicate(&[number], &ORDINARY);
        let ordinary = ordinary.unwrap_or_else(|| panic!("form {number} has no predicate"));
        for dialect in [Dialect::Postgres, Dialect::Sqlite] {
            all.extend(tokens(dialect, &ordinary, 1));
        }
    }
    all
});

/// Returns the predicate of statements with these forms; `None` if the policy is not valid, or has no predicate.
fn predicate(forms: &[usize], values: &[&str]) -> Option<Predicate> {
    let mut values = values.iter().cycle();
    let mut statements = vec![];
    for form in forms {
        let (one, two) = (values.next()?, values.next()?);
        let form = form % SINGLE;
        let effect = if form < FORMS { "Allow" } else { "Deny" };
        let mut statement = json!({"Effect": effect, "Action": "*", "Resource": "*"});
        match CONDITIONS.get(form % FORMS) {
            Some(condition) => statement["Condition"] = condition(one, two),
            None => statement["Resource"] = RESOURCES[form % FORMS - CONDITIONS.len()](one, two),
        }
        statements.push(statement);
    }
    if statements
        .iter()
        .all(|statement| statement["Effect"] == "Deny")
    {
        statements.push(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    }
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let policies = [Policy::new("policy", Document::parse(&text).ok()?)];
    let stack = PolicyStack {
        identity: &policies,
        ..PolicyStack::default()
    };
    let principal = Principal::from_arn("arn:aws:iam::111122223333:user/ana").expect("an ARN");
    let context = Context::new();
    let action = RequestedAction::parse("mobiletargeting:GetCampaign").expect("an action");
    let request = Request::new(&principal, action, RequestedResource::All, &context);
    match constrain(&stack, &request, &COLUMNS).expect("no unknown key") {
        Constraint::All | Constraint::Nothing => None,
        Constraint::Where(predicate) => Some(predicate),
        Constraint::Candidates(candidates) => Some(candidates.to_be_checked().clone()),
    }
}

/// Returns the tokens of the SQL. Each placeholder is the same token, after a check of its number.
fn tokens(dialect: Dialect, predicate: &Predicate, first: usize) -> Vec<String> {
    let (sql, binds) = predicate.to_sql(dialect, first).expect("valid names");
    assert!(
        dialect == Dialect::Postgres
            || !binds
                .iter()
                .any(|bind| matches!(bind, BindValue::TextList(_))),
        "SQLite has no arrays: {sql}"
    );
    let mut placeholders = first..;
    let mut tokens = Vec::new();
    let mut rest = sql.as_str();
    while let Some(start) = rest.chars().next() {
        let token = match start {
            '\'' | '"' | '`' => {
                // A doubled quote is a part of the token.
                let mut ends = rest.match_indices(start).skip(1).peekable();
                let mut end = None;
                while let Some((place, _)) = ends.next() {
                    if ends.next_if(|(next, _)| *next == place + 1).is_none() {
                        end = Some(place + 1);
                        break;
                    }
                }
                &rest[..end.unwrap_or_else(|| panic!("a quote without end: {sql}"))]
            }
            '$' | '?' => {
                let digits = rest[1..].chars().take_while(char::is_ascii_digit).count();
                let number: usize = rest[1..=digits].parse().expect("a number");
                assert_eq!(Some(number), placeholders.next(), "{sql}");
                &rest[..=digits]
            }
            start if start.is_alphanumeric() || start == '_' => {
                let end = rest.find(|one: char| !one.is_alphanumeric() && one != '_');
                &rest[..end.unwrap_or(rest.len())]
            }
            other => &rest[..other.len_utf8()],
        };
        tokens.push(match start {
            '$' | '?' => "a placeholder".to_owned(),
            _ => token.to_owned(),
        });
        rest = &rest[token.len()..];
    }
    assert_eq!(placeholders.next(), Some(first + binds.len()), "{sql}");
    tokens
}

/// Whether the form of a statement about these values is that of ordinary values.
fn are_ordinary(form: usize, one: &str, two: &str) -> bool {
    let form = form % FORMS;
    let is_text = |text: &str| {
        let special = ['*', '?', '$', '\0', '\u{10ffff}'];
        !text.is_empty() && !text.contains(special)
    };
    // Texts that start with the other one can be left out. Ids are parts of ARNs.
    let is_id = |text: &str| text.chars().all(|one| one.is_ascii_alphanumeric());
    let is_resource = form >= CONDITIONS.len();
    // Texts that are not base64 match nothing.
    let is_binary = form == BINARY;
    is_text(one)
        && is_text(two)
        && !one.starts_with(two)
        && !two.starts_with(one)
        && !is_binary
        && (!is_resource || is_id(one) && is_id(two))
}

/// Checks one input.
///
/// # Panics
///
/// If the property does not hold.
pub fn check(text: &str) {
    let mut lines = text.split('\n');
    let numbers = lines.next().unwrap_or_default().split_whitespace();
    let numbers = numbers.filter_map(|number| number.parse::<usize>().ok());
    let forms: Vec<usize> = numbers.take(6).collect();
    let values: Vec<&str> = lines.take(12).collect();
    let Some(found) = predicate(&forms, &values) else {
        return;
    };
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let tokens_of = |predicate| tokens(dialect, predicate, 3);
        let found = tokens_of(&found);
        for token in &found {
            assert!(TOKENS.contains(token), "`{token}` is not a token of lists");
        }
        if let ([form], [one, two, ..]) = (&*forms, &*values)
            && are_ordinary(*form, one, two)
        {
            let ordinary = predicate(&forms, &ORDINARY).expect("a predicate");
            assert_eq!(found, tokens_of(&ordinary));
        }
    }
}
