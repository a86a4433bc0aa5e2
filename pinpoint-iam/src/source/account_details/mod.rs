//! Reads policies from the output of `aws iam get-account-authorization-details`.

mod document;
mod output;

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
#[cfg(feature = "refresh")]
use std::path::Path;
use std::path::PathBuf;

use pinpoint_iam_core::__private::{Quoted, nearest};

use crate::policy::Limits;
use crate::policy_stack::Policy;
use crate::source::PolicySource;
use crate::source::error::SourceError;
use crate::source::file::{FileState, check_length, read, read_unchanged};
#[cfg(feature = "refresh")]
use crate::source::files::PolicyFiles;
use crate::source::json::{Text, Value};
use crate::source::store::PolicyStore;
#[cfg(feature = "refresh")]
use crate::source::thread::Reading;
use output::{Attachments, ManagedPolicy, Output};

/// The users, groups, roles and policies of an AWS account, in the output of
/// `aws iam get-account-authorization-details`.
///
/// ```
/// use pinpoint_iam::Principal;
/// use pinpoint_iam::source::{AccountDetails, PolicySource};
///
/// let printed = r#"{
///     "UserDetailList": [
///         {
///             "UserName": "ana",
///             "UserId": "AIDAEXAMPLEANA",
///             "Arn": "arn:aws:iam::111122223333:user/ana",
///             "UserPolicyList": [
///                 {
///                     "PolicyName": "own-project",
///                     "PolicyDocument": {
///                         "Version": "2012-10-17",
///                         "Statement": { "Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "*" }
///                     }
///                 }
///             ],
///             "GroupList": [],
///             "AttachedManagedPolicies": []
///         }
///     ],
///     "GroupDetailList": [],
///     "RoleDetailList": [],
///     "Policies": []
/// }"#;
/// let store = AccountDetails::from_json("account.json", printed).load()?;
///
/// let ana = Principal::from_arn("arn:aws:iam::111122223333:user/ana")?;
/// let policies = store.policies(&ana);
/// assert_eq!(policies.identity()[0].name(), "user/ana/own-project");
/// assert_eq!(policies.unique_id(), Some("AIDAEXAMPLEANA"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// See [GetAccountAuthorizationDetails](https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html).
///
/// # Members
///
/// | Of | Members |
/// | --- | --- |
/// | users | `UserName`, `UserId`, `Arn`, `UserPolicyList`, `GroupList`, `AttachedManagedPolicies`, `PermissionsBoundary`, `Tags` |
/// | groups | `GroupName`, `Arn`, `GroupPolicyList`, `AttachedManagedPolicies` |
/// | roles | `RoleName`, `RoleId`, `Arn`, `RolePolicyList`, `AttachedManagedPolicies`, `PermissionsBoundary`, `Tags` |
/// | policies | `Arn`, `DefaultVersionId`, `PolicyVersionList` (only the default version) |
///
/// - A document is an object, as in the output of the command, or a URL-encoded string, as in a response of the API.
/// - `aws:userid` is derived from `UserId` and `RoleId` for principals without a
///   [unique id](crate::Principal::with_unique_id) of their own.
/// - `AssumeRolePolicyDocument` defines who may assume the role. It does not affect what the role may do, and is
///   ignored.
/// - Decisions cite a managed policy by its ARN. They cite an inline policy by the identity that it is embedded in and
///   its name: `user/ana/own-project`, `group/analysts/reports`, `role/worker/queue`.
///
/// # Rejected output
///
/// Output that leaves the policies of any user or role uncertain is rejected. AWS adds members to this output, so
/// unknown members are ignored. An exception are names that differ from a member above only in case or separators
/// (`permissions_boundary`), because some tools convert names this way. A duplicate member, or one whose type is not
/// the documented type, is an error. The following are also errors:
///
/// - incomplete output (`IsTruncated`, or a `Marker` or `NextToken` of a further page),
/// - a managed policy that is attached or used as a boundary, but missing in `Policies`, for example because of
///   `--filter`,
/// - a group of a user that is missing in `GroupDetailList`,
/// - a document that cannot be [parsed](crate::policy::Document::parse), even if it is not attached,
/// - a document that is not an identity-based policy, because it has a `Principal` or lacks a `Resource`.
///
/// Checks that AWS makes only when a policy is created are not made. Accounts contain policies that could not be
/// created today.
#[derive(Clone, Debug)]
pub struct AccountDetails {
    path: PathBuf,
    /// The text; `None` if it is in the file at `path`.
    text: Option<String>,
    limits: Limits,
    max_length: usize,
    #[cfg(feature = "refresh")]
    reading: Reading,
}

