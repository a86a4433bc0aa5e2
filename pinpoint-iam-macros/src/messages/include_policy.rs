//! Messages of `include_policy!`.

use std::io;

use pinpoint_iam_core::policy::{Position, UnknownPolicyKind};
use syn::Ident;

use super::list;

pub(crate) const NO_POLICY_PATH: &str = "`include_policy!` needs the path of a policy\n\
    help: write it as a string literal, as in `include_policy!(\"reader.json\")`";
pub(crate) const POLICY_PATH_NO_LITERAL: &str = "expected the path of the policy as a string literal, because the file is read at compile time\n\
    help: write for example `include_policy!(\"reader.json\")`";
pub(crate) const EXPECTED_KIND: &str = "expected `kind = \"…\"`";
pub(crate) const KIND_NO_LITERAL: &str = "expected the kind of the policy as a string literal\nhelp: write for example `kind = \"boundary\"`";
pub(crate) const NO_DIRECTORY: &str = "cannot find the file, because the directory of this source file is unknown\n\
    help: build with cargo, or write an absolute path";

pub(crate) fn unknown_policy_option(option: &Ident) -> String {
    format!(
        "unknown option `{option}`\nhelp: the only option is `kind`, as in `kind = \"boundary\"`"
    )
}

pub(crate) fn unknown_kind(error: &UnknownPolicyKind) -> String {
    format!("{}\nhelp: {}", error.message(), error.hint())
}

pub(crate) fn no_policy_file(path: &str, near: &[String]) -> String {
    let help = if near.is_empty() {
        "the path is relative to the directory of this source file".to_owned()
    } else {
        format!("did you mean {}?", list("or", near))
    };
    format!("cannot find the file `{path}`\nhelp: {help}")
}

pub(crate) fn unreadable_policy(path: &str, error: &io::Error) -> String {
    format!("cannot read `{path}`: {error}")
}

pub(crate) fn policy_not_utf8(path: &str) -> String {
    format!("`{path}` is not UTF-8\nhelp: save the file as UTF-8")
}

pub(crate) fn path_not_utf8(path: &str) -> String {
    format!("the path of `{path}` is not UTF-8\nhelp: move the crate to another directory")
}

pub(crate) fn policy_fault(path: &str, position: Position, message: &str, hint: &str) -> String {
    let (line, column) = (position.line(), position.column());
    format!("{path}:{line}:{column}: {message}\nhelp: {hint}")
}
