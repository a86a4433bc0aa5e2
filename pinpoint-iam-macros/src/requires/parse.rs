//! What the user wrote: the arguments of the attribute and the function below it.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Expr, Ident, Lit, Path, Signature, Token, Visibility, token};

use crate::errors::Errors;
use crate::messages;

/// `#[requires(..)]` as the user wrote it.
pub(crate) struct Requires {
    /// The action, unless it is missing or no path.
    pub(crate) action: Option<Path>,
    /// What follows it, in the order of writing.
    pub(crate) arguments: Vec<Argument>,
}

/// One `key = value` of the attribute.
pub(crate) struct Argument {
    pub(crate) key: Ident,
    pub(crate) value: Expr,
}

/// The function that the attribute stands on. Its body is not looked into.
pub(crate) struct Handler {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: Group,
}

/// Reads the arguments of the attribute.
///
/// A mistake in one of them does not hide the others: reading goes on behind the next comma.
pub(crate) fn attribute(tokens: TokenStream, errors: &mut Errors) -> Requires {
    let mut requires = Requires {
        action: None,
        arguments: Vec::new(),
    };
    let mut is_broken = false;
    let read = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let entry = entry(input).and_then(|entry| {
                if input.is_empty() || input.peek(Token![,]) {
                    Ok(entry)
                } else {
                    Err(input.error(messages::EXPECTED_COMMA))
                }
            });
            match entry {
                Ok(Entry::Argument(argument)) => requires.arguments.push(argument),
                Ok(Entry::Action(action)) if requires.action.is_none() => {
                    requires.action = Some(action);
                }
                Ok(Entry::Action(action)) => {
                    errors.push(span_of(&action), messages::second_action(&action));
                }
                Err(error) => {
                    is_broken = true;
                    errors.take::<Entry>(Err(error));
                    skip_to_comma(input);
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    let result = Parser::parse2(read, tokens);
    errors.take(result);
    if requires.action.is_none() && !is_broken {
        errors.push(Span::call_site(), messages::NO_ACTION);
    }
    requires
}

/// The span of the last segment of an action's path: the name itself.
pub(crate) fn span_of(action: &Path) -> Span {
    action
        .segments
        .last()
        .map_or_else(Span::call_site, |segment| segment.ident.span())
}

enum Entry {
    Action(Path),
    Argument(Argument),
}

fn entry(input: ParseStream<'_>) -> syn::Result<Entry> {
    if input.peek(Ident::peek_any) && input.peek2(Token![=]) {
        let key = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        return Ok(Entry::Argument(Argument {
            key,
            value: input.parse()?,
        }));
    }
    if input.peek(Lit) {
        let literal = input.parse::<Lit>()?;
        return Err(syn::Error::new(
            literal.span(),
            messages::quoted_action(&literal),
        ));
    }
    if !input.peek(Ident) && !input.peek(Token![::]) {
        return Err(input.error(messages::EXPECTED_ENTRY));
    }
    let path = input.call(Path::parse_mod_style)?;
    if input.peek(Token![:]) {
        input.parse::<Token![:]>()?;
        let name = input.call(Ident::parse_any)?;
        return Err(syn::Error::new(
            name.span(),
            messages::colon_in_action(&path, &name),
        ));
    }
    if input.peek(token::Paren) || input.peek(token::Brace) || input.peek(Token![<]) {
        return Err(syn::Error::new(
            span_of(&path),
            messages::not_an_action(&path),
        ));
    }
    Ok(Entry::Action(path))
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

impl Parse for Handler {
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

/// Says in plain words that the attribute stands on the wrong kind of item.
fn refuse_other_items(input: ParseStream<'_>) -> syn::Result<()> {
    let ahead = input.fork();
    let Ok(keyword) = ahead.call(Ident::parse_any) else {
        return Err(input.error(messages::not_a_function("this")));
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
