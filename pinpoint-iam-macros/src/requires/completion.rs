//! Code that only editors see.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::parse::{NamedAction, Requires};
use crate::catalogs::Catalogs;
use crate::paths::{self, Root};

/// The names of actions in attributes, which may turn out to have errors.
pub(super) struct Named(Vec<(Option<Ident>, Ident)>);

impl Named {
    /// Every action, known or unknown.
    pub(super) fn of(attributes: &[Requires]) -> Self {
        let requirements = attributes
            .iter()
            .filter_map(|each| each.requirement.as_ref());
        let statements = attributes.iter().flat_map(|each| &each.dependents);
        let leaves: Vec<&NamedAction> = requirements.flat_map(|each| each.leaves()).collect();
        let own = leaves.iter().flat_map(|leaf| &leaf.dependents);
        let dependents = statements
            .chain(own)
            .flat_map(|each| &each.entries)
            .flatten();
        let paths = leaves.iter().map(|leaf| &leaf.path);
        let names = paths
            .chain(dependents.map(|dependent| &dependent.path))
            .filter_map(|path| {
                let mut segments = path.segments.iter().map(|segment| segment.ident.clone());
                match (segments.next()?, segments.next()) {
                    (service, Some(name)) => Some((Some(service), name)),
                    (name, None) => Some((None, name)),
                }
            });
        Self(names.collect())
    }

    /// The names as paths, which rust-analyzer completes while they are being typed. rustc does not see them, so it
    /// does not report an unknown name a second time.
    pub(super) fn for_completion(&self, catalogs: &Catalogs, root: &Root) -> TokenStream {
        let catalog = catalogs.catalog();
        let paths: Vec<TokenStream> = self
            .0
            .iter()
            .filter_map(|(service, name)| {
                let (home, place) = match service {
                    Some(written) => (catalog.service(&written.to_string())?, written.span()),
                    None => (catalog.default_service()?, Span::call_site()),
                };
                Some(paths::action(&catalogs.module(home, root, place), name))
            })
            .collect();
        if paths.is_empty() {
            return TokenStream::new();
        }
        quote! {
            #root::__private::for_completion! {
                const _: () = {
                    #(let _ = #paths;)*
                };
            }
        }
    }
}
