//! Lists over PostgreSQL's own types: the evaluator, the predicate in memory, PostgreSQL over columns of these types and
//! SQLite over texts with sort keys agree.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use pinpoint_iam::context::Value as ContextText;
use pinpoint_iam::list::{
    Column, Columns, Constraint, Dialect, Meaning, OwnedCell, Predicate, constrain,
};
use pinpoint_iam::mobiletargeting::Campaign;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Principal, Scope};
use pinpoint_iam_test_policies::case::ContextValue;
use pinpoint_iam_test_policies::policies::Policies;
use pinpoint_iam_tests::select::{Asked, Candidate, Table};
use postgres_server::Server;
use serde_json::{Value, json};

use crate::lists::{Random, TestResult, identity, known, statements};
use crate::lists_postgres::{arguments, literal, literals, selected};

/// A value in the three forms: a literal of PostgreSQL, a cell in memory, and the value of the condition key.
type Sample = (String, OwnedCell, Value);

/// A column of PostgreSQL, and the key that it contains.
struct Native {
    key: &'static str,
    name: &'static str,
    type_name: &'static str,
    column: fn(&str) -> Column,
    samples: Vec<Sample>,
}

fn null() -> Sample {
    ("NULL".to_owned(), OwnedCell::Null, Value::Null)
}

/// A number, as PostgreSQL prints it.
fn number(text: &str) -> Sample {
    let cell = OwnedCell::Text(text.to_owned());
    (literal(text), cell, json!(text))
}

/// A point in time: a literal with any time zone, and the microseconds since 1970.
fn time(text: &str, microseconds: i64) -> Sample {
    let distance = Duration::from_micros(microseconds.unsigned_abs());
    let time = if microseconds < 0 {
        SystemTime::UNIX_EPOCH - distance
    } else {
        SystemTime::UNIX_EPOCH + distance
    };
    let value = ContextText::Time(time);
    (literal(text), OwnedCell::Time(time), json!(value.text()))
}

fn address(text: &str) -> Sample {
    let cell = match text.parse::<IpAddr>() {
        Ok(address) => OwnedCell::Address(address),
        Err(_) => OwnedCell::Text(text.to_owned()),
    };
    (literal(text), cell, json!(text))
}

/// The same value as a text in memory.
fn as_text((literal, _, value): &Sample) -> Sample {
    let cell = value
        .as_str()
        .map_or(OwnedCell::Null, |text| OwnedCell::Text(text.to_owned()));
    (literal.clone(), cell, value.clone())
}

fn times() -> Vec<Sample> {
    let infinity = |text: &str| {
        let cell = OwnedCell::Text(text.to_owned());
        (literal(text), cell, json!(text))
    };
    let exact = [
        time("2026-01-01 00:00:00+00", 1_767_225_600_000_000),
        time("2026-01-01 05:30:00+05:30", 1_767_225_600_000_000),
        time("2026-01-01 00:00:00.25+00", 1_767_225_600_250_000),
        time("2026-01-01 00:00:00.250001+00", 1_767_225_600_250_001),
        time("2025-12-31 23:59:59.999999+00", 1_767_225_599_999_999),
        time("1970-01-01 00:00:00+00", 0),
        time("1969-12-31 23:59:59.999999+00", -1),
        time("0001-01-01 00:00:00+00", -62_135_596_800_000_000),
        time("4714-11-24 00:00:00+00 BC", -210_866_803_200_000_000),
        time("9999-12-31 23:59:59+00", 253_402_300_799_000_000),
        time("250000-06-01 12:00:00+00", 7_827_083_956_800_000_000),
    ];
    let texts: Vec<Sample> = exact.iter().take(3).map(as_text).collect();
    let others = [infinity("infinity"), infinity("-infinity"), null()];
    exact.into_iter().chain(texts).chain(others).collect()
}

/// Numbers with as many digits as PostgreSQL supports. They are few, because the evaluator reads all digits.
fn long_numbers() -> Native {
    let large = format!("1{}.5", "0".repeat(131_000));
    let precise = format!("0.{}1", "0".repeat(16_000));
    Native {
        key: "archive:Price",
        name: "long price",
        type_name: "numeric",
        column: Column::numeric,
        samples: vec![number(&large), number(&precise), number("7.5"), null()],
    }
}

