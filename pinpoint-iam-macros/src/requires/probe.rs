//! Checks that the attributes taken from a function are ours.
//!
//! A second `#[requires(..)]` is recognized by its name, which another crate may also use. Its check would then be lost
//! with the attribute. The name is therefore used once more, on an item that only our attribute removes:
//!
//! ```text
//! #[requires(__is_of_pinpoint_iam)]
//! fn __is_of_pinpoint_iam() { ::core::compile_error!(".."); }
//! ```

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Path;

use super::expand::Assertion;
use super::parse::span_of;
use crate::messages;

/// The argument that the attribute gets instead of an action.
const PROBE: &str = "__is_of_pinpoint_iam";

/// Whether these are the arguments of a probe, whose item is removed.
pub(super) fn is_one(arguments: &TokenStream) -> bool {
    let mut tokens = arguments.clone().into_iter();
    let first = tokens.next();
    matches!(first, Some(TokenTree::Ident(word)) if word == PROBE) && tokens.next().is_none()
}

/// Generates a probe for each name.
pub(super) fn probes(names: &[Path]) -> Vec<Assertion<'static>> {
    let mut seen = BTreeSet::new();
    names
        .iter()
        .filter(|name| seen.insert(name.to_token_stream().to_string()))
        .map(|name| {
            let path = name.clone();
            Assertion {
                #[cfg(feature = "tonic")]
                key: format!("#[{}]", name.to_token_stream()),
                code: Box::new(move || probe(&path)),
            }
        })
        .collect()
}

fn probe(name: &Path) -> TokenStream {
    let place = span_of(name);
    let probe = Ident::new(PROBE, place);
    let message = messages::attribute_of_another_crate(name);
    let fault = quote_spanned!(place=> ::core::compile_error!(#message););
    quote! {
        const _: () = {
            #[#name(#probe)]
            fn #probe() { #fault }
        };
    }
}
