//! Finds condition keys of the policies that no source supplies.

use std::fmt;

use pinpoint_iam_core::__private::{Quoted, nearest};

use crate::absence::{AbsenceRules, defines, sends};
use crate::action::ServiceMetadata;
use crate::context::{ConditionKey, covers, is_named};
use crate::global_keys::{GLOBAL_KEYS, GlobalKey, Supplier, is_of_identity_provider};
use crate::policy::{Effect, Position, Statement};
use crate::policy_stack::Policy;
use crate::program::action_element::is_about_action;
use crate::request::lists_tags;
use crate::resource::ResourceTypeMetadata;
use crate::source::resource_keys::{Origin, ResourceKeySources};

/// A condition key that a policy uses and no source supplies.
///
/// The key is unknown in requests: a `Deny` that depends on it matches, and an `Allow` does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyWithoutSource {
    policy: String,
    position: Position,
    key: String,
    denies: bool,
    what: What,
}

/// Why the key has no source.
#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// A key of resources.
    OfResource { type_name: &'static str },
    /// Tags of resources.
    Tags,
    /// A key of requests for an action.
    OfAction { action: String },
    /// A global key.
    Global { is_only_in_aws: bool },
    /// A global key that describes the principal.
    OfPrincipal,
    /// AWS does not define the global key.
    Undefined { nearest: Option<&'static str> },
}

impl KeyWithoutSource {
    /// Returns the name of the policy.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// Returns the position of the condition or the pattern that uses the key.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// Returns the key, as the policy writes it.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether a `Deny`, a permissions boundary or a session policy uses the key. Then it denies requests that it should not deny.
    pub const fn is_in_deny(&self) -> bool {
        self.denies
    }

    /// Whether [`request_keys`](crate::AuthorizerBuilder::request_keys) may supply the key.
    #[cfg(feature = "_web")]
    pub(super) const fn may_come_with_requests(&self) -> bool {
        matches!(self.what, What::OfAction { .. } | What::Global { .. })
    }
}

impl fmt::Display for KeyWithoutSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            policy,
            position,
            key,
            what,
            ..
        } = self;
        let key = Quoted(key);
        write!(formatter, "policy {}, {position}: ", Quoted(policy))?;
        let absent = format!(
            "or declare that it is absent: `.absent([\"{}\"])`",
            self.key.escape_debug()
        );
        match what {
            What::Undefined { nearest } => {
                write!(formatter, "AWS has no condition key {key}")?;
                match nearest {
                    Some(nearest) => write!(formatter, "; did you mean `{nearest}`?"),
                    None => write!(formatter, "; correct it, {absent}"),
                }
            }
            What::OfResource { type_name } => write!(
                formatter,
                "no source supplies the condition key {key} of the resource type `{type_name}`; add \
                 `.resource_keys(|resource: {type_name}| async move {{ .. }})`, {absent}"
            ),
            What::Tags => write!(
                formatter,
                "no source supplies the condition key {key}; add `.resource_tags(|arn: String| async move {{ .. }})`, \
                 {absent}"
            ),
            What::OfAction { action } => write!(
                formatter,
                "no source supplies the condition key {key} of requests for `{action}`; insert it in \
                 `.request_keys(..)` and declare it: `.supplied([\"{}\"])`, {absent}",
                self.key.escape_debug()
            ),
            What::Global { is_only_in_aws } => {
                write!(
                    formatter,
                    "no source supplies the condition key {key}; insert it in `.request_keys(..)` and declare it: \
                     `.supplied([\"{}\"])`, ",
                    self.key.escape_debug()
                )?;
                match is_only_in_aws {
                    true => formatter
                        .write_str("or, if the service does not run on AWS, call `.outside_aws()`"),
                    false => formatter.write_str(&absent),
                }
            }
            What::OfPrincipal => write!(
                formatter,
                "no source supplies the condition key {key}; add it to principals with `Principal::with_key` and \
                 declare it: `.supplied([\"{}\"])`, {absent}",
                self.key.escape_debug()
            ),
        }
    }
}

/// The sources of condition keys of an authorizer.
pub(super) struct KeySources<'a> {
    pub(super) absence: &'a AbsenceRules,
    pub(super) resources: &'a ResourceKeySources,
    /// The keys that the application declares to supply.
    pub(super) supplied: &'a [ConditionKey],
}

