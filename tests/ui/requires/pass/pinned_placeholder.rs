//! A placeholder that the action fixes need not be bound, and a parameter with its name is ignored.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

#[requires(GetEmailTemplate)]
async fn get_template(Path((template_name, template_type)): Path<(String, u8)>) -> String {
    format!("{template_name} {template_type}")
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_template));
}
