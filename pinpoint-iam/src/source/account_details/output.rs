//! Parses the members of the output of `aws iam get-account-authorization-details`.

use pinpoint_iam_core::__private::Quoted;
use pinpoint_iam_core::json::Type;

use crate::arn::Arn;
use crate::identity::IdentityKind;
use crate::identity::is_name;
use crate::source::error::SourceError;
use crate::source::json::{Object, Text, Value};
use crate::source::tags::check_tags;

/// The parsed output. References are not resolved yet, and documents are not parsed.
#[derive(Debug)]
pub(super) struct Output<'a> {
    pub(super) identities: Vec<Identity<'a>>,
    pub(super) groups: Vec<Attachments<'a>>,
    pub(super) policies: Vec<ManagedPolicy<'a>>,
}

#[derive(Debug)]
pub(super) struct Identity<'a> {
    pub(super) kind: IdentityKind,
    pub(super) entity: Attachments<'a>,
    pub(super) unique_id: Option<Text<'a>>,
    /// The names of the user's groups.
    pub(super) groups: Vec<Text<'a>>,
    /// The ARN of the managed policy that is the permissions boundary.
    pub(super) boundary: Option<Text<'a>>,
    pub(super) tags: Vec<(Text<'a>, Text<'a>)>,
}

/// The common members of users, groups and roles: names and policies.
#[derive(Debug)]
pub(super) struct Attachments<'a> {
    /// `user`, `group` or `role`.
    pub(super) word: &'static str,
    pub(super) name: Text<'a>,
    pub(super) arn: Text<'a>,
    /// The inline policies: names and documents.
    pub(super) inline: Vec<(Text<'a>, Value<'a>)>,
    /// The ARNs of the managed policies.
    pub(super) managed: Vec<Text<'a>>,
}

/// A managed policy: its ARN and the document of its default version.
#[derive(Debug)]
pub(super) struct ManagedPolicy<'a> {
    pub(super) arn: Text<'a>,
    pub(super) document: Value<'a>,
}

/// The names of the members that differ between users, groups and roles.
struct Members {
    what: &'static str,
    word: &'static str,
    name: &'static str,
    inline: &'static str,
    known: &'static [&'static str],
}

const LISTS: [&str; 4] = [
    "UserDetailList",
    "GroupDetailList",
    "RoleDetailList",
    "Policies",
];

const PAGING: [&str; 3] = ["IsTruncated", "Marker", "NextToken"];

const USER: Members = Members {
    what: "a user",
    word: "user",
    name: "UserName",
    inline: "UserPolicyList",
    known: &[
        "Path",
        "UserName",
        "UserId",
        "Arn",
        "CreateDate",
        "UserPolicyList",
        "GroupList",
        "AttachedManagedPolicies",
        "PermissionsBoundary",
        "Tags",
    ],
};

const GROUP: Members = Members {
    what: "a group",
    word: "group",
    name: "GroupName",
    inline: "GroupPolicyList",
    known: &[
        "Path",
        "GroupName",
        "GroupId",
        "Arn",
        "CreateDate",
        "GroupPolicyList",
        "AttachedManagedPolicies",
    ],
};

const ROLE: Members = Members {
    what: "a role",
    word: "role",
    name: "RoleName",
    inline: "RolePolicyList",
    known: &[
        "Path",
        "RoleName",
        "RoleId",
        "Arn",
        "CreateDate",
        "AssumeRolePolicyDocument",
        "InstanceProfileList",
        "RolePolicyList",
        "AttachedManagedPolicies",
        "PermissionsBoundary",
        "Tags",
        "RoleLastUsed",
    ],
};

const POLICY: [&str; 12] = [
    "PolicyName",
    "PolicyId",
    "Arn",
    "Path",
    "DefaultVersionId",
    "AttachmentCount",
    "PermissionsBoundaryUsageCount",
    "IsAttachable",
    "Description",
    "CreateDate",
    "UpdateDate",
    "PolicyVersionList",
];

const VERSION: [&str; 4] = ["Document", "VersionId", "IsDefaultVersion", "CreateDate"];

