//! Generates `SERVICE` and its table of actions.

use super::writer::{NONE, Writer, array, literal, literals, optional, some};
use crate::model::{
    AccessLevel, Action, DependentAction, Lifecycle, LifecycleState, Service, SourceVariant,
};

/// The module of the fingerprint. Its name is shown by the compiler where the module of the service is not a generated one.
pub const MARKER: &str = "generated_by_include_catalog";

pub(super) fn write(writer: &mut Writer, service: &Service) {
    // The module and the runtime change together, so they must have the same version.
    writer.line(format!(
        "const _: () = ::pinpoint_iam::__private::assert_generated_by({});",
        literal(env!("CARGO_PKG_VERSION"))
    ));
    writer.gap();
    writer.doc(&format!("The catalog's metadata for {}.", service.name));
    writer.allow();
    writer.delimited(
        "pub static SERVICE: ::pinpoint_iam::action::ServiceMetadata = ::pinpoint_iam::action::ServiceMetadata",
        "{",
        "};",
        |writer| write_service(writer, service),
    );
    writer.gap();
    writer.doc(
        "The fingerprint of the catalog that this module was generated from. The macros compare it with that of the file \
         that they read, and know by it that the module is a generated one.",
    );
    writer.line("#[doc(hidden)]");
    writer.allow();
    writer.block(&format!("pub mod {MARKER}"), |writer| {
        writer.line(format!(
            "pub const FINGERPRINT: ::core::option::Option<::core::primitive::u64> = ::core::option::Option::Some({:#018x});",
            service.fingerprint()
        ));
    });
    // Each action has its own function, because the compile time for the body of a static grows faster than its length.
    for (index, action) in service.actions().iter().enumerate() {
        writer.gap();
        writer.allow();
        writer.block(
            &format!("const fn action_{index}() -> ::pinpoint_iam::action::ActionMetadata"),
            |writer| {
                writer.delimited(
                    "::pinpoint_iam::action::ActionMetadata",
                    "{",
                    "}",
                    |writer| write_action(writer, index, action),
                );
            },
        );
    }
    writer.gap();
    writer.allow();
    writer.delimited(
        &format!(
            "static ACTIONS: [::pinpoint_iam::action::ActionMetadata; {}] = ",
            service.actions().len()
        ),
        "[",
        "];",
        |writer| {
            for index in 0..service.actions().len() {
                writer.line(format!("action_{index}(),"));
            }
        },
    );
}

fn write_service(writer: &mut Writer, service: &Service) {
    let Service {
        prefix,
        name,
        documentation,
        partitions,
        event_sources,
        file: _,
        fingerprint: _,
        sources,
        condition_keys,
        resources,
        actions: _,
    } = service;
    let mut field = |name: &str, value: &str| writer.line(format!("{name}: {value},"));
    field("prefix", &literal(prefix));
    field("name", &literal(name));
    field("documentation", &optional(documentation.as_deref()));
    field("partitions", &literals(partitions));
    field("event_sources", &literals(event_sources));
    field("actions", "&ACTIONS");
    field(
        "resource_types",
        &array(
            resources
                .iter()
                .map(|resource| format!("self::resources::{}::METADATA", resource.type_name())),
        ),
    );
    writer.delimited("condition_keys: ", "&[", "],", |writer| {
        for key in condition_keys {
            writer.line(format!(
                "::pinpoint_iam::action::ConditionKeyMetadata {{ name: {}, summary: {}, value_type: {} }},",
                literal(&key.name),
                literal(&key.summary),
                literal(&key.value_type)
            ));
        }
    });
    writer.delimited("sources: ", "&[", "],", |writer| {
        for source in sources {
            writer.line(format!(
                "::pinpoint_iam::action::SourceMetadata {{ name: {}, title: {}, date: {} }},",
                literal(&source.name),
                literal(&source.title),
                optional(source.date.as_deref())
            ));
        }
    });
}

