//! Whether a condition key without a value is absent or unknown.

use crate::action::{ActionMetadata, ServiceMetadata};
use crate::context::{ConditionKey, Lookup, covers, is_named};
use crate::global_keys::{self, GlobalKey, Supplier, is_of_identity_provider};
use crate::principal::Principal;
use crate::resource::ResourceTypeMetadata;

/// The action of a request. A typed action has metadata, and knows its own service without registration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActionName<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) name: &'a str,
    pub(crate) metadata: Option<&'static ActionMetadata>,
    /// Whether the request has a resource.
    pub(crate) has_resource: bool,
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
    /// How many of the services the application has registered; the others are built in.
    of_application: usize,
    absent: Vec<ConditionKey>,
    is_outside_aws: bool,
}

impl AbsenceRules {
    /// Registers the catalog of a service of the application.
    pub(crate) fn register(&mut self, service: &'static ServiceMetadata) {
        self.register_built_in(service);
        self.of_application = self.services.len();
    }

    /// Registers the catalog of a service that the application does not necessarily use.
    pub(crate) fn register_built_in(&mut self, service: &'static ServiceMetadata) {
        if !self.services.contains(&service) {
            self.services.push(service);
        }
    }

    /// Declares that `key` is absent if it has no value.
    pub(crate) fn declare_absent(&mut self, key: &str) {
        self.absent.push(ConditionKey::new(key));
    }

    /// Declares that the service does not run on AWS.
    pub(crate) fn declare_outside_aws(&mut self) {
        self.is_outside_aws = true;
    }

    pub(crate) const fn is_outside_aws(&self) -> bool {
        self.is_outside_aws
    }

    /// Whether `key` was declared absent.
    pub(crate) fn is_declared_absent(&self, key: &ConditionKey) -> bool {
        self.absent.iter().any(|declared| covers(declared, key))
    }

    /// The services that the application uses: those that it has registered, and those for which `is_used`.
    pub(crate) fn used_services(
        &self,
        is_used: impl Fn(&ServiceMetadata) -> bool,
    ) -> impl Iterator<Item = &'static ServiceMetadata> {
        let services = self.services.iter().copied().enumerate();
        services
            .filter(move |(index, service)| *index < self.of_application || is_used(service))
            .map(|(_, service)| service)
    }

    /// The services whose catalogs are registered.
    pub(crate) fn services(&self) -> impl Iterator<Item = &'static ServiceMetadata> {
        self.services.iter().copied()
    }

    /// The keys that were declared absent.
    pub(crate) fn declared_absent(&self) -> impl Iterator<Item = &ConditionKey> {
        self.absent.iter()
    }

    /// The registered service with this prefix.
    pub(crate) fn service(&self, prefix: &str) -> Option<&'static ServiceMetadata> {
        let mut services = self.services.iter();
        services
            .find(|service| service.prefix.eq_ignore_ascii_case(prefix))
            .copied()
    }

    /// Returns the state of `key` in a request for `action`, if no value was supplied.
    ///
    /// | Key | State |
    /// | --- | --- |
    /// | declared absent | absent |
    /// | global | unknown, unless the principal or the request cannot have it, or the preset declares its value |
    /// | global, and AWS has no such key | unknown |
    /// | of an identity provider | absent, unless it is the provider of the principal |
    /// | defined for the action, or for the type of its resource | unknown |
    /// | of a service without a registered catalog | absent |
    /// | of a registered service, which does not define it | unknown, because a misspelled key must not disable a `Deny` |
    /// | defined for other actions or resource types only | absent, because the service never sends it |
    pub(crate) fn without_value(
        &self,
        key: &ConditionKey,
        action: ActionName<'_>,
        principal: &Principal,
    ) -> Lookup<'static> {
        let Some((prefix, _)) = key.folded().split_once(':') else {
            return Lookup::Absent;
        };
        if self.is_declared_absent(key) {
            return Lookup::Absent;
        }
        if prefix == "aws" {
            return self.global_without_value(key, action, principal);
        }
        if is_of_identity_provider(prefix) {
            return match principal.is_from_provider(prefix) {
                true => Lookup::Unknown,
                false => Lookup::Absent,
            };
        }
        let known = self.metadata(action);
        // The key may be that of another service, with or without a catalog.
        if known.is_some_and(|known| sends(known, action.resource_type, key)) {
            return Lookup::Unknown;
        }
        let own = action.metadata.map(|action| action.service);
        let mut services = own.into_iter().chain(self.services.iter().copied());
        let Some(service) = services.find(|service| service.prefix.eq_ignore_ascii_case(prefix))
        else {
            return Lookup::Absent;
        };
        if !defines(service, key) {
            return Lookup::Unknown;
        }
        if !action.prefix.eq_ignore_ascii_case(service.prefix) {
            return Lookup::Absent;
        }
        match known {
            Some(_) => Lookup::Absent,
            // An action that is newer than the catalog may send any key of its service.
            None => Lookup::Unknown,
        }
    }
}

impl AbsenceRules {
    /// The catalog's metadata of an action, if its service is known.
    fn metadata(&self, action: ActionName<'_>) -> Option<&'static ActionMetadata> {
        let registered = || self.service(action.prefix)?.action(action.name);
        action.metadata.or_else(registered)
    }

    fn global_without_value(
        &self,
        key: &ConditionKey,
        action: ActionName<'_>,
        principal: &Principal,
    ) -> Lookup<'static> {
        let Some(global) = GlobalKey::of(key.folded()) else {
            return Lookup::Unknown;
        };
        match global.supplier {
            Supplier::Resource if !action.has_resource => Lookup::Absent,
            Supplier::RequestTags => {
                match self
                    .metadata(action)
                    .is_some_and(|action| !action.takes_request_tags())
                {
                    true => Lookup::Absent,
                    false => Lookup::Unknown,
                }
            }
            _ => global_keys::without_value(global, principal, self.is_outside_aws),
        }
    }
}

/// Whether the catalog of a service defines the key.
pub(crate) fn defines(service: &ServiceMetadata, key: &ConditionKey) -> bool {
    let mut defined = service.condition_keys.iter();
    defined.any(|defined| is_named(defined.name, key.folded()))
}

/// Whether requests for the action can have the key: on resources of `resource_type` or, if it is unknown, on resources of
/// any of the action's types.
pub(crate) fn sends(
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
