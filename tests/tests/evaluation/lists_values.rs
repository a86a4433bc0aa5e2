//! Lists over columns of each type: whatever NULL and the empty text mean, the evaluator, the predicate in memory and its
//! SQL agree about every operator.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, SystemTime};

use pinpoint_iam::condition::BaseOperator;
use pinpoint_iam::context::Value;
use pinpoint_iam::eval::reference;
use pinpoint_iam::list::{
    BindValue, Column, Columns, Constraint, Dialect, Meaning, OwnedCell, Predicate, TimeUnit,
    constrain, keys,
};
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Arn, Principal};
use pinpoint_iam_test_policies::policies::Policies;
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, params_from_iter};
use serde_json::json;

use crate::lists::{TestResult, identity, known, statements};

const KEY: &str = "archive:key";
const ARN: &str = "arn:aws:archive:us-east-1:111122223333:folders/f1";
const COMPONENTS: [&str; 5] = ["partition", "service", "region", "account", "resource"];

/// The value of the key in a row.
#[derive(Clone, Debug)]
enum Own {
    Absent,
    One(Value),
    Many(Vec<Value>),
}

impl Own {
    fn of(meaning: Meaning, is_list: bool) -> Self {
        match (meaning, is_list) {
            (Meaning::Absent, _) => Self::Absent,
            (Meaning::EmptyText, false) => Self::One("".into()),
            (Meaning::EmptyText, true) => Self::Many(vec!["".into()]),
        }
    }
}

/// A column, and the values in it.
struct Values {
    name: String,
    column: Column,
    rows: Vec<(OwnedCell, Own)>,
    database: Connection,
}

/// The cells of a row: the ARN, the key and its sort keys.
fn cells(cell: &OwnedCell) -> HashMap<String, OwnedCell> {
    let text = |text: &str| OwnedCell::Text(text.to_owned());
    let mut cells: HashMap<String, OwnedCell> = ARN
        .splitn(6, ':')
        .skip(1)
        .zip(COMPONENTS)
        .map(|(component, name)| (name.to_owned(), text(component)))
        .collect();
    type SortKey = fn(&str) -> Option<String>;
    let sort_keys: [(&str, SortKey); 3] = [
        ("number", keys::number),
        ("date", keys::date),
        ("address", keys::address),
    ];
    for (name, sort_key) in sort_keys {
        let key = match cell {
            OwnedCell::Text(text) => sort_key(text),
            _ => None,
        };
        let key = key.map_or(OwnedCell::Null, OwnedCell::Text);
        cells.insert(name.to_owned(), key);
    }
    cells.insert("own".to_owned(), cell.clone());
    cells
}

fn sql_value(cell: &OwnedCell) -> TestResult<SqlValue> {
    Ok(match cell {
        OwnedCell::Null => SqlValue::Null,
        OwnedCell::Text(text) => SqlValue::Text(text.clone()),
        OwnedCell::Integer(number) => SqlValue::Integer(*number),
        OwnedCell::Bool(value) => SqlValue::Integer(i64::from(*value)),
        OwnedCell::List(elements) => SqlValue::Text(json!(elements).to_string()),
        other => return Err(format!("{other:?}").into()),
    })
}

impl Values {
    fn of(
        name: &str,
        type_name: &str,
        column: Column,
        rows: Vec<(OwnedCell, Own)>,
    ) -> TestResult<Self> {
        let database = Connection::open_in_memory()?;
        let names = COMPONENTS.into_iter().chain(["number", "date", "address"]);
        let declared: String = names
            .clone()
            .map(|name| format!(", `{name}` TEXT"))
            .collect();
        database.execute_batch(&format!(
            "CREATE TABLE `rows` (`place` INTEGER, `own` {type_name}{declared});"
        ))?;
        for (place, (cell, _)) in rows.iter().enumerate() {
            let cells = cells(cell);
            let mut values = vec![SqlValue::Integer(i64::try_from(place)?)];
            for name in ["own"].into_iter().chain(names.clone()) {
                values.push(sql_value(cells.get(name).ok_or("no cell")?)?);
            }
            let marks = vec!["?"; values.len()].join(", ");
            database.execute(
                &format!("INSERT INTO `rows` VALUES ({marks})"),
                params_from_iter(values),
            )?;
        }
        Ok(Self {
            name: name.to_owned(),
            column,
            rows,
            database,
        })
    }

