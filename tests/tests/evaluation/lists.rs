//! Lists: whatever the policies and the rows, the evaluator, the predicate in memory and its SQL agree.

use std::collections::BTreeMap;
use std::error::Error;

use pinpoint_iam::condition::BaseOperator;
use pinpoint_iam::context::Context;
use pinpoint_iam::eval::compiled::Compiled;
use pinpoint_iam::list::{
    BindValue, Column, Columns, Constraint, Dialect, Predicate, constrain, constrain_compiled,
};
use pinpoint_iam::mobiletargeting;
use pinpoint_iam::policy::Document;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Policy, Principal};
use pinpoint_iam_test_policies::case::ContextValue;
use pinpoint_iam_test_policies::policies::Policies;
use pinpoint_iam_tests::select::{Asked, Candidate, Table};
use serde_json::{Value, json};

pub(crate) type TestResult<T = ()> = Result<T, Box<dyn Error>>;

/// What came of the policies for one table.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    exact: usize,
    inexact: usize,
    pairs: usize,
    allowed: usize,
}

/// Asks the evaluator about each row, and the predicate about all of them.
fn compare(
    policies: &Policies,
    table: &Table,
    label: &dyn Fn() -> String,
    counts: &mut Counts,
) -> TestResult {
    let principal = Principal::from_arn("arn:aws:iam::111122223333:user/ana")?;
    let asked = Asked {
        stack: policies.stack(),
        principal: &principal,
        action: RequestedAction::parse("archive:GetDocument")?,
    };
    let mut allowed = Vec::new();
    for (index, row) in table.rows.iter().enumerate() {
        if asked.is_allowed(row, &known())? {
            allowed.push(index);
        }
    }
    let known = known();
    let request = Request::new(&principal, asked.action, RequestedResource::All, &known);
    let all: Vec<usize> = (0..table.rows.len()).collect();
    let constraint = constrain(&asked.stack, &request, &table.columns)?;
    let compiled = Compiled::of(&asked.stack)?;
    assert_eq!(
        constrain_compiled(&compiled, &request, &table.columns)?,
        constraint,
        "compiled policies have another constraint: {}",
        label()
    );
    let (selected, admitted, is_exact) = match constraint {
        Constraint::All => (all.clone(), all, true),
        Constraint::Nothing => (Vec::new(), Vec::new(), true),
        Constraint::Where(predicate) => {
            let selected = table
                .select(&predicate)
                .map_err(|error| format!("{error}: {}", label()))?;
            (selected, table.admitted(&predicate)?, true)
        }
        Constraint::Candidates(candidates) => {
            let predicate = candidates.to_be_checked();
            assert!(!candidates.inexact().is_empty(), "{}", label());
            (table.select(predicate)?, table.admitted(predicate)?, false)
        }
    };
    let text = || {
        let constraint = constrain(&asked.stack, &request, &table.columns);
        let rows = selected.iter().filter(|row| !allowed.contains(row));
        let missing = allowed.iter().filter(|row| !selected.contains(row));
        let shown: Vec<_> = rows
            .chain(missing)
            .filter_map(|row| table.rows.get(*row))
            .collect();
        format!("{}\n{constraint:#?}\n{shown:#?}", label())
    };
    assert_eq!(selected, admitted, "SQLite and memory differ: {}", text());
    if is_exact {
        assert_eq!(
            selected,
            allowed,
            "the predicate and the evaluator differ: {}",
            text()
        );
        counts.exact += 1;
    } else {
        assert!(
            allowed.iter().all(|row| selected.contains(row)),
            "a row is lost: {}",
            text()
        );
        counts.inexact += 1;
    }
    counts.pairs += table.rows.len();
    counts.allowed += allowed.len();
    Ok(())
}

/// The predicate of policies, where rows differ.
pub(crate) fn predicate(policies: &Policies, table: &Table) -> TestResult<Option<Predicate>> {
    let principal = Principal::from_arn("arn:aws:iam::111122223333:user/ana")?;
    let known = known();
    let action = RequestedAction::parse("archive:GetDocument")?;
    let request = Request::new(&principal, action, RequestedResource::All, &known);
    Ok(
        match constrain(&policies.stack(), &request, &table.columns)? {
            Constraint::All | Constraint::Nothing => None,
            Constraint::Where(predicate) => Some(predicate),
            Constraint::Candidates(candidates) => Some(candidates.to_be_checked().clone()),
        },
    )
}

/// The keys of the request, which are the same for every row.
pub(crate) fn known() -> Context {
    let mut context = Context::new();
    context.insert("aws:username", "ana");
    context.insert("aws:PrincipalTag/empty", "");
    context.insert("aws:PrincipalTag/colon", "a:1");
    context.insert("aws:PrincipalTag/nul", "a\0c");
    context
}

pub(crate) fn identity(statements: &Value) -> TestResult<Policies> {
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    Ok(Policies {
        identity: vec![Policy::new("identity", Document::parse(&text)?)],
        ..Policies::default()
    })
}

pub(crate) fn table(values: &[Value]) -> TestResult<Table> {
    let rows = values.iter().enumerate().map(|(index, value)| {
        let mut keys = BTreeMap::new();
        if !value.is_null() {
            keys.insert(
                "archive:Key".to_owned(),
                serde_json::from_value::<ContextValue>(value.clone())?,
            );
        }
        Ok(Candidate {
            resource: format!(
                "arn:aws:archive:us-east-1:111122223333:folders/f1/documents/d{index}"
            ),
            context: Some(keys),
        })
    });
    Ok(Table::of(rows.collect::<TestResult<_>>()?)?)
}

