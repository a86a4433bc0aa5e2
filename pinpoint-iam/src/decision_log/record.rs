//! One decision, in the form in which a log contains it.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::context::Value;
use crate::decision_log::in_place::{Text, optional_text, read_in_place, text, texts, value};
use crate::decision_log::line::{FromLine, Line, variant};

/// One decision, with the facts that are needed to decide it again.
///
/// Serialized as one line of JSON, whose schema is
/// [decision-record.schema.json](https://github.com/pinpoint-iam/pinpoint-iam/blob/main/docs/reference/decision-record.schema.json).
/// [`parse`](Self::parse) reads a line, and borrows its texts.
///
/// ```
/// use pinpoint_iam::decision_log::{Outcome, Record};
///
/// let line = r#"{"v": 1, "time": "2026-11-29T03:00:00Z",
///     "principal": {"arn": "arn:aws:iam::123456789012:user/ana"},
///     "action": "mobiletargeting:GetApp",
///     "resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1",
///     "keys": {"aws:SourceIp": "203.0.113.5", "aws:Referer": null},
///     "outcome": "deny", "reason": "implicit_deny", "policy_type": "identity-based policy",
///     "revision": "7", "ns": 812}"#;
/// let record = Record::parse(line)?;
/// assert_eq!(record.outcome, Outcome::Deny);
/// assert_eq!(record.action, "mobiletargeting:GetApp");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Record<'a> {
    /// The version of the format.
    #[serde(rename = "v")]
    pub(super) version: FormatVersion,
    /// When the decision was made, by the clock of the computer.
    #[serde(with = "time_text")]
    pub time: SystemTime,
    /// The id of the request, see [`DecisionLogBuilder::request_id_key`](super::DecisionLogBuilder::request_id_key).
    #[serde(rename = "request", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Cow<'a, str>>,
    /// The caller.
    pub principal: RecordedPrincipal<'a>,
    /// The requested action; `service:*` for a list of allowed actions.
    pub action: Cow<'a, str>,
    /// The ARN of the requested resource, or `*` for an action without resource types. `None` for a list of resources,
    /// and for a request that was denied before its body, which identifies the resource, was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Cow<'a, str>>,
    /// The scope of the request as `partition:region:account`, unless the ARN of the resource contains its partition and
    /// account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Cow<'a, str>>,
    /// The account that owns the resource, if the application has set it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_account: Option<Cow<'a, str>>,
    /// The condition keys that the decision has read.
    #[serde(skip_serializing_if = "RecordedKeys::is_empty")]
    pub keys: RecordedKeys<'a>,
    /// The result.
    pub outcome: Outcome,
    /// The reason of the result; `None` for a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<OutcomeReason>,
    /// The type of the policy that allows or denies the request, as
    /// [`PolicyType::name`](crate::eval::PolicyType::name) returns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_type: Option<Cow<'a, str>>,
    /// The statement that allows or denies the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<RecordedStatement<'a>>,
    /// The unknown condition keys because of which the request could not be decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Cow<'a, str>>,
    /// The result of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<RecordedList>,
    /// The revision of the policies that decided.
    pub revision: Cow<'a, str>,
    /// `n` if only one of `n` allowed decisions is in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampled: Option<u32>,
    /// The time that the decision took, in nanoseconds; of a list, the time for all its decisions.
    ///
    /// It is measured with the counter of the processor if it has one of constant rate, with a resolution of some
    /// nanoseconds, and otherwise with [`Instant`](std::time::Instant).
    #[serde(rename = "ns", with = "nanoseconds")]
    pub duration: Duration,
}

impl FromLine<'_> for SystemTime {
    fn take(line: &mut Line<'_>) -> Option<Self> {
        let text = line.text()?;
        let time = match time_text::of_usual(text.as_bytes()) {
            Some(time) => time,
            None => text.parse().ok()?,
        };
        Some(time.into())
    }
}

