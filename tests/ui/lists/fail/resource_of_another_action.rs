use pinpoint_iam::Guard;
use pinpoint_iam::mobiletargeting::{GetCampaign, Segment};

async fn list(guard: &Guard<'_>, segments: Vec<Segment>) {
    let _ = guard.filter(GetCampaign, segments).await;
}

fn main() {}
