//! A route macro below the attribute has already generated a type with the handler's name.

use actix_web::get;
use pinpoint_iam::requires;
use pinpoint_iam::web::actix::Path;

#[requires(GetApp)]
#[get("/apps/{application_id}")]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
