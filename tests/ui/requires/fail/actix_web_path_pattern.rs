//! The field of actix-web's own `Path` is private.

use actix_web::web;
use pinpoint_iam::requires;

#[requires(GetApp)]
async fn get_app(web::Path(application_id): web::Path<String>) -> String {
    application_id
}

fn main() {}
