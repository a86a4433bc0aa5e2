//! The names that a parameter binds, and its pattern reduced to some of them.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{FieldPat, Ident, Pat, PatIdent, PatType, PatWild, Token};

/// The names that a pattern binds, in order of appearance.
pub(crate) fn names(pattern: &Pat) -> Vec<Ident> {
    let mut names = Vec::new();
    retain_bindings(pattern, &mut |name| {
        names.push(name.clone());
        true
    });
    names
}

/// Whether a parameter, or a part of its pattern, is conditionally compiled.
pub(crate) fn is_conditional(parameter: &PatType) -> bool {
    fn has_cfg(tokens: TokenStream) -> bool {
        let mut after_hash = false;
        for token in tokens {
            if let TokenTree::Group(group) = &token {
                let inner = group.stream();
                let starts_with_cfg = inner.clone().into_iter().next().is_some_and(|first| {
                    matches!(first, TokenTree::Ident(word) if word == "cfg" || word == "cfg_attr")
                });
                if (after_hash && starts_with_cfg) || has_cfg(inner) {
                    return true;
                }
            }
            after_hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        }
        false
    }
    let attributes = parameter.attrs.iter().map(ToTokens::to_token_stream);
    attributes
        .chain([parameter.pat.to_token_stream()])
        .any(has_cfg)
}

/// A copy of `pattern` for matching by reference, in which every binding that `is_needed` rejects is replaced by `_`.
///
/// `mut`, `ref` and `&` are removed, because the copy only borrows the parameters of the function. Parts that cannot be
/// analyzed, such as macros, become `_`; names in them are treated as not bound.
pub(crate) fn retain_bindings(pattern: &Pat, is_needed: &mut dyn FnMut(&Ident) -> bool) -> Pat {
    match pattern {
        Pat::Ident(binding) => keep_binding(binding, is_needed),
        Pat::Paren(inner) => {
            let mut inner = inner.clone();
            inner.pat = Box::new(retain_bindings(&inner.pat, is_needed));
            Pat::Paren(inner)
        }
        Pat::Reference(inner) => retain_bindings(&inner.pat, is_needed),
        Pat::Type(inner) => retain_bindings(&inner.pat, is_needed),
        Pat::Tuple(tuple) => {
            let mut tuple = tuple.clone();
            keep_each(tuple.elems.iter_mut(), is_needed);
            Pat::Tuple(tuple)
        }
        Pat::TupleStruct(tuple) => {
            let mut tuple = tuple.clone();
            keep_each(tuple.elems.iter_mut(), is_needed);
            Pat::TupleStruct(tuple)
        }
        Pat::Slice(slice) => {
            let mut slice = slice.clone();
            keep_each(slice.elems.iter_mut(), is_needed);
            Pat::Slice(slice)
        }
        Pat::Or(cases) => {
            let mut cases = cases.clone();
            let mut each = cases.cases.iter_mut();
            // All cases bind the same names, so the names needed from the first case are needed from all.
            let mut kept = BTreeSet::new();
            keep_each(each.by_ref().take(1), &mut |name| {
                let is_kept = is_needed(name);
                if is_kept {
                    kept.insert(name.unraw());
                }
                is_kept
            });
            keep_each(each, &mut |name| kept.contains(&name.unraw()));
            Pat::Or(cases)
        }
        Pat::Struct(whole) => {
            let mut whole = whole.clone();
            let fields: Punctuated<FieldPat, Token![,]> = whole
                .fields
                .iter()
                .map(|field| keep_field(field, is_needed))
                .collect();
            whole.fields = fields;
            Pat::Struct(whole)
        }
        Pat::Rest(_) | Pat::Lit(_) | Pat::Path(_) | Pat::Range(_) | Pat::Const(_) => {
            pattern.clone()
        }
        _ => wildcard(),
    }
}

fn keep_each<'p>(
    patterns: impl Iterator<Item = &'p mut Pat>,
    is_needed: &mut dyn FnMut(&Ident) -> bool,
) {
    for pattern in patterns {
        *pattern = retain_bindings(pattern, is_needed);
    }
}

fn keep_binding(binding: &PatIdent, is_needed: &mut dyn FnMut(&Ident) -> bool) -> Pat {
    let is_kept = is_needed(&binding.ident);
    let inner = binding
        .subpat
        .as_ref()
        .map(|(at, inner)| (*at, retain_bindings(inner, is_needed)));
    match (is_kept, inner) {
        (true, inner) => Pat::Ident(PatIdent {
            attrs: Vec::new(),
            by_ref: None,
            mutability: None,
            ident: binding.ident.clone(),
            subpat: inner.map(|(at, inner)| (at, Box::new(inner))),
        }),
        (false, Some((_, inner))) => inner,
        (false, None) => wildcard(),
    }
}

/// A field that is kept remains in its short form, `name`; otherwise it becomes `name: _`.
fn keep_field(field: &FieldPat, is_needed: &mut dyn FnMut(&Ident) -> bool) -> FieldPat {
    let pattern = retain_bindings(&field.pat, is_needed);
    let is_short = field.colon_token.is_none() && matches!(pattern, Pat::Ident(_));
    FieldPat {
        attrs: field.attrs.clone(),
        member: field.member.clone(),
        colon_token: (!is_short).then(<Token![:]>::default),
        pat: Box::new(pattern),
    }
}

