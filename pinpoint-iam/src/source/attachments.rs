//! The attachments file of a policy directory: who has which of its documents.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

/// The attachments file as it is written.
///
/// Unknown members, and members that stand twice, are errors: a misspelled `boundary` would lift it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attachments {
    /// Users by ARN.
    #[serde(default)]
    pub(super) users: Unique<Identity>,
    /// Roles by ARN.
    #[serde(default)]
    pub(super) roles: Unique<Identity>,
    /// Groups by name.
    #[serde(default)]
    pub(super) groups: Unique<Group>,
}

/// What is attached to a user or role.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Identity {
    /// File names of identity-based policies.
    #[serde(default)]
    pub(super) policies: Vec<String>,
    /// Names of groups whose policies the user has too.
    #[serde(default)]
    pub(super) groups: Vec<String>,
    /// The file name of the permissions boundary.
    pub(super) boundary: Option<String>,
    /// Tags of the user or role.
    #[serde(default)]
    pub(super) tags: Unique<String>,
}

/// What is attached to a group.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    /// File names of identity-based policies.
    pub(super) policies: Vec<String>,
}

/// A map whose members stand once each.
#[derive(Debug)]
pub(super) struct Unique<V>(pub(super) BTreeMap<String, V>);

impl<V> Default for Unique<V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Unique<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Members<V> {
            type Value = Unique<V>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some(name) = access.next_key::<String>()? {
                    if members.contains_key(&name) {
                        return Err(A::Error::custom(format_args!(
                            "`{}` stands twice",
                            name.escape_debug()
                        )));
                    }
                    let value = access.next_value()?;
                    members.insert(name, value);
                }
                Ok(Unique(members))
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}
