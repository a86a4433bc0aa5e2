//! What the comparison needs of a catalog: generated metadata and parsed files both provide it.

use crate::action::{ActionMetadata, ServiceMetadata};
use crate::resource::{ResourceTypeMetadata, ScopeComponent, TemplatePiece};
use crate::suggest::nearest;

/// The catalog of one service: the metadata of a generated module, or a parsed file.
pub trait ServiceCatalog<'c>: Copy {
    /// An action of the service.
    type Action: ActionEntry<'c>;

    /// The prefix of the service's actions.
    fn prefix(self) -> &'c str;

    /// The partitions of the service's ARNs; empty for the partitions of AWS.
    fn partitions(self) -> Vec<&'c str>;

    /// The actions.
    fn actions(self) -> impl ExactSizeIterator<Item = Self::Action>;

    /// The service components of the ARNs of its resource types.
    fn arn_services(self) -> impl Iterator<Item = &'c str>;

    /// The names of the condition keys, with placeholders: `aws:ResourceTag/${TagKey}`.
    fn condition_keys(self) -> impl ExactSizeIterator<Item = &'c str>;

    /// The names that `name` was probably meant to be, best first. They only affect the wording of hints.
    fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<&'n str>;
}

/// An action of a catalog.
pub trait ActionEntry<'c>: Copy {
    /// The name without the service prefix.
    fn name(self) -> &'c str;

    /// Former names.
    fn former_names(self) -> impl Iterator<Item = &'c str>;

    /// The resource types that the action acts on.
    fn resource_types(self) -> impl Iterator<Item = ResourceTypeEntry<'c>>;

    /// The placeholders that the action fixes, as `(placeholder, value)`.
    fn pinned(self) -> Vec<(&'c str, &'c str)>;

    /// The names of the condition keys that requests for the action can have, including those of its resource types.
    fn condition_keys(self) -> impl Iterator<Item = &'c str>;
}

/// A resource type of a catalog.
#[derive(Clone, Debug)]
pub struct ResourceTypeEntry<'c> {
    /// The ARN template, as written in the catalog.
    pub arn: &'c str,
    /// The partition of the template.
    pub partition: ArnComponent<'c>,
    /// The service of the template.
    pub service: &'c str,
    /// The region of the template.
    pub region: ArnComponent<'c>,
    /// The account of the template.
    pub account: ArnComponent<'c>,
    /// The resource component of the template.
    pub pieces: Vec<TemplatePiece<'c>>,
}

/// The partition, region or account of an ARN template.
#[derive(Clone, Copy, Debug)]
pub enum ArnComponent<'c> {
    /// The value of the deployment.
    FromScope,
    /// A fixed string.
    Fixed(&'c str),
}

impl ServiceCatalog<'static> for &'static ServiceMetadata {
    type Action = &'static ActionMetadata;

    fn prefix(self) -> &'static str {
        self.prefix
    }

    fn partitions(self) -> Vec<&'static str> {
        self.partitions.to_vec()
    }

    fn actions(self) -> impl ExactSizeIterator<Item = Self::Action> {
        self.actions.iter()
    }

    fn arn_services(self) -> impl Iterator<Item = &'static str> {
        let resource_types = self.resource_types.iter();
        resource_types.map(|resource_type| resource_type.service)
    }

    fn condition_keys(self) -> impl ExactSizeIterator<Item = &'static str> {
        self.condition_keys.iter().map(|key| key.name)
    }

    fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
        nearest(name, names).into_iter().collect()
    }
}

impl ActionEntry<'static> for &'static ActionMetadata {
    fn name(self) -> &'static str {
        self.name
    }

    fn former_names(self) -> impl Iterator<Item = &'static str> {
        self.former_names.iter().copied()
    }

    fn resource_types(self) -> impl Iterator<Item = ResourceTypeEntry<'static>> {
        let resource_types = self.resource_types.iter();
        resource_types.map(|resource_type| entry(resource_type))
    }

    fn pinned(self) -> Vec<(&'static str, &'static str)> {
        self.pinned.to_vec()
    }

    fn condition_keys(self) -> impl Iterator<Item = &'static str> {
        let of_resources = self.resource_types.iter();
        let of_resources = of_resources.flat_map(|resource_type| resource_type.condition_keys);
        self.condition_keys.iter().chain(of_resources).copied()
    }
}

fn entry(resource_type: &'static ResourceTypeMetadata) -> ResourceTypeEntry<'static> {
    ResourceTypeEntry {
        arn: resource_type.arn,
        partition: component(resource_type.partition),
        service: resource_type.service,
        region: component(resource_type.region),
        account: component(resource_type.account),
        pieces: resource_type.template_pieces().collect(),
    }
}

const fn component(component: ScopeComponent) -> ArnComponent<'static> {
    match component {
        ScopeComponent::FromScope => ArnComponent::FromScope,
        ScopeComponent::Fixed(text) => ArnComponent::Fixed(text),
    }
}
