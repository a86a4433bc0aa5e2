//! Policies from what `aws iam get-account-authorization-details` prints.

mod document;
mod output;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;

use pinpoint_iam_core::internal::{Quoted, nearest};

use crate::eval::Policy;
use crate::policy::Limits;
use crate::source::PolicySource;
use crate::source::error::SourceError;
use crate::source::file::{FileState, check_length, read, read_unchanged};
use crate::source::json::{Text, Value};
use crate::source::store::PolicyStore;
use output::{Attachments, ManagedPolicy, Output};

/// The users, groups, roles and policies of an AWS account, as `aws iam get-account-authorization-details` prints them.
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
/// # What is read
///
/// | Of | Members |
/// | --- | --- |
/// | users | `UserName`, `UserId`, `Arn`, `UserPolicyList`, `GroupList`, `AttachedManagedPolicies`, `PermissionsBoundary`, `Tags` |
/// | groups | `GroupName`, `Arn`, `GroupPolicyList`, `AttachedManagedPolicies` |
/// | roles | `RoleName`, `RoleId`, `Arn`, `RolePolicyList`, `AttachedManagedPolicies`, `PermissionsBoundary`, `Tags` |
/// | policies | `Arn`, `DefaultVersionId`, `PolicyVersionList`; of the versions only the default one |
///
/// - A document is an object, as the command prints it, or a URL-encoded string, as the API answers it.
/// - `aws:userid` is made from `UserId` and `RoleId` for principals that bring no
///   [unique id](crate::Principal::with_unique_id) of their own.
/// - `AssumeRolePolicyDocument` says who may become the role. It takes no part in what the role may do, and is not read.
/// - Decisions cite a managed policy by its ARN, and an inline policy by whom it is embedded in and its name:
///   `user/ana/own-project`, `group/analysts/reports`, `role/worker/queue`.
///
/// # What is refused
///
/// Everything that leaves open which policies somebody has. AWS adds members to this output, so unknown ones are passed
/// over, except where one is a member above in other capitals or with other separators (`permissions_boundary`), as tools
/// write it that convert names. A member that stands twice or has another type
/// than AWS documents is an error. So are
///
/// - output that goes on (`IsTruncated`, or a `Marker` or `NextToken` of a further page),
/// - a managed policy that somebody has, also as a boundary, and that is not among `Policies`; `--filter` leaves them out,
/// - a group that a user is in and that is not among `GroupDetailList`,
/// - a document that cannot be [parsed](crate::policy::Document::parse), also when nobody has it,
/// - a document that is no identity-based policy: one with `Principal` or without `Resource`.
///
/// What AWS checks only when a policy is written is not checked: accounts hold policies that could not be written today.
#[derive(Clone, Debug)]
pub struct AccountDetails {
    path: PathBuf,
    /// The text; `None` where it is in the file at `path`.
    text: Option<String>,
    limits: Limits,
    max_length: usize,
}

impl AccountDetails {
    /// The bytes that the output may have unless [`with_max_length`](Self::with_max_length) says otherwise.
    pub const MAX_LENGTH: usize = 64 * 1024 * 1024;

    /// The output that is in the file at `path`. It is read when it is loaded, and again, up to three times, if it changes
    /// meanwhile.
    ///
    /// # Errors
    ///
    /// When there is no regular file at `path`.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, SourceError> {
        let path = path.into();
        FileState::of(&path)?.check_is_file(&path)?;
        Ok(Self::new(path, None))
    }

    /// The output `text`; faults name it `name`.
    pub fn from_json(name: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self::new(name.into(), Some(text.into()))
    }

    fn new(path: PathBuf, text: Option<String>) -> Self {
        Self {
            path,
            text,
            limits: Limits::default(),
            max_length: Self::MAX_LENGTH,
        }
    }

    /// The output with other limits for each of its documents.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The output with another limit for its length, in bytes.
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
                return Err(group
                    .name
                    .fault(format!("the group {} stands twice", group.name)));
            }
        }
        let mut store = PolicyStore::new();
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
    fn load(&self) -> Result<PolicyStore, SourceError> {
        const RAISE: &str = "with_max_length";
        match &self.text {
            Some(text) => {
                check_length(&self.path, text.len(), self.max_length, RAISE)?;
                self.store(text)
            }
            None => {
                let state = || FileState::of(&self.path);
                let text = read_unchanged(&self.path, state, |state| {
                    read(&self.path, state, self.max_length, RAISE)
                })?;
                self.store(&text?)
            }
        }
    }
}

/// What the entries of users, groups and roles refer to.
struct Account<'a> {
    limits: &'a Limits,
    /// The managed policies by ARN, shared by everybody who has them.
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

    /// The managed policy that `entity` has as its `role`.
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

/// Parses the managed policies, each once, also those that nobody has.
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
            Entry::Occupied(_) => return Err(arn.fault(format!("the policy {arn} stands twice"))),
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
