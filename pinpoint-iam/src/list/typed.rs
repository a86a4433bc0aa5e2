//! Mappings of columns that are generated for each resource type.

use std::collections::BTreeSet;

use super::check::{Used, check_sql};
use super::columns::{Column, Columns, Meaning, TimeUnit};
use super::error::ListError;
use super::sql::Dialect;
use crate::arn::Scope;
use crate::resource::Resource;

/// The columns of a table whose rows are resources of one type.
///
/// Build scripts generate a struct with this trait for each resource type, in the module `columns` of the service. It has
/// a field for each id and for each condition key of the type, and no default: a mapping without one of them does not
/// compile, and neither does a mapping that was complete before a key was added to the catalog.
pub trait ResourceColumns {
    /// The resource type.
    type Resource: Resource;

    /// Returns the columns of the ids, in the order of the constructor's arguments. They contain ids as the constructor
    /// accepts them, and never NULL.
    fn ids(&self) -> Vec<&'static str>;

    /// Adds the columns of the condition keys.
    fn keys(&self, keys: &mut KeyColumns);

    /// Whether the resources may have policies of their own. Every selection is then a superset.
    fn have_resource_policies(&self) -> bool {
        false
    }

    /// Returns a query about the database itself, whose rows are the faults of the columns, see
    /// [`Columns::check_sql`].
    ///
    /// # Errors
    ///
    /// Those of [`Columns::check_sql`].
    fn check_sql(&self, dialect: Dialect, tables: &[&str]) -> Result<String, ListError> {
        let mut used: BTreeSet<Used> = self.ids().into_iter().map(Used::id).collect();
        let mut keys = KeyColumns::default();
        self.keys(&mut keys);
        for (_, column) in keys.0 {
            column.add_used(&mut used);
        }
        check_sql(&used, dialect, tables)
    }

    /// Returns the mapping for resources in `scope`.
    ///
    /// # Errors
    ///
    /// Fails if the scope is incomplete.
    fn to_columns(&self, scope: &Scope) -> Result<Columns, ListError> {
        let Some(resource_type) = Self::Resource::TYPE else {
            return Err(ListError::without_type());
        };
        let mut columns = Columns::of_type(resource_type, scope, &self.ids())?;
        let mut keys = KeyColumns::default();
        self.keys(&mut keys);
        for (key, column) in keys.0 {
            columns = columns.key(&key, column);
        }
        Ok(match self.have_resource_policies() {
            true => columns.with_resource_policies(),
            false => columns,
        })
    }
}

