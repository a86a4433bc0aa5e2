//! Whether a condition key without a value is absent or unknown.

use crate::action::{ActionMetadata, ServiceMetadata};
use crate::context::{ConditionKey, Lookup};
use crate::resource::ResourceTypeMetadata;

/// The action of a request. A typed action has metadata, and knows its own service without registration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActionName<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) name: &'a str,
    pub(crate) metadata: Option<&'static ActionMetadata>,
    /// The type of the resource, if it is known.
    pub(crate) resource_type: Option<&'static ResourceTypeMetadata>,
}

/// The rules by which an authorizer interprets condition keys for which no value was supplied.
///
/// A key that a service defines for an action can have a value. If no source supplies one, the value is unknown, not
/// absent: a `Deny` that tests the key would otherwise be disabled without notice.
#[derive(Clone, Debug, Default)]
pub(crate) struct AbsenceRules {
    services: Vec<&'static ServiceMetadata>,
    absent: Vec<ConditionKey>,
}

impl AbsenceRules {
    /// Registers the catalog of a service.
    pub(crate) fn register(&mut self, service: &'static ServiceMetadata) {
        if !self.services.contains(&service) {
            self.services.push(service);
        }
    }

    /// Declares that `key` is absent if it has no value.
    pub(crate) fn declare_absent(&mut self, key: &str) {
        self.absent.push(ConditionKey::new(key));
    }

    /// Returns the state of `key` in a request for `action`, if no value was supplied.
    ///
    /// | Key | State |
    /// | --- | --- |
    /// | declared absent | absent |
    /// | of a service without a registered catalog | absent |
    /// | of a registered service, which does not define it | unknown, because a misspelled key must not disable a `Deny` |
    /// | defined for the action, or for the type of its resource | unknown |
    /// | defined for other actions or resource types only | absent, because the service never sends it |
    pub(crate) fn without_value(
        &self,
        key: &ConditionKey,
        action: ActionName<'_>,
    ) -> Lookup<'static> {
        let Some((prefix, _)) = key.folded().split_once(':') else {
            return Lookup::Absent;
        };
        // The most frequent case first: no service defines a global key.
        if prefix == "aws" || self.absent.contains(key) {
            return Lookup::Absent;
        }
        let own = action.metadata.map(|action| action.service);
        let mut services = own.into_iter().chain(self.services.iter().copied());
        let Some(service) = services.find(|service| service.prefix.eq_ignore_ascii_case(prefix))
        else {
            return Lookup::Absent;
        };
        let is_defined = service
            .condition_keys
            .iter()
            .any(|defined| is_named(defined.name, key.folded()));
        if !is_defined {
            return Lookup::Unknown;
        }
        if !action.prefix.eq_ignore_ascii_case(service.prefix) {
            return Lookup::Absent;
        }
        match action.metadata.or_else(|| service.action(action.name)) {
            Some(known) if !sends(known, action.resource_type, key) => Lookup::Absent,
            // An action that is newer than the catalog may send any key of its service.
            _ => Lookup::Unknown,
        }
    }
}

/// Whether requests for the action can have the key: on resources of `resource_type` or, if it is unknown, on resources of
/// any of the action's types.
fn sends(
    action: &ActionMetadata,
    resource_type: Option<&'static ResourceTypeMetadata>,
    key: &ConditionKey,
) -> bool {
    let any = match resource_type {
        Some(_) => &[],
        None => action.resource_types,
    };
    let of_resources = resource_type.into_iter().chain(any.iter().copied());
    let of_resources = of_resources.flat_map(|resource_type| resource_type.condition_keys);
    action
        .condition_keys
        .iter()
        .chain(of_resources)
        .any(|name| is_named(name, key.folded()))
}

/// Whether a catalog's name, such as `shop:Tier/${Level}`, is that of `key`, ignoring case. Each placeholder matches at
/// least one character.
pub(crate) fn is_named(name: &str, key: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

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