impl AccountDetails {
    /// The default limit for the length of the output, in bytes. [`with_max_length`](Self::with_max_length) changes it.
    pub const MAX_LENGTH: usize = 64 * 1024 * 1024;

    /// Opens the output in the file at `path`. The file is read when the source is loaded. If it changes while it is
    /// read, it is read again, up to three times in total.
    ///
    /// # Errors
    ///
    /// Fails if there is no regular file at `path`.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, SourceError> {
        let path = path.into();
        FileState::of(&path)?.check_is_file(&path)?;
        Ok(Self::new(path, None))
    }

    /// Uses the output `text`. Error messages contain `name` in place of a path.
    pub fn from_json(name: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self::new(name.into(), Some(text.into()))
    }

    fn new(path: PathBuf, text: Option<String>) -> Self {
        Self {
            path,
            text,
            limits: Limits::default(),
            max_length: Self::MAX_LENGTH,
            #[cfg(feature = "refresh")]
            reading: Reading::default(),
        }
    }

    /// Sets the limits for each document in the output.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the limit for the length of the output, in bytes.
    #[must_use]
    pub const fn with_max_length(mut self, bytes: usize) -> Self {
        self.max_length = bytes;
        self
    }

    fn store(&self, text: &str) -> Result<PolicyStore, SourceError> {
        let output = Output::read(Value::parse(&self.path, text)?)?;
        let account = Account {
            limits: &self.limits,
            managed: managed_policies(&output.policies, &self.limits)?,
        };
        let mut groups = HashMap::with_capacity(output.groups.len());
        for group in &output.groups {
            let policies = account.policies_of(group)?;
            if groups.insert(group.name.as_str(), policies).is_some() {
                return Err(group.name.fault(format!("duplicate group {}", group.name)));
            }
        }
        let mut store = PolicyStore::new();
        for (name, policies) in &groups {
            let group = store.group(name);
            policies
                .iter()
                .for_each(|policy| group.attach(policy.clone()));
        }
        for identity in &output.identities {
            let entity = &identity.entity;
            let policies = store
                .define(identity.kind, entity.arn.as_str())
                .map_err(|message| entity.arn.fault(message))?;
            for policy in account.policies_of(entity)? {
                policies.attach(policy);
            }
            for group in &identity.groups {
                let Some(of_group) = groups.get(group.as_str()) else {
                    return Err(unknown_group(entity, group, groups.keys().copied()));
                };
                for policy in of_group {
                    policies.attach(policy.clone());
                }
            }
            if let Some(boundary) = &identity.boundary {
                policies.set_permissions_boundary(account.find(
                    entity,
                    "permissions boundary",
                    boundary,
                )?);
            }
            if let Some(id) = &identity.unique_id {
                policies.set_unique_id(id.as_str());
            }
            for (key, value) in &identity.tags {
                policies.set_tag(key.as_str(), value.as_str());
            }
        }
        Ok(store)
    }
}

impl PolicySource for AccountDetails {
    fn is_from_aws_account(&self) -> bool {
        true
    }

    fn load(&self) -> Result<PolicyStore, SourceError> {
        self.store(&self.text()?)
    }
}

