//! The files of directories in memory.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::arn::Scope;
use crate::source::directory::{ATTACHMENTS, Directory, Texts};
use crate::source::error::SourceError;
use crate::source::file::check_length;
use crate::source::files::PolicyFiles;
use crate::source::store::PolicyStore;

impl Directory {
    /// A directory whose files are in memory. `name` is in place of its path in errors.
    pub(crate) fn in_memory(name: &str) -> Self {
        Self::at(PathBuf::from(name))
    }

    /// Parses files with the rules for a directory.
    pub(crate) fn parse_files(
        &self,
        files: &PolicyFiles,
        scope: &Scope,
    ) -> Result<PolicyStore, SourceError> {
        if files.len() > self.max_documents.saturating_add(1) {
            let message = format!("contains more than {} documents", self.max_documents);
            return Err(SourceError::of_file(&self.path, message));
        }
        let text = |name: &str, limit: usize, raise: &str| {
            let path = self.path.join(name);
            let Some(text) = files.get(name) else {
                return Err(SourceError::of_file(&path, "does not exist"));
            };
            check_length(&path, text.len(), limit, raise)?;
            Ok(text.to_owned())
        };
        let attachments = text(
            ATTACHMENTS,
            self.max_attachments_length,
            "with_max_attachments_length",
        );
        let names = files.iter().map(|(name, _)| name);
        // The same files as in a directory.
        let is_document =
            |name: &str| name.ends_with(".json") && !name.starts_with('.') && !name.contains('/');
        let documents = names
            .filter(|name| *name != ATTACHMENTS && is_document(name))
            .map(|name| {
                let text = text(name, self.limits.max_length(), "with_limits");
                (name.to_owned(), text)
            })
            .collect();
        let texts = Texts {
            attachments,
            documents,
            unnamed: BTreeSet::new(),
        };
        self.parse_texts(texts, &self.partitions_in(scope))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads all files on a thread.
    pub(crate) async fn read_in_thread(&self, scope: &Scope) -> Result<PolicyFiles, SourceError> {
        let (directory, scope) = (self.clone(), scope.clone());
        let read = move || directory.read_files(&scope);
        self.reading.run(&self.path, read).await
    }

    /// Reads all files. If one cannot be read, the error contains what follows from the others.
    fn read_files(&self, scope: &Scope) -> Result<PolicyFiles, SourceError> {
        let texts = self.texts(|_| {})?;
        let mut files = PolicyFiles::new();
        let mut is_complete = texts.unnamed.is_empty();
        let attachments = (ATTACHMENTS, &texts.attachments);
        let documents = texts.documents.iter();
        let documents = documents.map(|(name, text)| (name.as_str(), text));
        for (name, text) in documents.chain([attachments]) {
            match text {
                Ok(text) => files.insert(name, text)?,
                Err(_) => is_complete = false,
            }
        }
        if is_complete {
            return Ok(files);
        }
        let parsed = self.parse_texts(texts, &self.partitions_in(scope));
        let incomplete = || SourceError::of_file(&self.path, "a file cannot be read");
        Err(parsed.err().unwrap_or_else(incomplete))
    }
}
