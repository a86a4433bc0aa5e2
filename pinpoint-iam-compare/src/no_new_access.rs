//! A check of changed policies: they must not allow anything new.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use pinpoint_iam::change::{ChangeCheck, CheckFailed, PolicyChange};
use pinpoint_iam::source::{PolicyStore, PrincipalPolicies};
use pinpoint_iam::{Policy, PolicyStack};

use crate::set::allow_everything;
use crate::sources::keys;
use crate::{Comparer, PolicySet};

/// A [`ChangeCheck`] that rejects new policies if they allow a request that the current ones do not allow, unless the
/// change is [approved](pinpoint_iam::Authorizer::approve_change).
///
/// A change about which this is not decided is rejected as well. Without [current](PolicyChange::current) policies,
/// nothing is compared.
///
/// ```
/// use pinpoint_iam::policy::Document;
/// use pinpoint_iam::source::PolicyStore;
/// use pinpoint_iam::{Authorizer, Policy, Scope};
/// use pinpoint_iam_compare::NoNewAccess;
///
/// let store = |action: &str| -> Result<PolicyStore, Box<dyn std::error::Error>> {
///     let text = format!(
///         r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}}}"#
///     );
///     let mut store = PolicyStore::new();
///     let ana = store.identity("arn:aws:iam::123456789012:user/ana")?;
///     ana.attach(Policy::new("ana", Document::parse(&text)?));
///     Ok(store)
/// };
/// let authorizer = Authorizer::builder()
///     .scope(Scope::new("aws", "us-east-1", "123456789012"))
///     .source(store("mobiletargeting:Get*")?)
///     .check_changes(NoNewAccess::new())
///     .build()?;
/// assert!(authorizer.replace(store("mobiletargeting:*")?).is_err());
/// assert!(authorizer.replace(store("mobiletargeting:GetApp")?).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What is compared
///
/// A request of a user or role is decided by its own policies together with those of its
/// [groups](pinpoint_iam::Principal::with_groups) and [added roles](pinpoint_iam::Principal::with_roles), in any combination. If there are groups or
/// roles, each part is therefore compared on its own: it must neither allow anything new nor deny anything less, and no
/// permissions boundary may allow more. This is stricter than necessary: a `Deny` without an effect on its own may limit
/// what a group allows, so that its removal is reported. Without groups and roles, the policies of each user are compared
/// together with its boundary, which is exact.
///
/// Also reported are a boundary that is removed, boundaries of several users or roles that become the same (a caller with
/// different ones is denied everything), and tags, unique ids and paths that change although policies depend on them.
///
/// Callers are compared in general, not only those that are in the store. Root users are not compared: in their own
/// account, they are allowed everything that no `Deny` of a group or added role matches.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNewAccess(());

/// The number of differences that an error shows.
const EXAMPLES: usize = 3;

impl NoNewAccess {
    /// Creates the check.
    pub const fn new() -> Self {
        Self(())
    }
}

impl ChangeCheck for NoNewAccess {
    fn check(&self, change: &PolicyChange<'_>) -> Result<(), CheckFailed> {
        let Some(current) = change.current() else {
            return Ok(());
        };
        let found = Change::of(current, change.new_policies()).new_access();
        let (examples, more) = found.split_at(found.len().min(EXAMPLES));
        if examples.is_empty() {
            return Ok(());
        }
        let more = match more.len() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        Err(CheckFailed::unless_approved(format!(
            "they may allow new requests: {}{more}",
            examples.join("; ")
        )))
    }
}

/// Whether two stores decide every request of every caller in the same way, whatever groups and roles an application adds
/// to it, in both directions of [what `NoNewAccess` compares](NoNewAccess#what-is-compared). `false` if this is not proven.
///
/// ```
/// use pinpoint_iam::policy::Document;
/// use pinpoint_iam::source::PolicyStore;
/// use pinpoint_iam::Policy;
/// use pinpoint_iam_compare::stores_are_equal;
///
/// let store = |actions: &str| -> Result<PolicyStore, Box<dyn std::error::Error>> {
///     let text = format!(
///         r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": {actions}, "Resource": "*"}}}}"#
///     );
///     let mut store = PolicyStore::new();
///     store.group("readers").attach(Policy::new("reader", Document::parse(&text)?));
///     Ok(store)
/// };
/// let (one, other) = (store(r#""s3:Get*""#)?, store(r#"["s3:Get*", "s3:GetObject"]"#)?);
/// assert!(stores_are_equal(&one, &other));
/// assert!(!stores_are_equal(&one, &store(r#""s3:*""#)?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn stores_are_equal(one: &PolicyStore, other: &PolicyStore) -> bool {
    let allows_more = |first, second| !Change::of(first, second).new_access().is_empty();
    !allows_more(one, other) && !allows_more(other, one)
}