fn natives() -> Vec<Native> {
    let numbers = [
        "7",
        "7.0",
        "7.5",
        "7.50000000000000000000000000000000000000",
        "-7",
        "-7.25",
        "0",
        "0.00",
        "1",
        "100",
        "9007199254740993",
        "9223372036854775808",
        "79228162514264337593543950335",
        "-79228162514264337593543950335",
        "79228162514264337593543950336",
        "-79228162514264337593543950336",
        "7.9228162514264337593543950335",
        "7.9228162514264337593543950336",
        "0.0000000000000000000000000001",
        "0.00000000000000000000000000001",
        "10000000000000000000000000",
        "1000000000000000000000000000000000000",
        "NaN",
        "Infinity",
        "-Infinity",
    ];
    let addresses = [
        "10.1.1.1",
        "10.0.0.0",
        "10.255.255.255",
        "9.255.255.255",
        "11.0.0.0",
        "0.0.0.0",
        "255.255.255.255",
        "192.0.2.1",
        "::ffff:10.1.1.1",
        "::ffff:9.255.255.255",
        "::ffff:192.0.2.1",
        "::fffe:ffff:ffff",
        "::1:0:0:0",
        "::",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db8::1",
        "2001:db8::2",
        "1:2:3:4:5:6:7:8",
        "10.1.1.1/8",
        "10.0.0.0/8",
        "10.1.1.1/31",
        "2001:db8::1/64",
        "2001:db8::1/127",
        "0.0.0.0/0",
        "::ffff:10.1.1.1/120",
    ];
    let labels = |texts: &[&str]| {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let value = json!(texts);
        (literals(texts.iter()), OwnedCell::List(texts), value)
    };
    vec![
        Native {
            key: "archive:Price",
            name: "price",
            type_name: "numeric",
            column: Column::numeric,
            samples: numbers.map(number).into_iter().chain([null()]).collect(),
        },
        Native {
            key: "archive:Due",
            name: "due",
            type_name: "timestamptz",
            column: Column::timestamptz,
            samples: times(),
        },
        Native {
            key: "archive:Created",
            name: "created",
            type_name: "timestamp",
            column: Column::timestamp,
            // Times without a time zone are in UTC.
            samples: times()
                .into_iter()
                .map(|(literal, cell, value)| {
                    let utc = literal.replace("05:30:00+05:30", "00:00:00");
                    (utc.replace("+00", ""), cell, value)
                })
                .collect(),
        },
        Native {
            key: "archive:Address",
            name: "address",
            type_name: "inet",
            column: Column::inet,
            samples: addresses
                .map(address)
                .into_iter()
                .chain([as_text(&address("10.1.1.1")), null()])
                .collect(),
        },
        Native {
            key: "archive:Size",
            name: "size",
            type_name: "bigint",
            column: Column::integer,
            samples: [7, -7, 0, 1, 100, 9_007_199_254_740_993, i64::MAX]
                .map(|number| {
                    (
                        number.to_string(),
                        OwnedCell::Integer(number),
                        json!(number),
                    )
                })
                .into_iter()
                .chain([null()])
                .collect(),
        },
        Native {
            key: "archive:Sealed",
            name: "sealed",
            type_name: "boolean",
            column: Column::boolean,
            samples: [true, false]
                .map(|value| (value.to_string(), OwnedCell::Bool(value), json!(value)))
                .into_iter()
                .chain([null()])
                .collect(),
        },
        Native {
            key: "archive:Labels",
            name: "labels",
            type_name: "text[]",
            column: Column::text_list,
            samples: vec![
                labels(&[]),
                labels(&["", ""]),
                labels(&["ana", "bob"]),
                labels(&["ana", "ana"]),
                labels(&["", "bob"]),
                null(),
            ],
        },
    ]
}

/// The columns of the resource of a row, which no policy of these tests compares.
fn resources() -> TestResult<Columns> {
    let scope = Scope::new("aws", "us-east-1", "111122223333");
    Ok(Columns::of_type(
        Campaign::METADATA,
        &scope,
        &["application_id", "id"],
    )?)
}

/// A row: one sample for each column.
type Row<'n> = Vec<&'n Sample>;

/// Rows in all forms.
struct Rows<'n> {
    natives: &'n [Native],
    rows: Vec<Row<'n>>,
    columns: Columns,
    texts: Table,
}