impl KeySources<'_> {
    /// Returns the keys that `policies`, of which some only limit access, use and no source supplies, once for each
    /// position.
    pub(super) fn missing(&self, policies: &[(&Policy, bool)]) -> Vec<KeyWithoutSource> {
        let mut missing = Vec::new();
        for &(policy, only_limits) in policies {
            self.examine(policy, only_limits, &mut missing);
        }
        missing.sort_by(|one: &KeyWithoutSource, other| {
            let place = |key: &KeyWithoutSource| (key.policy.clone(), key.position, !key.denies);
            place(one).cmp(&place(other))
        });
        missing.dedup_by(|later, first| {
            (&later.policy, later.position, &later.key)
                == (&first.policy, first.position, &first.key)
        });
        missing
    }

    fn examine(&self, policy: &Policy, only_limits: bool, missing: &mut Vec<KeyWithoutSource>) {
        for statement in policy.document().statements() {
            for (position, key) in statement.condition_keys() {
                if let Some(what) = self.lack(key, statement) {
                    missing.push(KeyWithoutSource {
                        policy: policy.name().to_owned(),
                        position,
                        key: key.as_str().to_owned(),
                        denies: only_limits || statement.effect() == Effect::Deny,
                        what,
                    });
                }
            }
        }
    }

    /// Returns why a key that a statement uses has no source; `None` if it has one, or cannot have a value.
    fn lack(&self, key: &ConditionKey, statement: &Statement) -> Option<What> {
        let (prefix, _) = key.folded().split_once(':')?;
        let is_supplied = || {
            let mut supplied = self.supplied.iter();
            supplied.any(|supplied| covers(supplied, key))
        };
        if is_of_identity_provider(prefix) || self.absence.is_declared_absent(key) || is_supplied()
        {
            return None;
        }
        if prefix == "aws" {
            return self.lack_of_global(key, statement);
        }
        // A key that no catalog defines is a mismatch, which `catalog_check` reports. A service may use keys of others.
        let services = self.absence.services();
        let services = services.filter(|service| defines(service, key));
        let mut actions = services.flat_map(|service| service.actions);
        actions.find_map(|action| {
            if !is_about_action(statement, action.service.prefix, action.name) {
                return None;
            }
            if action.resource_types.is_empty() {
                return sends(action, None, key).then(|| What::OfAction {
                    action: action.to_string(),
                });
            }
            let mut types = action.resource_types.iter();
            types.find_map(|resource_type| {
                let lists = lists(resource_type, key);
                let has_source = lists && self.resources.has(Origin::Type(resource_type));
                if has_source || !sends(action, Some(resource_type), key) {
                    None
                } else if lists {
                    Some(What::OfResource {
                        type_name: resource_type.type_name,
                    })
                } else {
                    Some(What::OfAction {
                        action: action.to_string(),
                    })
                }
            })
        })
    }

    fn lack_of_global(&self, key: &ConditionKey, statement: &Statement) -> Option<What> {
        let Some(global) = GlobalKey::of(key.folded()) else {
            let nearest = nearest(key.as_str(), GLOBAL_KEYS.iter().map(|key| key.name));
            return Some(What::Undefined { nearest });
        };
        match global.supplier {
            Supplier::Principal
            | Supplier::UniqueId
            | Supplier::Request
            | Supplier::RequestTags => None,
            Supplier::Organization | Supplier::ServiceNames => Some(What::OfPrincipal),
            Supplier::Application => match global.outside_aws {
                Some(_) if self.absence.is_outside_aws() => None,
                preset => Some(What::Global {
                    is_only_in_aws: preset.is_some(),
                }),
            },
            Supplier::Resource if self.resources.has(Origin::Tags) => None,
            Supplier::Resource => {
                let mut types = self.resources.resource_types();
                if !types.any(lists_tags) {
                    return Some(What::Tags);
                }
                let has_source = |service: &ServiceMetadata| {
                    let mut types = service.resource_types.iter();
                    types.any(|resource_type| self.resources.has(Origin::Type(resource_type)))
                };
                let services = self.absence.used_services(has_source);
                let actions = services.flat_map(|service| service.actions);
                let mut about = actions
                    .filter(|action| is_about_action(statement, action.service.prefix, action.name))
                    .flat_map(|action| action.resource_types);
                let without_source = about.find(|resource_type| {
                    lists_tags(resource_type) && !self.resources.has(Origin::Type(resource_type))
                });
                without_source.map(|resource_type| What::OfResource {
                    type_name: resource_type.type_name,
                })
            }
        }
    }
}

fn lists(resource_type: &ResourceTypeMetadata, key: &ConditionKey) -> bool {
    let mut names = resource_type.condition_keys.iter();
    names.any(|name| is_named(name, key.folded()))
}

/// The keys without a source that an authorizer rejects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysWithoutSource(pub(super) Vec<KeyWithoutSource>);

impl KeysWithoutSource {
    /// Returns the keys.
    pub fn keys(&self) -> &[KeyWithoutSource] {
        &self.0
    }
}

impl fmt::Display for KeysWithoutSource {
    /// Writes one line for each key.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            key.fmt(formatter)?;
        }
        Ok(())
    }
}
