//! Users and roles, which have policies of their own, and lookup by them.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};

use pinpoint_iam_core::__private::{PrehashedHasher, is_equal};
use smallvec::SmallVec;

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
#[derive(Clone, Copy, Debug, Eq, Hash)]
pub(crate) struct IdentityName<'a> {
    pub(crate) kind: IdentityKind,
    pub(crate) partition: &'a str,
    pub(crate) account: &'a str,
    pub(crate) name: &'a str,
}

impl PartialEq for IdentityName<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        let is_same = |left: &str, right: &str| is_equal(left.as_bytes(), right.as_bytes());
        self.kind == other.kind
            && is_same(self.name, other.name)
            && is_same(self.account, other.account)
            && is_same(self.partition, other.partition)
    }
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
    #[cfg(any(feature = "on-demand", feature = "page-tokens"))]
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
    /// A single one is stored in the map itself, as in the map of a principal whose policies are loaded on demand.
    slots: SmallVec<[(IdentityKey, T); 1]>,
    by_hash: HashMap<u64, u32, BuildHasherDefault<PrehashedHasher>>,
    /// Slots whose hash is also that of another slot. Collisions are very rare.
    others: Vec<u32>,
}

impl<T> Default for IdentityMap<T> {
    fn default() -> Self {
        Self {
            slots: SmallVec::new(),
            by_hash: HashMap::default(),
            others: Vec::new(),
        }
    }
}

impl<T> IdentityMap<T> {
    /// What there is for a user or role: nothing if its principal was made with another path.
    #[inline]
    pub(crate) fn get(&self, identity: &IdentityLookup<'_>) -> Option<&T> {
        let (_, value) = self.slots.get(self.slot(identity)?)?;
        Some(value)
    }

