//! The database reads a list as it would read a query that a programmer has written: with the same index.
//!
//! `ROWS=1000000 cargo test --release -p pinpoint-iam-tests --test evaluation list_plans -- --nocapture` also prints how
//! long both queries take.

#![expect(
    clippy::indexing_slicing,
    reason = "a test whose own data is missing has failed"
)]

use std::time::{Duration, Instant};

use pinpoint_iam::context::Context;
use pinpoint_iam::list::{BindValue, Column, Columns, Constraint, Dialect, constrain};
use pinpoint_iam::mobiletargeting::Campaign;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Principal, Scope};
#[cfg(unix)]
use postgres_server::Server;
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, params_from_iter};
use serde_json::{Value, json};

use crate::lists::{TestResult, identity};
#[cfg(unix)]
use crate::lists_postgres::{literal, literals};

/// A condition of a query with its values, which are all texts.
struct Query {
    condition: String,
    binds: Vec<BindValue>,
}

/// Policies, and the condition that a programmer would write for them.
struct Case {
    name: &'static str,
    statements: Value,
    written: &'static str,
    values: &'static [&'static str],
    /// Whether the values are one list.
    is_list: bool,
}

fn cases() -> Vec<Case> {
    let allow = |resource: &str| {
        json!({"Effect": "Allow", "Action": "mobiletargeting:GetCampaign",
            "Resource": format!("arn:aws:mobiletargeting:us-east-1:111122223333:apps/{resource}")})
    };
    let with = |mut statement: Value, operator: &str, key: &str, value: &str| {
        statement["Condition"] = json!({operator: {key: value}});
        statement
    };
    let deny = json!({"Effect": "Deny", "Action": "*", "Resource": "*"});
    vec![
        Case {
            name: "one application",
            statements: json!([allow("a7/campaigns/*")]),
            written: "application_id = ?1",
            values: &["a7"],
            is_list: false,
        },
        Case {
            name: "one campaign",
            statements: json!([allow("a7/campaigns/c147")]),
            written: "application_id = ?1 AND id = ?2",
            values: &["a7", "c147"],
            is_list: false,
        },
        Case {
            name: "two applications",
            statements: json!([allow("a7/campaigns/*"), allow("a9/campaigns/*")]),
            written: "application_id IN (?1)",
            values: &["a7", "a9"],
            is_list: true,
        },
        Case {
            name: "applications with a prefix",
            statements: json!([allow("a77*/campaigns/*")]),
            written: "application_id >= ?1 AND application_id < ?2",
            values: &["a77", "a78"],
            is_list: false,
        },
        Case {
            name: "the caller's own",
            statements: json!([with(
                allow("*"),
                "StringEquals",
                "aws:ResourceTag/owner",
                "${aws:username}"
            )]),
            written: "owner = ?1",
            values: &["ana"],
            is_list: false,
        },
        Case {
            name: "one application without what is secret",
            statements: json!([
                allow("a7/campaigns/*"),
                with(deny, "StringEquals", "aws:ResourceTag/stage", "secret"),
            ]),
            written: "application_id = ?1 AND (stage <> ?2 OR stage IS NULL)",
            values: &["a7", "secret"],
            is_list: false,
        },
    ]
}

impl Case {
    /// The condition that a programmer would write.
    fn written(&self, dialect: Dialect) -> Query {
        let texts = self.values.iter().map(|value| (*value).to_owned());
        if self.is_list {
            let list = match dialect {
                Dialect::Postgres => "= ANY (CAST(?1 AS text[]))",
                Dialect::Sqlite => "IN (SELECT value FROM json_each(?1))",
            };
            return Query {
                condition: self.written.replace("IN (?1)", list),
                binds: vec![BindValue::TextList(texts.collect())],
            };
        }
        Query {
            condition: self.written.to_owned(),
            binds: texts.map(BindValue::Text).collect(),
        }
    }

