//! Parses the arguments of the attribute.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Expr, Ident, Lit, Pat, Path, Token, parenthesized, token};

use super::{
    Argument, Dependents, Each, NamedAction, NamedDependent, PermitArgument, Requires, span_of,
};
use crate::errors::Errors;
use crate::messages;
use crate::requirement::{Combinator, Composition, Requirement};

/// The key of the argument that names the permit.
pub(crate) const PERMIT: &str = "permit";
/// The key of the arguments with condition keys: `keys = row` and `keys(name = expression)`.
pub(crate) const KEYS: &str = "keys";
/// The key of the arguments about dependent actions: `dependents = none` and `dependents(Action, ..)`.
pub(crate) const DEPENDENTS: &str = "dependents";
/// The value for no dependent actions.
const NONE: &str = "none";

/// Parses the arguments of the attribute at `place`.
///
/// An error in one of them does not hide the others: parsing continues after the next comma.
pub(crate) fn attribute(tokens: TokenStream, place: Span, errors: &mut Errors) -> Requires {
    let mut requires = Requires {
        requirement: None,
        arguments: Vec::new(),
        permits: Vec::new(),
        dependents: Vec::new(),
    };
    let read = |input: ParseStream<'_>| {
        let is_broken = list(input, errors, |input, errors| {
            if peeks(input, KEYS) {
                requires.arguments.extend(keys(input, errors)?);
                return Ok(());
            }
            if peeks_dependents(input) {
                requires.dependents.push(dependents(input, errors)?);
                return Ok(());
            }
            if input.peek(Ident::peek_any) && input.peek2(Token![=]) {
                let key = input.call(Ident::parse_any)?;
                input.parse::<Token![=]>()?;
                if key == PERMIT {
                    let pattern = input.call(Pat::parse_single)?;
                    requires.permits.push(PermitArgument { key, pattern });
                } else {
                    let value = input.parse()?;
                    requires.arguments.push(Argument {
                        key,
                        value,
                        is_condition_key: false,
                    });
                }
                return Ok(());
            }
            let (requirement, span) = requirement(input, errors)?;
            if requires.requirement.is_some() {
                let message = match &requirement {
                    Requirement::Leaf(second) => messages::second_action(&second.path),
                    Requirement::Several(second) => messages::second_composition(second.kind),
                };
                return Err(syn::Error::new(span, message));
            }
            requires.requirement = Some(requirement);
            Ok(())
        })?;
        if requires.requirement.is_none() && !is_broken {
            errors.push(place, messages::NO_ACTION);
        }
        Ok(())
    };
    let result = Parser::parse2(read, tokens);
    errors.take(result);
    requires
}

