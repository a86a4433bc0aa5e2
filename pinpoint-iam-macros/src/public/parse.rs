//! Parses the user's input: the reason, and the function after it.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, FnArg, Ident, LitStr, Signature, Token, Type, Visibility};

use crate::errors::Errors;
use crate::messages;
use crate::paths::{self, Root};
use crate::requires::PlacementOf;
use crate::requires::check::check_generics;
use crate::requires::parse::span_of;
use crate::requires::placement::Placement;

/// The function with the attribute. Its body is not parsed.
pub(super) struct Handler {
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) signature: Signature,
    pub(super) body: Group,
}

/// Parses the reason.
pub(crate) fn reason(tokens: TokenStream) -> syn::Result<LitStr> {
    if tokens.is_empty() {
        return Err(syn::Error::new(
            Span::call_site(),
            messages::NO_PUBLIC_REASON,
        ));
    }
    let read = |input: ParseStream<'_>| {
        if input.peek(Ident::peek_any) && input.peek2(Token![=]) {
            let name = input.call(Ident::parse_any)?;
            let message = messages::named_public_reason(&name);
            return Err(syn::Error::new(name.span(), message));
        }
        let reason: LitStr = input
            .parse()
            .map_err(|_| input.error(messages::PUBLIC_REASON_NO_LITERAL))?;
        if reason.value().trim().is_empty() {
            return Err(syn::Error::new(
                reason.span(),
                messages::EMPTY_PUBLIC_REASON,
            ));
        }
        input.parse::<Option<Token![,]>>()?;
        if input.is_empty() {
            Ok(reason)
        } else {
            Err(input.error(messages::AFTER_PUBLIC_REASON))
        }
    };
    Parser::parse2(read, tokens)
}

impl Parse for Handler {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let start = input.span();
        let no_function = || syn::Error::new(start, messages::PUBLIC_NO_FUNCTION);
        let signature = input.parse().map_err(|_| no_function())?;
        match input.parse() {
            Ok(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => Ok(Self {
                attributes,
                visibility,
                signature,
                body,
            }),
            _ => Err(no_function()),
        }
    }
}

/// Rejects a handler that cannot be public.
pub(super) fn check(
    handler: &Handler,
    placement: PlacementOf<'_>,
    root: &Root,
    errors: &mut Errors,
) {
    if let Some(receiver) = handler.signature.receiver() {
        errors.push(receiver.self_token.span, messages::PUBLIC_METHOD);
    } else if placement() == Some(Placement::Associated) {
        errors.push(handler.signature.ident.span(), messages::PUBLIC_METHOD);
    }
    check_generics(&handler.signature, errors);
    for attribute in &handler.attributes {
        let path = attribute.path();
        if paths::is_attribute(path, "requires", root) {
            errors.push(span_of(path), messages::PUBLIC_AND_REQUIRED);
        } else if paths::is_attribute(path, "public", root) {
            errors.push(span_of(path), messages::PUBLIC_TWICE);
        }
    }
    // A `#[requires]` before this attribute has already been expanded, and has added its parameter.
    if let Some(FnArg::Typed(first)) = handler.signature.inputs.first()
        && let Type::Path(ty) = &*first.ty
        && let Some(last) = ty.path.segments.last()
        && (last.ident == "Authorized" || last.ident == "Prechecked")
    {
        errors.push(Span::call_site(), messages::PUBLIC_AND_REQUIRED);
    }
}