/// Two stores.
struct Change<'a> {
    stores: [&'a PolicyStore; 2],
    /// Every user and role, with its entry in each store.
    identities: BTreeMap<&'a str, [Option<&'a PrincipalPolicies>; 2]>,
    /// For all callers and values, because an application chooses both.
    comparer: Comparer,
}

/// A permissions boundary. `Some` of an empty list allows nothing.
type Boundary = Option<Vec<Policy>>;

impl<'a> Change<'a> {
    fn of(first: &'a PolicyStore, second: &'a PolicyStore) -> Self {
        let mut identities: BTreeMap<&str, [Option<&PrincipalPolicies>; 2]> = BTreeMap::new();
        for (arn, policies) in first.iter() {
            identities.entry(arn).or_default()[0] = Some(policies);
        }
        for (arn, policies) in second.iter() {
            identities.entry(arn).or_default()[1] = Some(policies);
        }
        Self {
            stores: [first, second],
            identities,
            comparer: Comparer::new().values_of_any_type(),
        }
    }

    /// Returns what is newly allowed, or may be.
    fn new_access(&self) -> Vec<String> {
        let mut found = Vec::new();
        match self.combines() {
            true => {
                self.compare_parts(&mut found);
                self.compare_boundaries(&mut found);
            }
            false => self.compare_users(&mut found),
        }
        self.compare_attributes(&mut found);
        found
    }

    /// Whether a caller can have the policies of several entries of a store.
    fn combines(&self) -> bool {
        self.stores.iter().any(|store| {
            store.groups().next().is_some() || store.iter().any(|(arn, _)| arn.contains(":role/"))
        })
    }

    /// Compares the policies of each user with its boundary.
    fn compare_users(&self, found: &mut Vec<String>) {
        let mut known = Known::default();
        for (arn, entries) in &self.identities {
            let [first, second] = [0, 1].map(|side| PolicySet {
                permissions_boundary: self.boundary(entries, side),
                ..PolicySet::of_identity(own(entries, side).to_vec())
            });
            found.extend(self.compare(&mut known, arn, &first, &second));
        }
    }

    /// Compares the policies of each user, role and group, so that no combination of them allows more.
    fn compare_parts(&self, found: &mut Vec<String>) {
        let mut known = Known::default();
        let mut parts: BTreeMap<String, [&[Policy]; 2]> = BTreeMap::new();
        for (arn, entries) in &self.identities {
            let policies = [0, 1].map(|side| own(entries, side));
            parts.insert((*arn).to_owned(), policies);
        }
        for (side, store) in self.stores.into_iter().enumerate() {
            for (name, group) in store.groups() {
                let part = parts.entry(format!("the group `{name}`")).or_default();
                if let Some(policies) = part.get_mut(side) {
                    *policies = group.policies();
                }
            }
        }
        for (name, [first, second]) in parts {
            let allowed = |policies: &[Policy]| PolicySet::of_identity(policies.to_vec());
            let difference = self.compare(&mut known, &name, &allowed(first), &allowed(second));
            if difference.is_some() {
                found.extend(difference);
                continue;
            }
            // Next to a policy that allows everything, only what they deny matters.
            let denied = |policies: &[Policy]| {
                let everything = everything();
                PolicySet::of_identity(policies.iter().cloned().chain([everything]))
            };
            let name = format!("{name} (with what other policies allow)");
            found.extend(self.compare(&mut known, &name, &denied(first), &denied(second)));
        }
    }

    /// Compares what the boundaries allow, and which of them are the same.
    fn compare_boundaries(&self, found: &mut Vec<String>) {
        let mut known = Known::default();
        // The entry of the callers that are not in a store.
        let others = ("callers that are not in the source", [None, None]);
        let identities = self
            .identities
            .iter()
            .map(|(arn, entries)| (*arn, *entries));
        let mut shared: HashMap<Vec<usize>, (&str, Vec<usize>)> = HashMap::new();
        for (name, entries) in identities.chain([others]) {
            let boundaries = [0, 1].map(|side| self.boundary(&entries, side));
            let [Some(first), second] = &boundaries else {
                // No boundary allows everything.
                continue;
            };
            let Some(second) = second else {
                found.push(format!("{name}: the permissions boundary is removed"));
                continue;
            };
            let bounded = |boundary: &Vec<Policy>| PolicySet {
                permissions_boundary: Some(boundary.clone()),
                ..PolicySet::of_identity([everything()])
            };
            let label = format!("the permissions boundary of {name}");
            found.extend(self.compare(&mut known, &label, &bounded(first), &bounded(second)));
            let (other, before) = shared
                .entry(addresses(second))
                .or_insert_with(|| (name, addresses(first)));
            if *before != addresses(first) {
                found.push(format!(
                    "{name} and {other} get the same permissions boundary, and had different ones"
                ));
            }
        }
    }

