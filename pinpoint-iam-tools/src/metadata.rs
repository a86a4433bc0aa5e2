//! The metadata of a parsed catalog, as the module that is generated from it contains it.

use std::collections::BTreeMap;

use pinpoint_iam::action::{
    AccessLevel, ActionMetadata, ConditionKeyMetadata, DependentAction, Lifecycle, LifecycleState,
    Route, ServiceMetadata, SourceMetadata, SourceVariant,
};
use pinpoint_iam::resource::{Field, IdFormat, Piece, ResourceTypeMetadata, ScopeComponent};
use pinpoint_iam_catalog as catalog;

/// How often actions and their service can be reached from each other.
///
/// They refer to each other, which constants can do and values that are created later cannot. So the actions of a
/// service have a service whose actions have a service without actions. A document that needs the actions of an
/// action's service asks for the service by its prefix.
const LAYERS: usize = 2;

type ResourceTypes = BTreeMap<String, &'static ResourceTypeMetadata>;

/// Returns the metadata of a service. It is never freed, because documents need it until the program ends.
pub fn metadata(service: &catalog::Service) -> &'static ServiceMetadata {
    let types: ResourceTypes = service
        .resources()
        .iter()
        .map(|resource| (resource.name.clone(), resource_type(resource)))
        .collect();
    let mut metadata: &'static ServiceMetadata = leak(ServiceMetadata {
        prefix: text(&service.prefix),
        name: text(&service.name),
        documentation: optional(service.documentation.as_deref()),
        partitions: texts(&service.partitions),
        event_sources: texts(&service.event_sources),
        actions: &[],
        resource_types: list(types.values().copied()),
        condition_keys: list(service.condition_keys().iter().map(condition_key)),
        sources: list(service.sources().iter().map(|source| SourceMetadata {
            name: text(&source.name),
            title: text(&source.title),
            date: optional(source.date.as_deref()),
        })),
    });
    let mut actions = actions(service, metadata, &types);
    for _ in 0..LAYERS {
        metadata = leak(ServiceMetadata {
            actions,
            ..*metadata
        });
        actions = list(actions.iter().map(|action| ActionMetadata {
            service: metadata,
            ..*action
        }));
    }
    metadata
}

fn actions(
    service: &catalog::Service,
    metadata: &'static ServiceMetadata,
    types: &ResourceTypes,
) -> &'static [ActionMetadata] {
    list(
        (0..=u16::MAX)
            .zip(service.actions())
            .map(|(index, entry)| action(index, entry, metadata, types)),
    )
}

fn action(
    index: u16,
    entry: &catalog::Action,
    service: &'static ServiceMetadata,
    types: &ResourceTypes,
) -> ActionMetadata {
    let pairs = |pairs: &[(String, String)]| {
        list(pairs.iter().map(|(name, value)| (text(name), text(value))))
    };
    let resources = entry.resources.iter();
    ActionMetadata {
        service,
        index,
        name: text(&entry.name),
        summary: text(&entry.summary),
        access_level: entry.access_level.map(access_level),
        resource_types: list(resources.filter_map(|resource| types.get(&resource.name).copied())),
        pinned: pairs(&entry.pinned),
        route: entry.route.as_ref().map(|route| Route {
            method: text(&route.method),
            path: text(&route.path),
            success_status: route.success_status,
        }),
        target: optional(entry.target.as_deref()),
        from_request: pairs(&entry.from_request),
        whole_arn: optional(entry.whole_arn.as_deref()),
        condition_keys: texts(&entry.condition_keys),
        request_tags: optional(entry.request_tags.as_deref()),
        dependent_actions: list(entry.dependent_actions.iter().map(|dependent| {
            DependentAction {
                action: text(&dependent.action),
                when: text(&dependent.when),
                only_with_tags: dependent.only_with_tags,
                resource: { dependent.resource.as_ref() }
                    .and_then(|resource| types.get(&resource.name).copied()),
                resource_from: texts(&dependent.resource_from),
                source: text(&dependent.source),
            }
        })),
        lifecycle: Lifecycle {
            state: match entry.lifecycle.state {
                catalog::LifecycleState::Continues => LifecycleState::Continues,
                catalog::LifecycleState::Ended => LifecycleState::Ended,
                catalog::LifecycleState::Unclear => LifecycleState::Unclear,
            },
            ended: optional(entry.lifecycle.ended.as_deref()),
            source: optional(entry.lifecycle.source.as_deref()),
        },
        documentation: optional(entry.documentation.as_deref()),
        former_names: texts(&entry.former_names),
        sources: texts(&entry.sources),
        seen: list(entry.seen.iter().map(|seen| SourceVariant {
            source: text(&seen.source),
            arn: optional(seen.arn.as_deref()),
            method: optional(seen.method.as_deref()),
        })),
        undocumented: entry.undocumented,
        note: optional(entry.note.as_deref()),
    }
}

