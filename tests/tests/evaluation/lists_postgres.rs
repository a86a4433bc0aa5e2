//! Lists on PostgreSQL: the same rows as on SQLite, with the collations C and ICU.
//!
//! The test starts a server of its own. Without PostgreSQL it prints that it is skipped, unless `PINPOINT_IAM_POSTGRES` is
//! `required`.

use std::error::Error;
use std::fmt::Write as _;

use pinpoint_iam::context::Context;
use pinpoint_iam::guard::{ListRow, PageQuery};
use pinpoint_iam::list::{BindValue, Dialect, KeyedColumns, OwnedCell, Predicate, StringColumn};
use pinpoint_iam::mobiletargeting::{Campaign, GetCampaign, columns};
use pinpoint_iam::policy::Document;
use pinpoint_iam::resource::InvalidId;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Denied, Guard, Policy, Principal, Scope};
use pinpoint_iam_tests::select::Table;
use postgres_server::Server;
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, params_from_iter};

use crate::lists::{
    Random, TestResult, identity, predicate, random_policies, random_rows, special_characters,
    statements, tables,
};

const COLLATIONS: [&str; 2] = ["C", "und-x-icu"];

/// A text as a literal.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

pub(crate) fn literals<'t>(texts: impl Iterator<Item = &'t String>) -> String {
    let texts: Vec<String> = texts.map(|text| literal(text)).collect();
    format!("CAST(ARRAY[{}] AS text[])", texts.join(", "))
}

/// The statements that make a table of rows, whose texts have the collation.
pub(crate) fn made(name: &str, collation: &str, table: &Table) -> String {
    let mut declared = vec!["\"place\" integer".to_owned()];
    for column in table.names() {
        let cells = table.cells(column);
        let type_name = match cells.iter().find(|cell| ***cell != OwnedCell::Null) {
            Some(OwnedCell::Integer(_)) => "bigint".to_owned(),
            Some(OwnedCell::Bool(_)) => "boolean".to_owned(),
            Some(OwnedCell::List(_)) => format!("text[] COLLATE \"{collation}\""),
            _ => format!("text COLLATE \"{collation}\""),
        };
        declared.push(format!("\"{column}\" {type_name}"));
    }
    let mut statements = format!("CREATE TABLE \"{name}\" ({});\n", declared.join(", "));
    for place in 0..table.rows.len() {
        let values = table
            .names()
            .map(|column| match table.cells(column).get(place) {
                None | Some(OwnedCell::Null) => "NULL".to_owned(),
                Some(OwnedCell::Text(text)) => literal(text),
                Some(OwnedCell::Integer(number)) => number.to_string(),
                Some(OwnedCell::Bool(value)) => value.to_string(),
                Some(OwnedCell::List(elements)) => literals(elements.iter()),
                Some(other) => literal(&format!("{other:?}")),
            });
        let values: Vec<String> = values.collect();
        // INVARIANT: writing to a text does not fail.
        let _ = writeln!(
            statements,
            "INSERT INTO \"{name}\" VALUES ({place}, {});",
            values.join(", ")
        );
    }
    statements
}

/// The values of a prepared statement, in parentheses.
pub(crate) fn arguments(binds: &[BindValue]) -> String {
    let binds: Vec<String> = binds
        .iter()
        .map(|bind| match bind {
            BindValue::Text(text) => literal(text),
            BindValue::Integer(number) => number.to_string(),
            BindValue::TextList(texts) => literals(texts.iter()),
        })
        .collect();
    if binds.is_empty() {
        String::new()
    } else {
        format!("({})", binds.join(", "))
    }
}

/// The statements that print the places of the rows that a predicate selects, after a label.
pub(crate) fn selected(table: &str, label: &str, predicate: &Predicate) -> TestResult<String> {
    let (sql, binds) = predicate.to_sql(Dialect::Postgres, 1)?;
    let arguments = arguments(&binds);
    Ok(format!(
        "PREPARE selected AS SELECT '{label}', string_agg(\"place\"::text, ',' ORDER BY \"place\") FROM \"{table}\" WHERE {sql};\n\
         EXECUTE selected{arguments};\nDEALLOCATE selected;\n"
    ))
}