impl<'a> Record<'a> {
    /// Reads a record from one line of a log. Unknown members are ignored.
    ///
    /// # Errors
    ///
    /// Fails if the line is not a record, or if it has a newer version of the format.
    pub fn parse(line: &'a str) -> Result<Self, serde_json::Error> {
        if let Some(record) = Self::parse_written(line) {
            return Ok(record);
        }
        let mut record = Self::empty();
        let mut deserializer = serde_json::Deserializer::from_str(line);
        RecordReader(&mut record).deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(record)
    }

    /// Reads a record in the form in which this crate writes it. `None` if `serde_json` has to read the line.
    pub(super) fn parse_written(line: &'a str) -> Option<Self> {
        let mut rest = Line::of(line)?;
        let mut record = Self::empty();
        Self::take_into(&mut rest, &mut record)?;
        rest.is_empty().then_some(record)
    }

    /// A record before its members are read.
    fn empty() -> Self {
        Self {
            version: FormatVersion,
            time: SystemTime::UNIX_EPOCH,
            request_id: None,
            principal: RecordedPrincipal::default(),
            action: Cow::Borrowed(""),
            resource: None,
            scope: None,
            resource_account: None,
            keys: RecordedKeys::default(),
            outcome: Outcome::Undecided,
            reason: None,
            policy_type: None,
            statement: None,
            needs: Vec::new(),
            list: None,
            revision: Cow::Borrowed(""),
            sampled: None,
            duration: Duration::ZERO,
        }
    }
}

read_in_place! {
    Record by RecordReader from Record::empty();
    "v" required version by value,
    "time" required time by time_text::read,
    "request" optional request_id by optional_text,
    "principal" required principal by caller,
    "action" required action by text,
    "resource" optional resource by optional_text,
    "scope" optional scope by optional_text,
    "resource_account" optional resource_account by optional_text,
    "keys" optional keys by value,
    "outcome" required outcome by value,
    "reason" optional reason by value,
    "policy_type" optional policy_type by optional_text,
    "statement" optional statement by value,
    "needs" optional needs by texts,
    "list" optional list by value,
    "revision" required revision by text,
    "sampled" optional sampled by value,
    "ns" required duration by nanoseconds::read,
}

fn caller<'de, A: MapAccess<'de>>(
    map: &mut A,
    place: &mut RecordedPrincipal<'de>,
) -> Result<(), A::Error> {
    map.next_value_seed(PrincipalReader(place))
}

/// The version of the format: 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FormatVersion;

impl FormatVersion {
    const NUMBER: u32 = 1;
}

impl Serialize for FormatVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(Self::NUMBER)
    }
}

impl<'de> Deserialize<'de> for FormatVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            Self::NUMBER => Ok(Self),
            other => Err(D::Error::custom(format_args!(
                "the record has version {other} of the format, and only version {} is supported",
                Self::NUMBER
            ))),
        }
    }
}

impl FromLine<'_> for FormatVersion {
    fn take(line: &mut Line<'_>) -> Option<Self> {
        (line.number()? == u64::from(Self::NUMBER)).then_some(Self)
    }
}

/// The result of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The request was allowed.
    Allow,
    /// The request was denied.
    Deny,
    /// The check failed because condition keys were not known yet, see [`Record::needs`]. If it was repeated when they were
    /// known, there is a further record.
    Undecided,
    /// Some of several resources or actions were selected, see [`Record::list`].
    List,
}

impl FromLine<'_> for Outcome {
    #[inline]
    fn take(line: &mut Line<'_>) -> Option<Self> {
        variant(line)
    }
}

/// The reason why a request was allowed or denied. The variants are those of
/// [`AllowReason`](crate::eval::AllowReason) and [`DenyReason`](crate::eval::DenyReason).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OutcomeReason {
    /// A statement allowed the request.
    Statement,
    /// The caller is the root user of the resource's account.
    RootUser,
    /// A `Deny` statement matched.
    ExplicitDeny,
    /// No policy of a type allowed the request, although one must.
    ImplicitDeny,
    /// The decision depended on unknown condition keys.
    Indeterminate,
    /// A policy of the caller could not be read when it was last loaded.
    PoliciesUnavailable,
    /// The policies had expired.
    PoliciesExpired,
    /// The caller and its roles had different permissions boundaries.
    SeveralBoundaries,
    /// The policies of the caller were not loaded.
    PoliciesNotLoaded,
    /// The session policies were rejected.
    SessionPoliciesRejected,
}

