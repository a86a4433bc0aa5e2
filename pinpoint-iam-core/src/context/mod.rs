//! Condition keys and their values in a request.

mod entries;
mod key;
mod value;

use std::collections::BTreeSet;

use self::entries::{Entries, Values};
#[cfg(test)]
pub(crate) use self::key::MULTIVALUED;
pub use self::key::{ConditionKey, is_multivalued};
pub use self::value::Value;

/// The condition keys for tags, whose values become known later than those of other keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagKey {
    /// `aws:ResourceTag/..`: the tags of the resource, which must be fetched.
    Resource,
    /// `aws:RequestTag/..` and `aws:TagKeys`: the tags in the request, usually in its body.
    Request,
}

impl TagKey {
    /// The kind of tags that `key` refers to, ignoring case; `None` for other keys.
    pub fn of(key: &str) -> Option<Self> {
        let starts_with = |prefix: &str| {
            key.get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        if starts_with("aws:ResourceTag/") {
            Some(Self::Resource)
        } else if starts_with("aws:RequestTag/") || key.eq_ignore_ascii_case("aws:TagKeys") {
            Some(Self::Request)
        } else {
            None
        }
    }
}

/// The known facts about a condition key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lookup<'a> {
    /// The request does not have this key.
    Absent,
    /// The key may be present, but its values are not known yet: tags that were not fetched, or a body that was not
    /// read.
    Unknown,
    /// The key is single-valued and has this value.
    Present(&'a Value),
    /// The key is multivalued and has these values; there may be one value or none.
    ///
    /// Multivalued is a property of the key, not the number of its values. Such a key requires a set operator, and
    /// cannot be used as a policy variable. See
    /// [multivalued context keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html).
    Multivalued(&'a [Value]),
}

/// The lookup of condition keys for conditions and policy variables.
pub trait ContextLookup {
    /// Returns the known facts about `key`.
    fn lookup(&self, key: &ConditionKey) -> Lookup<'_>;
}

/// The condition keys of a request.
///
/// ```
/// use pinpoint_iam::context::{ConditionKey, Context, ContextLookup, Lookup};
///
/// let mut context = Context::new();
/// context.insert("aws:SourceIp", "203.0.113.5");
/// context.insert_all("aws:TagKeys", ["team", "stage"]);
/// context.insert_unknown("aws:ResourceTag/");
///
/// assert!(matches!(context.lookup(&ConditionKey::new("AWS:sourceip")), Lookup::Present(_)));
/// assert!(matches!(context.lookup(&ConditionKey::new("aws:TagKeys")), Lookup::Multivalued([_, _])));
/// assert_eq!(context.lookup(&ConditionKey::new("aws:ResourceTag/team")), Lookup::Unknown);
/// assert_eq!(context.lookup(&ConditionKey::new("aws:Referer")), Lookup::Absent);
/// ```
///
/// A server that decides many requests can reuse one context, so that it allocates nothing for the next request:
///
/// ```
/// # use pinpoint_iam::context::Context;
/// # let (agents, address) = (["campaign-console/4.2", "curl/8.9.1"], std::net::IpAddr::from([203, 0, 113, 5]));
/// let mut context = Context::new();
/// for agent in agents {
///     context.clear();
///     context.insert_text("aws:UserAgent", agent);
///     context.insert("aws:SourceIp", address);
///     // Decide the request.
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    values: Entries,
    /// In lower case.
    unknown: BTreeSet<Box<str>>,
    /// Whether every key without a value is unknown.
    all_unknown: bool,
}

impl Context {
    /// Creates a context without keys.
    pub const fn new() -> Self {
        Self {
            values: Entries::new(),
            unknown: BTreeSet::new(),
            all_unknown: false,
        }
    }

    /// Creates a context without keys, with capacity for `keys` keys.
    pub fn with_capacity(keys: usize) -> Self {
        Self {
            values: Entries::with_capacity(keys),
            unknown: BTreeSet::new(),
            all_unknown: false,
        }
    }

    /// Creates a context in which every key without a value is unknown: it may have any value, or be absent.
    pub const fn unknown() -> Self {
        let mut context = Self::new();
        context.all_unknown = true;
        context
    }

    /// An empty context, for patterns without variables.
    pub fn empty() -> &'static Self {
        static EMPTY: Context = Context::new();
        &EMPTY
    }

    /// Adds one value to `key`.
    ///
    /// The key is single-valued, unless AWS documents it as multivalued, such as `aws:TagKeys`. A second value for the
    /// same key, in any spelling, makes it multivalued, so that no value is lost.
    pub fn insert(&mut self, key: &str, value: impl Into<Value>) {
        self.add(ConditionKey::new(key), value.into());
    }

