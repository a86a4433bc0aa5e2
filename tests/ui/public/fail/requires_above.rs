use pinpoint_iam::{public, requires};

#[requires(GetApps)]
#[public("health check")]
async fn get_apps() {}

fn main() {}
