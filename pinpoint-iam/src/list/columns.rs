//! The columns that contain the ARN and the condition keys of a row's resource.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use super::check::{Used, check_sql};
use super::native::NativeType;
use super::sql::Dialect;
use crate::action::ActionMetadata;
use crate::arn::Scope;
use crate::context::ConditionKey;
use crate::resource::{IdFormat, Piece, ResourceTypeMetadata, ScopeComponent};

/// The meaning of NULL, or of the empty string, in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The resource does not have the key.
    Absent,
    /// The resource has the key, with the empty text as its value.
    EmptyText,
}

/// The unit of a column that counts time from the start of 1970 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
}

impl TimeUnit {
    pub(super) const fn nanoseconds(self) -> i128 {
        match self {
            Self::Seconds => 1_000_000_000,
            Self::Milliseconds => 1_000_000,
            Self::Microseconds => 1_000,
        }
    }
}

/// A column that contains the value of a condition key: its name, its type, and the meaning of NULL and the empty
/// string.
///
/// A condition is exact if the column has the type that its operator compares. Texts are never cast: a condition that
/// compares a text column with numbers, dates or addresses makes the [`Constraint`](super::Constraint) a superset,
/// unless the table stores [a sort key](super::keys) of the text in another column.
///
/// ```
/// use pinpoint_iam::list::{Column, Meaning};
///
/// let owner = Column::text("owner").with_empty(Meaning::Absent);
/// let pages = Column::text("pages").with_number_key("pages_key");
/// let sealed = Column::boolean("is_sealed");
/// # let _ = (owner, pages, sealed);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub(super) kind: ColumnKind,
    pub(super) null: Meaning,
    pub(super) empty: Meaning,
    pub(super) may_hold_nul: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum ColumnKind {
    Text {
        name: Box<str>,
        keys: Keys,
    },
    Integer(Box<str>),
    Boolean(Box<str>),
    Time(Box<str>, TimeUnit),
    /// One of the database's own types.
    Native(Box<str>, NativeType),
    TextList {
        name: Box<str>,
        may_hold_one: bool,
    },
    /// No column contains the key.
    Nowhere,
}

/// The columns that contain sort keys of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Keys {
    pub(super) number: Option<Box<str>>,
    pub(super) date: Option<Box<str>>,
    pub(super) address: Option<Box<str>>,
}

impl Column {
    const fn of(kind: ColumnKind) -> Self {
        Self {
            kind,
            null: Meaning::Absent,
            empty: Meaning::EmptyText,
            may_hold_nul: false,
        }
    }

    /// Creates a text column. In PostgreSQL, its collation is deterministic; in SQLite, it has the affinity TEXT.
    ///
    /// NULL means that the key is absent, and the empty string is an empty text. Change this with
    /// [`with_null`](Self::with_null) and [`with_empty`](Self::with_empty).
    pub fn text(name: &str) -> Self {
        Self::of(ColumnKind::Text {
            name: name.into(),
            keys: Keys::default(),
        })
    }

    /// Creates a column of whole numbers with at most 64 bits. NULL means that the key is absent.
    pub fn integer(name: &str) -> Self {
        Self::of(ColumnKind::Integer(name.into()))
    }

    /// Creates a Boolean column, which contains 0 and 1 in SQLite. NULL means that the key is absent.
    pub fn boolean(name: &str) -> Self {
        Self::of(ColumnKind::Boolean(name.into()))
    }

    /// Creates a column of points in time, counted from the start of 1970 in UTC. NULL means that the key is absent.
    pub fn time(name: &str, unit: TimeUnit) -> Self {
        Self::of(ColumnKind::Time(name.into(), unit))
    }