    /// The condition that follows from the policies.
    fn derived(&self, dialect: Dialect) -> TestResult<Query> {
        let policies = identity(&self.statements)?;
        let scope = Scope::new("aws", "us-east-1", "111122223333");
        let columns = Columns::of_type(Campaign::METADATA, &scope, &["application_id", "id"])?
            .key("aws:ResourceTag/owner", Column::text("owner"))
            .key("aws:ResourceTag/stage", Column::text("stage"));
        let principal = Principal::from_arn("arn:aws:iam::111122223333:user/ana")?;
        let mut known = Context::new();
        known.insert("aws:username", "ana");
        let action = RequestedAction::parse("mobiletargeting:GetCampaign")?;
        let request = Request::new(&principal, action, RequestedResource::All, &known);
        match constrain(&policies.stack(), &request, &columns)? {
            Constraint::Where(predicate) => {
                let (condition, binds) = predicate.to_sql(dialect, 1)?;
                Ok(Query { condition, binds })
            }
            other => Err(format!("{}: {other:?}", self.name).into()),
        }
    }
}

/// The number of rows: 20,000, or as many as `ROWS` says.
fn rows() -> TestResult<usize> {
    Ok(match std::env::var("ROWS") {
        Ok(number) => number.parse()?,
        Err(_) => 20_000,
    })
}

/// Creates the table, with twenty campaigns for each application. `{TEXT}` is the type of a text.
const TABLE: &str = "
    CREATE TABLE campaigns (application_id {TEXT} NOT NULL, id {TEXT} NOT NULL, owner {TEXT}, stage {TEXT});
    INSERT INTO campaigns
        SELECT 'a' || (n / 20), 'c' || n, CASE WHEN n % 500 = 0 THEN 'ana' ELSE 'u' || (n % 499) END,
            CASE n % 7 WHEN 0 THEN NULL WHEN 1 THEN 'secret' ELSE 'test' END
        FROM {NUMBERS};
    CREATE UNIQUE INDEX by_id ON campaigns (application_id, id);
    CREATE INDEX by_owner ON campaigns (owner);
";

