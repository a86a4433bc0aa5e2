//! The query that compares a mapping with the columns of a database.

use std::collections::BTreeSet;

use pinpoint_iam::context::Context;
use pinpoint_iam::list::{
    BindValue, Column, Columns, Constraint, Dialect, KeyedColumns, Predicate, ResourceColumns,
    StringColumn, TimeUnit, constrain,
};
use pinpoint_iam::mobiletargeting::columns;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Principal, Scope};
use postgres_server::Server;
use rusqlite::{Connection, params_from_iter};
use serde_json::json;

use crate::lists::{TestResult, identity};
use crate::lists_postgres::arguments;

const COMPONENTS: [&str; 5] = ["partition", "service", "region", "account", "resource"];

/// A mapping of these columns, besides those of the ARN.
fn mapping(keys: impl IntoIterator<Item = Column>) -> Columns {
    let columns = Columns::of_components(COMPONENTS);
    let keys = keys.into_iter().enumerate();
    keys.fold(columns, |columns, (number, column)| {
        columns.key(&format!("archive:Key{number}"), column)
    })
}

fn id(name: &str) -> Column {
    Column::text(name)
}

fn seconds(name: &str) -> Column {
    Column::time(name, TimeUnit::Seconds)
}

/// A text column with a sort key, both in the same column.
fn with_key(name: &str) -> Column {
    Column::text("partition").with_number_key(name)
}

/// How a mapping uses a column, the declared type of the column, and the fault.
type Declared = (fn(&str) -> Column, &'static str, Option<&'static str>);

const POSTGRES: [Declared; 43] = [
    (id, "text", None),
    (id, "varchar(10)", None),
    (id, "text COLLATE \"und-x-icu\"", None),
    (id, "text COLLATE \"C\"", None),
    (id, "name_of_owner", None),
    (
        id,
        "text COLLATE \"any case\"",
        Some("has the nondeterministic collation `any case`; use a deterministic one"),
    ),
    (
        id,
        "any_case",
        Some("has the nondeterministic collation `any case`; use a deterministic one"),
    ),
    (
        id,
        "char(3)",
        Some("has the type `character(3)`; its mapping needs `text` or `character varying`"),
    ),
    (
        id,
        "citext",
        Some("has the type `citext`; its mapping needs `text` or `character varying`"),
    ),
    (
        id,
        "integer",
        Some("has the type `integer`; its mapping needs `text` or `character varying`"),
    ),
    (
        id,
        "uuid",
        Some("has the type `uuid`; its mapping needs `text` or `character varying`"),
    ),
    (
        id,
        "jsonb",
        Some("has the type `jsonb`; its mapping needs `text` or `character varying`"),
    ),
    (with_key, "text", None),
    (with_key, "text COLLATE \"any case\"", None),
    (
        with_key,
        "numeric",
        Some("has the type `numeric`; its mapping needs `text` or `character varying`"),
    ),
    (Column::integer, "smallint", None),
    (Column::integer, "integer", None),
    (Column::integer, "bigserial", None),
    (Column::integer, "percent", None),
    (
        Column::integer,
        "text",
        Some("has the type `text`; its mapping needs `bigint` or `integer` or `smallint`"),
    ),
    (
        Column::integer,
        "double precision",
        Some(
            "has the type `double precision`; its mapping needs `bigint` or `integer` or `smallint`",
        ),
    ),
    (
        Column::integer,
        "numeric",
        Some("has the type `numeric`; its mapping needs `bigint` or `integer` or `smallint`"),
    ),
    (seconds, "bigint", None),
    (
        seconds,
        "timestamptz",
        Some(
            "has the type `timestamp with time zone`; its mapping needs `bigint` or `integer` or `smallint`",
        ),
    ),
    (Column::boolean, "boolean", None),
    (
        Column::boolean,
        "integer",
        Some("has the type `integer`; its mapping needs `boolean`"),
    ),
    (Column::numeric, "numeric(10, 2)", None),
    (
        Column::numeric,
        "real",
        Some("has the type `real`; its mapping needs `numeric`"),
    ),
    (
        Column::numeric,
        "text",
        Some("has the type `text`; its mapping needs `numeric`"),
    ),
    (Column::timestamptz, "timestamptz", None),
    (Column::timestamptz, "timestamptz(3)", None),
    (
        Column::timestamptz,
        "timestamp",
        Some(
            "has the type `timestamp without time zone`; its mapping needs `timestamp with time zone`",
        ),
    ),
    (
        Column::timestamptz,
        "date",
        Some("has the type `date`; its mapping needs `timestamp with time zone`"),
    ),
    (Column::timestamp, "timestamp", None),
    (
        Column::timestamp,
        "timestamptz",
        Some(
            "has the type `timestamp with time zone`; its mapping needs `timestamp without time zone`",
        ),
    ),
    (Column::inet, "inet", None),
    (
        Column::inet,
        "cidr",
        Some("has the type `cidr`; its mapping needs `inet`"),
    ),
    (Column::text_list, "text[]", None),
    (Column::text_list, "varchar(5)[]", None),
    (Column::text_list, "labels", None),
    (
        Column::text_list,
        "text[] COLLATE \"any case\"",
        Some("has the nondeterministic collation `any case`; use a deterministic one"),
    ),
    (
        Column::text_list,
        "citext[]",
        Some("has the type `citext[]`; its mapping needs `text[]` or `character varying[]`"),
    ),
    (
        Column::text_list,
        "jsonb",
        Some("has the type `jsonb`; its mapping needs `text[]` or `character varying[]`"),
    ),
];