/// Texts of every kind that operators compare, and of none.
const TEXTS: [&str; 56] = [
    "",
    " ",
    "ana",
    "Ana",
    "ANA",
    "anabel",
    "a*",
    "a?a",
    "[ab]",
    "a_b",
    "a%b",
    "a\\",
    "a'b\"",
    "été",
    "ÉTÉ",
    "ete",
    "kelvin",
    "\u{212a}elvin",
    "strasse",
    "straße",
    "true",
    "TRUE",
    "False",
    "no",
    "0",
    "7",
    "07",
    "7.0",
    "7x",
    "-7",
    "7.5",
    "9007199254740993",
    "1e30",
    "100",
    "1767225600",
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    "2025-12-31T19:00:00-05:00",
    "2026-01-01T00:00:00.5Z",
    "never",
    "10.1.1.1",
    "::ffff:10.1.1.1",
    "192.0.2.1",
    "2001:db8::1",
    "2001:DB8:0::1",
    "2001:db8::2",
    "arn:aws:iam::111122223333:user/ana",
    "arn:aws:iam::1:2:user/ana",
    "arn:aws:iam:us:111122223333:role/x:y",
    "arn:aws:iam",
    "arn:\u{7}:iam::1:user/ana",
    "QQ==",
    "QR==",
    "QUI=",
    "QUJD",
    "\u{10ffff}a",
];

/// The values that policies write for an operator.
fn values_of(operator: BaseOperator) -> Vec<Value> {
    use BaseOperator as Base;
    match operator {
        Base::StringEquals
        | Base::StringNotEquals
        | Base::StringEqualsIgnoreCase
        | Base::StringNotEqualsIgnoreCase => vec![
            json!("ana"),
            json!(["ana", "été", "KELVIN"]),
            json!(["", "strasse", "${aws:username}bel"]),
            json!(["${aws:missing}", "a'b\""]),
            json!("${aws:PrincipalTag/empty, 'Ana'}"),
            json!([]),
        ],
        Base::StringLike | Base::StringNotLike => vec![
            json!("a*"),
            json!("*"),
            json!(["?n?", "*\\"]),
            json!(["[ab]", "a_*", "a%*"]),
            json!("a${*}*"),
            json!(["*e*", "\u{10ffff}*"]),
            json!(["${aws:username}*", "", "K*n"]),
        ],
        Base::NumericEquals
        | Base::NumericNotEquals
        | Base::NumericLessThan
        | Base::NumericLessThanEquals
        | Base::NumericGreaterThan
        | Base::NumericGreaterThanEquals => vec![
            json!("7"),
            json!(["7.5", "-7"]),
            json!("9007199254740993"),
            json!("1e25"),
            json!([]),
        ],
        Base::DateEquals
        | Base::DateNotEquals
        | Base::DateLessThan
        | Base::DateLessThanEquals
        | Base::DateGreaterThan
        | Base::DateGreaterThanEquals => vec![
            json!("2026-01-01T00:00:00Z"),
            json!(["2026-01-01T00:00:00.25Z", "1970"]),
            json!("292278993-12-31"),
        ],
        Base::Bool => vec![
            json!("true"),
            json!(["false", "true"]),
            json!("${aws:username}"),
            json!(["true", "${x}"]),
            json!([]),
        ],
        Base::BinaryEquals => vec![json!("QUJD"), json!(["QQ==", "QUI="])],
        Base::IpAddress | Base::NotIpAddress => vec![
            json!("10.0.0.0/8"),
            json!(["2001:db8::1", "192.0.2.1"]),
            json!("::/0"),
            json!("0.0.0.0/0"),
        ],
        Base::ArnEquals | Base::ArnLike | Base::ArnNotEquals | Base::ArnNotLike => vec![
            json!("arn:aws:iam::111122223333:user/a*"),
            json!(["arn:*:iam:*:*:*", "*"]),
            json!("arn:aws:iam::*:user/*"),
            json!("arn:aws:iam:us:1*:role/${aws:username}"),
            json!("arn:aws:*:*:1111????3333:*:y"),
            json!("ana"),
            json!([]),
        ],
        Base::Null => vec![
            json!("true"),
            json!("false"),
            json!(["true", "false"]),
            json!([]),
        ],
    }
}

/// Rows with one key: texts, numbers, Booleans, lists, lists and single values.
pub(crate) fn tables() -> TestResult<Vec<(&'static str, Table)>> {
    let texts = TEXTS.iter().map(|text| json!(text)).chain([Value::Null]);
    let numbers = [
        json!(7),
        json!(-7),
        json!(0),
        json!(1),
        json!(100),
        json!(9_007_199_254_740_993_i64),
        json!(i64::MAX),
        json!(1_767_225_600),
        Value::Null,
    ];
    let lists = [
        json!([]),
        json!([""]),
        json!(["", ""]),
        json!(["", "ana"]),
        json!(["ana"]),
        json!(["ana", "ana"]),
        json!(["ana", "été"]),
        json!(["KELVIN", "\u{212a}elvin"]),
        json!(["7", "x"]),
        json!(["true"]),
        json!(["10.1.1.1"]),
        json!(["a'b\""]),
        json!(["a*", "[ab]"]),
        Value::Null,
    ];
    let with_ones: Vec<Value> = lists
        .iter()
        .cloned()
        .chain([json!("ana"), json!("")])
        .collect();
    Ok(vec![
        ("texts", table(&texts.collect::<Vec<_>>())?),
        ("numbers", table(&numbers)?),
        (
            "booleans",
            table(&[json!(true), json!(false), Value::Null])?,
        ),
        ("lists", table(&lists)?),
        ("lists and texts", table(&with_ones)?),
        (
            "texts with U+0000",
            table(&[
                json!("a\0c"),
                json!("a"),
                json!("a\0"),
                json!("ana"),
                json!("ana\0x"),
                Value::Null,
            ])?,
        ),
    ])
}

