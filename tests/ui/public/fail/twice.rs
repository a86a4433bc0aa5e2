use pinpoint_iam::public;

#[public("health check")]
#[public("load balancer")]
async fn health() {}

fn main() {}