impl FromLine<'_> for OutcomeReason {
    #[inline]
    fn take(line: &mut Line<'_>) -> Option<Self> {
        variant(line)
    }
}

/// The result of a list. A list is one record, which contains numbers but not the resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecordedList {
    /// A filter of resources, such as [`Guard::filter`](crate::Guard::filter), or of the candidates of a page.
    Filter {
        /// The number of resources that were checked.
        considered: u64,
        /// The number of resources that were allowed.
        selected: u64,
    },
    /// The actions that are allowed on a resource, see [`Guard::allowed_actions`](crate::Guard::allowed_actions).
    Actions {
        /// The number of actions that were checked.
        considered: u64,
        /// The number of actions that were allowed.
        selected: u64,
    },
    /// A condition on the rows of a table, see [`Guard::constraint`](crate::Guard::constraint). The database selects the
    /// rows, so their number is not known.
    Constraint {
        /// Which rows the condition selects.
        rows: RecordedRows,
    },
}

impl FromLine<'_> for RecordedList {}

/// Which rows a [constraint](crate::list::Constraint) selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecordedRows {
    /// All.
    All,
    /// None.
    Nothing,
    /// Those that fulfil a condition.
    Where,
    /// Those that fulfil a condition, and are then checked one by one.
    Candidates,
}

/// The caller in a record.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RecordedPrincipal<'a> {
    /// The ARN of a user, session, federated user or root user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<Cow<'a, str>>,
    /// The kind of a caller without an ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<RecordedKind>,
    /// The service or the identity provider of a caller without an ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
    /// The ARN of the role of a session, if the application knows its path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Cow<'a, str>>,
    /// Whether the policy source knows the path of the user, and the ARN does not contain it.
    #[serde(skip_serializing_if = "is_false")]
    pub path_is_unknown: bool,
    /// The unique id of the user or role, if the application has set it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique_id: Option<Cow<'a, str>>,
    /// The groups that the application has added.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Cow<'a, str>>,
    /// The roles that the application has added: names, or ARNs if the application knows their paths.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Cow<'a, str>>,
    /// The session policies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub session_policies: Vec<RecordedPolicy<'a>>,
}

read_in_place! {
    RecordedPrincipal by PrincipalReader from RecordedPrincipal::default();
    "arn" optional arn by optional_text,
    "kind" optional kind by value,
    "name" optional name by optional_text,
    "role" optional role by optional_text,
    "path_is_unknown" optional path_is_unknown by value,
    "unique_id" optional unique_id by optional_text,
    "groups" optional groups by texts,
    "roles" optional roles by texts,
    "session_policies" optional session_policies by value,
}

/// The kind of a caller without an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecordedKind {
    /// A service.
    Service,
    /// A caller from an OpenID Connect provider.
    WebIdentity,
    /// A caller from a SAML provider.
    Saml,
    /// A caller without credentials.
    Anonymous,
}

impl FromLine<'_> for RecordedKind {
    #[inline]
    fn take(line: &mut Line<'_>) -> Option<Self> {
        variant(line)
    }
}

/// A session policy in a record.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecordedPolicy<'a> {
    /// The name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// The document, as JSON.
    pub document: Cow<'a, RawValue>,
}

impl<'a> FromLine<'a> for Vec<RecordedPolicy<'a>> {
    fn take(line: &mut Line<'a>) -> Option<Self> {
        line.value()
    }
}

impl PartialEq for RecordedPolicy<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.document.get() == other.document.get()
    }
}

/// The statement that allowed or denied a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RecordedStatement<'a> {
    /// The name of the policy.
    pub policy: Cow<'a, str>,
    /// The position in the document, counted from 1.
    pub number: usize,
    /// The `Sid`, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<Cow<'a, str>>,
}

read_in_place! {
    RecordedStatement by StatementReader from RecordedStatement {
        policy: Cow::Borrowed(""),
        number: 0,
        sid: None,
    };
    "policy" required policy by text,
    "number" required number by value,
    "sid" optional sid by optional_text,
}