/// Statements with every operator, modifier and effect, and the operator.
pub(crate) fn statements() -> Vec<(BaseOperator, Value)> {
    let mut statements = Vec::new();
    for base in BaseOperator::ALL {
        for (prefix, suffix) in ["", "ForAllValues:", "ForAnyValue:"]
            .iter()
            .flat_map(|prefix| [(prefix, ""), (prefix, "IfExists")])
        {
            if *base == BaseOperator::Null && !suffix.is_empty() {
                continue;
            }
            let operator = format!("{prefix}{}{suffix}", base.as_str());
            for values in values_of(*base) {
                let condition = json!({operator.as_str(): {"archive:key": values}});
                statements.push((
                    *base,
                    json!([
                        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition},
                    ]),
                ));
                statements.push((
                    *base,
                    json!([
                        {"Effect": "Allow", "Action": "*", "Resource": "*"},
                        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition},
                    ]),
                ));
            }
        }
    }
    statements
}

#[test]
fn every_operator_selects_what_it_decides() -> TestResult {
    let tables = tables()?;
    let mut counts = Counts::default();
    let mut inexact: BTreeMap<String, usize> = BTreeMap::new();
    for (base, statements) in statements() {
        let policies = identity(&statements)?;
        for (name, table) in &tables {
            let before = counts.inexact;
            compare(
                &policies,
                table,
                &|| format!("{name}: {statements}"),
                &mut counts,
            )?;
            if counts.inexact > before {
                *inexact
                    .entry(format!("{name}: {}", base.as_str()))
                    .or_default() += 1;
            }
        }
    }
    assert!(
        counts.pairs > 100_000 && counts.allowed > 20_000,
        "{counts:?}"
    );
    // Over texts with their sort keys, hardly anything is left to a check.
    let of_texts: Vec<_> = inexact
        .keys()
        .filter(|key| key.starts_with("texts:"))
        .collect();
    assert_eq!(of_texts, ["texts: NumericNotEquals"], "{inexact:#?}");
    let of_others: Vec<_> = inexact
        .keys()
        .filter(|key| key.starts_with("numbers:") || key.starts_with("booleans:"))
        .collect();
    assert!(of_others.is_empty(), "{inexact:#?}");
    Ok(())
}

/// A variable of a condition is filled with the key of the same row, or with a text of the request that contains U+0000. A
/// multivalued key fills no variable, so its default is used.
#[test]
fn filled_variables_select_what_they_decide() -> TestResult {
    let mut counts = Counts::default();
    for (name, table) in tables()? {
        for operator in ["StringEquals", "StringNotEquals", "StringLike"] {
            for prefix in ["", "ForAnyValue:", "ForAllValues:"] {
                for value in [
                    "${archive:key, 'ana'}",
                    "${aws:PrincipalTag/nul}",
                    "${archive:key}",
                    "x${archive:key, 'a'}*",
                ] {
                    let operator = format!("{prefix}{operator}");
                    let condition = json!({operator: {"archive:key": value}});
                    let statement = |effect: &str| json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition});
                    let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
                    for statements in [
                        json!([statement("Allow")]),
                        json!([allow, statement("Deny")]),
                    ] {
                        let label = || format!("{name}: {statements}");
                        compare(&identity(&statements)?, &table, &label, &mut counts)?;
                    }
                }
            }
        }
    }
    assert!(counts.exact > 100 && counts.inexact > 100, "{counts:?}");
    Ok(())
}

/// Numbers that look random and are the same in each run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        // The generator `xorshift64` of Marsaglia's "Xorshift RNGs" (2003).
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn one_in(&mut self, many: u64) -> bool {
        self.next().is_multiple_of(many)
    }

    pub(crate) fn pick<'t, T>(&mut self, all: &'t [T]) -> TestResult<&'t T> {
        let count = u64::try_from(all.len())?;
        let place = self
            .next()
            .checked_rem(count)
            .ok_or("nothing to pick from")?;
        all.get(usize::try_from(place)?)
            .ok_or_else(|| "no place".into())
    }
}

const OWNERS: [&str; 10] = [
    "ana",
    "bob",
    "",
    "Ana",
    "anabel",
    "a*",
    "a_b",
    "a_b1",
    "été",
    "arn:aws:iam::111122223333:user/ana",
];
const LABELS: [&str; 5] = ["a", "b", "secret", "", "x"];

pub(crate) fn random_rows(random: &mut Random, count: usize) -> TestResult<Vec<Candidate>> {
    let mut rows = Vec::new();
    for _ in 0..count {
        let mut keys = serde_json::Map::new();
        for key in ["archive:Owner", "archive:Approver"] {
            if !random.one_in(4) {
                keys.insert(key.to_owned(), json!(random.pick(&OWNERS)?));
            }
        }
        if !random.one_in(4) {
            keys.insert(
                "archive:Pages".to_owned(),
                json!(random.pick(&["7", "7.0", "x", "100", "-1", ""])?),
            );
        }
        if !random.one_in(4) {
            keys.insert("archive:Size".to_owned(), json!(random.next() % 20));
        }
        if !random.one_in(4) {
            keys.insert("archive:Sealed".to_owned(), json!(random.one_in(2)));
        }
        if !random.one_in(4) {
            let mut labels = Vec::new();
            while !random.one_in(3) {
                labels.push(*random.pick(&LABELS)?);
            }
            keys.insert("archive:Labels".to_owned(), json!(labels));
        }
        let account = if random.one_in(6) {
            "444455556666"
        } else {
            "111122223333"
        };
        let folder = random.pick(&["f1", "f2", "a_1", "*", "ana", "a%2Fb"])?;
        let document = random.pick(&["d1", "open1", "d?", "documents"])?;
        rows.push(Candidate {
            resource: format!(
                "arn:aws:archive:us-east-1:{account}:folders/{folder}/documents/{document}"
            ),
            context: Some(serde_json::from_value(Value::Object(keys))?),
        });
    }
    Ok(rows)
}

