//! Generates the enum of actions, and one type for each action.

use super::docs;
use super::writer::{Writer, literal};
use crate::model::{Action, Route, Service};

/// The item required by sealed traits, which only generated code implements.
const SEALED: &str = "type Sealed = ::pinpoint_iam::__private::Generated;";

pub(super) fn write_enum(writer: &mut Writer, service: &Service) {
    let actions = service.actions();
    writer.gap();
    writer.doc(&docs::action_enum(service));
    writer.allow();
    writer.line(
        "#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::cmp::PartialEq, \
         ::core::cmp::Eq, ::core::hash::Hash, ::core::cmp::PartialOrd, ::core::cmp::Ord)]",
    );
    writer.line("#[repr(u16)]");
    writer.line("#[non_exhaustive]");
    writer.block("pub enum Action", |writer| {
        for action in actions {
            writer.doc(&docs::action_variant(action));
            writer.line(format!("{},", action.type_name()));
        }
    });
    writer.gap();
    writer.allow();
    writer.block("impl Action", |writer| {
        writer.doc("Every action, sorted by name.");
        writer.delimited("pub const ALL: &'static [Self] = ", "&[", "];", |writer| {
            for action in actions {
                writer.line(format!("Self::{},", action.type_name()));
            }
        });
        writer.gap();
        writer.doc("The catalog's metadata for the action.");
        writer.block(
            "pub const fn metadata(self) -> &'static ::pinpoint_iam::action::ActionMetadata",
            |writer| {
                writer.block("match self", |writer| {
                    for (index, action) in actions.iter().enumerate() {
                        writer.line(format!(
                            "Self::{} => &ACTIONS[{index}],",
                            action.type_name()
                        ));
                    }
                });
            },
        );
        for (name, kind, doc) in [
            (
                "name",
                "&'static str",
                "The name without the service prefix.",
            ),
            (
                "access_level",
                "::core::option::Option<::pinpoint_iam::action::AccessLevel>",
                "The access level; `None` if no source mentions it.",
            ),
            (
                "route",
                "::core::option::Option<::pinpoint_iam::action::Route>",
                "The REST route; `None` for an action without one.",
            ),
        ] {
            writer.gap();
            writer.doc(doc);
            writer.block(&format!("pub const fn {name}(self) -> {kind}"), |writer| {
                writer.line(format!("self.metadata().{name}"));
            });
        }
    });
    writer.gap();
    writer.line("::pinpoint_iam::implement_action_enum!(Action, SERVICE);");
}

pub(super) fn write_types(writer: &mut Writer, service: &Service) {
    writer.gap();
    writer.doc("One type for each action, named like it.");
    writer.allow();
    writer.block("pub mod actions", |writer| {
        for (index, action) in service.actions().iter().enumerate() {
            write_type(writer, index, action);
        }
    });
    writer.gap();
    writer.allow();
    writer.line("pub use self::actions::*;");
}

fn write_type(writer: &mut Writer, index: usize, action: &Action) {
    let name = action.type_name();
    writer.gap();
    writer.doc(&docs::action_type(action));
    writer.line(
        "#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::cmp::PartialEq, \
         ::core::cmp::Eq, ::core::hash::Hash)]",
    );
    writer.line(format!("pub struct {name};"));
    writer.gap();
    writer.block(
        &format!("impl ::pinpoint_iam::action::TypedAction for {name}"),
        |writer| {
            writer.line("type Enumeration = super::Action;");
            writer.line(SEALED);
            writer.line(format!("const INDEX: usize = {index};"));
        },
    );
    writer.gap();
    if action.resources.is_empty() {
        writer.line(format!(
            "impl ::pinpoint_iam::action::ActsOn<::pinpoint_iam::resource::AllResources> for {name} {{ {SEALED} }}"
        ));
    }
    for resource in &action.resources {
        writer.line(format!(
            "impl ::pinpoint_iam::action::ActsOn<super::resources::{}> for {name} {{ {SEALED} }}",
            resource.type_name()
        ));
    }
    if let Some(route) = &action.route {
        write_route(writer, name, route);
    }
}

fn write_route(writer: &mut Writer, action: &str, route: &Route) {
    let Route {
        method,
        path,
        success_status,
    } = route;
    writer.gap();
    writer.block(&format!("impl {action}"), |writer| {
        writer.doc(&format!(
            "`{method} {path}`, which answers {success_status} on success."
        ));
        writer.delimited(
            "pub const ROUTE: ::pinpoint_iam::action::Route = ::pinpoint_iam::action::Route",
            "{",
            "};",
            |writer| {
                writer.line(format!("method: {},", literal(method)));
                writer.line(format!("path: {},", literal(path)));
                writer.line(format!("success_status: {success_status},"));
            },
        );
    });
}