/// The condition keys that a decision has read, in the order in which it has read them.
///
/// In JSON an object: a value is a string, a number or a boolean, the values of a multivalued key are an array, an
/// absent key is `null`, and for a key whose value is not in the record, `{"state": ..}` contains the reason.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordedKeys<'a>(pub(super) Vec<(Cow<'a, str>, RecordedKey<'a>)>);

impl<'a> RecordedKeys<'a> {
    /// No keys, with memory for some.
    fn before_reading() -> Self {
        // Most decisions read few keys.
        const FEW: usize = 4;
        Self(Vec::with_capacity(FEW))
    }

    /// Adds a key that was read from JSON.
    fn add(&mut self, name: Cow<'a, str>, key: RecordedKey<'a>) -> Result<(), String> {
        const MOST: usize = 1_000;
        // No decision reads so many, and each is compared with all others.
        if self.0.len() == MOST {
            return Err(format!("there are more than {MOST} condition keys"));
        }
        // With two values for one key, the record would depend on which one is used.
        if self.get(&name).is_some() {
            let name = name.escape_debug();
            return Err(format!("the condition key `{name}` occurs twice"));
        }
        self.0.push((name, key));
        Ok(())
    }

    /// Whether no key was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the keys with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RecordedKey<'a>)> {
        self.0.iter().map(|(name, key)| (&**name, key))
    }

    /// Copies the texts that are borrowed.
    pub(super) fn into_owned(self) -> RecordedKeys<'static> {
        let keys = self.0.into_iter();
        let keys = keys.map(|(name, key)| (Cow::Owned(name.into_owned()), key.into_owned()));
        RecordedKeys(keys.collect())
    }

    /// Returns the value of a key, ignoring the case of its name; `None` if the decision has not read it.
    pub fn get(&self, name: &str) -> Option<&RecordedKey<'a>> {
        let mut keys = self.0.iter();
        keys.find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, key)| key)
    }
}

/// What a decision has read about one condition key.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RecordedKey<'a> {
    /// The request did not have the key.
    Absent,
    /// The value was unknown to the decision.
    Unknown,
    /// The key had values, which the log does not contain because its name is [masked](super::DecisionLogBuilder::mask).
    Masked,
    /// The key had values, which the log does not contain because they were too long.
    Omitted,
    /// The value of a single-valued key.
    One(RecordedValue<'a>),
    /// The values of a multivalued key.
    Many(Vec<RecordedValue<'a>>),
}

impl RecordedKey<'_> {
    /// Copies the texts that are borrowed.
    pub fn into_owned(self) -> RecordedKey<'static> {
        match self {
            Self::Absent => RecordedKey::Absent,
            Self::Unknown => RecordedKey::Unknown,
            Self::Masked => RecordedKey::Masked,
            Self::Omitted => RecordedKey::Omitted,
            Self::One(value) => RecordedKey::One(value.into_owned()),
            Self::Many(values) => {
                let values = values.into_iter();
                RecordedKey::Many(values.map(RecordedValue::into_owned).collect())
            }
        }
    }
}

/// A value of a condition key. Times and addresses are texts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordedValue<'a> {
    /// A text, also for a time or an address.
    Text(Cow<'a, str>),
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Number(i64),
}

impl RecordedValue<'_> {
    /// Copies the text if it is borrowed.
    pub fn into_owned(self) -> RecordedValue<'static> {
        match self {
            Self::Text(text) => RecordedValue::Text(Cow::Owned(text.into_owned())),
            Self::Bool(value) => RecordedValue::Bool(value),
            Self::Number(number) => RecordedValue::Number(number),
        }
    }

    /// Returns the value that policies are compared with.
    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Text(text) => Value::Text(text.clone().into_owned()),
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(*number),
        }
    }
}

/// Why the value of a key is not in a record.
#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum WithoutValue {
    Unknown,
    Masked,
    Omitted,
}

impl Serialize for RecordedKeys<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut keys = serializer.serialize_map(Some(self.0.len()))?;
        for (name, key) in &self.0 {
            keys.serialize_entry(name, key)?;
        }
        keys.end()
    }
}

