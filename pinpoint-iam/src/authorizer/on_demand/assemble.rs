//! Turns the records of a source into a store of policies.

use std::collections::{HashMap, HashSet};

use pinpoint_iam_core::__private::Quoted;

use crate::identity::IdentityKey;
use crate::policy_stack::Policy;
use crate::source::{GroupRecord, IdentityRecord, PolicyRecord, PolicyStore, PrincipalRecords};

use super::cache::PrincipalKey;
use super::managed::Use;

/// Returns the store with the records, whose policies `resolve` returns. A record is an error unless `key` or one of its
/// users needs it: a source that returns the records of another principal must not be believed.
pub(super) fn assemble(
    key: &PrincipalKey,
    records: &PrincipalRecords,
    mut resolve: impl FnMut(&PolicyRecord, Use) -> Result<Policy, String>,
) -> Result<PolicyStore, String> {
    let mut groups: HashMap<&str, Vec<Policy>> = HashMap::new();
    for GroupRecord { name, policies } in &records.groups {
        let policies = policies.iter();
        let policies = policies.map(|policy| resolve(policy, Use::Identity));
        let policies = policies.collect::<Result<_, String>>()?;
        if groups.insert(name, policies).is_some() {
            return Err(format!(
                "returned two records of the group {}",
                Quoted(name)
            ));
        }
    }
    let mut store = PolicyStore::new();
    let mut known = HashSet::new();
    let mut memberships = HashSet::new();
    for record in &records.identities {
        let own = IdentityKey::parse(&record.arn).map(|own| own.without_path());
        let requested = |own: &IdentityKey| {
            let mut identities = key.identities();
            identities.any(|requested| requested.borrowed() == own.borrowed())
        };
        let own = own.filter(requested).ok_or_else(|| {
            format!(
                "returned a record of {}, for which it was not asked",
                Quoted(&record.arn)
            )
        })?;
        if !known.insert(own.arn_without_path()) {
            return Err(format!("returned two records of {}", Quoted(&record.arn)));
        }
        add_identity(&mut store, record, &groups, &mut memberships, &mut resolve)?;
    }
    for (name, policies) in groups {
        if key.groups.iter().any(|requested| **requested == *name) {
            let group = store.group(name);
            policies.into_iter().for_each(|policy| group.attach(policy));
        } else if !memberships.contains(name) {
            return Err(format!(
                "returned a record of the group {}, for which it was not asked",
                Quoted(name)
            ));
        }
    }
    Ok(store)
}

fn add_identity<'r>(
    store: &mut PolicyStore,
    record: &'r IdentityRecord,
    groups: &HashMap<&str, Vec<Policy>>,
    memberships: &mut HashSet<&'r str>,
    resolve: &mut impl FnMut(&PolicyRecord, Use) -> Result<Policy, String>,
) -> Result<(), String> {
    let identity = store
        .identity(&record.arn)
        .map_err(|error| error.to_string())?;
    for policy in &record.policies {
        identity.attach(resolve(policy, Use::Identity)?);
    }
    for name in &record.groups {
        let policies = groups.get(name.as_str()).ok_or_else(|| {
            format!(
                "returned no record of {}, a group of {}",
                Quoted(name),
                Quoted(&record.arn)
            )
        })?;
        memberships.insert(name);
        for policy in policies {
            identity.attach(policy.clone());
        }
    }
    if let Some(boundary) = &record.boundary {
        identity.set_permissions_boundary(resolve(boundary, Use::Boundary)?);
    }
    let mut keys = HashSet::new();
    for (tag, value) in &record.tags {
        if !keys.insert(tag.to_ascii_lowercase()) {
            return Err(format!(
                "returned the tag {} of {} twice: tag keys are case-insensitive",
                Quoted(tag),
                Quoted(&record.arn)
            ));
        }
        identity.set_tag(tag, value);
    }
    if let Some(id) = &record.unique_id {
        identity.set_unique_id(id);
    }
    Ok(())
}
