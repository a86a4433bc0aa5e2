//! `#[requires(..)]`: a function that runs only after an authorization check.
//!
//! *parse* reads what was written, *check* holds it against the catalog, *expand* writes what rustc compiles. Mistakes
//! of all stages are reported together.

mod bind;
mod check;
mod expand;
pub(crate) mod parse;
#[cfg(test)]
mod tests;
pub(crate) mod tree;
#[cfg(test)]
mod ui_tests;

use pinpoint_iam_catalog::Catalog;
use proc_macro2::{Span, TokenStream};

use crate::errors::Errors;
use crate::messages;

/// The whole attribute: its arguments and the item that it stands on, to what takes the item's place.
///
/// The answer holds either the guarded function or a `compile_error!`, never the function alone.
pub(crate) fn attribute(attribute: TokenStream, item: TokenStream) -> TokenStream {
    match Catalog::builtin() {
        Ok(catalog) => with_catalog(catalog, attribute, item),
        Err(faults) => {
            let mut errors = Errors::default();
            errors.push(Span::call_site(), messages::broken_catalog(faults));
            errors.report(item)
        }
    }
}

fn with_catalog(catalog: &Catalog, attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut attributes = vec![parse::attribute(attribute, Span::call_site(), &mut errors)];
    let function = errors.take(syn::parse2::<parse::Function>(item.clone()));
    let checked = function.and_then(|mut function| {
        attributes.extend(parse::further(&mut function, &mut errors));
        check::check(catalog, attributes, function, &mut errors)
    });
    match checked {
        Some(checked) if errors.is_empty() => expand::expand(checked),
        _ => errors.report(item),
    }
}
