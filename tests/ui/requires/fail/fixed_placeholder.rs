//! A placeholder whose value the action fixes.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetEmailTemplate, template_type = "SMS")]
async fn get_template(Path(template_name): Path<String>) -> String {
    template_name
}

fn main() {}
