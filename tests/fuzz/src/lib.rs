//! Properties that must hold for any input: the check of each fuzz target, and its seeds.
//!
//! The targets in `fuzz/` only call these functions. The tests of this package run every check on its seeds.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a violated property is reported by a panic"
)]

pub mod account_details;
pub mod archive;
pub mod asked;
pub mod attached;
pub mod attachments;
pub mod catalog;
pub mod decision;
pub mod last_good;
pub mod lint;
pub mod list_sql;
#[path = "../../../pinpoint-iam-cli/src/names.rs"]
#[allow(dead_code, reason = "the program uses the rest")]
mod names;
pub mod openapi;
pub mod pattern;
pub mod place;
pub mod playground;
pub mod policy_document;
pub mod replay;
pub mod resource_id;
pub mod seeds;

/// Returns the check of the fuzz target `name`, which takes one input from the fuzzer, or `None` if the target
/// does not exist.
pub fn check(name: &str) -> Option<fn(&[u8])> {
    fn text(data: &[u8], check: impl Fn(&str)) {
        if let Ok(text) = std::str::from_utf8(data) {
            check(text);
        }
    }
    Some(match name {
        "account_details" => |data| text(data, account_details::check),
        "archive" => archive::check,
        "attachments" => |data| text(data, attachments::check),
        "catalog" => |data| text(data, catalog::check),
        "decision" => |data| {
            text(data, |text| {
                decision::check(text);
            });
        },
        "last_good" => |data| text(data, last_good::check),
        "lint" => |data| text(data, lint::check),
        "list_sql" => |data| text(data, list_sql::check),
        "openapi" => |data| text(data, openapi::check),
        "pattern" => pattern::check,
        "playground" => |data| text(data, playground::check),
        "policy_document" => |data| text(data, policy_document::check),
        "replay" => replay::check,
        "resource_id" => resource_id::check,
        _ => return None,
    })
}
