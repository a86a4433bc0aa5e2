//! Serializes documents.

use std::fmt;

use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::action::{ActionElement, ActionPattern};
use super::document::Document;
use super::principal::{PrincipalElement, PrincipalValue};
use super::resource::ResourceElement;
use super::resource_pattern::ResourcePattern;
use super::statement::{Conditions, Statement};
use super::values::Values;
use crate::condition::{Condition, ConditionValue};
use crate::effect::Effect;
use crate::json;
use crate::policy::document::is_accepted_by_iam;
use crate::version::Version;

/// The document as JSON that every API of AWS accepts: characters that IAM's API does not accept are escaped.
fn text(document: &Document, with_line_breaks: bool) -> serde_json::Result<String> {
    let json = match with_line_breaks {
        true => serde_json::to_string_pretty(document)?,
        false => serde_json::to_string(document)?,
    };
    // Such characters can only occur in strings, where an escape has the same meaning.
    Ok(match json.chars().all(is_accepted_by_iam) {
        true => json,
        false => json
            .chars()
            .map(|character| match is_accepted_by_iam(character) {
                true => character.to_string(),
                false => json::escape(character),
            })
            .collect(),
    })
}

impl Document {
    /// The document as JSON with line breaks and an indentation of two blanks.
    pub fn to_string_pretty(&self) -> String {
        format!("{self:#}")
    }
}

/// Formats compact JSON; `{:#}` formats JSON with line breaks.
///
/// Characters beyond U+00FF are escaped, because IAM's API does not accept them unescaped.
impl fmt::Display for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = text(self, formatter.alternate()).map_err(|_| fmt::Error)?;
        formatter.write_str(&json)
    }
}

/// Intended for serializers of `serde_json`, which preserve the digits of numbers.
impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            version,
            id,
            statements,
            has_list,
            written: _,
        } = self;
        let mut members = serializer.serialize_map(None)?;
        if let Some((version, _)) = version {
            members.serialize_entry("Version", version)?;
        }
        if let Some((id, _)) = id {
            members.serialize_entry("Id", id)?;
        }
        match &**statements {
            [statement] if !has_list => members.serialize_entry("Statement", statement)?,
            statements => members.serialize_entry("Statement", statements)?,
        }
        members.end()
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Serialize for Effect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            index: _,
            place: _,
            sid,
            effect,
            effect_place: _,
            principal,
            action,
            resource,
            conditions,
        } = self;
        let mut members = serializer.serialize_map(None)?;
        if let Some((sid, _)) = sid {
            members.serialize_entry("Sid", sid)?;
        }
        members.serialize_entry("Effect", effect)?;
        if let Some(principal) = principal {
            members.serialize_entry(principal.name(), &**principal)?;
        }
        members.serialize_entry(action.name(), action)?;
        if let Some(resource) = resource {
            members.serialize_entry(resource.name(), resource)?;
        }
        if let Some(conditions) = conditions {
            let Conditions {
                conditions,
                places: _,
                operators,
                place: _,
            } = &**conditions;
            let mut rest = &**conditions;
            let mut blocks = Vec::with_capacity(operators.len());
            for block in operators {
                let (conditions, others) =
                    rest.split_at_checked(block.length).unwrap_or((rest, &[]));
                blocks.push((&*block.operator, ConditionsOfOne(conditions)));
                rest = others;
            }
            members.serialize_entry("Condition", &Members(&blocks))?;
        }
        members.end()
    }
}

impl Serialize for PrincipalElement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            PrincipalValue::Everyone => serializer.serialize_str("*"),
            PrincipalValue::Listed(listed) => {
                serializer.collect_map(listed.iter().map(|(kind, entries)| (kind.name(), entries)))
            }
        }
    }
}

impl Serialize for ActionElement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.values.serialize(serializer)
    }
}

impl Serialize for ActionPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for ResourceElement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.values.serialize(serializer)
    }
}

impl Serialize for ResourcePattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<T: Serialize> Serialize for Values<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(item) => item.serialize(serializer),
            Self::List(list) => serializer.collect_seq(list.with_nulls()),
        }
    }
}

/// An object, from the pairs of its members.
struct Members<'a, T>(&'a [(&'a str, T)]);

impl<T: Serialize> Serialize for Members<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// The conditions of one operator.
struct ConditionsOfOne<'a>(&'a [Condition]);

impl Serialize for ConditionsOfOne<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(self.0.len()))?;
        for condition in self.0 {
            members.serialize_entry(condition.key().as_str(), &ConditionValues(condition))?;
        }
        members.end()
    }
}

struct ConditionValues<'a>(&'a Condition);

impl Serialize for ConditionValues<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.values() {
            [value] if self.0.is_single() => value.serialize(serializer),
            values => serializer.collect_seq(values),
        }
    }
}

impl Serialize for ConditionValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(digits) => RawValue::from_string(digits.clone())
                .map_err(S::Error::custom)?
                .serialize(serializer),
        }
    }
}