fn random_condition(random: &mut Random) -> TestResult<(String, Value)> {
    let set = *random.pick(&["", "", "ForAllValues:", "ForAnyValue:"])?;
    let if_exists = if random.one_in(4) { "IfExists" } else { "" };
    let texts = [
        json!("ana"),
        json!(["ana", "bob"]),
        json!("${archive:Approver}"),
        json!("${aws:username}"),
        json!("${aws:missing}"),
        json!("${archive:Approver, 'ana'}"),
        json!([]),
        json!(""),
        json!(["a", "b"]),
        json!("${archive:Pages}"),
        json!("${archive:Labels}"),
        json!("${archive:Labels, 'ana'}"),
        json!("${archive:Size}"),
    ];
    let patterns = [
        json!("a*"),
        json!("${archive:Approver}*"),
        json!("*"),
        json!("a?a"),
        json!("a${*}"),
        json!(["*b*", "A*"]),
        json!("*${archive:Owner}*${archive:Approver, 'x'}"),
    ];
    let key = *random.pick(&[
        "archive:Owner",
        "archive:Approver",
        "archive:Labels",
        "aws:username",
        "archive:Size",
        "archive:Pages",
        "archive:Unused",
    ])?;
    let negated = if random.one_in(2) { "Not" } else { "" };
    Ok(match random.next() % 8 {
        0 | 1 => (
            format!("{set}String{negated}Equals{if_exists}"),
            json!({key: random.pick(&texts)?}),
        ),
        2 => (
            format!("{set}String{negated}Like{if_exists}"),
            json!({key: random.pick(&patterns)?}),
        ),
        3 => (
            format!("{set}String{negated}EqualsIgnoreCase{if_exists}"),
            json!({key: random.pick(&[json!("ANA"), json!(["ÉTÉ", "B"])])?}),
        ),
        4 => {
            let key = *random.pick(&["archive:Size", "archive:Pages"])?;
            let operator = *random.pick(&[
                "NumericLessThan",
                "NumericEquals",
                "NumericGreaterThanEquals",
                "NumericNotEquals",
            ])?;
            (
                format!("{operator}{if_exists}"),
                json!({key: random.pick(&["7", "10", "7.5"])?}),
            )
        }
        5 => (
            format!("Bool{if_exists}"),
            json!({"archive:Sealed": random.pick(&["true", "false"])?}),
        ),
        6 => (
            format!("{set}Null"),
            json!({key: random.pick(&["true", "false"])?}),
        ),
        _ => (
            format!("Arn{negated}Like{if_exists}"),
            json!({"archive:Owner": "arn:aws:iam::*:user/a*"}),
        ),
    })
}

fn random_statement(random: &mut Random) -> TestResult<Value> {
    const HEAD: &str = "arn:aws:archive:us-east-1:111122223333:";
    let resources = [
        json!("*"),
        json!("*"),
        json!(format!("{HEAD}folders/f1/*")),
        json!([
            format!("{HEAD}folders/a_1/documents/*"),
            format!("{HEAD}folders/*/documents/open*")
        ]),
        json!("arn:aws:archive:*:*:folders/${aws:username}/documents/d?"),
        json!("arn:aws:archive:*:444455556666:*"),
        json!("arn:aws:archive:*:folders/f1/documents/d1"),
        json!(format!("{HEAD}folders/${{archive:Owner}}/*")),
        json!(format!("{HEAD}folders/${{aws:missing}}/*")),
    ];
    let mut conditions = serde_json::Map::new();
    while random.one_in(2) {
        let (operator, keys) = random_condition(random)?;
        conditions.insert(operator, keys);
    }
    let effect = if random.one_in(3) { "Deny" } else { "Allow" };
    let action = *random.pick(&["archive:GetDocument", "archive:*", "*", "archive:Put*"])?;
    let action_element = if random.one_in(8) {
        "NotAction"
    } else {
        "Action"
    };
    let resource_element = if random.one_in(6) {
        "NotResource"
    } else {
        "Resource"
    };
    Ok(json!({
        "Effect": effect,
        action_element: action,
        resource_element: random.pick(&resources)?,
        "Condition": conditions,
    }))
}

fn random_policy(random: &mut Random, name: &str) -> TestResult<Policy> {
    let mut statements = vec![random_statement(random)?];
    while random.one_in(2) {
        statements.push(random_statement(random)?);
    }
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    Ok(Policy::new(name, Document::parse(&text)?))
}

fn random_policy_with_principals(random: &mut Random, name: &str) -> TestResult<Policy> {
    let principals = [
        json!("*"),
        json!("*"),
        json!({"AWS": "arn:aws:iam::111122223333:user/ana"}),
        json!({"AWS": "444455556666"}),
    ];
    let mut statement = random_statement(random)?;
    let principal = random.pick(&principals)?.clone();
    let statement_object = statement.as_object_mut().ok_or("no statement")?;
    statement_object.insert("Principal".to_owned(), principal);
    let text = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
    Ok(Policy::new(name, Document::parse(&text)?))
}

fn everything_for_all(name: &str) -> TestResult<Policy> {
    let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
    let text = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
    Ok(Policy::new(name, Document::parse(&text)?))
}

pub(crate) fn random_policies(random: &mut Random) -> TestResult<Policies> {
    let mut policies = Policies::default();
    policies.identity.push(random_policy(random, "identity")?);
    if random.one_in(3) {
        policies.identity.push(random_policy(random, "group")?);
    }
    if random.one_in(4) {
        policies.boundary = Some(vec![random_policy(random, "boundary")?]);
    }
    if random.one_in(6) {
        policies.session = Some(vec![random_policy(random, "session")?]);
    }
    if random.one_in(6) {
        // Statements of resource control policies name principals.
        policies.rcps = vec![
            vec![random_policy_with_principals(random, "root")?],
            vec![
                random_policy_with_principals(random, "account")?,
                everything_for_all("account 2")?,
            ],
        ];
    }
    if random.one_in(6) {
        policies.scps = vec![
            vec![
                random_policy(random, "root")?,
                random_policy(random, "root 2")?,
            ],
            vec![random_policy(random, "account")?],
        ];
    }
    Ok(policies)
}