    /// Reports attributes of users and roles that change, if policies of both stores depend on them.
    fn compare_attributes(&self, found: &mut Vec<String>) {
        let [before, after] = self.stores.map(used_keys);
        let used: BTreeSet<&String> = before.intersection(&after).collect();
        for (arn, entries) in &self.identities {
            let [first, second] = entries.map(|entry| attributes(arn, entry));
            let names: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
            let changed = names
                .into_iter()
                .find(|name| first.get(*name) != second.get(*name) && used.contains(name));
            if let Some(name) = changed {
                found.push(format!(
                    "{arn}: the value of {name} changes, on which policies depend"
                ));
            }
        }
    }

    /// Returns the boundary of a caller with these entries.
    fn boundary(&self, entries: &[Option<&PrincipalPolicies>; 2], side: usize) -> Boundary {
        match entries.get(side).copied().flatten() {
            Some(entry) => entry
                .permissions_boundary()
                .map(|policy| vec![policy.clone()]),
            None => {
                let store = self.stores.get(side);
                store
                    .is_some_and(|store| store.bounds_others())
                    .then(Vec::new)
            }
        }
    }

    /// Returns what `second` may allow and `first` does not.
    fn compare(
        &self,
        known: &mut Known,
        name: &str,
        first: &PolicySet,
        second: &PolicySet,
    ) -> Option<String> {
        let difference = known.0.entry([address(first), address(second)]);
        let difference = difference.or_insert_with(|| {
            if is_same(first, second) {
                return None;
            }
            let comparison = self.comparer.compare(first, second);
            if let Some(difference) = &comparison.newly_allowed {
                return Some(difference.witness.to_string());
            }
            let undecided = comparison.undecided.first()?;
            Some(format!(
                "it is not decided what is newly allowed: {undecided}"
            ))
        });
        let difference = difference.as_ref()?;
        Some(format!("{name}: {difference}"))
    }
}

/// The results of comparisons by the addresses of the policies, because many users may have the same policies.
#[derive(Default)]
struct Known(HashMap<[Addresses; 2], Option<String>>);

/// The addresses of identity-based policies, and of those of a boundary.
type Addresses = (Vec<usize>, Option<Vec<usize>>);

fn address(set: &PolicySet) -> Addresses {
    let boundary = set.permissions_boundary.as_deref();
    (addresses(&set.identity), boundary.map(addresses))
}

/// Returns the addresses of documents: the same for clones of a policy.
fn addresses(policies: &[Policy]) -> Vec<usize> {
    let documents = policies.iter().map(Policy::document);
    documents
        .map(|document| std::ptr::from_ref(document).addr())
        .collect()
}

/// Whether both have the same policies, in any order.
fn is_same(first: &PolicySet, second: &PolicySet) -> bool {
    let contains =
        |one: &[Policy], other: &[Policy]| one.iter().all(|policy| other.contains(policy));
    first.permissions_boundary == second.permissions_boundary
        && contains(&first.identity, &second.identity)
        && contains(&second.identity, &first.identity)
}

/// Returns the identity-based policies of a user or role in one of the stores.
fn own<'a>(entries: &[Option<&'a PrincipalPolicies>; 2], side: usize) -> &'a [Policy] {
    let entry = entries.get(side).copied().flatten();
    entry.map_or(&[], PrincipalPolicies::identity)
}

/// Returns a policy that allows everything, always the same.
fn everything() -> Policy {
    static EVERYTHING: std::sync::LazyLock<Policy> =
        std::sync::LazyLock::new(|| Policy::new("everything", allow_everything()));
    EVERYTHING.clone()
}

/// Returns the condition keys that the policies of a store depend on, in lower case.
fn used_keys(store: &PolicyStore) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    let mut add = |policies: &[Policy]| {
        let stack = PolicyStack {
            identity: policies,
            ..PolicyStack::default()
        };
        used.extend(keys(&stack).iter().map(|key| key.folded().to_owned()));
    };
    for (_, policies) in store.iter() {
        add(policies.identity());
        if let Some(boundary) = policies.permissions_boundary() {
            add(std::slice::from_ref(boundary));
        }
    }
    for (_, group) in store.groups() {
        add(group.policies());
    }
    used
}

/// Returns the condition keys that a store gives to a user or role, with their values.
fn attributes(arn: &str, entry: Option<&PrincipalPolicies>) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    let Some(entry) = entry else {
        return attributes;
    };
    for (key, values) in entry.tags().iter() {
        attributes.insert(key.to_lowercase(), format!("{values:?}"));
    }
    if let Some(id) = entry.unique_id() {
        attributes.insert("aws:userid".to_owned(), id.to_owned());
    }
    // A caller whose path is unknown gets the path in the store.
    if arn.matches('/').count() > 1 {
        attributes.insert("aws:principalarn".to_owned(), arn.to_owned());
    }
    attributes
}
