//! What rustc gets to see in place of the macro.
//!
//! ```text
//! {
//!     const _: &[::core::primitive::u8] = ::core::include_bytes!("/service/src/reader.json");
//!     ::pinpoint_iam::expansion::document("{ \"Version\": .. }")
//! }
//! ```
//!
//! The text stands in the expansion, so that what a service runs is what was checked: an `include_str!` would read the
//! file a second time, when it may be another. The constant is there for rustc alone, which notes that the crate has to
//! be built again when the file changes; nobody looks at its value, and no program holds it.

use proc_macro2::{Span, TokenStream};
use quote::quote;

use super::Policy;
use super::source::Source;
use crate::catalogs::Catalogs;
use crate::paths;

/// Writes the expression that makes the document.
pub(super) fn expand(Policy { source, catalogs }: &Policy) -> TokenStream {
    let Source {
        shown: _,
        absolute,
        text,
    } = source;
    let root = paths::root();
    let here = Span::call_site();
    let same_catalogs = catalogs.elsewhere().map(|service| {
        let module = catalogs.module(service, &root, here);
        Catalogs::assert_same(service, &module, &root, here)
    });
    quote! {
        {
            #(#same_catalogs)*
            const _: &[::core::primitive::u8] = ::core::include_bytes!(#absolute);
            #root::expansion::document(#text)
        }
    }
}