#[test]
fn random_policies_select_what_they_decide() -> TestResult {
    let mut random = Random(0x5eed_0000_0013);
    let mut counts = Counts::default();
    for _ in 0..20 {
        let table = Table::of(random_rows(&mut random, 50)?)?;
        for _ in 0..100 {
            let policies = random_policies(&mut random)?;
            compare(&policies, &table, &|| format!("{policies:#?}"), &mut counts)?;
        }
    }
    assert!(counts.pairs >= 100_000, "{counts:?}");
    assert!(
        counts.exact > 4 * counts.inexact && counts.allowed > 9_000,
        "{counts:?}"
    );
    Ok(())
}

/// The text of a statement without the names in it, which are the same in each.
fn tokens(statements: &Value, table: &Table) -> TestResult<Option<(String, String, usize)>> {
    let policies = identity(statements)?;
    let principal = Principal::from_arn("arn:aws:iam::111122223333:user/ana")?;
    let context = known();
    let action = RequestedAction::parse("archive:GetDocument")?;
    let request = Request::new(&principal, action, RequestedResource::All, &context);
    Ok(
        match constrain(&policies.stack(), &request, &table.columns)? {
            Constraint::Where(predicate) => {
                let (sqlite, binds) = predicate.to_sql(Dialect::Sqlite, 1)?;
                let (postgres, _) = predicate.to_sql(Dialect::Postgres, 1)?;
                Some((sqlite, postgres, binds.len()))
            }
            _ => None,
        },
    )
}

#[test]
fn no_value_is_part_of_the_statement() -> TestResult {
    let table = table(&[json!("ana"), Value::Null])?;
    let hostile = [
        "ana",
        "x'; DROP TABLE documents; --",
        "a\"b",
        "a`b",
        "$1",
        "\\",
        "%",
        "_",
        "[",
        "]",
        "!",
        "--",
        "\u{10ffff}",
        "NULL",
        ") OR 1=1 --",
    ];
    let conditions: [fn(&str) -> Value; 4] = [
        |value| json!({"StringEquals": {"archive:Key": value}}),
        |value| json!({"StringNotEquals": {"archive:Key": [value, "another"]}}),
        |value| json!({"StringLike": {"archive:Key": format!("?{value}*x")}}),
        |value| json!({"StringLike": {"archive:Key": format!("{}*", if value == "\u{10ffff}" { "a" } else { value })}}),
    ];
    for condition in conditions {
        let mut first = None;
        for value in hostile {
            for (effect, allow) in [("Allow", "archive:Nothing"), ("Deny", "*")] {
                let statements = json!([
                    {"Effect": "Allow", "Action": allow, "Resource": "*"},
                    {"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition(value)},
                ]);
                let found = tokens(&statements, &table)?.ok_or("no predicate")?;
                assert!(!found.0.contains("DROP") && !found.1.contains("DROP"));
                if effect == "Allow" {
                    let first = first.get_or_insert_with(|| found.clone());
                    assert_eq!(found, *first, "{value}");
                }
            }
        }
    }
    Ok(())
}

/// The plan of a prepared statement is used again, and no function prevents the use of an index.
#[test]
fn the_statement_does_not_depend_on_the_number_of_values() -> TestResult {
    let table = table(&[json!("ana"), Value::Null])?;
    for operator in [
        "StringEquals",
        "StringNotEquals",
        "ForAnyValue:StringEquals",
    ] {
        let mut texts = Vec::new();
        for values in [&["a", "b"][..], &["a", "b", "c", "d", "e"]] {
            let condition = json!({operator: {"archive:Key": values}});
            let statements = json!([
                {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition},
            ]);
            let found = tokens(&statements, &table)?.ok_or("no predicate")?;
            for sql in [&found.0, &found.1] {
                let sql = sql.to_ascii_lowercase();
                assert!(!sql.contains("coalesce") && !sql.contains("not ("), "{sql}");
            }
            texts.push(found);
        }
        let [few, many] = texts.as_slice() else {
            return Err("two statements".into());
        };
        assert_eq!(few, many);
    }
    Ok(())
}

/// Names of tags are those of condition keys, whose case does not matter.
#[test]
fn tags_have_their_column_in_any_case() -> TestResult {
    let tagged = |column: &str, key: &str| -> TestResult<Constraint> {
        let condition = json!({"StringEquals": {key: "red"}});
        let policies = identity(&json!([
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition},
        ]))?;
        let principal = Principal::from_arn("arn:aws:iam::111122223333:user/ana")?;
        let (context, action) = (known(), RequestedAction::parse("mobiletargeting:GetApp")?);
        let request = Request::new(&principal, action, RequestedResource::All, &context);
        let scope = pinpoint_iam::Scope::new("aws", "us-east-1", "111122223333");
        let columns = Columns::of_type(mobiletargeting::App::METADATA, &scope, &["id"])?;
        let columns = columns.key(&format!("aws:ResourceTag/{column}"), Column::text("team"));
        Ok(constrain(&policies.stack(), &request, &columns)?)
    };
    let expected = tagged("team", "aws:ResourceTag/team")?;
    assert!(matches!(expected, Constraint::Where(_)), "{expected:?}");
    for (column, key) in [
        ("team", "aws:resourcetag/TEAM"),
        ("Team", "AWS:ResourceTag/team"),
    ] {
        assert_eq!(tagged(column, key)?, expected, "{column} {key}");
    }
    // No column contains another tag.
    let other = tagged("team", "aws:ResourceTag/teams")?;
    assert!(matches!(other, Constraint::Candidates(_)), "{other:?}");
    Ok(())
}

