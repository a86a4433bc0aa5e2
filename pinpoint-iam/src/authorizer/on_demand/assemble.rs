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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::freshness::Revision;
    use crate::policy::Document;
    use crate::principal::Principal;

    const ANA: &str = "arn:aws:iam::111122223333:user/ana";

    /// A record of `arn` that is a member of `groups`.
    fn identity(arn: &str, groups: &[&str]) -> IdentityRecord {
        let mut record = IdentityRecord::new(arn);
        record.groups = groups.iter().map(|&name| name.to_owned()).collect();
        record
    }

    /// A record of a group with one policy, which has its name.
    fn group(name: &str) -> GroupRecord {
        let mut record = GroupRecord::new(name);
        record.policies.push(PolicyRecord::inline(name, ""));
        record
    }

    /// Assembles records for ana, who has the added group `token` and the added role `reader`.
    fn assembled(
        identities: Vec<IdentityRecord>,
        groups: Vec<GroupRecord>,
    ) -> Result<PolicyStore, String> {
        let ana = Principal::from_arn(ANA).expect("an ARN");
        let ana = ana.with_groups(["token"]).with_roles(["reader"]);
        let mut records = PrincipalRecords::new(Revision::new("1"));
        records.identities = identities;
        records.groups = groups;
        assemble(&PrincipalKey::of(&ana), &records, |record, _| {
            let name = record.policy.name();
            Ok(Policy::new(name, Document::deny_everything()))
        })
    }

    #[test]
    fn a_user_has_the_policies_of_its_groups_only() {
        let with_path = "arn:aws:iam::111122223333:user/division/ana";
        let role = "arn:aws:iam::111122223333:role/reader";
        let store = assembled(
            vec![identity(with_path, &["staff"]), identity(role, &[])],
            vec![group("staff"), group("token")],
        );
        let store = store.expect("the records of ana");
        let names = |policies: &[Policy]| -> Vec<String> {
            let names = policies.iter().map(|policy| policy.name().to_owned());
            names.collect()
        };
        let all = store.iter().map(|(arn, own)| (arn, names(own.identity())));
        let all: HashMap<&str, Vec<String>> = all.collect();
        let expected = [(role, vec![]), (with_path, vec!["staff".to_owned()])];
        assert_eq!(all, HashMap::from(expected));
        let groups = store
            .groups()
            .map(|(name, own)| (name, names(own.policies())));
        let groups: HashMap<&str, Vec<String>> = groups.collect();
        assert_eq!(groups, HashMap::from([("token", vec!["token".to_owned()])]));
    }

    /// A source that mixes principals up must not widen access.
    #[test]
    fn records_that_were_not_requested_or_occur_twice_are_rejected() {
        let other = |resource: &str| format!("arn:aws:iam::111122223333:{resource}");
        let one = |arn: &str| vec![identity(arn, &[])];
        let ana = |groups: &[&str]| vec![identity(ANA, groups)];
        let not_requested = "for which it was not asked";
        let cases = [
            (
                "another user",
                one(&other("user/bob")),
                vec![],
                not_requested,
            ),
            (
                "a role of the same name",
                one(&other("role/ana")),
                vec![],
                not_requested,
            ),
            (
                "another role",
                one(&other("role/writer")),
                vec![],
                not_requested,
            ),
            (
                "a user of another account",
                one("arn:aws:iam::444455556666:user/ana"),
                vec![],
                not_requested,
            ),
            ("not an ARN", one("ana"), vec![], not_requested),
            (
                "a user twice",
                vec![
                    identity(ANA, &[]),
                    identity(&other("user/division/ana"), &[]),
                ],
                vec![],
                "two records of `arn",
            ),
            (
                "a group twice",
                ana(&["staff"]),
                vec![group("staff"), group("staff")],
                "two records of the group `staff`",
            ),
            (
                "another group",
                ana(&[]),
                vec![group("staff")],
                not_requested,
            ),
            (
                "a group without a record",
                ana(&["staff"]),
                vec![],
                "no record of `staff`",
            ),
        ];
        for (what, identities, groups, expected) in cases {
            let error = assembled(identities, groups).expect_err(what);
            assert!(error.contains(expected), "{what}: {error}");
        }
    }
}
