//! Messages of `#[public]`.

use syn::Ident;

pub(crate) const NO_PUBLIC_REASON: &str = "`#[public]` needs a reason\n\
    help: state why the handler is public, as in `#[public(\"load balancer health check\")]`";
pub(crate) const EMPTY_PUBLIC_REASON: &str =
    "the reason is empty\nhelp: state why the handler is public";
pub(crate) const PUBLIC_REASON_NO_LITERAL: &str = "expected the reason as a string literal\n\
    help: write for example `#[public(\"load balancer health check\")]`";
pub(crate) const AFTER_PUBLIC_REASON: &str = "`#[public]` accepts only a reason";
pub(crate) const PUBLIC_METHOD: &str = "`#[public]` can only be applied to free functions\n\
    help: move the handler out of the `impl` or `trait`";
pub(crate) const PUBLIC_NO_FUNCTION: &str =
    "`#[public]` can only be applied to functions with a body";
pub(crate) const PUBLIC_TWICE: &str = "duplicate `#[public]`\nhelp: remove one of the two";
pub(crate) const PUBLIC_AND_REQUIRED: &str = "a handler cannot have both `#[public]` and `#[requires]`\n\
    help: remove `#[public]` or `#[requires]`";

pub(crate) fn named_public_reason(name: &Ident) -> String {
    format!(
        "unknown argument `{name}`\nhelp: write only the reason, as in `#[public(\"load balancer health check\")]`"
    )
}
