//! Lists on PostgreSQL: the same rows as on SQLite, with the collations C and ICU.
//!
//! The test starts a server of its own. Without PostgreSQL it prints that it is skipped, unless `PINPOINT_IAM_POSTGRES` is
//! `required`.

use std::fmt::Write as _;

use pinpoint_iam::list::{BindValue, Dialect, OwnedCell, Predicate};
use pinpoint_iam_tests::select::Table;
use postgres_server::Server;

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