impl<'a> Output<'a> {
    /// Parses the output.
    pub(super) fn read(value: Value<'a>) -> Result<Self, SourceError> {
        let output = value.object()?;
        let known: Vec<&str> = LISTS.into_iter().chain(PAGING).collect();
        output.no_other_spellings("the output", &known)?;
        if LISTS.iter().all(|list| output.get(list).is_none()) {
            return Err(value.fault(
                "this is not the output of `aws iam get-account-authorization-details`: it has neither \
                 `UserDetailList` nor `GroupDetailList`, `RoleDetailList` or `Policies`",
            ));
        }
        refuse_further_pages(&output)?;
        let mut identities = Vec::new();
        for user in output.elements("UserDetailList")? {
            identities.push(Identity::user(user)?);
        }
        for role in output.elements("RoleDetailList")? {
            identities.push(Identity::role(role)?);
        }
        let groups = output.elements("GroupDetailList")?.into_iter().map(group);
        let policies = output
            .elements("Policies")?
            .into_iter()
            .map(ManagedPolicy::read);
        Ok(Self {
            identities,
            groups: groups.collect::<Result<_, _>>()?,
            policies: policies.collect::<Result<_, _>>()?,
        })
    }
}

/// Rejects output that is one of several pages, because the policies on the other pages could deny.
fn refuse_further_pages(output: &Object<'_>) -> Result<(), SourceError> {
    let what_to_do =
        "print all of it in one run, without `--max-items`, `--starting-token` and `--no-paginate`";
    let truncated = output.get("IsTruncated");
    if let Some(truncated) = truncated
        && truncated.boolean()?
    {
        let message = format!("`IsTruncated` is true, so policies are missing; {what_to_do}");
        return Err(truncated.fault(message));
    }
    for name in ["Marker", "NextToken"] {
        if let Some(marker) = output.get(name)
            && marker.json_type() != Type::Null
        {
            let message = format!("`{name}` means that there is another page; {what_to_do}");
            return Err(marker.fault(message));
        }
    }
    Ok(())
}

impl<'a> Identity<'a> {
    fn user(value: Value<'a>) -> Result<Self, SourceError> {
        let entry = value.object()?;
        let groups = entry.texts("GroupList")?;
        Self::read(IdentityKind::User, &USER, "UserId", groups, &entry)
    }

    fn role(value: Value<'a>) -> Result<Self, SourceError> {
        let entry = value.object()?;
        if let Some(trust) = entry.get("AssumeRolePolicyDocument")
            && !matches!(trust.json_type(), Type::Object | Type::Text)
        {
            return Err(
                trust.unexpected("a policy document, as an object or as a URL-encoded string")
            );
        }
        Self::read(IdentityKind::Role, &ROLE, "RoleId", Vec::new(), &entry)
    }

    fn read(
        kind: IdentityKind,
        members: &Members,
        unique_id: &str,
        groups: Vec<Text<'a>>,
        entry: &Object<'a>,
    ) -> Result<Self, SourceError> {
        let tags = entry.elements("Tags")?.into_iter().map(tag);
        let tags = tags.collect::<Result<Vec<_>, _>>()?;
        check_tags(&tags)?;
        Ok(Self {
            kind,
            entity: Attachments::read(members, entry)?,
            unique_id: entry.text(unique_id)?,
            groups,
            boundary: entry.get("PermissionsBoundary").map(boundary).transpose()?,
            tags,
        })
    }
}

