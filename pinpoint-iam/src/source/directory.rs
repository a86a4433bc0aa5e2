//! Policies from a directory of documents.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::eval::Policy;
use crate::policy::{Document, Limits, PolicyKind};
use crate::source::PolicySource;
use crate::source::attachments::{Attachments, Identity};
use crate::source::error::SourceError;
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
/// Every member is optional. Decisions cite a policy by its file name.
///
/// The directory is taken whole or not at all: a document that is not a valid identity-based policy refuses it, also
/// when nobody has that document, and so does an attachment of a document or group that does not exist.
#[derive(Clone, Debug)]
pub struct Directory {
    path: PathBuf,
    limits: Limits,
}

impl Directory {
    /// The directory at `path`.
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
            }),
            Ok(_) => Err(SourceError::of_file(&path, "is not a directory")),
            Err(error) => Err(SourceError::of_file(&path, error.to_string())),
        }
    }

    /// The directory with other limits for its documents.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    fn documents(&self) -> Result<BTreeMap<String, Policy>, SourceError> {
        let unreadable =
            |error: std::io::Error| SourceError::of_file(&self.path, error.to_string());
        let mut documents = BTreeMap::new();
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
            let text = read(&path, self.limits.max_length())?;
            let document = Document::parse_with(&text, &self.limits)
                .and_then(|document| {
                    document
                        .validate(PolicyKind::IdentityManaged)
                        .map(|()| document)
                })
                .map_err(|error| SourceError::in_document(&path, &error))?;
            documents.insert(name.to_owned(), Policy::new(name, document));
        }
        Ok(documents)
    }
}

/// The longest attachments file, in bytes.
const MAX_ATTACHMENTS_LENGTH: usize = 64 * 1024 * 1024;

impl PolicySource for Directory {
    fn load(&self) -> Result<PolicyStore, SourceError> {
        let documents = self.documents()?;
        let path = self.path.join(ATTACHMENTS);
        let text = read(&path, MAX_ATTACHMENTS_LENGTH)?;
        let attachments: Attachments = serde_json::from_str(&text).map_err(|error| {
            SourceError::at(&path, error.line(), error.column(), without_place(&error))
        })?;
        let fault = |message: String| SourceError::of_file(&path, message);
        let find = |who: &str, name: &str| {
            documents.get(name).cloned().ok_or_else(|| {
                fault(format!(
                    "`{who}` has the policy `{name}`, and there is no such file beside this one"
                ))
            })
        };
        for (name, group) in &attachments.groups.0 {
            for policy in &group.policies {
                find(name, policy)?;
            }
        }
        let mut store = PolicyStore::new();
        let members = [("user", &attachments.users), ("role", &attachments.roles)];
        for (word, identities) in members {
            for (arn, identity) in &identities.0 {
                if arn
                    .split(':')
                    .nth(5)
                    .and_then(|part| part.split('/').next())
                    != Some(word)
                {
                    return Err(fault(format!("`{arn}` is not the ARN of a {word}")));
                }
                let policies = store
                    .identity(arn)
                    .map_err(|error| fault(error.to_string()))?;
                let Identity {
                    policies: own,
                    groups,
                    boundary,
                    tags,
                } = identity;
                for name in own {
                    policies.attach(find(arn, name)?);
                }
                for group in groups {
                    let group = attachments.groups.0.get(group).ok_or_else(|| {
                        fault(format!(
                            "`{arn}` is in the group `{group}`, which is not defined"
                        ))
                    })?;
                    for name in &group.policies {
                        policies.attach(find(arn, name)?);
                    }
                }
                if let Some(boundary) = boundary {
                    policies.set_permissions_boundary(find(arn, boundary)?);
                }
                for (key, value) in &tags.0 {
                    policies.set_tag(key, value);
                }
            }
        }
        Ok(store)
    }
}

/// Reads a file of at most `limit` bytes, so that a huge one is refused before it fills the memory.
fn read(path: &Path, limit: usize) -> Result<String, SourceError> {
    let unreadable = |error: std::io::Error| SourceError::of_file(path, error.to_string());
    let file = fs::File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    let allowed = u64::try_from(limit).unwrap_or(u64::MAX);
    file.take(allowed.saturating_add(1))
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    if text.len() > limit {
        return Err(SourceError::of_file(
            path,
            format!("is longer than {limit} bytes"),
        ));
    }
    Ok(text)
}

/// What serde_json says, without the line and column that it appends.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}