impl<'n> Rows<'n> {
    fn of(natives: &'n [Native], rows: Vec<Row<'n>>) -> TestResult<Self> {
        let mut columns = resources()?;
        for native in natives {
            columns = columns.key(native.key, (native.column)(native.name));
        }
        let mut candidates = Vec::new();
        for row in &rows {
            let mut keys = BTreeMap::new();
            for (native, (_, _, value)) in natives.iter().zip(row) {
                if !value.is_null() {
                    let value = serde_json::from_value::<ContextValue>(value.clone())?;
                    keys.insert(native.key.to_owned(), value);
                }
            }
            candidates.push(Candidate {
                resource: "arn:aws:mobiletargeting:us-east-1:111122223333:apps/a1/campaigns/c1"
                    .to_owned(),
                context: Some(keys),
            });
        }
        Ok(Self {
            natives,
            columns,
            texts: Table::of(candidates)?,
            rows,
        })
    }

    fn created(&self, name: &str) -> String {
        let declared: Vec<String> = self
            .natives
            .iter()
            .map(|native| format!("\"{}\" {}", native.name, native.type_name))
            .collect();
        let mut statements = format!(
            "CREATE TABLE \"{name}\" (\"place\" integer, {});\n",
            declared.join(", ")
        );
        for (place, row) in self.rows.iter().enumerate() {
            let values: Vec<&str> = row.iter().map(|(literal, ..)| literal.as_str()).collect();
            // INVARIANT: writing to a text does not fail.
            let _ = writeln!(
                statements,
                "INSERT INTO \"{name}\" VALUES ({place}, {});",
                values.join(", ")
            );
        }
        statements
    }

    fn admitted(&self, predicate: &Predicate) -> TestResult<Vec<usize>> {
        let mut admitted = Vec::new();
        for (place, row) in self.rows.iter().enumerate() {
            let cells = self.natives.iter().zip(row);
            let cells: HashMap<String, OwnedCell> = cells
                .map(|(native, (_, cell, _))| (native.name.to_owned(), cell.clone()))
                .collect();
            if predicate.admits(&cells)? {
                admitted.push(place);
            }
        }
        Ok(admitted)
    }
}

/// A query to PostgreSQL, and the rows that the predicate admits in memory.
struct Query {
    label: String,
    predicate: Predicate,
    admitted: Vec<usize>,
    /// Whether these are the rows that the evaluator allows. Otherwise they contain them.
    is_exact: bool,
}

/// Compares everything but PostgreSQL. Returns `None` if all rows are selected, or none.
fn compared(policies: &Policies, rows: &Rows<'_>, label: &str) -> TestResult<Option<Query>> {
    let principal = Principal::from_arn("arn:aws:iam::111122223333:user/ana")?;
    let asked = Asked {
        stack: policies.stack(),
        principal: &principal,
        action: RequestedAction::parse("mobiletargeting:GetCampaign")?,
    };
    let known = known();
    let mut allowed = Vec::new();
    for (place, row) in rows.texts.rows.iter().enumerate() {
        if asked.is_allowed(row, &known)? {
            allowed.push(place);
        }
    }
    let request = Request::new(&principal, asked.action, RequestedResource::All, &known);
    // Texts with sort keys, in SQLite.
    if let Constraint::Where(predicate) = constrain(&asked.stack, &request, &rows.texts.columns)? {
        assert_eq!(rows.texts.select(&predicate)?, allowed, "SQLite: {label}");
    }
    let constraint = constrain(&asked.stack, &request, &rows.columns)?;
    let (predicate, is_exact) = match constraint {
        Constraint::All => {
            assert_eq!(allowed.len(), rows.rows.len(), "all: {label}");
            return Ok(None);
        }
        Constraint::Nothing => {
            assert!(allowed.is_empty(), "nothing: {label}");
            return Ok(None);
        }
        Constraint::Where(predicate) => (predicate, true),
        Constraint::Candidates(candidates) => (candidates.to_be_checked().clone(), false),
    };
    let admitted = rows.admitted(&predicate)?;
    if is_exact {
        assert_eq!(admitted, allowed, "memory: {label}\n{predicate}");
    } else {
        let is_lost = |place: &&usize| !admitted.contains(place);
        let lost: Vec<_> = allowed.iter().filter(is_lost).collect();
        assert!(lost.is_empty(), "lost {lost:?}: {label}\n{predicate}");
    }
    Ok(Some(Query {
        label: label.to_owned(),
        predicate,
        admitted,
        is_exact,
    }))
}