fn group(value: Value<'_>) -> Result<Attachments<'_>, SourceError> {
    Attachments::read(&GROUP, &value.object()?)
}

impl<'a> Attachments<'a> {
    fn read(members: &Members, entry: &Object<'a>) -> Result<Self, SourceError> {
        entry.no_other_spellings(members.what, members.known)?;
        let name = entry.required(members.name)?.text()?;
        let arn = entry.required("Arn")?.text()?;
        match name_within(arn.as_str(), members.word) {
            Some(named) if named == name.as_str() => {}
            Some(named) => {
                let (word, named) = (members.word, Quoted(named));
                return Err(arn.fault(format!(
                    "the {word} {name} has the ARN of the {word} {named}"
                )));
            }
            None => {
                let word = members.word;
                return Err(arn.fault(format!(
                    "{arn} is not the ARN of a {word}: expected `arn:aws:iam::ACCOUNT:{word}/NAME`"
                )));
            }
        }
        let inline = entry
            .elements(members.inline)?
            .into_iter()
            .map(inline_policy);
        let managed = entry
            .elements("AttachedManagedPolicies")?
            .into_iter()
            .map(attached_policy);
        Ok(Self {
            word: members.word,
            name,
            arn,
            inline: inline.collect::<Result<_, _>>()?,
            managed: managed.collect::<Result<_, _>>()?,
        })
    }

    /// The description for messages: ``the user `ana` ``.
    pub(super) fn title(&self) -> String {
        format!("the {} {}", self.word, self.name)
    }
}

impl<'a> ManagedPolicy<'a> {
    fn read(value: Value<'a>) -> Result<Self, SourceError> {
        let entry = value.object()?;
        entry.no_other_spellings("a policy", &POLICY)?;
        let arn = entry.required("Arn")?.text()?;
        if name_within(arn.as_str(), "policy").is_none() {
            return Err(arn.fault(format!(
                "{arn} is not the ARN of a policy: expected `arn:aws:iam::ACCOUNT:policy/NAME`"
            )));
        }
        let document = default_version(&entry, &arn)?;
        Ok(Self { arn, document })
    }
}

/// Returns the document of the default version, which is the version in effect.
///
/// `DefaultVersionId` and `IsDefaultVersion` are redundant. If they disagree, it is unknown which version is in effect.
fn default_version<'a>(policy: &Object<'a>, arn: &Text<'_>) -> Result<Value<'a>, SourceError> {
    let default_id = policy.text("DefaultVersionId")?;
    let versions = policy.required("PolicyVersionList")?;
    let mut document = None;
    for value in versions.elements()? {
        let version = value.object()?;
        version.no_other_spellings("a version", &VERSION)?;
        let id = version.text("VersionId")?;
        let by_id = default_id
            .as_ref()
            .zip(id.as_ref())
            .map(|(default, id)| default.as_str() == id.as_str());
        let by_mark = version
            .get("IsDefaultVersion")
            .map(Value::boolean)
            .transpose()?;
        let is_default = match (by_id, by_mark) {
            (Some(by_id), Some(by_mark)) if by_id != by_mark => {
                return Err(value.fault(format!(
                    "`DefaultVersionId` and `IsDefaultVersion` of the policy {arn} do not agree about this version"
                )));
            }
            (Some(is_default), _) | (None, Some(is_default)) => is_default,
            (None, None) => {
                return Err(value.fault(format!(
                    "it is unknown whether this version of the policy {arn} is the default version: \
                     `IsDefaultVersion` is missing"
                )));
            }
        };
        if is_default && document.replace(version.required("Document")?).is_some() {
            return Err(value.fault(format!("the policy {arn} has a second default version")));
        }
    }
    document.ok_or_else(|| versions.fault(format!("the policy {arn} has no default version")))
}

fn inline_policy(value: Value<'_>) -> Result<(Text<'_>, Value<'_>), SourceError> {
    let entry = value.object()?;
    entry.no_other_spellings("an inline policy", &["PolicyName", "PolicyDocument"])?;
    let name = entry.required("PolicyName")?.text()?;
    if !is_name(name.as_str()) {
        return Err(name.fault(format!("{name} is not the name of a policy")));
    }
    Ok((name, entry.required("PolicyDocument")?))
}

fn attached_policy(value: Value<'_>) -> Result<Text<'_>, SourceError> {
    let entry = value.object()?;
    entry.no_other_spellings("an attached policy", &["PolicyName", "PolicyArn"])?;
    entry.required("PolicyArn")?.text()
}

fn boundary(value: Value<'_>) -> Result<Text<'_>, SourceError> {
    let entry = value.object()?;
    entry.no_other_spellings(
        "a permissions boundary",
        &["PermissionsBoundaryType", "PermissionsBoundaryArn"],
    )?;
    if let Some(kind) = entry.text("PermissionsBoundaryType")?
        // The API reference documents the long value, but responses contain the short one.
        && !matches!(kind.as_str(), "Policy" | "PermissionsBoundaryPolicy")
    {
        return Err(kind.fault(format!(
            "unknown type of permissions boundary {kind}; expected `Policy`"
        )));
    }
    entry.required("PermissionsBoundaryArn")?.text()
}

fn tag(value: Value<'_>) -> Result<(Text<'_>, Text<'_>), SourceError> {
    let entry = value.object()?;
    entry.no_other_spellings("a tag", &["Key", "Value"])?;
    Ok((
        entry.required("Key")?.text()?,
        entry.required("Value")?.text()?,
    ))
}

/// Returns the name in the IAM ARN of a `word`: the last part of `arn:aws:iam::ACCOUNT:user/path/NAME`.
fn name_within<'a>(arn: &'a str, word: &str) -> Option<&'a str> {
    let arn = Arn::parse(arn).ok().filter(|arn| arn.service() == "iam")?;
    let path = arn.resource().strip_prefix(word)?.strip_prefix('/')?;
    path.rsplit('/').next().filter(|name| is_name(name))
}
