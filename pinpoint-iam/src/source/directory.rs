//! Policies from a directory of documents.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use pinpoint_iam_core::internal::{Quoted, nearest};

use crate::arn::Scope;
use crate::eval::Policy;
use crate::policy::{Document, Limits, Partitions, PolicyKind};
use crate::source::PolicySource;
use crate::source::attachments::{Attachments, Identity};
use crate::source::error::SourceError;
use crate::source::file::{cannot_be_read, read};
use crate::source::json::{Text, Value};
use crate::source::store::PolicyStore;

/// The name of the file that says who has which documents.
const ATTACHMENTS: &str = "attachments.json";

/// A directory of policy documents, one `.json` file each, and an `attachments.json` that says who has which.
///
/// ```json
/// {
///   "users": {
///     "arn:aws:iam::123456789012:user/ana": {
///       "policies": ["read-only-access.json"],
///       "groups": ["analysts"],
///       "boundary": "boundary.json",
///       "tags": { "team": "growth" }
///     }
///   },
///   "roles": { "arn:aws:iam::123456789012:role/worker": { "policies": ["worker.json"] } },
///   "groups": { "analysts": { "policies": ["query-all-analytics.json"] } }
/// }
/// ```
///
/// Every member is optional; roles are in no groups. Decisions cite a policy by its file name. Directories within the
/// directory, and files with other endings, are not looked at.
///
/// The documents may be longer than AWS lets managed policies be; what bounds them is [`Limits`].
///
/// The directory is taken whole or not at all: a document that is not a valid identity-based policy refuses it, also
/// when nobody has that document, and so does an attachment of a document or group that does not exist. The rules that
/// AWS applies when a policy is written apply to every document, because the files are written by hand; which partitions
/// there are follows from the authorizer's scope.
#[derive(Clone, Debug)]
pub struct Directory {
    path: PathBuf,
    limits: Limits,
    max_documents: usize,
    max_attachments_length: usize,
    /// What was asked for; without it the deployment's scope says.
    partitions: Option<Partitions>,
}

impl Directory {
    /// The number of documents that a directory may hold unless [`with_max_documents`](Self::with_max_documents) says
    /// otherwise.
    pub const MAX_DOCUMENTS: usize = 10_000;

    /// The bytes that an attachments file may have unless
    /// [`with_max_attachments_length`](Self::with_max_attachments_length) says otherwise.
    pub const MAX_ATTACHMENTS_LENGTH: usize = 16 * 1024 * 1024;

    /// The directory at `path`. It is read when it is loaded.
    ///
    /// # Errors
    ///
    /// When there is no directory at `path`.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, SourceError> {
        let path = path.into();
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => Ok(Self {
                path,
                limits: Limits::default(),
                max_documents: Self::MAX_DOCUMENTS,
                max_attachments_length: Self::MAX_ATTACHMENTS_LENGTH,
                partitions: None,
            }),
            Ok(_) => Err(SourceError::of_file(&path, "is not a directory")),
            Err(error) => Err(cannot_be_read(&path, &error)),
        }
    }

    /// The directory with other limits for each of its documents.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The directory with another limit for the number of its documents.
    #[must_use]
    pub const fn with_max_documents(mut self, documents: usize) -> Self {
        self.max_documents = documents;
        self
    }

    /// The directory with another limit for its attachments file, in bytes.
    #[must_use]
    pub const fn with_max_attachments_length(mut self, bytes: usize) -> Self {
        self.max_attachments_length = bytes;
        self
    }

    /// The directory with other partitions that its documents may name.
    ///
    /// Without this they are those of the authorizer's scope: all of AWS's where that stands in one of AWS's, and
    /// otherwise its own partition alone.
    #[must_use]
    pub fn with_partitions(mut self, partitions: Partitions) -> Self {
        self.partitions = Some(partitions);
        self
    }

    /// The documents, and what is wrong with those that cannot be had, by the names of their files.
    fn documents(
        &self,
        partitions: &Partitions,
    ) -> Result<(Documents, Vec<SourceError>), SourceError> {
        let mut documents = BTreeMap::new();
        let mut faults = Vec::new();
        for (name, path) in self.files()? {
            match self.document(&path, partitions) {
                Ok(document) => {
                    let policy = Policy::new(&name, document);
                    documents.insert(name, policy);
                }
                Err(fault) => faults.push(fault),
            }
        }
        Ok((Documents(documents), faults))
    }

    fn document(&self, path: &Path, partitions: &Partitions) -> Result<Document, SourceError> {
        let text = read(path, self.limits.max_length(), "with_limits")?;
        Document::parse_with(&text, &self.limits)
            .and_then(|document| {
                document
                    .validate_grammar(PolicyKind::IdentityManaged, partitions)
                    .map(|()| document)
            })
            .map_err(|error| SourceError::in_document(path, &error))
    }

    /// The files that hold documents, by name, so that the first fault is the same one at every load.
    fn files(&self) -> Result<BTreeMap<String, PathBuf>, SourceError> {
        let unreadable = |error| cannot_be_read(&self.path, &error);
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(&self.path).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension() != Some(OsStr::new("json"))
                || path.file_name() == Some(OsStr::new(ATTACHMENTS))
            {
                continue;
            }
            let Some(name) = path.file_name().and_then(OsStr::to_str) else {
                return Err(SourceError::of_file(
                    &path,
                    "the name of the file is not UTF-8",
                ));
            };
            if files.len() == self.max_documents {
                let message = format!(
                    "holds more than {} documents; `with_max_documents` raises the limit",
                    self.max_documents
                );
                return Err(SourceError::of_file(&self.path, message));
            }
            files.insert(name.to_owned(), path);
        }
        Ok(files)
    }
}

