//! The embedded database, with one table for each kind of record. Records are stored as JSON.
//!
//! The records of an application are stored under the application's id, so that a list is a range of keys. All reads
//! and writes of one request happen in one transaction, so a failed request does not change anything.

mod seed;

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use redb::{
    Builder, Database, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition,
    WriteTransaction,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ApiError;
use crate::records::page::{Page, PageRequest};

pub(crate) use seed::{APPLICATION as DEMO_APPLICATION, CAMPAIGN as DEMO_CAMPAIGN};

/// The file within the data directory.
const FILE: &str = "campaigns.redb";

/// The metadata of the database.
const ABOUT: TableDefinition<'static, &str, u64> = TableDefinition::new("about");

/// The entry of [`ABOUT`] that contains the version of the table layout.
const LAYOUT: &str = "layout";

/// The layout version that this program reads and writes.
const CURRENT_LAYOUT: u64 = 1;

/// The parent of records that do not belong to an application: the applications themselves.
pub(crate) const TOP: &str = "";

/// A table of records: parent and id to JSON.
pub(crate) type Table = TableDefinition<'static, (&'static str, &'static str), &'static [u8]>;

/// A type that is stored in the database.
pub(crate) trait Record: Serialize + DeserializeOwned + Send + 'static {
    /// The table of its records.
    const TABLE: Table;
    /// Its name in error messages.
    const KIND: &'static str;

    /// Returns the id of the application that the record belongs to, or [`TOP`], and its own id.
    fn key(&self) -> (&str, &str);
}

/// The database, cheap to clone.
#[derive(Clone)]
pub(crate) struct Store {
    database: Arc<Database>,
}

impl Store {
    /// Opens the database in `directory`. If there is none, creates it with the demo's records.
    ///
    /// # Errors
    ///
    /// One line, if the directory or the file cannot be used, another process has it open, or its layout is unknown.
    pub(crate) fn open(directory: &Path) -> Result<Self, String> {
        fs::create_dir_all(directory).map_err(|error| {
            format!(
                "cannot create the data directory `{}`: {error}",
                directory.display()
            )
        })?;
        let file = directory.join(FILE);
        let fault =
            |error: redb::Error| format!("cannot use the database `{}`: {error}", file.display());
        let database = Builder::new()
            // Damage to the file by other programs is reported here; without the check, redb may panic later.
            .set_check_integrity_on_open(true)
            .create(&file)
            .map_err(|error| fault(error.into()))?;
        let store = Self {
            database: Arc::new(database),
        };
        let write = store
            .database
            .begin_write()
            .map_err(|error| fault(error.into()))?;
        let layout = write
            .open_table(ABOUT)
            .map_err(|error| fault(error.into()))?
            .get(LAYOUT)
            .map_err(|error| fault(error.into()))?
            .map(|layout| layout.value());
        match layout {
            Some(CURRENT_LAYOUT) => Ok(store),
            Some(other) => Err(format!(
                "the database `{}` has layout {other}, and this program knows layout {CURRENT_LAYOUT}; choose another directory with `--data`",
                file.display()
            )),
            None => {
                write
                    .open_table(ABOUT)
                    .map_err(|error| fault(error.into()))?
                    .insert(LAYOUT, CURRENT_LAYOUT)
                    .map_err(|error| fault(error.into()))?;
                let transaction = Writing(write);
                seed::plant(&transaction).map_err(|error| {
                    format!("cannot fill the database `{}`: {error}", file.display())
                })?;
                transaction
                    .0
                    .commit()
                    .map_err(|error| fault(error.into()))?;
                Ok(store)
            }
        }
    }

    /// Runs `work` on a consistent view of the records.
    ///
    /// # Errors
    ///
    /// Those of `work`, and an internal error if the database fails.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&Reading) -> Result<T, ApiError> + Send + 'static,
    {
        let database = Arc::clone(&self.database);
        off_the_reactor(move || work(&Reading(database.begin_read().map_err(failed)?))).await
    }

    /// Runs `work` in one transaction, which is committed if `work` succeeds and rolled back otherwise.
    ///
    /// # Errors
    ///
    /// Those of `work`, and an internal error if the database fails.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&Writing) -> Result<T, ApiError> + Send + 'static,
    {
        let database = Arc::clone(&self.database);
        off_the_reactor(move || {
            let transaction = Writing(database.begin_write().map_err(failed)?);
            let result = work(&transaction)?;
            transaction.0.commit().map_err(failed)?;
            Ok(result)
        })
        .await
    }
}

/// A read transaction.
pub(crate) struct Reading(ReadTransaction);

/// A write transaction.
pub(crate) struct Writing(WriteTransaction);

/// Operations of both kinds of transactions.
pub(crate) trait Look {
    /// Opens the table of `R` and passes it to `work`.
    fn with_table<R: Record, T>(
        &self,
        work: impl FnOnce(&dyn Rows) -> Result<T, ApiError>,
    ) -> Result<T, ApiError>;

    /// Returns the record with this id, or `None` if it does not exist.
    fn find<R: Record>(&self, parent: &str, id: &str) -> Result<Option<R>, ApiError> {
        self.with_table::<R, _>(|table| {
            table.row(parent, id)?.map(|json| decode(&json)).transpose()
        })
    }

