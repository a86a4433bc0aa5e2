//! Generates a function that performs its check before anything else.
//!
//! ```text
//! fn purge(cx: &Guard, application_id: &str) -> Result<(), Error> {
//!     match (|| { .. the check .. })() {
//!         Ok(_) => {}
//!         Err(denied) => return ::pinpoint_iam::__private::deny(denied, "purge"),
//!     }
//!     { .. the body as it was written .. }
//! }
//! ```
//!
//! The body is in a separate block. Items in it are visible in their whole block, even before their declaration, and
//! would otherwise be visible to the check.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{ReturnType, Signature, Type};

use super::boxed::BoxedFuture;
use super::check_expr::made;
use super::declaration::documentation;
use super::{Stage, Writer, combined_check, permit, without_attributes};
use crate::paths::Root;
use crate::requires::check::{Clause, Guarded};
use crate::requires::parse::Function;

/// The check of a function.
pub(super) struct Check {
    /// The pattern for what the expression returns if the check passes.
    pub(super) pattern: TokenStream,
    /// An expression of the type `Result<_, Denied>`. Expressions of the attribute cannot leave it.
    pub(super) expression: TokenStream,
}

/// Generates the function with `check` before its body. The items in `start` are in an outer block.
pub(super) fn expand(
    function: Function,
    clauses: &[Clause<'_>],
    check: Check,
    start: &TokenStream,
    root: &Root,
) -> TokenStream {
    let Function {
        signature, body, ..
    } = &function;
    let boxed = BoxedFuture::of(&signature.output, body);
    let awaited = boxed.as_ref().map(|boxed| &boxed.output);
    let checked = statement(check, signature, awaited, root);
    let (inner_attributes, checked_body) = match boxed {
        None => {
            let (inner_attributes, body) = without_attributes(body);
            (inner_attributes, quote!(#checked #body))
        }
        Some(BoxedFuture { pin, body, .. }) => {
            let (inner_attributes, body) = without_attributes(&body);
            let body = quote!(#pin(async move { #inner_attributes #checked #body }));
            (TokenStream::new(), body)
        }
    };
    let code = quote! {
        #signature {
            #inner_attributes
            #start
            #checked_body
        }
    };
    function.documented(&documentation(clauses), &code)
}

/// The statement before the body, which returns a denial. `awaited` is the output of the future that the function returns.
pub(super) fn statement(
    check: Check,
    signature: &Signature,
    awaited: Option<&Type>,
    root: &Root,
) -> TokenStream {
    let Check {
        pattern,
        expression,
    } = check;
    let passed = Ident::new("passed", Span::mixed_site());
    let denied = Ident::new("denied", Span::mixed_site());
    let name = signature.ident.unraw().to_string();
    let refuse = match (awaited, &signature.output) {
        (Some(output), _) => {
            quote_spanned!(output.span()=> return #root::__private::deny::<#output>(#denied, #name))
        }
        (None, ReturnType::Type(_, ty)) => {
            quote_spanned!(ty.span()=> return #root::__private::deny(#denied, #name))
        }
        (None, ReturnType::Default) => {
            quote_spanned!(signature.ident.span()=> return #root::__private::deny(#denied, #name))
        }
    };
    quote! {
        #[allow(clippy::all, clippy::pedantic, unused_braces, unused_parens)]
        let #pattern = match #expression {
            ::core::result::Result::Ok(#passed) => #passed,
            ::core::result::Result::Err(#denied) => #refuse,
        };
    }
}

/// The check by a guard.
pub(super) fn guarded_check(
    clauses: &[Clause<'_>],
    Guarded { guard }: &Guarded,
    function: &Function,
    root: &Root,
) -> Check {
    let Function {
        signature, body, ..
    } = function;
    let is_async =
        signature.asyncness.is_some() || BoxedFuture::of(&signature.output, body).is_some();
    let ours = |name: &str| Ident::new(name, Span::mixed_site());
    let (given, asked) = (ours("__given"), ours("__guard"));
    let writer = Writer {
        root,
        guard: &asked,
        stage: Stage::Final,
        has_references: false,
        has_id_traits: false,
    };
    let (check, _) = combined_check(clauses, &writer);
    // If the function owns the guard, its body keeps it.
    let taken = made(
        root,
        &quote!(_),
        &quote!(::core::clone::Clone::clone(&(#guard))),
    );
    let as_guard = quote_spanned!(guard.span()=> #root::__private::guard(&#given));
    let start = quote! {
        let #given = #taken?;
        let #asked = &#as_guard;
    };
    let expression = if is_async {
        quote! {
            async {
                #start
                #root::__private::check_with_keys(#asked, |#asked: &#root::guard::Guard<'_>| {
                    #check
                }).await
            }.await
        }
    } else {
        quote! {
            (|| -> ::core::result::Result<_, #root::guard::Denied> {
                #start
                #check
            })()
        }
    };
    Check {
        pattern: permit(clauses).unwrap_or_else(|| quote!(_)),
        expression,
    }
}
