//! Parses the user's input: the generated server, and the implementation after the attribute.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{
    Attribute, Generics, Ident, ImplItemConst, ImplItemType, LitStr, Path, Token, Type, Visibility,
    WhereClause, braced, token,
};

use crate::messages;
use crate::paths::{self, Root};
use crate::requires::parse::Function;

/// The arguments of the attribute.
pub(super) struct Arguments {
    /// The generated server, without its argument.
    pub(super) server: Path,
    /// The names of methods that cannot be derived from those of their functions.
    pub(super) names: Vec<(Ident, LitStr)>,
}

/// An implementation of a service's trait. The bodies of its methods are not parsed.
pub(super) struct Service {
    pub(super) attributes: Vec<Attribute>,
    pub(super) generics: Generics,
    pub(super) service: Path,
    pub(super) self_type: Type,
    pub(super) items: Vec<Item>,
}

/// An item of the implementation.
pub(super) enum Item {
    Method(Box<Function>),
    /// A type or a constant.
    Other(TokenStream),
}

/// Parses the arguments.
pub(super) fn arguments(tokens: TokenStream) -> syn::Result<Arguments> {
    if tokens.is_empty() {
        return Err(syn::Error::new(Span::call_site(), messages::NO_SERVER));
    }
    let read = |input: ParseStream<'_>| {
        let no_server = |input: ParseStream<'_>| input.error(messages::NO_SERVER);
        if input.peek2(Token![=]) {
            return Err(no_server(input));
        }
        let server: Path = input.parse().map_err(|_| no_server(input))?;
        let mut names = Vec::new();
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let expected = |_| input.error(messages::EXPECTED_METHOD_NAME);
            let function = input.call(Ident::parse_any).map_err(expected)?;
            input.parse::<Token![=]>().map_err(expected)?;
            names.push((function, input.parse().map_err(expected)?));
        }
        Ok(Arguments { server, names })
    };
    Parser::parse2(read, tokens)
}

impl Parse for Service {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let start = input.span();
        let not_a_service = || syn::Error::new(start, messages::NOT_A_SERVICE);
        input.parse::<Token![impl]>().map_err(|_| not_a_service())?;
        let mut generics: Generics = if input.peek(Token![<]) {
            input.parse()?
        } else {
            Generics::default()
        };
        let service = input.parse().map_err(|_| not_a_service())?;
        input.parse::<Token![for]>().map_err(|_| not_a_service())?;
        let self_type = input.parse()?;
        generics.where_clause = input.parse::<Option<WhereClause>>()?;
        let content;
        braced!(content in input);
        let mut items = Vec::new();
        while !content.is_empty() {
            items.push(content.parse()?);
        }
        Ok(Self {
            attributes,
            generics,
            service,
            self_type,
            items,
        })
    }
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        ahead.parse::<Visibility>()?;
        if ahead.peek(Token![type]) {
            return Ok(Self::Other(
                input.parse::<ImplItemType>()?.into_token_stream(),
            ));
        }
        if ahead.peek(Token![const]) && !ahead.peek2(Token![fn]) && !ahead.peek2(Token![async]) {
            return Ok(Self::Other(
                input.parse::<ImplItemConst>()?.into_token_stream(),
            ));
        }
        if ahead.parse::<Path>().is_ok() && ahead.peek(Token![!]) {
            return Err(ahead.error(messages::MACRO_IN_SERVICE));
        }
        Ok(Self::Method(Box::new(input.parse()?)))
    }
}

/// The implementation without the attributes of its methods, which would report errors about a missing guard.
pub(super) fn without_our_attributes(item: TokenStream, root: &Root) -> TokenStream {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    if let Some(TokenTree::Group(body)) = tokens.last_mut() {
        let mut kept = TokenStream::new();
        let mut inner = body.stream().into_iter().peekable();
        while let Some(token) = inner.next() {
            if matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#')
                && let Some(TokenTree::Group(attribute)) = inner.peek()
                && is_ours(&attribute.stream(), root)
            {
                inner.next();
                continue;
            }
            kept.extend([token]);
        }
        let mut group = proc_macro2::Group::new(body.delimiter(), kept);
        group.set_span(body.span());
        *body = group;
    }
    tokens.into_iter().collect()
}

/// Whether the content of `#[..]` is `requires(..)` or `public(..)`.
fn is_ours(content: &TokenStream, root: &Root) -> bool {
    let read = |input: ParseStream<'_>| {
        let path = input.call(Path::parse_mod_style)?;
        if !input.is_empty() && !input.peek(token::Paren) {
            return Ok(false);
        }
        input.parse::<TokenStream>()?;
        let mut names = ["requires", "public"].into_iter();
        Ok(names.any(|name| paths::is_attribute(&path, name, root)))
    };
    Parser::parse2(read, content.clone()).unwrap_or(false)
}
