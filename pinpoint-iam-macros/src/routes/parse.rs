//! Parses the user's input: a list of handlers, each with or without its own route.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Lit, LitStr, Path, PathArguments, Token, token};

use crate::errors::Errors;
use crate::messages;

/// One handler of the list.
pub(super) struct Entry {
    /// The conditions under which it is compiled.
    pub(super) conditions: Vec<Attribute>,
    /// The method, if it differs from the catalog's.
    pub(super) method: Option<String>,
    /// The path, if it differs from the catalog's.
    pub(super) path: Option<String>,
    /// The handler as a function, with its generics.
    pub(super) handler: Path,
}

/// Parses the list. An error in one entry does not hide those in others.
pub(super) fn entries(tokens: TokenStream, errors: &mut Errors) -> Vec<Entry> {
    let mut entries = Vec::new();
    let read = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let entry = entry(input).and_then(|entry| {
                if input.is_empty() || input.peek(Token![,]) {
                    Ok(entry)
                } else if input.peek(token::Paren) {
                    Err(input.error(messages::called_handler(&entry.handler)))
                } else {
                    Err(input.error(messages::EXPECTED_COMMA))
                }
            });
            match errors.take(entry) {
                Some(entry) => entries.push(entry),
                None => skip_to_comma(input),
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    let result = Parser::parse2(read, tokens);
    errors.take(result);
    entries
}

fn entry(input: ParseStream<'_>) -> syn::Result<Entry> {
    let conditions = input.call(Attribute::parse_outer)?;
    if let Some(other) = conditions.iter().find(|one| !one.path().is_ident("cfg")) {
        return Err(syn::Error::new_spanned(other, messages::ROUTE_ATTRIBUTE));
    }
    let (method, path) = if input.peek(Lit) {
        let literal: LitStr = input
            .parse()
            .map_err(|_| input.error(messages::EXPECTED_HANDLER))?;
        if !input.peek(Token![=>]) {
            return Err(input.error(messages::EXPECTED_ARROW));
        }
        input.parse::<Token![=>]>()?;
        place(&literal)?
    } else {
        (None, None)
    };
    if input.peek(Token![|]) || input.peek(Token![move]) || input.peek(Token![async]) {
        return Err(input.error(messages::CLOSURE_IN_ROUTES));
    }
    Ok(Entry {
        conditions,
        method,
        path,
        handler: handler(input)?,
    })
}

fn handler(input: ParseStream<'_>) -> syn::Result<Path> {
    let mut handler: Path = input
        .parse()
        .map_err(|_| input.error(messages::EXPECTED_HANDLER))?;
    let shown = handler.clone();
    let wrong =
        |place: &dyn ToTokens, message: String| Err(syn::Error::new_spanned(place, message));
    let last = handler.segments.len();
    for (position, segment) in (1..).zip(&mut handler.segments) {
        match &mut segment.arguments {
            PathArguments::None => {}
            PathArguments::Parenthesized(arguments) => {
                return wrong(arguments, messages::called_handler(&shown));
            }
            PathArguments::AngleBracketed(generics) if position == last => {
                // `get<Database>` is the form used for types, and is just as clear.
                generics.colon2_token.get_or_insert_default();
            }
            PathArguments::AngleBracketed(generics) => {
                let message = messages::generics_in_the_middle(&shown, generics);
                return wrong(generics, message);
            }
        }
    }
    Ok(handler)
}

/// Parses `"GET /healthz"`, `"/healthz"` or `"GET"`.
fn place(literal: &LitStr) -> syn::Result<(Option<String>, Option<String>)> {
    let text = literal.value();
    let wrong = |message: String| syn::Error::new(literal.span(), message);
    let words: Vec<&str> = text.split_whitespace().collect();
    let (method, path) = match words.as_slice() {
        [] => return Err(wrong(messages::EMPTY_PLACE.to_owned())),
        [path] if path.contains('/') => (None, Some(*path)),
        [method] => (Some(*method), None),
        [method, path] => (Some(*method), Some(*path)),
        _ => return Err(wrong(messages::too_many_words(&text))),
    };
    if let Some(method) = method.filter(|method| !messages::METHODS.contains(method)) {
        return Err(wrong(messages::unknown_method(method)));
    }
    if let Some(path) = path {
        if !path.starts_with('/') {
            return Err(wrong(messages::relative_path(path)));
        }
        if let Some(character) = path.chars().find(|character| "?#".contains(*character)) {
            return Err(wrong(messages::query_in_path(path, character)));
        }
    }
    Ok((method.map(str::to_owned), path.map(str::to_owned)))
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}
