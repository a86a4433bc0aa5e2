use pinpoint_iam::{public, requires};

#[public("health check")]
#[requires(GetApps)]
async fn get_apps() {}

fn main() {}
