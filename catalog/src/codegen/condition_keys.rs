//! The condition keys of a service.

use super::docs;
use super::writer::{Writer, literal};
use crate::model::{ConditionKey, Service};
use crate::names;

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
    let name = names::condition_key_words(&key.name).join("_");
    writer.gap();
    writer.doc(&docs::condition_key(key));
    match key.filled_part() {
        None => writer.line(format!(
            "pub const {}: &str = {};",
            name.to_ascii_uppercase(),
            literal(&key.name)
        )),
        Some((fixed, part)) => {
            let argument = names::condition_key_words(part).join("_");
            writer.block(
                &format!(
                    "pub fn {name}({argument}: impl ::core::convert::AsRef<str>) -> ::std::string::String"
                ),
                |writer| {
                    writer.line(format!(
                        "::std::format!(\"{{}}{{}}\", {}, ::core::convert::AsRef::<str>::as_ref(&{argument}))",
                        literal(fixed)
                    ));
                },
            );
        }
    }
}
