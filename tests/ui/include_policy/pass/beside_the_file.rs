//! The path is relative to this file.

use pinpoint_iam::include_policy;
use pinpoint_iam::policy::Document;

fn main() {
    let document: Document = include_policy!("reader.json");
    assert_eq!(document, Document::parse(include_str!("reader.json")).unwrap());
    let nested: Document = nested::document();
    assert_eq!(nested, document);
}

#[path = "modules/nested.rs"]
mod nested;