fn write_action(writer: &mut Writer, index: usize, action: &Action) {
    let Action {
        name,
        type_name,
        summary,
        access_level,
        resources,
        pinned,
        from_request,
        route,
        target,
        whole_arn,
        whole_arn_from: _,
        condition_keys,
        // Only the macros need them.
        required_keys: _,
        request_tags,
        dependent_actions,
        lifecycle,
        documentation,
        former_names,
        sources,
        seen,
        undocumented,
        note,
    } = action;
    let mut field = |name: &str, value: &str| writer.line(format!("{name}: {value},"));
    field("service", "&SERVICE");
    field("index", &index.to_string());
    field("name", &literal(name));
    field("summary", &literal(summary));
    field("access_level", &access_level_expression(*access_level));
    field(
        "resource_types",
        &array(
            resources
                .iter()
                .map(|resource| format!("self::resources::{}::METADATA", resource.type_name())),
        ),
    );
    field(
        "pinned",
        &array(
            pinned.iter().map(|(placeholder, value)| {
                format!("({}, {})", literal(placeholder), literal(value))
            }),
        ),
    );
    field(
        "from_request",
        &array(
            from_request.iter().map(|(placeholder, place)| {
                format!("({}, {})", literal(placeholder), literal(place))
            }),
        ),
    );
    field(
        "route",
        &match route {
            Some(_) => some(&format!("self::actions::{type_name}::ROUTE")),
            None => NONE.to_owned(),
        },
    );
    field("target", &optional(target.as_deref()));
    field("whole_arn", &optional(whole_arn.as_deref()));
    field("condition_keys", &literals(condition_keys));
    field("request_tags", &optional(request_tags.as_deref()));
    field(
        "dependent_actions",
        &array(dependent_actions.iter().map(dependent)),
    );
    field("lifecycle", &lifecycle_expression(lifecycle));
    field("documentation", &optional(documentation.as_deref()));
    field("former_names", &literals(former_names));
    field("sources", &literals(sources));
    field("seen", &array(seen.iter().map(seen_expression)));
    field("undocumented", &undocumented.to_string());
    field("note", &optional(note.as_deref()));
}

/// An access level as an expression of the runtime's type.
pub(super) fn access_level_expression(level: Option<AccessLevel>) -> String {
    level.map_or_else(
        || NONE.to_owned(),
        |level| {
            let variant = match level {
                AccessLevel::List => "List",
                AccessLevel::Read => "Read",
                AccessLevel::Write => "Write",
                AccessLevel::Tagging => "Tagging",
                AccessLevel::PermissionsManagement => "PermissionsManagement",
            };
            some(&format!("::pinpoint_iam::action::AccessLevel::{variant}"))
        },
    )
}

fn dependent(dependent: &DependentAction) -> String {
    let DependentAction {
        action,
        when,
        only_with_tags,
        resource,
        resource_from,
        source,
    } = dependent;
    let resource = resource.as_ref().map_or_else(
        || NONE.to_owned(),
        |resource| {
            some(&format!(
                "self::resources::{}::METADATA",
                resource.type_name()
            ))
        },
    );
    format!(
        "::pinpoint_iam::action::DependentAction {{ action: {}, when: {}, only_with_tags: {only_with_tags}, resource: {resource}, resource_from: {}, source: {} }}",
        literal(action),
        literal(when),
        literals(resource_from),
        literal(source)
    )
}

fn lifecycle_expression(lifecycle: &Lifecycle) -> String {
    let Lifecycle {
        state,
        ended,
        source,
    } = lifecycle;
    let state = match state {
        LifecycleState::Continues => "Continues",
        LifecycleState::Ended => "Ended",
        LifecycleState::Unclear => "Unclear",
    };
    format!(
        "::pinpoint_iam::action::Lifecycle {{ state: ::pinpoint_iam::action::LifecycleState::{state}, ended: {}, source: {} }}",
        optional(ended.as_deref()),
        optional(source.as_deref())
    )
}

fn seen_expression(seen: &SourceVariant) -> String {
    let SourceVariant {
        source,
        arn,
        method,
    } = seen;
    format!(
        "::pinpoint_iam::action::SourceVariant {{ source: {}, arn: {}, method: {} }}",
        literal(source),
        optional(arn.as_deref()),
        optional(method.as_deref())
    )
}