#[test]
fn hostile_policies_stay_within_limits() -> TestResult {
    let table = table(&[
        json!("ana"),
        json!("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"),
        Value::Null,
    ])?;
    let mut counts = Counts::default();
    let many: Vec<Value> = (0..6_000)
        .map(|number| json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"archive:Key": format!("*{number}*x")}}}))
        .collect();
    let list: Vec<String> = (0..3_000).map(|number| format!("value{number}")).collect();
    for statements in [
        json!(many),
        json!(many.iter().take(3_000).collect::<Vec<_>>()),
        json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"archive:Key": list}}}]),
        json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"archive:Key": "*a".repeat(300) + "b"}}}]),
        json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"archive:Key": "*a".repeat(16) + "b"}}}]),
        // One star more, and more variables that rows fill, than a predicate contains.
        json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"archive:Key": "*a".repeat(17) + "b"}}}]),
        json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"archive:Key": "${archive:Key}".repeat(3)}}}]),
        json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"archive:Key": "${archive:Key}".repeat(4)}}}]),
        json!([{"Effect": "Allow", "Action": "*", "Resource": format!("arn:aws:archive:*:*:{}", "*a".repeat(200))}]),
    ] {
        let policies = identity(&statements)?;
        compare(
            &policies,
            &table,
            &|| "a hostile policy".to_owned(),
            &mut counts,
        )?;
    }
    assert_eq!((counts.exact, counts.inexact), (4, 5));
    Ok(())
}

#[test]
fn a_key_of_the_request_that_is_not_known_is_an_error() -> TestResult {
    let table = table(&[json!("ana"), Value::Null])?;
    let condition = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let variable = json!({"StringEquals": {"archive:Key": "${aws:PrincipalTag/team}"}});
    for (statement, is_error) in [
        (
            json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}),
            true,
        ),
        (
            json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}),
            true,
        ),
        (
            json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": variable}),
            true,
        ),
        (
            json!({"Effect": "Deny", "Action": "*", "Resource": "arn:aws:archive:*:*:${aws:PrincipalTag/team}/*"}),
            true,
        ),
        (
            json!({"Effect": "Allow", "Action": "archive:Put*", "Resource": "*", "Condition": condition}),
            false,
        ),
    ] {
        let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"archive:Key": "ana"}}});
        let policies = identity(&json!([allow, statement]))?;
        let principal = Principal::from_arn("arn:aws:iam::111122223333:user/ana")?;
        let context = Context::unknown();
        let action = RequestedAction::parse("archive:GetDocument")?;
        let request = Request::new(&principal, action, RequestedResource::All, &context);
        let constraint = constrain(&policies.stack(), &request, &table.columns);
        match constraint {
            Err(error) => {
                assert!(is_error, "{statement}: {error}");
                let key = error
                    .unknown_key()
                    .ok_or("no key")?
                    .as_str()
                    .to_ascii_lowercase();
                assert!(
                    statement.to_string().to_ascii_lowercase().contains(&key),
                    "{error}"
                );
            }
            Ok(constraint) => assert!(!is_error, "{statement}: {constraint:?}"),
        }
    }
    Ok(())
}

/// A form that only its service completes: an `Allow` does not match and a `Deny` does, also with `NotResource`.
#[test]
fn a_resource_that_only_its_service_knows_counts_against_the_caller() -> TestResult {
    let table = table(&[json!("ana"), json!("bob"), Value::Null])?;
    let everything = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
    let owned = json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*",
         "Condition": {"StringEquals": {"archive:Key": ["ana", "bob"]}}},
    ]);
    let (all, folder) = ("*", "arn:aws:archive:*:*:folders/f1/*");
    let mut counts = Counts::default();
    for (effect, element, patterns, selects_some) in [
        ("Allow", "Resource", json!(["execute-api:/*"]), false),
        ("Allow", "Resource", json!(["execute-api:/*", folder]), true),
        ("Allow", "NotResource", json!(["execute-api:/*"]), false),
        (
            "Allow",
            "NotResource",
            json!(["execute-api:/*", folder]),
            false,
        ),
        ("Deny", "Resource", json!(["execute-api:/*"]), false),
        (
            "Deny",
            "Resource",
            json!(["execute-api:/*", "arn:aws:archive:*:*:links/*"]),
            false,
        ),
        ("Deny", "NotResource", json!(["execute-api:/*"]), false),
        (
            "Deny",
            "NotResource",
            json!(["execute-api:/*", folder]),
            true,
        ),
        ("Deny", "NotResource", json!(["execute-api:/*", all]), true),
    ] {
        let statement =
            json!({"Effect": effect, "Principal": "*", "Action": "*", element: patterns});
        let statements = match effect {
            "Allow" => json!([statement]),
            _ => json!([everything, statement]),
        };
        let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let mut policies = identity(&owned)?;
        policies.rcps = vec![vec![Policy::new("limit", Document::parse(&text)?)]];
        let before = counts.allowed;
        compare(&policies, &table, &|| statements.to_string(), &mut counts)?;
        assert_eq!(counts.allowed > before, selects_some, "{statements}");
    }
    assert_eq!((counts.exact, counts.inexact), (9, 0));
    Ok(())
}