/// Compares the rows that PostgreSQL selects with those in memory. Settings of the session that change how texts are
/// read have no effect.
fn asked(server: &Server, table: &str, rows: &Rows<'_>, queries: &[Query]) -> TestResult {
    let mut script = rows.created(table);
    script.push_str(
        "SET TIME ZONE 'Asia/Kolkata'; SET DateStyle = 'German'; SET extra_float_digits = 0;\n",
    );
    for (number, query) in queries.iter().enumerate() {
        script.push_str(&selected(table, &number.to_string(), &query.predicate)?);
    }
    let answers = server.answer(&script)?;
    assert_eq!(answers.len(), queries.len());
    for (number, (answer, query)) in answers.iter().zip(queries).enumerate() {
        let places: Vec<String> = query.admitted.iter().map(ToString::to_string).collect();
        assert_eq!(
            *answer,
            format!("{number}|{}", places.join(",")),
            "PostgreSQL: {}\n{}",
            query.label,
            query.predicate
        );
    }
    Ok(())
}

/// Values at the ends of what the types can contain.
fn edges(key: &str) -> Vec<Value> {
    let numeric = [
        json!({"NumericGreaterThan": {key: "-79228162514264337593543950335"}}),
        json!({"NumericLessThanEquals": {key: "79228162514264337593543950335"}}),
        json!({"NumericEquals": {key: ["7.9228162514264337593543950335", "7.5"]}}),
        json!({"NumericNotEquals": {key: "0.0000000000000000000000000001"}}),
        json!({"NumericGreaterThan": {key: "9223372036854775807"}}),
    ];
    let dates = [
        json!({"DateLessThan": {key: "-4713-11-24T00:00:00Z"}}),
        json!({"DateLessThanEquals": {key: "-4713-11-24T00:00:00Z"}}),
        json!({"DateGreaterThan": {key: "-4713-11-23T23:59:59.999Z"}}),
        json!({"DateEquals": {key: "-4713-11-24"}}),
        json!({"DateGreaterThanEquals": {key: "250000-06-01T12:00:00Z"}}),
        json!({"DateLessThan": {key: "294276-12-31T23:59:59.999999Z"}}),
        json!({"DateLessThan": {key: "294277-01-01"}}),
        json!({"DateGreaterThan": {key: "294277-01-01"}}),
        json!({"DateGreaterThan": {key: "2025-12-31T23:59:59.9999985Z"}}),
        json!({"DateLessThan": {key: "1969-12-31T23:59:59.9999995Z"}}),
        json!({"DateNotEquals": {key: "2026-01-01T00:00:00.250001Z"}}),
    ];
    let addresses = [
        json!({"IpAddress": {key: ["::/0", "10.0.0.0/8"]}}),
        json!({"NotIpAddress": {key: "::/64"}}),
        json!({"IpAddress": {key: "::ffff:10.0.0.0/104"}}),
        json!({"IpAddress": {key: "::fffe:0:0/95"}}),
        json!({"NotIpAddress": {key: ["10.1.1.1", "2001:db8::/126"]}}),
    ];
    let all = numeric.into_iter().chain(dates).chain(addresses);
    all.flat_map(|condition| {
        let statement = |effect: &str| {
            json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition})
        };
        let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        [json!([statement("Allow")]), json!([allow, statement("Deny")])]
    })
    .collect()
}

#[test]
fn every_operator_selects_the_same_rows_over_each_type() -> TestResult {
    let (natives, long_numbers) = (natives(), long_numbers());
    let server = Server::start("lists-native")?;
    for native in natives.iter().chain([&long_numbers]) {
        let only = std::slice::from_ref(native);
        let rows = native.samples.iter().map(|sample| vec![sample]);
        let rows = Rows::of(only, rows.collect())?;
        let mut queries: Vec<Query> = Vec::new();
        let of_operators = statements().into_iter().map(|(_, statements)| statements);
        let of_operators = of_operators.filter(|_| native.name != long_numbers.name);
        for statements in of_operators.chain(edges(native.key)) {
            let text = statements.to_string().replace("archive:key", native.key);
            let policies = identity(&serde_json::from_str(&text)?)?;
            if let Some(query) = compared(&policies, &rows, &format!("{}: {text}", native.name))?
                && !queries.iter().any(|it| it.predicate == query.predicate)
            {
                queries.push(query);
            }
        }
        let exact = queries.iter().filter(|query| query.is_exact).count();
        let least = match native.name {
            "price" | "due" | "created" | "address" => 20,
            _ => 4,
        };
        assert!(exact >= least, "{}: {exact}", native.name);
        if let Some(server) = &server {
            asked(server, native.name, &rows, &queries)?;
        }
    }
    Ok(())
}

