//! Collects errors, so that a handler with three errors shows all three at once.

use proc_macro2::{Span, TokenStream};

use crate::messages;

/// The errors found so far.
///
/// Dropping it without reporting them is a bug in this crate, and panics: an unreported error would let an unguarded
/// handler compile.
#[must_use]
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Adds an error at `span`.
    pub(crate) fn push(&mut self, span: Span, message: impl std::fmt::Display) {
        self.0.push(syn::Error::new(span, message));
    }

    /// Returns the value, or adds the error.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.0.push(error)).ok()
    }

    /// Whether the list of errors is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The user's item as written, followed by one `compile_error!` for each error.
    ///
    /// The item is kept so that editors continue to work and no follow-up errors appear. It is never returned without
    /// the errors: it would be a handler without its check.
    pub(crate) fn report(mut self, item: TokenStream) -> TokenStream {
        if self.is_empty() {
            self.push(Span::call_site(), messages::NO_REASON);
        }
        let mut output = item;
        output.extend(
            std::mem::take(&mut self.0)
                .iter()
                .map(syn::Error::to_compile_error),
        );
        output
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(
                self.0.is_empty(),
                "errors were collected but never reported"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn every_error_is_reported_behind_the_item() {
        let mut errors = Errors::default();
        errors.push(Span::call_site(), "first");
        errors.push(Span::call_site(), "second");
        let output = errors
            .report(quote!(
                struct Kept;
            ))
            .to_string();
        assert!(output.starts_with("struct Kept ;"), "{output}");
        assert_eq!(output.matches("compile_error").count(), 2, "{output}");
    }

    #[test]
    fn an_item_never_comes_back_alone() {
        let output = Errors::default()
            .report(quote!(
                struct Kept;
            ))
            .to_string();
        assert_eq!(output.matches("compile_error").count(), 1, "{output}");
    }

    #[test]
    #[should_panic(expected = "never reported")]
    fn forgotten_errors_are_loud() {
        let mut errors = Errors::default();
        errors.push(Span::call_site(), "forgotten");
    }
}