/// Asks the server about predicates of tables, and compares its rows with those of SQLite.
fn compare(server: &Server, tables: &[Table], predicates: &[(usize, Predicate)]) -> TestResult {
    let mut script = String::new();
    for (number, table) in tables.iter().enumerate() {
        for collation in COLLATIONS {
            script.push_str(&made(
                &format!("table {number} {collation}"),
                collation,
                table,
            ));
        }
    }
    let mut expected = Vec::new();
    for (number, predicate) in predicates {
        let table = tables.get(*number).ok_or("no table")?;
        let places: Vec<String> = table
            .select(predicate)?
            .iter()
            .map(ToString::to_string)
            .collect();
        for collation in COLLATIONS {
            let label = format!("{}", expected.len());
            script.push_str(&selected(
                &format!("table {number} {collation}"),
                &label,
                predicate,
            )?);
            expected.push((format!("{label}|{}", places.join(",")), predicate));
        }
    }
    let answers = server.answer(&script)?;
    assert_eq!(answers.len(), expected.len());
    for (answer, (expected, predicate)) in answers.iter().zip(&expected) {
        assert_eq!(
            answer, expected,
            "PostgreSQL and SQLite differ: {predicate}"
        );
    }
    Ok(())
}

#[test]
fn postgresql_selects_the_rows_that_sqlite_selects() -> TestResult {
    let Some(server) = Server::start("lists")? else {
        return Ok(());
    };
    // PostgreSQL has no U+0000.
    let of_operators: Vec<Table> = tables()?
        .into_iter()
        .filter(|(name, _)| !name.contains("U+0000"))
        .map(|(_, table)| table)
        .collect();
    let mut predicates = Vec::new();
    for (_, statements) in statements() {
        let policies = identity(&statements)?;
        for (number, table) in of_operators.iter().enumerate() {
            if let Some(predicate) = predicate(&policies, table)?
                && !predicates.contains(&(number, predicate.clone()))
            {
                predicates.push((number, predicate));
            }
        }
    }
    assert!(predicates.len() > 300, "{}", predicates.len());
    compare(&server, &of_operators, &predicates)?;
    server.answer("DROP SCHEMA public CASCADE; CREATE SCHEMA public;")?;

    let (table, all) = special_characters()?;
    let mut predicates = Vec::new();
    for statements in &all {
        let found = predicate(&identity(statements)?, &table)?;
        predicates.extend(found.map(|predicate| (0, predicate)));
    }
    compare(&server, &[table], &predicates)?;
    server.answer("DROP SCHEMA public CASCADE; CREATE SCHEMA public;")?;

    let mut random = Random(0x5eed_0000_0013);
    let table = Table::of(random_rows(&mut random, 50)?)?;
    let mut predicates = Vec::new();
    while predicates.len() < 500 {
        let policies = random_policies(&mut random)?;
        predicates.extend(predicate(&policies, &table)?.map(|predicate| (0, predicate)));
    }
    compare(&server, &[table], &predicates)
}

/// The row of a campaign, sorted by its id.
struct Row(String);

impl ListRow for Row {
    type Resource = Campaign;
    type Key = String;

    fn resource(&self) -> Result<Campaign, InvalidId> {
        Campaign::new("a1", &self.0)
    }

    fn key(&self) -> String {
        self.0.clone()
    }
}

/// The error of a page: a denial, or an error of the database.
#[derive(Debug)]
enum PageError {
    Denied(Denied),
    Database(Box<dyn Error>),
}

impl From<Denied> for PageError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

/// The condition of a page, whose placeholders start after those of the query, and all values of the query.
fn filter(query: &PageQuery<String>, dialect: Dialect) -> TestResult<(String, Vec<BindValue>)> {
    let after = query.after.clone().unwrap_or_default();
    let own = [
        BindValue::Text(after),
        BindValue::Integer(i64::try_from(query.limit)?),
    ];
    let (sql, binds) = match &query.filter {
        Some(filter) => filter.to_sql(dialect, 3)?,
        None => ("1 = 1".to_owned(), Vec::new()),
    };
    Ok((sql, own.into_iter().chain(binds).collect()))
}

/// The ids of all pages, in their order.
async fn pages(
    guard: &Guard<'_>,
    size: usize,
    fetch: &dyn Fn(&PageQuery<String>) -> TestResult<Vec<String>>,
) -> Result<Vec<String>, PageError> {
    let mapping = columns::Campaign {
        application_id: "app",
        campaign_id: "id",
        tags: KeyedColumns::nowhere().with("stage", StringColumn::text("stage")),
    };
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let fetch = |query: PageQuery<String>| {
            let rows = fetch(&query).map(|ids| ids.into_iter().map(Row).collect());
            std::future::ready(rows.map_err(PageError::Database))
        };
        let page = guard.filter_page(GetCampaign, &mapping, size, after, fetch);
        let page = page.await?;
        ids.extend(page.rows.into_iter().map(|row| row.0));
        after = page.next;
        if after.is_none() {
            return Ok(ids);
        }
    }
}

