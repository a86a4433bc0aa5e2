//! Condition keys and their values in a request.

use std::borrow::Cow;
use std::collections::hash_map::{Entry, RandomState};
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;
use std::time::SystemTime;

use crate::instant::Instant;
use crate::prehashed::PrehashedHasher;

/// The name of a condition key, for example `aws:ResourceTag/team`.
///
/// Names are compared ignoring ASCII case, including the part after a `/`; the original spelling is kept for display.
/// See [condition keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
#[derive(Clone)]
pub struct ConditionKey {
    text: Box<str>,
    /// The name in lower case, if it differs.
    folded: Option<Box<str>>,
    /// Keys are created once, when a policy loads, and looked up for every decision. The stored hash avoids hashing
    /// each time.
    hash: u64,
}

/// One hasher for the whole process, so that hashes of keys can be stored. It is random, because callers choose the
/// names of request tags.
static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

impl ConditionKey {
    /// Creates a key with this name.
    pub fn new(name: &str) -> Self {
        let folded = name
            .bytes()
            .any(|byte| byte.is_ascii_uppercase())
            .then(|| name.to_ascii_lowercase().into_boxed_str());
        Self {
            hash: HASHER.hash_one(folded.as_deref().unwrap_or(name)),
            text: name.into(),
            folded,
        }
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name in lower case. Two keys are the same if and only if their folded names are equal.
    pub fn folded(&self) -> &str {
        self.folded.as_deref().unwrap_or(&self.text)
    }
}

impl PartialEq for ConditionKey {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
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
        fmt::Debug::fmt(&self.text, formatter)
    }
}

impl fmt::Display for ConditionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Whether AWS documents the key as multivalued: the request has a list of values for it, even if the list has one
/// element.
///
/// These are the [global keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html)
/// with the value type "Multivalued". For a service's own keys, only the application knows this.
#[doc(hidden)]
pub fn is_multivalued(key: &ConditionKey) -> bool {
    MULTIVALUED.contains(&key.folded())
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

/// One value of a condition key in a request.
///
/// Most values are strings. With the other types, the evaluator does not have to parse, for every decision, a value
/// that the web layer already has in parsed form. Every operator treats a value like its [text](Value::text), so the
/// type does not matter, with one exception: date operators interpret a negative number as seconds before 1970, and its
/// text as a year.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// A string. An empty one counts as a null value.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A point in time.
    Time(SystemTime),
    /// An address. An IPv4-mapped IPv6 address (`::ffff:203.0.113.5`) is the IPv4 address, as it is in strings.
    Address(IpAddr),
}

impl Value {
    /// The value as a string: `true`, `42`, `2026-11-23T05:00:00Z`, `203.0.113.5`.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Address(address) => Cow::Owned(address.to_canonical().to_string()),
            Self::Time(time) => Cow::Owned(Instant::from(*time).to_string()),
        }
    }

    /// Whether this is a null value: the empty string, which is also the value of a tag without one.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Number(i64::from(value))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Number(i64::from(value))
    }
}

impl From<SystemTime> for Value {
    fn from(value: SystemTime) -> Self {
        Self::Time(value)
    }
}

/// Converts an IPv4-mapped IPv6 address (`::ffff:203.0.113.5`), as reported by dual-stack sockets, to the IPv4 address.
/// This is the caller's address, and the form in which policies write their ranges.
impl From<IpAddr> for Value {
    fn from(value: IpAddr) -> Self {
        Self::Address(value.to_canonical())
    }
}

impl From<Ipv4Addr> for Value {
    fn from(value: Ipv4Addr) -> Self {
        Self::from(IpAddr::V4(value))
    }
}

impl From<Ipv6Addr> for Value {
    fn from(value: Ipv6Addr) -> Self {
        Self::from(IpAddr::V6(value))
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    values: HashMap<ConditionKey, Values, BuildHasherDefault<PrehashedHasher>>,
    /// In lower case.
    unknown: BTreeSet<Box<str>>,
    /// Whether every key without a value is unknown.
    all_unknown: bool,
}

/// The value or values of a key.
#[derive(Clone, Debug, PartialEq)]
enum Values {
    One(Value),
    List(Vec<Value>),
}

impl Values {
    /// A single value. It becomes a list if AWS documents the key as multivalued.
    fn only(key: &ConditionKey, value: Value) -> Self {
        match is_multivalued(key) {
            true => Self::List(vec![value]),
            false => Self::One(value),
        }
    }

