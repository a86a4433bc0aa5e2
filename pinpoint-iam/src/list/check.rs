//! Queries that compare a mapping with the columns of a database.
//!
//! A predicate is exact only over columns of the types that the mapping declares. No database reports a column of
//! another type: a `timestamp` that is compared as a `timestamptz` is converted by the time zone of the session.

use std::collections::BTreeSet;

use super::columns::{Column, ColumnKind, InvalidName, Keys};
use super::error::ListError;
use super::native::NativeType;
use super::sql::{Dialect, quoted};

/// A column of the database, and how predicates use it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Used {
    name: Box<str>,
    usage: Usage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Usage {
    /// A part of the ARN.
    Id,
    Text {
        may_hold_nul: bool,
    },
    /// The sort key of a text, which is always compared byte by byte.
    SortKey,
    Integer,
    Boolean,
    TextList,
    Native(NativeType),
}

impl Used {
    pub(super) fn id(name: &str) -> Self {
        Self {
            name: name.into(),
            usage: Usage::Id,
        }
    }
}

impl Column {
    /// Adds the columns of the database that contain the key.
    pub(super) fn add_used(&self, all: &mut BTreeSet<Used>) {
        let mut add = |name: &str, usage| {
            all.insert(Used {
                name: name.into(),
                usage,
            });
        };
        match &self.kind {
            ColumnKind::Text { name, keys } => {
                let may_hold_nul = self.may_hold_nul;
                add(name, Usage::Text { may_hold_nul });
                let Keys {
                    number,
                    date,
                    address,
                } = keys;
                for key in [number, date, address].into_iter().flatten() {
                    add(key, Usage::SortKey);
                }
            }
            ColumnKind::Integer(name) | ColumnKind::Time(name, _) => add(name, Usage::Integer),
            ColumnKind::Boolean(name) => add(name, Usage::Boolean),
            ColumnKind::Native(name, native) => add(name, Usage::Native(*native)),
            ColumnKind::TextList { name, .. } => add(name, Usage::TextList),
            ColumnKind::Nowhere => {}
        }
    }
}

impl Usage {
    /// Returns the types of PostgreSQL that a column can have.
    const fn postgres_types(self) -> &'static [&'static str] {
        match self {
            Self::Id | Self::Text { .. } | Self::SortKey => &["text", "character varying"],
            Self::Integer => &["bigint", "integer", "smallint"],
            Self::Boolean => &["boolean"],
            Self::TextList => &["text[]", "character varying[]"],
            Self::Native(NativeType::Numeric) => &["numeric"],
            Self::Native(NativeType::Timestamptz) => &["timestamp with time zone"],
            Self::Native(NativeType::Timestamp) => &["timestamp without time zone"],
            Self::Native(NativeType::Inet) => &["inet"],
        }
    }

    /// Returns the affinities of SQLite that a column can have. `INTEGER` and `NUMERIC` differ only in casts.
    const fn affinities(self) -> &'static [&'static str] {
        match self {
            Self::Id | Self::Text { .. } | Self::SortKey | Self::TextList => &["TEXT"],
            Self::Integer | Self::Boolean | Self::Native(_) => &["INTEGER", "NUMERIC"],
        }
    }

    /// Whether predicates compare the column by its own collation.
    const fn has_collation(self) -> bool {
        matches!(self, Self::Id | Self::Text { .. } | Self::TextList)
    }
}

/// A table of a query, and the name by which columns are qualified.
struct From<'t> {
    table: &'t str,
    alias: Option<&'t str>,
}

impl<'t> From<'t> {
    fn parse(text: &'t str) -> Self {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            [table, word, alias] if word.eq_ignore_ascii_case("as") => Self {
                table,
                alias: Some(alias),
            },
            _ => Self {
                table: text,
                alias: None,
            },
        }
    }

    /// Whether `qualifier` refers to this table.
    fn is(&self, qualifier: &str) -> bool {
        match self.alias {
            Some(alias) => alias == qualifier,
            None => {
                let last = self.table.rsplit('.').next();
                self.table == qualifier || last == Some(qualifier)
            }
        }
    }
}

