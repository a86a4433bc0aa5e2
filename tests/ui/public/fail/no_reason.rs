use pinpoint_iam::public;

#[public]
async fn health() {}

fn main() {}
