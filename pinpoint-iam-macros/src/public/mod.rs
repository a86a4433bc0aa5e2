//! `#[public("reason")]`: a handler that everybody may call, and that says why.
//!
//! The function stays as it was written; a generic one gets a parameter by which its instances are known. Beside it comes the type of its name that `routes!` asks for.

mod expand;
mod parse;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::errors::Errors;
use crate::paths;

/// The whole attribute: its arguments and the item that it stands on, to what takes the item's place.
pub(crate) fn attribute(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let root = paths::root();
    let mut errors = Errors::default();
    let reason = errors.take(parse::reason(attribute));
    let handler = errors.take(syn::parse2::<parse::Handler>(item.clone()));
    if let Some(handler) = &handler {
        parse::check(handler, &root, &mut errors);
    }
    match (reason, handler) {
        (Some(reason), Some(handler)) if errors.is_empty() => {
            expand::expand(&reason, handler, &root)
        }
        _ => errors.report(item),
    }
}
