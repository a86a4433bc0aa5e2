//! A catalog file is refused with places, or can be looked up and rendered as Rust.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pinpoint_iam_catalog::{Catalog, SourceFile, render};
use pinpoint_iam_fuzz::place::assert_within;

fuzz_target!(|text: &str| {
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
            .resolve(None, &action.name)
            .expect("an action of the service");
        assert_eq!(found, action);
    }
    let rendered = render(service);
    assert_eq!(rendered, render(service));
    let file = syn::parse_file(&rendered).expect("Rust");
    // Texts of a catalog end up in comments and strings, and nowhere else.
    for item in &file.items {
        assert!(
            !matches!(
                item,
                syn::Item::Fn(_) | syn::Item::Union(_) | syn::Item::ExternCrate(_)
            ),
            "an item that no catalog asks for"
        );
    }
});