/// Ids in the order of their bytes, which is the order of no language.
const SORTED: [&str; 9] = ["10", "9", "A", "B", "Z", "_a", "a", "a-b", "b"];

#[tokio::test]
async fn pages_have_the_order_of_bytes_over_every_collation() -> TestResult {
    let Some(server) = Server::start("lists-pages")? else {
        return Ok(());
    };
    let document = Document::parse(
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "mobiletargeting:GetCampaign", "Resource": "arn:aws:mobiletargeting:*:*:apps/a1/*"},
            {"Effect": "Deny", "Action": "*", "Resource": "*",
             "Condition": {"StringEquals": {"aws:ResourceTag/stage": "secret"}}}]}"#,
    )?;
    let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
    let mut store = PolicyStore::new();
    let user = store.identity("arn:aws:iam::123456789012:user/ana")?;
    user.attach(Policy::new("reader", document));
    let authorizer = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "123456789012"))
        .source(store)
        .warn_about_keys_without_source()
        .build()?;
    let context = Context::new();
    let guard = authorizer.guard(&ana, &context);

    let inserted: String = SORTED
        .iter()
        .rev()
        .map(|id| {
            format!("INSERT INTO campaigns VALUES ('a1', '{id}', NULL), ('a1', '{id}s', 'secret');")
        })
        .collect();
    let database = Connection::open_in_memory()?;
    database.execute_batch(&format!(
        "CREATE TABLE campaigns (app TEXT, id TEXT, stage TEXT); {inserted}"
    ))?;
    let by_sqlite = |query: &PageQuery<String>| -> TestResult<Vec<String>> {
        let (sql, binds) = filter(query, Dialect::Sqlite)?;
        let sql = format!("SELECT id FROM campaigns WHERE id > ?1 AND {sql} ORDER BY id LIMIT ?2");
        let binds = binds.into_iter().map(|bind| match bind {
            BindValue::Text(text) => SqlValue::Text(text),
            BindValue::Integer(number) => SqlValue::Integer(number),
            BindValue::TextList(_) => SqlValue::Null,
        });
        let mut statement = database.prepare(&sql)?;
        let ids = statement.query_map(params_from_iter(binds), |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    };
    for size in [1, 2, 5, 20] {
        let found = pages(&guard, size, &by_sqlite).await;
        assert_eq!(
            found.map_err(|error| format!("{error:?}"))?,
            SORTED,
            "SQLite"
        );
    }
    for collation in COLLATIONS {
        server.answer(&format!(
            "DROP TABLE IF EXISTS campaigns; CREATE TABLE campaigns (app text, id text COLLATE \"{collation}\", stage text); {inserted}"
        ))?;
        let by_postgres = |query: &PageQuery<String>, order: &str| -> TestResult<Vec<String>> {
            let (sql, binds) = filter(query, Dialect::Postgres)?;
            server.answer(&format!(
                "PREPARE page (text, bigint) AS SELECT id FROM campaigns WHERE id {order} > $1 AND {sql} ORDER BY id {order} LIMIT $2;\n\
                 EXECUTE page{};",
                arguments(&binds)
            ))
        };
        for size in [1, 2, 5, 20] {
            let by_bytes = |query: &PageQuery<String>| by_postgres(query, "COLLATE \"C\"");
            let found = pages(&guard, size, &by_bytes).await;
            let found = found.map_err(|error| format!("{error:?}"))?;
            assert_eq!(found, SORTED, "{collation}");
            // Without the collation, the order is that of the column.
            let by_column = |query: &PageQuery<String>| by_postgres(query, "");
            match pages(&guard, size, &by_column).await {
                Ok(found) => assert_eq!(
                    (found.as_slice(), collation),
                    (&SORTED.map(str::to_owned)[..], "C")
                ),
                Err(PageError::Denied(denied)) => {
                    assert_eq!(collation, "und-x-icu");
                    assert_eq!(denied.status(), 500);
                    let reason = denied.reason().to_string();
                    assert!(reason.contains("`ORDER BY key COLLATE \"C\"`"), "{reason}");
                }
                Err(PageError::Database(error)) => return Err(error),
            }
        }
    }
    Ok(())
}
