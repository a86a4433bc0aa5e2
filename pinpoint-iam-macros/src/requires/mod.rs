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

#[cfg(feature = "tonic")]
use proc_macro2::Ident;
use proc_macro2::{Span, TokenStream};
#[cfg(feature = "tonic")]
use syn::{Expr, ExprMethodCall, ExprPath, PatIdent, Token, Type, punctuated::Punctuated, token};

#[cfg(feature = "tonic")]
pub(crate) use self::expand::{Assertion, BoxedMethod, Method, SeparateBody, id_traits};
#[cfg(feature = "tonic")]
use self::parse::Argument;
use self::parse::Function;
use self::placement::Placement;
use crate::catalogs::Catalogs;
use crate::errors::Errors;
#[cfg(feature = "tonic")]
use crate::messages;
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
    let function = errors.take(syn::parse2::<Function>(item.clone()));
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
        Some(checked) if errors.is_empty() => expand::expand(checked, probe::probes(&names), &root),
        _ => {
            // Before the errors, because editors find a position by its distance from the start, and an error that
            // quotes a partly typed name is as long as that name.
            let mut shown = item;
            shown.extend(named.for_completion(catalogs, &root));
            errors.report(shown)
        }
    }
}

/// A method of a service, which gets its guard from its request.
#[cfg(feature = "tonic")]
pub(crate) struct OfService {
    /// The type of the generated server.
    pub(crate) server: TokenStream,
    /// The name of the method in the definition of the service.
    pub(crate) name: String,
    /// The parameter with the request.
    pub(crate) request: Ident,
    /// The pattern of this parameter, as the user wrote it.
    pub(crate) pattern: PatIdent,
    /// The type of this parameter, unless the method may only exist under conditions, or has type parameters, or its check
    /// depends on them or on `self`.
    pub(crate) separate: Option<Type>,
    /// The method as `#[async_trait]` would generate it, if the expansion does so instead.
    pub(crate) boxed: Option<BoxedMethod>,
}

/// Converts a method with at least one `#[requires(..)]` to the method with its check.
///
/// Returns `None` only after it has reported an error.
#[cfg(feature = "tonic")]
pub(crate) fn method<'c>(
    catalogs: &'c Catalogs,
    root: &paths::Root,
    mut function: Function,
    of_service: OfService,
    errors: &mut Errors,
) -> Option<Method<'c>> {
    let guard = variable(&of_service.request);
    let message = Expr::MethodCall(ExprMethodCall {
        attrs: Vec::new(),
        receiver: Box::new(guard.clone()),
        dot_token: <Token![.]>::default(),
        method: Ident::new("get_ref", Span::call_site()),
        turbofish: None,
        paren_token: token::Paren::default(),
        args: Punctuated::new(),
    });
    let (mut attributes, names) = parse::further(&mut function, root, errors);
    for attribute in &mut attributes {
        let mut has_fields = false;
        attribute.arguments.retain(|argument| {
            if !check::is_of_attribute(argument) {
                return true;
            }
            has_fields |= argument.key == check::FIELDS_OF;
            if argument.key != check::FIELDS_OF {
                let fault = messages::supplied_by_guarded(&argument.key);
                errors.push(argument.key.span(), fault);
            }
            argument.key == check::FIELDS_OF
        });
        if !has_fields {
            let message = Argument::of_attribute(check::FIELDS_OF, message.clone());
            attribute.arguments.push(message);
        }
    }
    if let Some(first) = attributes.first_mut() {
        first
            .arguments
            .push(Argument::of_attribute(check::GUARD, guard));
    }
    let checked = check::check(catalogs, root, attributes, function, &|| None, errors)?;
    expand::expand_method(checked, &of_service, probe::probes(&names), root)
}

/// The expression that reads a variable.
#[cfg(feature = "tonic")]
fn variable(name: &Ident) -> Expr {
    Expr::Path(ExprPath {
        attrs: Vec::new(),
        qself: None,
        path: name.clone().into(),
    })
}