    /// Creates a column of the type `numeric` of PostgreSQL (from version 13 on). NULL means that the key is absent.
    ///
    /// `NaN` and infinity are not numbers, and neither are numbers that conditions do not support because they have too
    /// many digits: a condition on them is decided like one on their text. Comparisons of numbers are exact; conditions of
    /// other types make the [`Constraint`](super::Constraint) a superset.
    ///
    /// SQLite has no such type, so [`Predicate::to_sql`](super::Predicate::to_sql) returns an error for it.
    pub fn numeric(name: &str) -> Self {
        Self::of(ColumnKind::Native(name.into(), NativeType::Numeric))
    }

    /// Creates a column of the type `timestamp with time zone` of PostgreSQL. NULL means that the key is absent, and
    /// infinity is not a date. Comparisons of dates are exact, and do not depend on the time zone of the session; see
    /// [`numeric`](Self::numeric) for other conditions and for SQLite.
    pub fn timestamptz(name: &str) -> Self {
        Self::of(ColumnKind::Native(name.into(), NativeType::Timestamptz))
    }

    /// Creates a column of the type `timestamp without time zone` of PostgreSQL, whose values are in UTC. Otherwise as
    /// [`timestamptz`](Self::timestamptz).
    pub fn timestamp(name: &str) -> Self {
        Self::of(ColumnKind::Native(name.into(), NativeType::Timestamp))
    }

    /// Creates a column of the type `inet` of PostgreSQL. NULL means that the key is absent, and a network, which has a
    /// netmask, is not an address. An IPv6 address that is mapped from IPv4 is the IPv4 address. Comparisons of addresses
    /// are exact; see [`numeric`](Self::numeric) for other conditions and for SQLite.
    pub fn inet(name: &str) -> Self {
        Self::of(ColumnKind::Native(name.into(), NativeType::Inet))
    }

    /// Creates a column of lists of texts: an array of texts in PostgreSQL, a text with a JSON array of strings in
    /// SQLite. NULL means that the key is absent, and an empty list is a key without values. The lists do not contain
    /// NULL.
    pub fn text_list(name: &str) -> Self {
        Self::of(ColumnKind::TextList {
            name: name.into(),
            may_hold_one: false,
        })
    }

    /// Declares that the resource may have the key and that no column contains it: conditions on it make the
    /// [`Constraint`](super::Constraint) a superset.
    pub const fn nowhere() -> Self {
        Self::of(ColumnKind::Nowhere)
    }

    /// Sets the meaning of NULL.
    #[must_use]
    pub const fn with_null(mut self, meaning: Meaning) -> Self {
        self.null = meaning;
        self
    }

    /// Sets the meaning of the empty string.
    #[must_use]
    pub const fn with_empty(mut self, meaning: Meaning) -> Self {
        self.empty = meaning;
        self
    }

    /// Declares that the column may contain the character U+0000. Only exact comparisons and prefixes are then exact,
    /// because SQLite's functions end a text there.
    #[must_use]
    pub const fn with_nul(mut self) -> Self {
        self.may_hold_nul = true;
        self
    }

    /// Declares that a list with one element is that single value: the key is not multivalued by its type, but may have
    /// several values.
    #[must_use]
    pub fn with_single_values(mut self) -> Self {
        if let ColumnKind::TextList { may_hold_one, .. } = &mut self.kind {
            *may_hold_one = true;
        }
        self
    }

    /// Sets the column that contains [`keys::number`](super::keys::number) of this column's text.
    #[must_use]
    pub fn with_number_key(mut self, column: &str) -> Self {
        if let ColumnKind::Text { keys, .. } = &mut self.kind {
            keys.number = Some(column.into());
        }
        self
    }

    /// Sets the column that contains [`keys::date`](super::keys::date) of this column's text.
    #[must_use]
    pub fn with_date_key(mut self, column: &str) -> Self {
        if let ColumnKind::Text { keys, .. } = &mut self.kind {
            keys.date = Some(column.into());
        }
        self
    }

    /// Sets the column that contains [`keys::address`](super::keys::address) of this column's text.
    #[must_use]
    pub fn with_address_key(mut self, column: &str) -> Self {
        if let ColumnKind::Text { keys, .. } = &mut self.kind {
            keys.address = Some(column.into());
        }
        self
    }
}