const fn access_level(level: catalog::AccessLevel) -> AccessLevel {
    match level {
        catalog::AccessLevel::List => AccessLevel::List,
        catalog::AccessLevel::Read => AccessLevel::Read,
        catalog::AccessLevel::Write => AccessLevel::Write,
        catalog::AccessLevel::Tagging => AccessLevel::Tagging,
        catalog::AccessLevel::PermissionsManagement => AccessLevel::PermissionsManagement,
    }
}

fn condition_key(key: &catalog::ConditionKey) -> ConditionKeyMetadata {
    ConditionKeyMetadata {
        name: text(&key.name),
        summary: text(&key.summary),
        value_type: text(&key.value_type),
    }
}

fn resource_type(resource: &catalog::ResourceType) -> &'static ResourceTypeMetadata {
    let component = |component: &catalog::Component| match component {
        catalog::Component::FromScope => ScopeComponent::FromScope,
        catalog::Component::Fixed(fixed) => ScopeComponent::Fixed(text(fixed)),
    };
    let arn = &resource.arn;
    leak(ResourceTypeMetadata {
        name: text(&resource.name),
        type_name: text(resource.type_name()),
        summary: text(&resource.summary),
        arn: text(&arn.text),
        partition: component(&arn.partition),
        service: text(&arn.service),
        region: component(&arn.region),
        account: component(&arn.account),
        pieces: list(arn.pieces.iter().map(|piece| match piece {
            catalog::Piece::Literal(literal) => Piece::Literal(text(literal)),
            catalog::Piece::Field(position) => Piece::Field(*position),
        })),
        fields: list(resource.fields.iter().map(|field| Field {
            name: leak(field.field()),
            placeholder: text(&field.name),
            accepts: match &field.accepts {
                catalog::IdFormat::Identifier => IdFormat::Identifier,
                catalog::IdFormat::Opaque => IdFormat::Opaque,
                catalog::IdFormat::OneOf(names) => IdFormat::OneOf(texts(names)),
            },
        })),
        condition_keys: texts(&resource.condition_keys),
    })
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn list<T>(values: impl Iterator<Item = T>) -> &'static [T] {
    values.collect::<Vec<T>>().leak()
}

fn text(text: &str) -> &'static str {
    text.to_owned().leak()
}

fn optional(given: Option<&str>) -> Option<&'static str> {
    given.map(text)
}

fn texts(given: &[String]) -> &'static [&'static str] {
    list(given.iter().map(|given| text(given)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use pinpoint_iam::source::Directory;
    use pinpoint_iam::{Principal, Scope, mobileanalytics, mobiletargeting, sms_voice};
    use pinpoint_iam_docs::{AccessMatrix, LeastPrivilege};

    use super::*;

    /// Everything that documents can see of a service, with its actions and those of their service.
    fn shown(service: &ServiceMetadata) -> String {
        let ServiceMetadata {
            prefix,
            name,
            documentation,
            partitions,
            event_sources,
            actions,
            resource_types,
            condition_keys,
            sources,
        } = service;
        let inner: Vec<_> = actions
            .iter()
            .map(|action| action.service.actions)
            .collect();
        format!(
            "{:#?}",
            (
                (prefix, name, documentation, partitions, event_sources),
                (actions, inner, resource_types, condition_keys, sources)
            )
        )
    }

    #[test]
    fn the_metadata_is_that_of_the_generated_module() {
        let builtin = catalog::Catalog::builtin().unwrap();
        for generated in [
            &mobiletargeting::SERVICE,
            &mobileanalytics::SERVICE,
            &sms_voice::SERVICE,
        ] {
            let parsed = metadata(builtin.service(generated.prefix).unwrap());
            assert!(
                shown(parsed) == shown(generated),
                "the metadata of `{}` differs",
                generated.prefix
            );
        }
    }

    #[test]
    fn evaluations_are_those_of_the_generated_module() {
        let builtin = catalog::Catalog::builtin().unwrap();
        let parsed = metadata(builtin.service("mobiletargeting").unwrap());
        let scope = Scope::new("aws", "us-east-1", "123456789012");
        let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/campaigns/policies");
        let source = Directory::open(policies).unwrap();
        let matrix = |service: &ServiceMetadata| {
            let mut builder = AccessMatrix::builder(&scope).actions(service.actions);
            for name in ["administrator", "analyst", "campaign-analyst"] {
                let arn = format!("arn:aws:iam::123456789012:user/{name}");
                builder = builder.principal(name, &Principal::from_arn(&arn).unwrap());
            }
            builder.build(&source).unwrap().table("access", "Access")
        };
        assert!(matrix(parsed) == matrix(&mobiletargeting::SERVICE));
        // Dependent actions, and wildcards that must not match other actions, need the actions of an action's service.
        let grant = |service: &'static ServiceMetadata, start: &str| {
            let actions = service.actions.iter();
            LeastPrivilege::builder(&scope)
                .services([service])
                .actions(actions.filter(|action| action.name.starts_with(start)))
                .with_wildcards()
                .build()
        };
        for start in ["", "Create", "Get", "GetCampaign", "Tag"] {
            let found = grant(parsed, start);
            assert!(found.is_ok(), "{start}");
            assert!(found == grant(&mobiletargeting::SERVICE, start), "{start}");
        }
    }
}