    /// Adds a text to `key`, like [`insert`](Self::insert), and reuses memory that [`clear`](Self::clear) has kept.
    pub fn insert_text(&mut self, key: &str, text: &str) {
        let text = self.values.text(text);
        self.add(ConditionKey::new(key), Value::Text(text));
    }

    fn add(&mut self, key: ConditionKey, value: Value) {
        match self.values.get_mut(&key) {
            Some(values) => values.push(value),
            None => {
                let only = Values::only(&key, value);
                self.values.add(key, only);
            }
        }
    }

    /// Sets `key` to one value, and removes its previous values.
    pub fn replace(&mut self, key: &str, value: impl Into<Value>) {
        let key = ConditionKey::new(key);
        let only = Values::only(&key, value.into());
        self.set(key, only);
    }

    fn set(&mut self, key: ConditionKey, values: Values) {
        match self.values.get_mut(&key) {
            Some(known) => *known = values,
            None => self.values.add(key, values),
        }
    }

    /// Adds all `values` to `key`, which becomes multivalued even with a single value. Without values, the key is
    /// present but has no values.
    pub fn insert_all<V: Into<Value>>(&mut self, key: &str, values: impl IntoIterator<Item = V>) {
        let key = ConditionKey::new(key);
        let values = values.into_iter().map(Into::into);
        match self.values.get_mut(&key) {
            Some(known) => known.extend(values),
            None => self.values.add(key, Values::List(values.collect())),
        }
    }

    /// Removes all keys, including those that are unknown. The context keeps its memory for the next request.
    pub fn clear(&mut self) {
        self.values.clear();
        self.unknown.clear();
        self.all_unknown = false;
    }

    /// Marks `key` as unknown. A name that ends in `/` marks every key that starts with it.
    ///
    /// Values that were inserted for a key take precedence.
    pub fn insert_unknown(&mut self, key: &str) {
        self.unknown
            .insert(key.to_ascii_lowercase().into_boxed_str());
    }

    /// Every key with its values; the names are in lower case.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Value])> {
        let mut keys: Vec<_> = self
            .values
            .iter()
            .map(|(key, values)| (key.folded(), values.as_slice()))
            .collect();
        keys.sort_unstable_by_key(|(key, _)| *key);
        keys.into_iter()
    }

    /// Whether `key` is marked as unknown, by its name or by a prefix.
    fn is_unknown(&self, key: &str) -> bool {
        if self.unknown.is_empty() {
            return false;
        }
        let mut slashes = key.match_indices('/');
        self.unknown.contains(key)
            || slashes.any(|(slash, _)| {
                let start = key.get(..=slash);
                start.is_some_and(|start| self.unknown.contains(start))
            })
    }
}

impl ContextLookup for Context {
    fn lookup(&self, key: &ConditionKey) -> Lookup<'_> {
        match self.values.get(key) {
            Some(Values::One(value)) => Lookup::Present(value),
            Some(Values::List(values)) => Lookup::Multivalued(values),
            None if self.all_unknown || self.is_unknown(key.folded()) => Lookup::Unknown,
            None => Lookup::Absent,
        }
    }
}

/// Whether a catalog's name, such as `shop:Tier/${Level}`, is that of `key`, ignoring case. Each placeholder matches at
/// least one character.
#[doc(hidden)]
pub fn is_named(name: &str, key: &str) -> bool {
    let Some((literal, rest)) = name.split_once("${") else {
        return name.eq_ignore_ascii_case(key);
    };
    let Some((start, filled)) = key.split_at_checked(literal.len()) else {
        return false;
    };
    let rest = rest.split_once('}').map_or("", |(_, rest)| rest);
    let ends = filled
        .char_indices()
        .map(|(index, character)| index + character.len_utf8());
    start.eq_ignore_ascii_case(literal)
        && ends
            .filter_map(|end| filled.get(end..))
            .any(|after| is_named(rest, after))
}

