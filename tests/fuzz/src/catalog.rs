//! A catalog file is rejected with positions, or can be looked up and rendered as Rust.

use crate::place::assert_within;
use pinpoint_iam_catalog::{Catalog, SourceFile, render};

/// Checks one input.
///
/// # Panics
///
/// If the property does not hold.
pub fn check(text: &str) {
    let catalog = match Catalog::load([SourceFile::new("fuzz.toml", text)]) {
        Ok(catalog) => catalog,
        Err(faults) => {
            assert!(faults.iter().next().is_some());
            for fault in &faults {
                assert_within(text, fault.line(), fault.column(), fault.message());
                assert!(!fault.hint().is_empty());
            }
            return;
        }
    };
    let service = catalog.default_service().expect("one service for one file");
    for action in service.actions() {
        let (_, found) = catalog
            .resolve(None, action.type_name())
            .expect("an action of the service");
        assert_eq!(found, action);
    }
    let rendered = render(service);
    assert_eq!(rendered, render(service));
    let file = syn::parse_file(&rendered).expect("Rust");
    // Texts of a catalog may only appear in comments and strings. The metadata is built by constant functions without
    // parameters, and one macro of the library implements the traits of the enum.
    for item in &file.items {
        let is_generated = match item {
            syn::Item::Fn(function) => {
                let signature = &function.sig;
                signature.constness.is_some()
                    && signature.inputs.is_empty()
                    && signature.abi.is_none()
                    && matches!(signature.safety, syn::Safety::Default)
                    && matches!(function.vis, syn::Visibility::Inherited)
            }
            syn::Item::Macro(item) => {
                let path = item.mac.path.segments.iter();
                let path: Vec<String> = path.map(|segment| segment.ident.to_string()).collect();
                path == ["pinpoint_iam", "implement_action_enum"]
            }
            syn::Item::Union(_)
            | syn::Item::ExternCrate(_)
            | syn::Item::ForeignMod(_)
            | syn::Item::Verbatim(_) => false,
            _ => true,
        };
        assert!(is_generated, "an item that no catalog generates");
    }
}
