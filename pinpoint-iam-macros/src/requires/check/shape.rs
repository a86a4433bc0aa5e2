//! Rejects compositions that are not meaningful.

use std::collections::BTreeSet;

use quote::ToTokens;

use crate::errors::Errors;
use crate::messages;
use crate::requirement::{Composition, Requirement};
use crate::requires::parse::{NamedAction, span_of};

/// The number of requirements for which `guard::Several` is implemented.
const MOST_ENTRIES: usize = 8;

/// Rejects compositions that are empty, have a single requirement, have too many, or contain a requirement twice.
pub(super) fn check(tree: &Requirement<NamedAction>, errors: &mut Errors) {
    for composition in tree.compositions() {
        check_one(composition, errors);
    }
}

/// Rejects more attributes than can be combined.
pub(super) fn check_count(attributes: usize, errors: &mut Errors) {
    if attributes > MOST_ENTRIES {
        let place = proc_macro2::Span::call_site();
        errors.push(place, messages::too_many_attributes(MOST_ENTRIES));
    }
}

fn check_one(composition: &Composition<NamedAction>, errors: &mut Errors) {
    let place = composition.keyword.span();
    let kind = composition.kind;
    match composition.entries.len() {
        // The part that could not be parsed has already been reported.
        _ if composition.is_broken => {}
        0 => errors.push(place, messages::empty_composition(kind)),
        1 => errors.push(place, messages::lonely_entry(kind)),
        2..=MOST_ENTRIES => {}
        _ => errors.push(place, messages::too_many_entries(kind, MOST_ENTRIES)),
    }
    let mut seen = BTreeSet::new();
    for entry in &composition.entries {
        if let Requirement::Leaf(NamedAction {
            path, arguments, ..
        }) = entry
        {
            let arguments = arguments.iter().map(|argument| {
                let value = argument.value.to_token_stream();
                format!("{} = {value}", argument.key)
            });
            let written = (
                path.to_token_stream().to_string(),
                arguments.collect::<BTreeSet<_>>(),
            );
            if !seen.insert(written) {
                errors.push(span_of(path), messages::same_action_twice(path, kind));
            }
        }
    }
}