    /// Returns the record with this id.
    ///
    /// # Errors
    ///
    /// `NotFoundException` if it does not exist.
    fn get<R: Record>(&self, parent: &str, id: &str) -> Result<R, ApiError> {
        self.find(parent, id)?
            .ok_or_else(|| ApiError::not_found(R::KIND, parent, id))
    }

    /// Returns one page of a parent's records, sorted by id.
    fn page<R: Record>(&self, parent: &str, request: &PageRequest) -> Result<Page<R>, ApiError> {
        self.with_table::<R, _>(|table| {
            // Read one item more than requested: it shows whether there is a next page, and where it starts.
            let rows = table.page_of(parent, &request.token, request.size.saturating_add(1))?;
            let next_token = rows.get(request.size).map(|(id, _)| id.clone());
            let items = rows
                .iter()
                .take(request.size)
                .map(|(_, json)| decode(json))
                .collect::<Result<_, _>>()?;
            Ok(Page { items, next_token })
        })
    }

    /// Returns all records of a parent.
    fn all<R: Record>(&self, parent: &str) -> Result<Vec<R>, ApiError> {
        self.with_table::<R, _>(|table| {
            table
                .page_of(parent, "", usize::MAX)?
                .iter()
                .map(|(_, json)| decode(json))
                .collect()
        })
    }

    /// Returns the number of records of a parent.
    fn count<R: Record>(&self, parent: &str) -> Result<usize, ApiError> {
        self.with_table::<R, _>(|table| Ok(table.page_of(parent, "", usize::MAX)?.len()))
    }
}

impl Look for Reading {
    fn with_table<R: Record, T>(
        &self,
        work: impl FnOnce(&dyn Rows) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        work(&self.0.open_table(R::TABLE).map_err(failed)?)
    }
}

impl Look for Writing {
    fn with_table<R: Record, T>(
        &self,
        work: impl FnOnce(&dyn Rows) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        work(&self.0.open_table(R::TABLE).map_err(failed)?)
    }
}

impl Writing {
    /// Stores a record, replacing an existing one with the same id.
    pub(crate) fn put<R: Record>(&self, record: &R) -> Result<(), ApiError> {
        let json = serde_json::to_vec(record).map_err(ApiError::internal)?;
        self.0
            .open_table(R::TABLE)
            .map_err(failed)?
            .insert(record.key(), json.as_slice())
            .map_err(failed)?;
        Ok(())
    }

    /// Creates an empty table of `R`.
    fn create<R: Record>(&self) -> Result<(), ApiError> {
        self.0.open_table(R::TABLE).map_err(failed)?;
        Ok(())
    }

    /// Removes a record and returns it.
    ///
    /// # Errors
    ///
    /// `NotFoundException` if it does not exist.
    pub(crate) fn take<R: Record>(&self, parent: &str, id: &str) -> Result<R, ApiError> {
        let record = self.get(parent, id)?;
        self.0
            .open_table(R::TABLE)
            .map_err(failed)?
            .remove((parent, id))
            .map_err(failed)?;
        Ok(record)
    }

    /// Removes all records of a parent.
    pub(crate) fn clear<R: Record>(&self, parent: &str) -> Result<(), ApiError> {
        self.0
            .open_table(R::TABLE)
            .map_err(failed)?
            .retain(|(owner, _), _| owner != parent)
            .map_err(failed)
    }
}

/// A table of either kind of transaction.
pub(crate) trait Rows {
    /// Returns the JSON of one record.
    fn row(&self, parent: &str, id: &str) -> Result<Option<Vec<u8>>, ApiError>;

    /// Returns the ids and the JSON of up to `limit` records of a parent, starting at the id `start`.
    fn page_of(
        &self,
        parent: &str,
        start: &str,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>, ApiError>;
}

impl<T> Rows for T
where
    T: ReadableTable<(&'static str, &'static str), &'static [u8]>,
{
    fn row(&self, parent: &str, id: &str) -> Result<Option<Vec<u8>>, ApiError> {
        Ok(self
            .get((parent, id))
            .map_err(failed)?
            .map(|json| json.value().to_vec()))
    }

    fn page_of(
        &self,
        parent: &str,
        start: &str,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>, ApiError> {
        let mut rows = Vec::new();
        for entry in self.range((parent, start)..).map_err(failed)? {
            let (key, json) = entry.map_err(failed)?;
            let (owner, id) = key.value();
            if owner != parent || rows.len() == limit {
                break;
            }
            rows.push((id.to_owned(), json.value().to_vec()));
        }
        Ok(rows)
    }
}

fn decode<R: Record>(json: &[u8]) -> Result<R, ApiError> {
    serde_json::from_slice(json).map_err(|error| {
        ApiError::internal(format_args!("a stored {} cannot be read: {error}", R::KIND))
    })
}

fn failed(error: impl Into<redb::Error>) -> ApiError {
    ApiError::internal(error.into())
}

/// Runs `work` on a thread that is allowed to block.
async fn off_the_reactor<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(ApiError::internal)?
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Store").finish_non_exhaustive()
    }
}
