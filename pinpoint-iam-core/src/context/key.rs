//! The names of condition keys.

use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::LazyLock;

use crate::global_keys::GLOBAL_KEYS;

/// The name of a condition key, for example `aws:ResourceTag/team`.
///
/// Names are compared ignoring ASCII case, including the part after a `/`; the original spelling is kept for display.
/// See [condition keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
#[derive(Clone)]
pub struct ConditionKey {
    name: Name,
    /// Keys of policies are created once, when a policy loads, and looked up for every decision. The stored hash avoids
    /// hashing each time.
    hash: u64,
}

#[derive(Clone)]
enum Name {
    /// A global key of AWS, in AWS's spelling. A request has a few of them, so they need no memory of their own.
    Global(&'static GlobalName),
    Own(Box<str>),
    /// A name with upper-case letters.
    Folded {
        text: Box<str>,
        folded: Box<str>,
    },
}

/// The name of a global key.
struct GlobalName {
    text: &'static str,
    folded: Box<str>,
    hash: u64,
    is_multivalued: bool,
}

/// One hasher for the whole process, so that hashes of keys can be stored. It is random, because callers choose the
/// names of request tags.
static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// Every global key, by the length of its name.
static GLOBAL_NAMES: LazyLock<Vec<Vec<GlobalName>>> = LazyLock::new(|| {
    let mut by_length: Vec<Vec<GlobalName>> = Vec::new();
    for key in GLOBAL_KEYS {
        let folded = key.name.to_ascii_lowercase().into_boxed_str();
        let length = key.name.len();
        if by_length.len() <= length {
            by_length.resize_with(length + 1, Vec::new);
        }
        if let Some(names) = by_length.get_mut(length) {
            names.push(GlobalName {
                text: key.name,
                hash: HASHER.hash_one(&*folded),
                is_multivalued: MULTIVALUED.contains(&&*folded),
                folded,
            });
        }
    }
    by_length
});

impl GlobalName {
    /// Returns the global key with this spelling.
    fn of(name: &str) -> Option<&'static Self> {
        let mut names = GLOBAL_NAMES.get(name.len())?.iter();
        names.find(|known| known.text == name)
    }
}

impl ConditionKey {
    /// Creates a key with this name.
    pub fn new(name: &str) -> Self {
        if let Some(global) = GlobalName::of(name) {
            return Self {
                name: Name::Global(global),
                hash: global.hash,
            };
        }
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            let folded = name.to_ascii_lowercase().into_boxed_str();
            return Self {
                hash: HASHER.hash_one(&*folded),
                name: Name::Folded {
                    text: name.into(),
                    folded,
                },
            };
        }
        Self {
            hash: HASHER.hash_one(name),
            name: Name::Own(name.into()),
        }
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        match &self.name {
            Name::Global(global) => global.text,
            Name::Own(text) | Name::Folded { text, .. } => text,
        }
    }

    /// The name in lower case. Two keys are the same if and only if their folded names are equal.
    pub fn folded(&self) -> &str {
        match &self.name {
            Name::Global(global) => &global.folded,
            Name::Own(text) => text,
            Name::Folded { folded, .. } => folded,
        }
    }
}

impl PartialEq for ConditionKey {
    fn eq(&self, other: &Self) -> bool {
        if self.hash != other.hash {
            return false;
        }
        match (&self.name, &other.name) {
            // Each global key exists once.
            (Name::Global(own), Name::Global(other)) => std::ptr::eq(*own, *other),
            _ => self.folded() == other.folded(),
        }
    }
}

impl Eq for ConditionKey {}

impl PartialOrd for ConditionKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ConditionKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded().cmp(other.folded())
    }
}

impl Hash for ConditionKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl fmt::Debug for ConditionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl fmt::Display for ConditionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Whether AWS documents the key as multivalued: the request has a list of values for it, even if the list has one
/// element.
///
/// These are the [global keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html)
/// with the value type "Multivalued". For a service's own keys, only the application knows this.
#[doc(hidden)]
pub fn is_multivalued(key: &ConditionKey) -> bool {
    match &key.name {
        Name::Global(global) => global.is_multivalued,
        Name::Own(_) | Name::Folded { .. } => MULTIVALUED.contains(&key.folded()),
    }
}

/// In lower case.
pub(crate) const MULTIVALUED: [&str; 6] = [
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:principalservicenameslist",
    "aws:resourceorgpaths",
    "aws:sourceorgpaths",
    "aws:tagkeys",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_in_any_spelling() {
        for key in GLOBAL_KEYS {
            let global = ConditionKey::new(key.name);
            assert_eq!(global.as_str(), key.name);
            assert_eq!(global.folded(), key.name.to_ascii_lowercase());
            for spelling in [key.name.to_ascii_uppercase(), key.name.to_ascii_lowercase()] {
                let other = ConditionKey::new(&spelling);
                assert_eq!(other.as_str(), spelling);
                assert_eq!(other, global);
                assert_eq!(HASHER.hash_one(&other), HASHER.hash_one(&global));
                assert_eq!(
                    is_multivalued(&other),
                    is_multivalued(&global),
                    "{spelling}"
                );
            }
            assert!(GLOBAL_KEYS.iter().all(|other| {
                (ConditionKey::new(other.name) == global) == (other.name == key.name)
            }));
        }
        for (left, right, expected) in [
            ("shop:Tier", "SHOP:tier", true),
            ("shop:Tier", "shop:Tier", true),
            ("shop:tier", "shop:tiers", false),
            ("aws:SourceIp", "aws:SourceIp/", false),
            ("aws:ResourceTag/Team", "aws:ResourceTag/team", true),
        ] {
            let same = ConditionKey::new(left) == ConditionKey::new(right);
            assert_eq!(same, expected, "{left} and {right}");
        }
    }
}