/// Prints a median of both queries if the run has many rows.
fn report(name: &str, rows: usize, mut times: [Vec<Duration>; 2]) {
    let [written, derived] = times.each_mut().map(|times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    if rows >= 1_000_000 {
        let ratio = derived.as_secs_f64() / written.as_secs_f64();
        println!("{name}: written {written:?}, derived {derived:?}, ratio {ratio:.2}");
    }
}

#[test]
fn sqlite_uses_the_same_index() -> TestResult {
    let rows = rows()?;
    let database = Connection::open_in_memory()?;
    let numbers = format!(
        "(WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {rows}) SELECT n FROM numbers)"
    );
    let table = TABLE
        .replace("{TEXT}", "TEXT")
        .replace("{NUMBERS}", &numbers);
    database.execute_batch(&format!("{table} ANALYZE;"))?;
    for case in cases() {
        let queries = [
            case.written(Dialect::Sqlite),
            case.derived(Dialect::Sqlite)?,
        ];
        let mut plans = Vec::new();
        let mut results = Vec::new();
        let mut times = [Vec::new(), Vec::new()];
        for query in &queries {
            let text = format!(
                "EXPLAIN QUERY PLAN SELECT id FROM campaigns WHERE {}",
                query.condition
            );
            let mut statement = database.prepare(&text)?;
            let steps = statement.query_map(params_from_iter(values(query)), |row| {
                row.get::<_, String>(3)
            })?;
            plans.push(steps.collect::<Result<Vec<_>, _>>()?);
        }
        for _ in 0..21 {
            results.clear();
            for (query, times) in queries.iter().zip(&mut times) {
                let text = format!(
                    "SELECT id FROM campaigns WHERE {} ORDER BY id",
                    query.condition
                );
                let mut statement = database.prepare(&text)?;
                let start = Instant::now();
                let found = statement.query_map(params_from_iter(values(query)), |row| {
                    row.get::<_, String>(0)
                })?;
                results.push(found.collect::<Result<Vec<_>, _>>()?);
                times.push(start.elapsed());
            }
        }
        let [written, derived] = plans.as_slice() else {
            return Err("there are two plans".into());
        };
        assert_eq!(derived, written, "{}: {}", case.name, queries[1].condition);
        assert!(
            written.iter().any(|step| step.contains("USING")),
            "no index: {written:?}"
        );
        assert!(!results[0].is_empty(), "{}", case.name);
        assert_eq!(results[1], results[0], "{}", case.name);
        report(case.name, rows, times);
    }
    Ok(())
}

fn values(query: &Query) -> Vec<SqlValue> {
    let value = |bind: &BindValue| match bind {
        BindValue::Text(text) => SqlValue::Text(text.to_string()),
        BindValue::Integer(number) => SqlValue::Integer(*number),
        // SQLite has no arrays: a list is a JSON array.
        BindValue::TextList(texts) => SqlValue::Text(json!(texts).to_string()),
    };
    query.binds.iter().map(value).collect()
}

/// PostgreSQL is free to choose another index for another estimate, so the table has statistics.
#[cfg(unix)]
#[test]
fn postgresql_uses_the_same_index() -> TestResult {
    let Some(server) = Server::start("plans")? else {
        return Ok(());
    };
    let rows = rows()?;
    let table = TABLE.replace("{TEXT}", "text COLLATE \"C\"").replace(
        "{NUMBERS}",
        &format!("generate_series(0, {}) AS numbers(n)", rows - 1),
    );
    server.answer(&format!("{table} ANALYZE campaigns;"))?;
    for case in cases() {
        let queries = [
            case.written(Dialect::Postgres),
            case.derived(Dialect::Postgres)?,
        ];
        let mut plans = Vec::new();
        let mut results = Vec::new();
        let mut times = [Vec::new(), Vec::new()];
        for (query, times) in queries.iter().zip(&mut times) {
            let arguments: Vec<String> = query
                .binds
                .iter()
                .map(|bind| match bind {
                    BindValue::Text(text) => literal(text),
                    BindValue::Integer(number) => number.to_string(),
                    BindValue::TextList(texts) => literals(texts.iter()),
                })
                .collect();
            let condition = query.condition.replace('?', "$");
            let arguments = arguments.join(", ");
            let prepare = format!("PREPARE asked AS SELECT id FROM campaigns WHERE {condition};");
            let lines = server.answer(&format!(
                "{prepare} EXPLAIN (COSTS OFF) EXECUTE asked({arguments});"
            ))?;
            // The nodes of the plan, without the texts of their conditions.
            let nodes = lines.iter().filter(|line| !line.contains(": "));
            plans.push(nodes.cloned().collect::<Vec<_>>());
            let mut found = server.answer(&format!("{prepare} EXECUTE asked({arguments});"))?;
            found.sort_unstable();
            results.push(found);
            let timed =
                format!("EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) EXECUTE asked({arguments});");
            let lines = server.answer(&format!("{prepare} {}", timed.repeat(21)))?;
            for line in lines {
                if let Some(time) = line.strip_prefix("Execution Time: ") {
                    let milliseconds: f64 = time.trim_end_matches(" ms").parse()?;
                    times.push(Duration::from_secs_f64(milliseconds / 1e3));
                }
            }
        }
        let [written, derived] = plans.as_slice() else {
            return Err("there are two plans".into());
        };
        assert_eq!(derived, written, "{}: {}", case.name, queries[1].condition);
        assert!(
            written.iter().any(|node| node.contains("by_")),
            "no index: {written:?}"
        );
        assert!(!results[0].is_empty(), "{}", case.name);
        assert_eq!(results[1], results[0], "{}", case.name);
        report(case.name, rows, times);
    }
    Ok(())
}