    fn as_slice(&self) -> &[Value] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::List(values) => values,
        }
    }

    fn push(&mut self, value: Value) {
        self.extend([value]);
    }

    /// Adds values, which makes the key multivalued.
    fn extend(&mut self, values: impl IntoIterator<Item = Value>) {
        match self {
            Self::List(list) => list.extend(values),
            Self::One(first) => {
                *self = Self::List([first.clone()].into_iter().chain(values).collect());
            }
        }
    }
}

impl Context {
    /// Creates a context without keys.
    pub const fn new() -> Self {
        Self {
            values: HashMap::with_hasher(BuildHasherDefault::new()),
            unknown: BTreeSet::new(),
            all_unknown: false,
        }
    }

    /// Creates a context without keys, with capacity for `keys` keys.
    pub fn with_capacity(keys: usize) -> Self {
        Self {
            values: HashMap::with_capacity_and_hasher(keys, BuildHasherDefault::new()),
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
        let key = ConditionKey::new(key);
        let value = value.into();
        match self.values.entry(key) {
            Entry::Vacant(entry) => {
                let only = Values::only(entry.key(), value);
                entry.insert(only);
            }
            Entry::Occupied(entry) => entry.into_mut().push(value),
        }
    }

    /// Sets `key` to one value, and removes its previous values.
    pub fn replace(&mut self, key: &str, value: impl Into<Value>) {
        let key = ConditionKey::new(key);
        let only = Values::only(&key, value.into());
        self.values.insert(key, only);
    }

    /// Adds all `values` to `key`, which becomes multivalued even with a single value. Without values, the key is
    /// present but has no values.
    pub fn insert_all<V: Into<Value>>(&mut self, key: &str, values: impl IntoIterator<Item = V>) {
        let kept = self
            .values
            .entry(ConditionKey::new(key))
            .or_insert(Values::List(Vec::new()));
        kept.extend(values.into_iter().map(Into::into));
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
    use std::time::Duration;

    #[test]
    fn values_have_the_text_that_policies_write() {
        let time = SystemTime::UNIX_EPOCH + Duration::new(1_795_410_000, 500_000_000);
        for (value, text) in [
            (Value::from("Ünal"), "Ünal"),
            (Value::from(String::new()), ""),
            (Value::from(true), "true"),
            (Value::from(false), "false"),
            (Value::from(-42), "-42"),
            (Value::from(u32::MAX), "4294967295"),
            (Value::from(i64::MIN), "-9223372036854775808"),
            (Value::from(time), "2026-11-23T05:00:00.5Z"),
            (Value::from(Ipv4Addr::new(203, 0, 113, 5)), "203.0.113.5"),
            (Value::from(Ipv6Addr::LOCALHOST), "::1"),
        ] {
            assert_eq!(value.text(), text);
            assert_eq!(value.is_null(), text.is_empty());
        }
    }

    /// A time that no library can format must not become a null value, because a condition would treat it as null.
    #[test]
    fn a_time_in_the_far_future_has_a_text() {
        let far = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(9_000_000_000_000_000));
        let value = Value::from(far.unwrap());
        assert_eq!(value.text(), "285200616-07-24T16:00:00Z");
    }

    #[test]
    fn a_time_before_1970_has_a_text() {
        let before = SystemTime::UNIX_EPOCH.checked_sub(Duration::from_millis(500));
        assert_eq!(
            Value::from(before.unwrap()).text(),
            "1969-12-31T23:59:59.5Z"
        );
    }

    #[test]
    fn a_socket_for_both_families_reports_an_ipv4_address() {
        let mapped = Ipv4Addr::new(203, 0, 113, 5).to_ipv6_mapped();
        assert_eq!(
            Value::from(mapped),
            Value::from(Ipv4Addr::new(203, 0, 113, 5))
        );
        assert_eq!(Value::Address(mapped.into()).text(), "203.0.113.5");
    }

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