impl Serialize for RecordedKey<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_unit(),
            Self::Unknown => WithoutValue::Unknown.serialize(serializer),
            Self::Masked => WithoutValue::Masked.serialize(serializer),
            Self::Omitted => WithoutValue::Omitted.serialize(serializer),
            Self::One(value) => value.serialize(serializer),
            Self::Many(values) => values.serialize(serializer),
        }
    }
}

impl Serialize for RecordedValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => serializer.serialize_i64(*number),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RecordedKeys<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KeysVisitor)
    }
}

struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = RecordedKeys<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with a member for each condition key")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut keys = RecordedKeys::before_reading();
        while let Some((Text(name), key)) = map.next_entry()? {
            keys.add(name, key).map_err(A::Error::custom)?;
        }
        Ok(keys)
    }
}

impl<'a> FromLine<'a> for RecordedKeys<'a> {
    fn take(line: &mut Line<'a>) -> Option<Self> {
        let mut keys = Self::before_reading();
        line.open()?;
        while line.close().is_none() {
            let name = line.name()?;
            let key = match line.text() {
                Some(text) => RecordedKey::One(RecordedValue::Text(Cow::Borrowed(text))),
                None => line.value()?,
            };
            keys.add(Cow::Borrowed(name), key).ok()?;
        }
        Some(keys)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RecordedKey<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = RecordedKey<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value, an array of values, null, or an object with `state`")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(RecordedKey::Absent)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(RecordedKey::One(RecordedValue::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(RecordedKey::One(RecordedValue::Number(value)))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        number(value).map(RecordedKey::One)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(RecordedKey::One(RecordedValue::Text(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(RecordedKey::One(RecordedValue::Text(Cow::Owned(
            text.to_owned(),
        ))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
        let mut many = Vec::new();
        while let Some(value) = values.next_element()? {
            many.push(value);
        }
        Ok(RecordedKey::Many(many))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(Text(name)) = map.next_key()? {
            match (&*name, &found) {
                ("state", None) => found = Some(map.next_value::<Text<'_>>()?.0),
                ("state", Some(_)) => return Err(A::Error::duplicate_field("state")),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        match found.as_deref() {
            Some("unknown") => Ok(RecordedKey::Unknown),
            Some("masked") => Ok(RecordedKey::Masked),
            Some("omitted") => Ok(RecordedKey::Omitted),
            Some(other) => Err(A::Error::unknown_variant(
                other,
                &["unknown", "masked", "omitted"],
            )),
            None => Err(A::Error::missing_field("state")),
        }
    }
}

fn number<E: serde::de::Error>(value: u64) -> Result<RecordedValue<'static>, E> {
    i64::try_from(value)
        .map(RecordedValue::Number)
        .map_err(|_| E::custom(format_args!("the number {value} is too large")))
}

impl<'de: 'a, 'a> Deserialize<'de> for RecordedValue<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match RecordedKey::deserialize(deserializer)? {
            RecordedKey::One(value) => Ok(value),
            _ => Err(D::Error::custom(
                "a value in an array is not a string, a number or a boolean",
            )),
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// A point in time as in RFC 3339, in UTC and exact to the microsecond.
mod time_text {
    use std::time::SystemTime;

    use jiff::Timestamp;
    use jiff::civil::DateTime;
    use jiff::tz::Offset;
    use serde::Serializer;
    use serde::de::{Error as _, MapAccess};
    use serde::ser::Error as _;

    use super::Text;

    pub(super) fn serialize<S: Serializer>(
        time: &SystemTime,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let time = Timestamp::try_from(*time).map_err(S::Error::custom)?;
        let text = usual(time);
        match text.as_ref().map(|text| str::from_utf8(text)) {
            Some(Ok(text)) => serializer.serialize_str(text),
            _ => serializer.collect_str(&format_args!("{time:.6}")),
        }
    }

