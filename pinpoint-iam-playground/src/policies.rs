//! The policies that apply to a caller.

use std::collections::{BTreeMap, BTreeSet};

use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Policy, Principal};
use pinpoint_iam_compare::PolicySet;
use pinpoint_iam_tools::parts;

use crate::input::{PolicyInput, PolicyType};

/// Parsed policies with their attachments.
#[derive(Debug)]
pub(crate) struct Policies<'a> {
    all: Vec<(&'a PolicyInput, Policy)>,
}

impl<'a> Policies<'a> {
    /// Parses all policies. One that cannot be parsed is an error, because its `Deny` statements would be missing.
    pub(crate) fn parse(inputs: &'a [PolicyInput]) -> Result<Self, String> {
        let mut names = BTreeSet::new();
        let mut all = Vec::new();
        for input in inputs {
            if !names.insert(input.name.as_str()) {
                return Err(format!(
                    "there are two policies called `{}`; rename one of them",
                    input.name.escape_debug()
                ));
            }
            check_attachment(input)?;
            all.push((input, parts::policy(&input.name, &input.text)?));
        }
        Ok(Self { all })
    }

    /// The position of the policy with this name.
    pub(crate) fn index_of(&self, name: &str) -> Option<usize> {
        self.all.iter().position(|(input, _)| input.name == name)
    }

    /// The policies that apply to a caller, with their attachments.
    pub(crate) fn attached_to(
        &self,
        caller: &Principal,
    ) -> Result<Vec<&(&'a PolicyInput, Policy)>, String> {
        let mut found = Vec::new();
        for one in &self.all {
            if is_attached(one.0, &one.1, caller)? {
                found.push(one);
            }
        }
        Ok(found)
    }

    /// The policies that apply to a caller, by type.
    pub(crate) fn of(&self, caller: &Principal) -> Result<PolicySet, String> {
        let mut set = PolicySet::default();
        let (mut scps, mut rcps) = (BTreeMap::new(), BTreeMap::new());
        for (input, policy) in self.attached_to(caller)? {
            let policy = policy.clone();
            let level = input.level.unwrap_or_default();
            match input.policy_type {
                PolicyType::Identity => set.identity.push(policy),
                PolicyType::Boundary => {
                    let boundary = set.permissions_boundary.get_or_insert_default();
                    boundary.push(policy);
                    if boundary.len() > 1 {
                        return Err("a caller has at most one permissions boundary".to_owned());
                    }
                }
                PolicyType::Session => set.session.get_or_insert_default().push(policy),
                PolicyType::Resource => {
                    if set.resource.replace(policy).is_some() {
                        return Err("a resource has at most one policy".to_owned());
                    }
                }
                PolicyType::Scp => push(&mut scps, level, policy),
                PolicyType::Rcp => push(&mut rcps, level, policy),
            }
        }
        set.service_control = scps.into_values().collect();
        set.resource_control = rcps.into_values().collect();
        Ok(set)
    }

    /// The identity-based policies and permissions boundaries of these users and roles.
    pub(crate) fn store(&self, principals: &[(String, Principal)]) -> Result<PolicyStore, String> {
        let mut store = PolicyStore::new();
        for (arn, principal) in principals {
            let set = self.of(principal)?;
            let others = [
                (set.session.is_some(), "session policies"),
                (set.resource.is_some(), "the policy of a resource"),
                (!set.service_control.is_empty(), "service control policies"),
                (
                    !set.resource_control.is_empty(),
                    "resource control policies",
                ),
            ];
            if let Some((_, what)) = others.into_iter().find(|(is_present, _)| *is_present) {
                return Err(format!(
                    "the access matrix cannot contain {what}, so its verdicts would be wrong"
                ));
            }
            let own = store.identity(arn).map_err(|error| error.to_string())?;
            set.identity
                .into_iter()
                .for_each(|policy| own.attach(policy));
            if let Some(boundary) = set.permissions_boundary.into_iter().flatten().next() {
                own.set_permissions_boundary(boundary);
            }
        }
        Ok(store)
    }
}

fn push(levels: &mut BTreeMap<u16, Vec<Policy>>, level: u16, policy: Policy) {
    levels.entry(level).or_default().push(policy);
}

/// Rejects attachments that would have no effect.
fn check_attachment(input: &PolicyInput) -> Result<(), String> {
    let has_principals = matches!(
        input.policy_type,
        PolicyType::Identity | PolicyType::Boundary
    );
    let has_level = matches!(input.policy_type, PolicyType::Scp | PolicyType::Rcp);
    let name = input.name.escape_debug();
    if !has_principals && !input.principals.is_empty() {
        return Err(format!(
            "the policy `{name}` cannot be attached to principals; only identity-based policies and permissions boundaries can"
        ));
    }
    if !has_level && input.level.is_some() {
        return Err(format!(
            "the policy `{name}` has a level; only policies of organizations have one"
        ));
    }
    Ok(())
}

/// Whether a policy is attached to the user or role of a caller, as a source attaches it.
fn is_attached(input: &PolicyInput, policy: &Policy, caller: &Principal) -> Result<bool, String> {
    if input.principals.is_empty() {
        return Ok(true);
    }
    let mut store = PolicyStore::new();
    for arn in &input.principals {
        let own = store.identity(arn).map_err(|error| error.to_string())?;
        own.attach(policy.clone());
    }
    Ok(!store.policies(caller).identity().is_empty())
}