/// Parses entries separated by commas, and returns whether one of them cannot be parsed.
fn list(
    input: ParseStream<'_>,
    errors: &mut Errors,
    mut entry: impl FnMut(ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) -> syn::Result<bool> {
    let mut is_broken = false;
    while !input.is_empty() {
        let read = entry(input, errors).and_then(|()| {
            if input.is_empty() || input.peek(Token![,]) {
                Ok(())
            } else {
                Err(input.error(messages::EXPECTED_COMMA))
            }
        });
        if errors.take(read).is_none() {
            is_broken = true;
            skip_to_comma(input);
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(is_broken)
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

/// Parses an action, or `all(..)` and `any(..)`, with the span of its name.
fn requirement(
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<(Requirement<NamedAction>, Span)> {
    if input.peek(Lit) {
        let literal = input.parse::<Lit>()?;
        let message = messages::quoted_action(&literal);
        return Err(syn::Error::new(literal.span(), message));
    }
    if !input.peek(Ident) && !input.peek(Token![::]) {
        return Err(input.error(messages::EXPECTED_ENTRY));
    }
    let path = input.call(Path::parse_mod_style)?;
    let span = span_of(&path);
    if input.peek(Token![:]) {
        input.parse::<Token![:]>()?;
        let name = input.call(Ident::parse_any)?;
        let message = messages::colon_in_action(&path, &name);
        return Err(syn::Error::new(name.span(), message));
    }
    if input.peek(token::Brace) || input.peek(token::Bracket) || input.peek(Token![<]) {
        return Err(syn::Error::new(span, messages::not_an_action(&path)));
    }
    if !input.peek(token::Paren) {
        let arguments = Vec::new();
        let leaf = NamedAction {
            path,
            arguments,
            each: None,
            dependents: Vec::new(),
        };
        return Ok((Requirement::Leaf(leaf), span));
    }
    let inside;
    parenthesized!(inside in input);
    let tree = match path.get_ident().and_then(Combinator::of) {
        Some((kind, keyword)) => Requirement::Several(composition(kind, keyword, &inside, errors)?),
        None => match path.get_ident().and_then(Each::of) {
            Some(each) => Requirement::Leaf(each_action(each, &inside, errors)?),
            None => {
                let mut dependents = Vec::new();
                let arguments = action_arguments(&path, &inside, Some(&mut dependents), errors)?;
                Requirement::Leaf(NamedAction {
                    path,
                    arguments,
                    each: None,
                    dependents,
                })
            }
        },
    };
    Ok((tree, span))
}

/// Parses the content of the brackets of `each`: one action.
fn each_action(
    each: Each,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<NamedAction> {
    let place = each.keyword.span();
    let not_one = || syn::Error::new(place, messages::each_of_one_action(each.kind.word()));
    if input.is_empty() {
        return Err(not_one());
    }
    let (requirement, _) = requirement(input, errors)?;
    if input.peek(Token![,]) {
        input.parse::<Token![,]>()?;
    }
    match requirement {
        Requirement::Leaf(action) if action.each.is_none() && input.is_empty() => Ok(NamedAction {
            each: Some(each),
            ..action
        }),
        _ => {
            // The rest has been understood, and another error about it would only distract.
            input.parse::<TokenStream>()?;
            Err(not_one())
        }
    }
}

/// Parses the content of the brackets of `all` and `any`.
fn composition(
    kind: Combinator,
    keyword: Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Composition<NamedAction>> {
    let mut entries = Vec::new();
    let is_broken = list(input, errors, |input, errors| {
        let is_argument = input.peek(Ident::peek_any) && input.peek2(Token![=]);
        if is_argument || peeks(input, KEYS) || peeks(input, DEPENDENTS) {
            let key = input.call(Ident::parse_any)?;
            let message = messages::argument_in_composition(&key, kind);
            return Err(syn::Error::new(key.span(), message));
        }
        let (entry, _) = requirement(input, errors)?;
        entries.push(entry);
        Ok(())
    })?;
    Ok(Composition {
        kind,
        keyword,
        entries,
        is_broken,
    })
}

/// Whether `keyword(` follows.
fn peeks(input: ParseStream<'_>, keyword: &str) -> bool {
    let ahead = input.fork();
    input.peek2(token::Paren) && ahead.parse::<Ident>().is_ok_and(|word| word == keyword)
}

/// Whether `dependents(` or `dependents =` follows.
fn peeks_dependents(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let is_statement = input.peek2(token::Paren) || input.peek2(Token![=]);
    is_statement && ahead.parse::<Ident>().is_ok_and(|word| word == DEPENDENTS)
}

/// Parses `dependents(Action, ..)` and `dependents = none`.
fn dependents(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Dependents> {
    let keyword = input.parse::<Ident>()?;
    if input.peek(Token![=]) {
        let is_none = errors.take(none(input, messages::DEPENDENTS_VALUE));
        return Ok(Dependents {
            keyword,
            entries: None,
            is_broken: is_none.is_none(),
        });
    }
    let inside;
    parenthesized!(inside in input);
    if inside.is_empty() {
        errors.push(keyword.span(), messages::EMPTY_DEPENDENTS);
    }
    let mut entries = Vec::new();
    let is_broken = list(&inside, errors, |input, errors| {
        entries.push(dependent(input, errors)?);
        Ok(())
    })?;
    Ok(Dependents {
        keyword,
        is_broken: is_broken || entries.is_empty(),
        entries: Some(entries),
    })
}

/// Parses `Action`, `Action(..)` or `Action = none`.
fn dependent(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<NamedDependent> {
    if !input.peek(Ident) {
        return Err(input.error(messages::EXPECTED_DEPENDENT));
    }
    let path = input.call(Path::parse_mod_style)?;
    if input.peek(Token![=]) {
        none(input, messages::DEPENDENT_VALUE)?;
        let arguments = None;
        return Ok(NamedDependent { path, arguments });
    }
    if input.peek(Token![:]) {
        input.parse::<Token![:]>()?;
        let name = input.call(Ident::parse_any)?;
        let message = messages::colon_in_action(&path, &name);
        return Err(syn::Error::new(name.span(), message));
    }
    let mut arguments = Vec::new();
    if input.peek(token::Paren) {
        let inside;
        parenthesized!(inside in input);
        arguments = action_arguments(&path, &inside, None, errors)?;
    }
    Ok(NamedDependent {
        path,
        arguments: Some(arguments),
    })
}

/// Parses `= none`.
fn none(input: ParseStream<'_>, expected: &str) -> syn::Result<()> {
    input.parse::<Token![=]>()?;
    let value: Expr = input.parse()?;
    match &value {
        Expr::Path(path) if path.path.is_ident(NONE) => Ok(()),
        _ => Err(syn::Error::new(value.span(), expected)),
    }
}

/// Parses `keys(name = expression, ..)`: condition keys of the request.
fn keys(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Vec<Argument>> {
    let keyword = input.parse::<Ident>()?;
    let inside;
    parenthesized!(inside in input);
    if inside.is_empty() {
        errors.push(keyword.span(), messages::EMPTY_KEYS);
    }
    let mut keys = Vec::new();
    list(&inside, errors, |input, _| {
        if !(input.peek(Ident::peek_any) && input.peek2(Token![=])) {
            return Err(input.error(messages::EXPECTED_KEY));
        }
        let key = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        keys.push(Argument {
            key,
            value: input.parse()?,
            is_condition_key: true,
        });
        Ok(())
    })?;
    Ok(keys)
}

/// Parses the content of the brackets of an action. A dependent action has no `dependents` of its own.
fn action_arguments(
    path: &Path,
    input: ParseStream<'_>,
    mut of_action: Option<&mut Vec<Dependents>>,
    errors: &mut Errors,
) -> syn::Result<Vec<Argument>> {
    let mut arguments = Vec::new();
    if input.is_empty() {
        errors.push(span_of(path), messages::empty_brackets(path));
    }
    list(input, errors, |input, errors| {
        if peeks(input, KEYS) {
            arguments.extend(keys(input, errors)?);
            return Ok(());
        }
        if peeks_dependents(input) {
            let nested = dependents(input, errors)?;
            match &mut of_action {
                Some(all) => all.push(nested),
                None => errors.push(nested.keyword.span(), messages::NESTED_DEPENDENTS),
            }
            return Ok(());
        }
        if !(input.peek(Ident::peek_any) && input.peek2(Token![=])) {
            return Err(input.error(messages::expected_argument(path)));
        }
        let key = input.call(Ident::parse_any)?;
        if key == PERMIT {
            return Err(syn::Error::new(key.span(), messages::outside(&key)));
        }
        input.parse::<Token![=]>()?;
        let value = input.parse()?;
        arguments.push(Argument {
            key,
            value,
            is_condition_key: false,
        });
        Ok(())
    })?;
    Ok(arguments)
}
