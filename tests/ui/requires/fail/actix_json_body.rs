//! In actix-web too, a placeholder cannot be bound to the body before the body is read.

use actix_web::{App, web};
use pinpoint_iam::requires;
use serde::Deserialize;

#[derive(Deserialize)]
struct Body {
    application_id: String,
}

#[requires(GetApp, application_id = body.application_id)]
async fn get_app(body: web::Json<Body>, _: String) -> String {
    body.into_inner().application_id
}

fn main() {
    let _ = App::new().route("/", web::get().to(get_app));
}