/// A column in its table.
struct Place<'c> {
    column: &'c Used,
    table: &'c str,
    name: &'c str,
}

/// Returns the query whose rows are the faults of the columns.
pub(super) fn check_sql(
    columns: &BTreeSet<Used>,
    dialect: Dialect,
    tables: &[&str],
) -> Result<String, ListError> {
    let tables: Vec<From<'_>> = tables.iter().map(|table| From::parse(table)).collect();
    let names = tables.iter().map(|from| from.table);
    for name in names.chain(columns.iter().map(|column| &*column.name)) {
        if name.contains('\0') || name.split('.').any(str::is_empty) {
            return Err(InvalidName(name.to_owned()).into());
        }
    }
    let mut places = Vec::new();
    for column in columns {
        if let (Dialect::Sqlite, Usage::Native(native)) = (dialect, column.usage) {
            return Err(ListError::not_in_sqlite(&column.name, native.name()));
        }
        let (table, name) = match (column.name.rsplit_once('.'), tables.as_slice()) {
            (None, [only]) => (Some(only), &*column.name),
            (None, _) => (None, &*column.name),
            (Some((qualifier, name)), tables) => {
                (tables.iter().find(|from| from.is(qualifier)), name)
            }
        };
        let table = table.ok_or_else(|| ListError::without_table(&column.name))?;
        places.push(Place {
            column,
            table: table.table,
            name,
        });
    }
    Ok(match dialect {
        Dialect::Postgres => postgres(&places),
        Dialect::Sqlite => sqlite(&places),
    })
}

/// Returns a text as a literal. Only names are written as literals, never values.
fn literal(dialect: Dialect, text: &str) -> String {
    let text = text.replace('\'', "''");
    match dialect {
        // The meaning of a backslash does not depend on the settings of the session.
        Dialect::Postgres => format!("E'{}'", text.replace('\\', "\\\\")),
        Dialect::Sqlite => format!("'{text}'"),
    }
}

fn literals(dialect: Dialect, texts: impl IntoIterator<Item = String>) -> String {
    let texts = texts.into_iter().map(|text| literal(dialect, &text));
    texts.collect::<Vec<_>>().join(", ")
}

/// Returns names in backticks, with *or* between them.
fn alternatives(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(" or ")
}

const POSTGRES_ENCODING: &str = r#"SELECT 'every column' AS "column", 'the encoding of the database is `' || current_setting('server_encoding') || '`; use `UTF8`' AS "fault" WHERE current_setting('server_encoding') <> 'UTF8'"#;

/// The first fault of a column. A domain is compared as the type that it is based on.
const POSTGRES_FAULT: &str = r#"CASE
 WHEN "attribute"."attnum" IS NULL THEN 'the table has no such column'
 WHEN ("base"."oid" = ANY ("mapped"."types")) IS NOT TRUE THEN 'has the type `' || format_type("attribute"."atttypid", "attribute"."atttypmod") || '`; its mapping needs ' || "mapped"."use"
 WHEN "mapped"."collated" AND "collation"."collisdeterministic" IS NOT TRUE THEN 'has the nondeterministic collation `' || "collation"."collname" || '`; use a deterministic one'
 END"#;

const POSTGRES_CATALOG: &str = r#"LEFT JOIN pg_catalog.pg_attribute AS "attribute" ON "attribute"."attrelid" = to_regclass("mapped"."table") AND "attribute"."attname" = "mapped"."name" AND "attribute"."attnum" > 0 AND NOT "attribute"."attisdropped"
 LEFT JOIN LATERAL (WITH RECURSIVE "type" AS (SELECT "own".* FROM pg_catalog.pg_type AS "own" WHERE "own"."oid" = "attribute"."atttypid" UNION ALL SELECT "next".* FROM pg_catalog.pg_type AS "next" JOIN "type" ON "type"."typtype" = 'd' AND "next"."oid" = "type"."typbasetype") SELECT "type"."oid" FROM "type" WHERE "type"."typtype" <> 'd') AS "base" ON TRUE
 LEFT JOIN pg_catalog.pg_collation AS "collation" ON "collation"."oid" = "attribute"."attcollation""#;

