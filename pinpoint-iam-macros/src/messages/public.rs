//! Messages of `#[public]`.

use syn::Ident;

pub(crate) const NO_PUBLIC_REASON: &str = "`#[public]` gives no reason\n\
    help: say why everybody may call the handler, as in `#[public(\"load balancer health check\")]`";
pub(crate) const EMPTY_PUBLIC_REASON: &str =
    "the reason is empty\nhelp: say why everybody may call the handler";
pub(crate) const PUBLIC_REASON_NO_LITERAL: &str = "the reason is no string literal\n\
    help: write it out, as in `#[public(\"load balancer health check\")]`";
pub(crate) const AFTER_PUBLIC_REASON: &str = "`#[public]` takes a reason and nothing else";
pub(crate) const PUBLIC_METHOD: &str = "`#[public]` cannot stand on a method with `self`\n\
    help: make it a free function that takes what it needs as parameters";
pub(crate) const PUBLIC_NO_FUNCTION: &str =
    "`#[public]` stands on handlers, and this is no function with a body";
pub(crate) const PUBLIC_TWICE: &str =
    "a handler takes one `#[public]`\nhelp: remove one of the two";
pub(crate) const PUBLIC_AND_REQUIRED: &str = "a handler is either public or requires something\n\
    help: remove `#[public]` or `#[requires]`";

pub(crate) fn named_public_reason(name: &Ident) -> String {
    format!(
        "`{name}` is no option\nhelp: write the reason alone, as in `#[public(\"load balancer health check\")]`"
    )
}
