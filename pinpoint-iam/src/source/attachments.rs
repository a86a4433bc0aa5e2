//! The attachments file of a policy directory, which attaches its documents to users, groups and roles.

use crate::identity::IdentityKind;
use crate::source::error::SourceError;
use crate::source::json::{Object, Text, Value};
use crate::source::tags::check_tags;

/// The attachments file as written. Every name knows its position.
///
/// Unknown and duplicate members are errors: a misspelled `boundary` would remove the boundary.
#[derive(Debug)]
pub(super) struct Attachments<'a> {
    pub(super) identities: Vec<Identity<'a>>,
    pub(super) groups: Vec<Group<'a>>,
}

/// What is attached to a user or role.
#[derive(Debug)]
pub(super) struct Identity<'a> {
    pub(super) kind: IdentityKind,
    pub(super) arn: Text<'a>,
    /// File names of identity-based policies.
    pub(super) policies: Vec<Text<'a>>,
    /// The names of the user's groups, whose policies also apply to the user.
    pub(super) groups: Vec<Text<'a>>,
    /// The file name of the permissions boundary.
    pub(super) boundary: Option<Text<'a>>,
    /// The tags of the user or role: keys and values.
    pub(super) tags: Vec<(Text<'a>, Text<'a>)>,
}

/// What is attached to a group.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) name: Text<'a>,
    /// File names of identity-based policies.
    pub(super) policies: Vec<Text<'a>>,
}

impl<'a> Attachments<'a> {
    /// Parses the file.
    pub(super) fn read(file: Value<'a>) -> Result<Self, SourceError> {
        let file = file.object()?;
        file.only("an attachments file", &["users", "roles", "groups"])?;
        let mut identities = Vec::new();
        for (list, kind) in [("users", IdentityKind::User), ("roles", IdentityKind::Role)] {
            for (arn, entry) in members(&file, list)? {
                identities.push(Identity::read(kind, arn, entry)?);
            }
        }
        let mut groups = Vec::new();
        for (name, entry) in members(&file, "groups")? {
            groups.push(Group::read(name, entry)?);
        }
        Ok(Self { identities, groups })
    }
}

impl<'a> Identity<'a> {
    fn read(kind: IdentityKind, arn: Text<'a>, entry: Value<'a>) -> Result<Self, SourceError> {
        let entry = entry.object()?;
        match kind {
            IdentityKind::User => {
                entry.only("a user", &["policies", "groups", "boundary", "tags"])?
            }
            // IAM groups contain only users.
            IdentityKind::Role => entry.only("a role", &["policies", "boundary", "tags"])?,
        }
        let mut tags = Vec::new();
        for (key, value) in members(&entry, "tags")? {
            tags.push((key, value.text()?));
        }
        check_tags(&tags)?;
        Ok(Self {
            kind,
            arn,
            policies: entry.texts("policies")?,
            groups: entry.texts("groups")?,
            boundary: entry.text("boundary")?,
            tags,
        })
    }
}

impl<'a> Group<'a> {
    fn read(name: Text<'a>, entry: Value<'a>) -> Result<Self, SourceError> {
        let entry = entry.object()?;
        entry.only("a group", &["policies"])?;
        Ok(Self {
            name,
            policies: entry.texts("policies")?,
        })
    }
}

/// Returns the members of the member `name`, an object. Empty if it is missing.
fn members<'a>(object: &Object<'a>, name: &str) -> Result<Vec<(Text<'a>, Value<'a>)>, SourceError> {
    match object.get(name) {
        Some(value) => Ok(value.object()?.into_members().collect()),
        None => Ok(Vec::new()),
    }
}
