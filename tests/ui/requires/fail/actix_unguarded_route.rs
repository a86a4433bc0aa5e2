//! `routes!` for actix-web rejects handlers without an access declaration, and handlers with a route macro.

use actix_web::get;
use pinpoint_iam::requires;
use pinpoint_iam::web::actix::{Path, routes};

async fn forgotten() -> &'static str {
    "open"
}

#[get("/apps/{application_id}")]
#[requires(GetApp)]
async fn mounted_already(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {
    let _ = routes!["GET /forgotten" => forgotten];
    let _ = routes![mounted_already];
}