impl AccountDetails {
    /// Returns the text, and reads it if it is in a file.
    fn text(&self) -> Result<Cow<'_, str>, SourceError> {
        const RAISE: &str = "with_max_length";
        match &self.text {
            Some(text) => {
                check_length(&self.path, text.len(), self.max_length, RAISE)?;
                Ok(Cow::Borrowed(text))
            }
            None => {
                let state = || FileState::of(&self.path);
                let text = read_unchanged(&self.path, state, |state| {
                    read(&self.path, state, self.max_length, RAISE)
                })?;
                text.map(Cow::Owned)
            }
        }
    }
}

#[cfg(feature = "refresh")]
impl AccountDetails {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file on a thread.
    pub(crate) async fn read_in_thread(&self) -> Result<PolicyFiles, SourceError> {
        let details = self.clone();
        let read = move || details.text().map(Cow::into_owned);
        let text = self.reading.run(&self.path, read).await?;
        let mut files = PolicyFiles::new();
        files.insert(FILE, text)?;
        Ok(files)
    }

    /// Parses the file.
    pub(crate) fn parse_files(&self, files: &PolicyFiles) -> Result<PolicyStore, SourceError> {
        match files.get(FILE) {
            Some(text) if files.len() == 1 => self.store(text),
            _ => Err(SourceError::of_file(
                &self.path,
                format!("the set has other files than `{FILE}`"),
            )),
        }
    }
}

/// The name of the file in a set of policies.
#[cfg(feature = "refresh")]
const FILE: &str = "account.json";

/// The managed policies and groups that entries refer to.
struct Account<'a> {
    limits: &'a Limits,
    /// The managed policies by ARN, shared by all entries that they are attached to.
    managed: HashMap<&'a str, Policy>,
}

impl Account<'_> {
    /// The inline and managed policies of a user, group or role.
    fn policies_of(&self, entity: &Attachments<'_>) -> Result<Vec<Policy>, SourceError> {
        let mut policies = Vec::with_capacity(entity.inline.len() + entity.managed.len());
        let mut names = HashMap::with_capacity(entity.inline.len());
        for (name, document) in &entity.inline {
            if names.insert(name.as_str(), ()).is_some() {
                return Err(
                    name.fault(format!("{} has two inline policies {name}", entity.title()))
                );
            }
            let cited = format!("{}/{}/{}", entity.word, entity.name.as_str(), name.as_str());
            let document = document::parse(*document, self.limits)?;
            policies.push(Policy::new(&cited, document));
        }
        for arn in &entity.managed {
            policies.push(self.find(entity, "managed policy", arn)?);
        }
        Ok(policies)
    }

    /// Returns the managed policy that `entity` uses as its `role`.
    fn find(
        &self,
        entity: &Attachments<'_>,
        role: &str,
        arn: &Text<'_>,
    ) -> Result<Policy, SourceError> {
        self.managed.get(arn.as_str()).cloned().ok_or_else(|| {
            arn.fault(format!(
                "{} has the {role} {arn}, which is not among `Policies`; print the details without `--filter`",
                entity.title()
            ))
        })
    }
}

/// Parses each managed policy once, including unattached ones.
fn managed_policies<'a>(
    policies: &'a [ManagedPolicy<'_>],
    limits: &Limits,
) -> Result<HashMap<&'a str, Policy>, SourceError> {
    let mut managed = HashMap::with_capacity(policies.len());
    for ManagedPolicy { arn, document } in policies {
        match managed.entry(arn.as_str()) {
            Entry::Vacant(entry) => {
                let document = document::parse(*document, limits)?;
                entry.insert(Policy::new(arn.as_str(), document));
            }
            Entry::Occupied(_) => return Err(arn.fault(format!("duplicate policy {arn}"))),
        }
    }
    Ok(managed)
}

fn unknown_group<'a>(
    user: &Attachments<'_>,
    group: &Text<'_>,
    groups: impl Iterator<Item = &'a str>,
) -> SourceError {
    let hint = match nearest(group.as_str(), groups) {
        Some(near) => format!("did you mean {}?", Quoted(near)),
        None => "print the details without `--filter`".to_owned(),
    };
    group.fault(format!(
        "{} is in the group {group}, which is not among `GroupDetailList`; {hint}",
        user.title()
    ))
}