/// A part of a component of an ARN.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Segment {
    Text(Box<str>),
    /// A column, and the format of its values.
    Column(Box<str>, SegmentFormat),
}

/// The format of a column that is part of an ARN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum SegmentFormat {
    /// The component, as it is spelled in the ARN.
    Component,
    /// An id, as constructors of resource types accept it.
    Id(IdFormat),
}

/// The columns of a table: the ARN and the condition keys of the resource of each row.
///
/// ```
/// use pinpoint_iam::Scope;
/// use pinpoint_iam::list::{Column, Columns};
/// use pinpoint_iam::mobiletargeting::Campaign;
/// use pinpoint_iam::resource::Resource;
///
/// let scope = Scope::new("aws", "us-east-1", "123456789012");
/// let columns = Columns::of_type(Campaign::METADATA, &scope, &["application_id", "id"])?
///     .key("aws:ResourceTag/stage", Column::text("stage"));
/// # Ok::<(), pinpoint_iam::list::ListError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// The components of the ARN, from the partition on.
    pub(super) components: [Vec<Segment>; 5],
    keys: HashMap<ConditionKey, Column>,
    /// Prefixes, in lower case, of the keys that no column contains.
    nowhere: Vec<Box<str>>,
    pub(super) has_resource_policies: bool,
    /// The columns of the placeholders of the resource type.
    placeholders: Vec<(&'static str, Box<str>)>,
    /// Columns that have one of these values, because the action fixes it.
    pub(super) fixed: Vec<(Box<str>, BTreeSet<Box<str>>)>,
}

impl Columns {
    /// Describes a table whose rows are resources of one type. `ids` are the columns of its fields, in the order of the
    /// constructor's arguments. They contain ids as the constructor accepts them, and never NULL.
    ///
    /// Condition keys of the type for which [`key`](Self::key) sets no column are [nowhere](Column::nowhere), and so
    /// are tags.
    ///
    /// # Errors
    ///
    /// Fails if the number of columns is not the number of fields, or if the scope is incomplete.
    pub fn of_type(
        resource_type: &'static ResourceTypeMetadata,
        scope: &Scope,
        ids: &[&str],
    ) -> Result<Self, super::ListError> {
        scope.check()?;
        let fixed = |component: ScopeComponent, from_scope: &str| {
            vec![Segment::Text(match component {
                ScopeComponent::FromScope => from_scope.into(),
                ScopeComponent::Fixed(text) => text.into(),
            })]
        };
        let mut resource = Vec::new();
        for piece in resource_type.pieces {
            resource.push(match piece {
                Piece::Literal(text) => Segment::Text((*text).into()),
                Piece::Field(position) => {
                    let field = resource_type.fields.get(*position);
                    match field.zip(ids.get(*position)) {
                        Some((field, column)) => {
                            Segment::Column((*column).into(), SegmentFormat::Id(field.accepts))
                        }
                        None => return Err(super::ListError::ids(resource_type, ids.len())),
                    }
                }
            });
        }
        if ids.len() != resource_type.fields.len() {
            return Err(super::ListError::ids(resource_type, ids.len()));
        }
        let mut columns = Self {
            components: [
                fixed(resource_type.partition, scope.partition()),
                vec![Segment::Text(resource_type.service.into())],
                fixed(resource_type.region, scope.region()),
                fixed(resource_type.account, scope.account()),
                resource,
            ],
            keys: HashMap::new(),
            nowhere: vec!["aws:resourcetag/".into()],
            has_resource_policies: false,
            placeholders: resource_type
                .fields
                .iter()
                .zip(ids)
                .map(|(field, column)| (field.placeholder, (*column).into()))
                .collect(),
            fixed: Vec::new(),
        };
        for key in resource_type.condition_keys {
            match key.split_once("${") {
                Some((start, _)) => columns.nowhere.push(start.to_ascii_lowercase().into()),
                None => columns = columns.key(key, Column::nowhere()),
            }
        }
        Ok(columns)
    }

