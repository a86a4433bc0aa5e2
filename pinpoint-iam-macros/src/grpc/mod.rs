//! `#[guarded(Server)]`: an implementation of a gRPC service, each of whose methods has a check or a reason.
//!
//! The attribute expands the `#[requires(..)]` of the methods itself, because these attributes do not see the
//! implementation around them: the guard comes from the request, and fields of the message fill placeholders.

mod async_trait;
mod expand;
mod parse;

use proc_macro2::{Span, TokenStream};

use crate::catalogs::Catalogs;
use crate::errors::Errors;
use crate::paths;

/// The whole attribute: converts its arguments and its item to the code that replaces the item.
///
/// The result contains either the implementation with all its checks, or a `compile_error!`.
pub(crate) fn attribute(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let catalogs = match Catalogs::of_this_crate() {
        Ok(catalogs) => catalogs,
        Err(fault) => {
            errors.push(Span::call_site(), fault);
            return errors.report(item);
        }
    };
    let root = paths::root();
    let arguments = errors.take(parse::arguments(attribute));
    let service = errors.take(syn::parse2::<parse::Service>(item.clone()));
    let expanded = match (arguments, service) {
        (Some(arguments), Some(service)) => Some(expand::expand(
            &catalogs,
            &root,
            arguments,
            service,
            &mut errors,
        )),
        _ => None,
    };
    match expanded {
        Some(expanded) if errors.is_empty() => expanded,
        _ => errors.report(parse::without_our_attributes(item, &root)),
    }
}
