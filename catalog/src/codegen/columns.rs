//! Generates, for each resource type, a struct of the columns that contain its ids and condition keys.

use super::docs;
use super::writer::{Writer, array, literal};
use crate::model::{KeyField, KeyShape, ResourceType, Service};

pub(super) fn write(writer: &mut Writer, service: &Service) {
    if service.resources().is_empty() {
        return;
    }
    writer.gap();
    writer.doc("The columns of tables whose rows are resources of one type, for lists.");
    writer.allow();
    writer.block("pub mod columns", |writer| {
        for resource in service.resources() {
            write_columns(writer, resource, &resource.key_fields(service));
        }
    });
}

fn write_columns(writer: &mut Writer, resource: &ResourceType, keys: &[KeyField<'_>]) {
    let name = resource.type_name();
    let ids: Vec<String> = resource.fields.iter().map(|field| field.field()).collect();
    // A key can have the name of an id.
    let field_name = |key: &KeyField<'_>| match ids.contains(&key.name) {
        true => format!("{}_key", key.name),
        false => key.name.to_string(),
    };
    writer.gap();
    writer.doc(&docs::columns(resource));
    writer.line("#[derive(::core::clone::Clone, ::core::fmt::Debug, ::core::cmp::PartialEq)]");
    writer.block(&format!("pub struct {name}"), |writer| {
        for (id, field) in ids.iter().zip(&resource.fields) {
            writer.doc(&docs::id_column(field));
            writer.line(format!("pub {id}: &'static str,"));
        }
        for key in keys {
            writer.doc(&docs::key_column(key));
            writer.line(format!(
                "pub {}: ::pinpoint_iam::list::{},",
                field_name(key),
                column_type(key)
            ));
        }
    });
    writer.gap();
    writer.block(
        &format!("impl ::pinpoint_iam::list::ResourceColumns for {name}"),
        |writer| {
            writer.line(format!("type Resource = super::resources::{name};"));
            writer.gap();
            writer.block("fn ids(&self) -> ::std::vec::Vec<&'static str>", |writer| {
                let ids = ids.iter().map(|id| format!("self.{id}"));
                writer.line(format!(
                    "<::std::vec::Vec<_> as ::core::convert::From<_>>::from({})",
                    array(ids).trim_start_matches('&')
                ));
            });
            writer.gap();
            writer.block(
                "fn keys(&self, keys: &mut ::pinpoint_iam::list::KeyColumns)",
                |writer| {
                    if keys.is_empty() {
                        writer.line("let _ = keys;");
                    }
                    for key in keys {
                        let (field, key_name) = (field_name(key), &key.key.name);
                        match key.shape {
                            KeyShape::Named => writer
                                .line(format!("keys.add({}, &self.{field});", literal(key_name))),
                            KeyShape::Tags => writer.line(format!("keys.add_tags(&self.{field});")),
                            KeyShape::Filled => {
                                writer.line(format!("keys.add_filled(&self.{field});"));
                            }
                        }
                    }
                },
            );
        },
    );
}

/// The type of a column that contains the values of a key.
fn column_type(field: &KeyField<'_>) -> &'static str {
    if field.shape != KeyShape::Named {
        return "KeyedColumns";
    }
    match field.key.value_type.as_str() {
        "Bool" => "BoolColumn",
        "Numeric" => "NumericColumn",
        "Date" => "DateColumn",
        "IPAddress" => "IpAddressColumn",
        _ if field.key.is_list() => "ListColumn",
        _ => "StringColumn",
    }
}
