//! Policies from a directory of documents.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use pinpoint_iam_core::__private::{Quoted, Suggestions};

use crate::arn::Scope;
use crate::policy::{Limits, Partitions};
use crate::policy_stack::Policy;
use crate::source::PolicySource;
use crate::source::attachments::{Attachments, Identity};
use crate::source::error::SourceError;
use crate::source::file::{FileState, cannot_be_read, read, read_unchanged};
use crate::source::json::{Text, Value};
use crate::source::store::{PolicyStore, PrincipalPolicies};
#[cfg(feature = "refresh")]
use crate::source::thread::Reading;
use crate::source::written::parse;

/// The name of the file that attaches documents to users, groups and roles.
const ATTACHMENTS: &str = "attachments.json";

/// A directory of policy documents, one `.json` file each, with an `attachments.json` that attaches them.
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
/// Every member is optional, and only users can be in groups. Decisions cite a policy by its file name. Subdirectories,
/// files with other extensions, and files whose names start with a dot are ignored.
///
/// # Consistent state
///
/// The files are read in one consistent state. The names, inodes, sizes and times of all files are compared before and
/// after reading, with symbolic links followed. If they differ, everything is read again, up to three times in total.
/// If versions of a directory are switched with a symbolic link, as in Kubernetes volumes, one version or the other is
/// read. Files that are written one after the other are read in any intermediate state, so write a new version next to
/// the old one and rename it.
///
/// Only regular files are read. A pipe or device in place of a file is an error, and reading never blocks on it.
///
/// # Errors
///
/// A directory either loads completely or fails to load. It fails if a document is not a valid identity-based policy,
/// even if the document is not attached, or if an attached document or group does not exist. A document is a valid
/// identity-based policy if all of these are true:
///
/// - it can be [parsed](crate::policy::Document::parse),
/// - every statement has a `Resource` or `NotResource` and no `Principal`,
/// - its ARNs are in the [partitions](crate::policy::Document::validate_partitions) that follow from the scope of the
///   authorizer.
///
/// Checks that AWS makes when a policy of one kind is created are not made, because a file may be a managed policy, an
/// inline policy or a boundary. [`Document::validate`](crate::policy::Document::validate) and `include_policy!` make
/// these checks, and [`Document::lints`](crate::policy::Document::lints) returns warnings. Documents may be longer than
/// AWS allows for managed policies. Their size is bounded by [`Limits`].
#[derive(Clone, Debug)]
pub struct Directory {
    path: PathBuf,
    limits: Limits,
    max_documents: usize,
    max_attachments_length: usize,
    /// The configured partitions. `None` if they follow from the scope of the deployment.
    partitions: Option<Partitions>,
    #[cfg(feature = "refresh")]
    reading: Reading,
}

impl Directory {
    /// The default limit for the number of documents. [`with_max_documents`](Self::with_max_documents) changes it.
    pub const MAX_DOCUMENTS: usize = 10_000;

    /// The default limit for the length of the attachments file, in bytes.
    /// [`with_max_attachments_length`](Self::with_max_attachments_length) changes it.
    pub const MAX_ATTACHMENTS_LENGTH: usize = 16 * 1024 * 1024;

    /// Opens the directory at `path`. Its files are read when the source is loaded.
    ///
    /// # Errors
    ///
    /// Fails if there is no directory at `path`.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, SourceError> {
        let path = path.into();
        if !FileState::of(&path)?.is_directory() {
            return Err(SourceError::of_file(&path, "is not a directory"));
        }
        Ok(Self::at(path))
    }

    fn at(path: PathBuf) -> Self {
        Self {
            path,
            limits: Limits::default(),
            max_documents: Self::MAX_DOCUMENTS,
            max_attachments_length: Self::MAX_ATTACHMENTS_LENGTH,
            partitions: None,
            #[cfg(feature = "refresh")]
            reading: Reading::default(),
        }
    }

    /// Sets the limits for each document.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the limit for the number of documents.
    #[must_use]
    pub const fn with_max_documents(mut self, documents: usize) -> Self {
        self.max_documents = documents;
        self
    }

    /// Sets the limit for the length of the attachments file, in bytes.
    #[must_use]
    pub const fn with_max_attachments_length(mut self, bytes: usize) -> Self {
        self.max_attachments_length = bytes;
        self
    }

    /// Sets the partitions whose ARNs the documents may contain.
    ///
    /// Without this they follow from the scope of the authorizer: all partitions of AWS if the scope is in one of them,
    /// otherwise the partition of the scope only.
    #[must_use]
    pub fn with_partitions(mut self, partitions: Partitions) -> Self {
        self.partitions = Some(partitions);
        self
    }

    /// Returns the documents, and the errors of those that are unavailable.
    fn documents(
        &self,
        texts: Vec<(String, Result<String, SourceError>)>,
        unnamed: &BTreeSet<PathBuf>,
        partitions: &Partitions,
    ) -> Documents {
        let mut documents = Documents {
            policies: BTreeMap::new(),
            unreadable: BTreeSet::new(),
            faults: Vec::new(),
            suggestions: Suggestions::default(),
        };
        for (name, text) in texts {
            let path = self.path.join(&name);
            let document = text.and_then(|text| parse(&path, &text, &self.limits, partitions));
            match document {
                Ok(document) => {
                    let policy = Policy::new(&name, document);
                    documents.policies.insert(name, policy);
                }
                Err(fault) => {
                    documents.unreadable.insert(name);
                    documents.faults.push(fault);
                }
            }
        }
        documents.faults.extend(
            unnamed
                .iter()
                .map(|path| SourceError::of_file(path, "the name of the file is not UTF-8")),
        );
        documents
    }

    /// Returns the texts of all files at one time. `before_each` is called before a file is opened.
    fn texts(&self, mut before_each: impl FnMut(&Path)) -> Result<Texts, SourceError> {
        let mut read_file = |path: &Path, state: &Result<FileState, SourceError>, limit, raise| {
            before_each(path);
            match state {
                Ok(state) => read(path, state, limit, raise),
                Err(fault) => Ok(Err(fault.clone())),
            }
        };
        let list = || Listing::of(&self.path, self.max_documents);
        read_unchanged(&self.path, list, |listing| {
            let attachments = read_file(
                &self.path.join(ATTACHMENTS),
                &listing.attachments,
                self.max_attachments_length,
                "with_max_attachments_length",
            )?;
            let mut documents = Vec::with_capacity(listing.documents.len());
            for (name, state) in &listing.documents {
                let path = self.path.join(name);
                let text = read_file(&path, state, self.limits.max_length(), "with_limits")?;
                documents.push((name.clone(), text));
            }
            Ok(Texts {
                attachments,
                documents,
                unnamed: listing.unnamed.clone(),
            })
        })
    }
}

