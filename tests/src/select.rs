//! Lists of an evaluation suite: the policies of a caller, and resources from which they select some.
//!
//! Each resource is decided individually, and the SQL of the predicate selects all of them at once.
//! `conformance/FORMAT.md` describes the format.

use std::collections::{BTreeMap, HashMap};

use pinpoint_iam::context::{ConditionKey, Context, is_multivalued};
use pinpoint_iam::eval::reference;
use pinpoint_iam::list::{
    BindValue, Column, Columns, Constraint, Dialect, OwnedCell, Predicate, constrain, keys,
};
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Arn, PolicyStack, Principal};
use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, params_from_iter};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use pinpoint_iam_test_policies::case::{
    CaseError, ContextValue, Documents, OneOrMany, PrincipalText, Scalar, insert,
};

/// One list in its written form.
#[derive(Deserialize)]
#[serde(expecting = "an object with the members of a list")]
pub struct List<'a> {
    /// The name, which is repeated in the result.
    pub name: String,
    principal: PrincipalText,
    action: String,
    #[serde(borrow, default)]
    policy: Option<&'a RawValue>,
    #[serde(borrow, default)]
    identity_policies: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    boundary: Option<OneOrMany<'a>>,
    #[serde(borrow, default)]
    session_policy: Option<OneOrMany<'a>>,
    #[serde(borrow, default)]
    scps: Vec<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    rcps: Vec<Vec<&'a RawValue>>,
    #[serde(default)]
    context: BTreeMap<String, ContextValue>,
    candidates: Vec<Candidate>,
}

/// A resource that may be part of the list.
#[derive(Clone, Debug, Deserialize)]
pub struct Candidate {
    /// The ARN.
    pub resource: String,
    /// Every condition key of a request for the resource; without it, those of the list.
    #[serde(default)]
    pub context: Option<BTreeMap<String, ContextValue>>,
}

impl Candidate {
    /// Replaces lists of one value by that value. Set operators treat both alike.
    fn with_single_values(mut self) -> Self {
        for value in self.context.iter_mut().flat_map(BTreeMap::values_mut) {
            if let ContextValue::Many(values) = value
                && let [only] = values.as_slice()
            {
                *value = ContextValue::One(only.clone());
            }
        }
        self
    }
}

/// The result for a list, as `select` prints it.
#[derive(Debug, Serialize)]
pub struct Selection {
    /// The name of the list.
    pub name: String,
    /// The numbers of the resources that are allowed, decided one by one.
    pub allowed: Vec<usize>,
    /// The numbers of the resources that the predicate selects. If it is not exact, each of them was checked.
    pub selected: Vec<usize>,
    /// Whether the predicate is exact, so that no check was needed.
    pub exact: bool,
    /// The predicate: the text of the SQL, `all` or `nothing`.
    pub predicate: String,
    /// The parts that are not exact.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inexact: Vec<String>,
}

impl List<'_> {
    /// Decides each resource, and selects all that are allowed.
    ///
    /// # Errors
    ///
    /// Fails if a policy cannot be parsed, or if the principal, the action or a resource is invalid.
    pub fn select(&self) -> Result<Selection, CaseError> {
        let identity: Vec<&RawValue> = self
            .policy
            .iter()
            .chain(&self.identity_policies)
            .copied()
            .collect();
        let policies = Documents {
            identity: &identity,
            boundary: self.boundary.as_ref(),
            session: self.session_policy.as_ref(),
            scps: &self.scps,
            rcps: &self.rcps,
            ..Documents::default()
        }
        .parse()?;
        // The list contains every condition key: none is derived from the principal.
        let principal = self.principal.read(None)?.with_keys(Context::new());
        let action =
            RequestedAction::parse(&self.action).map_err(|error| CaseError(error.to_string()))?;
        let rows = self.candidates.iter().map(|candidate| Candidate {
            resource: candidate.resource.clone(),
            context: Some(
                candidate
                    .context
                    .clone()
                    .unwrap_or_else(|| self.context.clone()),
            ),
        });
        let asked = Asked {
            stack: policies.stack(),
            principal: &principal,
            action,
        };
        let table = Table::of(rows.collect())?;
        let known = Context::new();
        let mut allowed = Vec::new();
        for (index, row) in table.rows.iter().enumerate() {
            if asked.is_allowed(row, &known)? {
                allowed.push(index);
            }
        }
        let request = Request::new(&principal, action, RequestedResource::All, &known);
        let constraint = constrain(&asked.stack, &request, &table.columns)
            .map_err(|error| CaseError(error.to_string()))?;
        let all = || (0..table.rows.len()).collect();
        let (predicate, mut selected, inexact) = match &constraint {
            Constraint::All => ("all".to_owned(), all(), Vec::new()),
            Constraint::Nothing => ("nothing".to_owned(), Vec::new(), Vec::new()),
            Constraint::Where(predicate) => {
                (predicate.to_string(), table.select(predicate)?, Vec::new())
            }
            Constraint::Candidates(candidates) => {
                let predicate = candidates.to_be_checked();
                let inexact = candidates.inexact().iter().map(ToString::to_string);
                (
                    predicate.to_string(),
                    table.select(predicate)?,
                    inexact.collect(),
                )
            }
        };
        let exact = !matches!(constraint, Constraint::Candidates(_));
        if !exact {
            selected.retain(|index| allowed.contains(index));
        }
        Ok(Selection {
            name: self.name.clone(),
            allowed,
            selected,
            exact,
            predicate,
            inexact,
        })
    }
}