macro_rules! typed_columns {
    ($($(#[doc = $doc:literal])* $name:ident { $($constructors:tt)* })*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Debug, PartialEq)]
            pub struct $name(Column);

            impl $name {
                $($constructors)*

                /// No column contains the key: conditions on it make every selection a superset, whose rows have to be
                /// checked.
                pub const fn nowhere() -> Self {
                    Self(Column::nowhere())
                }

                /// Sets the meaning of NULL. Without this, the resource does not have the key.
                #[must_use]
                pub fn with_null(self, meaning: Meaning) -> Self {
                    Self(self.0.with_null(meaning))
                }
            }

            impl From<$name> for Column {
                fn from(typed: $name) -> Self {
                    typed.0
                }
            }
        )*
    };
}

typed_columns! {
    /// The column of a condition key with the type String, ARN or Binary.
    StringColumn {
        /// A text column, see [`Column::text`].
        pub fn text(name: &str) -> Self {
            Self(Column::text(name))
        }

        /// Sets the meaning of the empty string. Without this, it is a value.
        #[must_use]
        pub fn with_empty(self, meaning: Meaning) -> Self {
            Self(self.0.with_empty(meaning))
        }

        /// The column may contain the character U+0000, see [`Column::with_nul`].
        #[must_use]
        pub fn with_nul(self) -> Self {
            Self(self.0.with_nul())
        }
    }

    /// The column of a condition key with the type Numeric.
    NumericColumn {
        /// A column of whole numbers, see [`Column::integer`].
        pub fn integer(name: &str) -> Self {
            Self(Column::integer(name))
        }

        /// A column of the type `numeric`, see [`Column::numeric`].
        pub fn numeric(name: &str) -> Self {
            Self(Column::numeric(name))
        }

        /// A text column, and the column with its [sort key](super::keys::number).
        pub fn text(name: &str, key: &str) -> Self {
            Self(Column::text(name).with_number_key(key))
        }
    }

    /// The column of a condition key with the type Date.
    DateColumn {
        /// A column of points in time, see [`Column::time`].
        pub fn time(name: &str, unit: TimeUnit) -> Self {
            Self(Column::time(name, unit))
        }

        /// A column of the type `timestamp with time zone`, see [`Column::timestamptz`].
        pub fn timestamptz(name: &str) -> Self {
            Self(Column::timestamptz(name))
        }

        /// A column of the type `timestamp without time zone`, see [`Column::timestamp`].
        pub fn timestamp(name: &str) -> Self {
            Self(Column::timestamp(name))
        }

        /// A text column, and the column with its [sort key](super::keys::date).
        pub fn text(name: &str, key: &str) -> Self {
            Self(Column::text(name).with_date_key(key))
        }
    }

    /// The column of a condition key with the type Bool.
    BoolColumn {
        /// A Boolean column, see [`Column::boolean`].
        pub fn boolean(name: &str) -> Self {
            Self(Column::boolean(name))
        }
    }

    /// The column of a condition key with the type IPAddress.
    IpAddressColumn {
        /// A column of the type `inet`, see [`Column::inet`].
        pub fn inet(name: &str) -> Self {
            Self(Column::inet(name))
        }

        /// A text column, and the column with its [sort key](super::keys::address).
        pub fn text(name: &str, key: &str) -> Self {
            Self(Column::text(name).with_address_key(key))
        }
    }

    /// The column of a condition key with several values, such as ArrayOfString.
    ListColumn {
        /// A list of texts, see [`Column::text_list`].
        pub fn text_list(name: &str) -> Self {
            Self(Column::text_list(name))
        }
    }
}

/// The columns of condition keys whose names contain placeholders, such as `aws:ResourceTag/${TagKey}`.
///
/// ```
/// use pinpoint_iam::list::{KeyedColumns, StringColumn};
///
/// let tags = KeyedColumns::nowhere().with("stage", StringColumn::text("stage"));
/// # drop(tags);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct KeyedColumns(Vec<(String, Column)>);

impl KeyedColumns {
    /// No column contains any of the keys: conditions on them make every selection a superset.
    pub const fn nowhere() -> Self {
        Self(Vec::new())
    }

    /// Adds the column of one key. `name` is the key of a tag, or the complete name of another condition key.
    #[must_use]
    pub fn with(mut self, name: &str, column: impl Into<Column>) -> Self {
        self.0.push((name.to_owned(), column.into()));
        self
    }
}

/// The columns of condition keys, by the names of the keys.
#[derive(Debug, Default)]
pub struct KeyColumns(Vec<(String, Column)>);

impl KeyColumns {
    /// Adds the column of the key `name`.
    pub fn add<C: Clone + Into<Column>>(&mut self, name: &str, column: &C) {
        self.0.push((name.to_owned(), column.clone().into()));
    }

    /// Returns the columns.
    #[cfg(feature = "testing")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.0.iter().map(|(name, column)| (name.as_str(), column))
    }

    /// Adds the columns of tags.
    pub fn add_tags(&mut self, columns: &KeyedColumns) {
        let columns = columns.0.iter();
        self.0.extend(columns.map(|(tag, column)| {
            let name = format!("aws:ResourceTag/{tag}");
            (name, column.clone())
        }));
    }

    /// Adds the columns of keys whose names contain placeholders.
    pub fn add_filled(&mut self, columns: &KeyedColumns) {
        self.0.extend(columns.0.iter().cloned());
    }
}

/// The columns of a table whose resources may have policies of their own, which no column contains: every selection is a
/// superset.
#[derive(Clone, Debug, PartialEq)]
pub struct WithResourcePolicies<C>(pub C);

impl<C: ResourceColumns> ResourceColumns for WithResourcePolicies<C> {
    type Resource = C::Resource;

    fn ids(&self) -> Vec<&'static str> {
        self.0.ids()
    }

    fn keys(&self, keys: &mut KeyColumns) {
        self.0.keys(keys);
    }

    fn have_resource_policies(&self) -> bool {
        true
    }
}
