//! Generates one type for each resource type.

use super::docs;
use super::writer::{Writer, array, literal, literals};
use crate::model::{IdFormat, ResourceType, Service};
use crate::template::{Component, Piece};

pub(super) fn write(writer: &mut Writer, service: &Service) {
    if service.resources().is_empty() {
        return;
    }
    writer.gap();
    writer.doc("One type for each resource type, made of validated ids.");
    writer.allow();
    writer.block("pub mod resources", |writer| {
        for resource in service.resources() {
            write_type(writer, resource);
        }
    });
    writer.gap();
    writer.allow();
    writer.line("pub use self::resources::*;");
    writer.gap();
    writer.doc("The ids of each resource type by their names, for `from_ids`.");
    writer.allow();
    writer.block("pub mod ids", |writer| {
        for resource in service.resources() {
            write_ids(writer, resource);
        }
    });
}

/// Generates the struct of a resource type's ids. The ids are passed by name, so their order does not matter.
fn write_ids(writer: &mut Writer, resource: &ResourceType) {
    if resource.fields.is_empty() {
        return;
    }
    let name = resource.type_name();
    writer.gap();
    writer.doc(&docs::ids(resource));
    writer.line("#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]");
    writer.block(&format!("pub struct {name}<'a>"), |writer| {
        for placeholder in &resource.fields {
            writer.doc(&docs::id(placeholder));
            writer.line(format!("pub {}: &'a str,", placeholder.field()));
        }
    });
}

fn write_type(writer: &mut Writer, resource: &ResourceType) {
    let name = resource.type_name();
    writer.gap();
    writer.doc(&docs::resource_type(resource));
    writer.line(
        "#[derive(::core::clone::Clone, ::core::fmt::Debug, ::core::cmp::PartialEq, ::core::cmp::Eq, \
         ::core::hash::Hash)]",
    );
    writer.line(format!(
        "pub struct {name}(::pinpoint_iam::resource::ResourcePart);"
    ));
    writer.gap();
    writer.block(&format!("impl {name}"), |writer| {
        write_metadata(writer, resource);
        write_constructors(writer, resource);
        write_accessors(writer, resource);
    });
    writer.gap();
    writer.block(
        &format!("impl ::pinpoint_iam::resource::Resource for {name}"),
        |writer| {
            writer.line(
                "const TYPE: ::core::option::Option<&'static ::pinpoint_iam::resource::ResourceTypeMetadata> = \
                 ::core::option::Option::Some(Self::METADATA);",
            );
            writer.gap();
            writer.block(
                "fn part(&self) -> ::core::option::Option<&::pinpoint_iam::resource::ResourcePart>",
                |writer| writer.line("::core::option::Option::Some(&self.0)"),
            );
            writer.gap();
            writer.block(
                "fn from_arn(arn: ::pinpoint_iam::arn::Arn<'_>, scope: &::pinpoint_iam::arn::Scope) -> \
                 ::core::result::Result<Self, ::pinpoint_iam::resource::ResourceMismatch>",
                |writer| writer.line("Self::METADATA.parse(arn, scope).map(Self)"),
            );
        },
    );
    writer.gap();
    writer.block(
        &format!("impl ::pinpoint_iam::action::ServiceResource for {name}"),
        |writer| {
            writer.line("type Sealed = ::pinpoint_iam::__private::Generated;");
            writer.gap();
            writer.block(
                "fn service() -> &'static ::pinpoint_iam::action::ServiceMetadata",
                |writer| writer.line("&super::SERVICE"),
            );
        },
    );
}

fn write_metadata(writer: &mut Writer, resource: &ResourceType) {
    let ResourceType {
        name,
        type_name,
        summary,
        arn,
        fields,
        condition_keys,
    } = resource;
    writer.doc("The catalog's metadata for the resource type.");
    writer.delimited(
        "pub const METADATA: &'static ::pinpoint_iam::resource::ResourceTypeMetadata = ",
        "{",
        "};",
        |writer| {
            writer.delimited(
                "static METADATA: ::pinpoint_iam::resource::ResourceTypeMetadata = \
                 ::pinpoint_iam::resource::ResourceTypeMetadata",
                "{",
                "};",
                |writer| {
                    let mut field =
                        |name: &str, value: &str| writer.line(format!("{name}: {value},"));
                    field("name", &literal(name));
                    field("type_name", &literal(type_name));
                    field("summary", &literal(summary));
                    field("arn", &literal(&arn.text));
                    field("partition", &component(&arn.partition));
                    field("service", &literal(&arn.service));
                    field("region", &component(&arn.region));
                    field("account", &component(&arn.account));
                    field("pieces", &array(arn.pieces.iter().map(piece)));
                    writer.delimited("fields: ", "&[", "],", |writer| {
                        for placeholder in fields {
                            writer.delimited(
                                "::pinpoint_iam::resource::Field",
                                "{",
                                "},",
                                |writer| {
                                    writer
                                        .line(format!("name: {},", literal(&placeholder.field())));
                                    writer.line(format!(
                                        "placeholder: {},",
                                        literal(&placeholder.name)
                                    ));
                                    writer.line(format!(
                                        "accepts: {},",
                                        accepts(&placeholder.accepts)
                                    ));
                                },
                            );
                        }
                    });
                    writer.line(format!("condition_keys: {},", literals(condition_keys)));
                },
            );
            writer.line("&METADATA");
        },
    );
}