fn wildcard() -> Pat {
    Pat::Wild(PatWild {
        attrs: Vec::new(),
        underscore_token: <Token![_]>::default(),
    })
}

/// The names that an expression may refer to as variables.
///
/// They are collected from its tokens. This includes the arguments of macros, and the names inside the braces of string
/// literals: `format!("{application_id}")`. A name after a dot is a field or a method, not a variable.
pub(crate) fn mentioned(expression: &impl ToTokens) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect_mentioned(expression.to_token_stream(), &mut names);
    names
}

fn collect_mentioned(tokens: TokenStream, names: &mut BTreeSet<String>) {
    let mut dots = 0;
    for token in tokens {
        match &token {
            // One dot precedes a field; two or three form a range, which a variable may follow.
            TokenTree::Ident(name) if dots != 1 => {
                names.insert(name.unraw().to_string());
            }
            TokenTree::Group(group) => collect_mentioned(group.stream(), names),
            TokenTree::Literal(literal) => collect_captured(&literal.to_string(), names),
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
        dots = match &token {
            TokenTree::Punct(punct) if punct.as_char() == '.' => dots + 1,
            _ => 0,
        };
    }
}

/// Collects the names that a format string captures.
fn collect_captured(literal: &str, names: &mut BTreeSet<String>) {
    for piece in literal.split('{').skip(1) {
        let name: String = piece
            .chars()
            .take_while(|character| character.is_alphanumeric() || *character == '_')
            .collect();
        if !name.is_empty() {
            names.insert(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;
    use syn::parse::Parser;

    fn kept(pattern: TokenStream, needed: &[&str]) -> String {
        let pattern = Pat::parse_single.parse2(pattern).unwrap();
        retain_bindings(&pattern, &mut |name| {
            needed.iter().any(|needed| name.unraw() == needed)
        })
        .to_token_stream()
        .to_string()
    }

    #[test]
    fn other_bindings_become_wildcards() {
        for (pattern, expected) in [
            (quote!(application_id), quote!(application_id)),
            (quote!(mut application_id), quote!(application_id)),
            (quote!(ref application_id), quote!(application_id)),
            (quote!(r#application_id), quote!(r#application_id)),
            (quote!(other), quote!(_)),
            (quote!(&application_id), quote!(application_id)),
            (
                quote!(Path((application_id, other))),
                quote!(Path((application_id, _))),
            ),
            (
                quote!(Path([application_id, ..])),
                quote!(Path([application_id, ..])),
            ),
            (
                quote!(Path(Ids {
                    application_id,
                    other,
                    ..
                })),
                quote!(Path(Ids {
                    application_id,
                    other: _,
                    ..
                })),
            ),
            (
                quote!(
                    Path(Ids {
                        mut application_id,
                        other: Inner(x),
                    })
                ),
                quote!(Path(Ids {
                    application_id,
                    other: Inner(_)
                })),
            ),
            (
                quote!(Ids {
                    app: application_id,
                    application_id: other
                }),
                quote!(Ids {
                    app: application_id,
                    application_id: _
                }),
            ),
            (
                quote!(whole @ Path(application_id)),
                quote!(Path(application_id)),
            ),
            (
                quote!(application_id @ Id(_)),
                quote!(application_id @ Id(_)),
            ),
            (
                quote!((A(application_id) | B(application_id))),
                quote!((A(application_id) | B(application_id))),
            ),
            (quote!(pattern!(application_id)), quote!(_)),
            (quote!(_), quote!(_)),
        ] {
            assert_eq!(
                kept(pattern.clone(), &["application_id"]),
                expected.to_string(),
                "{pattern}"
            );
        }
    }

    #[test]
    fn fields_and_methods_are_no_variables() {
        let names = |tokens: TokenStream| mentioned(&tokens).into_iter().collect::<Vec<_>>();
        assert_eq!(names(quote!(path.app)), ["path"]);
        assert_eq!(names(quote!(path.app.body())), ["path"]);
        assert_eq!(names(quote!(ids[start..end])), ["end", "ids", "start"]);
        assert_eq!(names(quote!(ids[..=end])), ["end", "ids"]);
        assert_eq!(
            names(quote!(format!("{app}-{0}", r#type))),
            ["app", "format", "0", "type"]
                .into_iter()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
        );
    }

    #[test]
    fn conditions_are_found_on_the_parameter_and_inside_its_pattern() {
        let parameter = |tokens: TokenStream| {
            let function: syn::Signature = syn::parse2(quote!(fn f(#tokens))).unwrap();
            match function.inputs.into_iter().next() {
                Some(syn::FnArg::Typed(parameter)) => is_conditional(&parameter),
                _ => panic!("no parameter"),
            }
        };
        assert!(parameter(quote!(#[cfg(test)] id: Id)));
        assert!(parameter(quote!(#[cfg_attr(test, cfg(unix))] id: Id)));
        assert!(parameter(quote!(Path(Ids { #[cfg(test)] id }): Path<Ids>)));
        assert!(!parameter(quote!(#[allow(unused)] cfg: Cfg)));
    }
}
