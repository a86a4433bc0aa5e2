//! The parameters of a request, as an event contains them.
//!
//! Services write the names in different ways: `application-id`, `applicationId` or `ApplicationId`. Names are therefore
//! compared without case, hyphens and underscores. If two members have the same name then, both are ignored.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::event::Text;

/// The maximum length of a value in bytes. A condition key with a longer value is unknown, as it is in a service.
pub(super) const MAX_VALUE: usize = 2_048;

/// The maximum number of tags in a request.
const MOST_TAGS: usize = 50;

/// What CloudTrail writes instead of some values.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// The members of an object.
#[derive(Debug, Default)]
pub(super) struct Parameters<'e>(Vec<(Cow<'e, str>, &'e RawValue)>);

impl<'e> Parameters<'e> {
    /// Reads the members of a value that is an object. Any other value has none.
    pub(super) fn of(value: Option<&'e RawValue>) -> Self {
        let members = value.and_then(|value| serde_json::from_str(value.get()).ok());
        members.unwrap_or_default()
    }

    fn member(&self, name: &str) -> Option<&'e RawValue> {
        let mut found = self.0.iter().filter(|(other, _)| is_same_name(other, name));
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    /// Finds a member by a location of the catalog: `$.ImportJobRequest.RoleArn`, `query:tagKeys` or `application_id`.
    /// The object that is the body of the request may be missing: its members are then parameters.
    pub(super) fn find(&self, location: &str) -> Option<&'e RawValue> {
        let path = location.strip_prefix("$.").unwrap_or(location);
        let path = path.strip_prefix("query:").unwrap_or(path);
        let Some((first, rest)) = path.split_once('.') else {
            return self.member(path);
        };
        match self.member(first) {
            Some(value) => Self::of(Some(value)).find(rest),
            None => self.find(rest),
        }
    }

    /// Returns the text at a location; `None` if it is empty, too long or hidden.
    pub(super) fn text(&self, location: &str) -> Option<String> {
        let value = self.find(location)?;
        let text: Text<'_> = serde_json::from_str(value.get()).ok()?;
        let text = text.as_str();
        (!text.is_empty() && text.len() <= MAX_VALUE && text != HIDDEN).then(|| text.to_owned())
    }

    /// Returns the tags at a location; `None` if they are missing or unreadable.
    pub(super) fn tags(&self, location: &str) -> Option<Tags> {
        Tags::of(&serde_json::from_str(self.find(location)?.get()).ok()?)
    }
}

/// Whether two names are equal without case, hyphens and underscores.
fn is_same_name(one: &str, other: &str) -> bool {
    let folded = |name: &str| {
        let bytes = name.bytes().filter(|byte| !matches!(byte, b'-' | b'_'));
        bytes
            .map(|byte| byte.to_ascii_lowercase())
            .collect::<Vec<_>>()
    };
    folded(one) == folded(other)
}

