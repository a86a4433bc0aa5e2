//! The keys of a context with their values.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::key::{ConditionKey, is_multivalued};
use super::value::Value;
use crate::prehashed::PrehashedHasher;

/// The number of keys up to which a list is searched. More of them need a map, because a caller may choose their number.
const MOST_LISTED: usize = 16;

/// The capacity up to which the memory of a text is kept.
const LONGEST_SPARE: usize = 2048;

type Map = HashMap<ConditionKey, Values, BuildHasherDefault<PrehashedHasher>>;

/// The value or values of a key.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    One(Value),
    List(Vec<Value>),
}

impl Values {
    /// A single value. It becomes a list if AWS documents the key as multivalued.
    pub(super) fn only(key: &ConditionKey, value: Value) -> Self {
        match is_multivalued(key) {
            true => Self::List(vec![value]),
            false => Self::One(value),
        }
    }

    pub(super) fn as_slice(&self) -> &[Value] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::List(values) => values,
        }
    }

    pub(super) fn push(&mut self, value: Value) {
        self.extend([value]);
    }

    /// Adds values, which makes the key multivalued.
    pub(super) fn extend(&mut self, values: impl IntoIterator<Item = Value>) {
        match self {
            Self::List(list) => list.extend(values),
            Self::One(first) => {
                *self = Self::List([first.clone()].into_iter().chain(values).collect());
            }
        }
    }
}

/// Keys with their values, each key once.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// The keys, if there are few of them.
    list: Vec<(ConditionKey, Values)>,
    /// All keys, if there are more than a list contains.
    map: Option<Box<Map>>,
    /// Memory of texts that were removed: empty texts, no more than a list has keys.
    spare: Vec<String>,
}

impl Entries {
    pub(super) const fn new() -> Self {
        Self {
            list: Vec::new(),
            map: None,
            spare: Vec::new(),
        }
    }

    pub(super) fn with_capacity(keys: usize) -> Self {
        Self {
            list: Vec::with_capacity(keys.min(MOST_LISTED)),
            ..Self::new()
        }
    }

    pub(super) fn get(&self, key: &ConditionKey) -> Option<&Values> {
        match &self.map {
            None => self
                .list
                .iter()
                .find(|(own, _)| own == key)
                .map(|(_, values)| values),
            Some(map) => map.get(key),
        }
    }

    pub(super) fn get_mut(&mut self, key: &ConditionKey) -> Option<&mut Values> {
        match &mut self.map {
            None => {
                let mut list = self.list.iter_mut();
                list.find(|(own, _)| own == key).map(|(_, values)| values)
            }
            Some(map) => map.get_mut(key),
        }
    }

    /// Adds a key that is not present.
    pub(super) fn add(&mut self, key: ConditionKey, values: Values) {
        match &mut self.map {
            None if self.list.len() < MOST_LISTED => self.list.push((key, values)),
            None => {
                let mut map: Map = self.list.drain(..).collect();
                map.insert(key, values);
                self.map = Some(Box::new(map));
            }
            Some(map) => {
                map.insert(key, values);
            }
        }
    }

    /// Returns an owned copy of `text`, if possible in memory of a text that was removed.
    pub(super) fn text(&mut self, text: &str) -> String {
        let mut copy = self.spare.pop().unwrap_or_default();
        copy.push_str(text);
        copy
    }

    /// Removes all keys, and keeps the memory of a list and of its single texts.
    pub(super) fn clear(&mut self) {
        self.map = None;
        while let Some((_, values)) = self.list.pop() {
            if let Values::One(Value::Text(mut text)) = values
                && self.spare.len() < MOST_LISTED
                && text.capacity() <= LONGEST_SPARE
            {
                text.clear();
                self.spare.push(text);
            }
        }
    }

    /// Every key, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&ConditionKey, &Values)> {
        let listed = self.list.iter().map(|(key, values)| (key, values));
        listed.chain(self.map.iter().flat_map(|map| map.iter()))
    }

    fn len(&self) -> usize {
        self.map.as_ref().map_or(self.list.len(), |map| map.len())
    }
}

impl Clone for Entries {
    fn clone(&self) -> Self {
        Self {
            list: self.list.clone(),
            map: self.map.clone(),
            spare: Vec::new(),
        }
    }
}

impl PartialEq for Entries {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self
                .iter()
                .all(|(key, values)| other.get(key) == Some(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Values {
        Values::One(text.into())
    }

    /// The same behaviour, whether the keys are in a list or in a map.
    #[test]
    fn every_key_is_found_for_any_number_of_keys() {
        for count in [0, 1, MOST_LISTED - 1, MOST_LISTED, MOST_LISTED + 1, 100] {
            let mut entries = Entries::new();
            let mut backwards = Entries::with_capacity(count);
            let key = |index: usize| ConditionKey::new(&format!("example:Key/{index}"));
            for index in 0..count {
                assert!(entries.get(&key(index)).is_none());
                entries.add(key(index), values("first"));
                *entries.get_mut(&key(index)).unwrap() = values(&index.to_string());
                let index = count - 1 - index;
                backwards.add(key(index), values(&index.to_string()));
            }
            for index in 0..count {
                assert_eq!(entries.get(&key(index)), Some(&values(&index.to_string())));
            }
            assert_eq!(entries.get(&key(count)), None);
            assert_eq!(entries.iter().count(), count);
            assert_eq!(entries, backwards);
            assert_eq!(entries, entries.clone());
            if count > 0 {
                *backwards.get_mut(&key(0)).unwrap() = values("other");
                assert_ne!(entries, backwards);
            }
            backwards.add(key(count), values("more"));
            assert_ne!(entries, backwards);
            entries.clear();
            assert_eq!(entries, Entries::new());
            assert_eq!(entries.get(&key(0)), None);
        }
    }

    #[test]
    fn the_memory_that_is_kept_is_limited_and_has_no_content() {
        let mut entries = Entries::new();
        for round in 0..100 {
            let text = format!("text of round {round}");
            entries.add(ConditionKey::new("example:Short"), values(&text));
            let long = "x".repeat(LONGEST_SPARE + 1);
            entries.add(ConditionKey::new("example:Long"), values(&long));
            entries.clear();
            assert!(entries.spare.len() <= MOST_LISTED);
        }
        let is_kept = |text: &String| text.is_empty() && text.capacity() <= LONGEST_SPARE;
        assert_eq!(entries.spare.len(), MOST_LISTED);
        assert!(entries.spare.iter().all(is_kept));
    }
}
