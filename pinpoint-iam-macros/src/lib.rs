//! The attribute macros of `pinpoint-iam`.
//!
//! Use them through that crate, where they are documented: what they write refers to `::pinpoint_iam`.
//!
//! This file is all that needs a compiler. Everything behind it is an ordinary function over `proc_macro2` tokens, in
//! the stages *parse* (what was written), *check* (against the catalog) and *expand* (what rustc gets to see), and is
//! tested as such.

mod errors;
mod messages;
mod paths;
mod requires;

use proc_macro::TokenStream;

#[allow(
    missing_docs,
    reason = "documented at its re-export, where examples can use the real crate"
)]
#[proc_macro_attribute]
pub fn requires(attribute: TokenStream, item: TokenStream) -> TokenStream {
    requires::attribute(attribute.into(), item.into()).into()
}
