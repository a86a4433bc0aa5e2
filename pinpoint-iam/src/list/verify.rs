//! The values that columns contain, for tests of a mapping.

use std::time::{Duration, SystemTime};

use super::columns::{Column, ColumnKind, Meaning, TimeUnit};
use super::keys;
use super::row::{Cell, Row};
use crate::context::{Lookup, Value};

impl Column {
    /// Returns the value of a key and that of its columns in the same form; `None` if no column contains it.
    pub(crate) fn compared(&self, key: Lookup<'_>, row: &dyn Row) -> Option<(String, String)> {
        let by_key = match key {
            Lookup::Absent => Some(Vec::new()),
            Lookup::Present(value) => Some(vec![value]),
            Lookup::Multivalued(values) => Some(values.iter().collect()),
            Lookup::Unknown => None,
        };
        let is_absent = matches!(key, Lookup::Absent);
        let expected = |form: &dyn Fn(&Value) -> String| match &by_key {
            None => "unknown".to_owned(),
            Some(_) if is_absent => ABSENT.to_owned(),
            Some(values) => listed(values.iter().map(|value| form(value))),
        };
        let quoted = |text: &str| format!("{text:?}");
        let as_text = |value: &Value| quoted(&value.text());
        let by_meaning = |meaning| match meaning {
            Meaning::Absent => ABSENT.to_owned(),
            Meaning::EmptyText => listed([quoted("")]),
        };
        Some(match &self.kind {
            ColumnKind::Nowhere => return None,
            ColumnKind::Text { name, keys } => {
                let text = match row.cell(name) {
                    Some(Cell::Text("")) => {
                        return Some((expected(&as_text), by_meaning(self.empty)));
                    }
                    Some(Cell::Text(text)) => text,
                    Some(Cell::Null) => return Some((expected(&as_text), by_meaning(self.null))),
                    other => return Some((expected(&as_text), shown(other))),
                };
                type SortKey = fn(&str) -> Option<String>;
                let sort_keys: [(&Option<Box<str>>, SortKey); 3] = [
                    (&keys.number, keys::number),
                    (&keys.date, keys::date),
                    (&keys.address, keys::address),
                ];
                for (column, sort_key) in sort_keys {
                    let Some(column) = column else { continue };
                    let wanted = sort_key(text);
                    let has = match row.cell(column) {
                        Some(Cell::Text(key)) => Some(key.to_owned()),
                        Some(Cell::Null) => None,
                        other => return Some((expected(&as_text), shown(other))),
                    };
                    if wanted != has {
                        let found = format!("{text:?}, and another sort key in `{column}`");
                        return Some((expected(&as_text), found));
                    }
                    if wanted.is_some() {
                        // `7.0` and `7` are the same number.
                        let form = |value: &Value| {
                            sort_key(&value.text())
                                .map_or_else(|| as_text(value), |key| quoted(&key))
                        };
                        return Some((expected(&form), listed(wanted.map(|key| quoted(&key)))));
                    }
                }
                (expected(&as_text), listed([quoted(text)]))
            }
            ColumnKind::Integer(name) => (
                expected(&as_text),
                match row.cell(name) {
                    Some(Cell::Integer(number)) => listed([quoted(&number.to_string())]),
                    Some(Cell::Null) => by_meaning(self.null),
                    other => shown(other),
                },
            ),
            ColumnKind::Boolean(name) => (
                expected(&as_text),
                match row.cell(name) {
                    Some(Cell::Bool(value)) => listed([quoted(&value.to_string())]),
                    Some(Cell::Null) => by_meaning(self.null),
                    other => shown(other),
                },
            ),
            ColumnKind::Time(name, unit) => {
                let form = |value: &Value| {
                    keys::date(&value.text()).map_or_else(|| as_text(value), |key| quoted(&key))
                };
                let found = match row.cell(name) {
                    Some(Cell::Integer(count)) => match instant(count, *unit) {
                        Some(time) => listed([form(&Value::Time(time))]),
                        None => count.to_string(),
                    },
                    Some(Cell::Null) => by_meaning(self.null),
                    other => shown(other),
                };
                (expected(&form), found)
            }
            ColumnKind::Native(name, native) => {
                let form = |value: &Value| {
                    native
                        .sort_key(&value.text())
                        .map_or_else(|| as_text(value), |key| quoted(&key))
                };
                let found = match row.cell(name) {
                    Some(Cell::Null) => by_meaning(self.null),
                    Some(cell) if native.value(cell).is_some() => {
                        listed(cell.value().as_ref().map(form))
                    }
                    other => shown(other),
                };
                (expected(&form), found)
            }
            ColumnKind::TextList { name, .. } => (
                expected(&as_text),
                match row.cell(name) {
                    Some(Cell::List(texts)) => listed(texts.iter().map(|text| quoted(text))),
                    Some(Cell::Null) => by_meaning(self.null),
                    other => shown(other),
                },
            ),
        })
    }
}

impl Cell<'_> {
    /// Returns the single value of the cell.
    fn value(self) -> Option<Value> {
        match self {
            Self::Null | Self::List(_) => None,
            Self::Text(text) => Some(text.into()),
            Self::Integer(number) => Some(number.into()),
            Self::Bool(value) => Some(value.into()),
            Self::Time(time) => Some(time.into()),
            Self::Address(address) => Some(address.into()),
        }
    }
}

const ABSENT: &str = "absent";

fn listed(values: impl IntoIterator<Item = String>) -> String {
    let mut values: Vec<String> = values.into_iter().collect();
    values.sort_unstable();
    format!("[{}]", values.join(", "))
}

fn instant(count: i64, unit: TimeUnit) -> Option<SystemTime> {
    let nanoseconds = i128::from(count).checked_mul(unit.nanoseconds())?;
    let since = u64::try_from(nanoseconds.unsigned_abs()).ok()?;
    let since = Duration::from_nanos(since);
    match nanoseconds < 0 {
        true => SystemTime::UNIX_EPOCH.checked_sub(since),
        false => SystemTime::UNIX_EPOCH.checked_add(since),
    }
}

/// A cell of another type than its mapping declares.
pub(crate) fn shown(cell: Option<Cell<'_>>) -> String {
    match cell {
        None => "no value, because the row does not have this column".to_owned(),
        Some(cell) => format!("{cell:?}"),
    }
}