    fn selected(&self, predicate: &Predicate) -> TestResult<BTreeSet<usize>> {
        let (sql, binds) = predicate.to_sql(Dialect::Sqlite, 1)?;
        let (column, column_binds) = predicate.to_boolean_sql(Dialect::Sqlite, 1)?;
        assert_eq!(binds, column_binds);
        let binds = binds.into_iter().map(|bind| match bind {
            BindValue::Text(text) => SqlValue::Text(text),
            BindValue::Integer(number) => SqlValue::Integer(number),
            BindValue::TextList(_) => SqlValue::Null,
        });
        let binds: Vec<SqlValue> = binds.collect();
        let mut statement = self
            .database
            .prepare(&format!("SELECT `place` FROM `rows` WHERE {sql}"))?;
        let places = statement.query_map(params_from_iter(&binds), |row| row.get::<_, i64>(0))?;
        let places = places.map(|place| Ok(usize::try_from(place?)?));
        let places: BTreeSet<usize> = places.collect::<TestResult<_>>()?;
        // As the column of a query, the predicate is true or false of every row.
        let mut statement = self
            .database
            .prepare(&format!("SELECT {column} FROM `rows` ORDER BY `place`"))?;
        let flags = statement.query_map(params_from_iter(&binds), |row| row.get::<_, bool>(0))?;
        for (place, flag) in flags.enumerate() {
            assert_eq!(flag?, places.contains(&place), "{column}");
        }
        Ok(places)
    }

    /// Compares the rows that are decided one by one with those of the predicate. Returns whether it is exact.
    fn compare(&self, policies: &Policies) -> TestResult<bool> {
        let principal = Principal::from_arn("arn:aws:iam::111122223333:user/ana")?;
        let action = RequestedAction::parse("archive:GetDocument")?;
        let stack = policies.stack();
        let mut allowed = BTreeSet::new();
        for (place, (_, own)) in self.rows.iter().enumerate() {
            let mut context = known();
            match own.clone() {
                Own::Absent => {}
                Own::One(value) => context.insert(KEY, value),
                Own::Many(values) => context.insert_all(KEY, values),
            }
            let resource = RequestedResource::Arn(Arn::parse(ARN)?);
            let request = Request::new(&principal, action, resource, &context);
            let decided = reference::decide(&stack, &request);
            if decided.into_decision().is_allowed() {
                allowed.insert(place);
            }
        }
        let context = known();
        let request = Request::new(&principal, action, RequestedResource::All, &context);
        let columns = Columns::of_components(COMPONENTS).key(KEY, self.column.clone());
        let constraint = constrain(&stack, &request, &columns)?;
        let (predicate, is_exact) = match &constraint {
            Constraint::All => {
                assert_eq!(allowed.len(), self.rows.len(), "{} {policies:?}", self.name);
                return Ok(true);
            }
            Constraint::Nothing => {
                assert_eq!(allowed.len(), 0, "{} {policies:?}", self.name);
                return Ok(true);
            }
            Constraint::Where(predicate) => (predicate, true),
            Constraint::Candidates(candidates) => (candidates.to_be_checked(), false),
        };
        let selected = self.selected(predicate)?;
        for (place, (cell, own)) in self.rows.iter().enumerate() {
            let label = || format!("{} {cell:?} {own:?} {policies:?}\n{predicate}", self.name);
            let is_selected = selected.contains(&place);
            assert_eq!(
                predicate.admits(&cells(cell))?,
                is_selected,
                "memory: {}",
                label()
            );
            let is_allowed = allowed.contains(&place);
            assert!(
                is_selected == is_allowed || (is_selected && !is_exact),
                "selected {is_selected}, allowed {is_allowed}: {}",
                label()
            );
        }
        Ok(is_exact)
    }
}

fn text(text: &str) -> (OwnedCell, Own) {
    (OwnedCell::Text(text.to_owned()), Own::One(text.into()))
}

fn number(number: i64) -> (OwnedCell, Own) {
    (OwnedCell::Integer(number), Own::One(number.into()))
}

fn flag(flag: bool) -> (OwnedCell, Own) {
    (OwnedCell::Bool(flag), Own::One(flag.into()))
}

fn list(texts: &[&str]) -> (OwnedCell, Own) {
    let elements = texts.iter().map(|text| (*text).to_owned()).collect();
    let values = texts.iter().map(|text| (*text).into()).collect();
    (OwnedCell::List(elements), Own::Many(values))
}

/// A list that is a single value if it has one element.
fn list_or_one(texts: &[&str]) -> (OwnedCell, Own) {
    match (list(texts), texts) {
        ((cell, _), [only]) => (cell, Own::One((*only).into())),
        (row, _) => row,
    }
}

/// A count since 1970, in units of so many nanoseconds.
fn time(count: i64, unit: u64) -> TestResult<(OwnedCell, Own)> {
    let distance = Duration::from_nanos(count.unsigned_abs().checked_mul(unit).ok_or("too far")?);
    let time = if count < 0 {
        SystemTime::UNIX_EPOCH - distance
    } else {
        SystemTime::UNIX_EPOCH + distance
    };
    Ok((OwnedCell::Integer(count), Own::One(time.into())))
}

const TEXTS: [&str; 12] = [
    "ana",
    "Ana",
    "anabel",
    "été",
    "7",
    "7.5",
    "x",
    "true",
    "2026-01-01",
    "10.1.1.1",
    "arn:aws:iam::111122223333:user/ana",
    "QUJD",
];

/// The points in time that conditions name, in seconds and with fractions.
const SECONDS: [i64; 5] = [-1, 0, 1_767_225_599, 1_767_225_600, 1_767_225_601];