const NULL_ID: &str = "contains NULL, and ids are never NULL";

fn postgres(places: &[Place<'_>]) -> String {
    let dialect = Dialect::Postgres;
    let mapped: Vec<String> = places
        .iter()
        .map(|place| {
            let usage = place.column.usage;
            let types = usage.postgres_types();
            let row = [
                place.column.name.to_string(),
                quoted(dialect, place.table),
                place.name.to_owned(),
                alternatives(types),
            ];
            let types = types.iter().map(|name| match *name {
                // The others are keywords, which always are the types of PostgreSQL.
                "text" | "text[]" | "inet" => format!("pg_catalog.{name}"),
                keyword => keyword.to_owned(),
            });
            format!(
                "({}, CAST(ARRAY[{}] AS regtype[]), {})",
                literals(dialect, row),
                literals(dialect, types),
                usage.has_collation()
            )
        })
        .collect();
    let mut sql = POSTGRES_ENCODING.to_owned();
    if !mapped.is_empty() {
        sql.push_str(&format!(
            " UNION ALL SELECT \"column\", \"fault\" FROM (SELECT \"mapped\".\"column\", {POSTGRES_FAULT} AS \"fault\" \
             FROM (VALUES {}) AS \"mapped\"(\"column\", \"table\", \"name\", \"use\", \"types\", \"collated\") \
             {POSTGRES_CATALOG}) AS \"checked\" WHERE \"fault\" IS NOT NULL",
            mapped.join(", ")
        ));
    }
    for place in places {
        if place.column.usage == Usage::Id {
            sql.push_str(&format!(
                " UNION ALL SELECT {}, '{NULL_ID}' WHERE EXISTS (SELECT 1 FROM {} WHERE {} IS NULL)",
                literal(dialect, &place.column.name),
                quoted(dialect, place.table),
                quoted(dialect, place.name)
            ));
        }
    }
    sql
}

/// Texts that collations other than BINARY often regard as equal.
const DISTINCT_TEXTS: [&str; 8] = ["a", "A", "a ", " a", "\u{e9}", "\u{c9}", "e\u{301}", "e"];

fn sqlite(places: &[Place<'_>]) -> String {
    let faults: Vec<String> = places.iter().map(sqlite_fault).collect();
    if faults.is_empty() {
        return "SELECT NULL AS `column`, NULL AS `fault` WHERE 0".to_owned();
    }
    let faults = faults.join(" UNION ALL ");
    format!("SELECT `column`, `fault` FROM ({faults}) WHERE `fault` IS NOT NULL")
}

/// Returns the query of one column. SQLite does not enforce the types of columns, so the rows are read as well.
fn sqlite_fault(place: &Place<'_>) -> String {
    let dialect = Dialect::Sqlite;
    let usage = place.column.usage;
    let (schema, table) = match place.table.rsplit_once('.') {
        Some((schema, table)) => (Some(schema), table),
        None => (None, place.table),
    };
    let arguments = literals(
        dialect,
        [Some(table), schema]
            .into_iter()
            .flatten()
            .map(str::to_owned),
    );
    let is_schema = schema.map(|schema| format!(" AND `schema` = {}", literal(dialect, schema)));
    let is_schema = is_schema.unwrap_or_default();
    let from = format!("FROM {} AS `checked`", quoted(dialect, place.table));
    let column = format!("`checked`.{}", quoted(dialect, place.name));
    let mut faults = vec![
        (
            "`type` IS NULL".to_owned(),
            "the table has no such column".to_owned(),
        ),
        (
            // A column of a view without a type has the values of an expression, which are checked below.
            format!(
                "`affinity` NOT IN ({}) AND NOT (`type` = '' AND EXISTS (SELECT 1 FROM pragma_table_list({}) WHERE `type` = 'view'{is_schema}))",
                literals(
                    dialect,
                    usage.affinities().iter().map(|name| (*name).to_owned())
                ),
                literal(dialect, table),
            ),
            format!(
                "has another affinity than {}",
                alternatives(usage.affinities())
            ),
        ),
    ];
    if usage.has_collation() && usage != Usage::TextList {
        let texts = DISTINCT_TEXTS.map(|text| format!(" UNION SELECT {}", literal(dialect, text)));
        faults.push((
            format!(
                "(SELECT count(*) FROM (SELECT {column} {from} WHERE 0{})) < {}",
                texts.concat(),
                DISTINCT_TEXTS.len()
            ),
            "has another collation than `BINARY`".to_owned(),
        ));
    }
    let mut add = |is_fault: &str, fault: &str| {
        let is_fault = is_fault.replace("COLUMN", &column);
        let exists = format!("EXISTS (SELECT 1 {from} WHERE {is_fault})");
        faults.push((exists, fault.to_owned()));
    };
    if usage == Usage::Id {
        add("COLUMN IS NULL", NULL_ID);
    }
    match usage {
        Usage::Id | Usage::Text { .. } | Usage::SortKey => {
            add(
                "typeof(COLUMN) NOT IN ('text', 'null')",
                "contains values that are not texts",
            );
        }
        Usage::TextList => add(
            "COLUMN IS NOT NULL AND CASE WHEN typeof(COLUMN) <> 'text' OR NOT json_valid(COLUMN) THEN 1 WHEN json_type(COLUMN) <> 'array' THEN 1 \
             ELSE EXISTS (SELECT 1 FROM json_each(COLUMN) AS `element` WHERE `element`.`type` <> 'text') END",
            "contains values that are not JSON arrays of texts",
        ),
        Usage::Boolean => add(
            "COLUMN IS NOT NULL AND (typeof(COLUMN) <> 'integer' OR COLUMN NOT IN (0, 1))",
            "contains values other than 0 and 1",
        ),
        Usage::Integer | Usage::Native(_) => {
            add(
                "typeof(COLUMN) NOT IN ('integer', 'null')",
                "contains values that are not whole numbers",
            );
        }
    }
    if matches!(
        usage,
        Usage::Id
            | Usage::Text {
                may_hold_nul: false
            }
    ) {
        add(
            "instr(CAST(COLUMN AS BLOB), x'00') > 0",
            "contains the character U+0000; declare it with `with_nul`",
        );
    }
    let mut sql = format!(
        "SELECT {} AS `column`, CASE",
        literal(dialect, &place.column.name)
    );
    for (is_fault, fault) in faults {
        sql.push_str(&format!(
            " WHEN {is_fault} THEN {}",
            literal(dialect, &fault)
        ));
    }
    sql.push_str(&format!(
        " END AS `fault` FROM (SELECT `type`, {AFFINITY} AS `affinity` FROM (SELECT \
         (SELECT upper(`type`) FROM pragma_table_xinfo({arguments}) WHERE `name` = {} COLLATE NOCASE) AS `type`))",
        literal(dialect, place.name)
    ));
    sql
}

/// The affinity of a column by its declared type, by the rules in section 3.1 of "Datatypes In SQLite".
const AFFINITY: &str = "CASE WHEN `type` LIKE '%INT%' THEN 'INTEGER' \
    WHEN `type` LIKE '%CHAR%' OR `type` LIKE '%CLOB%' OR `type` LIKE '%TEXT%' THEN 'TEXT' \
    WHEN `type` = '' OR `type` LIKE '%BLOB%' THEN 'BLOB' \
    WHEN `type` LIKE '%REAL%' OR `type` LIKE '%FLOA%' OR `type` LIKE '%DOUB%' THEN 'REAL' \
    ELSE 'NUMERIC' END";