    /// Returns the text of a time in the years from 0 to 9999. This takes a fraction of the time that a formatter takes.
    fn usual(time: Timestamp) -> Option<[u8; 27]> {
        let civil = Offset::UTC.to_datetime(time);
        let year = u32::try_from(civil.year()).ok()?;
        // The parts of a time are not negative.
        let two = |part: i8| u32::try_from(part).unwrap_or_default();
        let digit = |number: u32| b'0' + u8::try_from(number % 10).unwrap_or_default();
        let (month, day) = (two(civil.month()), two(civil.day()));
        let (hour, minute, second) = (two(civil.hour()), two(civil.minute()), two(civil.second()));
        let micros = u32::try_from(civil.subsec_nanosecond() / 1_000).unwrap_or_default();
        Some([
            digit(year / 1_000),
            digit(year / 100),
            digit(year / 10),
            digit(year),
            b'-',
            digit(month / 10),
            digit(month),
            b'-',
            digit(day / 10),
            digit(day),
            b'T',
            digit(hour / 10),
            digit(hour),
            b':',
            digit(minute / 10),
            digit(minute),
            b':',
            digit(second / 10),
            digit(second),
            b'.',
            digit(micros / 100_000),
            digit(micros / 10_000),
            digit(micros / 1_000),
            digit(micros / 100),
            digit(micros / 10),
            digit(micros),
            b'Z',
        ])
    }

    /// Returns the time of a text as [`usual`] writes it. This takes a fraction of the time that a parser takes.
    pub(super) fn of_usual(text: &[u8]) -> Option<Timestamp> {
        let [
            y1,
            y2,
            y3,
            y4,
            b'-',
            m1,
            m2,
            b'-',
            d1,
            d2,
            b'T',
            h1,
            h2,
            b':',
            i1,
            i2,
            b':',
            s1,
            s2,
            b'.',
            f1,
            f2,
            f3,
            f4,
            f5,
            f6,
            b'Z',
        ] = text
        else {
            return None;
        };
        let number = |digits: &[&u8]| {
            digits.iter().try_fold(0_i32, |number, byte| {
                let digit = byte.wrapping_sub(b'0');
                (digit < 10).then(|| number * 10 + i32::from(digit))
            })
        };
        let two = |tens, ones| i8::try_from(number(&[tens, ones])?).ok();
        let civil = DateTime::new(
            i16::try_from(number(&[y1, y2, y3, y4])?).ok()?,
            two(m1, m2)?,
            two(d1, d2)?,
            two(h1, h2)?,
            two(i1, i2)?,
            two(s1, s2)?,
            number(&[f1, f2, f3, f4, f5, f6])? * 1_000,
        );
        Offset::UTC.to_timestamp(civil.ok()?).ok()
    }

    pub(super) fn read<'de, A: MapAccess<'de>>(
        map: &mut A,
        place: &mut SystemTime,
    ) -> Result<(), A::Error> {
        let Text(text) = map.next_value()?;
        let time: Timestamp = text.parse().map_err(|error| {
            A::Error::custom(format_args!("`time` is `{}`: {error}", text.escape_debug()))
        })?;
        *place = time.into();
        Ok(())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn usual_times_are_written_as_by_the_formatter() {
            for text in [
                "1970-01-01T00:00:00Z",
                "1969-12-31T23:59:59.999999999Z",
                "0000-01-01T00:00:00.0000019Z",
                "-000001-12-31T23:59:59Z",
                "2000-02-29T12:34:56.789Z",
                "2026-11-29T03:04:05.000006Z",
                "9999-12-30T22:00:00.999999999Z",
            ] {
                let time: Timestamp = text.parse().expect("a time");
                let is_usual = !text.starts_with('-');
                let expected = is_usual.then(|| format!("{time:.6}").into_bytes());
                assert_eq!(usual(time).map(Vec::from), expected, "{text}");
            }
        }
    }
}

/// A duration in nanoseconds.
mod nanoseconds {
    use std::time::Duration;

    use serde::Serializer;
    use serde::de::MapAccess;

    pub(super) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    }

    pub(super) fn read<'de, A: MapAccess<'de>>(
        map: &mut A,
        place: &mut Duration,
    ) -> Result<(), A::Error> {
        *place = Duration::from_nanos(map.next_value()?);
        Ok(())
    }
}