fn write_constructors(writer: &mut Writer, resource: &ResourceType) {
    let fields: Vec<String> = resource.fields.iter().map(|field| field.field()).collect();
    writer.gap();
    writer.doc(&docs::constructor(resource));
    writer.block(
        &format!(
            "pub fn new({}) -> ::core::result::Result<Self, ::pinpoint_iam::resource::InvalidId>",
            arguments(&fields)
        ),
        |writer| {
            if fields.is_empty() {
                return writer.line("Self::METADATA.fill(&[]).map(Self)");
            }
            let ids = format!("Self::from_ids(super::ids::{}", resource.type_name());
            writer.delimited(&ids, "{", "})", |writer| {
                for field in &fields {
                    writer.line(format!("{field}: {},", as_text(field)));
                }
            });
        },
    );
    let set = "::pinpoint_iam::resource::ResourceSet<Self>";
    let Some((last, leading)) = fields.split_last() else {
        return;
    };
    writer.gap();
    writer.doc(&docs::from_ids(resource));
    writer.block(
        &format!(
            "pub fn from_ids(ids: super::ids::{}<'_>) -> ::core::result::Result<Self, ::pinpoint_iam::resource::InvalidId>",
            resource.type_name()
        ),
        |writer| {
            writer.line(format!(
                "Self::METADATA.fill({}).map(Self)",
                array(fields.iter().map(|field| format!("ids.{field}")))
            ));
        },
    );
    writer.gap();
    writer.doc(&docs::any(resource));
    writer.block(&format!("pub fn any() -> {set}"), |writer| {
        writer.line("::pinpoint_iam::resource::ResourceSet::any()");
    });
    if leading.is_empty() {
        return;
    }
    writer.gap();
    writer.doc(&docs::any_in(resource, last));
    writer.block(
        &format!(
            "pub fn any_in({}) -> ::core::result::Result<{set}, ::pinpoint_iam::resource::InvalidId>",
            arguments(leading)
        ),
        |writer| {
            writer.line(format!(
                "::pinpoint_iam::resource::ResourceSet::any_in(Self::METADATA, {})",
                array(leading.iter().map(|field| as_text(field)))
            ));
        },
    );
}

fn write_accessors(writer: &mut Writer, resource: &ResourceType) {
    for (index, placeholder) in resource.fields.iter().enumerate() {
        let (kind, method) = match placeholder.accepts {
            IdFormat::Opaque => ("::std::borrow::Cow<'_, str>", "decoded_field"),
            IdFormat::Identifier | IdFormat::OneOf(_) => ("&str", "field"),
        };
        writer.gap();
        writer.doc(&docs::accessor(placeholder));
        writer.block(
            &format!("pub fn {}(&self) -> {kind}", placeholder.field()),
            |writer| writer.line(format!("self.0.{method}({index})")),
        );
    }
}

fn arguments(fields: &[String]) -> String {
    let arguments: Vec<String> = fields
        .iter()
        .map(|field| format!("{field}: impl ::core::convert::AsRef<str>"))
        .collect();
    arguments.join(", ")
}

fn as_text(field: &str) -> String {
    format!("::core::convert::AsRef::<str>::as_ref(&{field})")
}

fn component(component: &Component) -> String {
    match component {
        Component::FromScope => "::pinpoint_iam::resource::ScopeComponent::FromScope".to_owned(),
        Component::Fixed(text) => format!(
            "::pinpoint_iam::resource::ScopeComponent::Fixed({})",
            literal(text)
        ),
    }
}

fn piece(piece: &Piece) -> String {
    match piece {
        Piece::Literal(text) => format!(
            "::pinpoint_iam::resource::Piece::Literal({})",
            literal(text)
        ),
        Piece::Field(position) => format!("::pinpoint_iam::resource::Piece::Field({position})"),
    }
}

fn accepts(accepts: &IdFormat) -> String {
    match accepts {
        IdFormat::Identifier => "::pinpoint_iam::resource::IdFormat::Identifier".to_owned(),
        IdFormat::Opaque => "::pinpoint_iam::resource::IdFormat::Opaque".to_owned(),
        IdFormat::OneOf(values) => format!(
            "::pinpoint_iam::resource::IdFormat::OneOf({})",
            literals(values)
        ),
    }
}