fn random_condition(random: &mut Random) -> TestResult<(String, Value)> {
    let set = *random.pick(&["", "", "", "ForAllValues:", "ForAnyValue:"])?;
    let if_exists = if random.one_in(4) { "IfExists" } else { "" };
    let relation = *random.pick(&[
        "Equals",
        "NotEquals",
        "LessThan",
        "LessThanEquals",
        "GreaterThan",
        "GreaterThanEquals",
    ])?;
    let not = if random.one_in(2) { "Not" } else { "" };
    let numbers = ["7", "7.5", "0", "-7", "9007199254740993", "1e25", "-1e28"];
    let dates = [
        "2026-01-01T00:00:00Z",
        "2026-01-01T05:30:00+05:30",
        "2025-12-31T23:59:59.9999995Z",
        "1970",
        "-0001-01-01T00:00:00Z",
        "300000-01-01",
    ];
    let networks = [
        "10.0.0.0/8",
        "::/0",
        "0.0.0.0/0",
        "2001:db8::/126",
        "192.0.2.1",
    ];
    Ok(match *random.pick(&[0, 1, 2, 3, 4, 5, 6])? {
        0 | 1 => (
            format!("{set}Numeric{relation}{if_exists}"),
            json!({*random.pick(&["archive:Price", "archive:Price", "archive:Size"])?: [random.pick(&numbers)?, random.pick(&numbers)?]}),
        ),
        2 | 3 => (
            format!("{set}Date{relation}{if_exists}"),
            json!({*random.pick(&["archive:Due", "archive:Created"])?: random.pick(&dates)?}),
        ),
        4 => (
            format!("{set}{not}IpAddress{if_exists}"),
            json!({"archive:Address": [random.pick(&networks)?]}),
        ),
        5 => (
            format!("Bool{if_exists}"),
            json!({"archive:Sealed": random.pick(&["true", "false"])?}),
        ),
        _ => (
            format!(
                "{}String{not}Equals{if_exists}",
                random.pick(&["ForAllValues:", "ForAnyValue:"])?
            ),
            json!({"archive:Labels": random.pick(&["ana", "bob", ""])?}),
        ),
    })
}

fn random_statements(random: &mut Random) -> TestResult<Value> {
    let mut statements = Vec::new();
    while statements.is_empty() || !random.one_in(3) {
        let mut conditions = serde_json::Map::new();
        while conditions.is_empty() || random.one_in(2) {
            let (operator, keys) = random_condition(random)?;
            conditions.insert(operator, keys);
        }
        let effect = if random.one_in(3) { "Deny" } else { "Allow" };
        statements.push(
            json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": conditions}),
        );
    }
    Ok(Value::Array(statements))
}

#[test]
fn random_policies_select_the_same_rows_over_all_types() -> TestResult {
    let natives = natives();
    let mut random = Random(0x5eed_0000_1313);
    let server = Server::start("lists-random-native")?;
    for (table, count) in [("first", 60), ("second", 60)] {
        let mut rows = Vec::new();
        while rows.len() < count {
            let row: TestResult<Row<'_>> = natives
                .iter()
                .map(|native| random.pick(&native.samples))
                .collect();
            rows.push(row?);
        }
        let rows = Rows::of(&natives, rows)?;
        let mut queries = Vec::new();
        while queries.len() < 300 {
            let statements = random_statements(&mut random)?;
            let policies = identity(&statements)?;
            queries.extend(compared(&policies, &rows, &statements.to_string())?);
        }
        let exact = queries.iter().filter(|query| query.is_exact).count();
        assert!(exact > 250, "{exact}");
        if let Some(server) = &server {
            asked(server, table, &rows, &queries)?;
        }
    }
    Ok(())
}

/// The constraint of one statement for the keys of the types.
fn constraint(statement: Value, native: &Native, column: Column) -> TestResult<Constraint> {
    let policies = identity(&json!([statement]))?;
    let principal = Principal::from_arn("arn:aws:iam::111122223333:user/ana")?;
    let (known, action) = (
        known(),
        RequestedAction::parse("mobiletargeting:GetCampaign")?,
    );
    let request = Request::new(&principal, action, RequestedResource::All, &known);
    let columns = resources()?;
    let columns = columns.key(native.key, column);
    Ok(constrain(&policies.stack(), &request, &columns)?)
}

