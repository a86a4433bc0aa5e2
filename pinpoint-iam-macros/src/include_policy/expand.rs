//! Generates the expression that replaces the macro.
//!
//! ```text
//! {
//!     const _: &[::core::primitive::u8] = ::core::include_bytes!("/service/src/reader.json");
//!     ::pinpoint_iam::__private::document("{ \"Version\": .. }")
//! }
//! ```
//!
//! The expansion contains the text, so that a service runs exactly what was checked. An `include_str!` would read the
//! file a second time, when its content may be different. The constant exists only for rustc, which rebuilds the crate
//! if the file changes. Its value is never used, and programs do not contain it.

use proc_macro2::{Span, TokenStream};
use quote::quote;

use super::Policy;
use super::source::Source;
use crate::catalogs::Catalogs;
use crate::paths;

/// Generates the expression that creates the document.
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
            #root::__private::document(#text)
        }
    }
}
