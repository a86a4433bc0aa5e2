//! `#[public("reason")]`: a handler that everyone may call, with a documented reason.
//!
//! The function remains unchanged, except that a generic one gets a parameter that identifies its instances. In
//! addition, a type with the function's name is generated, which `routes!` requires.

mod expand;
mod parse;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

#[cfg(feature = "tonic")]
pub(crate) use self::expand::{declaration, documentation};
pub(crate) use self::parse::reason;

use crate::errors::Errors;
use crate::paths;
use crate::requires::PlacementOf;

/// The whole attribute: converts its arguments and its item to the code that replaces the item.
pub(crate) fn attribute(
    attribute: TokenStream,
    item: TokenStream,
    placement: PlacementOf<'_>,
) -> TokenStream {
    let root = paths::root();
    let mut errors = Errors::default();
    let reason = errors.take(reason(attribute));
    let handler = errors.take(syn::parse2::<parse::Handler>(item.clone()));
    if let Some(handler) = &handler {
        parse::check(handler, placement, &root, &mut errors);
    }
    match (reason, handler) {
        (Some(reason), Some(handler)) if errors.is_empty() => {
            expand::expand(&reason, handler, &root)
        }
        _ => errors.report(item),
    }
}
