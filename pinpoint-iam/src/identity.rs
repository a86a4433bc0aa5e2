//! Users and roles, which have policies of their own, and lookup by them.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

use pinpoint_iam_core::__private::PrehashedHasher;

use crate::arn::Arn;
use crate::pattern::characters::is_name_character;

/// The kinds of identity that have policies of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum IdentityKind {
    User,
    Role,
}

impl IdentityKind {
    /// Returns the word for ARNs and messages.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Role => "role",
        }
    }
}

/// Identifies a user or role. Names are unique within an account, regardless of the path.
///
/// IAM compares the names of users and roles case-insensitively when it creates them, but case-sensitively in ARNs.
/// This type compares them case-sensitively.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct IdentityName<'a> {
    pub(crate) kind: IdentityKind,
    pub(crate) partition: &'a str,
    pub(crate) account: &'a str,
    pub(crate) name: &'a str,
}

impl IdentityName<'_> {
    /// Returns a hash, which is equal for equal names. Callers cannot add entries to an [`IdentityMap`], so the hash
    /// need not be randomized.
    pub(crate) fn hash_value(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

/// A user or role, as the principal of a request has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IdentityLookup<'a> {
    pub(crate) name: IdentityName<'a>,
    /// The [hash](IdentityName::hash_value) of the name.
    pub(crate) hash: u64,
    /// The path that the principal was created with, such as `team/red/`; if `None`, the source determines it.
    pub(crate) path: Option<&'a str>,
}

/// The condition keys of a principal, in lower case, that a policy source may complete.
pub(crate) const ENRICHED_KEYS: [&str; 2] = ["aws:userid", "aws:principalarn"];

/// Whether a text is valid as the name of a user, group, role, session or policy.
pub(crate) fn is_name(text: &str) -> bool {
    text.chars().all(is_name_character) && !text.is_empty()
}

/// Whether a text is valid as one segment of a principal's ARN: a name other than `.` and `..`.
pub(crate) fn is_segment(text: &str) -> bool {
    is_name(text) && is_path_segment(text)
}

/// Whether a text is valid as one segment of the path of a user or role. IAM allows
/// [every visible ASCII character](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names).
/// `.` and `..` are rejected, because they could be interpreted as another path.
pub(crate) fn is_path_segment(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && text != "."
        && text != ".."
}

/// An owned [`IdentityName`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IdentityKey {
    kind: IdentityKind,
    partition: Box<str>,
    account: Box<str>,
    name: Box<str>,
    /// The path, such as `team/red/`; empty without one. It does not distinguish identities, but a principal that was
    /// created with a path only matches the same path.
    path: Box<str>,
}

impl IdentityKey {
    /// Parses the ARN of an IAM user or role.
    ///
    /// The path may contain any visible ASCII character. The other parts are validated by [`Principal`].
    pub(crate) fn parse(arn: &str) -> Option<Self> {
        let parsed = Arn::parse(arn).ok()?;
        let (word, path) = parsed.resource().split_once('/')?;
        let name = path.rsplit('/').next()?;
        let path = path.strip_suffix(name)?;
        let is_valid = |segment: &str| segment.is_empty() || is_path_segment(segment);
        if !path.split('/').all(is_valid) || !parsed.region().is_empty() {
            return None;
        }
        let (partition, service, account) =
            (parsed.partition(), parsed.service(), parsed.account());
        let kind = match word {
            "user" => IdentityKind::User,
            "role" => IdentityKind::Role,
            _ => return None,
        };
        let names_one =
            service == "iam" && is_name(partition) && is_name(account) && is_segment(name);
        names_one.then(|| Self {
            kind,
            partition: partition.into(),
            account: account.into(),
            name: name.into(),
            path: path.into(),
        })
    }

    /// The role `name` of an account, regardless of its path.
    pub(crate) fn role(partition: &str, account: &str, name: &str) -> Option<Self> {
        Self::parse(&format!("arn:{partition}:iam::{account}:role/{name}"))
            .filter(|role| role.path.is_empty())
    }

    /// The user or role with this name, regardless of its path.
    #[cfg(feature = "on-demand")]
    pub(crate) fn of(name: &IdentityName<'_>) -> Self {
        Self {
            kind: name.kind,
            partition: name.partition.into(),
            account: name.account.into(),
            name: name.name.into(),
            path: Box::default(),
        }
    }

    /// The same user or role, regardless of its path.
    #[cfg(feature = "on-demand")]
    pub(crate) fn without_path(mut self) -> Self {
        self.path = Box::default();
        self
    }

    /// Returns the ARN without the path, which identifies a user or role in its account.
    #[cfg(feature = "on-demand")]
    pub(crate) fn arn_without_path(&self) -> String {
        let Self {
            kind,
            partition,
            account,
            name,
            path: _,
        } = self;
        format!("arn:{partition}:iam::{account}:{}/{name}", kind.word())
    }