/// Keys of KMS and roles have a policy of their own, which must allow as well, and which no column contains.
#[test]
fn rows_with_policies_of_their_own_are_candidates() -> TestResult {
    let everything = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let denied = json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*"},
    ]);
    let owned = json!([{"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"archive:Key": "ana"}}}]);
    let own = "the policy of a KMS key or role must allow as well";
    let any = "resources may have policies of their own";
    for (statements, action, has_policies, expected) in [
        (&everything, "kms:Decrypt", false, Some((own, true))),
        (&everything, "KMS:Decrypt", false, Some((own, true))),
        (&everything, "sts:AssumeRole", false, Some((own, true))),
        (&everything, "kmsx:Decrypt", false, None),
        (&everything, "archive:GetDocument", false, None),
        (&owned, "kms:Decrypt", false, Some((own, false))),
        (&denied, "kms:Decrypt", false, None),
        // A policy of the resource can allow what no other policy allows.
        (&json!([]), "archive:GetDocument", true, Some((any, true))),
        (&owned, "archive:GetDocument", true, Some((any, true))),
        (&everything, "archive:GetDocument", true, Some((any, true))),
    ] {
        let policies = match statements.as_array().is_some_and(Vec::is_empty) {
            true => Policies::default(),
            false => identity(statements)?,
        };
        let principal = Principal::from_arn("arn:aws:iam::111122223333:user/ana")?;
        let (context, action) = (known(), RequestedAction::parse(action)?);
        let request = Request::new(&principal, action, RequestedResource::All, &context);
        let mut columns =
            Columns::of_components(["partition", "service", "region", "account", "id"])
                .key("archive:Key", Column::text("key"));
        if has_policies {
            columns = columns.with_resource_policies();
        }
        let constraint = constrain(&policies.stack(), &request, &columns)?;
        let label = format!("{statements} {action}: {constraint:?}");
        let Some((reason, selects_all)) = expected else {
            let is_exact = !matches!(constraint, Constraint::Candidates(_));
            assert!(is_exact, "{label}");
            continue;
        };
        let Constraint::Candidates(candidates) = constraint else {
            return Err(label.into());
        };
        let reasons: Vec<&str> = candidates
            .inexact()
            .iter()
            .map(|part| part.reason())
            .collect();
        assert_eq!(reasons, [reason], "{label}");
        assert!(
            candidates
                .inexact()
                .iter()
                .all(|part| part.policy().is_none())
        );
        let (sql, _) = candidates.to_be_checked().to_sql(Dialect::Sqlite, 1)?;
        assert_eq!(!sql.contains("`key`"), selects_all, "{label}");
    }
    Ok(())
}

/// In another account, a policy of the resource would have to allow as well.
#[test]
fn rows_of_another_account_are_not_selected() -> TestResult {
    let policies = identity(&json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]))?;
    let principal = Principal::from_arn("arn:aws:iam::111122223333:user/ana")?;
    let (context, action) = (known(), RequestedAction::parse("mobiletargeting:GetApp")?);
    let request = Request::new(&principal, action, RequestedResource::All, &context);
    for (account, expected) in [
        ("111122223333", Constraint::All),
        ("444455556666", Constraint::Nothing),
    ] {
        let scope = pinpoint_iam::Scope::new("aws", "us-east-1", account);
        let columns = Columns::of_type(mobiletargeting::App::METADATA, &scope, &["id"])?;
        let found = constrain(&policies.stack(), &request, &columns)?;
        assert_eq!(found, expected, "{account}");
    }
    Ok(())
}

/// The SQL of a condition over one column, for both databases.
fn written(condition: &Value, column: Column) -> TestResult<[String; 2]> {
    let policies = identity(&json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition},
    ]))?;
    let principal = Principal::from_arn("arn:aws:iam::111122223333:user/ana")?;
    let (context, action) = (known(), RequestedAction::parse("archive:GetDocument")?);
    let request = Request::new(&principal, action, RequestedResource::All, &context);
    let columns = Columns::of_components(["partition", "service", "region", "account", "id"]);
    let columns = columns.key("archive:Key", column);
    let Constraint::Where(predicate) = constrain(&policies.stack(), &request, &columns)? else {
        return Err("the condition is not exact".into());
    };
    Ok([
        predicate.to_sql(Dialect::Postgres, 1)?.0,
        predicate.to_sql(Dialect::Sqlite, 1)?.0,
    ])
}

