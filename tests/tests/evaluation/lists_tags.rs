//! Lists of resources whose tags are in a table of their own, which the query joins once for each tag.

use std::collections::HashMap;

use pinpoint_iam::context::Context;
use pinpoint_iam::list::{
    BindValue, Constraint, Dialect, KeyedColumns, OwnedCell, Predicate, ResourceColumns,
    StringColumn, constrain,
};
use pinpoint_iam::mobiletargeting::columns;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Principal, Scope};
use postgres_server::Server;
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, params_from_iter};
use serde_json::{Value, json};

use crate::lists::{TestResult, identity};
use crate::lists_postgres::arguments;

/// The tables. A campaign has at most one tag of a name, in any case.
const MADE: &str = "
    CREATE TABLE campaigns (application text NOT NULL, id text NOT NULL PRIMARY KEY);
    CREATE TABLE tags (campaign text NOT NULL, name text NOT NULL, value text NOT NULL);
    CREATE UNIQUE INDEX one_of_a_name ON tags (campaign, lower(name COLLATION));
    INSERT INTO campaigns VALUES ('a', 'c1'), ('a', 'c2'), ('a', 'c3'), ('a', 'c4'), ('a', 'c5'), ('a', 'c6');
    INSERT INTO tags VALUES ('c2', 'Stage', 'secret'), ('c3', 'STAGE', 'open'), ('c4', 'stage', ''), ('c5', 'team', 'red'),
        ('c6', 'Team', 'red'), ('c6', 'stage', 'secret');";

/// The rows of the join: the id, the stage and the team.
const JOINED: [(&str, Option<&str>, Option<&str>); 6] = [
    ("c1", None, None),
    ("c2", Some("secret"), None),
    ("c3", Some("open"), None),
    ("c4", Some(""), None),
    ("c5", None, Some("red")),
    ("c6", Some("secret"), Some("red")),
];

/// The tables of the list. In PostgreSQL, the collation changes the case of ASCII letters only, as names of tags do.
const FROM: &str = "campaigns AS c
    LEFT JOIN tags AS stage ON stage.campaign = c.id AND lower(stage.name COLLATION) = 'stage'
    LEFT JOIN tags AS team ON team.campaign = c.id AND lower(team.name COLLATION) = 'team'";

fn written(sql: &str, dialect: Dialect) -> String {
    sql.replace(
        "COLLATION",
        match dialect {
            Dialect::Postgres => "COLLATE \"C\"",
            _ => "COLLATE BINARY",
        },
    )
}

fn mapping() -> columns::Campaign {
    columns::Campaign {
        application_id: "c.application",
        campaign_id: "c.id",
        tags: KeyedColumns::nowhere()
            .with("stage", StringColumn::text("stage.value"))
            .with("team", StringColumn::text("team.value")),
    }
}

/// The conditions of an `Allow`, and the campaigns that it allows. A `Deny` with the same conditions leaves the others.
fn conditions() -> Vec<(Value, &'static [&'static str])> {
    let stage = "aws:ResourceTag/stage";
    vec![
        (json!({"StringEquals": {stage: "secret"}}), &["c2", "c6"]),
        // An absent tag fulfils a negated operator.
        (
            json!({"StringNotEquals": {stage: "secret"}}),
            &["c1", "c3", "c4", "c5"],
        ),
        (
            json!({"StringNotEquals": {"aws:resourcetag/STAGE": ["secret", "open"]}}),
            &["c1", "c4", "c5"],
        ),
        (json!({"StringLike": {stage: "o*"}}), &["c3"]),
        (
            json!({"StringNotLike": {stage: "*e*"}}),
            &["c1", "c4", "c5"],
        ),
        (
            json!({"StringEqualsIfExists": {stage: "secret"}}),
            &["c1", "c2", "c5", "c6"],
        ),
        // The empty text is a null value, but not an absent one.
        (json!({"Null": {stage: "true"}}), &["c1", "c4", "c5"]),
        (json!({"Null": {stage: "false"}}), &["c2", "c3", "c6"]),
        (
            json!({"StringEqualsIgnoreCase": {stage: "SECRET"}}),
            &["c2", "c6"],
        ),
        (
            json!({"StringNotEqualsIgnoreCase": {stage: "SECRET"}}),
            &["c1", "c3", "c4", "c5"],
        ),
        // Two tags, and one tag that is compared with another one.
        (
            json!({"StringNotEquals": {stage: "secret"}, "StringEquals": {"aws:ResourceTag/team": "red"}}),
            &["c5"],
        ),
        (
            json!({"StringNotEquals": {stage: "${aws:ResourceTag/team, 'open'}"}}),
            &["c1", "c2", "c4", "c5", "c6"],
        ),
    ]
}

