//! Generates the code that replaces the function.

mod boxed;
mod check_expr;
mod declaration;
mod function;
mod handler;
#[cfg(feature = "tonic")]
mod method;
#[cfg(feature = "tonic")]
mod service_method;

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::Pat;

#[cfg(feature = "tonic")]
pub(crate) use self::check_expr::id_traits;
use self::check_expr::{Stage, Writer};
#[cfg(feature = "tonic")]
pub(crate) use self::service_method::{BoxedMethod, SeparateBody};
#[cfg(feature = "tonic")]
use super::OfService;
use super::check::{Checked, Clause, Form, Resolved};
use crate::catalogs::Catalogs;
use crate::paths::Root;
use crate::requirement::Combinator;

/// Generates the guarded function and its check, and the `probes` at a place where their names have the same meaning as
/// at the function.
pub(crate) fn expand(checked: Checked<'_>, probes: Vec<Assertion<'_>>, root: &Root) -> TokenStream {
    let Checked {
        function,
        clauses,
        form,
    } = checked;
    match form {
        Form::Handler(handler) => {
            let mut output = handler::expand(function, &clauses, &handler, root);
            output.extend(probes.into_iter().map(|probe| (probe.code)()));
            output
        }
        Form::Function(guarded) => {
            let assertions = same_catalogs(&clauses, root).into_iter().chain(probes);
            let check = function::guarded_check(&clauses, &guarded, &function, root);
            let start = assertions.map(|assertion| (assertion.code)()).collect();
            function::expand(function, &clauses, check, &start, root)
        }
    }
}

/// Generates a method of a service with its check, and its declaration.
///
/// Returns `None` for a handler of a web framework, which a method cannot be.
#[cfg(feature = "tonic")]
pub(crate) fn expand_method<'c>(
    checked: Checked<'c>,
    of_service: &OfService,
    probes: Vec<Assertion<'c>>,
    root: &Root,
) -> Option<Method<'c>> {
    let Checked {
        function,
        clauses,
        form,
    } = checked;
    let Form::Function(_) = form else {
        return None;
    };
    let declaration = declaration::declaration(&function, &clauses, None, root);
    let method::Expanded { code, check, body } =
        method::expand(function, &clauses, of_service, root);
    Some(Method {
        declaration,
        assertions: same_catalogs(&clauses, root)
            .into_iter()
            .chain(probes)
            .collect(),
        code,
        check,
        body,
    })
}

/// A method of a service.
#[cfg(feature = "tonic")]
pub(crate) struct Method<'c> {
    /// The method with its check.
    pub(crate) code: TokenStream,
    /// The check as a function beside the implementation, if it is one.
    pub(crate) check: TokenStream,
    /// The body, if it is beside the implementation.
    pub(crate) body: Option<SeparateBody>,
    /// The data about it for documents and audits.
    pub(crate) declaration: TokenStream,
    /// The items that it needs beside it.
    pub(crate) assertions: Vec<Assertion<'c>>,
}

/// An item that fails to compile if an assumption of the expansion is wrong.
pub(crate) struct Assertion<'c> {
    /// Equal for two of which one suffices.
    #[cfg(feature = "tonic")]
    pub(crate) key: String,
    /// Generates the code. Methods of a service share most of their assertions.
    pub(crate) code: Box<dyn Fn() -> TokenStream + 'c>,
}

/// The combined check of all clauses, and the type of its proof if that is not `()`.
fn combined_check(
    clauses: &[Clause<'_>],
    writer: &Writer<'_>,
) -> (TokenStream, Option<TokenStream>) {
    match clauses {
        [only] => writer.requirement(&only.requirement, only.permit.is_some()),
        several => {
            let each = several
                .iter()
                .map(|clause| writer.requirement(&clause.requirement, clause.permit.is_some()));
            writer.several(Combinator::All, each)
        }
    }
}

/// The assertions that the macro and the modules were generated from the same catalogs, one for each service.
fn same_catalogs<'c>(clauses: &[Clause<'c>], root: &Root) -> Vec<Assertion<'c>> {
    let mut seen = BTreeSet::new();
    let leaves = clauses
        .iter()
        .flat_map(|clause| clause.requirement.leaves());
    leaves
        .flat_map(|check| std::iter::once(check).chain(check.dependents_in_catalog()))
        .filter(|check| seen.insert(&check.action.service.prefix))
        .map(|check| {
            let Resolved {
                service,
                ref hidden_module,
                ref name,
                ..
            } = check.action;
            let (module, root, place) = (hidden_module.clone(), root.clone(), name.span());
            Assertion {
                #[cfg(feature = "tonic")]
                key: service.prefix.clone(),
                code: Box::new(move || Catalogs::assert_same(service, &module, &root, place)),
            }
        })
        .collect()
}

/// The pattern that receives the proofs of all clauses; `None` if no attribute has `permit`.
fn permit(clauses: &[Clause<'_>]) -> Option<TokenStream> {
    let written = |permit: &Option<Pat>| match permit {
        Some(pattern) => quote::quote!(#pattern),
        None => quote::quote!(_),
    };
    match clauses {
        several if several.iter().all(|clause| clause.permit.is_none()) => None,
        [only] => Some(written(&only.permit)),
        several => {
            let patterns = several.iter().map(|clause| written(&clause.permit));
            Some(quote::quote!((#(#patterns),*)))
        }
    }
}

/// The attributes of a body, and the body without them: they are not allowed inside another block.
fn without_attributes(body: &Group) -> (TokenStream, Group) {
    let mut tokens = body.stream().into_iter().peekable();
    let mut attributes = TokenStream::new();
    let mut rest = TokenStream::new();
    loop {
        let is_punct = |token: Option<&TokenTree>, expected: char| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == expected);
        if !is_punct(tokens.peek(), '#') {
            break;
        }
        let hash = tokens.next();
        if !is_punct(tokens.peek(), '!') {
            rest.extend(hash);
            break;
        }
        attributes.extend(hash);
        attributes.extend(tokens.next());
        attributes.extend(tokens.next());
    }
    rest.extend(tokens);
    let mut inner = Group::new(Delimiter::Brace, rest);
    // Located at the user's block, but not marked as written by the user: otherwise rustc would suggest removing braces
    // that it considers unnecessary.
    inner.set_span(Span::mixed_site().located_at(body.span()));
    (attributes, inner)
}