#[test]
fn names_of_columns_are_quoted() -> TestResult {
    let condition = json!({"StringEquals": {"archive:Key": "ana"}});
    let [postgres, sqlite] = written(&condition, Column::text("documents.a\"b`c"))?;
    assert!(
        postgres.contains(r#""documents"."a""b`c" = "#),
        "{postgres}"
    );
    assert!(sqlite.contains("`documents`.`a\"b``c` "), "{sqlite}");
    Ok(())
}

/// Lists do not contain NULL; if one does, it is never selected because all of its elements match.
#[test]
fn a_null_element_does_not_match() -> TestResult {
    let condition = json!({"ForAllValues:StringEquals": {"archive:Key": "ana"}});
    for sql in written(&condition, Column::text_list("labels"))? {
        assert!(sql.contains(" IS NULL))"), "{sql}");
    }
    Ok(())
}

/// Texts with the characters that have a meaning in patterns of databases, of each kind alone and in sequences.
const SPECIAL: [&str; 16] = [
    "!", "%", "_", "*", "?", "[", "]", "^", "\\", "a", "!!", "!%", "!_", "[a]", "[*]", "b",
];

/// A table of owners and approvers with special characters, and conditions whose patterns contain them.
pub(crate) fn special_characters() -> TestResult<(Table, Vec<Value>)> {
    let mut rows = Vec::new();
    let long = format!("arn:aws:iam::111122223333:user/a{}", "é".repeat(1_020));
    let others = [
        "\u{10fffe}a",
        "\u{10ffff}a",
        "arn:aws:iam::111122223333:user/a\u{85}",
        "arn:aws:iam::111122223333:user/a\u{7f}",
        &long,
        // A value of the request would be two components of the pattern, and a character has two bytes.
        "arn:aws:iam:a:1:x:user/y",
        "arn:aws:iam:é:1:user/a",
    ];
    let mut add = |owner: &str, approver: &str| -> TestResult {
        let keys = json!({"archive:Owner": owner, "archive:Approver": approver});
        rows.push(Candidate {
            resource: "arn:aws:archive:us-east-1:111122223333:folders/f1/documents/d1".to_owned(),
            context: Some(serde_json::from_value(keys)?),
        });
        Ok(())
    };
    for owner in SPECIAL {
        for approver in SPECIAL {
            add(&format!("x{owner}y"), approver)?;
        }
        add(owner, "a")?;
        add(&format!("{owner}A"), "a")?;
        add(&format!("{owner}a"), "a")?;
    }
    for owner in others {
        add(owner, "a")?;
    }
    add("none", "")?;
    add("", "")?;
    rows.push(Candidate {
        resource: "arn:aws:archive:us-east-1:111122223333:folders/f1/documents/d1".to_owned(),
        context: Some(serde_json::from_value(json!({"archive:Owner": "none"}))?),
    });
    let owner = |operator: &str, value: &str| json!({operator: {"archive:Owner": value}});
    let mut conditions = vec![
        owner("StringLike", "?${archive:Approver}*"),
        owner("StringNotLike", "x${archive:Approver}?"),
        owner("StringEquals", "x${archive:Approver}y"),
        owner("StringNotEquals", "x${archive:Approver}y"),
        owner("StringLike", "\u{10fffe}*"),
        owner("ArnLike", "arn:aws:iam::111122223333:user/*"),
        owner("ArnNotLike", "arn:aws:iam::*:user/b"),
        owner("ArnLike", "arn:aws:iam:${aws:PrincipalTag/colon}:*:user/*"),
        owner("ArnLike", "arn:aws:iam:é:1*:user/a"),
        owner("ArnLike", "${archive:Approver}rn:aws:iam:*:*:user/*"),
        owner("ArnLike", "${aws:username}:aws:iam:*:*:user/*"),
        owner("StringEquals", "${archive:Approver, 'none'}"),
        owner("StringNotEquals", "${archive:Approver, 'none'}"),
        owner("StringEquals", "${archive:Approver}"),
        owner("StringEqualsIgnoreCase", "${archive:Approver}"),
    ];
    for text in SPECIAL {
        let literal = text.replace('*', "${*}").replace('?', "${?}");
        conditions.push(owner("StringLike", &format!("?{literal}*")));
        conditions.push(owner("StringNotLike", &format!("*{literal}?")));
        conditions.push(owner("StringLike", &format!("{literal}*")));
        conditions.push(owner("StringNotLike", &format!("{literal}*")));
        conditions.push(owner("StringEqualsIgnoreCase", &format!("{literal}A")));
    }
    let statements = conditions.into_iter().flat_map(|condition| {
        let statement = |effect| {
            json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition})
        };
        let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        [
            json!([statement("Allow")]),
            json!([allow, statement("Deny")]),
        ]
    });
    Ok((Table::of(rows)?, statements.collect()))
}

#[test]
fn characters_with_a_meaning_in_patterns_are_texts() -> TestResult {
    let (table, all) = special_characters()?;
    let mut counts = Counts::default();
    for statements in &all {
        let policies = identity(statements)?;
        compare(&policies, &table, &|| statements.to_string(), &mut counts)?;
    }
    assert!(counts.exact > 9 * counts.inexact, "{counts:?}");
    Ok(())
}

/// A mapping can be used before its columns are checked.
#[test]
fn sqlite_compares_other_collations_byte_by_byte() -> TestResult {
    let database = rusqlite::Connection::open_in_memory()?;
    database.execute_batch(
        "CREATE TABLE documents (owner TEXT COLLATE NOCASE, approver TEXT COLLATE NOCASE);
         INSERT INTO documents VALUES ('ana', 'NA'), ('ANA', 'na'), ('bob', 'OB'), ('aNA', 'NA');",
    )?;
    for (operator, value, expected) in [
        ("StringEquals", json!("ana"), &["ana"][..]),
        ("StringNotEquals", json!("ana"), &["ANA", "bob", "aNA"]),
        ("StringEquals", json!(["ana", "BOB"]), &["ana"]),
        (
            "StringNotEquals",
            json!(["ana", "BOB"]),
            &["ANA", "bob", "aNA"],
        ),
        ("StringLike", json!("an*"), &["ana"]),
        ("StringNotLike", json!("an*"), &["ANA", "bob", "aNA"]),
        ("StringLike", json!("*n?"), &["ana"]),
        ("StringEquals", json!("a${archive:Approver}"), &["aNA"]),
    ] {
        let condition = json!({operator: {"archive:Owner": value}});
        let policies = identity(&json!([
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition},
        ]))?;
        let principal = Principal::from_arn("arn:aws:iam::111122223333:user/ana")?;
        let (context, action) = (known(), RequestedAction::parse("archive:GetDocument")?);
        let request = Request::new(&principal, action, RequestedResource::All, &context);
        let scope = pinpoint_iam::Scope::new("aws", "us-east-1", "111122223333");
        let columns = Columns::of_type(mobiletargeting::App::METADATA, &scope, &["id"])?
            .key("archive:Owner", Column::text("owner"))
            .key("archive:Approver", Column::text("approver"));
        let Constraint::Where(predicate) = constrain(&policies.stack(), &request, &columns)? else {
            return Err("the condition is not exact".into());
        };
        let (sql, binds) = predicate.to_sql(Dialect::Sqlite, 1)?;
        let mut statement =
            database.prepare(&format!("SELECT owner FROM documents WHERE {sql}"))?;
        let binds = binds.iter().filter_map(|bind| match bind {
            BindValue::Text(text) => Some(text),
            _ => None,
        });
        let found = statement.query_map(rusqlite::params_from_iter(binds), |row| {
            row.get::<_, String>(0)
        })?;
        let found = found.collect::<Result<Vec<_>, _>>()?;
        assert_eq!(found, expected, "{condition}");
    }
    Ok(())
}