impl<'de> Deserialize<'de> for Parameters<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Parameters<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Text(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(Parameters(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// The tags of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tags {
    pub(super) keys: Vec<String>,
    /// The values; `None` if the request contains only keys. A value is `None` if the event does not contain it.
    pub(super) values: Option<Vec<Option<String>>>,
}

impl Tags {
    /// Reads `{"team": "red"}`, `[{"key": "team", "value": "red"}]` or `["team"]`.
    fn of(value: &Value) -> Option<Self> {
        let known =
            |text: &str| (text != HIDDEN && text.len() <= MAX_VALUE).then(|| text.to_owned());
        let mut tags = Self {
            keys: Vec::new(),
            values: Some(Vec::new()),
        };
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    tags.keys.push(known(key)?);
                    tags.values.as_mut()?.push(known(value.as_str()?));
                }
            }
            Value::Array(list) if list.iter().all(Value::is_object) => {
                for tag in list {
                    let member = |lower: &str, upper: &str| {
                        tag.get(lower).or_else(|| tag.get(upper))?.as_str()
                    };
                    tags.keys.push(known(member("key", "Key")?)?);
                    tags.values.as_mut()?.push(known(member("value", "Value")?));
                }
            }
            Value::Array(list) => {
                tags.values = None;
                for key in list {
                    tags.keys.push(known(key.as_str()?)?);
                }
            }
            _ => return None,
        }
        (tags.keys.len() <= MOST_TAGS).then_some(tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(text: &str, read: impl FnOnce(&Parameters<'_>) -> T) -> T {
        let value: Box<RawValue> = serde_json::from_str(text).unwrap();
        read(&Parameters::of(Some(&value)))
    }

    #[test]
    fn members_are_found_in_any_spelling() {
        for (parameters, location, expected) in [
            (r#"{"application-id": "a1"}"#, "application_id", Some("a1")),
            (r#"{"applicationId": "a1"}"#, "application_id", Some("a1")),
            (r#"{"poolId": "p1"}"#, "$.PoolId", Some("p1")),
            (r#"{"tagKeys": "t"}"#, "query:tagKeys", Some("t")),
            (
                r#"{"importJobRequest": {"roleArn": "r"}}"#,
                "ImportJobRequest.RoleArn",
                Some("r"),
            ),
            (r#"{"roleArn": "r"}"#, "ImportJobRequest.RoleArn", Some("r")),
            // The object of the body does not have the member.
            (
                r#"{"importJobRequest": {}, "roleArn": "r"}"#,
                "ImportJobRequest.RoleArn",
                None,
            ),
            // Two members with the same name.
            (
                r#"{"applicationId": "a1", "application-id": "a2"}"#,
                "application_id",
                None,
            ),
            (
                r#"{"applicationId": "a1", "applicationId": "a1"}"#,
                "application_id",
                None,
            ),
            // Not a text, or not the text of the request.
            (r#"{"applicationId": 1}"#, "application_id", None),
            (r#"{"applicationId": null}"#, "application_id", None),
            (r#"{"applicationId": ""}"#, "application_id", None),
            (
                r#"{"applicationId": "HIDDEN_DUE_TO_SECURITY_REASONS"}"#,
                "application_id",
                None,
            ),
            (
                r#"{"omitted": true, "originalSize": 300000}"#,
                "application_id",
                None,
            ),
            (
                r#"{"applicationId": "\u0061"}"#,
                "application_id",
                Some("a"),
            ),
            ("null", "application_id", None),
            (r#""text""#, "application_id", None),
            ("[1]", "application_id", None),
        ] {
            let found = with(parameters, |parameters| parameters.text(location));
            assert_eq!(found.as_deref(), expected, "{parameters}");
        }
        let long = format!(r#"{{"a": "{}"}}"#, "x".repeat(MAX_VALUE + 1));
        assert_eq!(with(&long, |parameters| parameters.text("a")), None);
    }

    #[test]
    fn tags_are_read_in_every_form() {
        let tags = |keys: &[&str], values: Option<&[Option<&str>]>| {
            Some(Tags {
                keys: keys.iter().map(|key| (*key).to_owned()).collect(),
                values: values.map(|values| {
                    let values = values.iter();
                    values.map(|value| value.map(str::to_owned)).collect()
                }),
            })
        };
        for (text, expected) in [
            ("{}", tags(&[], Some(&[]))),
            (r#"{"team": "red"}"#, tags(&["team"], Some(&[Some("red")]))),
            (
                r#"[{"key": "a", "value": ""}, {"Key": "b", "Value": "HIDDEN_DUE_TO_SECURITY_REASONS"}]"#,
                tags(&["a", "b"], Some(&[Some(""), None])),
            ),
            (r#"["a", "b"]"#, tags(&["a", "b"], None)),
            (r#"{"team": 1}"#, None),
            (r#"[{"key": "a"}]"#, None),
            (r#"["a", 1]"#, None),
            (r#"["HIDDEN_DUE_TO_SECURITY_REASONS"]"#, None),
            (r#""a""#, None),
        ] {
            let parameters = format!(r#"{{"tags": {text}}}"#);
            let found = with(&parameters, |parameters| parameters.tags("$.tags"));
            assert_eq!(found, expected, "{text}");
        }
        let many: Vec<String> = (0..=MOST_TAGS)
            .map(|number| format!("\"{number}\""))
            .collect();
        let many = format!(r#"{{"tags": [{}]}}"#, many.join(","));
        assert_eq!(with(&many, |parameters| parameters.tags("$.tags")), None);
    }
}
