//! A parameter that the check uses must have a named type.

use pinpoint_iam::requires;

#[requires(GetApp)]
async fn get_app(application_id: impl AsRef<str>) -> String {
    application_id.as_ref().to_owned()
}

fn main() {}
