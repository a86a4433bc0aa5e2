//! `include_policy!(..)`: a policy document that is checked while the crate compiles.
//!
//! *parse* reads what was written, *source* the file, *check* holds the document against the catalog, *expand* writes
//! what rustc compiles. All faults of a document are reported together; only a text that is no document at all has one.

mod check;
mod expand;
mod parse;
mod source;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use pinpoint_iam_catalog::Catalog;
use pinpoint_iam_core::policy::{Document, Partitions, PolicyKind};
use proc_macro2::{Span, TokenStream};
use quote::quote;

pub(crate) use self::check::Finding;
use self::parse::Arguments;
use self::source::Source;
use crate::catalogs::Catalogs;
use crate::errors::Errors;
use crate::messages;

/// Tells in which file on disk a token stands, where the compiler knows.
pub(crate) type FileOf<'a> = &'a dyn Fn(Span) -> Option<PathBuf>;

/// The whole macro: its arguments to the expression that takes its place.
///
/// The answer holds either a document without faults or a `compile_error!`.
pub(crate) fn expression(arguments: TokenStream, file_of: FileOf<'_>) -> TokenStream {
    let mut errors = Errors::default();
    match checked(arguments, file_of, &mut errors) {
        Some(policy) if errors.is_empty() => expand::expand(&policy),
        _ => {
            let errors = errors.report(TokenStream::new());
            quote!({ #errors })
        }
    }
}

/// A document, and what it was checked against.
struct Policy {
    source: Source,
    catalogs: Arc<Catalogs>,
}

/// The file behind the arguments, if it is a policy without faults.
fn checked(arguments: TokenStream, file_of: FileOf<'_>, errors: &mut Errors) -> Option<Policy> {
    let Arguments { path, kind } = errors.take(syn::parse2(arguments))?;
    let kind = match kind {
        None => Some(PolicyKind::IdentityManaged),
        Some(kind) => match kind.value().parse() {
            Ok(kind) => Some(kind),
            Err(error) => {
                errors.push(kind.span(), messages::unknown_kind(&error));
                None
            }
        },
    };
    let source = match Source::read(&path.value(), file_of(path.span())) {
        Ok(source) => Some(source),
        Err(error) => {
            errors.push(path.span(), error);
            None
        }
    };
    let (kind, source) = (kind?, source?);
    let catalogs = match Catalogs::of_this_crate() {
        Ok(catalogs) => catalogs,
        Err(error) => {
            errors.push(path.span(), error);
            return None;
        }
    };
    for finding in findings(catalogs.catalog(), &source.text, kind) {
        errors.push(path.span(), messages::policy_fault(&source.shown, &finding));
    }
    Some(Policy { source, catalogs })
}

/// The partitions that the catalog's services stand in.
fn partitions(catalog: &Catalog) -> Partitions {
    let named = catalog.services().iter();
    let named = named.flat_map(|service| match service.partitions.as_slice() {
        [] => vec!["aws"],
        names => names.iter().map(String::as_str).collect(),
    });
    Partitions::named(named)
}

/// Everything that is wrong with a text as a policy of `kind`, in the order of the text.
///
/// AWS's quota is not asked about: a service that keeps policies of its own does not have it.
fn findings(catalog: &Catalog, text: &str, kind: PolicyKind) -> Vec<Finding> {
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(fault) => return vec![Finding::from(&fault)],
    };
    let mut findings: Vec<Finding> = document
        .grammar_faults(kind, &partitions(catalog))
        .iter()
        .map(Finding::from)
        .collect();
    findings.extend(check::findings(catalog, &document));
    findings.sort_by_key(|finding| finding.position);
    findings
}
