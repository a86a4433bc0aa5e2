use axum::extract::Path;
use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::{requires, routes};

#[requires(GetApp)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {
    let _: Routes<()> = routes![get_app];
}