/// Whether a declaration is about `key`. A declared name may have placeholders, or end in `/` for all keys with this prefix.
#[doc(hidden)]
pub fn covers(declared: &ConditionKey, key: &ConditionKey) -> bool {
    let declared = declared.folded();
    is_named(declared, key.folded())
        || (declared.ends_with('/') && key.folded().starts_with(declared))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_one_key_add_up_whatever_the_spelling() {
        let mut context = Context::new();
        context.insert("aws:TagKeys", "team");
        context.insert_all("AWS:tagkeys", ["stage"]);
        context.insert_all("aws:None", Vec::<String>::new());
        let key = ConditionKey::new("aws:TagKEYS");
        assert_eq!(
            context.lookup(&key),
            Lookup::Multivalued(&["team".into(), "stage".into()])
        );
        assert_eq!(
            context.lookup(&ConditionKey::new("aws:none")),
            Lookup::Multivalued(&[])
        );
        let keys: Vec<&str> = context.iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["aws:none", "aws:tagkeys"]);
    }

    #[test]
    fn a_key_is_multivalued_by_its_type_and_not_by_the_number_of_its_values() {
        let mut context = Context::new();
        context.insert("AWS:tagKeys", "team");
        context.replace("aws:CalledVia", "athena.amazonaws.com");
        context.insert_all("dynamodb:Attributes", ["id"]);
        context.insert("aws:Referer", "x");
        context.insert("aws:UserAgent", "x");
        context.insert("AWS:UserAgent", "y");
        let lookup = |name| context.lookup(&ConditionKey::new(name));
        assert_eq!(lookup("aws:TagKeys"), Lookup::Multivalued(&["team".into()]));
        assert_eq!(
            lookup("aws:CalledVia"),
            Lookup::Multivalued(&["athena.amazonaws.com".into()])
        );
        assert_eq!(
            lookup("dynamodb:Attributes"),
            Lookup::Multivalued(&["id".into()])
        );
        assert_eq!(lookup("aws:Referer"), Lookup::Present(&"x".into()));
        assert_eq!(
            lookup("aws:UserAgent"),
            Lookup::Multivalued(&["x".into(), "y".into()])
        );
    }

    #[test]
    fn nothing_of_a_cleared_context_remains() {
        let fill: fn(&mut Context) = |context| {
            context.insert_text("aws:UserAgent", "a long text of the first request");
            context.insert_text("aws:Referer", "https://example.com");
            context.insert_all("aws:TagKeys", ["team", "stage"]);
            context.insert_unknown("aws:ResourceTag/");
        };
        let many: fn(&mut Context) = |context| {
            (0..40).for_each(|index| context.insert(&format!("example:Key/{index}"), "x"));
        };
        for fill in [fill, many, |context| *context = Context::unknown()] {
            let mut context = Context::new();
            fill(&mut context);
            context.clear();
            assert_eq!(context, Context::new());
            for key in [
                "aws:UserAgent",
                "aws:Referer",
                "aws:TagKeys",
                "aws:ResourceTag/team",
                "example:Key/0",
            ] {
                assert_eq!(context.lookup(&ConditionKey::new(key)), Lookup::Absent);
            }
            context.insert_text("aws:Referer", "");
            context.insert_text("aws:UserAgent", "short");
            let agent = ConditionKey::new("aws:UserAgent");
            assert_eq!(context.lookup(&agent), Lookup::Present(&"short".into()));
            assert_eq!(context.iter().count(), 2);
        }
    }

    #[test]
    fn every_key_of_an_unknown_context_is_unknown() {
        let mut context = Context::unknown();
        context.insert("aws:Referer", "x");
        let lookup = |name| context.lookup(&ConditionKey::new(name));
        assert_eq!(lookup("aws:referer"), Lookup::Present(&"x".into()));
        assert_eq!(lookup("aws:SourceIp"), Lookup::Unknown);
    }

    #[test]
    fn a_known_value_goes_before_an_unknown_key() {
        let mut context = Context::new();
        context.insert_unknown("aws:ResourceTag/");
        context.insert_unknown("aws:Referer");
        context.insert("aws:ResourceTag/team", "red");
        let lookup = |name| context.lookup(&ConditionKey::new(name));
        assert_eq!(
            lookup("aws:resourcetag/Team"),
            Lookup::Present(&"red".into())
        );
        assert_eq!(lookup("aws:ResourceTag/stage"), Lookup::Unknown);
        assert_eq!(lookup("aws:REFERER"), Lookup::Unknown);
        assert_eq!(lookup("aws:Referer/x"), Lookup::Absent);
        assert_eq!(lookup("aws:ResourceTags/x"), Lookup::Absent);
    }

    #[test]
    fn names_with_placeholders_match_filled_keys() {
        for (name, key, expected) in [
            ("shop:Tier", "shop:tier", true),
            ("shop:Tier", "shop:tiers", false),
            ("shop:Tier/${Level}", "shop:tier/gold", true),
            ("shop:Tier/${Level}", "shop:tier/g/h", true),
            ("shop:Tier/${Level}", "shop:tier/", false),
            ("shop:Tier/${Level}", "shop:tier", false),
            ("shop:${A}/by.${B}.name", "shop:x/by.y.name", true),
            ("shop:${A}/by.${B}.name", "shop:x/by..name", false),
            ("shop:${A}/by.${B}.name", "shop:/by.y.name", false),
            ("shop:T\u{e9}${A}", "shop:t\u{e9}\u{e9}", true),
        ] {
            assert_eq!(is_named(name, key), expected, "{name} and {key}");
        }
    }
}
