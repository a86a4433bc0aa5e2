use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::{Authorizer, public, routes};

#[public("load balancer health check")]
async fn health() {}

fn main() {
    let _: Routes<Authorizer> = routes![
        "GET /healthz" health,
        #[allow(dead_code)]
        health,
        Vec::<u8>::health,
        health health,
        "GET /healthz" =>,
    ];
}
