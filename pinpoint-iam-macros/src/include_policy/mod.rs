//! `include_policy!(..)`: a policy document that is checked at compile time.
//!
//! *parse* reads the arguments, *source* reads the file, `pinpoint-iam-lint` compares the document with the catalog, and
//! *expand* generates the code. All errors of a document are reported together; only a text that is not a document at all has a
//! single error.

mod expand;
mod parse;
mod source;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use pinpoint_iam_catalog::Catalog;
use pinpoint_iam_core::policy::{Document, ParseError, Partitions, PolicyKind, Position};
use pinpoint_iam_lint::catalog::{self, Subject};
use proc_macro2::{Span, TokenStream};
use quote::quote;

use self::parse::Arguments;
use self::source::Source;
use crate::catalogs::Catalogs;
use crate::errors::Errors;
use crate::messages;

/// Returns the file that contains a token, if the compiler knows it.
pub(crate) type FileOf<'a> = &'a dyn Fn(Span) -> Option<PathBuf>;

/// The whole macro: converts its arguments to the expression that replaces it.
///
/// The result is either a document without errors or a `compile_error!`.
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

/// An error at a position of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    /// The position.
    position: Position,
    /// What is wrong.
    message: String,
    /// What to do about it.
    hint: String,
}

impl From<&ParseError> for Finding {
    fn from(error: &ParseError) -> Self {
        Self {
            position: error.position(),
            message: error.message().to_owned(),
            hint: error.hint().to_owned(),
        }
    }
}

impl From<catalog::Finding> for Finding {
    fn from(finding: catalog::Finding) -> Self {
        Self {
            position: finding.position,
            message: finding.message,
            hint: finding.hint,
        }
    }
}

/// A document and the catalogs that it was checked with.
struct Policy {
    source: Source,
    catalogs: Arc<Catalogs>,
}

/// The file in the arguments, if it is a policy without errors.
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
        let message = messages::policy_fault(
            &source.shown,
            finding.position,
            &finding.message,
            &finding.hint,
        );
        errors.push(path.span(), message);
    }
    Some(Policy { source, catalogs })
}

/// The partitions of the catalog's services.
fn partitions(catalog: &Catalog) -> Partitions {
    let named = catalog.services().iter();
    let named = named.flat_map(|service| match service.partitions.as_slice() {
        [] => vec!["aws"],
        names => names.iter().map(String::as_str).collect(),
    });
    Partitions::named(named)
}

/// Whether the document does not compile. An `Allow` that grants nothing, because its actions do not have a condition key,
/// is only a warning when the policies are loaded, and a macro cannot warn.
fn is_error(finding: &catalog::Finding, limits_access: bool) -> bool {
    finding.subject != Subject::KeyNeverPresent || finding.disables_limit(limits_access)
}

/// All errors in a text as a policy of `kind`, in the order of the text.
///
/// AWS's quota is not checked, because it does not apply to a service that stores its own policies.
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
    let of_catalog = catalog::findings(catalog, &document).into_iter();
    let limits_access = catalog::limits_access(kind);
    findings.extend(
        of_catalog
            .filter(|finding| is_error(finding, limits_access))
            .map(Finding::from),
    );
    findings.sort_by_key(|finding| finding.position);
    findings
}