    /// Describes a table that contains the components of ARNs as texts, from the partition to the resource.
    pub fn of_components(components: [&str; 5]) -> Self {
        Self {
            components: components
                .map(|column| vec![Segment::Column(column.into(), SegmentFormat::Component)]),
            keys: HashMap::new(),
            nowhere: Vec::new(),
            has_resource_policies: false,
            placeholders: Vec::new(),
            fixed: Vec::new(),
        }
    }

    /// Selects only rows on which `action` acts: an action may fix a placeholder, as `GetEmailTemplate` does.
    pub(crate) fn of_action(mut self, action: &ActionMetadata) -> Self {
        for (placeholder, value) in action.pinned {
            let mut placeholders = self.placeholders.iter();
            if let Some((_, column)) = placeholders.find(|(name, _)| name == placeholder) {
                // Constructors accept the spelling in lower case as well.
                let values = [*value, &value.to_ascii_lowercase()].map(Into::into);
                self.fixed.push((column.clone(), values.into()));
            }
        }
        self
    }

    /// Sets the column of a condition key.
    #[must_use]
    pub fn key(mut self, key: &str, column: Column) -> Self {
        self.keys.insert(ConditionKey::new(key), column);
        self
    }

    /// Declares that the resources may have policies of their own: every selection is then a superset, because no
    /// column contains these policies.
    #[must_use]
    pub const fn with_resource_policies(mut self) -> Self {
        self.has_resource_policies = true;
        self
    }

    /// Returns a query about the database itself, whose rows are the faults of the columns: without a fault, it returns no
    /// row. A row consists of two texts, the name of the column and its fault.
    ///
    /// The query compares the types and collations of the columns with the mapping, because a predicate selects wrong rows
    /// if they differ: no database reports a `timestamp` that is compared as a `timestamptz`, or a collation that ignores
    /// case. SQLite does not enforce the types of columns, so there the query also reads the values of all rows.
    ///
    /// `tables` are the tables or views that contain the columns, as in the `FROM` clause of the list: `documents`, or
    /// `archive.documents AS d` if the mapping contains `d.owner`.
    ///
    /// ```
    /// use pinpoint_iam::list::{Column, Columns, Dialect};
    ///
    /// let columns = Columns::of_components(["partition", "service", "region", "account", "resource"])
    ///     .key("archive:Owner", Column::text("owner"));
    /// let sql = columns.check_sql(Dialect::Postgres, &["documents"])?;
    /// assert!(sql.starts_with("SELECT "));
    /// # Ok::<(), pinpoint_iam::list::ListError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if a name is not valid, if no table contains a column (a name without a table needs a single table), and, for
    /// SQLite, if it does not have the type of a column.
    pub fn check_sql(&self, dialect: Dialect, tables: &[&str]) -> Result<String, super::ListError> {
        let mut used = BTreeSet::new();
        for segment in self.components.iter().flatten() {
            if let Segment::Column(name, _) = segment {
                used.insert(Used::id(name));
            }
        }
        for column in self.keys.values() {
            column.add_used(&mut used);
        }
        check_sql(&used, dialect, tables)
    }

    /// Returns the column of a key that belongs to the resource of a row; `None` for a key of the request.
    pub(super) fn column(&self, key: &ConditionKey) -> Option<&Column> {
        const NOWHERE: &Column = &Column::nowhere();
        let is_nowhere = || {
            let mut starts = self.nowhere.iter();
            starts.any(|start| key.folded().starts_with(&**start))
        };
        match self.keys.get(key) {
            None if is_nowhere() => Some(NOWHERE),
            found => found,
        }
    }
}

/// A name that a column cannot have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InvalidName(pub(super) String);

impl fmt::Display for InvalidName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` cannot be the name of a column here",
            self.0.escape_debug()
        )
    }
}
