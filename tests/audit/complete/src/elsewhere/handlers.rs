#[pinpoint_iam::public("load balancer health check")]
pub async fn health() {}