fn columns() -> TestResult<Vec<Values>> {
    let mut all = Vec::new();
    for null in [Meaning::Absent, Meaning::EmptyText] {
        let with_null = |mut rows: Vec<(OwnedCell, Own)>, is_list: bool| {
            rows.push((OwnedCell::Null, Own::of(null, is_list)));
            rows
        };
        let mut add = |name: &str, type_name: &str, column: Column, rows| -> TestResult {
            let name = format!("{name}, NULL is {null:?}");
            all.push(Values::of(&name, type_name, column.with_null(null), rows)?);
            Ok(())
        };
        for empty in [Meaning::Absent, Meaning::EmptyText] {
            let mut rows: Vec<_> = TEXTS.map(text).into();
            rows.push((OwnedCell::Text(String::new()), Own::of(empty, false)));
            let rows = with_null(rows, false);
            let column = Column::text("own").with_empty(empty);
            let with_keys = column
                .clone()
                .with_number_key("number")
                .with_date_key("date")
                .with_address_key("address");
            let name = |name: &str| format!("{name}, `''` is {empty:?}");
            add(
                &name("text with sort keys"),
                "TEXT",
                with_keys,
                rows.clone(),
            )?;
            add(&name("text"), "TEXT", column.clone(), rows.clone())?;
            add(&name("text with U+0000"), "TEXT", column.with_nul(), rows)?;
        }
        let numbers = [
            i64::MIN,
            -7,
            0,
            7,
            8,
            1_767_225_600,
            9_007_199_254_740_993,
            i64::MAX,
        ];
        let numbers = with_null(numbers.map(number).into(), false);
        add("whole numbers", "INTEGER", Column::integer("own"), numbers)?;
        let flags = with_null([true, false].map(flag).into(), false);
        add("Booleans", "BOOLEAN", Column::boolean("own"), flags)?;
        let lists: [&[&str]; 10] = [
            &[],
            &[""],
            &["", ""],
            &["", "ana"],
            &["ana"],
            &["Ana"],
            &["ana", "été"],
            &["x", "y"],
            &["true"],
            &["7"],
        ];
        let column = Column::text_list("own");
        add(
            "lists",
            "TEXT",
            column.clone(),
            with_null(lists.map(list).into(), true),
        )?;
        let ones = with_null(lists.map(list_or_one).into(), false);
        add(
            "lists or single values",
            "TEXT",
            column.with_single_values(),
            ones,
        )?;
        for (name, unit, nanoseconds) in [
            ("seconds", TimeUnit::Seconds, 1_000_000_000),
            ("milliseconds", TimeUnit::Milliseconds, 1_000_000),
            ("microseconds", TimeUnit::Microseconds, 1_000),
        ] {
            let units = i64::try_from(1_000_000_000 / nanoseconds)?;
            let mut counts: Vec<i64> = SECONDS.map(|seconds| seconds * units).into();
            // Fractions of a second, next to those that conditions name.
            counts.extend([
                1_767_225_600 * units + units / 4,
                1_767_225_600 * units + 1,
                -units - 1,
            ]);
            let counts = counts.into_iter().map(|count| time(count, nanoseconds));
            let times = with_null(counts.collect::<TestResult<_>>()?, false);
            add(name, "INTEGER", Column::time("own", unit), times)?;
        }
    }
    Ok(all)
}

/// Whether conditions with an operator are exact over a column for every set of values and each effect.
fn is_exact(column: &str, operator: &str) -> bool {
    let starts_with =
        |families: &[&str]| families.iter().any(|family| operator.starts_with(family));
    let needs_sort_key = starts_with(&["Numeric", "Date", "IpAddress", "NotIpAddress"]);
    match column {
        // A text that is not a number, or one with too many digits: the sort key does not tell which.
        "text with sort keys" => operator != "NumericNotEquals",
        "text" => !needs_sort_key,
        "text with U+0000" => matches!(operator, "StringEquals" | "StringNotEquals" | "Null"),
        "whole numbers" | "Booleans" => true,
        // Whether a text is base64 is not decided within a list.
        "lists" | "lists or single values" => {
            !needs_sort_key && !starts_with(&["Arn", "BinaryEquals"])
        }
        // The text of a date has several forms.
        _ => !starts_with(&["String", "BinaryEquals"]),
    }
}

#[test]
fn null_and_the_empty_text_have_their_declared_meaning() -> TestResult {
    let columns = columns()?;
    let mut inexact: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (base, statements) in statements() {
        let policies = identity(&statements)?;
        for values in &columns {
            if !values.compare(&policies)? {
                let name = values.name.split(',').next().unwrap_or_default();
                inexact
                    .entry(name.to_owned())
                    .or_default()
                    .insert(base.as_str());
            }
        }
    }
    for values in &columns {
        let name = values.name.split(',').next().unwrap_or_default();
        for base in BaseOperator::ALL {
            let found = inexact
                .get(name)
                .is_some_and(|all| all.contains(base.as_str()));
            assert_eq!(
                !found,
                is_exact(name, base.as_str()),
                "{name} {}",
                base.as_str()
            );
        }
    }
    Ok(())
}