/// The policies, the caller and the action of a request.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The policies.
    pub stack: PolicyStack<'a>,
    /// The caller.
    pub principal: &'a Principal,
    /// The action.
    pub action: RequestedAction<'a>,
}

impl Asked<'_> {
    /// Returns whether one resource is allowed, with its condition keys and those of the request.
    ///
    /// # Errors
    ///
    /// Fails if its ARN is invalid.
    pub fn is_allowed(&self, row: &Candidate, known: &Context) -> Result<bool, CaseError> {
        let resource = Arn::parse(&row.resource)
            .map_err(|error| CaseError(format!("resource `{}`: {error}", row.resource)))?;
        let mut context = known.clone();
        for (key, value) in row.context.iter().flatten() {
            insert(&mut context, key, value);
        }
        let resource = RequestedResource::Arn(resource);
        let request = Request::new(self.principal, self.action, resource, &context);
        Ok(reference::decide(&self.stack, &request)
            .into_decision()
            .is_allowed())
    }
}

/// The names of the columns with the components of ARNs.
const COMPONENTS: [&str; 5] = ["partition", "service", "region", "account", "resource"];

/// Resources as the rows of a table, in memory and in SQLite.
pub struct Table {
    /// The resources.
    pub rows: Vec<Candidate>,
    /// The columns with the components of the ARN and the condition keys.
    pub columns: Columns,
    names: Vec<String>,
    cells: Vec<HashMap<String, OwnedCell>>,
    database: Connection,
}

/// The type of a column, by the values that resources have for its key.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Text,
    Integer,
    Boolean,
    List { or_one: bool },
}

impl Table {
    /// Creates the table of these resources, each with its condition keys. Columns have the types of the values.
    ///
    /// # Errors
    ///
    /// Fails if an ARN is invalid, or if SQLite fails.
    pub fn of(rows: Vec<Candidate>) -> Result<Self, CaseError> {
        let rows: Vec<Candidate> = rows
            .into_iter()
            .map(Candidate::with_single_values)
            .collect();
        let names = rows
            .iter()
            .flat_map(|row| row.context.iter().flatten().map(|(key, _)| key));
        let keys: BTreeMap<String, ConditionKey> = names
            .map(|name| (name.to_ascii_lowercase(), ConditionKey::new(name)))
            .collect();
        let mut cells = Vec::new();
        for row in &rows {
            let arn = Arn::parse(&row.resource)
                .map_err(|error| CaseError(format!("resource `{}`: {error}", row.resource)))?;
            let texts = [
                arn.partition(),
                arn.service(),
                arn.region(),
                arn.account(),
                arn.resource(),
            ];
            let texts = texts.map(|text| OwnedCell::Text(text.to_owned()));
            cells.push(
                COMPONENTS
                    .map(str::to_owned)
                    .into_iter()
                    .zip(texts)
                    .collect::<HashMap<_, _>>(),
            );
        }
        let mut columns = Columns::of_components(COMPONENTS);
        let mut types: Vec<(String, &str)> =
            COMPONENTS.map(|name| (name.to_owned(), "TEXT")).into();
        for (index, (folded, key)) in keys.iter().enumerate() {
            let values: Vec<Option<ContextValue>> =
                rows.iter().map(|row| value_of(row, folded)).collect();
            let kind = Kind::of(key, values.iter().flatten());
            let name = format!("key{index}");
            let column = kind.fill(&name, &values, &mut cells, &mut types);
            columns = columns.key(key.as_str(), column);
        }
        let database = database(&types, &cells).map_err(|error| CaseError(error.to_string()))?;
        Ok(Self {
            rows,
            columns,
            names: types.into_iter().map(|(name, _)| name).collect(),
            cells,
            database,
        })
    }

