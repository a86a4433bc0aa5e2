//! The arguments between the parentheses.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitStr, Token};

use crate::messages;

/// The arguments of `include_policy!`.
pub(crate) struct Arguments {
    /// The path of the policy file.
    pub(crate) path: LitStr,
    /// The value after `kind =`.
    pub(crate) kind: Option<LitStr>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.is_empty() {
            return Err(syn::Error::new(Span::call_site(), messages::NO_POLICY_PATH));
        }
        let path = text(input, messages::POLICY_PATH_NO_LITERAL)?;
        let mut kind = None;
        while !input.is_empty() {
            if !input.peek(Token![,]) {
                return Err(input.error(messages::EXPECTED_COMMA));
            }
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let option: Ident = match input.call(Ident::parse_any) {
                Ok(option) => option,
                Err(_) => return Err(input.error(messages::EXPECTED_KIND)),
            };
            if option != "kind" {
                let message = messages::unknown_policy_option(&option);
                return Err(syn::Error::new(option.span(), message));
            }
            if kind.is_some() {
                return Err(syn::Error::new(option.span(), messages::duplicate(&option)));
            }
            if !input.peek(Token![=]) {
                return Err(input.error(messages::EXPECTED_KIND));
            }
            input.parse::<Token![=]>()?;
            kind = Some(text(input, messages::KIND_NO_LITERAL)?);
        }
        Ok(Self { path, kind })
    }
}

fn text(input: ParseStream<'_>, otherwise: &str) -> syn::Result<LitStr> {
    input.parse().map_err(|_| input.error(otherwise))
}
