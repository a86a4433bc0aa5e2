//! What rustc gets to see in place of the handler.
//!
//! ```text
//! async fn get_campaign(
//!     _: ::pinpoint_iam::web::Authorized<get_campaign, (Path<(String, String)>,)>,
//!     Path((application_id, campaign_id)): Path<(String, String)>,
//! ) -> Response { .. }
//!
//! struct get_campaign {}
//!
//! impl ::pinpoint_iam::web::Requires<(Path<(String, String)>,)> for get_campaign { .. }
//! ```
//!
//! The struct is braced, so that it lives among the types only and leaves the handler its name. The parameters are
//! an argument of the trait and not a type inside its implementation: a `pub` handler may then have parameters of a
//! private type, as it may without us.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, FnArg, parse_quote};

use super::check::{Checked, Parameter, Resolved, Target, Value};
use super::parse::Handler;
use crate::paths;

/// Writes the guarded handler and its check.
pub(crate) fn expand(checked: Checked<'_>) -> TokenStream {
    let Checked {
        handler,
        action,
        parameters,
        target,
    } = checked;
    let root = paths::root();
    let declaration = declaration(&handler, &action, &target);
    let name = handler.signature.ident.clone();
    let visibility = handler.visibility.clone();
    let conditions: Vec<Attribute> = handler
        .attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .cloned()
        .collect();
    let types = parameters.iter().map(|Parameter { ty, .. }| ty);
    let taken = quote!((#(#types,)*));
    let patterns = parameters.iter().map(|Parameter { pattern, .. }| pattern);
    // Expressions of the attribute see the handler's parameters, and none of our own names.
    // A constant of the name would be taken for a pattern all the same, hence the underscores.
    let guard = Ident::new("__guard", Span::mixed_site());
    let all = Ident::new("__parameters", Span::mixed_site());
    let check = check(&guard, &action, &target);
    let documentation = documentation(&action);
    let handler = guarded(handler, &documentation, &taken);
    quote! {
        #handler

        #(#conditions)*
        #[doc(hidden)]
        #[allow(dead_code, non_camel_case_types, unreachable_pub)]
        #visibility struct #name {}

        #(#conditions)*
        #[allow(clippy::all, clippy::pedantic, unused_parens, unused_variables)]
        impl #root::web::Annotated for #name {
            const DECLARATION: &'static #root::web::Declaration = #declaration;
        }

        #(#conditions)*
        #[allow(clippy::all, clippy::pedantic, unused_parens, unused_variables)]
        impl #root::web::Requires<#taken> for #name {
            type Permit = ();

            fn check(
                #guard: &#root::guard::Guard<'_>,
                #all: &#taken,
            ) -> ::core::result::Result<(), #root::guard::Denied> {
                let (#(#patterns,)*) = #all;
                #check
            }
        }
    }
}

/// The handler with the hidden parameter in front and a row of documentation at the end.
fn guarded(handler: Handler, documentation: &str, taken: &TokenStream) -> TokenStream {
    let Handler {
        attributes,
        visibility,
        mut signature,
        body,
    } = handler;
    let root = paths::root();
    let name = &signature.ident;
    let hidden: FnArg = parse_quote!(_: #root::web::Authorized<#name, #taken>);
    signature.inputs.insert(0, hidden);
    quote! {
        #(#attributes)*
        #[doc = ""]
        #[doc = #documentation]
        #visibility #signature #body
    }
}

/// The row at the end of the handler's rustdoc.
fn documentation(action: &Resolved<'_>) -> String {
    let Resolved { service, entry, .. } = action;
    let level = entry
        .access_level
        .map_or_else(String::new, |level| format!(" ({})", level.name()));
    let arns: Vec<String> = entry
        .resources
        .iter()
        .map(|resource| format!("`{}`", entry.arn(resource)))
        .collect();
    let on = if arns.is_empty() {
        "`*`".to_owned()
    } else {
        arns.join(" or ")
    };
    format!("**Requires** `{service}:{}`{level} on {on}", entry.name)
}

/// What documents and audits say about the handler.
fn declaration(handler: &Handler, action: &Resolved<'_>, target: &Target<'_>) -> TokenStream {
    let root = paths::root();
    let name = handler.signature.ident.unraw().to_string();
    let action_type = paths::action(&action.service, &action.name);
    let resource = binding(target);
    quote! {
        &#root::web::Declaration {
            handler: #name,
            module_path: ::core::module_path!(),
            file: ::core::file!(),
            line: ::core::line!(),
            access: #root::web::Access::Requires {
                requirement: #root::web::Requirement::Action(#root::web::ActionRequirement {
                    action: <#action_type as #root::action::TypedAction>::METADATA,
                    resource: #resource,
                }),
                after_body: false,
            },
            path_parameters: &[],
        }
    }
}