    pub(crate) const fn kind(&self) -> IdentityKind {
        self.kind
    }

    /// Whether the identity belongs to this account.
    pub(crate) fn is_in(&self, partition: &str, account: &str) -> bool {
        *self.partition == *partition && *self.account == *account
    }

    /// Returns the identity as it is looked up. Without a path, the source determines the path.
    pub(crate) fn lookup(&self) -> IdentityLookup<'_> {
        let name = self.borrowed();
        IdentityLookup {
            name,
            hash: name.hash_value(),
            path: Some(&*self.path).filter(|path| !path.is_empty()),
        }
    }

    /// Returns the name within the account, without the path.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn borrowed(&self) -> IdentityName<'_> {
        IdentityName {
            kind: self.kind,
            partition: &self.partition,
            account: &self.account,
            name: &self.name,
        }
    }
}

/// A map from users and roles to values. A lookup for a principal neither hashes nor copies.
#[derive(Clone, Debug)]
pub(crate) struct IdentityMap<T> {
    slots: Vec<(IdentityKey, T)>,
    by_hash: HashMap<u64, u32, BuildHasherDefault<PrehashedHasher>>,
    /// Slots whose hash is also that of another slot. Collisions are very rare.
    others: Vec<u32>,
}

impl<T> Default for IdentityMap<T> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            by_hash: HashMap::default(),
            others: Vec::new(),
        }
    }
}

impl<T> IdentityMap<T> {
    /// What there is for a user or role: nothing if its principal was made with another path.
    #[inline]
    pub(crate) fn get(&self, identity: &IdentityLookup<'_>) -> Option<&T> {
        let slot = self.find(identity.name, identity.hash)?;
        let (key, value) = self.slots.get(slot)?;
        match identity.path {
            Some(path) if path != &*key.path => None,
            _ => Some(value),
        }
    }

    /// Returns the value for `key`, regardless of its path.
    pub(crate) fn get_by_key(&self, key: &IdentityKey) -> Option<&T> {
        let name = key.borrowed();
        let slot = self.find(name, name.hash_value())?;
        self.slots.get(slot).map(|(_, value)| value)
    }

    /// Returns the value for `key`, created by `make` if there is none, and whether it existed before.
    pub(crate) fn get_or_insert_with(
        &mut self,
        key: IdentityKey,
        make: impl FnOnce() -> T,
    ) -> Option<(&mut T, bool)> {
        let hash = key.borrowed().hash_value();
        let found = self.find(key.borrowed(), hash);
        let slot = match found {
            Some(slot) => slot,
            None => {
                let slot = self.slots.len();
                let number = u32::try_from(slot).ok()?;
                if let Some(first) = self.by_hash.insert(hash, number) {
                    self.others.push(first);
                }
                self.slots.push((key, make()));
                slot
            }
        };
        let (_, value) = self.slots.get_mut(slot)?;
        Some((value, found.is_some()))
    }

    /// Returns the number of entries.
    pub(crate) const fn len(&self) -> usize {
        self.slots.len()
    }

    /// Returns all identities and values, in insertion order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&IdentityKey, &T)> {
        self.slots.iter().map(|(key, value)| (key, value))
    }

    /// Returns all values, in insertion order.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().map(|(_, value)| value)
    }

    /// Converts the values.
    pub(crate) fn map<U>(self, mut change: impl FnMut(T) -> U) -> IdentityMap<U> {
        IdentityMap {
            slots: self
                .slots
                .into_iter()
                .map(|(key, value)| (key, change(value)))
                .collect(),
            by_hash: self.by_hash,
            others: self.others,
        }
    }

    #[inline]
    fn find(&self, name: IdentityName<'_>, hash: u64) -> Option<usize> {
        let is_it = |slot: &u32| {
            let slot = self.slots.get(*slot as usize);
            slot.is_some_and(|(key, _)| key.borrowed() == name)
        };
        let first = self.by_hash.get(&hash)?;
        let found = if is_it(first) {
            first
        } else {
            self.others.iter().find(|slot| is_it(slot))?
        };
        Some(*found as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Identities with equal hashes remain distinct.
    #[test]
    fn equal_hashes_do_not_mix_identities_up() {
        let key =
            |name: &str| IdentityKey::parse(&format!("arn:aws:iam::123456789012:user/{name}"));
        let mut map = IdentityMap::default();
        for (name, value) in [("ana", 1), ("bob", 2), ("eve", 3)] {
            map.get_or_insert_with(key(name).unwrap(), || value);
        }
        let same = key("ana").unwrap().borrowed().hash_value();
        map.by_hash = HashMap::from_iter([(same, 0)]);
        map.others = vec![1, 2];
        let find = |name: &str| map.find(key(name).unwrap().borrowed(), same);
        assert_eq!(find("ana"), Some(0));
        assert_eq!(find("bob"), Some(1));
        assert_eq!(find("eve"), Some(2));
        assert_eq!(find("joe"), None);
    }
}