/// The files of a directory and their states.
#[derive(Debug, PartialEq, Eq)]
struct Listing {
    /// The state of the directory before its files were read. If it is unchanged afterwards, no file was added, removed
    /// or renamed in between.
    directory: FileState,
    attachments: Result<FileState, SourceError>,
    /// By name, so that every load reports the same error first.
    documents: BTreeMap<String, Result<FileState, SourceError>>,
    /// Files whose names are not UTF-8.
    unnamed: BTreeSet<PathBuf>,
}

impl Listing {
    fn of(directory: &Path, max_documents: usize) -> Result<Self, SourceError> {
        let unreadable = |error| cannot_be_read(directory, &error);
        let state = FileState::of(directory)?;
        let mut documents = BTreeMap::new();
        let mut unnamed = BTreeSet::new();
        for entry in fs::read_dir(directory).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let (path, name) = (entry.path(), entry.file_name());
            // Editors leave hidden files, and Kubernetes stores versions under hidden names.
            let is_hidden = name.as_encoded_bytes().starts_with(b".");
            if is_hidden || path.extension() != Some(OsStr::new("json")) || name == ATTACHMENTS {
                continue;
            }
            if documents.len() + unnamed.len() == max_documents {
                let message = format!(
                    "contains more than {max_documents} documents; raise the limit with `with_max_documents`"
                );
                return Err(SourceError::of_file(directory, message));
            }
            match name.into_string() {
                Ok(name) => {
                    documents.insert(name, FileState::of(&path));
                }
                Err(_) => {
                    unnamed.insert(path);
                }
            }
        }
        let attachments = directory.join(ATTACHMENTS);
        Ok(Self {
            attachments: match attachments.try_exists() {
                Ok(false) => {
                    let message =
                        "does not exist; it attaches the documents of the directory to principals";
                    Err(SourceError::of_file(&attachments, message))
                }
                _ => FileState::of(&attachments),
            },
            documents,
            unnamed,
            directory: state,
        })
    }
}

/// The texts of the files of a directory, and the errors of those that cannot be read.
#[derive(Debug)]
struct Texts {
    attachments: Result<String, SourceError>,
    documents: Vec<(String, Result<String, SourceError>)>,
    unnamed: BTreeSet<PathBuf>,
}

impl PolicySource for Directory {
    fn load(&self) -> Result<PolicyStore, SourceError> {
        let partitions = self.partitions.as_ref().unwrap_or(&Partitions::AWS);
        self.parse_texts(self.texts(|_| {})?, partitions)
    }

    fn load_in(&self, scope: &Scope) -> Result<PolicyStore, SourceError> {
        self.parse_texts(self.texts(|_| {})?, &self.partitions_in(scope))
    }
}

impl Directory {
    fn partitions_in(&self, scope: &Scope) -> Partitions {
        match &self.partitions {
            Some(partitions) => partitions.clone(),
            None => Partitions::of(scope),
        }
    }

    fn parse_texts(
        &self,
        texts: Texts,
        partitions: &Partitions,
    ) -> Result<PolicyStore, SourceError> {
        let Texts {
            attachments: text,
            documents,
            unnamed,
        } = texts;
        let path = self.path.join(ATTACHMENTS);
        let text = text?;
        let attachments = Attachments::read(Value::parse(&path, &text)?)?;
        let documents = self.documents(documents, &unnamed, partitions);
        let Attached {
            store,
            faults,
            mut dependents,
        } = attach(&attachments, &documents);
        let mut faults = documents.faults.into_iter().chain(faults);
        let Some(first) = faults.next() else {
            return Ok(store);
        };
        dependents.sort_unstable();
        dependents.dedup();
        Err(first
            .with_others(faults.collect())
            .with_dependents(dependents)
            .with_readable(store))
    }
}

