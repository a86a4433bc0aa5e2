//! `#[requires(..)]`: a function that runs only after an authorization check.
//!
//! *parse* reads the user's input, *check* compares it with the catalog, and *expand* generates the code. Errors of all
//! stages are reported together.

mod bind;
pub(crate) mod check;
mod completion;
mod expand;
pub(crate) mod parse;
pub(crate) mod placement;
mod probe;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod ui_tests;

use proc_macro2::{Span, TokenStream};

use self::placement::Placement;
use crate::catalogs::Catalogs;
use crate::errors::Errors;
use crate::paths;

/// The whole attribute: converts its arguments and its item to the code that replaces the item.
///
/// The result contains either the guarded function or a `compile_error!`, never the function alone.
pub(crate) fn attribute(
    attribute: TokenStream,
    item: TokenStream,
    placement: PlacementOf<'_>,
) -> TokenStream {
    match Catalogs::of_this_crate() {
        Ok(catalogs) => with_catalogs(&catalogs, attribute, item, placement),
        Err(fault) => {
            let mut errors = Errors::default();
            errors.push(Span::call_site(), fault);
            errors.report(item)
        }
    }
}

/// Finds out whether the attribute is where a handler cannot be.
pub(crate) type PlacementOf<'a> = &'a dyn Fn() -> Option<Placement>;

fn with_catalogs(
    catalogs: &Catalogs,
    attribute: TokenStream,
    item: TokenStream,
    placement: PlacementOf<'_>,
) -> TokenStream {
    if probe::is_one(&attribute) {
        return TokenStream::new();
    }
    let root = paths::root();
    let mut errors = Errors::default();
    let mut attributes = vec![parse::attribute(attribute, Span::call_site(), &mut errors)];
    let function = errors.take(syn::parse2::<parse::Function>(item.clone()));
    let mut names = Vec::new();
    let function = function.map(|mut function| {
        let (further, paths) = parse::further(&mut function, &root, &mut errors);
        attributes.extend(further);
        names = paths;
        function
    });
    let named = completion::Named::of(&attributes);
    let checked = function.and_then(|function| {
        check::check(
            catalogs,
            &root,
            attributes,
            function,
            placement,
            &mut errors,
        )
    });
    match checked {
        Some(checked) if errors.is_empty() => {
            expand::expand(checked, &probe::probes(&names), &root)
        }
        _ => {
            // Before the errors, because editors find a position by its distance from the start, and an error that
            // quotes a partly typed name is as long as that name.
            let mut shown = item;
            shown.extend(named.for_completion(catalogs, &root));
            errors.report(shown)
        }
    }
}
