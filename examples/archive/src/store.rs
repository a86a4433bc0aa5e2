//! The documents, in an SQLite database.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pinpoint_iam::list::{BindValue, Dialect, ListError, Predicate};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde::Serialize;

const SCHEMA: &str = "
    CREATE TABLE documents (
        organization TEXT NOT NULL,
        id TEXT NOT NULL,
        folder_id TEXT NOT NULL,
        owner TEXT NOT NULL,
        classification TEXT NOT NULL,
        state TEXT NOT NULL,
        title TEXT NOT NULL,
        PRIMARY KEY (organization, id)
    ) WITHOUT ROWID;
    CREATE TABLE versions (
        organization TEXT NOT NULL,
        document_id TEXT NOT NULL,
        number INTEGER NOT NULL,
        content TEXT NOT NULL,
        PRIMARY KEY (organization, document_id, number)
    ) WITHOUT ROWID;
    CREATE TABLE links (
        token TEXT PRIMARY KEY,
        organization TEXT NOT NULL,
        document_id TEXT NOT NULL
    ) WITHOUT ROWID;
    INSERT INTO documents VALUES
        ('acme', 'handbook', 'general', 'ana', 'public', 'final', 'The handbook'),
        ('acme', 'plan', 'general', 'ana', 'internal', 'draft', 'A plan'),
        ('acme', 'merger', 'vault', 'ana', 'secret', 'final', 'The plan of the merger'),
        ('acme', 'notes', 'general', 'ben', 'internal', 'draft', 'Notes about the plan'),
        ('globex', 'plan', 'general', 'eve', 'internal', 'draft', 'Another plan');
    INSERT INTO versions SELECT organization, id, 1, title || '.' FROM documents;
";

const COLUMNS: &str = "id, folder_id, owner, classification, state, title";

/// A row of the table `documents`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Document {
    pub(crate) id: String,
    pub(crate) folder_id: String,
    pub(crate) owner: String,
    pub(crate) classification: String,
    pub(crate) state: String,
    pub(crate) title: String,
}

impl Document {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            folder_id: row.get(1)?,
            owner: row.get(2)?,
            classification: row.get(3)?,
            state: row.get(4)?,
            title: row.get(5)?,
        })
    }
}

/// An error of the database.
#[derive(Debug)]
pub(crate) enum StoreError {
    Sqlite(rusqlite::Error),
    List(ListError),
}

impl StoreError {
    /// Whether a document with this id exists already.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Self::Sqlite(error)
            if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation))
    }
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(error) => error.fmt(formatter),
            Self::List(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<ListError> for StoreError {
    fn from(error: ListError) -> Self {
        Self::List(error)
    }
}

/// Every function takes the organization, so that a request never finds a document of another one.
#[derive(Clone)]
pub(crate) struct Store(Arc<Mutex<Connection>>);

impl Store {
    /// Creates a database in memory with a few documents.
    pub(crate) fn open() -> Result<Self, StoreError> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    pub(crate) fn document(
        &self,
        organization: &str,
        id: &str,
    ) -> Result<Option<Document>, StoreError> {
        let statement =
            format!("SELECT {COLUMNS} FROM documents WHERE organization = ?1 AND id = ?2");
        let found = self
            .connection()
            .query_row(&statement, params![organization, id], Document::read)
            .optional()?;
        Ok(found)
    }

    /// Returns documents with `word` in their title that fulfil `filter`, sorted by id.
    pub(crate) fn search(
        &self,
        organization: &str,
        word: &str,
        filter: Option<&Predicate>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Document>, StoreError> {
        let mut statement = format!(
            "SELECT {COLUMNS} FROM documents \
             WHERE organization = ?1 AND instr(lower(title), lower(?2)) > 0 AND id > ?3"
        );
        let mut values = vec![
            Value::Text(organization.to_owned()),
            Value::Text(word.to_owned()),
            Value::Text(after.unwrap_or_default().to_owned()),
            Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)),
        ];
        if let Some(filter) = filter {
            let (condition, binds) = filter.to_sql(Dialect::Sqlite, values.len() + 1)?;
            statement.push_str(&format!(" AND ({condition})"));
            values.extend(binds.into_iter().map(|bind| match bind {
                BindValue::Text(text) => Value::Text(text),
                BindValue::Integer(number) => Value::Integer(number),
                BindValue::TextList(_) => Value::Null, // only for PostgreSQL
            }));
        }
        statement.push_str(" ORDER BY id LIMIT ?4");
        let connection = self.connection();
        let mut statement = connection.prepare(&statement)?;
        let rows = statement.query_map(params_from_iter(values), Document::read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) fn create(
        &self,
        organization: &str,
        document: &Document,
        content: &str,
    ) -> Result<(), StoreError> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        transaction.execute(
            "INSERT INTO documents VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                organization,
                document.id,
                document.folder_id,
                document.owner,
                document.classification,
                document.state,
                document.title
            ],
        )?;
        transaction.execute(
            "INSERT INTO versions VALUES (?1, ?2, 1, ?3)",
            params![organization, document.id, content],
        )?;
        transaction.commit()?;
        Ok(())
    }

    pub(crate) fn versions(&self, organization: &str, id: &str) -> Result<Vec<i64>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare(
            "SELECT number FROM versions WHERE organization = ?1 AND document_id = ?2 ORDER BY number",
        )?;
        let rows = statement.query_map(params![organization, id], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) fn write_version(
        &self,
        organization: &str,
        id: &str,
        content: &str,
    ) -> Result<(), StoreError> {
        self.connection().execute(
            "INSERT INTO versions SELECT ?1, ?2, 1 + max(number), ?3 FROM versions \
             WHERE organization = ?1 AND document_id = ?2 HAVING max(number) IS NOT NULL",
            params![organization, id, content],
        )?;
        Ok(())
    }

    pub(crate) fn move_to(
        &self,
        organization: &str,
        id: &str,
        folder_id: &str,
    ) -> Result<(), StoreError> {
        self.connection().execute(
            "UPDATE documents SET folder_id = ?3 WHERE organization = ?1 AND id = ?2",
            params![organization, id, folder_id],
        )?;
        Ok(())
    }

    /// Deletes all of the documents or, after an error, none.
    pub(crate) fn delete(&self, organization: &str, ids: &[String]) -> Result<(), StoreError> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        for id in ids {
            for (table, column) in [
                ("links", "document_id"),
                ("versions", "document_id"),
                ("documents", "id"),
            ] {
                let statement =
                    format!("DELETE FROM {table} WHERE organization = ?1 AND {column} = ?2");
                transaction.execute(&statement, params![organization, id])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Creates a link, and returns its token.
    pub(crate) fn create_link(&self, organization: &str, id: &str) -> Result<String, StoreError> {
        let token = self.connection().query_row(
            "INSERT INTO links VALUES (lower(hex(randomblob(16))), ?1, ?2) RETURNING token",
            params![organization, id],
            |row| row.get(0),
        )?;
        Ok(token)
    }

    /// Returns the last version of the document to which a link leads.
    pub(crate) fn linked(&self, token: &str) -> Result<Option<String>, StoreError> {
        let statement = "SELECT content FROM links JOIN versions USING (organization, document_id) \
                         WHERE token = ?1 ORDER BY number DESC LIMIT 1";
        let found = self
            .connection()
            .query_row(statement, params![token], |row| row.get(0))
            .optional()?;
        Ok(found)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
