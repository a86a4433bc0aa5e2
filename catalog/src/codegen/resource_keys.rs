//! Generates a struct of the condition keys of each resource type that has any.

use super::docs;
use super::writer::{Writer, literal};
use crate::model::{KeyField, KeyShape, ResourceType, Service};

/// The item required by sealed traits, which only generated code implements.
const SEALED: &str = "type Sealed = ::pinpoint_iam::__private::Generated;";

pub(super) fn write(writer: &mut Writer, service: &Service) {
    let keyed: Vec<_> = service
        .resources()
        .iter()
        .map(|resource| (resource, resource.key_fields(service)))
        .filter(|(_, fields)| !fields.is_empty())
        .collect();
    if keyed.is_empty() {
        return;
    }
    writer.gap();
    writer.doc("The condition keys of each resource type that has any.");
    writer.allow();
    writer.block("pub mod resource_keys", |writer| {
        for (resource, fields) in keyed {
            write_keys(writer, resource, &fields);
        }
    });
    writer.gap();
    writer.allow();
    writer.line("pub use self::resource_keys::*;");
}

fn write_keys(writer: &mut Writer, resource: &ResourceType, fields: &[KeyField<'_>]) {
    let resource_type = resource.type_name();
    let name = resource.keys_type_name();
    writer.gap();
    writer.doc(&docs::resource_keys(resource));
    writer.line("#[derive(::core::clone::Clone, ::core::fmt::Debug, ::core::cmp::PartialEq)]");
    writer.block(&format!("pub struct {name}"), |writer| {
        for field in fields {
            writer.doc(&docs::key_field(field));
            writer.line(format!("pub {}: {},", field.name, rust_type(field)));
        }
    });
    writer.gap();
    writer.block(
        &format!("impl ::pinpoint_iam::guard::ResourceKeys for {name}"),
        |writer| {
            writer.line(format!(
                "type Resource = super::resources::{resource_type};"
            ));
            writer.line(SEALED);
            writer.gap();
            writer.block(
                "fn write(self, keys: &mut ::pinpoint_iam::__private::KeyWriter)",
                |writer| {
                    for field in fields {
                        writer.line(statement(field));
                    }
                },
            );
        },
    );
    writer.gap();
    writer.block(
        &format!("impl ::pinpoint_iam::guard::KeyedResource for super::resources::{resource_type}"),
        |writer| {
            writer.line(format!("type Keys = {name};"));
            writer.line(SEALED);
        },
    );
}

fn rust_type(field: &KeyField<'_>) -> String {
    let value_type = field.key.value_type.as_str();
    let one = match value_type.trim_start_matches("ArrayOf") {
        "Bool" => "bool",
        "Numeric" => "i64",
        "Date" => "::std::time::SystemTime",
        "IPAddress" => "::std::net::IpAddr",
        _ => "::std::string::String",
    };
    let value = match field.key.is_list() {
        true => format!("::std::vec::Vec<{one}>"),
        false => one.to_owned(),
    };
    match field.shape {
        KeyShape::Tags => "::pinpoint_iam::guard::Tags".to_owned(),
        KeyShape::Named => format!("::core::option::Option<{value}>"),
        KeyShape::Filled => format!("::std::vec::Vec<(::std::string::String, {value})>"),
    }
}

fn statement(field: &KeyField<'_>) -> String {
    let name = &field.name;
    let key = literal(&field.key.name);
    match (field.shape, field.key.is_list()) {
        (KeyShape::Tags, _) => format!("keys.tags(&self.{name});"),
        (KeyShape::Named, false) => format!("keys.value({key}, self.{name});"),
        (KeyShape::Named, true) => format!("keys.list({key}, self.{name});"),
        (KeyShape::Filled, false) => format!("keys.filled_values({key}, self.{name});"),
        (KeyShape::Filled, true) => format!("keys.filled_lists({key}, self.{name});"),
    }
}