fn predicate(statements: &Value) -> TestResult<Predicate> {
    let policies = identity(statements)?;
    let principal = Principal::from_arn("arn:aws:iam::111122223333:user/ana")?;
    let (context, action) = (
        Context::new(),
        RequestedAction::parse("mobiletargeting:GetCampaign")?,
    );
    let request = Request::new(&principal, action, RequestedResource::All, &context);
    let columns = mapping().to_columns(&Scope::new("aws", "us-east-1", "111122223333"))?;
    match constrain(&policies.stack(), &request, &columns)? {
        Constraint::Where(predicate) => Ok(predicate),
        other => Err(format!("{statements}: {other:?}").into()),
    }
}

/// The predicates of both effects, with the ids that they select.
fn cases() -> TestResult<Vec<(String, Predicate, Vec<String>)>> {
    let mut cases = Vec::new();
    for (condition, allowed) in conditions() {
        let is_allowed = |id: &str| allowed.contains(&id);
        let ids = |wanted: bool| {
            let all = JOINED.iter().map(|(id, ..)| (*id).to_owned());
            all.filter(|id| is_allowed(id) == wanted).collect()
        };
        let label = condition.to_string();
        let allow =
            json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}]);
        cases.push((format!("Allow {label}"), predicate(&allow)?, ids(true)));
        let deny = json!([
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition},
        ]);
        cases.push((format!("Deny {label}"), predicate(&deny)?, ids(false)));
    }
    Ok(cases)
}

#[test]
fn negated_conditions_on_a_joined_tag_select_rows_without_it() -> TestResult {
    let database = Connection::open_in_memory()?;
    database.execute_batch(&written(MADE, Dialect::Sqlite))?;
    for (label, predicate, expected) in cases()? {
        let (sql, binds) = predicate.to_sql(Dialect::Sqlite, 1)?;
        let from = written(FROM, Dialect::Sqlite);
        let query = format!("SELECT c.id FROM {from} WHERE {sql} ORDER BY c.id");
        let mut statement = database.prepare(&query)?;
        let binds = binds.into_iter().map(|bind| match bind {
            BindValue::Text(text) => SqlValue::Text(text),
            BindValue::Integer(number) => SqlValue::Integer(number),
            BindValue::TextList(texts) => SqlValue::Text(json!(texts).to_string()),
        });
        let rows = statement.query_map(params_from_iter(binds), |row| row.get::<_, String>(0))?;
        assert_eq!(rows.collect::<Result<Vec<_>, _>>()?, expected, "{label}");

        let cell = |text: Option<&str>| {
            text.map_or(OwnedCell::Null, |text| OwnedCell::Text(text.to_owned()))
        };
        let mut admitted = Vec::new();
        for (id, stage, team) in JOINED {
            let row: HashMap<String, OwnedCell> = [
                ("c.application", cell(Some("a"))),
                ("c.id", cell(Some(id))),
                ("stage.value", cell(stage)),
                ("team.value", cell(team)),
            ]
            .map(|(name, cell)| (name.to_owned(), cell))
            .into();
            if predicate.admits(&row)? {
                admitted.push(id.to_owned());
            }
        }
        assert_eq!(admitted, expected, "{label}, in memory");
    }
    let tables = ["campaigns AS c", "tags AS stage", "tags AS team"];
    let check = mapping().check_sql(Dialect::Sqlite, &tables)?;
    let mut faults = database.prepare(&check)?;
    assert!(faults.query([])?.next()?.is_none());
    Ok(())
}

#[test]
fn postgresql_selects_the_same_rows_of_joined_tags() -> TestResult {
    let Some(server) = Server::start("lists-tags")? else {
        return Ok(());
    };
    server.answer(&written(MADE, Dialect::Postgres))?;
    let from = written(FROM, Dialect::Postgres);
    for (label, predicate, expected) in cases()? {
        let (sql, binds) = predicate.to_sql(Dialect::Postgres, 1)?;
        let found = server.answer(&format!(
            "PREPARE ids AS SELECT c.id FROM {from} WHERE {sql} ORDER BY c.id;\nEXECUTE ids{};",
            arguments(&binds)
        ))?;
        assert_eq!(found, expected, "{label}");
    }
    // Two names that differ only in case, one of them in a letter whose lower case is an ASCII letter elsewhere.
    let tag = "INSERT INTO tags VALUES ('c1', 'Kind', 'x'), ('c1', '\u{212a}ind', 'y')";
    assert!(
        server
            .answer(&format!("{tag}, ('c1', 'KIND', 'z');"))
            .is_err()
    );
    server.answer(&format!("{tag};"))?;
    let tables = ["campaigns AS c", "tags AS stage", "tags AS team"];
    let check = mapping().check_sql(Dialect::Postgres, &tables)?;
    assert_eq!(server.answer(&check)?, [""; 0]);
    Ok(())
}