    /// Returns the names of the columns.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Returns the values of the rows in a column.
    pub fn cells(&self, column: &str) -> Vec<&OwnedCell> {
        let cells = self.cells.iter();
        cells.filter_map(|row| row.get(column)).collect()
    }

    /// Returns the numbers of the rows that SQLite selects.
    ///
    /// # Errors
    ///
    /// Fails if SQLite fails.
    pub fn select(&self, predicate: &Predicate) -> Result<Vec<usize>, CaseError> {
        // The first two placeholders are those of the query.
        let (sql, binds) = predicate
            .to_sql(Dialect::Sqlite, 3)
            .map_err(|error| CaseError(error.to_string()))?;
        let text =
            format!("SELECT `place` FROM `resources` WHERE ?1 = ?2 AND {sql} ORDER BY `place`");
        let theirs = [SqlValue::Integer(1), SqlValue::Integer(1)].into_iter();
        let ours = binds.into_iter().map(|bind| match bind {
            BindValue::Text(text) => SqlValue::Text(text),
            BindValue::Integer(number) => SqlValue::Integer(number),
            BindValue::TextList(_) => SqlValue::Null,
        });
        let selected = || {
            let mut statement = self.database.prepare(&text)?;
            let places = statement.query_map(params_from_iter(theirs.chain(ours)), |row| {
                row.get::<_, i64>(0)
            })?;
            places.collect::<Result<Vec<_>, _>>()
        };
        let places =
            selected().map_err(|error: rusqlite::Error| CaseError(format!("{error}: {text}")))?;
        Ok(places
            .into_iter()
            .filter_map(|place| usize::try_from(place).ok())
            .collect())
    }

    /// Returns the numbers of the rows that the predicate admits in memory.
    ///
    /// # Errors
    ///
    /// Fails if a row does not have the columns.
    pub fn admitted(&self, predicate: &Predicate) -> Result<Vec<usize>, CaseError> {
        let mut admitted = Vec::new();
        for (index, cells) in self.cells.iter().enumerate() {
            if predicate
                .admits(cells)
                .map_err(|error| CaseError(error.to_string()))?
            {
                admitted.push(index);
            }
        }
        Ok(admitted)
    }
}

/// Returns the value of a row for a key, ignoring the case of its name.
fn value_of(row: &Candidate, folded: &str) -> Option<ContextValue> {
    let mut found = None;
    for (key, value) in row.context.iter().flatten() {
        if key.eq_ignore_ascii_case(folded) {
            found = Some(match found {
                None => value.clone(),
                // Two keys whose names differ only in case are one, with several values.
                Some(earlier) => ContextValue::Many(
                    scalars(&earlier)
                        .iter()
                        .chain(scalars(value))
                        .cloned()
                        .collect(),
                ),
            });
        }
    }
    found
}

fn scalars(value: &ContextValue) -> &[Scalar] {
    match value {
        ContextValue::One(value) => std::slice::from_ref(value),
        ContextValue::Many(values) => values,
    }
}

fn text_of(scalar: &Scalar) -> String {
    pinpoint_iam::context::Value::from(scalar)
        .text()
        .into_owned()
}