fn comparison(native: &Native) -> Value {
    let (operator, value) = match native.type_name {
        "numeric" => ("NumericLessThan", "7.5"),
        "inet" => ("IpAddress", "10.0.0.0/8"),
        _ => ("DateLessThan", "2026-01-01T00:00:00Z"),
    };
    json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {native.key: value}}})
}

#[test]
fn comparisons_of_each_type_use_an_index() -> TestResult {
    let Some(server) = Server::start("lists-native-plans")? else {
        return Ok(());
    };
    for native in natives().iter().take(4) {
        let column = (native.column)(native.name);
        let Constraint::Where(predicate) = constraint(comparison(native), native, column)? else {
            return Err("a comparison is not exact".into());
        };
        let (sql, binds) = predicate.to_sql(Dialect::Postgres, 1)?;
        let (name, type_name) = (native.name, native.type_name);
        let plan = server.answer(&format!(
            "CREATE TABLE \"{name}\" (\"{name}\" {type_name});\nCREATE INDEX ON \"{name}\" (\"{name}\");\n\
             SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan;\n\
             PREPARE planned AS SELECT 1 FROM \"{name}\" WHERE {sql};\nEXPLAIN EXECUTE planned{};\n",
            arguments(&binds)
        ))?;
        let plan = plan.join("\n");
        assert!(plan.contains("Index Cond:"), "{plan}");
    }
    Ok(())
}

#[test]
fn sqlite_does_not_have_the_types() -> TestResult {
    for native in natives().iter().take(4) {
        let column = (native.column)(native.name);
        let Constraint::Where(predicate) = constraint(comparison(native), native, column)? else {
            return Err("a comparison is not exact".into());
        };
        let error = predicate
            .to_sql(Dialect::Sqlite, 1)
            .unwrap_err()
            .to_string();
        let long_name = match native.type_name {
            "timestamptz" => "timestamp with time zone",
            "timestamp" => "timestamp without time zone",
            other => other,
        };
        assert_eq!(
            error,
            format!(
                "the column `{}` has the type `{long_name}`, which SQLite does not have; use a text column with a sort key",
                native.name
            )
        );
        // It is displayed for PostgreSQL instead.
        assert_eq!(
            predicate.to_string(),
            predicate.to_sql(Dialect::Postgres, 1)?.0
        );
        // A value of another type is an error, and not a row that is left out.
        for cell in [OwnedCell::Bool(true), OwnedCell::Text("x".to_owned())] {
            let cells = HashMap::from([(native.name.to_owned(), cell)]);
            assert_eq!(predicate.admits(&cells).unwrap_err().column(), native.name);
        }
    }
    Ok(())
}

/// If NULL is an empty text, it is not an absent key, whatever the type of the column is.
#[test]
fn null_has_the_declared_meaning_in_columns_of_each_type() -> TestResult {
    for native in &natives() {
        // An absent key fulfils every condition with `IfExists`. Set operators treat both in the same way.
        let if_exists = match native.type_name {
            "text[]" => None,
            "boolean" => Some(("BoolIfExists", "true")),
            "bigint" => Some(("NumericEqualsIfExists", "7")),
            "numeric" => Some(("NumericLessThanIfExists", "7")),
            "inet" => Some(("IpAddressIfExists", "10.1.1.1")),
            _ => Some(("DateEqualsIfExists", "2026-01-01")),
        };
        let if_exists =
            if_exists.map(|(operator, value)| (json!({operator: {native.key: value}}), true));
        let null = |is_null: bool| json!({"Null": {native.key: is_null}});
        let conditions = [(null(true), true), (null(false), false)];
        for (condition, of_absent) in conditions.into_iter().chain(if_exists) {
            let is_null = condition.get("Null").is_some();
            let statement =
                json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition});
            for meaning in [Meaning::Absent, Meaning::EmptyText] {
                let column = (native.column)(native.name).with_null(meaning);
                let cells = HashMap::from([(native.name.to_owned(), OwnedCell::Null)]);
                let is_selected = match constraint(statement.clone(), native, column)? {
                    Constraint::All => true,
                    Constraint::Nothing => false,
                    Constraint::Where(predicate) => predicate.admits(&cells)?,
                    Constraint::Candidates(candidates) => {
                        candidates.to_be_checked().admits(&cells)?
                    }
                };
                // An empty text is a null value, and has none of the other types.
                let expected = of_absent && (is_null || meaning == Meaning::Absent);
                assert_eq!(
                    is_selected, expected,
                    "{} {statement} {meaning:?}",
                    native.name
                );
            }
        }
    }
    Ok(())
}
