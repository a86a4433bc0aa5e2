use pinpoint_iam::public;

#[public("health check")]
struct Health;

impl Health {
    #[public("health check")]
    async fn method(&self) {}
}

trait ErrorResponses {
    #[public("health check")]
    async fn without_a_body();
}

fn main() {}