impl Kind {
    fn of<'v>(key: &ConditionKey, values: impl Iterator<Item = &'v ContextValue> + Clone) -> Self {
        let lists = values
            .clone()
            .filter(|value| matches!(value, ContextValue::Many(_)))
            .count();
        let ones = values
            .clone()
            .filter(|value| matches!(value, ContextValue::One(_)))
            .count();
        let all = |is: fn(&Scalar) -> bool| values.clone().flat_map(scalars).all(is);
        if lists > 0 || is_multivalued(key) {
            return Self::List {
                or_one: ones > 0 && !is_multivalued(key),
            };
        }
        if all(|value| matches!(value, Scalar::Bool(_))) {
            Self::Boolean
        } else if all(|value| matches!(value, Scalar::Number(number) if number.is_i64())) {
            Self::Integer
        } else {
            Self::Text
        }
    }

    /// Fills the column called `name`, and returns its declaration.
    fn fill(
        self,
        name: &str,
        values: &[Option<ContextValue>],
        cells: &mut [HashMap<String, OwnedCell>],
        types: &mut Vec<(String, &'static str)>,
    ) -> Column {
        let mut put = |name: String, type_name, cell: &dyn Fn(&ContextValue) -> OwnedCell| {
            for (row, value) in cells.iter_mut().zip(values) {
                row.insert(name.clone(), value.as_ref().map_or(OwnedCell::Null, cell));
            }
            types.push((name, type_name));
        };
        let one = |value: &ContextValue| scalars(value).first().map(text_of).unwrap_or_default();
        let holds_nul = values
            .iter()
            .flatten()
            .flat_map(scalars)
            .any(|value| text_of(value).contains('\0'));
        let column = match self {
            Self::Text => {
                put(name.to_owned(), "TEXT", &|value| {
                    OwnedCell::Text(one(value))
                });
                let of_key = |key: fn(&str) -> Option<String>| {
                    move |value: &ContextValue| {
                        key(&one(value)).map_or(OwnedCell::Null, OwnedCell::Text)
                    }
                };
                put(format!("{name}_number"), "TEXT", &of_key(keys::number));
                put(format!("{name}_date"), "TEXT", &of_key(keys::date));
                put(format!("{name}_address"), "TEXT", &of_key(keys::address));
                Column::text(name)
                    .with_number_key(&format!("{name}_number"))
                    .with_date_key(&format!("{name}_date"))
                    .with_address_key(&format!("{name}_address"))
            }
            Self::Integer => {
                put(name.to_owned(), "INTEGER", &|value| {
                    one(value)
                        .parse()
                        .map_or(OwnedCell::Null, OwnedCell::Integer)
                });
                Column::integer(name)
            }
            Self::Boolean => {
                put(name.to_owned(), "BOOLEAN", &|value| {
                    OwnedCell::Bool(one(value) == "true")
                });
                Column::boolean(name)
            }
            Self::List { or_one } => {
                put(name.to_owned(), "TEXT", &|value| {
                    OwnedCell::List(scalars(value).iter().map(text_of).collect())
                });
                let column = Column::text_list(name);
                if or_one {
                    column.with_single_values()
                } else {
                    column
                }
            }
        };
        if holds_nul { column.with_nul() } else { column }
    }
}

/// A database with the rows of a table.
fn database(
    types: &[(String, &str)],
    cells: &[HashMap<String, OwnedCell>],
) -> rusqlite::Result<Connection> {
    let database = Connection::open_in_memory()?;
    let declared: Vec<String> = types
        .iter()
        .map(|(name, type_name)| format!("`{name}` {type_name}"))
        .collect();
    database.execute_batch(&format!(
        "CREATE TABLE `resources` (`place` INTEGER, {})",
        declared.join(", ")
    ))?;
    let marks = vec!["?"; types.len()].join(", ");
    let mut insert = database.prepare(&format!("INSERT INTO `resources` VALUES (?, {marks})"))?;
    for (place, row) in cells.iter().enumerate() {
        let place = SqlValue::Integer(i64::try_from(place).unwrap_or(i64::MAX));
        let values = types.iter().map(|(name, _)| match row.get(name) {
            None | Some(OwnedCell::Null) => SqlValue::Null,
            Some(OwnedCell::Text(text)) => SqlValue::Text(text.clone()),
            Some(OwnedCell::Integer(number)) => SqlValue::Integer(*number),
            Some(OwnedCell::Bool(value)) => SqlValue::Integer(i64::from(*value)),
            Some(OwnedCell::List(elements)) => {
                SqlValue::Text(serde_json::Value::from(elements.clone()).to_string())
            }
            // A column of another type would be compared as if it were absent.
            Some(other) => SqlValue::Text(format!("{other:?}")),
        });
        insert.execute(params_from_iter(std::iter::once(place).chain(values)))?;
    }
    drop(insert);
    Ok(database)
}
