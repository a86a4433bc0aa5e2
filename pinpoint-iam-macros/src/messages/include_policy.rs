//! Messages of `include_policy!`.

use std::io;

use pinpoint_iam_core::policy::UnknownPolicyKind;
use syn::Ident;

use super::list;
use crate::include_policy::Finding;

pub(crate) const NO_POLICY_PATH: &str = "`include_policy!` names no file\n\
    help: write for example `include_policy!(\"reader.json\")`";
pub(crate) const POLICY_PATH_NO_LITERAL: &str = "the path of the policy is no string literal\n\
    help: write it out, as in `include_policy!(\"reader.json\")`; the file is read while the crate compiles";
pub(crate) const EXPECTED_KIND: &str = "expected `kind = \"…\"`";
pub(crate) const KIND_NO_LITERAL: &str =
    "the kind of the policy is no string literal\nhelp: write for example `kind = \"boundary\"`";
pub(crate) const NO_DIRECTORY: &str = "nobody tells where this file is\n\
    help: build with cargo, or write an absolute path";

pub(crate) fn unknown_policy_option(option: &Ident) -> String {
    format!("`{option}` is no option\nhelp: the only one is `kind`, as in `kind = \"boundary\"`")
}

pub(crate) fn unknown_kind(error: &UnknownPolicyKind) -> String {
    format!("{}\nhelp: {}", error.message(), error.hint())
}

pub(crate) fn no_policy_file(path: &str, near: &[String]) -> String {
    let help = if near.is_empty() {
        "the path is relative to the file that it is written in".to_owned()
    } else {
        format!("did you mean {}?", list("or", near))
    };
    format!("there is no file `{path}`\nhelp: {help}")
}

pub(crate) fn unreadable_policy(path: &str, error: &io::Error) -> String {
    format!("`{path}` cannot be read: {error}")
}

pub(crate) fn policy_not_utf8(path: &str) -> String {
    format!("`{path}` is not UTF-8\nhelp: a policy is JSON; save it as UTF-8")
}

pub(crate) fn path_not_utf8(path: &str) -> String {
    format!("the path of `{path}` is not UTF-8\nhelp: move the crate to another directory")
}

pub(crate) fn policy_fault(path: &str, finding: &Finding) -> String {
    let Finding {
        position,
        message,
        hint,
    } = finding;
    let (line, column) = (position.line(), position.column());
    format!("{path}:{line}:{column}: {message}\nhelp: {hint}")
}
