use pinpoint_iam::{Authorizer, routes};

async fn get_campaign() {}

fn main() {
    let _: pinpoint_iam::web::axum::Routes<Authorizer> = routes![get_campaign];
}
