//! A draft of a catalog from an OpenAPI document is rejected with a message, or is a catalog that the loader accepts.
//!
//! The program `pinpoint-iam` is not a library, so that its modules are compiled again here.

#[path = "../../../pinpoint-iam-cli/src/import/draft.rs"]
#[allow(dead_code, reason = "the import of service references uses the rest")]
mod draft;
#[path = "../../../pinpoint-iam-cli/src/import/openapi/mod.rs"]
mod import;
#[path = "../../../pinpoint-iam-cli/src/import/repair.rs"]
mod repair;

use self::import::OpenApiOptions;

/// Checks one input.
///
/// # Panics
///
/// If the property does not hold.
pub fn check(text: &str) {
    let options = OpenApiOptions::default();
    let mut draft = match import::draft(text, &options) {
        Ok(draft) => draft,
        Err(message) => {
            assert!(!message.trim().is_empty());
            return;
        }
    };
    let faulty = repair::faulty(&draft, "a draft");
    let written = match repair::without(&faulty, &mut draft, "a draft") {
        Ok(written) => written.text,
        Err(faults) => panic!("{faults}"),
    };
    let again = import::draft(text, &options).map(|mut draft| {
        let written = repair::without(&faulty, &mut draft, "a draft");
        written.map(|written| written.text)
    });
    assert_eq!(
        again,
        Ok(Ok(written)),
        "the same document has the same draft"
    );
}