/// The result of attaching documents.
struct Attached {
    /// The policies of all users and roles, as far as they can be read.
    store: PolicyStore,
    faults: Vec<SourceError>,
    /// The ARNs of the users and roles whose policies cannot all be read.
    dependents: Vec<String>,
}

/// Attaches the documents to users and roles.
fn attach(attachments: &Attachments<'_>, documents: &Documents) -> Attached {
    let mut faults = Vec::new();
    let mut groups = HashMap::with_capacity(attachments.groups.len());
    for group in &attachments.groups {
        groups.insert(
            group.name.as_str(),
            documents.find_all(&group.policies, &mut faults),
        );
    }
    let mut store = PolicyStore::new();
    for (name, policies) in &groups {
        // A group with an unavailable document is missing, which makes it unavailable.
        if let Some(policies) = policies {
            let group = store.group(name);
            policies
                .iter()
                .for_each(|policy| group.attach(policy.clone()));
        }
    }
    let mut dependents = Vec::new();
    for identity in &attachments.identities {
        let arn = identity.arn.as_str();
        match store.define(identity.kind, arn) {
            Ok(policies) => {
                if !fill(policies, identity, &groups, documents, &mut faults) {
                    dependents.push(arn.to_owned());
                }
            }
            Err(message) => {
                faults.push(identity.arn.fault(message));
                dependents.push(arn.to_owned());
            }
        }
    }
    Attached {
        store,
        faults,
        dependents,
    }
}

/// Attaches documents to one user or role, and returns whether all of them are available.
fn fill(
    policies: &mut PrincipalPolicies,
    identity: &Identity<'_>,
    groups: &HashMap<&str, Option<Vec<Policy>>>,
    documents: &Documents,
    faults: &mut Vec<SourceError>,
) -> bool {
    let mut is_complete = true;
    let mut attach_all = |found: Option<&[Policy]>| match found {
        Some(found) => found
            .iter()
            .cloned()
            .for_each(|policy| policies.attach(policy)),
        None => is_complete = false,
    };
    attach_all(documents.find_all(&identity.policies, faults).as_deref());
    for name in &identity.groups {
        match groups.get(name.as_str()) {
            // A document that a group lacks is an error of the group, which is reported once.
            Some(of_group) => attach_all(of_group.as_deref()),
            None => {
                let near = documents
                    .suggestions
                    .nearest(name.as_str(), groups.keys().copied());
                let hint = match near {
                    Some(near) => format!("did you mean {}?", Quoted(near)),
                    None => "define it under `groups`".to_owned(),
                };
                faults.push(name.fault(format!("unknown group {name}; {hint}")));
                attach_all(None);
            }
        }
    }
    if let Some(boundary) = &identity.boundary {
        match documents.find(boundary, faults) {
            Some(policy) => policies.set_permissions_boundary(policy),
            None => is_complete = false,
        }
    }
    for (key, value) in &identity.tags {
        policies.set_tag(key.as_str(), value.as_str());
    }
    is_complete
}

/// The documents of a directory by file name.
struct Documents {
    policies: BTreeMap<String, Policy>,
    /// The names of the documents that cannot be read.
    unreadable: BTreeSet<String>,
    /// The errors of these documents.
    faults: Vec<SourceError>,
    /// The nearest names for attachments of documents and groups that do not exist.
    suggestions: Suggestions,
}

impl Documents {
    /// Returns the document `name`. An error of the document itself is not reported again.
    fn find(&self, name: &Text<'_>, faults: &mut Vec<SourceError>) -> Option<Policy> {
        let found = self.policies.get(name.as_str()).cloned();
        if found.is_none() && !self.unreadable.contains(name.as_str()) {
            let with_ending = format!("{}.json", name.as_str());
            let near = match self.policies.get_key_value(&with_ending) {
                Some((with_ending, _)) => Some(with_ending.as_str()),
                None => {
                    let names = self.policies.keys().map(String::as_str);
                    self.suggestions.nearest(name.as_str(), names)
                }
            };
            let hint = match near {
                Some(near) => format!("did you mean {}?", Quoted(near)),
                None => "documents are the other `.json` files here".to_owned(),
            };
            faults.push(name.fault(format!("unknown document {name}; {hint}")));
        }
        found
    }

    /// Returns all documents with these names; `None` if one is unavailable.
    fn find_all(&self, names: &[Text<'_>], faults: &mut Vec<SourceError>) -> Option<Vec<Policy>> {
        let found: Vec<Option<Policy>> = names.iter().map(|name| self.find(name, faults)).collect();
        found.into_iter().collect()
    }
}

#[cfg(feature = "refresh")]
mod files;

#[cfg(all(test, unix))]
mod tests;
