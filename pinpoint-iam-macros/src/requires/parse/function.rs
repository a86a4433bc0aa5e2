//! Parses the function with the attribute.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, Signature, Visibility};

use crate::messages;

/// The function with the attribute. Its body is not parsed.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: Group,
}

impl Function {
    /// Code that replaces the function, with its attributes, a further paragraph in its documentation, and its visibility.
    pub(crate) fn documented(&self, documentation: &str, code: &TokenStream) -> TokenStream {
        let Self {
            attributes,
            visibility,
            ..
        } = self;
        quote! {
            #(#attributes)*
            #[doc = ""]
            #[doc = #documentation]
            #visibility #code
        }
    }
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        refuse_other_items(input)?;
        let signature: Signature = input.parse()?;
        let body = match input.parse()? {
            TokenTree::Group(body) => body,
            other => {
                return Err(syn::Error::new(other.span(), messages::NO_BODY));
            }
        };
        Ok(Self {
            attributes,
            visibility,
            signature,
            body,
        })
    }
}

/// Reports that the attribute is on the wrong kind of item.
fn refuse_other_items(input: ParseStream<'_>) -> syn::Result<()> {
    let ahead = input.fork();
    let Ok(keyword) = ahead.call(Ident::parse_any) else {
        return Err(input.error(messages::not_a_function("another item")));
    };
    let mut is_function = keyword == "fn";
    // `const fn` and `unsafe extern "C" fn` are functions, `const X: u8` and `unsafe impl` are not.
    if ["const", "async", "unsafe", "safe", "extern"]
        .iter()
        .any(|qualifier| keyword == qualifier)
    {
        while !ahead.is_empty() && !is_function {
            let next: TokenTree = ahead.parse()?;
            match next {
                TokenTree::Ident(word) => is_function = word == "fn",
                TokenTree::Literal(_) => {}
                TokenTree::Group(_) | TokenTree::Punct(_) => break,
            }
        }
    }
    if is_function {
        Ok(())
    } else {
        Err(syn::Error::new(
            keyword.span(),
            messages::not_a_function(&format!("`{keyword}`")),
        ))
    }
}