    /// Returns the slot of a user or role, unless its principal was made with another path.
    fn slot(&self, identity: &IdentityLookup<'_>) -> Option<usize> {
        let slot = self.find(identity.name, identity.hash)?;
        let (key, _) = self.slots.get(slot)?;
        match identity.path {
            Some(path) if path != &*key.path => None,
            _ => Some(slot),
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
    pub(crate) fn len(&self) -> usize {
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

/// An [`IdentityMap`] that does not change any more. A principal remembers its slot in the last map in which it was found,
/// so that the next look-up compares one number, and that in the map before, because a replay uses two maps in turn.
#[derive(Debug)]
pub(crate) struct FinishedIdentityMap<T> {
    map: IdentityMap<T>,
    number: u64,
}

impl<T> FinishedIdentityMap<T> {
    pub(crate) fn of(map: IdentityMap<T>) -> Self {
        static MAPS: AtomicU64 = AtomicU64::new(1);
        Self {
            map,
            number: number_of(MAPS.fetch_add(1, Ordering::Relaxed)),
        }
    }

    /// Returns the value for the user or role that `identity` returns. `known` belongs to it.
    #[inline]
    pub(crate) fn get_known<'i>(
        &self,
        known: &KnownSlot,
        identity: impl FnOnce() -> Option<IdentityLookup<'i>>,
    ) -> Option<&T> {
        match known.get(self.number) {
            Some(slot) => self.map.slots.get(slot).map(|(_, value)| value),
            None => self.find_first(known, identity),
        }
    }

    #[inline(never)]
    fn find_first<'i>(
        &self,
        known: &KnownSlot,
        identity: impl FnOnce() -> Option<IdentityLookup<'i>>,
    ) -> Option<&T> {
        let slot = match known.get_earlier(self.number) {
            Some(slot) => slot,
            None => {
                let slot = self.map.slot(&identity()?)?;
                known.set(self.number, slot);
                slot
            }
        };
        self.map.slots.get(slot).map(|(_, value)| value)
    }
}

impl<T> Deref for FinishedIdentityMap<T> {
    type Target = IdentityMap<T>;

    fn deref(&self) -> &IdentityMap<T> {
        &self.map
    }
}

/// The slots of a user or role in the two maps [`FinishedIdentityMap`] in which it was found last: the number of the map,
/// followed by [`SLOT_BITS`] bits for the slot. Both are in one number, so that they are always read together.
#[derive(Debug, Default)]
pub(crate) struct KnownSlot {
    last: AtomicU64,
    earlier: AtomicU64,
}

const SLOT_BITS: u32 = 24;

/// The number of all maps that are too many to be numbered. No [`KnownSlot`] contains it.
const WITHOUT_NUMBER: u64 = u64::MAX;

/// Returns the number of the map with this index, counted from 1. Numbers are never used again.
const fn number_of(index: u64) -> u64 {
    if index == 0 || index >> (u64::BITS - SLOT_BITS) != 0 {
        return WITHOUT_NUMBER;
    }
    index
}

impl KnownSlot {
    /// Returns the slot in this map, if it is the last one.
    #[inline]
    fn get(&self, map: u64) -> Option<usize> {
        slot_in(map, &self.last)
    }

    /// Returns the slot in this map, if it is the one before.
    fn get_earlier(&self, map: u64) -> Option<usize> {
        slot_in(map, &self.earlier)
    }

    fn set(&self, map: u64, slot: usize) {
        let slot = slot as u64;
        if map != WITHOUT_NUMBER && slot >> SLOT_BITS == 0 {
            let last = self.last.swap(map << SLOT_BITS | slot, Ordering::Relaxed);
            self.earlier.store(last, Ordering::Relaxed);
        }
    }
}

#[inline]
fn slot_in(map: u64, known: &AtomicU64) -> Option<usize> {
    let known = known.load(Ordering::Relaxed);
    let slot = known & ((1 << SLOT_BITS) - 1);
    (known >> SLOT_BITS == map).then_some(slot as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Identities with equal hashes remain distinct.
    #[test]
    fn equal_hashes_do_not_mix_identities_up() {
        let key = |arn: &str| IdentityKey::parse(&format!("arn:{arn}")).unwrap();
        // Each differs from the first one in one part.
        let known = [
            "aws:iam::123456789012:user/ana",
            "aws:iam::123456789012:user/bob",
            "aws:iam::123456789012:role/ana",
            "aws:iam::210987654321:user/ana",
            "aws-cn:iam::123456789012:user/ana",
        ];
        let mut map = IdentityMap::default();
        for arn in known {
            map.get_or_insert_with(key(arn), || ());
        }
        let same = key(known[0]).borrowed().hash_value();
        map.by_hash = HashMap::from_iter([(same, 0)]);
        map.others = (1..).take(known.len() - 1).collect();
        for (slot, arn) in known.into_iter().enumerate() {
            assert_eq!(map.find(key(arn).borrowed(), same), Some(slot), "{arn}");
        }
        for arn in [
            "aws:iam::123456789012:user/joe",
            "aws:iam::000000000000:user/ana",
            "aws-us-gov:iam::123456789012:user/ana",
        ] {
            assert_eq!(map.find(key(arn).borrowed(), same), None, "{arn}");
        }
    }
    fn map_of(names: &[&str]) -> FinishedIdentityMap<String> {
        let mut map = IdentityMap::default();
        for name in names {
            let key = IdentityKey::parse(&format!("arn:aws:iam::123456789012:user/{name}"));
            map.get_or_insert_with(key.unwrap(), || (*name).to_owned());
        }
        FinishedIdentityMap::of(map)
    }

    /// Each map has other identities in its slots. A remembered slot of another map would return another identity.
    #[test]
    fn a_slot_is_used_only_for_the_map_in_which_it_was_found() {
        let maps = [&["ana", "bob"][..], &["bob", "ana"], &["bob"], &[]].map(map_of);
        let ana = IdentityKey::parse("arn:aws:iam::123456789012:user/ana").unwrap();
        let known = KnownSlot::default();
        for _ in 0..2 {
            for (map, expected) in maps.iter().zip([Some("ana"), Some("ana"), None, None]) {
                for _ in 0..2 {
                    let found = map.get_known(&known, || Some(ana.lookup()));
                    assert_eq!(found.map(String::as_str), expected);
                }
            }
        }
    }

    /// A remembered slot is used without a look-up.
    #[test]
    fn a_slot_is_remembered() {
        let map = map_of(&["ana", "bob"]);
        let bob = IdentityKey::parse("arn:aws:iam::123456789012:user/bob").unwrap();
        let known = KnownSlot::default();
        assert_eq!(map.get_known(&known, || None), None);
        for lookup in [Some(bob.lookup()), None] {
            let found = map.get_known(&known, || lookup);
            assert_eq!(found.map(String::as_str), Some("bob"));
        }
    }

    /// The slots in two maps that are used in turn are used without look-ups.
    #[test]
    fn slots_in_two_maps_are_remembered() {
        let (one, other) = (map_of(&["ana", "bob"]), map_of(&["bob"]));
        let bob = IdentityKey::parse("arn:aws:iam::123456789012:user/bob").unwrap();
        let known = KnownSlot::default();
        for lookup in [Some(bob.lookup()), None, None] {
            for map in [&one, &other] {
                let found = map.get_known(&known, || lookup);
                assert_eq!(found.map(String::as_str), Some("bob"));
            }
        }
        // A third map takes the place of the one that was found first.
        let third = map_of(&["joe", "bob"]);
        assert!(third.get_known(&known, || Some(bob.lookup())).is_some());
        assert_eq!(one.get_known(&known, || None), None);
        assert!(other.get_known(&known, || None).is_some());
    }

    /// Such a map, or slot, has no number in which both fit.
    #[test]
    fn what_is_too_large_is_not_remembered() {
        let most = (1 << (u64::BITS - SLOT_BITS)) - 1;
        for (index, slot, is_kept) in [
            (1, 0, true),
            (most, (1 << SLOT_BITS) - 1, true),
            (1, 1 << SLOT_BITS, false),
            (most + 1, 0, false),
            (u64::MAX, 0, false),
            (0, 0, false),
        ] {
            let known = KnownSlot::default();
            let number = number_of(index);
            assert_eq!(known.get(number), None, "{index}");
            known.set(number, slot);
            assert_eq!(
                known.get(number),
                is_kept.then_some(slot),
                "{index}, {slot}"
            );
            // It is not mistaken for that of another map.
            for other in [1, 2, most].into_iter().filter(|other| *other != index) {
                assert_eq!(known.get(number_of(other)), None, "{index}, {slot}");
            }
        }
    }
}