const SCHEMA: &str = r#"
CREATE EXTENSION citext;
CREATE COLLATION "any case" (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE DOMAIN "name_of_person" AS text CHECK (VALUE <> 'nobody');
CREATE DOMAIN "name_of_owner" AS "name_of_person";
CREATE DOMAIN "any_case" AS text COLLATE "any case";
CREATE DOMAIN "percent" AS integer CHECK (VALUE <= 100);
CREATE DOMAIN "labels" AS text[];
"#;

#[test]
fn postgresql_reports_columns_of_other_types() -> TestResult {
    let Some(server) = Server::start("lists-columns")? else {
        return Ok(());
    };
    let name = |number: usize| format!("a'b\"c\\{number}");
    let declared = POSTGRES
        .iter()
        .enumerate()
        .map(|(number, (_, declared, _))| {
            format!(", \"{}\" {declared}", name(number).replace('"', "\"\""))
        });
    let declared: String = declared.collect();
    let components = COMPONENTS.map(|name| format!("\"{name}\" text")).join(", ");
    let table = "archive.of \"documents\"";
    let quoted = r#""archive"."of ""documents""""#;
    let mut script = format!(
        "{SCHEMA}CREATE SCHEMA \"archive\"; CREATE TABLE {quoted} ({components}{declared});\n\
         CREATE VIEW \"shown\" AS SELECT * FROM {quoted};\n"
    );
    let keys = POSTGRES.iter().enumerate();
    let keys = keys.map(|(number, (column, ..))| column(&name(number)));
    let columns = mapping(keys);
    // A backslash in a name is a backslash, whatever the settings of the session are.
    for (setting, table) in [("on", table), ("off", table), ("on", "shown")] {
        script.push_str(&format!(
            "SET standard_conforming_strings = {setting}; {};\n",
            columns.check_sql(Dialect::Postgres, &[table])?
        ));
    }
    let answers: Vec<String> = server.answer(&script)?;
    let expected = POSTGRES
        .iter()
        .enumerate()
        .filter_map(|(number, (.., fault))| Some(format!("{}|{}", name(number), (*fault)?)));
    let expected: BTreeSet<String> = expected.collect();
    assert_eq!(answers.len(), 3 * expected.len());
    for answers in answers.chunks(expected.len()) {
        let answers: BTreeSet<String> = answers.iter().cloned().collect();
        assert_eq!(answers, expected);
    }
    Ok(())
}

#[test]
fn postgresql_reports_columns_that_do_not_exist_and_ids_that_are_null() -> TestResult {
    let Some(server) = Server::start("lists-columns")? else {
        return Ok(());
    };
    let declared = COMPONENTS.map(|name| format!("\"{name}\" text")).join(", ");
    let ask = |columns: &Columns, tables: &[&str]| -> TestResult<_> {
        server.answer(&columns.check_sql(Dialect::Postgres, tables)?)
    };
    server.answer(&format!(
        "CREATE TABLE documents ({declared}, \"Owner\" text, gone text);\n\
         ALTER TABLE documents DROP COLUMN gone; CREATE TABLE folders (path char(4));"
    ))?;
    let columns = mapping(["Owner", "owner", "gone", "xmin"].map(Column::text));
    let missing = "the table has no such column";
    let mut answers = ask(&columns, &["documents"])?;
    answers.sort_unstable();
    assert_eq!(
        answers,
        ["gone", "owner", "xmin"].map(|name| format!("{name}|{missing}"))
    );
    // Joined tables.
    let joined = columns::Campaign {
        application_id: "d.region",
        campaign_id: "d.resource",
        tags: KeyedColumns::nowhere().with("path", StringColumn::text("folders.path")),
    };
    let sql = joined.check_sql(
        Dialect::Postgres,
        &["public.documents AS d", "public.folders"],
    )?;
    assert_eq!(
        server.answer(&sql)?,
        [
            "folders.path|has the type `character(4)`; its mapping needs `text` or `character varying`"
        ]
    );
    // An empty id is not NULL.
    server.answer("INSERT INTO documents VALUES ('aws', 'archive', '', '1', 'd1');")?;
    assert_eq!(ask(&mapping([]), &["documents"])?, [""; 0]);
    server.answer("INSERT INTO documents VALUES ('aws', 'archive', NULL, '1', 'd1');")?;
    assert_eq!(
        ask(&mapping([]), &["documents"])?,
        ["region|contains NULL, and ids are never NULL"]
    );
    Ok(())
}

#[test]
fn postgresql_reports_other_encodings() -> TestResult {
    let Some(server) = Server::start("lists-columns")? else {
        return Ok(());
    };
    let sql = columns::Campaign {
        application_id: "a",
        campaign_id: "b",
        tags: KeyedColumns::nowhere(),
    }
    .check_sql(Dialect::Postgres, &["t"])?;
    let answers = server.answer(&format!(
        "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0;\n\
         \\connect latin\nCREATE TABLE t (a text, b text);\n{sql};"
    ))?;
    assert_eq!(
        answers,
        ["every column|the encoding of the database is `LATIN1`; use `UTF8`"]
    );
    Ok(())
}

const NOT_TEXT: Option<&str> = Some("has another affinity than `TEXT`");
const NOT_NUMBER: Option<&str> = Some("has another affinity than `INTEGER` or `NUMERIC`");
const NOT_BINARY: Option<&str> = Some("has another collation than `BINARY`");
const NOT_WHOLE: Option<&str> = Some("contains values that are not whole numbers");
const NOT_TEXTS: Option<&str> = Some("contains values that are not texts");
const NOT_LISTS: Option<&str> = Some("contains values that are not JSON arrays of texts");
const NOT_BOOLEAN: Option<&str> = Some("contains values other than 0 and 1");
const HAS_NUL: Option<&str> = Some("contains the character U+0000; declare it with `with_nul`");

fn with_nul(name: &str) -> Column {
    Column::text(name).with_nul()
}

/// How a mapping uses a column, its declared type, one value in it, and the fault.
type Stored = (
    fn(&str) -> Column,
    &'static str,
    &'static str,
    Option<&'static str>,
);

const SQLITE: [Stored; 51] = [
    (id, "TEXT", "'ana'", None),
    (id, "VARCHAR(10) NOT NULL", "'ana'", None),
    (id, "TEXT", "NULL", None),
    (id, "TEXT", "''", None),
    // Stored as a text.
    (id, "CLOB", "7.5", None),
    (id, "TEXT COLLATE BINARY", "'ana'", None),
    (id, "TEXT COLLATE NOCASE", "'ana'", NOT_BINARY),
    (id, "TEXT COLLATE RTRIM", "'ana'", NOT_BINARY),
    (id, "TEXT COLLATE accents", "'ana'", NOT_BINARY),
    (id, "TEXT", "x'616e61'", NOT_TEXTS),
    (id, "TEXT", "CAST(x'610062' AS TEXT)", HAS_NUL),
    (with_nul, "TEXT", "CAST(x'610062' AS TEXT)", None),
    (with_nul, "TEXT", "x'00'", NOT_TEXTS),
    // The value `07` would be stored as 7.
    (id, "", "'07'", NOT_TEXT),
    (id, "BLOB", "'07'", NOT_TEXT),
    (id, "INTEGER", "7", NOT_TEXT),
    (id, "STRING", "'ana'", NOT_TEXT),
    (id, "UUID", "'ana'", NOT_TEXT),
    (id, "CHARINT", "'ana'", NOT_TEXT),
    (id, "REAL", "'ana'", NOT_TEXT),
    (with_key, "TEXT COLLATE NOCASE", "'ana'", None),
    (with_key, "INTEGER", "7", NOT_TEXT),
    (with_key, "TEXT", "x'07'", NOT_TEXTS),
    (Column::integer, "INTEGER", "7", None),
    (Column::integer, "BIGINT", "NULL", None),
    (Column::integer, "DECIMAL(10, 0)", "7", None),
    (Column::integer, "INTEGER", "7.0", None),
    (Column::integer, "INTEGER", "7.5", NOT_WHOLE),
    (Column::integer, "INTEGER", "'7x'", NOT_WHOLE),
    (Column::integer, "INTEGER", "x'07'", NOT_WHOLE),
    (Column::integer, "REAL", "7", NOT_NUMBER),
    (Column::integer, "DOUBLE PRECISION", "7", NOT_NUMBER),
    (Column::integer, "FLOAT", "7", NOT_NUMBER),
    (Column::integer, "TEXT", "7", NOT_NUMBER),
    (Column::integer, "", "7", NOT_NUMBER),
    (seconds, "INTEGER", "1767225600", None),
    (seconds, "DATETIME", "1767225600", None),
    (seconds, "DATETIME", "'2026-01-01'", NOT_WHOLE),
    (seconds, "INTEGER", "1767225600.5", NOT_WHOLE),
    (Column::boolean, "BOOLEAN", "1", None),
    (Column::boolean, "INTEGER", "TRUE", None),
    (Column::boolean, "INTEGER", "NULL", None),
    (Column::boolean, "INTEGER", "2", NOT_BOOLEAN),
    (Column::boolean, "BOOLEAN", "'true'", NOT_BOOLEAN),
    (Column::text_list, "TEXT", "'[\"a\", \"\"]'", None),
    (Column::text_list, "TEXT", "'[]'", None),
    (Column::text_list, "TEXT COLLATE NOCASE", "NULL", None),
    (Column::text_list, "TEXT", "'[\"a\", null]'", NOT_LISTS),
    (Column::text_list, "TEXT", "'[7]'", NOT_LISTS),
    (Column::text_list, "TEXT", "'{\"a\": \"b\"}'", NOT_LISTS),
    (Column::text_list, "TEXT", "'a, b'", NOT_LISTS),
];

/// Returns the rows of a check in SQLite.
fn faults(database: &Connection, sql: &str) -> TestResult<BTreeSet<(String, String)>> {
    let mut statement = database.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[test]
fn sqlite_reports_columns_of_other_types_and_their_values() -> TestResult {
    let database = Connection::open_in_memory()?;
    // Compares without accents.
    database.create_collation("accents", |one, other| {
        let plain = |text: &str| text.replace('\u{e9}', "e");
        plain(one).cmp(&plain(other))
    })?;
    let name = |number: usize| format!("a'b`c\"{number}");
    let table = "main.of `documents`";
    let quoted = "main.`of ``documents```";
    let components = COMPONENTS.map(|name| format!("`{name}` TEXT")).join(", ");
    let (mut declared, mut values) = (components, vec!["''"; COMPONENTS.len()]);
    for (number, (_, type_name, value, _)) in SQLITE.iter().enumerate() {
        declared.push_str(&format!(
            ", `{}` {type_name}",
            name(number).replace('`', "``")
        ));
        values.push(value);
    }
    database.execute_batch(&format!(
        "CREATE TABLE {quoted} ({declared}); INSERT INTO {quoted} VALUES ({});",
        values.join(", ")
    ))?;
    let keys = SQLITE.iter().enumerate();
    let columns = mapping(keys.map(|(number, (column, ..))| column(&name(number))));
    let expected = SQLITE.iter().enumerate();
    let expected = expected
        .filter_map(|(number, (.., fault))| Some((name(number), (*fault)?.to_owned())))
        .collect();
    let sql = columns.check_sql(Dialect::Sqlite, &[table])?;
    assert_eq!(faults(&database, &sql)?, expected);
    Ok(())
}

#[test]
fn sqlite_reports_the_columns_of_views_and_ids_that_are_null() -> TestResult {
    let database = Connection::open_in_memory()?;
    database.execute_batch(
        "CREATE TABLE documents (id INTEGER PRIMARY KEY, folder TEXT, owner TEXT COLLATE NOCASE);
         CREATE VIEW shown AS SELECT CAST(id AS TEXT) AS id, id AS number, folder, owner FROM documents;
         INSERT INTO documents VALUES (7, 'f1', 'ana');",
    )?;
    let campaign = |id, tag| {
        columns::Campaign {
            application_id: "d.folder",
            campaign_id: id,
            tags: KeyedColumns::nowhere().with("owner", StringColumn::text(tag)),
        }
        .check_sql(Dialect::Sqlite, &["shown AS d"])
    };
    let owned = |column: &str, fault: &str| (column.to_owned(), fault.to_owned());
    let good = campaign("d.id", "d.folder")?;
    assert_eq!(faults(&database, &good)?, BTreeSet::new());
    assert_eq!(
        faults(&database, &campaign("d.number", "d.owner")?)?,
        BTreeSet::from([
            owned("d.number", "has another affinity than `TEXT`"),
            owned("d.owner", "has another collation than `BINARY`"),
        ])
    );
    database.execute_batch("INSERT INTO documents VALUES (8, NULL, NULL);")?;
    assert_eq!(
        faults(&database, &good)?,
        BTreeSet::from([owned("d.folder", "contains NULL, and ids are never NULL")])
    );
    // SQLite itself reports a name that does not exist.
    assert!(faults(&database, &campaign("d.missing", "d.owner")?).is_err());
    // `rowid` is not a column of the mapping's types.
    let rowid = columns::Campaign {
        application_id: "folder",
        campaign_id: "rowid",
        tags: KeyedColumns::nowhere(),
    };
    let found = faults(
        &database,
        &rowid.check_sql(Dialect::Sqlite, &["documents"])?,
    )?;
    assert!(
        found.contains(&owned("rowid", "the table has no such column")),
        "{found:?}"
    );
    Ok(())
}

#[test]
fn a_check_that_would_leave_out_a_column_is_an_error() {
    let columns = mapping([Column::text("d.owner")]);
    let numbers = mapping([Column::numeric("price")]);
    for (columns, dialect, tables, message) in [
        (
            &columns,
            Dialect::Postgres,
            &["documents"][..],
            "the column `d.owner` is in none of the tables; pass its table, with `AS` and the name that qualifies the column",
        ),
        (
            &columns,
            Dialect::Sqlite,
            &["documents AS d", "folders"],
            "the column `account` is in none of the tables; pass its table, with `AS` and the name that qualifies the column",
        ),
        (
            &columns,
            Dialect::Sqlite,
            &[],
            "the column `account` is in none of the tables; pass its table, with `AS` and the name that qualifies the column",
        ),
        (
            &columns,
            Dialect::Postgres,
            &["a..b"],
            "`a..b` cannot be the name of a column here",
        ),
        (
            &numbers,
            Dialect::Sqlite,
            &["documents"],
            "the column `price` has the type `numeric`, which SQLite does not have; use a text column with a sort key",
        ),
    ] {
        let error = columns.check_sql(dialect, tables).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

/// The rows of ids that are numbers, with their texts in a generated column.
const NUMBERS: &str = "INSERT INTO campaigns (application, id) VALUES (7, 1), (70, 2), (8, 3);";

/// Returns the predicate of policies that allow the campaigns of these applications.
fn of_applications(pattern: &str) -> TestResult<Predicate> {
    let resource = format!("arn:aws:mobiletargeting:*:*:apps/{pattern}/campaigns/*");
    let policies = identity(&json!({"Effect": "Allow", "Action": "*", "Resource": resource}))?;
    let principal = Principal::from_arn("arn:aws:iam::111122223333:user/ana")?;
    let (context, action) = (
        Context::new(),
        RequestedAction::parse("mobiletargeting:GetCampaign")?,
    );
    let request = Request::new(&principal, action, RequestedResource::All, &context);
    let columns = generated_ids().to_columns(&Scope::new("aws", "us-east-1", "111122223333"))?;
    match constrain(&policies.stack(), &request, &columns)? {
        Constraint::Where(predicate) => Ok(predicate),
        other => Err(format!("{other:?}").into()),
    }
}

const fn generated_ids() -> columns::Campaign {
    columns::Campaign {
        application_id: "application_text",
        campaign_id: "id_text",
        tags: KeyedColumns::nowhere(),
    }
}

/// Patterns of ids, and the numbers of the rows that they select.
const PATTERNS: [(&str, &[i64]); 5] = [
    ("7", &[1]),
    ("7*", &[1, 2]),
    ("?", &[1, 3]),
    ("07", &[]),
    ("7.0", &[]),
];

#[test]
fn ids_that_are_numbers_are_compared_by_a_generated_column() -> TestResult {
    let database = Connection::open_in_memory()?;
    database.execute_batch(&format!(
        "CREATE TABLE campaigns (application INTEGER, id INTEGER PRIMARY KEY);
         ALTER TABLE campaigns ADD COLUMN application_text TEXT GENERATED ALWAYS AS (CAST(application AS TEXT)) VIRTUAL;
         ALTER TABLE campaigns ADD COLUMN id_text TEXT GENERATED ALWAYS AS (CAST(id AS TEXT)) VIRTUAL;
         CREATE INDEX by_application ON campaigns (application_text);
         {NUMBERS}"
    ))?;
    let check = generated_ids().check_sql(Dialect::Sqlite, &["campaigns"])?;
    assert_eq!(faults(&database, &check)?, BTreeSet::new());
    for (pattern, expected) in PATTERNS {
        let (sql, binds) = of_applications(pattern)?.to_sql(Dialect::Sqlite, 1)?;
        let mut statement =
            database.prepare(&format!("SELECT id FROM campaigns WHERE {sql} ORDER BY id"))?;
        let binds = binds.into_iter().map(|bind| match bind {
            BindValue::Text(text) => rusqlite::types::Value::Text(text),
            BindValue::Integer(number) => rusqlite::types::Value::Integer(number),
            BindValue::TextList(_) => rusqlite::types::Value::Null,
        });
        let rows = statement.query_map(params_from_iter(binds), |row| row.get::<_, i64>(0))?;
        assert_eq!(rows.collect::<Result<Vec<_>, _>>()?, expected, "{pattern}");
    }
    Ok(())
}

#[test]
fn ids_that_are_numbers_or_uuids_are_compared_by_a_generated_column() -> TestResult {
    let Some(server) = Server::start("lists-columns")? else {
        return Ok(());
    };
    let made = "CREATE TABLE campaigns (application bigint, id bigint PRIMARY KEY,
         application_text text GENERATED ALWAYS AS (application::text) STORED,
         id_text text GENERATED ALWAYS AS (id::text) STORED);
         CREATE INDEX ON campaigns (application_text);";
    server.answer(&format!("{made}{NUMBERS}"))?;
    let check = generated_ids().check_sql(Dialect::Postgres, &["campaigns"])?;
    assert_eq!(server.answer(&check)?, [""; 0]);
    let select = |predicate: &Predicate| -> TestResult<Vec<String>> {
        let (sql, binds) = predicate.to_sql(Dialect::Postgres, 1)?;
        server.answer(&format!(
            "PREPARE ids AS SELECT id FROM campaigns WHERE {sql} ORDER BY id;\nEXECUTE ids{};",
            arguments(&binds)
        ))
    };
    for (pattern, expected) in PATTERNS {
        let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(select(&of_applications(pattern)?)?, expected, "{pattern}");
    }
    // A UUID is written in lower case, with hyphens.
    let one = "6f1c2d34-0000-4000-8000-0123456789ab";
    server.answer(&format!(
        "DROP TABLE campaigns; {}
         INSERT INTO campaigns (application, id) VALUES ('{}', 1), (gen_random_uuid(), 2);",
        made.replace("application bigint", "application uuid"),
        one.to_ascii_uppercase().replace('-', "")
    ))?;
    assert_eq!(server.answer(&check)?, [""; 0]);
    for (pattern, expected) in [
        (one, &["1"][..]),
        ("6f1c2d34-*", &["1"]),
        ("6F1C2D34-*", &[]),
    ] {
        assert_eq!(select(&of_applications(pattern)?)?, expected, "{pattern}");
    }
    Ok(())
}
