//! Generates the condition keys of a service.

use super::docs;
use super::writer::{Writer, literal};
use crate::model::{ConditionKey, Service};
use crate::names::{self, KeyPiece};

pub(super) fn write(writer: &mut Writer, service: &Service) {
    if service.condition_keys().is_empty() {
        return;
    }
    writer.gap();
    writer.doc("The condition keys that the service's actions and resource types list.");
    writer.allow();
    writer.block("pub mod condition_keys", |writer| {
        for key in service.condition_keys() {
            write_key(writer, key);
        }
    });
}

fn write_key(writer: &mut Writer, key: &ConditionKey) {
    let name = key.rust_name();
    let pieces = key.pieces();
    let arguments: Vec<String> = pieces.iter().filter_map(argument).collect();
    writer.gap();
    writer.doc(&docs::condition_key(key));
    if arguments.is_empty() {
        writer.line(format!(
            "pub const {}: &str = {};",
            name.to_ascii_uppercase(),
            literal(&key.name)
        ));
        return;
    }
    let parameters: Vec<String> = arguments
        .iter()
        .map(|argument| format!("{argument}: impl ::core::convert::AsRef<str>"))
        .collect();
    writer.block(
        &format!(
            "pub fn {name}({}) -> ::std::string::String",
            parameters.join(", ")
        ),
        |writer| {
            let parts: Vec<String> = pieces.iter().map(part).collect();
            writer.line(format!(
                "::std::format!(\"{}\", {})",
                "{}".repeat(parts.len()),
                parts.join(", ")
            ));
        },
    );
}

/// The name of the argument for a placeholder. A keyword is written as a raw identifier.
fn argument(piece: &KeyPiece<'_>) -> Option<String> {
    let KeyPiece::Placeholder(part) = piece else {
        return None;
    };
    let name = names::words(part).join("_");
    Some(if names::is_keyword(&name) {
        format!("r#{name}")
    } else {
        name
    })
}

fn part(piece: &KeyPiece<'_>) -> String {
    match (piece, argument(piece)) {
        (_, Some(argument)) => format!("::core::convert::AsRef::<str>::as_ref(&{argument})"),
        (KeyPiece::Literal(text) | KeyPiece::Placeholder(text), None) => literal(text),
    }
}