/// How the handler names the resource, in words.
fn binding(target: &Target<'_>) -> TokenStream {
    let root = paths::root();
    match target {
        Target::All => quote!(#root::web::ResourceBinding::All),
        Target::Given(expression) => {
            let text = expression.to_token_stream().to_string();
            quote!(#root::web::ResourceBinding::Resource(#text))
        }
        Target::Fields { resource, values } => {
            let fields = resource.fields.iter().zip(values).map(|(field, value)| {
                let field = field.field();
                let from = match value {
                    Value::Fixed(text) => quote!(Pinned(#text)),
                    Value::Binding(name) => {
                        let name = name.unraw().to_string();
                        quote!(Parameter(#name))
                    }
                    Value::Expression(expression) => {
                        let text = expression.to_token_stream().to_string();
                        quote!(Expression(#text))
                    }
                };
                quote!(#root::web::FieldBinding { field: #field, from: #root::web::BindingSource::#from })
            });
            quote!(#root::web::ResourceBinding::Fields(&[#(#fields),*]))
        }
    }
}

/// The statements that ask the guard.
///
/// INVARIANT: the last expression is the guard's own answer. Expressions of the attribute stand in a closure that
/// makes the resource, so that a `return` or `?` in them can at most refuse; it cannot skip the question.
fn check(guard: &Ident, action: &Resolved<'_>, target: &Target<'_>) -> TokenStream {
    let root = paths::root();
    let path = paths::action(&action.service, &action.name);
    match target {
        Target::All => {
            quote!(#guard.check(#path, &#root::resource::AllResources))
        }
        Target::Fields { resource, values } => {
            let resource = paths::resource(&action.service, resource.type_name());
            let values = values.iter().map(value);
            let made = made(&resource, &quote!(#resource::new(#(#values),*)?));
            quote!(#guard.check(#path, &#made?))
        }
        Target::Given(expression) => given(guard, action, expression),
    }
}

/// An immediate closure around an expression, whose `?` refuses.
fn made(ty: &TokenStream, expression: &TokenStream) -> TokenStream {
    let root = paths::root();
    quote! {
        (|| -> ::core::result::Result<#ty, #root::guard::Denied> {
            ::core::result::Result::Ok(#expression)
        })()
    }
}

/// One argument of a resource's constructor, with the span of what the user wrote.
fn value(value: &Value) -> TokenStream {
    let root = paths::root();
    match value {
        Value::Fixed(text) => quote!(#text),
        // The pattern is matched by reference, so that the name is one already.
        Value::Binding(name) => {
            quote_spanned!(name.span()=> #root::expansion::Text::text(#name))
        }
        Value::Expression(expression) => {
            quote_spanned!(expression.span()=> #root::expansion::Text::text(&(#expression)))
        }
    }
}

/// The check of a resource that the user hands over, by value or by reference.
///
/// The types that the catalog lists go along, so that the message can name them.
fn given(guard: &Ident, action: &Resolved<'_>, expression: &Expr) -> TokenStream {
    let root = paths::root();
    let path = paths::action(&action.service, &action.name);
    let legal: Vec<TokenStream> = action
        .entry
        .resources
        .iter()
        .map(|resource| paths::resource(&action.service, resource.type_name()))
        .collect();
    let legal = match legal.as_slice() {
        [only] => quote!(#only),
        several => quote!((#(#several),*)),
    };
    let made = made(&quote!(_), &quote!(#expression));
    let place = expression.span();
    let resource = Ident::new("resource", Span::mixed_site().located_at(place));
    let borrowed = quote_spanned!(place=> #resource.__borrowed());
    quote! {
        use #root::expansion::Borrowed as _;
        let #resource = #made?;
        #root::expansion::Fits::<#path, #legal>::ask(#borrowed, #guard, #path)
    }
}