impl PolicySource for Directory {
    fn load(&self) -> Result<PolicyStore, SourceError> {
        self.read_all(self.partitions.as_ref().unwrap_or(&Partitions::AWS))
    }

    fn load_in(&self, scope: &Scope) -> Result<PolicyStore, SourceError> {
        match &self.partitions {
            Some(partitions) => self.read_all(partitions),
            None => self.read_all(&Partitions::of(scope)),
        }
    }
}

impl Directory {
    fn read_all(&self, partitions: &Partitions) -> Result<PolicyStore, SourceError> {
        let path = self.path.join(ATTACHMENTS);
        if !path.exists() {
            let message = "does not exist; it says who has which of the documents here";
            return Err(SourceError::of_file(&path, message));
        }
        let text = read(
            &path,
            self.max_attachments_length,
            "with_max_attachments_length",
        )?;
        let attachments = Attachments::read(Value::parse(&path, &text)?)?;
        let (documents, faults) = self.documents(partitions)?;
        let mut dependents = attachments.dependents_of(|name| !documents.0.contains_key(name));
        dependents.sort_unstable();
        let may_tell = !faults.is_empty() || !dependents.is_empty();
        let mut faults = faults.into_iter();
        let loaded = match faults.next() {
            Some(first) => Err(first.with_others(faults.collect())),
            None => attach(&attachments, &documents),
        };
        loaded.map_err(|fault| match may_tell {
            true => fault.with_dependents(dependents),
            // It is a fault of the attachments, so that nobody knows whom they concern.
            false => fault,
        })
    }
}

/// Gives everybody the documents that are attached.
fn attach(
    attachments: &Attachments<'_>,
    documents: &Documents,
) -> Result<PolicyStore, SourceError> {
    let mut groups = HashMap::with_capacity(attachments.groups.len());
    for group in &attachments.groups {
        groups.insert(group.name.as_str(), documents.find_all(&group.policies)?);
    }
    let mut store = PolicyStore::new();
    for identity in &attachments.identities {
        let Identity {
            kind,
            arn,
            policies,
            groups: memberships,
            boundary,
            tags,
        } = identity;
        let identity = store
            .define(*kind, arn.as_str())
            .map_err(|message| arn.fault(message))?;
        for policy in documents.find_all(policies)? {
            identity.attach(policy);
        }
        for name in memberships {
            let Some(policies) = groups.get(name.as_str()) else {
                let hint = match nearest(name.as_str(), groups.keys().copied()) {
                    Some(near) => format!("did you mean {}?", Quoted(near)),
                    None => "define it under `groups`".to_owned(),
                };
                return Err(name.fault(format!("there is no group {name}; {hint}")));
            };
            for policy in policies {
                identity.attach(policy.clone());
            }
        }
        if let Some(boundary) = boundary {
            identity.set_permissions_boundary(documents.find(boundary)?);
        }
        for (key, value) in tags {
            identity.set_tag(key.as_str(), value.as_str());
        }
    }
    Ok(store)
}

/// The documents of a directory by file name.
struct Documents(BTreeMap<String, Policy>);

impl Documents {
    fn find(&self, name: &Text<'_>) -> Result<Policy, SourceError> {
        self.0.get(name.as_str()).cloned().ok_or_else(|| {
            let with_ending = format!("{}.json", name.as_str());
            let near = match self.0.get_key_value(&with_ending) {
                Some((with_ending, _)) => Some(with_ending.as_str()),
                None => nearest(name.as_str(), self.0.keys().map(String::as_str)),
            };
            let hint = match near {
                Some(near) => format!("did you mean {}?", Quoted(near)),
                None => "documents are the other `.json` files here".to_owned(),
            };
            name.fault(format!("there is no document {name}; {hint}"))
        })
    }

    fn find_all(&self, names: &[Text<'_>]) -> Result<Vec<Policy>, SourceError> {
        names.iter().map(|name| self.find(name)).collect()
    }
}
